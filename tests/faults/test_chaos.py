"""`make chaos`: a short run in which all invariants hold, and that it tells when one doesn't."""

import asyncio
import signal
import sys
from itertools import islice
from random import Random

import pytest

from graphs.server.process import PROJECT_ROOT
from tests.faults.harness.chaos import plan, tell, wreak
from tests.faults.harness.faults import FAULTS, Scene, fault


async def test_a_short_run_ends_with_all_invariants_holding() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.harness.chaos", "--seconds", "40", "--seed", "1"),
        cwd=PROJECT_ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)  # so it ends the servers that it has started
            await process.wait()
    text = output.decode()
    assert process.returncode == 0, text
    assert "SEED=1" in text
    assert "recovered in" in text
    assert "All invariants hold." in text


async def test_a_lost_checkpoint_is_told() -> None:
    async def lose_checkpoints(scene: Scene, _: Random) -> None:
        await asyncio.to_thread(
            scene.postgres.execute,
            "DELETE FROM checkpoints WHERE checkpoint -> 'channel_values' ->> 'number' = '2'",
        )

    report = await wreak(2, seed=1, faults={"lose checkpoints": lose_checkpoints})
    assert any("is lost" in violation for violation in report.violations), report
    assert tell(report, seed=1) == 1


def test_equal_seeds_give_the_same_faults() -> None:
    def first(seed: int) -> list[tuple[str, float, float]]:
        some = islice(plan(seed, sorted(FAULTS)), 50)
        return [(planned.name, planned.quiet, planned.chance.random()) for planned in some]

    assert first(1) == first(1)
    assert first(1) != first(2)


def test_a_name_stands_for_one_fault() -> None:
    with pytest.raises(ValueError, match="There is a fault 'SIGKILL' already"):
        fault("SIGKILL")(lambda scene, chance: asyncio.sleep(0))
