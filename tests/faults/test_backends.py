"""Backends of PostgreSQL end while users are at work: nobody sees an error or an older state."""

import asyncio
import time
from random import Random

import pytest

from tests.faults.harness import faults
from tests.faults.harness.faults import Inflict, Scene
from tests.faults.harness.scenario import RECOVERY, outlive
from tests.faults.harness.served import Served


async def terminate_continuously(scene: Scene, _: Random) -> None:
    """End all backends, again and again as fast as one can ask for it, for five seconds."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        await asyncio.to_thread(scene.postgres.terminate_backends)


@pytest.mark.parametrize("fault", [terminate_continuously, faults.kill_backend])
async def test_users_outlive_the_end_of_backends(fault: Inflict, scene: Scene, served: Served) -> None:
    assert await outlive(fault, scene, served) < RECOVERY
