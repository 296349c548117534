"""The advisory lock that lets one replica at a time migrate the tables."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import LiteralString

from psycopg import IsolationLevel

from graphs.persistence.pool import PooledConnection

_LOCK = 0x686F6C6466617374  # "holdfast"
_POLL = 0.1

# A blocking pg_advisory_lock() would hold a snapshot, which the CREATE INDEX CONCURRENTLY of the replica that
# has the lock waits for: a deadlock.
_TRY_SESSION_LOCK = "SELECT pg_try_advisory_lock(%s) AS locked"
_TRY_TRANSACTION_LOCK = "SELECT pg_try_advisory_xact_lock(%s) AS locked"
_UNLOCK_SESSION = "SELECT pg_advisory_unlock(%s)"

# Building an index takes its time, in which the transaction is idle.
_NO_TIME_LIMITS = """
SELECT set_config(name, '0', true) FROM pg_settings
WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')
"""


@asynccontextmanager
async def session_lock(conn: PooledConnection) -> AsyncGenerator[None]:
    """Hold the lock on the connection that migrates; it ends with the connection at the latest."""
    while True:
        if await _locked(conn, _TRY_SESSION_LOCK):
            break
        await asyncio.sleep(_POLL)
    try:
        yield
    finally:
        if not conn.closed:
            await conn.execute(_UNLOCK_SESSION, (_LOCK,))


@asynccontextmanager
async def transaction_lock(conn: PooledConnection) -> AsyncGenerator[None]:
    """Hold the lock in a transaction on a connection beside the one that migrates.

    Through a pooler, the session that took a lock may be another one than that which gives it back.
    """
    # A snapshot that lasts as long as the transaction would be another one to wait for.
    await conn.set_isolation_level(IsolationLevel.READ_COMMITTED)
    while True:
        async with conn.transaction():
            if await _locked(conn, _TRY_TRANSACTION_LOCK):
                # Prepared, it would keep its portal and a snapshot until the statement that follows.
                await conn.execute(_NO_TIME_LIMITS, prepare=False)
                yield
                return
        await asyncio.sleep(_POLL)


async def _locked(conn: PooledConnection, query: LiteralString) -> bool:
    cursor = await conn.execute(query, (_LOCK,))
    row = await cursor.fetchone()
    return row is not None and row["locked"]
