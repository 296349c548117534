"""What every use of DuckDB here needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duckdb import DuckDBPyConnection

MISSING_MARKS = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None", "-", ".")
_SAMPLE_ROWS = 1000


def quote(identifier: str) -> str:
    """SQL identifier in double quotes, any character allowed in it."""
    return '"' + identifier.replace('"', '""') + '"'


def filled_text(column: str) -> str:
    """SQL for a text column's value without spaces around it, NULL where it only marks a missing value."""
    marks = ", ".join(f"'{mark}'" for mark in MISSING_MARKS)
    return f"(CASE WHEN trim({quote(column)}) NOT IN ({marks}) THEN trim({quote(column)}) END)"


def one_row(connection: DuckDBPyConnection, sql: str, values: Sequence[object] = ()) -> tuple[Any, ...]:
    """The only row that `sql` yields. (fetchone would leave the result open, and the connection busy.)"""
    (row,) = connection.execute(sql, values).fetchall()
    return row


def hold_throughout(connection: DuckDBPyConnection, table: str, conditions: Sequence[str]) -> list[bool]:
    """For each SQL condition on a row, whether it is true wherever it isn't NULL, and not NULL everywhere.

    The start of the table is tried first: it rules out most conditions at a fraction of the cost.
    """
    held: list[bool | None] = [True] * len(conditions)
    for rows in (f"(SELECT * FROM {quote(table)} LIMIT {_SAMPLE_ROWS})", quote(table)):
        left = [i for i, fit in enumerate(held) if fit is not False]
        if left:
            parts = ", ".join(f"bool_and({conditions[i]})" for i in left)
            for i, fit in zip(left, one_row(connection, f"SELECT {parts} FROM {rows}"), strict=True):
                held[i] = fit
    return [bool(fit) for fit in held]


def text_columns(connection: DuckDBPyConnection, table: str) -> list[str]:
    """Names of a table's columns of text."""
    found = connection.execute(f"DESCRIBE {quote(table)}").fetchall()
    return [row[0] for row in found if row[1] == "VARCHAR"]


def retype(connection: DuckDBPyConnection, table: str, column: str, kind: str, value: str) -> None:
    """Give a column the type `kind`, its values cast from the SQL expression `value`."""
    connection.execute(
        f"ALTER TABLE {quote(table)} ALTER {quote(column)} TYPE {kind} USING CAST({value} AS {kind})"
    )
