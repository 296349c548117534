"""Read-only SQL over named tables.

A statement that a model wrote is not to be trusted. `sql_check` reads it first and refuses, in words, what
is not one statement that reads the given tables. Whatever passes runs in a throwaway in-memory database that
holds the tables, as copies or as views of their own Parquet files, and, from then on, can't reach another
file, the network or a setting ("Securing DuckDB" in DuckDB's documentation); in a read-only transaction, for
since DuckDB 2.0 a SELECT can write (WITH x AS (INSERT … RETURNING …)); and only if DuckDB's parser, too,
finds one statement that reads.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd
from duckdb import DuckDBPyConnection, StatementType

from graphs.kit.tables.connection import damaged_file
from graphs.kit.tables.load import Source, connect, read_table

ROW_LIMIT = 1000
TIME_LIMIT_S = 30.0
_BATCH_ROWS = 1000
_RESULT_BYTES = 200_000_000

_NO_COLUMN = re.compile(r'(?:Referenced column|does not have a column named) "(.+?)"')
_NO_TABLE = re.compile(r"Table with name (.+?) does not exist")


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Rows as DuckDB gives them in Python (int, float, str, bool, date, datetime, Decimal, None).

    `rows` holds at most the row limit; `total_rows` is what the statement yields without it, and
    `truncated` says that the two differ.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    total_rows: int
    truncated: bool
    sql: str

    def frame(self) -> pd.DataFrame:
        """The rows that were kept, as a DataFrame with numbers and dates typed for a chart."""
        frame = pd.DataFrame.from_records(list(self.rows), columns=list(self.columns))
        with connect() as connection:
            return connection.from_df(frame).df() if len(frame) else frame


def run_query(
    sql: str,
    tables: Mapping[str, Source],
    *,
    row_limit: int = ROW_LIMIT,
    time_limit: float = TIME_LIMIT_S,
) -> QueryResult:
    """Run one SELECT (or EXPLAIN, DESCRIBE, SUMMARIZE) over `tables`, named as its keys.

    `time_limit` in seconds covers running, not loading: a large file is parsed once. Raises ValueError when
    the statement is not exactly one that reads, names a column or table that doesn't exist (naming those
    that do), fails, or takes too long; and for sources as `read_table` does.
    """
    from graphs.analytics.tables import (
        sql_check,  # sqlglot takes a while to import, and no other SQL here needs it
    )

    if row_limit < 1:
        raise ValueError(f"The row limit must be at least 1, not {row_limit}.")
    with connect() as connection:
        loaded: dict[str, tuple[str, ...]] = {}
        try:
            statement = _one_reading_statement(connection, sql)
            checked = sql_check.read_statement(sql)
            sql_check.check_tables(checked, tables)
            for name, source in tables.items():
                loaded[name] = tuple(each.name for each in read_table(connection, name, source).columns)
            sql_check.check_columns(checked, loaded)
            _lock(connection)
            with _interrupted_after(connection, time_limit):
                connection.execute(statement)
                return _fetch(connection, sql, row_limit)
        except duckdb.Error as error:
            if isinstance(error, duckdb.OutOfMemoryException) or damaged_file(error):
                raise  # connect() explains it
            raise ValueError(_explain(error, loaded, time_limit)) from error


def _one_reading_statement(connection: DuckDBPyConnection, sql: str) -> duckdb.Statement:
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise ValueError(f"Give exactly one SQL statement; this text holds {len(statements)}.")
    (statement,) = statements
    if statement.type == StatementType.MULTI:
        raise ValueError(
            "This statement would run as several. For a PIVOT, list its columns: PIVOT … ON column IN (…)."
        )
    if statement.type not in (StatementType.SELECT, StatementType.EXPLAIN):
        kind = statement.type.name.replace("_", " ")
        raise ValueError(f"Only reading is allowed: SELECT, DESCRIBE, SUMMARIZE or EXPLAIN, not {kind}.")
    return statement


def _lock(connection: DuckDBPyConnection) -> None:
    connection.execute("SET enable_external_access=false")
    connection.execute("SET lock_configuration=true")
    connection.execute("BEGIN TRANSACTION READ ONLY")


def _fetch(connection: DuckDBPyConnection, sql: str, row_limit: int) -> QueryResult:
    columns = tuple(column[0] for column in connection.description or ())
    rows: list[tuple[Any, ...]] = []
    size = 0
    while batch := connection.fetchmany(min(_BATCH_ROWS, row_limit - len(rows))):
        rows += batch
        size += sum(map(_size, batch))
        if size > _RESULT_BYTES:
            raise ValueError(
                f"The first {len(rows):,} rows of the result take more than {_RESULT_BYTES // 1_000_000} MB "
                "of memory. Select fewer columns, shorten long text (left(text, 100)), or ask for fewer rows."
            )
    total = len(rows)
    # Counting what is left in columnar chunks costs a tenth of fetching it as Python rows.
    while chunk := len(connection.fetch_df_chunk()):
        total += chunk
    return QueryResult(columns, tuple(rows), total, total > len(rows), sql)


def _size(value: object) -> int:
    """Bytes that a value takes, about; text and lists may be of any length."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, list | tuple) else 8


@contextmanager
def _interrupted_after(connection: DuckDBPyConnection, seconds: float) -> Generator[None]:
    done = threading.Event()

    def watch() -> None:
        if done.wait(seconds):
            return
        connection.interrupt()
        # An interrupt that falls between two statements is lost, so keep at it until the work ends.
        while not done.wait(0.05):
            connection.interrupt()

    watchdog = threading.Thread(target=watch, name="sql-time-limit", daemon=True)
    watchdog.start()
    try:
        yield
    finally:
        done.set()
        watchdog.join()


def _explain(error: duckdb.Error, tables: Mapping[str, Sequence[str]], time_limit: float) -> str:
    from graphs.analytics.tables import sql_check

    message = str(error)
    if isinstance(error, duckdb.InterruptException):
        return f"The query was stopped after {time_limit:g} s. Ask for fewer rows, or filter before joining."
    if found := _NO_COLUMN.search(message):
        return sql_check.unknown_column(found[1], tables)
    if found := _NO_TABLE.search(message):
        return sql_check.unknown_table(found[1], tables)
    if isinstance(error, duckdb.PermissionException):
        return "A query may read the given tables only: no files, no network, no settings."
    if "read-only" in message:
        return "Only reading is allowed; this statement would write."
    return f"The query can't be run: {message.splitlines()[0]}"
