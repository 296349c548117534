"""What every use of DuckDB here needs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from duckdb import DuckDBPyConnection

MISSING_MARKS = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None", "-", ".")
_SAMPLE_ROWS = 1000
_LONGEST_MARK = max(map(len, MISSING_MARKS))


def literal(text: object) -> str:
    """SQL string in single quotes, any character allowed in it."""
    return "'" + str(text).replace("'", "''") + "'"


_MARK = literal("|".join(map(re.escape, MISSING_MARKS)))


def quote(identifier: str) -> str:
    """SQL identifier in double quotes, any character allowed in it."""
    return '"' + identifier.replace('"', '""') + '"'


def filled_text(column: str) -> str:
    """SQL for a text column's value without spaces around it, NULL where it only marks a missing value."""
    trimmed = f"trim({quote(column)})"
    # Not IN: DuckDB makes a join of a long list, which loses the order of the rows.
    is_mark = f"(length({trimmed}) <= {_LONGEST_MARK} AND regexp_full_match({trimmed}, {_MARK}))"
    return f"(CASE WHEN NOT {is_mark} THEN {trimmed} END)"


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
