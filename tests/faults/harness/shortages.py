"""Faults of a PostgreSQL that answers, but lacks connections, time or locks."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from itertools import cycle, permutations
from random import Random

import psycopg
from psycopg.conninfo import make_conninfo

from tests.faults.harness.faults import Scene, fault
from tests.support.locks import deadlocks
from tests.support.postgres import PostgresInstance
from tests.support.waiting import wait_until

_SECONDS = 30.0
_TAKERS = 8


@fault("connections used up by others")
async def use_up_connections(scene: Scene, chance: Random) -> None:
    others = await asyncio.to_thread(_Others, scene.postgres.uri)
    try:
        await asyncio.to_thread(others.take_all)
        await asyncio.sleep(chance.uniform(1, 4))
    finally:
        await asyncio.to_thread(others.leave)


@fault("lock timeout")
async def lock_timeout(scene: Scene, chance: Random) -> None:
    async with _limited(scene.postgres, "lock_timeout", milliseconds=200):
        await asyncio.to_thread(_hold_table, scene.postgres, chance.uniform(1, 4))


@fault("statement timeout")
async def statement_timeout(scene: Scene, chance: Random) -> None:
    async with _limited(scene.postgres, "statement_timeout", milliseconds=300):
        await asyncio.to_thread(_hold_table, scene.postgres, chance.uniform(1, 4))


@fault("deadlock")
async def deadlock(scene: Scene, chance: Random) -> None:
    before = await asyncio.to_thread(deadlocks, scene.postgres)
    async with asyncio.timeout(_SECONDS):
        # In which order a statement locks its tables is PostgreSQL's to choose.
        for tables in cycle(permutations(("checkpoints", "checkpoint_blobs"))):
            await asyncio.to_thread(_lock_across, scene.postgres, *tables)
            if await asyncio.to_thread(deadlocks, scene.postgres) > before:
                return


class _Others:
    """Clients that take every connection that PostgreSQL has."""

    def __init__(self, uri: str) -> None:
        self._uri = make_conninfo(uri, application_name="other")
        self._first = psycopg.connect(self._uri, autocommit=True)
        self._more: list[psycopg.Connection] = []
        self._full = threading.Event()

    def take_all(self) -> None:
        """Return once they have all of them."""
        with ThreadPoolExecutor(_TAKERS) as takers:
            taking = [takers.submit(self._take) for _ in range(_TAKERS)]
            try:
                wait_until(self._have_all, "all connections are taken", _SECONDS)
            finally:
                self._full.set()
            for taker in taking:
                taker.result()

    def leave(self) -> None:
        """Return once others can connect again."""
        for connection in self._more:
            connection.close()
        wait_until(lambda: self._count() == 1, "the connections are given back", _SECONDS)
        self._first.close()

    def _take(self) -> None:
        while not self._full.wait(0.01):
            # There are none left, or `_have_all` ended this one before its name was known.
            with suppress(psycopg.OperationalError):
                self._more.append(psycopg.connect(self._uri))

    def _have_all(self) -> bool:
        """Return whether they have; connections of anybody else are ended."""
        self._first.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND application_name <> 'other'"
        )
        rows = self._first.execute("SELECT current_setting('max_connections')::int").fetchall()
        return rows == [(self._count(),)]

    def _count(self) -> int:
        query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'other'"
        [(count,)] = self._first.execute(query).fetchall()
        return count


@asynccontextmanager
async def _limited(postgres: PostgresInstance, setting: str, *, milliseconds: int) -> AsyncGenerator[None]:
    """Give all clients that limit, as an administrator may while they are connected."""
    await asyncio.to_thread(postgres.configure, **{setting: f"{milliseconds}ms"})
    try:
        yield
    finally:
        await asyncio.to_thread(postgres.configure, **{setting: ""})


def _hold_table(postgres: PostgresInstance, seconds: float) -> None:
    """Keep everybody from the checkpoints, as a migration of somebody else may."""
    with psycopg.connect(postgres.uri) as conn:
        conn.execute("SET statement_timeout = 0")
        conn.execute("SET lock_timeout = 0")
        conn.execute("LOCK TABLE checkpoints IN ACCESS EXCLUSIVE MODE")
        conn.execute("SELECT pg_sleep(%s)", (seconds,))


def _lock_across(postgres: PostgresInstance, first: str, second: str) -> None:
    """Lock a table, and the other one once somebody waits, who may have it: a deadlock.

    PostgreSQL ends the transaction that looks for one first, which is not this one.
    """
    with psycopg.connect(postgres.uri) as conn:
        conn.execute("SET deadlock_timeout = '60s'")
        conn.execute(f"LOCK TABLE {first} IN SHARE MODE".encode())
        wait_until(lambda: _is_waited_for(conn, first), f"somebody waits for {first}", _SECONDS)
        conn.execute(f"LOCK TABLE {second} IN SHARE MODE".encode())


def _is_waited_for(conn: psycopg.Connection, table: str) -> bool:
    rows = conn.execute("SELECT FROM pg_locks WHERE NOT granted AND relation = %s::regclass", (table,))
    return rows.fetchone() is not None
