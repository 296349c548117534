"""Faults of PostgreSQL while ten runs of the five agents are at work: a pause, never a session.

Every test drives the real server over HTTP with the SDK, and breaks a real PostgreSQL.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from langgraph_sdk.client import LangGraphClient

from graphs.client import Session, SessionStatus, restore_session
from tests.faults.harness.invariants import RESTORE_SLACK, logged
from tests.faults.harness.served import Served
from tests.support.fleet import all_in_flight, broken_links, checkpoint_counts, ended, start_fleet
from tests.support.postgres import PostgresInstance
from tests.support.tasks import told

RUNS_OF_EACH_AGENT = 2
DEADLINE = 3.0
Fault = Callable[[PostgresInstance, Callable[[], Awaitable[None]]], Awaitable[None]]


async def restart_fast(postgres: PostgresInstance, _: Callable[[], Awaitable[None]]) -> None:
    await asyncio.to_thread(postgres.restart, "fast")


async def stop_immediate(postgres: PostgresInstance, while_down: Callable[[], Awaitable[None]]) -> None:
    await asyncio.to_thread(postgres.stop, "immediate")
    await stay_away(postgres, while_down, 3)


async def kill_postmaster(postgres: PostgresInstance, while_down: Callable[[], Awaitable[None]]) -> None:
    await asyncio.to_thread(postgres.kill)
    await stay_away(postgres, while_down, 3)


async def ten_seconds_outage(postgres: PostgresInstance, while_down: Callable[[], Awaitable[None]]) -> None:
    await asyncio.to_thread(postgres.stop, "fast")
    await stay_away(postgres, while_down, 10)


async def stay_away(
    postgres: PostgresInstance, while_down: Callable[[], Awaitable[None]], seconds: float
) -> None:
    """Start PostgreSQL after that long, whatever is found meanwhile."""
    try:
        await asyncio.gather(while_down(), asyncio.sleep(seconds))
    finally:
        await asyncio.to_thread(postgres.start)


async def terminate_backends(postgres: PostgresInstance, _: Callable[[], Awaitable[None]]) -> None:
    for _ in range(10):
        await asyncio.to_thread(postgres.terminate_backends)
        await asyncio.sleep(0.5)


@pytest.mark.parametrize(
    "fault", [restart_fast, stop_immediate, kill_postmaster, ten_seconds_outage, terminate_backends]
)
async def test_ten_runs_outlive_the_fault(
    fault: Fault,
    postgres: PostgresInstance,
    client: LangGraphClient,
    served: Served,
    undisturbed: dict[str, Any],
) -> None:
    runs = await start_fleet(client, each=RUNS_OF_EACH_AGENT)
    before = await all_in_flight(postgres, runs, within=60)
    over = asyncio.Event()
    readers = [asyncio.create_task(read_state_until(over, client, run.thread_id)) for run in runs]
    restorers = [asyncio.create_task(restore_until(over, client, run.thread_id)) for run in runs[:3]]

    async def restore_while_down() -> None:
        for session, seconds in [await timed_restore(client, run.thread_id) for run in runs[:3]]:
            assert session.status is SessionStatus.UNAVAILABLE, session
            assert session.retry_after is not None
            assert session.retry_after > 0
            assert seconds < DEADLINE + RESTORE_SLACK

    await fault(postgres, restore_while_down)

    records = [await ended(client, run, within=120) for run in runs]
    assert [record["status"] for record in records] == ["success"] * len(runs)
    assert [record["run_id"] for record in records] == [run.run_id for run in runs]
    after = await checkpoint_counts(postgres, runs)
    assert all(before[run.thread_id] < after[run.thread_id] for run in runs), "all runs were at work"
    over.set()
    assert min(await asyncio.gather(*readers)) > 0
    for seconds in await asyncio.gather(*restorers):
        assert max(seconds) < DEADLINE + RESTORE_SLACK
    for run in runs:
        session = await restore_session(run.thread_id, client=client)
        assert session.status is SessionStatus.IDLE, session.reason
        assert session.graph_id == run.task.agent
        assert told(session.values) == undisturbed[run.task.agent]
        assert await broken_links(client, run) == []
    assert logged(served) == []


async def read_state_until(over: asyncio.Event, client: LangGraphClient, thread_id: str) -> int:
    """Read again and again, and return how often: a reader may wait, and must not see an error."""
    reads = 0
    while not over.is_set():
        await client.threads.get_state(thread_id)
        reads += 1
        await asyncio.sleep(0.2)
    return reads


async def restore_until(over: asyncio.Event, client: LangGraphClient, thread_id: str) -> list[float]:
    """Restore again and again, and return the seconds: whatever the status is, there is one, and in time."""
    seconds = []
    while not over.is_set():
        _, took = await timed_restore(client, thread_id)
        seconds.append(took)
        await asyncio.sleep(0.2)
    return seconds


async def timed_restore(client: LangGraphClient, thread_id: str) -> tuple[Session, float]:
    started = time.monotonic()
    session = await restore_session(thread_id, client=client, deadline=DEADLINE)
    return session, time.monotonic() - started
