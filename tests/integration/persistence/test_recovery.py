"""How soon waiting operations go on: when the line is dead, and when an outage is over."""

import asyncio
import gc
import time
from contextlib import AsyncExitStack
from itertools import repeat

import psutil
import pytest

from graphs.persistence import database as database_module
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver, shared_database
from tests.support.checkpoints import put
from tests.support.eventually import eventually
from tests.support.postgres import settings_for
from tests.support.proxy import Proxy

# What these tests find is there within about two seconds; a busy machine has more. The operation's own
# timeout, which would end the wait as well, is far beyond.
NOTICED = 20
PATIENT = {"operation_timeout": 120, "outage_budget": 120}


@pytest.fixture
def wire(postgres):
    with Proxy(postgres.port) as proxy:
        yield proxy


@pytest.fixture
def over_the_wire(wire, uri):
    return PersistenceSettings(**settings_for(wire.through(uri), **PATIENT))


async def test_a_dead_line_is_noticed_long_before_the_operation_times_out(wire, over_the_wire):
    async with open_saver(over_the_wire) as saver:
        await put(saver, "t")
        wire.strand()

        async with asyncio.timeout(NOTICED):
            await put(saver, "t")


async def test_a_line_that_dies_under_a_waiting_operation_is_noticed(wire, over_the_wire, postgres):
    async with shared_database(over_the_wire) as database:
        started = []

        async def ask() -> None:
            async with database.connection() as conn:
                started.append(time.monotonic())
                # beyond what the test waits: what ends it is that the line is found dead
                seconds = 3 * NOTICED if len(started) == 1 else 0
                await conn.execute("SELECT pg_sleep(%s) AS on_a_dead_line", [seconds])

        asking = asyncio.create_task(database.run(ask))
        asleep = (
            "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%on_a_dead_line%'"
        )
        await eventually(lambda: bool(postgres.execute(asleep)), within=NOTICED)
        wire.strand()

        async with asyncio.timeout(NOTICED):
            await asking
        assert len(started) == 2
    postgres.terminate_backends()  # what still sleeps there would hold up the migrations of other tests


async def test_a_server_that_reads_nothing_for_a_while_is_not_taken_for_dead(own_postgres):
    with Proxy(own_postgres.port) as proxy:
        settings = PersistenceSettings(**settings_for(proxy.through(own_postgres.uri), **PATIENT))
        async with shared_database(settings) as database:
            asked = []

            async def ask() -> None:
                async with database.connection() as conn:
                    asked.append(True)
                    # More than all buffers on the way hold: the window of the receiver closes.
                    await conn.execute("SELECT length(%s)", ["x" * 50_000_000])

            async with database.connection():
                own_postgres.freeze()
            asking = asyncio.create_task(database.run(ask))
            await asyncio.sleep(5)
            own_postgres.thaw()
            async with asyncio.timeout(60):
                await asking

        assert asked == [True]


async def test_a_slow_statement_is_no_dead_line(postgres, settings):
    async with shared_database(settings) as database:
        asked = []

        async def ask() -> None:
            async with database.connection() as conn:
                asked.append(True)
                await conn.execute("SELECT pg_sleep(4)")

        await database.run(ask)

        assert asked == [True]


async def test_who_pauses_goes_on_when_the_outage_is_over(own_postgres, monkeypatch):
    monkeypatch.setattr(database_module, "pauses", lambda: repeat(60.0))
    settings = PersistenceSettings(**settings_for(own_postgres.uri))
    async with open_saver(settings) as saver:
        async with AsyncExitStack() as stack:
            for _ in range(10):
                await stack.enter_async_context(saver.database.connection())
        own_postgres.stop("immediate")
        waiting = [asyncio.create_task(put(saver, f"t{n}")) for n in range(10)]
        await asyncio.sleep(1)
        own_postgres.start()

        async with asyncio.timeout(NOTICED):
            # One that comes later and meets a connection that works.
            await put(saver, "later")
            await asyncio.gather(*waiting)


async def test_attempts_to_connect_that_time_out_leave_no_connection_open(own_postgres):
    settings = PersistenceSettings(
        **settings_for(own_postgres.uri, connection_budget=4, operation_timeout=0.5, connect_timeout=2)
    )
    most = 0
    gc.disable()  # so that it isn't the garbage collector that closes them
    try:
        async with open_saver(settings) as saver:
            await put(saver, "t")
            own_postgres.freeze()
            waiting = [asyncio.create_task(put(saver, "t")) for _ in range(4)]
            end = time.monotonic() + 7
            while time.monotonic() < end:
                most = max(most, _sockets_to(own_postgres.port))
                await asyncio.sleep(0.05)
            own_postgres.thaw()
            await asyncio.gather(*waiting)
    finally:
        gc.enable()

    assert most <= 4


def _sockets_to(port: int) -> int:
    connections = psutil.Process().net_connections("tcp")
    return sum(connection.raddr.port == port for connection in connections if connection.raddr)
