"""What the checkpoint tables say of sessions, for callers that can't wait long.

A session is a LangGraph thread. Its facts come from the checkpoints of the root graph; those of subgraphs
have a namespace. LangGraph's server writes `graph_id`, `assistant_id` and `run_id` into their metadata.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, TypeVar

from psycopg.rows import class_row

from graphs.persistence.database import Database

T = TypeVar("T")

_FACTS: LiteralString = """
    latest.checkpoint_id,
    latest.metadata ->> 'graph_id' AS graph_id,
    latest.metadata ->> 'assistant_id' AS assistant_id,
    latest.metadata ->> 'run_id' AS run_id,
    (latest.metadata ->> 'step')::int AS step,
    (latest.checkpoint ->> 'ts')::timestamptz AS updated_at
"""

# Both ends of the history come from the primary key, whatever its length.
_ONE: LiteralString = f"""
SELECT latest.thread_id, (first.checkpoint ->> 'ts')::timestamptz AS created_at, {_FACTS}
FROM (
    SELECT * FROM checkpoints WHERE thread_id = %(thread_id)s AND checkpoint_ns = ''
    ORDER BY checkpoint_id DESC LIMIT 1
) AS latest, (
    SELECT checkpoint FROM checkpoints WHERE thread_id = %(thread_id)s AND checkpoint_ns = ''
    ORDER BY checkpoint_id LIMIT 1
) AS first
"""

# Checkpoint ids sort by time (UUID version 6), so the primary key alone tells which threads are recent.
_RECENT: LiteralString = f"""
SELECT latest.thread_id, page.checkpoints, {_FACTS}
FROM (
    SELECT thread_id, max(checkpoint_id) AS checkpoint_id, count(*) AS checkpoints
    FROM checkpoints WHERE checkpoint_ns = ''
    GROUP BY thread_id ORDER BY max(checkpoint_id) DESC, thread_id LIMIT %(limit)s OFFSET %(offset)s
) AS page
JOIN checkpoints AS latest ON latest.thread_id = page.thread_id AND latest.checkpoint_ns = ''
    AND latest.checkpoint_id = page.checkpoint_id
ORDER BY page.checkpoint_id DESC, page.thread_id
"""


@dataclass(frozen=True)
class _Facts:
    thread_id: str
    checkpoint_id: str
    """The latest one of the root graph."""
    graph_id: str | None
    """None if the thread was not written by a LangGraph server."""
    assistant_id: str | None
    run_id: str | None
    """The run that wrote the latest checkpoint."""
    step: int | None
    updated_at: datetime


@dataclass(frozen=True)
class Session(_Facts):
    """One session, by its latest checkpoint and the oldest that is kept."""

    created_at: datetime


@dataclass(frozen=True)
class SessionSummary(_Facts):
    """One line of a list of sessions, with the number of its root graph's checkpoints."""

    checkpoints: int


async def find_session(
    database: Database, thread_id: str, *, within: float, asked: float | None = None
) -> Session | None:
    """Return the session of a thread, or None if it has no checkpoint.

    Raises DatabaseUnavailable if PostgreSQL gives no answer within that many seconds; it names `asked`.
    """
    rows = await _read(database, Session, _ONE, {"thread_id": thread_id}, within, asked)
    return rows[0] if rows else None


async def recent_sessions(
    database: Database, *, limit: int = 20, offset: int = 0, within: float, asked: float | None = None
) -> list[SessionSummary]:
    """Return sessions, the most recently written first.

    Raises DatabaseUnavailable if PostgreSQL gives no answer within that many seconds; it names `asked`.
    """
    return await _read(database, SessionSummary, _RECENT, {"limit": limit, "offset": offset}, within, asked)


async def _read(
    database: Database,
    kind: type[T],
    query: LiteralString,
    params: dict[str, Any],
    within: float,
    asked: float | None,
) -> list[T]:
    async def fetch() -> list[T]:
        async with database.connection() as conn, conn.cursor(row_factory=class_row(kind)) as cur:
            await cur.execute(query, params)
            return await cur.fetchall()

    return await database.run(fetch, name="sessions", within=within, asked=asked)
