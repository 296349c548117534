"""Sheets of Excel workbooks."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from duckdb import DuckDBPyConnection

from graphs.kit.tables.duck import one_row, quote
from graphs.kit.tables.frames import create_from_frame
from graphs.kit.tables.text_types import typed_select

_MAX_BYTES = 50_000_000  # openpyxl takes some fifty times a workbook's size


def read_excel(
    connection: DuckDBPyConnection, table: str, path: Path, sheet: str | None, *, day_first: bool | None
) -> tuple[str, tuple[str, ...], str]:
    """Put the cells of a sheet into `table`. Return the SELECT that gives them types, notes, and the name of
    the sheet.

    Raises ValueError for a file that is no workbook or too large, and for a sheet that is empty or missing.
    """
    names, chosen, cells = _workbook_cells(path, sheet)
    if cells is None:
        raise ValueError(f"{path.name} has no sheet '{chosen}'. Its sheets are: {', '.join(names)}.")
    cells = cells.dropna(how="all").dropna(how="all", axis="columns")
    if cells.empty:
        raise ValueError(f"Sheet '{chosen}' of {path.name} is empty.")
    above = _rows_above_header(cells)
    create_from_frame(connection, table, _table_under(cells, above))
    _narrow_to_dates(connection, table)
    notes = [f"{above} row(s) above the header were skipped."] if above else []
    if sheet is None and len(names) > 1:
        notes.append(f"Sheet '{chosen}' was read; the others are: {', '.join(names[1:])}.")
    select, reading = typed_select(connection, table, day_first=day_first, bare=False)
    return select, (*notes, *reading), chosen


def excel_sheets(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Names of a workbook's sheets, in its order. Raises ValueError for a file that is no workbook."""
    with _workbook(Path(path)) as workbook:
        return tuple(str(sheet) for sheet in workbook.sheet_names)


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


def _narrow_to_dates(connection: DuckDBPyConnection, table: str) -> None:
    """Excel has no type for a day alone: times that are all midnight are days."""
    for name, kind, *_ in connection.execute(f"DESCRIBE {quote(table)}").fetchall():
        if not kind.startswith("TIMESTAMP"):
            continue
        column = quote(name)
        (whole,) = one_row(
            connection, f"SELECT bool_and({column} = date_trunc('day', {column})) FROM {quote(table)}"
        )
        if whole:
            connection.execute(f"ALTER TABLE {quote(table)} ALTER {column} TYPE DATE")


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
    if path.stat().st_size > _MAX_BYTES:
        raise ValueError(
            f"{path.name} is too large for a workbook: {path.stat().st_size:,} bytes, where at most "
            f"{_MAX_BYTES:,} can be read. Save the sheet as CSV."
        )
    try:
        with pd.ExcelFile(path, engine="openpyxl") as workbook:
            yield workbook
    except Exception as error:  # openpyxl lets through whatever its readers of zip and XML raise
        raise ValueError(f"{path.name} is not an Excel workbook, or it is damaged.") from error
