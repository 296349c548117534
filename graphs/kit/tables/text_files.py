"""Text files in whatever encoding they come: which one it is, and a copy in UTF-8 where it is another."""

from __future__ import annotations

import codecs
import shutil
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from duckdb import DuckDBPyConnection

from graphs.kit.tables.connection import folder_of

_CHUNK_BYTES = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
NOT_UTF8 = "The text is not UTF-8; it was read as Western European (Windows-1252)."


def detect_encoding(path: Path, limit: int | None = None) -> str:
    """Name of the encoding: by byte order mark; UTF-8 if all of the file is, or its first `limit` bytes;
    else Windows-1252.

    Raises ValueError for a file with NUL bytes, which is no text table.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8, seen = True, 0
    with path.open("rb") as file:
        start = file.read(4)
        for mark, name in _BOMS:
            if start.startswith(mark):
                return name
        file.seek(0)
        while (limit is None or seen < limit) and (chunk := file.read(_CHUNK_BYTES)):
            seen += len(chunk)
            if b"\0" in chunk:
                raise ValueError(
                    f"{path.name} is not a text table: it holds binary data. "
                    "Give a CSV or TSV file, JSON, Parquet (.parquet) or Excel (.xlsx)."
                )
            utf8 = utf8 and _decodes(decoder, chunk)
    whole = limit is None or seen < limit
    return "utf-8" if utf8 and _decodes(decoder, b"", final=whole) else "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def as_utf8(
    connection: DuckDBPyConnection, path: Path, encoding: str, limit: int | None = None
) -> Generator[Path]:
    """Yield the file, or a copy in the connection's folder when it is not in UTF-8; with a `limit` a copy of
    the rows within so many characters."""
    if encoding == "utf-8" and limit is None:
        yield path
        return
    copy = folder_of(connection) / f"text-{uuid.uuid4().hex}{path.suffix}"
    # Windows-1252 leaves five bytes without a meaning; they become U+FFFD: the text around them is good.
    with (
        path.open(encoding=encoding, errors="replace", newline="") as source,
        copy.open("w", encoding="utf-8", newline="") as target,
    ):
        if limit is None:
            shutil.copyfileobj(source, target)
        else:
            target.write(_whole_rows(source.read(limit)))
    try:
        yield copy
    finally:
        copy.unlink()


def _whole_rows(start: str) -> str:
    """The start of a file up to a line end that is not inside quotes."""
    end = start.rfind("\n")
    open_quotes = start.count('"', 0, end + 1) % 2
    while open_quotes and end > 0:
        before = start.rfind("\n", 0, end)
        open_quotes = (open_quotes + start.count('"', before + 1, end)) % 2
        end = before
    return start[: end + 1] or start
