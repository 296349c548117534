"""Tables in text and in files: pasted ones are found, stored ones are described by their columns."""

import csv
import io
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

from graphs.kit.state import Column

logger = logging.getLogger(__name__)

_FENCE = re.compile(r"```[ \t]*(\w*)[ \t]*\n(.*?)\n?```", re.DOTALL)
_FENCED_TABLES = {"", "csv", "tsv", "text", "table"}
_MARKDOWN_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
_MIN_ROWS = 3
"""A header and two rows: fewer lines with commas are more likely prose."""


@dataclass(frozen=True)
class PastedTable:
    """A table in a text: its place (character offsets) and its rows, the header first."""

    start: int
    end: int
    rows: list[list[str]]

    def csv(self) -> bytes:
        """Return the table as CSV, UTF-8."""
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows(self.rows)
        return buffer.getvalue().encode()


def find_tables(text: str) -> list[PastedTable]:
    """Return the tables pasted in a text: fenced blocks, Markdown tables, and delimited lines."""
    fenced = [
        PastedTable(match.start(), match.end(), rows)
        for match in _FENCE.finditer(text)
        if match[1].lower() in _FENCED_TABLES and (rows := _rows(match[2].splitlines()))
    ]
    fences = [(match.start(), match.end()) for match in _FENCE.finditer(text)]
    bare = [
        table for table in _bare_tables(text) if not any(a < table.end and table.start < b for a, b in fences)
    ]
    return sorted([*fenced, *bare], key=lambda table: table.start)


def _bare_tables(text: str) -> list[PastedTable]:
    tables = []
    lines: list[str] = []
    offset = start = 0
    for line in [*text.splitlines(keepends=True), ""]:
        if line.strip() and any(delimiter in line for delimiter in ",;\t|"):
            start = start if lines else offset
            lines.append(line.rstrip("\n"))
        else:
            if rows := _rows(lines):
                tables.append(PastedTable(start, offset, rows))
            lines = []
        offset += len(line)
    return tables


def _rows(lines: list[str]) -> list[list[str]] | None:
    """Return the cells when every line has the same number (two or more), else None."""
    lines = [line for line in lines if line.strip()]
    if any(_MARKDOWN_RULE.match(line) for line in lines):
        cells = [line.strip().strip("|").split("|") for line in lines if not _MARKDOWN_RULE.match(line)]
        return _regular([[cell.strip() for cell in row] for row in cells])
    for delimiter in "\t;,|":
        parsed = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        if rows := _regular([[cell.strip() for cell in row] for row in parsed]):
            return rows
    return None


def _regular(rows: list[list[str]]) -> list[list[str]] | None:
    if len(rows) < _MIN_ROWS or len({len(row) for row in rows}) != 1 or len(rows[0]) < 2:
        return None
    header_is_named = all(cell and len(cell) < 80 for cell in rows[0])
    return rows if header_is_named else None


def columns_of(path: Path) -> list[Column]:
    """Return a stored table's columns with DuckDB's types; empty when the file can't be read as a table.

    A file that can't be read is not an error here: the tool that is asked to load it explains.
    """
    suffix = path.suffix.lower()
    return _excel_columns(path) if suffix == ".xlsx" else _duckdb_columns(path, suffix)


def _duckdb_columns(path: Path, suffix: str) -> list[Column]:
    import duckdb

    reader = "read_parquet" if suffix == ".parquet" else "read_csv"
    try:
        with duckdb.connect() as connection:
            rows = connection.execute(f"DESCRIBE SELECT * FROM {reader}(?)", [str(path)]).fetchall()
    except duckdb.Error as error:
        logger.info("%s can't be described: %s", path.name, error)
        return []
    return [Column(name=row[0], type=row[1]) for row in rows]


def _excel_columns(path: Path) -> list[Column]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        sheet = load_workbook(path, read_only=True, data_only=True).worksheets[0]
        head = list(sheet.iter_rows(max_row=2, values_only=True))
    except (InvalidFileException, BadZipFile, KeyError, OSError) as error:
        logger.info("%s can't be described: %s", path.name, error)
        return []
    if not head:
        return []
    values = head[1] if len(head) > 1 else [None] * len(head[0])
    return [
        Column(name=str(name), type="DOUBLE" if isinstance(value, int | float) else "VARCHAR")
        for name, value in zip(head[0], values, strict=True)
        if name is not None
    ]
