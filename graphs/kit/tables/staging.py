"""Where a table is put while it is read: in memory when it is small, else in a Parquet file on disk.

Parquet, because DuckDB reads it in place: the columns that a statement needs, a group of rows at a time. So a
large table is a view, which costs no memory of its own, and one that was converted once serves all
statements, connections and processes.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Sequence
from pathlib import Path

from duckdb import DuckDBPyConnection

from graphs.kit.tables.connection import allow, folder_of, one_thread
from graphs.kit.tables.duck import literal, quote

_NOTES = "holdfast_notes"


def stage(connection: DuckDBPyConnection, name: str, select: str, *, on_disk: bool) -> None:
    """Make the table or view `name` of what a SELECT yields."""
    if not on_disk:
        connection.execute(f"CREATE TABLE {quote(name)} AS {select}")
        return
    path = folder_of(connection) / f"{len(list(folder_of(connection).iterdir()))}.parquet"
    write_parquet(connection, select, path)
    view_parquet(connection, name, path)


def write_parquet(connection: DuckDBPyConnection, select: str, path: Path, notes: Sequence[str] = ()) -> None:
    """Write what a SELECT yields, in its order, with the notes beside it."""
    options = f"FORMAT parquet, KV_METADATA {{{_NOTES}: {literal(json.dumps(list(notes)))}}}"
    with one_thread(connection):
        connection.execute(f"COPY ({select}) TO {literal(path)} ({options})")


def view_parquet(connection: DuckDBPyConnection, name: str, path: Path) -> None:
    """Make the view `name` of a Parquet file, which stays readable when access to files is taken away."""
    pattern = glob.escape(str(path))
    source = f"read_parquet({literal(pattern)}, hive_partitioning=false)"
    columns = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    selected = ", ".join(_readable(column, kind) for column, kind, *_ in columns)
    connection.execute(f"CREATE VIEW {quote(name)} AS SELECT {selected} FROM {source}")
    allow(connection, path, pattern)


def notes_of(connection: DuckDBPyConnection, path: Path) -> tuple[str, ...]:
    """The notes that `write_parquet` put into a file."""
    found = connection.execute(
        "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = ?",
        [glob.escape(str(path)), _NOTES],
    ).fetchall()
    return tuple(json.loads(found[0][0])) if found else ()


def _readable(column: str, kind: str) -> str:
    if kind in ("FLOAT", "DOUBLE"):
        # One NaN makes every total NaN. isnan() does not find it: Parquet's statistics leave NaN out, and
        # DuckDB 2.0.0 concludes from them that there is none.
        name = quote(column)
        infinite = f"{name} IN ('inf'::{kind}, '-inf'::{kind})"
        return f"CASE WHEN {name} - {name} = 0 OR {infinite} THEN {name} END AS {name}"
    # pandas writes nanoseconds; DuckDB's functions of dates take microseconds
    if kind in ("TIMESTAMPTZ_NS", "TIMESTAMP_NS WITH TIME ZONE"):
        return f"CAST({quote(column)} AS TIMESTAMPTZ) AS {quote(column)}"
    return quote(column)
