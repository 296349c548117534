"""Through PgBouncer in transaction mode, where each transaction may see another session of PostgreSQL."""

import asyncio
import signal
from contextlib import AsyncExitStack

import psycopg
import pytest
from pydantic import SecretStr

from graphs.persistence.database import Database
from graphs.persistence.outage import DatabaseUnavailable
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver, open_store, shared_database
from tests.support.checkpoints import put
from tests.support.conformance import assert_conforms
from tests.support.eventually import eventually
from tests.support.load import load, missing
from tests.support.pgbouncer import PREPARED, PgBouncer
from tests.support.postgres import PostgresInstance, settings_for
from tests.support.secrets import ROLE, ask_for_passwords, rotate

_LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"


@pytest.fixture(scope="module")
def behind():
    """The PostgreSQL behind the pooler, for this module to break."""
    with PostgresInstance() as instance:
        yield instance


@pytest.fixture(scope="module", params=PREPARED)
def prepared(request, behind):
    """A PgBouncer, and the setting that goes with it."""
    maximum, setting = PREPARED[request.param]
    with PgBouncer(behind.port, max_prepared_statements=maximum) as pooler:
        yield pooler, setting


@pytest.fixture
def pooler(prepared, behind):
    """PgBouncer, in front of an empty database."""
    behind.empty()
    return prepared[0]


@pytest.fixture
def settings(prepared, pooler):
    return PersistenceSettings(**settings_for(pooler.uri, prepared_statements=prepared[1]))


@pytest.mark.parametrize("keys", [None, "00112233445566778899aabbccddeeff"], ids=["plain", "encrypted"])
async def test_the_saver_has_all_capabilities_of_a_checkpointer(settings, keys):
    await assert_conforms(settings.model_copy(update={"encryption_keys": keys and SecretStr(keys)}))


async def test_statements_are_prepared_where_that_holds(settings, behind, prepared):
    direct = PersistenceSettings(**settings_for(behind.uri))
    async with shared_database(settings) as database, database.connection() as conn:
        assert (conn.pooled, conn.prepare_threshold) == (True, 0 if prepared[1] == "on" else None)
    async with shared_database(direct) as database, database.connection() as conn:
        assert (conn.pooled, conn.prepare_threshold) == (False, 0)


@pytest.mark.parametrize(
    ("query", "interval"),
    [("", "500ms"), ("?options=-c%20client_connection_check_interval%3D2s", "2s")],
)
async def test_without_a_pooler_the_server_is_asked_to_notice_a_client_that_is_gone(behind, query, interval):
    settings = PersistenceSettings(**settings_for(behind.uri + query))
    async with shared_database(settings) as database, database.connection() as conn:
        row = await (await conn.execute("SHOW client_connection_check_interval")).fetchone()
        assert row == {"client_connection_check_interval": interval}


async def test_replicas_with_and_without_a_pooler_set_up_an_empty_database_at_once(settings, behind):
    async def replica(number: int) -> None:
        own = _replica(number, settings, behind)
        async with open_saver(own) as saver, open_store(own) as store:
            await put(saver, f"t{number}")
            await store.aput(("replicas",), str(number), {})

    await asyncio.gather(*map(replica, range(6)))

    for table in ("checkpoint_migrations", "store_migrations"):
        [(versions, latest)] = behind.execute(f"SELECT count(*), max(v) FROM {table}")
        assert versions == latest + 1
    assert behind.execute("SELECT count(*) FROM store") == [(6,)]
    assert behind.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]
    assert behind.execute(_LOCKS) == [(0,)], "no lock stays with a session of the pooler's"


async def test_one_replica_migrates_at_a_time(settings, behind):
    at_work: list[int] = []
    most = 0

    async def migrate(number: int, database: Database) -> None:
        async def step() -> None:
            nonlocal most
            at_work.append(number)
            most = max(most, len(at_work))
            async with database.connection() as conn:
                await conn.execute("SELECT pg_sleep(0.05)")
            at_work.remove(number)

        await database.migrate(step)

    async with AsyncExitStack() as stack:
        replicas = [
            await stack.enter_async_context(shared_database(_replica(number, settings, behind)))
            for number in range(6)
        ]
        await asyncio.gather(*(migrate(number, database) for number, database in enumerate(replicas)))

    assert most == 1


async def test_a_migration_takes_its_time_whatever_time_limits_transactions_have(settings, behind):
    behind.configure(idle_in_transaction_session_timeout="100ms", transaction_timeout="100ms")
    try:
        async with shared_database(settings) as database:
            steps = []

            async def step() -> None:
                await asyncio.sleep(0.5)
                steps.append(behind.execute(_LOCKS))

            await database.migrate(step)
            assert steps == [[(1,)]]
    finally:
        behind.configure(idle_in_transaction_session_timeout="", transaction_timeout="")


async def restart_pooler(pooler: PgBouncer, _: PostgresInstance) -> None:
    await asyncio.to_thread(pooler.stop)
    await asyncio.to_thread(pooler.start)


async def kill_pooler(pooler: PgBouncer, _: PostgresInstance) -> None:
    await asyncio.to_thread(pooler.stop, signal.SIGKILL)
    await asyncio.to_thread(pooler.start)


async def kill_clients(pooler: PgBouncer, _: PostgresInstance) -> None:
    await asyncio.to_thread(pooler.execute, "KILL postgres")
    await asyncio.sleep(0.5)
    await asyncio.to_thread(pooler.execute, "RESUME postgres")


async def renew_servers(pooler: PgBouncer, _: PostgresInstance) -> None:
    await asyncio.to_thread(pooler.execute, "RECONNECT postgres")


async def restart_postgres(_: PgBouncer, behind: PostgresInstance) -> None:
    await asyncio.to_thread(behind.restart, "fast")


async def stop_postgres_for_a_while(_: PgBouncer, behind: PostgresInstance) -> None:
    await asyncio.to_thread(behind.stop, "immediate")
    await asyncio.sleep(1.5)
    await asyncio.to_thread(behind.start)


async def terminate_backends(_: PgBouncer, behind: PostgresInstance) -> None:
    for _ in range(5):
        await asyncio.to_thread(behind.terminate_backends)
        await asyncio.sleep(0.1)


_FAULTS = [
    restart_pooler,
    kill_pooler,
    kill_clients,
    renew_servers,
    restart_postgres,
    stop_postgres_for_a_while,
    terminate_backends,
]


@pytest.mark.parametrize("fault", _FAULTS)
async def test_work_outlives_the_fault(fault, settings, pooler, behind):
    async with open_saver(settings) as saver:
        async with load(saver, workers=8) as state:
            await state.grows(by=20, within=20)
            await fault(pooler, behind)
            await state.grows(by=50, within=30)
        assert state.errors == []
        assert await missing(saver, state) == set()


async def test_a_password_rotated_behind_the_pooler_is_a_pause(tmp_path):
    file = tmp_path / "password"
    file.write_text("hunter-1")
    with (
        PostgresInstance() as strict,
        PgBouncer(strict.port, users={ROLE: "hunter-1"}, auth_type="scram-sha-256") as pooler,
    ):
        ask_for_passwords(strict, "hunter-1")
        uri = f"postgresql://{ROLE}@127.0.0.1:{pooler.port}/postgres"
        settings = PersistenceSettings(**settings_for(uri, password_file=file))
        async with open_saver(settings) as saver, load(saver, workers=4) as state:
            await state.grows(by=20, within=20)
            rotate(strict, "hunter-2")
            strict.terminate_backends()
            # PgBouncer can't log in: its clients get the error that it got.
            await eventually(lambda: "password authentication failed" in pooler.log.read_text(), within=20)
            await asyncio.sleep(0.5)
            file.write_text("hunter-2")
            pooler.set_users({ROLE: "hunter-2"})
            pooler.stop(signal.SIGKILL)
            pooler.start()
            await state.grows(by=20, within=30)
        assert state.errors == []


async def test_a_pooler_without_a_free_connection_is_waited_for(behind):
    behind.empty()
    with PgBouncer(behind.port, default_pool_size="2", query_wait_timeout="1") as pooler:
        settings = PersistenceSettings(**settings_for(pooler.uri, connection_budget=4))
        async with open_saver(settings) as saver, load(saver, workers=4) as state:
            await state.grows(by=10, within=20)
            greedy = [psycopg.connect(pooler.uri) for _ in range(2)]
            for conn in greedy:
                conn.execute("SELECT 1")  # holds a connection to PostgreSQL until its transaction ends
            await eventually(lambda: "query_wait_timeout" in pooler.log.read_text(), within=30)
            for conn in greedy:
                conn.close()
            await state.grows(by=20, within=30)
        assert state.errors == []


async def test_a_pooler_with_too_many_clients_is_waited_for(behind):
    behind.empty()
    with PgBouncer(behind.port) as pooler:
        settings = PersistenceSettings(**settings_for(pooler.uri, connection_budget=4))
        async with open_saver(settings) as saver, load(saver, workers=4) as state:
            await state.grows(by=10, within=20)
            with pooler.console() as console:
                console.execute("SET max_client_conn = 1")  # that one is the console
                console.execute("KILL postgres")
                await eventually(lambda: "no more connections allowed" in pooler.log.read_text(), within=30)
                console.execute("RESUME postgres")
                console.execute("SET max_client_conn = 100")
            await state.grows(by=20, within=30)
        assert state.errors == []


async def test_a_statement_that_was_given_up_ends_where_its_role_says_so(settings, pooler, behind):
    behind.execute("ALTER ROLE postgres SET client_connection_check_interval = '100ms'")
    pooler.execute("RECONNECT postgres")

    async with shared_database(settings.model_copy(update={"operation_timeout": 0.5})) as database:

        async def lock() -> None:
            async with database.connection() as conn:
                await conn.execute("SELECT pg_advisory_xact_lock(1)")

        with psycopg.connect(behind.uri) as blocker:
            blocker.execute("SELECT pg_advisory_lock(1)")
            with pytest.raises(DatabaseUnavailable):
                await database.run(lock, within=2)
            waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            await eventually(lambda: behind.execute(waiting) == [], within=20)

    behind.execute("ALTER ROLE postgres RESET client_connection_check_interval")


async def test_a_parameter_that_the_pooler_does_not_know_is_a_clear_error(pooler):
    settings = PersistenceSettings(**settings_for(f"{pooler.uri}?options=-c%20jit%3Doff"))
    async with asyncio.timeout(10):
        with pytest.raises(ValueError, match=r"unsupported startup parameter.*Correct .* or options"):
            async with shared_database(settings):
                pass


def _replica(number: int, settings: PersistenceSettings, behind: PostgresInstance) -> PersistenceSettings:
    """Return settings that differ, and so share nothing, as in processes; every other one is direct."""
    assert settings.uri is not None
    uri = SecretStr(behind.uri) if number % 2 else settings.uri
    return settings.model_copy(update={"uri": uri, "connection_budget": 2 + number})
