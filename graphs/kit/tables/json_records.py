"""Records in JSON: one object a line (JSON lines), or an array of objects.

JSON has no dates, so text is judged as in a CSV; numbers it has, so digits in quotes stay text. The fields of
an object inside a record become columns: city in address is `address_city`. Lists stay lists.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import duckdb
from duckdb import DuckDBPyConnection
from duckdb.sqltypes import DuckDBPyType

from graphs.kit.tables.duck import literal, one_row, quote
from graphs.kit.tables.staging import stage
from graphs.kit.tables.text_files import NOT_UTF8, as_utf8, detect_encoding
from graphs.kit.tables.text_types import typed_select

_START_ROWS = 10_000
_END_BYTES = 1000
_REMEDY = 'Give an array of objects, [{"a": 1}, {"a": 2}], or one object on each line (.jsonl).'
_LINES = (".jsonl", ".ndjson")
# No format of dates that any text has, so that all text stays text; and no type MAP, which is no column.
_OPTIONS = "dateformat='@', timestampformat='@', map_inference_threshold=-1, field_appearance_threshold=0"
_PLACE = re.compile(r"(?:at byte \d+ )?in (?:record/value|line) \d+: .*")


def read_json(
    connection: DuckDBPyConnection,
    table: str,
    path: Path,
    *,
    on_disk: bool = False,
    day_first: bool | None = None,
    start_only: bool = False,
) -> tuple[str, tuple[str, ...]]:
    """Put the records of a JSON file into `table`. Return the SELECT that gives text its types, and notes.

    `day_first` settles dates such as 03/04/2024 when nothing else in the file does. `start_only` reads the
    first records of a large file. Raises ValueError for a file that is not JSON, naming the place, or no list
    of records.
    """
    encoding = detect_encoding(path)
    with as_utf8(connection, path, encoding) as text:
        try:
            notes = _stage(connection, table, text, on_disk=on_disk, start_only=start_only)
        except (duckdb.InterruptException, duckdb.OutOfMemoryException):
            raise
        except duckdb.Error as error:
            raise ValueError(_explain(path.name, error)) from error
        _refuse_what_is_no_list(connection, table, path, text)
    select, reading = typed_select(connection, table, day_first=day_first, bare=False, numbers=False)
    return select, (*([NOT_UTF8] if encoding == "cp1252" else []), *notes, *reading)


def _stage(
    connection: DuckDBPyConnection, table: str, path: Path, *, on_disk: bool, start_only: bool
) -> list[str]:
    form = "newline_delimited" if path.suffix.lower() in _LINES else "auto"
    sample = "" if start_only else ", sample_size=-1"
    file = literal(glob.escape(str(path)))
    source = f"read_json({file}, format='{form}', records=true, {_OPTIONS}{sample})"
    relation = connection.sql(f"SELECT * FROM {source}")
    columns: dict[str, str] = {}
    flattened, notes = [], []
    for name, kind in zip(relation.columns, relation.types, strict=True):
        fields = [(_free(each, columns), value, leaf) for each, value, leaf in _flat(name, quote(name), kind)]
        columns |= {column: value for column, value, _ in fields}
        flattened += [column for column, _, _ in fields if kind.id == "struct"]
        notes += [note for column, _, leaf in fields if (note := _note(column, leaf))]
    if flattened:
        notes.insert(0, f"The fields of nested objects are columns of their own: {', '.join(flattened)}.")
    selected = ", ".join(f"{value} AS {quote(column)}" for column, value in columns.items())
    end = f" LIMIT {_START_ROWS}" if start_only else ""
    stage(connection, table, f"SELECT {selected} FROM {source}{end}", on_disk=on_disk)
    return notes


def _flat(name: str, value: str, kind: DuckDBPyType) -> Iterator[tuple[str, str, DuckDBPyType]]:
    """Name, SQL and type of each field, through all levels of objects inside objects."""
    if kind.id == "struct":
        for field, inner in kind.children:
            yield from _flat(
                f"{name}_{field}", f"struct_extract({value}, {literal(field)})", cast("DuckDBPyType", inner)
            )
    elif str(kind) == "JSON":
        yield name, f"({value} ->> '$')", kind
    elif str(kind) in ("UUID", '"NULL"'):
        yield name, f"CAST({value} AS VARCHAR)", kind
    elif str(kind) in ("FLOAT", "DOUBLE"):
        # Python writes NaN for what is missing, and one of them makes every total NaN
        yield name, f"nullif({value}, 'nan')", kind
    else:
        yield name, value, kind


def _free(name: str, taken: dict[str, str]) -> str:
    while name.casefold() in map(str.casefold, taken):
        name += "_"
    return name


def _note(column: str, kind: DuckDBPyType) -> str:
    if kind.id in ("list", "array"):
        return f"'{column}' holds lists; in SQL, unnest({quote(column)}) makes a row of each item."
    if str(kind) == "JSON":
        return f"'{column}' holds values of different kinds; they were read as text."
    return ""


def _refuse_what_is_no_list(connection: DuckDBPyConnection, table: str, path: Path, text: Path) -> None:
    """A lone object is a document, which may hold a list of records somewhere, rather than a table of one
    row. Of an array that was cut off DuckDB reads what is there."""
    with text.open("rb") as file:
        is_array = file.read(_END_BYTES).lstrip().startswith(b"[")
        file.seek(max(0, text.stat().st_size - _END_BYTES))
        is_whole = file.read().rstrip().endswith(b"]")
    if is_array and not is_whole:
        raise ValueError(f"{path.name} is cut off: its array has no end. Give the whole file.")
    (rows,) = one_row(connection, f"SELECT count(*) FROM {quote(table)}")
    if rows == 1 and not is_array and path.suffix.lower() not in _LINES:
        raise ValueError(f"{path.name} holds one JSON object, not a list of records. {_REMEDY}")


def _explain(file_name: str, error: duckdb.Error) -> str:
    place = _PLACE.search(str(error))
    reason = place[0].rstrip(". ") if place else "it is no list of records"
    return f"{file_name} could not be read as JSON: {reason}. {_REMEDY}"
