"""PostgreSQL restarts and crashes while users are at work: nobody sees an error or an older state."""

from random import Random

import pytest

from tests.faults.harness import faults
from tests.faults.harness.faults import Inflict, Scene
from tests.faults.harness.scenario import RECOVERY, outlive
from tests.faults.harness.served import Served


async def short_outage(scene: Scene, _: Random) -> None:
    await faults.outage(scene, 1)


@pytest.mark.parametrize(
    "fault",
    [
        faults.restart_fast,
        faults.restart_immediate,
        faults.kill,
        faults.kill_during_recovery,
        short_outage,
    ],
)
async def test_users_outlive_a_restart(fault: Inflict, scene: Scene, served: Served) -> None:
    assert await outlive(fault, scene, served) < RECOVERY
