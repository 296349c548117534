"""Statistics and SQL over tables that are views of files on disk."""

from collections.abc import Generator
from pathlib import Path

import duckdb
import pytest

from graphs.analytics.tables.aggregate import open_table
from graphs.analytics.tables.selection import Selection
from graphs.analytics.tables.sql import run_query
from graphs.analytics.tables.statements import Filter
from graphs.kit.tables.cache import LARGE_BYTES
from graphs.kit.tables.connection import connect, folder_of
from graphs.kit.tables.load import load_frame, read_table
from graphs.kit.tables.workspace import root
from tests.support.kit_environment import clean_kit_environment, forget_settings
from tests.support.large_tables import REGIONS, write_large_csv


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("large")


@pytest.fixture(scope="module")
def orders(folder: Path) -> tuple[Path, int]:
    path = folder / "orders.csv"
    return path, write_large_csv(path, LARGE_BYTES + 5_000_000)


@pytest.fixture(autouse=True)
def environment(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        monkeypatch.setenv("TABLE_FOLDER", str(folder / "tables"))
        forget_settings()
        yield


def test_totals_by_groups(orders: tuple[Path, int]) -> None:
    path, rows = orders
    with open_table("orders.csv", path) as table:
        result = table.aggregate("sum", ["units"], Selection(by=("region",)))
        head = table.head(2)[1]

    expected = {
        region: sum(1 + i % 9 for i in range(place, rows, len(REGIONS)))
        for place, region in enumerate(REGIONS)
    }
    assert dict(result.rows) == expected
    assert [row[0] for row in head] == [0, 1]


def test_sql_reads_the_table_and_no_other_file(orders: tuple[Path, int], tmp_path: Path) -> None:
    path, rows = orders
    other = tmp_path / "secret.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS a) TO '{other}'")

    assert run_query("SELECT count(*), max(order_id) FROM orders", {"orders": path}).rows == (
        (rows, rows - 1),
    )
    for forbidden in (other, path, *root().glob("kept/*")):
        for function in ("read_parquet", "read_text", "read_csv"):
            with pytest.raises(ValueError, match=r"table|file|function"):
                run_query(f"SELECT * FROM {function}('{forbidden}')", {"orders": path})
    with pytest.raises(ValueError, match="read"):
        run_query(f"COPY orders TO '{tmp_path / 'out.csv'}'", {"orders": path})


def test_a_parquet_file_is_read_in_place_under_lock(tmp_path: Path) -> None:
    mine, other = tmp_path / "it's [mine]*.parquet", tmp_path / "other.parquet"
    with duckdb.connect() as connection:
        for number, path in enumerate((mine, other)):
            name = str(path).replace("'", "''")
            connection.execute(f"COPY (SELECT {number} AS a FROM range(10)) TO '{name}'")

    with connect() as connection:
        info = read_table(connection, "t", mine)
        connection.execute("SET enable_external_access=false")
        connection.execute("SET lock_configuration=true")
        assert info.rows == 10
        assert connection.execute("SELECT sum(a) FROM t").fetchall() == [(0,)]
        with pytest.raises(duckdb.PermissionException):
            connection.execute(f"SELECT * FROM '{other}'")
        with pytest.raises(duckdb.PermissionException):
            connection.execute("SELECT * FROM glob('/etc/*')")


def test_what_does_not_fit_into_memory_spills_and_leaves_nothing() -> None:
    with connect() as connection:
        folder = folder_of(connection)
        rows = 1_000_000
        connection.execute("SET memory_limit='100MB'")
        # sorted rows of 100 bytes: more than the memory that a connection has
        found = connection.execute(
            f"SELECT count(*), max(place) FROM (SELECT row_number() OVER (ORDER BY text) AS place FROM "
            f"(SELECT md5(i::VARCHAR) || repeat('x', 70) AS text FROM range({rows}) t(i)))"
        ).fetchall()
        assert found == [(rows, rows)]
    assert not folder.exists()


def test_a_frame_of_chosen_columns_and_rows(orders: tuple[Path, int]) -> None:
    path, rows = orders
    with open_table("orders.csv", path) as table:
        frame = table.frame(["order_id"], [Filter("units", "=", 1)])

    assert frame["order_id"].tolist() == list(range(0, rows, 9))


@pytest.mark.parametrize("cut", [False, True])
def test_a_parquet_file_that_is_damaged_inside_is_named_without_its_folder(tmp_path: Path, cut: bool) -> None:
    path = tmp_path / "orders.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT i, md5(i::VARCHAR) AS t FROM range(50000) t(i)) TO '{path}'")
    content = bytearray(path.read_bytes())
    if cut:
        content = content[: len(content) // 2] + content[-3000:]
    else:
        middle = slice(len(content) // 2, len(content) // 2 + 2000)
        content[middle] = bytes(byte ^ 0xFF for byte in content[middle])
    path.write_bytes(content)

    for ask in (
        lambda: run_query("SELECT sum(length(t)) FROM orders", {"orders": path}),
        lambda: load_frame(path),
    ):
        with pytest.raises(ValueError, match=r"^orders\.parquet is damaged") as caught:
            ask()
        assert str(tmp_path) not in str(caught.value)
