"""The line between the server and PostgreSQL breaks while users are at work: they wait, and go on."""

from collections.abc import Generator
from random import Random

import pytest

from tests.faults.harness import faults, wire
from tests.faults.harness.faults import Inflict, Scene
from tests.faults.harness.scenario import RECOVERY, outlive
from tests.faults.harness.served import Served, serve
from tests.support.postgres import PostgresInstance
from tests.support.proxy import Proxy


@pytest.fixture(scope="module")
def proxy(postgres: PostgresInstance) -> Generator[Proxy]:
    with Proxy(postgres.port) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def served(
    proxy: Proxy, postgres: PostgresInstance, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Served]:
    """The server whose connections go through the proxy, with the settings that it has by itself."""
    with serve(proxy.through(postgres.uri), tmp_path_factory.mktemp("project")) as served:
        yield served


@pytest.fixture
def scene(postgres: PostgresInstance, proxy: Proxy) -> Scene:
    return Scene(postgres, proxy)


def dropped_packets(*, forget: bool) -> Inflict:
    async def inflict(scene: Scene, _: Random) -> None:
        await wire.drop_packets_for(scene, 6, forget=forget)

    return inflict


def latency(seconds: float) -> Inflict:
    async def inflict(scene: Scene, _: Random) -> None:
        await wire.slow_down_for(scene, delay=seconds, seconds=5)

    return inflict


async def cut_after_commits(scene: Scene, _: Random) -> None:
    await wire.cut_commits(scene, 20)


async def frozen_server(scene: Scene, _: Random) -> None:
    await faults.freeze_for(scene, 20)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(dropped_packets(forget=False), id="dropped packets"),
        pytest.param(dropped_packets(forget=True), id="dropped packets, connections forgotten"),
        pytest.param(wire.strand_connections, id="half-open connections"),
        pytest.param(wire.reset_connections, id="resets"),
        pytest.param(wire.refuse_connections, id="refused connections"),
        pytest.param(latency(0.05), id="50 ms"),
        pytest.param(latency(0.3), id="300 ms"),
        pytest.param(cut_after_commits, id="cut after commits"),
        pytest.param(frozen_server, id="frozen server"),
    ],
)
async def test_users_outlive_a_fault_of_the_wire(fault: Inflict, scene: Scene, served: Served) -> None:
    assert await outlive(fault, scene, served) < RECOVERY
