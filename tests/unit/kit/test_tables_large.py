"""Tables that are too large to be held in memory: read once into Parquet, which is kept and bounded."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from graphs.kit.artifacts import SessionArtifacts
from graphs.kit.columns import columns_of
from graphs.kit.tables.cache import LARGE_BYTES, kept_table
from graphs.kit.tables.duck import one_row
from graphs.kit.tables.load import Column, TableFile, check_fits, connect, describe_table, read_table
from graphs.kit.tables.workspace import clear_abandoned, locked, private_folder, root
from tests.support.kit_environment import forget_settings
from tests.support.large_tables import DAYS, FIRST_DAY, REGIONS, write_large_csv

ENOUGH = LARGE_BYTES + 5_000_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A CSV that is just large enough not to be held in memory, and its number of rows."""
    path = tmp_path_factory.mktemp("large") / "orders.csv"
    rows = write_large_csv(path, ENOUGH)
    assert path.stat().st_size > LARGE_BYTES
    return path, rows


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where tests keep the table that only read it."""
    return tmp_path_factory.mktemp("shared-tables")


@pytest.fixture
def shared_tables(
    shared_folder: Path, kit_environment: None, table_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABLE_FOLDER", str(shared_folder))
    forget_settings()


@pytest.fixture(autouse=True)
def table_folder(tmp_path: Path, kit_environment: None, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    folder = tmp_path / "tables"
    monkeypatch.setenv("TABLE_FOLDER", str(folder))
    forget_settings()
    yield folder
    forget_settings()


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "kept").glob("*"))


def figures(path: Path) -> tuple[int, int, float, int]:
    with connect() as connection:
        read_table(connection, "t", path)
        return one_row(connection, "SELECT count(*), sum(units), sum(price), count(DISTINCT remark) FROM t")


@pytest.mark.usefixtures("shared_tables")
def test_a_large_csv_has_the_types_and_figures_of_its_rows(large: tuple[Path, int]) -> None:
    path, rows = large

    info = describe_table("orders", path)

    assert {column.name: column.type for column in info.columns} == {
        "order_id": "BIGINT",
        "ordered_on": "DATE",
        "region": "VARCHAR",
        "customer": "VARCHAR",
        "units": "BIGINT",
        "price": "DOUBLE",
        "remark": "VARCHAR",
    }
    assert info.rows == rows
    assert info.notes == ()
    units = sum(1 + i % 9 for i in range(rows))
    prices = sum(i % 1000 for i in range(rows) if i % 50) / 8
    assert figures(path) == (rows, units, prices, rows)


@pytest.mark.usefixtures("shared_tables")
def test_its_rows_keep_their_order(large: tuple[Path, int]) -> None:
    path, rows = large
    with connect() as connection:
        read_table(connection, "t", path)
        first = one_row(connection, "SELECT * FROM t LIMIT 1 OFFSET 1")
        ids = connection.execute("SELECT order_id FROM t").fetchall()

    assert first[:5] == (
        1,
        date.fromisoformat(FIRST_DAY) + timedelta(days=1 % DAYS),
        REGIONS[1],
        first[3],
        2,
    )
    assert ids == [(number,) for number in range(rows)]


def test_it_is_parsed_once_for_all_questions(large: tuple[Path, int], table_folder: Path) -> None:
    figures(large[0])
    (first,) = kept(table_folder)
    parsed = first.stat().st_ino

    figures(large[0])

    assert [path.stat().st_ino for path in kept(table_folder)] == [parsed]
    describe_table("t", TableFile(large[0], day_first=True))
    assert len(kept(table_folder)) == 2
    assert list(table_folder.glob("connection-*")) == []


def test_without_room_nothing_is_kept_and_the_answer_is_right(
    large: tuple[Path, int], table_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABLE_CACHE_MAX_BYTES", "0")
    forget_settings()

    assert figures(large[0])[0] == large[1]

    assert kept(table_folder) == []


def make_table(size: int, calls: list[Path] | None = None):
    def make(target: Path) -> None:
        time.sleep(0.05)
        target.write_bytes(b"x" * size)
        if calls is not None:
            calls.append(target)

    return make


def test_two_that_ask_at_once_parse_once(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(b"a\n1\n")
    calls: list[Path] = []

    def ask(_: int) -> bytes:
        with private_folder() as folder:
            return kept_table(source, "csv-any", make_table(3, calls), folder).read_bytes()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, range(4))) == [b"xxx"] * 4
    assert len(calls) == 1


def test_what_was_not_used_for_longest_goes_and_whoever_uses_it_keeps_it(
    tmp_path: Path, table_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABLE_CACHE_MAX_BYTES", "250")
    forget_settings()
    with private_folder() as folder:
        used = []
        for age, name in ((30, "a"), (20, "b"), (10, "c")):
            source = tmp_path / f"{name}.csv"
            source.write_text(name)
            used.append(kept_table(source, name, make_table(100), folder))
            (latest,) = [path for path in kept(table_folder) if path.name.endswith(f"{name}.parquet")]
            os.utime(latest, (time.time() - age, time.time() - age))
        assert {path.name.rpartition("-")[2] for path in kept(table_folder)} == {"b.parquet", "c.parquet"}
        assert [len(path.read_bytes()) for path in used] == [100, 100, 100]


def test_what_was_not_used_for_a_week_goes(tmp_path: Path, table_folder: Path) -> None:
    with private_folder() as folder:
        for name in ("old", "new"):
            source = tmp_path / f"{name}.csv"
            source.write_text(name)
            kept_table(source, name, make_table(1), folder)
            if name == "old":
                (old,) = kept(table_folder)
                os.utime(old, (time.time() - 8 * 86_400,) * 2)

    assert [path.name.rpartition("-")[2] for path in kept(table_folder)] == ["new.parquet"]


def test_another_content_under_the_same_name_is_another_table(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    with private_folder() as folder:
        source.write_text("one")
        first = kept_table(source, "csv", make_table(1), folder)
        source.write_text("two")
        second = kept_table(source, "csv", make_table(2), folder)

    assert first != second


def test_folders_of_processes_that_died_are_cleared_away() -> None:
    dead, live, young = (root() / f"connection-{name}" for name in ("dead", "live", "young"))
    for folder in (dead, live, young):
        folder.mkdir()
        (folder / "in-use").touch()
        (folder / "spilled").touch()
    for folder in (dead, live):
        os.utime(folder, (0, 0))

    with locked(live / "in-use"):
        clear_abandoned()

    assert [folder.exists() for folder in (dead, live, young)] == [False, True, True]


def test_a_folder_that_is_somebody_elses_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TABLE_FOLDER")
    forget_settings()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "theirs").mkdir()
    (tmp_path / f"holdfast-tables-{os.getuid()}").symlink_to(tmp_path / "theirs")

    with pytest.raises(PermissionError, match="TABLE_FOLDER"), connect():
        pass


def test_with_the_file_goes_what_was_kept_of_it(
    large: tuple[Path, int], artifacts: SessionArtifacts, table_folder: Path
) -> None:
    with large[0].open("rb") as file:
        artifacts.save("orders.csv", file)
    with artifacts.local_path("orders.csv") as path:
        describe_table("t", path)
    assert len(kept(table_folder)) == 1

    artifacts.delete("orders.csv")

    assert kept(table_folder) == []


@pytest.mark.usefixtures("shared_tables")
def test_the_columns_of_a_large_file_are_those_of_its_start(large: tuple[Path, int]) -> None:
    columns = [(column["name"], column["type"]) for column in columns_of(large[0])]

    assert columns == [(column.name, column.type) for column in describe_table("t", large[0]).columns]


def test_only_the_start_is_read_for_the_columns(
    large: tuple[Path, int], tmp_path: Path, table_folder: Path
) -> None:
    path = tmp_path / "damaged.csv"
    path.write_bytes(large[0].read_bytes() + b"one,value,too,few\n")

    assert len(columns_of(path)) == 7
    assert kept(table_folder) == []
    with pytest.raises(ValueError, match=rf"row on line {large[1] + 2} has 4 value\(s\).*first row has 7"):
        describe_table("t", path)


def test_a_quoted_line_end_where_the_start_ends_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_bytes(b"n,note\n" + b'1,"' + b"two\nlines " * 500 + b'"\n' + b'2,"a\nb"\n' * 2_500_000)

    assert columns_of(path)[0]["type"] == "BIGINT"


def test_encoding_dates_and_decimal_commas_of_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "gross.csv"
    rows = 950_000
    path.write_bytes(b"Stadt;Tag;Betrag\n" + "Köln;28.02.24;1.234,50\n".encode("cp1252") * rows)

    read = [describe_table("t", path) for _ in range(2)]

    assert read[0] == read[1]  # the notes are kept, too
    assert [column.type for column in read[0].columns] == ["VARCHAR", "DATE", "DOUBLE"]
    assert any("Windows-1252" in note for note in read[0].notes)
    assert "'Betrag' was read with a decimal comma." in read[0].notes
    with connect() as connection:
        read_table(connection, "t", path)
        assert one_row(connection, "SELECT DISTINCT Stadt, Tag, Betrag FROM t") == (
            "Köln",
            date(2024, 2, 28),
            1234.5,
        )


def test_large_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "orders.jsonl"
    rows = 400_000
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT i AS id, {{'city': 'Köln', 'zip': '0' || i}} AS address, DATE '2024-01-01' AS day "
            f"FROM range({rows}) t(i)) TO '{path}' (FORMAT json)"
        )
    assert path.stat().st_size > LARGE_BYTES

    info = describe_table("t", path)

    assert (info.rows, [(column.name, column.type) for column in info.columns]) == (
        rows,
        [("id", "BIGINT"), ("address_city", "VARCHAR"), ("address_zip", "VARCHAR"), ("day", "DATE")],
    )
    assert [column["name"] for column in columns_of(path)] == [column.name for column in info.columns]


def test_a_frame_that_would_not_fit_is_refused_before_it_is_made() -> None:
    numbers = (Column("a", "DOUBLE"), Column("b", "BIGINT"))

    check_fits(numbers, 20_000_000)
    with pytest.raises(ValueError, match=r"40,000,000 rows of 2 column\(s\) are too many.*totals by groups"):
        check_fits(numbers, 40_000_000)
    with pytest.raises(ValueError, match="Name fewer columns"):
        check_fits((*numbers, Column("c", "VARCHAR")), 10_000_000)


_MEASURED = """
import resource, sys, threading, time
import psutil
from graphs.analytics.tables.aggregate import open_table
from graphs.analytics.tables.selection import Selection

process = psutil.Process()
idle, peak, done = process.memory_info().rss, 0, threading.Event()

def watch():
    global peak
    while not done.wait(0.01):
        peak = max(peak, process.memory_info().rss)

watcher = threading.Thread(target=watch)
watcher.start()
with open_table("orders.csv", sys.argv[1]) as table:
    rows = table.aggregate("sum", ["units"], Selection(by=("region",))).rows
    table.aggregate("count", [], Selection(by=("remark",), where="units = 1"))
done.set()
watcher.join()
print(sum(row[1] for row in rows), (peak - idle) // 1_000_000)
"""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = write_large_csv(path, 100_000_000)

    ran = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(path)], capture_output=True, text=True, check=True, timeout=500
    )

    units, megabytes = map(int, ran.stdout.split())
    assert units == sum(1 + i % 9 for i in range(rows))
    # in memory the text of this file alone took half a gigabyte, and its typed table as much again
    assert megabytes < 500


def test_a_folder_whose_process_died_before_it_marked_it_is_cleared_away() -> None:
    unmarked = root() / "connection-unmarked"
    unmarked.mkdir()
    (unmarked / "spilled").touch()
    os.utime(unmarked, (0, 0))

    clear_abandoned()

    assert not unmarked.exists()
