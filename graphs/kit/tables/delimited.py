"""Delimited text files (CSV, TSV and their cousins): encoding, separator, header.

DuckDB's own sniffer, given an irregular file, may skip rows or settle on a separator that leaves one wide
column, without a word. So encoding and separator are settled here, every row must have the header's
width, and DuckDB parses under those terms, each value as text; its type is decided by all of them.
"""

from __future__ import annotations

import csv
import glob
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from graphs.kit.tables.duck import literal, one_row
from graphs.kit.tables.staging import stage
from graphs.kit.tables.text_files import NOT_UTF8, as_utf8, detect_encoding
from graphs.kit.tables.text_types import typed_select

_SEPARATORS = (",", ";", "\t", "|")
_NO_SEPARATOR = "\x1f"  # unit separator: for a file of one column, whose text may hold any of the above
_SAMPLE_CHARACTERS = 100_000  # below csv.field_size_limit(), so that no sample can exceed it
_START_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file separates its fields: `separator`, and how many lines stand above the header."""

    separator: str
    skip: int


def read_delimited(
    connection: DuckDBPyConnection,
    table: str,
    path: Path,
    *,
    on_disk: bool = False,
    day_first: bool | None = None,
    start_only: bool = False,
) -> tuple[str, tuple[str, ...]]:
    """Put the text of a delimited file into `table`. Return the SELECT that gives it types, and notes: what
    was assumed and a person may want to check.

    `day_first` settles dates such as 03/04/2024 when nothing else in the file does. `start_only` reads the
    first rows of a large file. Raises ValueError for a file that is not text, or whose rows differ in width
    (naming the first such line).
    """
    limit = _START_BYTES if start_only else None
    encoding = detect_encoding(path, limit)
    with as_utf8(connection, path, encoding, limit) as text:
        dialect = detect_dialect(text)
        try:
            header = _stage(connection, table, text, dialect, on_disk=on_disk)
        except (duckdb.InterruptException, duckdb.OutOfMemoryException):
            raise
        except duckdb.Error as error:
            raise ValueError(_explain(path.name, text, dialect, error)) from error
    notes = []
    if encoding == "cp1252":
        notes.append(NOT_UTF8)
    if dialect.skip:
        notes.append(f"{dialect.skip} line(s) above the header were skipped.")
    if not header:
        notes.append("No header was found; the columns are named column0, column1 and so on.")
    semicolons = dialect.separator == ";"
    select, reading = typed_select(connection, table, day_first=day_first, semicolons=semicolons)
    return select, (*notes, *reading)


def detect_dialect(path: Path) -> Dialect:
    """Separator and lines above the header, from the start of a UTF-8 file.

    The separator is the one under which most rows have the header's number of fields; between equals the
    one that needs no lines skipped, then the one with more fields.
    """
    with path.open(encoding="utf-8", newline="") as file:
        sample = file.read(_SAMPLE_CHARACTERS)
    if len(sample) == _SAMPLE_CHARACTERS:
        sample = sample[: sample.rfind("\n") + 1]  # the last line may be cut
    best = (False, False, 0)
    dialect = Dialect(_NO_SEPARATOR, 0)
    for separator in _SEPARATORS:
        rows = _parse(sample, separator)
        width = _usual_width(rows)
        header = next((i for i, (_, row) in enumerate(rows) if len(row) == width), None)
        if width < 2 or header is None or (header and any(map(_is_number, rows[header][1]))):
            continue
        regular = sum(len(row) == width for _, row in rows[header:]) >= 0.9 * len(rows[header:])
        score = (regular, header == 0, width)
        if score > best:
            best = score
            dialect = Dialect(separator, rows[header][0] - 1 if header else 0)
    return dialect


def _parse(sample: str, separator: str) -> list[tuple[int, list[str]]]:
    """Rows that are not blank, each with the number of the line on which it starts."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
    rows, line = [], 1
    for row in reader:
        if row:
            rows.append((line, row))
        line = reader.line_num + 1
    return rows


def _usual_width(rows: list[tuple[int, list[str]]]) -> int:
    widths = Counter(len(row) for _, row in rows if not row[0].startswith("#"))
    return widths.most_common(1)[0][0] if widths else 0


def _is_number(text: str) -> bool:
    return text.strip().replace(".", "", 1).replace(",", "", 1).lstrip("+-").isdigit()


def _options(dialect: Dialect) -> str:
    separator = literal(dialect.separator)
    return f"delim={separator}, quote='\"', escape='\"', comment='', skip={dialect.skip}, nullstr=''"


def _stage(
    connection: DuckDBPyConnection, table: str, path: Path, dialect: Dialect, *, on_disk: bool
) -> bool:
    """Put the file into `table`, as text. Returns whether the file has a header."""
    file, options = literal(glob.escape(str(path))), _options(dialect)
    header, columns = one_row(connection, f"SELECT HasHeader, Columns FROM sniff_csv({file}, {options})")
    kinds = ", ".join(f"{literal(column['name'])}: 'VARCHAR'" for column in columns)
    select = (
        f"SELECT * FROM read_csv({file}, {options}, auto_detect=false, header={header}, columns={{{kinds}}})"
    )
    stage(connection, table, select, on_disk=on_disk)
    return header


def _explain(file_name: str, path: Path, dialect: Dialect, error: duckdb.Error) -> str:
    irregular = _first_irregular_row(path, dialect)
    if irregular is None:
        return f"{file_name} could not be read as a table: {str(error).splitlines()[0]}"
    line, found, expected = irregular
    separator = {"\t": "tab", _NO_SEPARATOR: "line end"}.get(dialect.separator, dialect.separator)
    return (
        f"{file_name} is irregular: the row on line {line} has {found} value(s), where the first row has "
        f"{expected} (separator: {separator}). Correct that line, or put text that holds the separator "
        "in double quotes."
    )


def _first_irregular_row(path: Path, dialect: Dialect) -> tuple[int, int, int] | None:
    """Line, number of values found and expected, of the first row whose width is not the header's."""
    with path.open(encoding="utf-8", newline="") as file:
        for _ in range(dialect.skip):
            file.readline()
        reader = csv.reader(file, delimiter=dialect.separator)
        width, line = 0, dialect.skip + 1
        try:
            for row in reader:
                width = width or len(row)
                if row and len(row) != width:
                    return line, len(row), width
                line = dialect.skip + reader.line_num + 1
        except csv.Error:  # a field past csv.field_size_limit(): an unclosed quote has swallowed the rest
            return line, 1, width
    return None
