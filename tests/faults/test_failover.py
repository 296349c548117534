"""A standby takes over while users are at work: a pause, never a session.

The servers are told of both PostgreSQL servers, or of one name whose address changes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from random import Random

import pytest

from tests.faults.harness.faults import Scene
from tests.faults.harness.scenario import RECOVERY, outlive
from tests.faults.harness.served import Served, make_served, serve, steps_project
from tests.support.mounts import PrivateMounts, may_mount, needs_mounts
from tests.support.names import NamedHost
from tests.support.standby import ReplicatedInstance, ReplicatedPair
from tests.support.waiting import START_SECONDS

ANOTHER_ADDRESS = "127.0.0.2"  # on Linux, all of 127.0.0.0/8 is this machine
SETTINGS = {"CHECKPOINT_OPERATION_TIMEOUT_SECONDS": "4"}
LATE_NAME = 2.0
"""Seconds for which the name still leads to the old primary after the failover."""


@dataclass(frozen=True)
class Setup:
    """A server at work, and what has to change beside PostgreSQL in a failover."""

    served: Served
    redirect: Callable[[str], Awaitable[None]]
    """Called with the address of the new primary; returns once the server can find it."""


@pytest.fixture(scope="module")
def pair() -> Generator[ReplicatedPair]:
    with ReplicatedInstance() as first:
        # One name has one port, so the two need an address each, which not every system has.
        place = (ANOTHER_ADDRESS, first.port) if may_mount() else ()
        with ReplicatedInstance(*place) as second:
            yield ReplicatedPair(first, second)


@pytest.fixture(scope="module")
def by_hosts(pair: ReplicatedPair, tmp_path_factory: pytest.TempPathFactory) -> Generator[Setup]:
    """A server that is told of both hosts."""

    async def no_need(_: str) -> None:
        """Nothing changes."""

    with serve(pair.uri, tmp_path_factory.mktemp("hosts"), **SETTINGS) as served:
        yield Setup(served, no_need)


@pytest.fixture(scope="module")
def by_name(pair: ReplicatedPair, tmp_path_factory: pytest.TempPathFactory) -> Generator[Setup]:
    """A server that is told of one name, which some seconds after a failover leads to the new primary."""

    async def move(address: str) -> None:
        await asyncio.sleep(LATE_NAME)
        host.move(address)

    with PrivateMounts() as mounts:
        host = NamedHost("sessions.holdfast.test", pair.primary.host, tmp_path_factory.mktemp("etc"), mounts)
        uri = pair.primary.uri.replace(pair.primary.host, host.name)
        served = make_served(uri, steps_project(tmp_path_factory.mktemp("name")), **SETTINGS)
        mounts.run(served.server.start)
        try:
            served.server.wait_ready(START_SECONDS)
            yield Setup(served, move)
        finally:
            served.server.stop()


@pytest.fixture(params=["by_hosts", pytest.param("by_name", marks=needs_mounts)])
async def setup(request: pytest.FixtureRequest, pair: ReplicatedPair) -> Setup:
    """A server, on a primary with a standby in step, whichever they are by now."""
    setup: Setup = request.getfixturevalue(request.param)
    await asyncio.to_thread(pair.restore)
    await setup.redirect(pair.primary.host)
    return setup


def kill(primary: ReplicatedInstance) -> None:
    primary.kill()


def freeze(primary: ReplicatedInstance) -> None:
    """As a machine that lost its network: whoever asks gets no answer, not even a refusal."""
    primary.freeze()


def turn_read_only(primary: ReplicatedInstance) -> None:
    """As a switchover that keeps the connections."""
    primary.configure(default_transaction_read_only="on")


@pytest.mark.parametrize("leave", [kill, freeze, turn_read_only])
async def test_a_standby_takes_over(
    leave: Callable[[ReplicatedInstance], None], setup: Setup, pair: ReplicatedPair
) -> None:
    async def fail_over(scene: Scene, chance: Random) -> None:
        await asyncio.to_thread(leave, pair.primary)
        await asyncio.to_thread(pair.fail_over)
        await setup.redirect(pair.primary.host)
        scene.postgres = pair.primary

    assert await outlive(fail_over, Scene(pair.primary), setup.served) < RECOVERY


async def test_the_old_primary_comes_back_as_a_standby(by_hosts: Setup, pair: ReplicatedPair) -> None:
    async def come_back(scene: Scene, chance: Random) -> None:
        await asyncio.to_thread(pair.primary.kill)
        await asyncio.to_thread(pair.fail_over)
        await asyncio.to_thread(pair.restore)
        scene.postgres = pair.primary
        # new connections pass it by
        await asyncio.to_thread(scene.postgres.terminate_backends)

    await asyncio.to_thread(pair.restore)
    await outlive(come_back, Scene(pair.primary), by_hosts.served)
