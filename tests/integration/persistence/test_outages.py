"""The saver while a real PostgreSQL restarts, crashes, freezes or disappears."""

import asyncio
import logging
import os
import socket
import struct
import time
from contextlib import AsyncExitStack

import psycopg
import pytest
from langgraph.checkpoint.conformance.test_utils import generate_config

from graphs.persistence.outage import DatabaseUnavailable
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver, open_store, shared_database
from tests.support.checkpoints import history, put
from tests.support.eventually import eventually
from tests.support.load import load, missing
from tests.support.postgres import PostgresInstance, settings_for
from tests.support.proxy import Proxy


def _restart(postgres):
    postgres.restart("fast")


def _stop_immediately(postgres):
    postgres.stop("immediate")
    time.sleep(1)
    postgres.start()


def _kill(postgres):
    postgres.kill()
    time.sleep(1)
    postgres.start()


def _terminate_repeatedly(postgres):
    for _ in range(4):
        postgres.terminate_backends()
        time.sleep(0.3)


@pytest.mark.parametrize("fault", [_restart, _stop_immediately, _kill, _terminate_repeatedly])
async def test_no_acknowledged_checkpoint_is_lost_and_nobody_sees_an_error(own_postgres, fault):
    async with open_saver(PersistenceSettings(**settings_for(own_postgres.uri))) as saver:
        async with load(saver, workers=50) as state:
            await state.grows(100, within=30)
            await asyncio.to_thread(fault, own_postgres)
            await state.grows(100, within=30)

        assert state.errors == []
        assert await missing(saver, state) == set()
        assert own_postgres.connections() <= 10


async def test_stale_connections_are_renewed_all_at_once(own_postgres):
    settings = PersistenceSettings(**settings_for(own_postgres.uri, connection_budget=15))
    async with open_saver(settings) as saver:
        async with AsyncExitStack() as stack:
            for _ in range(15):
                await stack.enter_async_context(saver.database.connection())
        assert own_postgres.connections() == 15
        own_postgres.restart()

        # One at a time, as a quiet server would meet them. The pool's own check takes 30 s for ten of these.
        started = time.monotonic()
        for _ in range(20):
            await put(saver, "t")

        assert time.monotonic() - started < 20


async def test_one_outage_is_one_sweep_and_two_lines_in_the_log(own_postgres, caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    settings = PersistenceSettings(**settings_for(own_postgres.uri))
    async with open_saver(settings) as saver:
        drain, sweeps = saver.database.pool.drain, []

        async def counted_drain():
            sweeps.append(time.monotonic())
            await drain()

        monkeypatch.setattr(saver.database.pool, "drain", counted_drain)
        async with load(saver, workers=50) as state:
            await state.grows(100, within=30)
            await asyncio.to_thread(_stop_immediately, own_postgres)
            await state.grows(100, within=30)

    assert len(sweeps) == 1
    lines = [record.message for record in caplog.records if record.name.startswith(("graphs", "psycopg"))]
    assert [line.split()[0] for line in lines] == ["Lost", "PostgreSQL"]


async def test_a_frozen_server_is_waited_for(own_postgres):
    settings = PersistenceSettings(**settings_for(own_postgres.uri, operation_timeout=1))
    async with open_saver(settings) as saver:
        async with load(saver, workers=20) as state:
            await state.grows(50, within=30)
            own_postgres.freeze()
            await asyncio.sleep(8)
            own_postgres.thaw()
            await state.grows(100, within=30)

        assert state.errors == []
        assert await missing(saver, state) == set()


async def test_dropped_packets_are_waited_out_on_new_connections(own_postgres):
    with Proxy(own_postgres.port) as proxy:
        uri = proxy.through(own_postgres.uri)
        async with open_saver(PersistenceSettings(**settings_for(uri, operation_timeout=1))) as saver:
            async with load(saver, workers=20) as state:
                await state.grows(50, within=30)
                proxy.drop()
                await asyncio.sleep(3)
                proxy.deliver()
                await state.grows(100, within=30)

            assert state.errors == []
            assert await missing(saver, state) == set()


async def test_a_cancelled_operation_ends_soon_though_the_server_is_frozen(own_postgres):
    async with open_saver(PersistenceSettings(**settings_for(own_postgres.uri))) as saver:
        await put(saver, "t")
        own_postgres.freeze()
        operations = [asyncio.create_task(put(saver, "t")) for _ in range(5)]
        await asyncio.sleep(0.2)

        started = time.monotonic()
        for operation in operations:
            operation.cancel()
        results = await asyncio.gather(*operations, return_exceptions=True)

        # psycopg alone takes ten seconds: five to ask for the cancellation, five to wait for its effect.
        assert time.monotonic() - started < 8
        assert all(isinstance(result, asyncio.CancelledError) for result in results)
        own_postgres.thaw()
        await put(saver, "t")


async def test_a_spent_budget_is_told_without_any_error_of_the_driver(own_postgres):
    class Requeue(DatabaseUnavailable):
        """As the server passes one that its worker knows."""

    settings = PersistenceSettings(**settings_for(own_postgres.uri, connection_budget=2, outage_budget=2))
    async with open_saver(settings, unavailable=Requeue) as saver, open_store(settings) as store:
        await put(saver, "t")
        own_postgres.stop("immediate")

        started = time.monotonic()
        # Forty on two connections: those that wait for their turn share the budget of the outage.
        results = await asyncio.gather(
            *(put(saver, "t") for _ in range(40)),
            history(saver, "t"),
            saver.adelete_thread("t"),
            saver.acopy_thread("t", "u"),
            saver.aprune(["t"]),
            store.aput(("a",), "k", {}),
            store.asearch(("a",)),
            return_exceptions=True,
        )

        assert time.monotonic() - started < 20
        assert {type(result) for result in results} == {Requeue}
        assert {f"127.0.0.1:{own_postgres.port}/postgres" in str(result) for result in results} == {True}
        assert {"refused" in str(result) for result in results} == {True}

        own_postgres.start()
        await put(saver, "t")


async def test_the_budget_counts_from_the_outage_and_not_from_the_call(own_postgres):
    # The call waits longer than the budget, behind a queue that moves.
    settings = PersistenceSettings(**settings_for(own_postgres.uri, connection_budget=1, outage_budget=0.5))
    async with open_saver(settings) as saver:
        database = saver.database

        async def hold() -> None:
            async with database.connection() as conn:
                await conn.execute("SELECT pg_sleep(0.4)")

        holders = [asyncio.create_task(database.run(hold)) for _ in range(3)]
        await asyncio.sleep(0)
        started = time.monotonic()
        await put(saver, "t")

        assert time.monotonic() - started > 0.5
        await asyncio.gather(*holders)


async def test_a_deadline_of_the_caller_is_kept_during_an_outage(own_postgres):
    settings = PersistenceSettings(**settings_for(own_postgres.uri, operation_timeout=30))
    async with shared_database(settings) as database:

        async def ask() -> None:
            async with database.connection() as conn:
                await conn.execute("SELECT 1")

        await database.run(ask)
        own_postgres.freeze()
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailable, match=r"gave no answer within 1\.0 s"):
            await database.run(ask, within=1)
        assert time.monotonic() - started < 10


async def test_a_caller_in_a_hurry_does_not_renew_the_pool(settings, caplog, monkeypatch):
    async with shared_database(settings) as database:

        async def ask_slowly() -> None:
            async with database.connection() as conn:
                await conn.execute("SELECT pg_sleep(5)")

        monkeypatch.setattr(database.pool, "drain", lambda: pytest.fail("the pool was renewed"))
        with pytest.raises(DatabaseUnavailable, match="it is slow"):
            await database.run(ask_slowly, within=0.2)

        assert caplog.messages == []


async def test_a_caller_in_a_hurry_begins_no_outage(settings, caplog):
    async def connecting_takes_time(_: object) -> dict[str, str]:
        await asyncio.sleep(0.3)
        return {}

    settings = settings.model_copy(update={"credentials": connecting_takes_time})
    async with shared_database(settings) as database:

        async def hold() -> None:
            async with database.connection() as conn:
                await conn.execute("SELECT pg_sleep(1)")

        holders = [asyncio.create_task(database.run(hold)) for _ in range(4)]
        await asyncio.sleep(0.5)
        with pytest.raises(DatabaseUnavailable, match="it is slow"):
            await database.run(hold, within=0.1)
        await asyncio.gather(*holders)

    assert caplog.messages == []


async def test_a_caller_in_a_hurry_costs_no_connection(settings, postgres):
    async with shared_database(settings) as database:
        await database.pool.wait()

        async def ask() -> None:
            async with database.connection() as conn:
                await conn.execute("SELECT pg_sleep(0.3)")

        # those of the test before may still be ending
        await eventually(
            lambda: len(postgres.backends()) == database.pool.get_stats()["pool_size"], within=30
        )
        before = postgres.backends()
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable, match="it is slow"):
                await database.run(ask, within=0.05)
        await asyncio.sleep(0.5)

        assert postgres.backends() == before


async def test_no_attempt_is_made_when_the_time_is_up(settings):
    async with shared_database(settings) as database:
        asked = []

        async def ask() -> None:
            async with database.connection():
                asked.append(True)

        with pytest.raises(DatabaseUnavailable):
            await database.run(ask, within=0)

        assert asked == []


async def test_an_abandoned_connection_is_reset_when_it_closes(settings):
    # Otherwise the kernel goes on sending what it could not deliver, and it may arrive after the retry.
    async with shared_database(settings) as database, database.connection() as conn:
        conn.abandon()
        with socket.socket(fileno=os.dup(conn.fileno())) as sock:
            linger = struct.unpack("ii", sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8))

    assert linger == (1, 0)
    assert conn.closed


async def test_abandoned_attempts_do_not_pile_up_on_the_server(own_postgres):
    settings = PersistenceSettings(
        **settings_for(own_postgres.uri, connection_budget=4, operation_timeout=0.5)
    )
    async with open_saver(settings) as saver:
        with psycopg.connect(own_postgres.uri) as locker:
            locker.execute("LOCK TABLE checkpoints IN ACCESS EXCLUSIVE MODE")
            waiting = [asyncio.create_task(put(saver, f"t{n}")) for n in range(4)]
            await asyncio.sleep(6)
            connections = await asyncio.to_thread(own_postgres.connections)
        await asyncio.gather(*waiting)

    assert connections <= 2 * 4


async def test_a_server_turned_read_only_is_left_for_one_that_writes(own_postgres):
    async with open_saver(PersistenceSettings(**settings_for(own_postgres.uri))) as saver:
        await put(saver, "t")
        # As a failover does: connections stay open, and new ones are asked for their mode.
        with psycopg.connect(own_postgres.uri, autocommit=True) as open_one:
            own_postgres.configure(default_transaction_read_only="on")
            await eventually(lambda: _is_read_only(open_one), within=30)

        waiting = asyncio.create_task(put(saver, "t"))
        await asyncio.sleep(1)
        assert not waiting.done()

        own_postgres.configure(default_transaction_read_only="")
        async with asyncio.timeout(30):
            await waiting


def _is_read_only(conn):
    return conn.execute("SHOW default_transaction_read_only").fetchone() == ("on",)


async def test_no_free_connection_on_the_server_is_waited_for():
    with PostgresInstance(max_connections="8") as postgres:
        settings = PersistenceSettings(**settings_for(postgres.uri, connection_budget=4))
        async with open_saver(settings) as saver:
            await put(saver, "t")
            postgres.terminate_backends()
            greedy = []
            with pytest.raises(psycopg.OperationalError, match="too many clients"):
                greedy.extend(psycopg.connect(postgres.uri) for _ in range(9))

            waiting = asyncio.create_task(put(saver, "t"))
            await asyncio.sleep(1.5)
            assert not waiting.done()
            for conn in greedy:
                conn.close()
            async with asyncio.timeout(10):
                await waiting


async def test_nothing_is_left_when_the_last_user_leaves(own_postgres):
    settings = PersistenceSettings(**settings_for(own_postgres.uri))
    before = asyncio.all_tasks()
    async with open_saver(settings) as saver, open_store(settings) as store:
        async with load(saver, workers=20) as state:
            await state.grows(50, within=30)
            await asyncio.to_thread(_restart, own_postgres)
            await state.grows(50, within=30)
        await store.aput(("a",), "k", {"v": 1})
        assert own_postgres.connections() <= 10

    assert asyncio.all_tasks() == before
    await eventually(lambda: own_postgres.connections() == 0, within=30)


async def test_an_operation_after_the_last_user_left_is_told_so(settings):
    async with open_saver(settings) as saver:
        pass

    with pytest.raises(DatabaseUnavailable, match="shutting down"):
        await saver.aget_tuple(generate_config("t"))
