"""One call at a time, in a process with several event loops."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from graphs.server.dev_runtime import one_at_a_time


def test_calls_of_several_loops_run_one_at_a_time() -> None:
    running = 0
    most = 0

    @one_at_a_time
    async def delete(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return number

    async def delete_all(numbers: range) -> list[int]:
        return await asyncio.gather(*(delete(number) for number in numbers))

    def loop_of_its_own(numbers: range) -> list[int]:
        return asyncio.run(delete_all(numbers))

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(loop_of_its_own, [range(5)] * 4))

    assert results == [list(range(5))] * 4
    assert most == 1


async def test_a_call_that_fails_or_is_cancelled_lets_the_next_go() -> None:
    @one_at_a_time
    async def wait(seconds: float) -> float:
        if seconds < 0:
            raise ValueError(seconds)
        await asyncio.sleep(seconds)
        return seconds

    with pytest.raises(ValueError, match="-1"):
        await wait(-1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.gather(wait(60), wait(60)), 0.05)
    assert await asyncio.wait_for(wait(0), 5) == 0
