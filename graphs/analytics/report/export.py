"""Tables as files for other programs: CSV and Excel, with every value as it is.

Rows come in batches and are written as they come, so that a table larger than memory can be exported.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

EXCEL_ROWS, EXCEL_COLUMNS, EXCEL_TEXT = 1_048_576, 16_384, 32_767
"""Limits of a sheet, its header counted, and of a cell in UTF-16 units: "Excel specifications and limits"
(support.microsoft.com)."""

ROWS_PREVIEWED = 5
_EXACT_DIGITS = 15
_FIRST_DAY = date(1900, 3, 1)
"""Before it Excel's calendar has a day that never was, 29 February 1900."""
_FORMULA = re.compile(r"[=+\-@\t\r](?![\d.,]*$)")
"""How text begins that a spreadsheet takes for a formula (OWASP, "CSV Injection"); a plain number is none."""
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_EPOCH = datetime(2000, 1, 1)
_HEADER_FONT, _HEADER_FILL = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="1F4E79")
_DATE_FORMAT, _TIME_FORMAT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss.000"
_WIDTHS = (8, 60)
_ROWS_MEASURED = 200

Row = Sequence[Any]


@dataclass(slots=True)
class Exported:
    """What a file holds: the number of `rows`, the first of them, how many texts of each column begin as a
    formula does, and how many values of each column Excel can't hold exactly, so that they are text."""

    rows: int = 0
    head: list[Row] = field(default_factory=list)
    formulas: Counter[str] = field(default_factory=Counter)
    as_text: Counter[str] = field(default_factory=Counter)

    def count(self, columns: Sequence[str], batch: Sequence[Row]) -> None:
        """Take account of some more rows."""
        self.head += batch[: ROWS_PREVIEWED - len(self.head)]
        self.rows += len(batch)
        for name, values in zip(columns, zip(*batch, strict=True), strict=True):
            alike = sum(isinstance(value, str) and _FORMULA.match(value) is not None for value in values)
            if alike:
                self.formulas[name] += alike


def write_csv(path: Path, columns: Sequence[str], batches: Iterable[Sequence[Row]]) -> Exported:
    """Write a table as CSV: UTF-8, a comma between values, dates as 2024-12-31, empty where there is none."""
    exported = Exported()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for batch in batches:
            exported.count(columns, batch)
            writer.writerows([_csv_value(value) for value in row] for row in batch)
    return exported


def write_excel(
    path: Path, columns: Sequence[str], batches: Iterable[Sequence[Row]], about: Sequence[tuple[str, str]]
) -> Exported:
    """Write a workbook: the table on a sheet "Data" under a frozen header, and `about` on a sheet "About".

    Text stays text, however it begins. Numbers, dates and truth values keep their type; one that Excel can't
    hold exactly (more than 15 digits, a date before March 1900, a fraction of a millisecond, infinity) is
    text. Times with a zone are in UTC. The same table gives the same bytes.

    Raises ValueError for more rows, columns or text in a cell than Excel takes.
    """
    check_fits_excel(0, len(columns))
    exported = Exported()
    workbook = Workbook(write_only=True)
    sheet: Any = workbook.create_sheet("Data")
    try:
        _fill(sheet, columns, _counted(batches, columns, exported), exported)
    except ValueError:
        sheet.close()
        sheet._writer.cleanup()  # its temporary file would stay as long as the process
        raise
    remarks = [
        ("Stored as text", f"{name}: {count:,}, which Excel can't hold exactly")
        for name, count in exported.as_text.items()
    ]
    notes = [*about, ("Rows", f"{exported.rows:,}"), *remarks]
    _fill(workbook.create_sheet("About"), ("Item", "Value"), [notes], Exported(rows=len(notes)))
    workbook.properties.created = workbook.properties.modified = _EPOCH
    ExcelWriter(workbook, _SteadyZip(path, "w", ZIP_DEFLATED)).save()
    return exported


def check_fits_excel(rows: int, columns: int) -> None:
    """Raise ValueError when a sheet of Excel can't take so many rows or columns."""
    if rows >= EXCEL_ROWS:
        raise ValueError(
            f"The table has more than the {EXCEL_ROWS - 1:,} rows that an Excel sheet takes under its "
            "header. Export CSV, or fewer rows by a condition."
        )
    if columns > EXCEL_COLUMNS:
        raise ValueError(
            f"The table has {columns:,} columns, and an Excel sheet takes {EXCEL_COLUMNS:,}. Export CSV, or "
            "fewer columns."
        )


class _SteadyZip(ZipFile):
    """An archive whose entries bear no time of writing, so that equal content is an equal file."""

    def writestr(
        self,
        zinfo_or_arcname: str | ZipInfo,
        data: Any,
        compress_type: int | None = None,
        compresslevel: int | None = None,
    ) -> None:
        name = zinfo_or_arcname if isinstance(zinfo_or_arcname, str) else zinfo_or_arcname.filename
        super().writestr(_entry(name), data, compress_type, compresslevel)

    def write(
        self,
        filename: Any,
        arcname: Any = None,
        compress_type: int | None = None,
        compresslevel: int | None = None,
    ) -> None:
        entry = _entry(str(arcname or filename))
        entry.file_size = Path(filename).stat().st_size  # says whether the entry needs zip64
        with Path(filename).open("rb") as source, self.open(entry, "w") as target:
            shutil.copyfileobj(source, target)


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name)
    entry.compress_type = ZIP_DEFLATED
    return entry


def _counted(
    batches: Iterable[Sequence[Row]], columns: Sequence[str], exported: Exported
) -> Iterator[Sequence[Row]]:
    for batch in batches:
        exported.count(columns, batch)
        check_fits_excel(exported.rows, len(columns))
        yield batch


def _fill(sheet: Any, columns: Sequence[str], batches: Iterable[Sequence[Row]], exported: Exported) -> None:
    batches = iter(batches)
    first = next(batches, [])
    # a sheet that is written row by row takes widths and panes before its first row
    for place, name in enumerate(columns):
        longest = max([len(name), *(len(str(row[place])) for row in first[:_ROWS_MEASURED])])
        width = min(max(longest + 2, _WIDTHS[0]), _WIDTHS[1])
        sheet.column_dimensions[get_column_letter(place + 1)].width = width
    sheet.freeze_panes = "A2"
    sheet.append([_header(sheet, name) for name in columns])
    for batch in chain([first], batches):
        for row in batch:
            sheet.append(
                [_cell(sheet, value, name, exported) for value, name in zip(row, columns, strict=True)]
            )
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{exported.rows + 1}"


def _header(sheet: Any, name: str) -> Cell:
    cell = _text_cell(sheet, name, name)
    cell.font, cell.fill = _HEADER_FONT, _HEADER_FILL
    return cell


def _cell(sheet: Any, value: Any, column: str, exported: Exported) -> Any:
    """The value as openpyxl takes it; what Excel can't hold exactly as text, counted."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text_cell(sheet, value, column)
    if isinstance(value, datetime) and value.tzinfo:
        value = value.astimezone(UTC).replace(tzinfo=None)
    if not _is_exact(value):
        exported.as_text[column] += 1
        return _text_cell(sheet, str(value), column)
    if isinstance(value, date | time):
        cell = WriteOnlyCell(sheet, value)
        cell.number_format = _DATE_FORMAT if type(value) is date else cell.number_format
        if isinstance(value, datetime):
            cell.number_format = _TIME_FORMAT
        return cell
    # openpyxl itself would write 16 digits of a float, and some need 17
    cell = WriteOnlyCell(sheet, f"{value:f}" if isinstance(value, Decimal) else repr(value))
    cell.data_type = "n"
    return cell


def _is_exact(value: Any) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, int):
        return abs(value) < 10**_EXACT_DIGITS
    if isinstance(value, Decimal):
        return value.is_finite() and len(value.as_tuple().digits) <= _EXACT_DIGITS
    if isinstance(value, datetime):
        return value.date() >= _FIRST_DAY and value.microsecond % 1000 == 0
    if isinstance(value, time):
        return value.microsecond % 1000 == 0 and value.tzinfo is None
    return isinstance(value, date) and value >= _FIRST_DAY


def _text_cell(sheet: Any, text: str, column: str) -> Cell:
    """A cell of text, also where openpyxl would take it for a formula, or Excel when somebody edits it."""
    if len(text) > EXCEL_TEXT // 2 and len(text.encode("utf-16-le")) // 2 > EXCEL_TEXT:
        raise ValueError(
            f"A text in '{column}' has {len(text):,} characters, and an Excel cell takes {EXCEL_TEXT:,}. "
            "Export CSV, or leave the column out."
        )
    cell = WriteOnlyCell(sheet, _NOT_IN_XML.sub(lambda match: f"_x{ord(match[0]):04X}_", text))
    cell.data_type = "s"
    if _FORMULA.match(text):
        cell.quotePrefix = True
    return cell


def _csv_value(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
