"""Columns of stored tables, and files that only claim to be tables."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphs.kit.columns import columns_of


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """A function that writes a file and returns its path."""

    def write_file(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write_file


def workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def rezipped(content: bytes, changes: dict[str, tuple[bytes, bytes]]) -> bytes:
    """The workbook with bytes of some of its parts replaced by others."""
    source = zipfile.ZipFile(io.BytesIO(content))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            old, new = changes.get(name, (b"", b""))
            part = source.read(name)
            assert old in part
            target.writestr(name, part.replace(old, new) if old else part)
    return buffer.getvalue()


def broken(changed: str, part: bytes | None) -> bytes:
    """A workbook with one of its parts replaced, or left out."""
    source = zipfile.ZipFile(io.BytesIO(workbook(["a", "b"], [1, 2])))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            content = part if name == changed else source.read(name)
            if content is not None:
                target.writestr(name, content)
    return buffer.getvalue()


Write = Callable[[str, bytes], Path]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"name,size,share,day\nx,1,0.5,2024-01-05\ny,2,1.5,2024-01-06\n"),
        ("a.tsv", b"name\tsize\tshare\tday\nx\t1\t0.5\t2024-01-05\ny\t2\t1.5\t2024-01-06\n"),
        ("a.csv", b"\xef\xbb\xbfname;size;share;day\r\nx;1;0.5;2024-01-05\r\ny;2;1.5;2024-01-06\r\n"),
    ],
)
def test_delimited_text(write: Write, name: str, content: bytes) -> None:
    assert columns_of(write(name, content)) == [
        {"name": "name", "type": "VARCHAR"},
        {"name": "size", "type": "BIGINT"},
        {"name": "share", "type": "DOUBLE"},
        {"name": "day", "type": "DATE"},
    ]


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pd.DataFrame({"name": ["x"], "size": [1], "share": [0.5]}).to_parquet(path)

    assert columns_of(path) == [
        {"name": "name", "type": "VARCHAR"},
        {"name": "size", "type": "BIGINT"},
        {"name": "share", "type": "DOUBLE"},
    ]


def test_excel(write: Write) -> None:
    content = workbook(
        ["name", "size", "share", "day"], ["x", 1, 0.5, date(2024, 1, 5)], ["y", 2, None, None]
    )

    assert columns_of(write("a.xlsx", content)) == [
        {"name": "name", "type": "VARCHAR"},
        {"name": "size", "type": "BIGINT"},
        {"name": "share", "type": "DOUBLE"},
        {"name": "day", "type": "DATE"},
    ]


def test_excel_column_may_begin_empty(write: Write) -> None:
    content = workbook(["a", "b"], [None, True], [2.5, False])

    assert columns_of(write("a.xlsx", content)) == [
        {"name": "a", "type": "DOUBLE"},
        {"name": "b", "type": "BOOLEAN"},
    ]


def test_excel_with_uneven_rows(write: Write) -> None:
    """Rows of a sheet may be shorter or longer than its header; some writers leave the sheet's size out."""
    content = workbook(["a", "b", "c"], [1], [1, 2, 3, 4])
    unsized = rezipped(content, {"xl/worksheets/sheet1.xml": (b'<dimension ref="A1:D3"/>', b"")})

    for variant in (content, unsized):
        names = [column["name"] for column in columns_of(write("a.xlsx", variant))]
        assert names[:3] == ["a", "b", "c"]


@pytest.mark.parametrize("content", [workbook(), workbook([]), workbook([None, None])])
def test_excel_without_a_header(write: Write, content: bytes) -> None:
    assert columns_of(write("a.xlsx", content)) == []


def test_excel_file_is_closed(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    close = zipfile.ZipFile.close
    monkeypatch.setattr(zipfile.ZipFile, "close", lambda archive: (closed.append(True), close(archive))[1])

    columns_of(write("a.xlsx", workbook(["a"], [1])))

    assert closed


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.parquet", "a.xlsx"])
@pytest.mark.parametrize(
    "content",
    [
        b"\x00\xff\xfe\x00" * 50,
        b"PAR1",
        b"PAR1" + b"\x00" * 40 + b"PAR1",
        b"PK\x03\x04 not a zip",
        b"\xff" * 10,
    ],
)
def test_corrupt_files_have_no_error(write: Write, name: str, content: bytes) -> None:
    columns = columns_of(write(name, content))

    assert isinstance(columns, list)
    if name in {"a.parquet", "a.xlsx"}:
        assert columns == []


@pytest.mark.parametrize(
    "content",
    [
        broken("xl/workbook.xml", None),
        broken("xl/workbook.xml", b"<"),
        broken("xl/workbook.xml", b"<workbook/>"),
        broken("xl/worksheets/sheet1.xml", None),
        broken("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row><c t='n'><v>x</v></c></row>"),
        broken("xl/worksheets/sheet1.xml", b"not xml"),
        broken("xl/worksheets/sheet1.xml", b""),
        broken("xl/styles.xml", b"<styleSheet><cellXfs><xf numFmtId='x'/></cellXfs></styleSheet>"),
        broken("xl/styles.xml", b"?"),
        workbook(["a"], [1])[:-30],
    ],
)
def test_broken_workbooks_have_no_error(write: Write, content: bytes) -> None:
    assert columns_of(write("a.xlsx", content)) == []


WORKBOOK = workbook(["a", "b"], [1, "x"], [2, "y"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(WORKBOOK) - 1), st.integers(0, 255), st.booleans())
def test_damaged_workbook_has_no_error(write: Write, place: int, byte: int, cut: bool) -> None:
    damaged = WORKBOOK[:place] if cut else WORKBOOK[:place] + bytes([byte]) + WORKBOOK[place + 1 :]

    assert isinstance(columns_of(write("a.xlsx", damaged)), list)
