"""Two things that every use of DuckDB here needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duckdb import DuckDBPyConnection


def quote(identifier: str) -> str:
    """SQL identifier in double quotes, any character allowed in it."""
    return '"' + identifier.replace('"', '""') + '"'


def one_row(connection: DuckDBPyConnection, sql: str, values: Sequence[object] = ()) -> tuple[Any, ...]:
    """The only row that `sql` yields. (fetchone would leave the result open, and the connection busy.)"""
    (row,) = connection.execute(sql, values).fetchall()
    return row
