"""Tables from files: CSV and its cousins, JSON, Parquet, Excel.

Every source becomes a table or view of one name in an in-memory DuckDB database, so that types, names and
missing values are the same for whoever reads it after: SQL, a profile, a chart, a regression. It may be
scanned as often as needed. A Parquet file is a view, and so is a large text file, turned into Parquet.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
from duckdb import DuckDBPyConnection

from graphs.kit.tables.cache import LARGE_BYTES, kept_table
from graphs.kit.tables.connection import connect, folder_of
from graphs.kit.tables.delimited import read_delimited
from graphs.kit.tables.duck import one_row, quote
from graphs.kit.tables.excel import read_excel
from graphs.kit.tables.frames import create_from_frame
from graphs.kit.tables.json_records import read_json
from graphs.kit.tables.staging import notes_of, stage, view_parquet, write_parquet
from graphs.kit.tables.text_numbers import DECIMAL_COMMA

DELIMITED_SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
JSON_SUFFIXES = (".json", ".jsonl", ".ndjson")
PARQUET_SUFFIXES = (".parquet", ".pq")
EXCEL_SUFFIXES = (".xlsx", ".xlsm")
SUFFIXES = DELIMITED_SUFFIXES + JSON_SUFFIXES + PARQUET_SUFFIXES + EXCEL_SUFFIXES

_NUMBER_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
_FRAME_BYTES, _NUMBER_BYTES, _TEXT_BYTES = 400_000_000, 8, 64
"""The most that a DataFrame may take, and what a value in one takes."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table in a local file. `sheet` chooses one of an Excel workbook (the first by default);
    `day_first` settles dates such as 03/04/2024 in text (None: by the other dates in the file)."""

    path: str | os.PathLike[str]
    sheet: str | None = None
    day_first: bool | None = None


Source = TableFile | str | os.PathLike[str] | pd.DataFrame


@dataclass(frozen=True, slots=True)
class Column:
    """Name as in the file, and type as DuckDB names it (BIGINT, DOUBLE, VARCHAR, DATE, …)."""

    name: str
    type: str

    @property
    def is_number(self) -> bool:
        return self.type.removeprefix("U").startswith(_NUMBER_TYPES) and not self.type.endswith("]")

    @property
    def is_time(self) -> bool:
        return self.type.startswith(("DATE", "TIMESTAMP")) and not self.type.endswith("]")


@dataclass(frozen=True, slots=True)
class TableInfo:
    """What is known of a loaded table: its `name` in SQL, rows, columns, the sheet that was read, and
    `notes`, a sentence for each thing that was assumed in reading it."""

    name: str
    rows: int
    columns: tuple[Column, ...]
    sheet: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def doubts(self) -> tuple[str, ...]:
        """The notes on what could have been read in another way."""
        return tuple(note for note in self.notes if not note.endswith(DECIMAL_COMMA))


def table_name(file_name: str) -> str:
    """Name in SQL for a table from `file_name`: its stem with letters, digits and underscores only."""
    name = re.sub(r"\W+", "_", Path(file_name).stem).strip("_").lower()
    return name if name and not name[0].isdigit() else f"t_{name}".rstrip("_")


def describe_table(name: str, source: Source) -> TableInfo:
    """Read `source` and describe it under `name`. Raises ValueError as `read_table` does."""
    with connect() as connection:
        return read_table(connection, name, source)


def read_start(connection: DuckDBPyConnection, name: str, source: TableFile) -> TableInfo:
    """Create the table or view `name` as `read_table` does; of a large text file it holds only the start."""
    path = Path(source.path)
    suffix = _checked_suffix(path, source.sheet)
    if suffix in PARQUET_SUFFIXES + EXCEL_SUFFIXES or path.stat().st_size < LARGE_BYTES:
        return read_table(connection, name, source)
    return _read_whole(connection, name, path, suffix, source, start_only=True)


def load_frame(source: Source) -> pd.DataFrame:
    """Read `source` into a DataFrame: columns named as in the file, dates as datetime64, integers with
    gaps as Int64. Raises ValueError as `read_table` does, and for more than fits into memory."""
    with connect() as connection:
        info = read_table(connection, "t", source)
        check_fits(info.columns, info.rows)
        return connection.execute("SELECT * FROM t").df()


def check_fits(columns: Sequence[Column], rows: int) -> None:
    """Raise ValueError when a DataFrame of so many rows would take more memory than an analysis may use."""
    plain = sum(column.is_number or column.is_time for column in columns)
    if rows * (plain * _NUMBER_BYTES + (len(columns) - plain) * _TEXT_BYTES) > _FRAME_BYTES:
        raise ValueError(
            f"{rows:,} rows of {len(columns)} column(s) are too many to be held in memory at once. Name "
            "fewer columns, keep fewer rows with a condition, or ask for totals by groups: these read the "
            "rows in turn."
        )


def read_table(connection: DuckDBPyConnection, name: str, source: Source) -> TableInfo:
    """Create the table or view `name` in `connection` from a file or a DataFrame.

    The type of file goes by its suffix. Raises ValueError when the file is missing, empty, of an unknown
    type or damaged, has no rows, or lacks the sheet asked for (naming those that exist).
    """
    if isinstance(source, pd.DataFrame):
        create_from_frame(connection, name, source)
        return _info(connection, name, "The table")
    file = source if isinstance(source, TableFile) else TableFile(source)
    path = Path(file.path)
    suffix = _checked_suffix(path, file.sheet)
    if suffix in PARQUET_SUFFIXES:
        _read_parquet(connection, name, path)
        return _info(connection, name, path.name)
    if path.stat().st_size >= LARGE_BYTES and suffix not in EXCEL_SUFFIXES:
        notes = _read_large(connection, name, path, suffix, file)
        return _info(connection, name, path.name, notes=notes)
    return _read_whole(connection, name, path, suffix, file)


def _read_whole(
    connection: DuckDBPyConnection,
    name: str,
    path: Path,
    suffix: str,
    file: TableFile,
    *,
    start_only: bool = False,
) -> TableInfo:
    """Read a file that has no types of its own, or its start, into a table in memory."""
    staged, sheet = _staged_name(name), None
    if suffix in EXCEL_SUFFIXES:
        select, notes, sheet = read_excel(connection, staged, path, file.sheet, day_first=file.day_first)
    else:
        read = read_json if suffix in JSON_SUFFIXES else read_delimited
        select, notes = read(connection, staged, path, day_first=file.day_first, start_only=start_only)
    stage(connection, name, select, on_disk=False)
    connection.execute(f"DROP TABLE {quote(staged)}")
    return _info(connection, name, path.name, sheet=sheet, notes=notes)


def _read_large(
    connection: DuckDBPyConnection, name: str, path: Path, suffix: str, file: TableFile
) -> tuple[str, ...]:
    """Make a view of a large text file, as Parquet."""

    def convert(target: Path) -> None:
        # A connection of its own: what it needs on disk meanwhile is gone when it ends.
        with connect() as own:
            read = read_json if suffix in JSON_SUFFIXES else read_delimited
            select, notes = read(own, "staged", path, on_disk=True, day_first=file.day_first)
            write_parquet(own, select, target, notes)

    order = {None: "any", True: "day", False: "month"}[file.day_first]
    kept = kept_table(path, f"{suffix.strip('.')}-{order}", convert, folder_of(connection))
    view_parquet(connection, name, kept)
    return notes_of(connection, kept)


def _staged_name(name: str) -> str:
    return f"{name} as read"


def _checked_suffix(path: Path, sheet: str | None) -> str:
    suffix = path.suffix.lower()
    if not path.is_file():
        raise ValueError(f"There is no file {path.name}. Upload it, or check its name.")
    if suffix == ".xls":
        raise ValueError(f"{path.name} is in the Excel format of before 2007. Save it as .xlsx or as CSV.")
    if suffix not in SUFFIXES:
        raise ValueError(
            f"{path.name} has the suffix '{suffix}', which no table has. Use one of {', '.join(SUFFIXES)}."
        )
    if path.stat().st_size == 0:
        raise ValueError(f"{path.name} is empty (0 bytes).")
    if sheet is not None and suffix not in EXCEL_SUFFIXES:
        raise ValueError(f"{path.name} is not an Excel workbook, so it has no sheet '{sheet}'.")
    return suffix


def _info(
    connection: DuckDBPyConnection,
    name: str,
    origin: str,
    *,
    sheet: str | None = None,
    notes: tuple[str, ...] = (),
) -> TableInfo:
    columns = columns_of(connection, name)
    (rows,) = one_row(connection, f"SELECT count(*) FROM {quote(name)}")
    if rows == 0:
        raise ValueError(f"{origin} has column names but no rows.")
    return TableInfo(name, rows, columns, sheet, notes)


def columns_of(connection: DuckDBPyConnection, name: str) -> tuple[Column, ...]:
    """Columns of a table in `connection`, in their order."""
    found = connection.execute(f"DESCRIBE {quote(name)}").fetchall()
    return tuple(Column(row[0], row[1]) for row in found)


def _read_parquet(connection: DuckDBPyConnection, name: str, path: Path) -> None:
    try:
        view_parquet(connection, name, path)
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        raise ValueError(f"{path.name} is not a Parquet file, or it is damaged.") from error
