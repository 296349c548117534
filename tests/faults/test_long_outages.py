"""PostgreSQL is away for long, or comes and goes, while users and agents are at work: they wait, and go on.

The outages run side by side, each with a server and a PostgreSQL of its own, so that they take as long as the
longest of them.
"""

import asyncio
from collections.abc import Generator
from contextlib import ExitStack
from random import Random

import pytest

from graphs.client import SessionStatus, restore_session
from tests.faults.harness import faults
from tests.faults.harness.faults import Inflict, Scene
from tests.faults.harness.scenario import RECOVERY, outlive
from tests.faults.harness.served import Served, serve
from tests.support.fleet import all_in_flight, broken_links, ended, start_fleet
from tests.support.postgres import PostgresInstance

Stage = tuple[Scene, Served]


def outage(seconds: float) -> Inflict:
    async def inflict(scene: Scene, _: Random) -> None:
        await faults.outage(scene, seconds)

    return inflict


async def flapping(scene: Scene, _: Random) -> None:
    await faults.flap(scene, times=10, down=2, up=1)


@pytest.fixture
def stages(tmp_path_factory: pytest.TempPathFactory) -> Generator[list[Stage]]:
    """Three of them."""
    with ExitStack() as stack:
        made = []
        for _ in range(3):
            postgres = stack.enter_context(PostgresInstance())
            served = stack.enter_context(serve(postgres.uri, tmp_path_factory.mktemp("project")))
            made.append((Scene(postgres), served))
        yield made


async def test_users_and_agents_outlive_long_outages(stages: list[Stage]) -> None:
    scenarios = [
        users_outlive_each([flapping, outage(10)], *stages[0]),
        users_outlive(outage(100), *stages[1]),
        agents_outlive(outage(45), *stages[2]),
    ]
    assert max(await asyncio.gather(*scenarios)) < RECOVERY


async def users_outlive(fault: Inflict, scene: Scene, served: Served) -> float:
    return await outlive(fault, scene, served, users=3)


async def users_outlive_each(outages: list[Inflict], scene: Scene, served: Served) -> float:
    return max([await users_outlive(fault, scene, served) for fault in outages])


async def agents_outlive(fault: Inflict, scene: Scene, served: Served) -> float:
    """Let the five agents work beside the users, and return the seconds of recovery."""
    async with served.client() as client:
        runs = await start_fleet(client, each=1)
        await all_in_flight(scene.postgres, runs, within=60)
        seconds = await users_outlive(fault, scene, served)
        for run in runs:
            record = await ended(client, run, within=120)
            assert (record["status"], record["run_id"]) == ("success", run.run_id)
            session = await restore_session(run.thread_id, client=client)
            assert session.status is SessionStatus.IDLE, session.reason
            assert await broken_links(client, run) == []
    return seconds
