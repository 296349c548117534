"""The statements that store a checkpoint and its writes, each in one round trip and one commit.

A pipeline of one statement a row, as LangGraph's own saver sends it, costs the driver and PostgreSQL more
than half as much again. The SQL is LangGraph's; only the number of rows is ours.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from langgraph.checkpoint.postgres.base import BasePostgresSaver

Row = Sequence[Any]
Statement = tuple[bytes, list[Any]]
"""A query and its parameters."""

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
