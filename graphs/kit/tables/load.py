"""Tables from files: CSV and its cousins, Parquet, Excel.

Every source becomes a table in an in-memory DuckDB database, so that types, names and missing values
are the same for whoever reads it after: SQL, a profile, a chart, a regression.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
from duckdb import DuckDBPyConnection

from graphs.kit.tables.delimited import read_delimited
from graphs.kit.tables.duck import one_row, quote, retype
from graphs.kit.tables.text_dates import convert_dates
from graphs.kit.tables.text_numbers import convert_numbers

DELIMITED_SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")
EXCEL_SUFFIXES = (".xlsx", ".xlsm")
SUFFIXES = DELIMITED_SUFFIXES + PARQUET_SUFFIXES + EXCEL_SUFFIXES

_NUMBER_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "1GB",
    # A directory for temporary files is one that SQL may read whatever else is forbidden: have none.
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}


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


def table_name(file_name: str) -> str:
    """Name in SQL for a table from `file_name`: its stem with letters, digits and underscores only."""
    name = re.sub(r"\W+", "_", Path(file_name).stem).strip("_").lower()
    return name if name and not name[0].isdigit() else f"t_{name}".rstrip("_")


def describe_table(name: str, source: Source) -> TableInfo:
    """Read `source` and describe it under `name`. Raises ValueError as `read_table` does."""
    with connect() as connection:
        return read_table(connection, name, source)


def load_frame(source: Source) -> pd.DataFrame:
    """Read `source` into a DataFrame: columns named as in the file, dates as datetime64, integers with
    gaps as Int64. Raises ValueError as `read_table` does."""
    with connect() as connection:
        read_table(connection, "t", source)
        return connection.execute("SELECT * FROM t").df()


@contextmanager
def connect() -> Generator[DuckDBPyConnection]:
    """A fresh in-memory database that uses no disk, no network and at most 1 GB.

    Raises ValueError in place of DuckDB's out-of-memory error.
    """
    connection = duckdb.connect(":memory:", config=_CONFIG)
    try:
        connection.execute("SET TimeZone='UTC'")  # else times with a zone depend on the machine's own
        yield connection
    except duckdb.OutOfMemoryException as error:
        raise ValueError(
            "The table or the query needs more than the 1 GB of memory that an analysis may use. "
            "Give fewer rows or columns, or ask for an aggregate."
        ) from error
    finally:
        connection.close()


def read_table(connection: DuckDBPyConnection, name: str, source: Source) -> TableInfo:
    """Create the table `name` in `connection` from a file or a DataFrame.

    The type of file goes by its suffix. Raises ValueError when the file is missing, empty, of an unknown
    type or damaged, has no rows, or lacks the sheet asked for (naming those that exist).
    """
    if isinstance(source, pd.DataFrame):
        _create_from_frame(connection, name, source)
        return _info(connection, name, "The table")
    file = source if isinstance(source, TableFile) else TableFile(source)
    path = Path(file.path)
    suffix = _checked_suffix(path, file.sheet)
    if suffix in DELIMITED_SUFFIXES:
        notes = read_delimited(connection, name, path, day_first=file.day_first)
        return _info(connection, name, path.name, notes=notes)
    if suffix in PARQUET_SUFFIXES:
        _read_parquet(connection, name, path)
        return _info(connection, name, path.name)
    sheet, notes = _read_excel(connection, name, path, file.sheet, day_first=file.day_first)
    return _info(connection, name, path.name, sheet=sheet, notes=notes)


def excel_sheets(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Names of a workbook's sheets, in its order. Raises ValueError for a file that is no workbook."""
    with _workbook(Path(path)) as workbook:
        return tuple(str(sheet) for sheet in workbook.sheet_names)


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


def _create_from_frame(connection: DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    if not len(frame.columns):
        raise ValueError("The table has no columns.")
    named = frame.set_axis([str(column) for column in frame.columns], axis="columns")
    try:
        connection.register("_frame", named)
        connection.execute(f"CREATE TABLE {quote(name)} AS SELECT * FROM _frame")
        connection.unregister("_frame")
    except (duckdb.NotImplementedException, duckdb.InvalidInputException) as error:
        raise ValueError(f"The table has a column of a kind that can't be used: {error}") from error


def _read_parquet(connection: DuckDBPyConnection, name: str, path: Path) -> None:
    try:
        connection.execute(
            f"CREATE TABLE {quote(name)} AS SELECT * FROM read_parquet(?, hive_partitioning=false)",
            [glob.escape(str(path))],
        )
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        raise ValueError(f"{path.name} is not a Parquet file, or it is damaged.") from error
    for column in columns_of(connection, name):
        # pandas writes nanoseconds; DuckDB's functions of dates take microseconds
        if column.type == "TIMESTAMPTZ_NS":
            retype(connection, name, column.name, "TIMESTAMPTZ", quote(column.name))


def _read_excel(
    connection: DuckDBPyConnection, name: str, path: Path, sheet: str | None, *, day_first: bool | None
) -> tuple[str, tuple[str, ...]]:
    names, chosen, cells = _workbook_cells(path, sheet)
    if cells is None:
        raise ValueError(f"{path.name} has no sheet '{chosen}'. Its sheets are: {', '.join(names)}.")
    cells = cells.dropna(how="all").dropna(how="all", axis="columns")
    if cells.empty:
        raise ValueError(f"Sheet '{chosen}' of {path.name} is empty.")
    above = _rows_above_header(cells)
    _create_from_frame(connection, name, _table_under(cells, above))
    notes = [f"{above} row(s) above the header were skipped."] if above else []
    if sheet is None and len(names) > 1:
        notes.append(f"Sheet '{chosen}' was read; the others are: {', '.join(names[1:])}.")
    notes += convert_dates(connection, name, day_first=day_first)
    notes += convert_numbers(connection, name)
    _narrow_to_dates(connection, name)
    return chosen, tuple(notes)


def _rows_above_header(cells: pd.DataFrame) -> int:
    """Titles fill a cell or two of the table's width; a header fills at least half, for one column may be
    unnamed. In a table of two columns a lone cell is a title if words stand below it, else a header."""
    filled = cells.notna().sum(axis="columns").to_numpy()
    above = int((filled >= len(cells.columns) / 2).argmax())
    lone = filled[above] == 1 and len(cells.columns) == 2 and len(cells) > above + 1
    return (
        above + 1 if lone and cells.iloc[above + 1].map(lambda cell: isinstance(cell, str)).all() else above
    )


def _table_under(cells: pd.DataFrame, above: int) -> pd.DataFrame:
    header = [
        f"column{i}" if pd.isna(cell) else str(cell).strip() for i, cell in enumerate(cells.iloc[above])
    ]
    return cells.iloc[above + 1 :].set_axis(header, axis="columns").infer_objects().reset_index(drop=True)


def _narrow_to_dates(connection: DuckDBPyConnection, name: str) -> None:
    """Excel has no type for a day alone: times that are all midnight are days."""
    for column in columns_of(connection, name):
        if not column.type.startswith("TIMESTAMP"):
            continue
        identifier = quote(column.name)
        (whole,) = one_row(
            connection,
            f"SELECT bool_and({identifier} = date_trunc('day', {identifier})) FROM {quote(name)}",
        )
        if whole:
            retype(connection, name, column.name, "DATE", identifier)


def _workbook_cells(path: Path, sheet: str | None) -> tuple[list[str], str, pd.DataFrame | None]:
    """The sheets, the chosen one (the first by default), and its cells; None for a sheet that is missing."""
    with _workbook(path) as workbook:
        names = [str(each) for each in workbook.sheet_names]
        chosen = names[0] if sheet is None else sheet
        if chosen not in names:
            return names, chosen, None
        # Cells as they are: pandas' own list of missing values would take "NA" for one in any column.
        return (
            names,
            chosen,
            pd.read_excel(
                workbook, sheet_name=chosen, header=None, dtype=object, keep_default_na=False, na_values=[""]
            ),
        )


@contextmanager
def _workbook(path: Path) -> Generator[pd.ExcelFile]:
    try:
        with pd.ExcelFile(path, engine="openpyxl") as workbook:
            yield workbook
    except Exception as error:  # openpyxl lets through whatever its readers of zip and XML raise
        raise ValueError(f"{path.name} is not an Excel workbook, or it is damaged.") from error
