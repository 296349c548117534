"""The statements that store and read checkpoints.

A checkpoint and its values are stored by one statement, in one round trip and one commit. A pipeline of one
statement a row, as LangGraph's own saver sends it, costs the driver and PostgreSQL more than half as much
again. The SQL is LangGraph's; only the number of rows is ours.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from langgraph.checkpoint.postgres.base import BasePostgresSaver

Row = Sequence[Any]
Statement = tuple[bytes, list[Any]]
"""A query and its parameters."""

# LangGraph's, but for how it finds the values. A join is planned for an average thread, and for a long one
# PostgreSQL would read all the values that it ever had. With LIMIT it looks each up by its primary key.
SELECT_CHECKPOINTS = """
SELECT thread_id, checkpoint, checkpoint_ns, checkpoint_id, parent_checkpoint_id, metadata, (
    SELECT array_agg(ARRAY[convert_to(version.key, 'UTF8'), convert_to(found.type, 'UTF8'), found.blob])
    FROM jsonb_each_text(checkpoint -> 'channel_versions') AS version
    CROSS JOIN LATERAL (
        SELECT b.type, b.blob FROM checkpoint_blobs AS b
        WHERE b.thread_id = checkpoints.thread_id AND b.checkpoint_ns = checkpoints.checkpoint_ns
        AND b.channel = version.key AND b.version = version.value
        LIMIT 1
    ) AS found
) AS channel_values, (
    SELECT array_agg(ARRAY[
        convert_to(w.task_id, 'UTF8'), convert_to(w.channel, 'UTF8'), convert_to(w.type, 'UTF8'), w.blob,
        convert_to(w.task_path, 'UTF8'), convert_to(w.idx::text, 'UTF8')
    ])
    FROM checkpoint_writes AS w
    WHERE w.thread_id = checkpoints.thread_id AND w.checkpoint_ns = checkpoints.checkpoint_ns
    AND w.checkpoint_id = checkpoints.checkpoint_id
) AS pending_writes
FROM checkpoints
"""

# A connection keeps 100 prepared statements, and one is prepared for each number of rows.
_MOST_ROWS = 25


def put_checkpoint(checkpoint: Row, blobs: Sequence[Row]) -> Statement:
    """Return the statement that stores a row of `checkpoints` and its rows of `checkpoint_blobs`."""
    params = [value for blob in blobs for value in blob]
    params.extend(checkpoint)
    return _put_checkpoint_sql(len(blobs)), params


def put_writes(rows: Sequence[Row], *, upsert: bool) -> list[Statement]:
    """Return the statements that store rows of `checkpoint_writes`, to be run in one transaction.

    With `upsert`, a row replaces an older one under its key, and so does a later row of the same call.
    """
    if upsert:
        rows = list({_key_of_write(row): row for row in rows}.values())
    chunks = [rows[start : start + _MOST_ROWS] for start in range(0, len(rows), _MOST_ROWS)]
    return [
        (_put_writes_sql(len(chunk), upsert), [value for row in chunk for value in row]) for chunk in chunks
    ]


def _key_of_write(row: Row) -> tuple[Any, ...]:
    thread_id, namespace, checkpoint_id, task_id, _, idx, *_ = row
    return thread_id, namespace, checkpoint_id, task_id, idx


@cache
def _put_checkpoint_sql(blobs: int) -> bytes:
    checkpoint = BasePostgresSaver.UPSERT_CHECKPOINTS_SQL
    if not blobs:
        return checkpoint.encode()
    insert_blobs = _with_rows(BasePostgresSaver.UPSERT_CHECKPOINT_BLOBS_SQL, blobs)
    return f"WITH blobs AS ({insert_blobs}) {checkpoint}".encode()


@cache
def _put_writes_sql(rows: int, upsert: bool) -> bytes:
    query = (
        BasePostgresSaver.UPSERT_CHECKPOINT_WRITES_SQL
        if upsert
        else BasePostgresSaver.INSERT_CHECKPOINT_WRITES_SQL
    )
    return _with_rows(query, rows).encode()


def _with_rows(insert: str, rows: int) -> str:
    """Return the statement that inserts so many rows, made from the one that inserts one row."""
    return re.sub(r"\(%s[^)]*\)", lambda row: ", ".join([row[0]] * rows), insert)
