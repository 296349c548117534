"""Records in JSON as tables."""

import codecs
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from graphs.kit.artifacts import is_table, media_type_of
from graphs.kit.columns import columns_of
from graphs.kit.tables.load import describe_table, load_frame

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(content: bytes | str, name: str = "table.json") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def types(path: Path) -> dict[str, str]:
    return {column.name: column.type for column in describe_table("t", path).columns}


RECORDS = [
    {"id": 1, "share": 0.5, "ok": True, "name": "Köln", "day": "2024-01-31", "code": "007"},
    {"id": 2, "share": 1, "ok": False, "name": None, "day": "2024-02-01", "code": "12"},
]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", json.dumps(RECORDS)),
        ("a.json", json.dumps(RECORDS, indent=2, ensure_ascii=False)),
        ("a.jsonl", "\n".join(map(json.dumps, RECORDS))),
        ("a.ndjson", "".join(f"{json.dumps(record)}\r\n" for record in RECORDS)),
        ("a.json", "\n".join(map(json.dumps, RECORDS))),
    ],
)
def test_records_are_rows(write: Write, name: str, content: str) -> None:
    path = write(content, name)

    info = describe_table("t", path)

    assert (info.rows, info.notes) == (2, ())
    assert types(path) == {
        "id": "BIGINT",
        "share": "DOUBLE",
        "ok": "BOOLEAN",
        "name": "VARCHAR",
        "day": "DATE",
        "code": "VARCHAR",
    }
    frame = load_frame(path)
    assert frame["name"].tolist() == ["Köln", None]
    assert frame["day"].tolist() == [pd.Timestamp("2024-01-31"), pd.Timestamp("2024-02-01")]
    assert frame["code"].tolist() == ["007", "12"]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", codecs.BOM_UTF8), ("utf-16-le", codecs.BOM_UTF16_LE), ("cp1252", b"")],
)
def test_encoding_is_found(write: Write, encoding: str, mark: bytes) -> None:
    path = write(mark + '[{"city": "Köln"}, {"city": "Bonn"}]'.encode(encoding))

    assert load_frame(path)["city"].tolist() == ["Köln", "Bonn"]
    assert any("Windows-1252" in note for note in describe_table("t", path).notes) == (encoding == "cp1252")


def test_nested_objects_become_columns_and_lists_stay(write: Write) -> None:
    path = write(
        '[{"id": 1, "tags": ["a", "b"], '
        '"address": {"city": "Bonn", "geo": {"lat": 50.7}, "since": "2024-01-02"}},'
        ' {"id": 2, "address": {"city": "Köln"}, "tags": []}]'
    )

    assert types(path) == {
        "id": "BIGINT",
        "tags": "VARCHAR[]",
        "address_city": "VARCHAR",
        "address_geo_lat": "DOUBLE",
        "address_since": "DATE",
    }
    assert describe_table("t", path).notes == (
        "The fields of nested objects are columns of their own: "
        "address_city, address_geo_lat, address_since.",
        "'tags' holds lists; in SQL, unnest(\"tags\") makes a row of each item.",
    )
    assert load_frame(path)["address_city"].tolist() == ["Bonn", "Köln"]


def test_a_column_of_its_own_never_takes_the_name_of_another(write: Write) -> None:
    assert types(write('[{"a": {"b": 1}, "a_b": 2}, {"a": {"b": 3}, "a_b": 4}]')) == {
        "a_b": "BIGINT",
        "a_b_": "BIGINT",
    }


def test_values_of_different_kinds_are_text_with_a_note(write: Write) -> None:
    path = write('{"v": 1}\n{"v": "x"}\n{"v": [2]}\n', "a.jsonl")

    assert load_frame(path)["v"].tolist() == ["1", "x", "[2]"]
    assert describe_table("t", path).notes == (
        "'v' holds values of different kinds; they were read as text.",
    )


def test_a_value_of_another_kind_far_down_is_not_lost(write: Write) -> None:
    path = write('{"v": 1}\n' * 50_000 + '{"v": "last", "extra": 5}\n', "a.jsonl")

    frame = load_frame(path)

    assert frame["v"].iloc[-1] == "last"
    assert frame["extra"].iloc[-1] == 5
    assert len(frame) == 50_001


def test_fields_that_a_record_lacks_are_missing(write: Write) -> None:
    assert load_frame(write('{"a": 1}\n{"b": 2}\n', "a.jsonl")).isna().values.tolist() == [
        [False, True],
        [True, False],
    ]


def test_dates_are_judged_as_in_any_text(write: Write) -> None:
    path = write('[{"d": "25.12.24"}, {"d": "03.04.24"}]')

    assert load_frame(path)["d"].dt.date.tolist() == [date(2024, 12, 25), date(2024, 4, 3)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", '{"rows": [{"a": 1}]}', "one JSON object, not a list of records"),
        ("a.json", "[1, 2]", "no list of records"),
        ("a.json", "5", "no list of records"),
        ("a.json", "[]", "no list of records"),
        ("a.json", '[{"a": 1}, {"a": 2', "a.json could not be read as JSON: .*unexpected end"),
        ("a.json", '[{"a": 1}, {"a": 2},', "is cut off: its array has no end"),
        ("a.jsonl", '{"a": 1}\n{"a": ', "could not be read as JSON"),
        ("a.jsonl", '{"a": 1}\nnot json\n', "could not be read as JSON: .*invalid literal"),
        ("a.jsonl", '{"a": 1, "a": 2}\n', 'duplicate key "a"'),
        ("a.json", b"\0\1\2", "holds binary data"),
        ("a.json", "", "is empty"),
    ],
)
def test_what_is_no_list_of_records_is_refused(
    write: Write, name: str, content: str | bytes, message: str
) -> None:
    path = write(content, name)

    with pytest.raises(ValueError, match=message) as caught:
        describe_table("t", path)

    assert str(path.parent) not in str(caught.value)
    assert columns_of(path) == []


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.json", "application/json"), ("a.jsonl", "application/jsonl"), ("a.ndjson", "application/x-ndjson")],
)
def test_json_files_are_taken_as_tables(name: str, media_type: str) -> None:
    assert is_table(name)
    assert media_type_of(name) == media_type
