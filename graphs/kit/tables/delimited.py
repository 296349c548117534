"""Delimited text files (CSV, TSV and their cousins): encoding, separator, header.

DuckDB's own sniffer, given an irregular file, may skip rows or settle on a separator that leaves one wide
column, without a word. So encoding and separator are settled here, every row must have the header's
width, and DuckDB parses under those terms.
"""

from __future__ import annotations

import codecs
import csv
import glob
import io
import shutil
import tempfile
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from graphs.kit.tables.duck import one_row, quote
from graphs.kit.tables.text_dates import convert_dates
from graphs.kit.tables.text_numbers import convert_numbers

_SEPARATORS = (",", ";", "\t", "|")
_NO_SEPARATOR = "\x1f"  # unit separator: for a file of one column, whose text may hold any of the above
_SAMPLE_CHARACTERS = 100_000  # below csv.field_size_limit(), so that no sample can exceed it
_CHUNK_BYTES = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# The sniffer's word on these is not taken: text_dates and text_numbers judge them by the whole file.
_JUDGED_LATER = ("VARCHAR", "DOUBLE", "DATE", "TIMESTAMP")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file separates its fields: `separator`, and how many lines stand above the header."""

    separator: str
    skip: int


def read_delimited(
    connection: DuckDBPyConnection, table: str, path: Path, *, day_first: bool | None = None
) -> tuple[str, ...]:
    """Create `table` from a delimited text file.

    `day_first` settles dates such as 03/04/2024 when nothing else in the file does. Returns notes: what was
    assumed and a person may want to check. Raises ValueError for a file that is not text, or whose rows
    differ in width (naming the first such line).
    """
    encoding = detect_encoding(path)
    with _as_utf8(path, encoding) as text:
        dialect = detect_dialect(text)
        try:
            header = _create(connection, table, text, dialect)
        except (duckdb.InterruptException, duckdb.OutOfMemoryException):
            raise
        except duckdb.Error as error:
            raise ValueError(_explain(path.name, text, dialect, error)) from error
    notes = []
    if encoding == "cp1252":
        notes.append("The text is not UTF-8; it was read as Western European (Windows-1252).")
    if dialect.skip:
        notes.append(f"{dialect.skip} line(s) above the header were skipped.")
    if not header:
        notes.append("No header was found; the columns are named column0, column1 and so on.")
    notes += convert_dates(connection, table, day_first=day_first)
    notes += convert_numbers(connection, table, semicolons=dialect.separator == ";")
    return tuple(notes)


def detect_encoding(path: Path) -> str:
    """Name of the encoding: by byte order mark, else UTF-8 if all of the file is, else Windows-1252.

    Raises ValueError for a file with NUL bytes, which is no text table.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8 = True
    with path.open("rb") as file:
        start = file.read(4)
        for mark, name in _BOMS:
            if start.startswith(mark):
                return name
        file.seek(0)
        while chunk := file.read(_CHUNK_BYTES):
            if b"\0" in chunk:
                raise ValueError(
                    f"{path.name} is not a text table: it holds binary data. "
                    "Give a CSV or TSV file, Parquet (.parquet) or Excel (.xlsx)."
                )
            utf8 = utf8 and _decodes(decoder, chunk)
    return "utf-8" if utf8 and _decodes(decoder, b"", final=True) else "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def _as_utf8(path: Path, encoding: str) -> Generator[Path]:
    if encoding == "utf-8":
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "table.csv"
        # Windows-1252 leaves five bytes without a meaning; they become U+FFFD: the text around them is good.
        with (
            path.open(encoding=encoding, errors="replace", newline="") as source,
            copy.open("w", encoding="utf-8", newline="") as target,
        ):
            shutil.copyfileobj(source, target)
        yield copy


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
    separator = dialect.separator.replace("'", "''")
    return f"delim='{separator}', quote='\"', escape='\"', comment='', skip={dialect.skip}, nullstr=''"


def _create(connection: DuckDBPyConnection, table: str, path: Path, dialect: Dialect) -> bool:
    """Create the table. Returns whether the file has a header."""
    file, options = glob.escape(str(path)), _options(dialect)
    header, columns = one_row(
        connection, f"SELECT HasHeader, Columns FROM sniff_csv(?, {options}, sample_size=-1)", [file]
    )
    kinds = {
        column["name"]: "VARCHAR" if column["type"].startswith(_JUDGED_LATER) else column["type"]
        for column in columns
    }
    connection.execute(
        f"CREATE TABLE {quote(table)} AS SELECT * "
        f"FROM read_csv(?, {options}, auto_detect=false, header={header}, columns=?)",
        [file, kinds],
    )
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
