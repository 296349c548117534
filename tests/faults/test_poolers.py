"""The server on PgBouncer in transaction mode, with and without prepared statements, as users work."""

import asyncio
from collections.abc import Generator
from pathlib import Path
from random import Random

import pytest

from tests.faults.harness import faults
from tests.faults.harness.faults import Scene
from tests.faults.harness.scenario import RECOVERY, outlive
from tests.faults.harness.served import Served, serve
from tests.support.pgbouncer import PREPARED, PgBouncer
from tests.support.postgres import PostgresInstance


@pytest.fixture(params=PREPARED)
def prepared(request: pytest.FixtureRequest, postgres: PostgresInstance) -> Generator[tuple[PgBouncer, str]]:
    """PgBouncer in front of the module's PostgreSQL, and the setting for it."""
    maximum, setting = PREPARED[request.param]
    with PgBouncer(postgres.port, max_prepared_statements=maximum) as pooler:
        yield pooler, setting


@pytest.fixture
def served(prepared: tuple[PgBouncer, str], tmp_path: Path) -> Generator[Served]:
    """The real server, which knows PgBouncer's address only."""
    pooler, setting = prepared
    with serve(pooler.uri, tmp_path, CHECKPOINT_PREPARED_STATEMENTS=setting) as served:
        yield served


async def test_users_outlive_faults_of_the_pooler_and_of_postgresql_behind_it(
    prepared: tuple[PgBouncer, str], scene: Scene, served: Served
) -> None:
    async def restart_pooler(_: Scene, __: Random) -> None:
        await asyncio.to_thread(prepared[0].stop)
        await asyncio.to_thread(prepared[0].start)

    for fault in (restart_pooler, faults.restart_immediate, faults.short_outage):
        assert await outlive(fault, scene, served) < RECOVERY, fault.__name__
