"""The saver while PostgreSQL answers, but lacks what an operation needs."""

import asyncio
import logging
from contextlib import contextmanager

import psycopg
import pytest

from graphs.persistence.outage import DatabaseUnavailable
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from tests.support.checkpoints import put
from tests.support.eventually import eventually
from tests.support.postgres import settings_for


@contextmanager
def _locked(postgres, table):
    with psycopg.connect(postgres.uri) as locker:
        locker.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


def _with_limit(postgres, limit, seconds=0.1, **settings):
    uri = f"{postgres.uri}?options=-c%20{limit}%3D{1000 * seconds:.0f}ms"
    return PersistenceSettings(**settings_for(uri, **settings))


@pytest.mark.parametrize(
    ("limit", "seconds", "reason"),
    [
        ("lock_timeout", 0.1, "due to lock timeout"),
        # so long that only a lock takes as long, on a busy machine as well
        ("statement_timeout", 2, "due to statement timeout"),
    ],
)
async def test_operations_wait_on_the_same_connections_and_it_is_told_once(
    own_postgres, caplog, limit, seconds, reason
):
    caplog.set_level(logging.INFO, "graphs")
    async with open_saver(_with_limit(own_postgres, limit, seconds)) as saver:
        await asyncio.gather(*(put(saver, f"t{n}") for n in range(20)))
        before = own_postgres.backends()
        caplog.clear()
        with _locked(own_postgres, "checkpoints"):
            waiting = [asyncio.create_task(put(saver, f"t{n}")) for n in range(20)]
            await eventually(lambda: bool(caplog.messages), within=30)
            await asyncio.sleep(1)  # in which operations are tried again
            assert not any(operation.done() for operation in waiting)
        async with asyncio.timeout(60):
            await asyncio.gather(*waiting)

        assert own_postgres.backends() >= before
    begun, over = caplog.messages
    assert begun.endswith(
        f"answers, but lacks something (canceling statement {reason}). Operations wait for it."
    )
    assert over.startswith("No operation waits any more for what PostgreSQL")


async def test_what_lacks_longer_than_the_budget_is_told(own_postgres):
    async with open_saver(_with_limit(own_postgres, "lock_timeout", outage_budget=0.5)) as saver:
        with _locked(own_postgres, "checkpoint_writes"):
            config = await put(saver, "t")
            with pytest.raises(DatabaseUnavailable, match=r"could not do it within .* due to lock timeout"):
                await saver.aput_writes(config, [("messages", "w")], "task")

        await saver.aput_writes(config, [("messages", "w")], "task")


async def test_a_caller_in_a_hurry_is_told_what_lacks(own_postgres):
    async with open_saver(_with_limit(own_postgres, "lock_timeout")) as saver:

        async def ask() -> None:
            async with saver.database.connection() as conn:
                await conn.execute("SELECT count(*) FROM checkpoints")

        with _locked(own_postgres, "checkpoints"), pytest.raises(DatabaseUnavailable, match="lock timeout"):
            await saver.database.run(ask, within=3)
