"""Threads that have expired: which they are, and deleting them.

A thread expires when its newest checkpoint, its subgraphs' included, is older than its time to live. A
checkpoint's age is that of its id, a UUID of version 6.

Who reads a thread that has expired, or soon will, may be about to write to it: a run that begins on it. What
it writes refers to values that are there already. So it notes that it read the thread, once no deletion is
going on, and such a thread is not deleted (`note_reading`).
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from graphs.persistence.database import Database

# A batch of threads with a long history takes longer than an operation should.
_BATCH_TIMEOUT = 300.0

_SWEEP_LOCK = 0x686F6C6473776570  # "holdswep"

# RFC 9562, 5.6: a UUID of version 6 counts intervals of 100 ns since then.
_VERSION = 6
_EPOCH = datetime(1582, 10, 15, tzinfo=UTC)

_CREATE_READINGS: LiteralString = """
CREATE TABLE IF NOT EXISTS thread_readings (thread_id text PRIMARY KEY, read_at timestamptz NOT NULL)
"""

# Not before the deletion that is going on has ended: then it can be seen whether the thread is still there.
_NOTE_READING: LiteralString = """
WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(%(lock)s))
INSERT INTO thread_readings (thread_id, read_at) SELECT %(thread_id)s::text, clock_timestamp() FROM turn
ON CONFLICT (thread_id) DO UPDATE SET read_at = EXCLUDED.read_at
"""

_FORGET_READINGS: LiteralString = """
DELETE FROM thread_readings WHERE read_at < now() - make_interval(secs => %(ttl)s)
"""

# The `ts` of a checkpoint says the same, but it is any text. An id of another kind counts as fresh: what may
# be in use is not deleted.
_IS_OLD: LiteralString = """
CASE WHEN checkpoint_id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-6[0-9a-f]{3}-' THEN to_timestamp((
    ('x' || substr(checkpoint_id, 1, 8) || substr(checkpoint_id, 10, 4) || substr(checkpoint_id, 16, 3))
    ::bit(60)::bigint - 122192928000000000) / 10000000.0) < now() - make_interval(secs => %(ttl)s)
ELSE false END
"""

_IN_USE: LiteralString = f"""
    SELECT 1 FROM checkpoints WHERE checkpoints.thread_id = threads.thread_id AND NOT ({_IS_OLD})
    UNION ALL
    SELECT 1 FROM thread_readings AS readings WHERE readings.thread_id = threads.thread_id
    AND readings.read_at >= now() - make_interval(secs => %(ttl)s)
"""

# Most threads show by the newest checkpoint of the root graph that they are fresh. In no order, so that
# replicas that prune at the same time seldom meet.
_EXPIRED: LiteralString = f"""
WITH threads AS (
    SELECT thread_id, max(checkpoint_id) FILTER (WHERE checkpoint_ns = '') AS checkpoint_id,
        count(*) FILTER (WHERE checkpoint_ns = '') AS length
    FROM checkpoints GROUP BY thread_id
)
SELECT thread_id FROM threads
WHERE thread_id <> ALL(%(skip)s) AND (length > 1 OR NOT %(with_history)s)
AND (checkpoint_id IS NULL OR {_IS_OLD}) AND NOT EXISTS ({_IN_USE})
ORDER BY random() LIMIT %(limit)s
"""

# One statement, hence one snapshot: a thread is deleted whole, and only if it is expired and not in use.
_DELETE: LiteralString = f"""
WITH gone AS MATERIALIZED (
    SELECT threads.thread_id FROM unnest(%(thread_ids)s::text[]) AS threads (thread_id)
    WHERE EXISTS (SELECT 1 FROM checkpoints AS c WHERE c.thread_id = threads.thread_id)
    AND NOT EXISTS ({_IN_USE})
), heads AS (
    DELETE FROM checkpoints AS c USING gone WHERE c.thread_id = gone.thread_id
), blobs AS (
    DELETE FROM checkpoint_blobs AS b USING gone WHERE b.thread_id = gone.thread_id
), writes AS (
    DELETE FROM checkpoint_writes AS w USING gone WHERE w.thread_id = gone.thread_id
), readings AS (
    DELETE FROM thread_readings AS r USING gone WHERE r.thread_id = gone.thread_id
)
SELECT thread_id FROM gone
"""

_WITHOUT_CHECKPOINTS: LiteralString = """
SELECT threads.thread_id FROM unnest(%(thread_ids)s::text[]) AS threads (thread_id)
WHERE NOT EXISTS (SELECT 1 FROM checkpoints AS c WHERE c.thread_id = threads.thread_id)
"""


async def create_readings(database: Database) -> None:
    """Create the table of readings, which is needed where threads expire, unless it is there."""

    async def create() -> None:
        async with database.connection() as conn:
            await conn.execute(_CREATE_READINGS)

    await database.migrate(create)


def expires_soon(checkpoint_id: str, ttl: float) -> bool:
    """Return whether a thread whose newest checkpoint this is has lived more than half of `ttl` seconds.

    Who read it before has the other half to write to it.
    """
    try:
        id_ = UUID(checkpoint_id)
    except ValueError:
        return False
    if id_.version != _VERSION:
        return False
    ticks = (id_.int >> 80 << 12) | (id_.int >> 64 & 0xFFF)
    return datetime.now(UTC) - (_EPOCH + timedelta(microseconds=ticks // 10)) > timedelta(seconds=ttl / 2)


async def note_reading(database: Database, thread_id: str) -> None:
    """Note that somebody reads the thread and may write to it, which keeps it for another time to live.

    What was read before may have been deleted meanwhile; what is read afterwards stays.
    """

    async def note() -> None:
        async with database.connection() as conn:
            await conn.execute(_NOTE_READING, {"lock": _SWEEP_LOCK, "thread_id": thread_id})

    await database.run(note, name="get", attempt_timeout=_BATCH_TIMEOUT)


async def forget_readings(database: Database, ttl: float) -> None:
    """Delete the readings that are older than `ttl` seconds."""

    async def forget() -> None:
        async with database.connection() as conn:
            await conn.execute(_FORGET_READINGS, {"ttl": ttl})

    await database.run(forget, name="sweep", attempt_timeout=_BATCH_TIMEOUT)


async def expired_threads(
    database: Database, ttl: float, *, limit: int, with_history: bool = False, skip: Iterable[str] = ()
) -> list[str]:
    """Return threads whose newest checkpoint is older than `ttl` seconds, in no order, without those to skip.

    `with_history` leaves out those that have only one checkpoint of the root graph.
    """
    params = {"ttl": ttl, "limit": limit, "with_history": with_history, "skip": list(skip)}
    return await _thread_ids(database, _EXPIRED, params)


async def delete_expired(database: Database, batch: Callable[[], list[str]], ttl: float) -> list[str]:
    """Delete those of the threads that are expired still, and return them. See `note_reading`.

    `batch` gives the threads, at the last moment of each attempt: between two there may be an outage, and
    a run on one of the threads. It returns none where another replica is deleting just now.
    """

    async def delete() -> list[str]:
        async with database.connection() as conn, conn.transaction():
            cur = await conn.execute("SELECT pg_try_advisory_xact_lock(%s) AS locked", (_SWEEP_LOCK,))
            row = await cur.fetchone()
            if row is None or not row["locked"]:
                return []
            cur = await conn.execute(_DELETE, {"thread_ids": batch(), "ttl": ttl})
            return [row["thread_id"] for row in await cur.fetchall()]

    return await database.run(delete, name="sweep", attempt_timeout=_BATCH_TIMEOUT)


async def without_checkpoints(database: Database, thread_ids: list[str]) -> list[str]:
    """Return those of the threads that have no checkpoint."""
    return await _thread_ids(database, _WITHOUT_CHECKPOINTS, {"thread_ids": thread_ids})


async def _thread_ids(database: Database, query: LiteralString, params: dict[str, Any]) -> list[str]:
    async def fetch() -> list[str]:
        async with database.cursor() as cur:
            await cur.execute(query, params)
            return [row["thread_id"] for row in await cur.fetchall()]

    return await database.run(fetch, name="sweep", attempt_timeout=_BATCH_TIMEOUT)
