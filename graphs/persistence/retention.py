"""Threads that have expired: which they are, and deleting them.

A thread expires when its newest checkpoint, its subgraphs' included, is older than its time to live.
"""

from collections.abc import Callable, Iterable
from typing import Any, LiteralString

from graphs.persistence.database import Database

# A batch of threads with a long history takes longer than an operation should.
_BATCH_TIMEOUT = 300.0

_SWEEP_LOCK = 0x686F6C6473776570  # "holdswep"

# A checkpoint that doesn't say its time counts as fresh: what may be in use is not deleted.
_FRESH: LiteralString = """
    SELECT 1 FROM checkpoints AS fresh WHERE fresh.thread_id = threads.thread_id
    AND ((fresh.checkpoint ->> 'ts')::timestamptz < now() - make_interval(secs => %(ttl)s)) IS NOT TRUE
"""

# Most threads show by the newest checkpoint of the root graph that they are fresh. In no order, so that
# replicas that prune at the same time seldom meet.
_EXPIRED: LiteralString = f"""
WITH threads AS (
    SELECT thread_id, max(checkpoint_id) FILTER (WHERE checkpoint_ns = '') AS latest_id,
        count(*) FILTER (WHERE checkpoint_ns = '') AS length
    FROM checkpoints GROUP BY thread_id
)
SELECT threads.thread_id
FROM threads LEFT JOIN checkpoints AS latest ON latest.thread_id = threads.thread_id
    AND latest.checkpoint_ns = '' AND latest.checkpoint_id = threads.latest_id
WHERE threads.thread_id <> ALL(%(skip)s) AND (threads.length > 1 OR NOT %(with_history)s)
AND ((latest.checkpoint ->> 'ts')::timestamptz < now() - make_interval(secs => %(ttl)s)) IS NOT FALSE
AND NOT EXISTS ({_FRESH})
ORDER BY random() LIMIT %(limit)s
"""

# One statement, hence one snapshot: a thread is deleted whole, and only if it is expired still.
_DELETE: LiteralString = f"""
WITH gone AS MATERIALIZED (
    SELECT threads.thread_id FROM unnest(%(thread_ids)s::text[]) AS threads (thread_id)
    WHERE EXISTS (SELECT 1 FROM checkpoints AS c WHERE c.thread_id = threads.thread_id)
    AND NOT EXISTS ({_FRESH})
), heads AS (
    DELETE FROM checkpoints AS c USING gone WHERE c.thread_id = gone.thread_id
), blobs AS (
    DELETE FROM checkpoint_blobs AS b USING gone WHERE b.thread_id = gone.thread_id
), writes AS (
    DELETE FROM checkpoint_writes AS w USING gone WHERE w.thread_id = gone.thread_id
)
SELECT thread_id FROM gone
"""

_WITHOUT_CHECKPOINTS: LiteralString = """
SELECT threads.thread_id FROM unnest(%(thread_ids)s::text[]) AS threads (thread_id)
WHERE NOT EXISTS (SELECT 1 FROM checkpoints AS c WHERE c.thread_id = threads.thread_id)
"""


async def expired_threads(
    database: Database, ttl: float, *, limit: int, with_history: bool = False, skip: Iterable[str] = ()
) -> list[str]:
    """Return threads whose newest checkpoint is older than `ttl` seconds, in no order, without those to skip.

    `with_history` leaves out those that have only one checkpoint of the root graph.
    """
    params = {"ttl": ttl, "limit": limit, "with_history": with_history, "skip": list(skip)}
    return await _thread_ids(database, _EXPIRED, params)


async def delete_expired(database: Database, batch: Callable[[], list[str]], ttl: float) -> list[str]:
    """Delete those of the threads that are expired still, and return them.

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
