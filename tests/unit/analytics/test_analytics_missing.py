"""Missing values, wherever they are from, are the same to every figure; and can be asked for."""

from collections.abc import Generator
from pathlib import Path

import pandas as pd
import pytest

from graphs.analytics.graph import graph
from graphs.analytics.tables.aggregate import open_table
from graphs.analytics.tables.conditions import describe_conditions, parse_conditions
from graphs.analytics.tables.selection import Selection
from graphs.analytics.tables.sql import run_query
from graphs.analytics.tables.statements import Filter
from tests.support.conversation import Conversation
from tests.support.kit_environment import clean_kit_environment

ORDERS = """order_id,customer_id,revenue,region
1,10,5.5,North
2,,7.25,South
3,11,,North
4,,1,
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    (tmp_path / "orders.csv").write_text(ORDERS)
    return tmp_path / "orders.csv"


@pytest.fixture
def with_nan(tmp_path: Path) -> Path:
    """Parquet in which a missing number is NaN: Arrow keeps it apart from null, and so do some writers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"kind": ["a", "a", "b"], "value": pa.array([1.0, float("nan"), 4.0], pa.float64())})
    pq.write_table(table, tmp_path / "nan.parquet")
    return tmp_path / "nan.parquet"


@pytest.mark.parametrize(
    ("statistic", "value"), [("sum", 5.0), ("mean", 2.5), ("median", 2.5), ("min", 1.0), ("max", 4.0)]
)
def test_nan_in_parquet_is_missing_in_every_statistic(with_nan: Path, statistic: str, value: float) -> None:
    with open_table("nan.parquet", with_nan) as table:
        result = table.aggregate(statistic, ["value"], Selection())

    assert result.rows == ((value,),)
    assert result.missing == (1,)


def test_nan_in_parquet_is_missing_in_sql_and_in_frames(with_nan: Path) -> None:
    assert run_query("SELECT count(value), sum(value) FROM t", {"t": with_nan}).rows == ((2, 5.0),)
    with open_table("nan.parquet", with_nan) as table:
        assert table.frame(filters=parse_conditions("value is null")).kind.tolist() == ["a"]


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("customer_id is null", Filter("customer_id", "is null", None)),
        ("customer_id IS NOT NULL", Filter("customer_id", "is not null", None)),
        ("'customer id' is missing", Filter("customer id", "is null", None)),
        ("state is 'missing'", Filter("state", "=", "missing")),
    ],
)
def test_a_missing_value_is_a_condition(text: str, condition: Filter) -> None:
    assert parse_conditions(text) == (condition,)


def test_the_conditions_are_described_as_they_are_read() -> None:
    filters = parse_conditions("a is null and b is not null and c >= 1")

    assert describe_conditions(filters) == "a is null and b is not null and c >= 1"
    assert parse_conditions(describe_conditions(filters)) == filters


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("How many orders have no customer_id?", 2),
        ("How many orders without a customer_id?", 2),
        ("Count the orders with a missing customer_id.", 2),
        ("How many rows where customer_id is missing?", 2),
        ("How many rows where customer_id is not missing?", 2),
    ],
)
async def test_rows_without_a_value_are_counted(orders: Path, text: str, rows: int) -> None:
    reply = await Conversation(graph, orders).ask(text)

    assert reply.tools == ("count_rows",)
    assert reply.figures["rows_used"] == rows


async def test_a_total_of_the_rows_without_a_value(orders: Path) -> None:
    reply = await Conversation(graph, orders).ask("Total revenue of orders without a customer_id")

    assert reply.tools == ("aggregate",)
    assert reply.figures["table"] == [{"sum_revenue": pytest.approx(8.25)}]
    assert "2 of 4 rows: customer_id is null" in reply.text


@pytest.mark.parametrize(
    "text",
    [
        "How many missing revenue are there?",
        "How many missing values of revenue are there?",
        "How many revenue values are missing?",
        "how many values are missing in revenue?",
    ],
)
async def test_missing_values_of_a_column_are_counted(orders: Path, text: str) -> None:
    reply = await Conversation(graph, orders).ask(text)

    assert reply.tools == ("count_missing",)
    assert reply.figures["columns"] == [["revenue", 1]]
    assert "revenue is missing in **1** of 4 rows (25.0%)" in reply.text


@pytest.mark.parametrize(
    "text",
    [
        "How many rows have missing values?",
        "How many rows are incomplete?",
        "Number of missing values by column",
    ],
)
async def test_rows_with_any_value_missing_are_counted(orders: Path, text: str) -> None:
    reply = await Conversation(graph, orders).ask(text)

    table = pd.read_csv(orders)
    assert reply.tools == ("count_missing",)
    assert dict(reply.figures["columns"]) == table.isna().sum().to_dict()
    assert reply.figures["incomplete_rows"] == table.isna().any(axis="columns").sum() == 3
    assert "**3 rows** of 4 rows (75.0%) in **orders.csv** have a missing value" in reply.text


def test_nan_in_json_is_missing(tmp_path: Path) -> None:
    # Python's json writes a missing float so
    (tmp_path / "t.json").write_text('[{"x": 1.5}, {"x": NaN}, {"x": null}, {"x": 2.5}]')
    with open_table("t.json", tmp_path / "t.json") as table:
        result = table.aggregate("sum", ["x"], Selection())

    assert (result.rows, result.missing) == (((4.0,),), (2,))
