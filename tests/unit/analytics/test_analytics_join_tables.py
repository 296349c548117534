"""Two tables joined, and rows without a partner, as a person asks for them.

Figures are compared with those that pandas gives for the same files.
"""

from collections.abc import Generator
from pathlib import Path

import pandas as pd
import pytest

from graphs.analytics.graph import graph
from graphs.analytics.tables.join import Join, Key, measure_join, parse_keys, rows_without_partner, write_join
from graphs.kit.tables.load import connect, load_frame, read_table
from tests.support.conversation import Conversation
from tests.support.kit_environment import clean_kit_environment

ORDERS = pd.DataFrame(
    {
        "order_id": range(1, 9),
        "customer_id": pd.array([1, 1, 2, 3, 3, 9, None, 2], "Int64"),
        "revenue": [10.0, 20.5, 30.0, 40.0, 50.25, 60.0, 70.0, 80.0],
        "note": list("abcdefgh"),
    }
)
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": [1, 2, 3, 4, 5],
        "segment": ["Retail", "Trade", "Retail", "Trade", "Online"],
        "note": list("vwxyz"),
    }
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


@pytest.fixture
def conversation(environment: None, tmp_path: Path) -> Conversation:
    files = [tmp_path / "orders.csv", tmp_path / "customers.csv"]
    for file, frame in zip(files, (ORDERS, CUSTOMERS), strict=True):
        frame.to_csv(file, index=False)
    return Conversation(graph, *files)


def measured(left: pd.DataFrame, right: pd.DataFrame, *keys: Key, target: Path | None = None) -> Join:
    with connect() as connection:
        infos = [read_table(connection, name, frame) for name, frame in (("l", left), ("r", right))]
        join = measure_join(connection, *infos, keys)
        if target:
            write_join(connection, join, "inner", target)
        return join


def saved(conversation: Conversation, name: str, folder: Path) -> pd.DataFrame:
    (folder / name).write_bytes(conversation.artifacts.read(name))
    return load_frame(folder / name)


@pytest.mark.parametrize("kind", ["inner", "left"])
async def test_a_join_has_the_rows_of_pandas_merge(
    conversation: Conversation, tmp_path: Path, kind: str
) -> None:
    lead = "Left join" if kind == "left" else "Join"
    reply = await conversation.ask(f"{lead} orders and customers on customer_id")

    merged = ORDERS.merge(CUSTOMERS, on="customer_id", how=kind)
    table = saved(conversation, "orders_customers.parquet", tmp_path)
    assert reply.tools == ("join_tables",)
    assert len(table) == len(merged) == reply.figures["rows"]
    assert table.revenue.sum() == merged.revenue.sum()
    assert table.segment.value_counts().to_dict() == merged.segment.value_counts().to_dict()
    assert list(table.columns) == [*ORDERS.columns, "segment", "note_customers"]
    assert "Of **orders.csv** 6 of 8 rows find a partner" in reply.text
    assert "(1 without a key)" in reply.text
    assert "Of **customers.csv** 3 of 5 rows find a partner; the other 2 rows are left out" in reply.text
    assert "**orders.csv** repeats the same customer_id" in reply.text
    assert "note is note_customers" in reply.text


async def test_a_question_goes_on_with_the_joined_table(conversation: Conversation) -> None:
    reply = await conversation.ask(
        "Join orders and customers on customer_id and give total revenue by segment"
    )

    totals = ORDERS.merge(CUSTOMERS, on="customer_id").groupby("segment").revenue.sum()
    assert reply.tools == ("join_tables", "aggregate")
    assert {row["segment"]: row["sum_revenue"] for row in reply.figures["table"]} == totals.to_dict()
    again = await conversation.ask("Total revenue by segment")
    assert again.figures["table"] == reply.figures["table"]


@pytest.mark.parametrize(
    "text", ["Total revenue by segment", "Total revenue for Retail", "Draw a bar chart of revenue by segment"]
)
async def test_columns_of_two_tables_are_refused_with_the_sentence_to_say(
    conversation: Conversation, text: str
) -> None:
    reply = await conversation.ask(text)

    assert not reply.tools
    assert "segment is in customers.csv" in reply.text
    assert "revenue is in orders.csv" in reply.text
    assert "on customer_id”" in reply.text


async def test_things_are_counted_in_the_table_that_has_their_groups(conversation: Conversation) -> None:
    reply = await conversation.ask("How many orders per segment?")

    assert not reply.tools
    assert "segment is in customers.csv. First say “Join orders and customers on customer_id”" in reply.text
    await conversation.ask("Join orders and customers on customer_id")
    again = await conversation.ask("How many orders per segment?")
    assert again.tools == ("count_rows",)
    assert "**orders_customers.parquet** (all 6 rows)" in again.text
    assert again.figures["rows_used"] == 6
    counted = await conversation.ask("How many orders per segment in orders_customers.parquet?")
    assert counted.tools == ("count_rows",)
    assert counted.figures["rows_used"] == 6


async def test_columns_of_one_table_need_no_join(conversation: Conversation) -> None:
    reply = await conversation.ask("Number of customers by segment")

    assert reply.tools == ("count_rows",)
    assert reply.figures["rows_used"] == len(CUSTOMERS)


@pytest.mark.parametrize(
    "text",
    [
        "Which customers never ordered?",
        "Customers without orders",
        "Which customers have no orders?",
        "Rows in customers.csv that are not in orders.csv",
    ],
)
async def test_rows_without_a_partner(conversation: Conversation, text: str) -> None:
    reply = await conversation.ask(text)

    alone = CUSTOMERS[~CUSTOMERS.customer_id.isin(ORDERS.customer_id.dropna())]
    assert reply.tools == ("find_unmatched",)
    assert reply.figures["left"] == {"matched": 3, "unmatched": len(alone)}
    assert [row["customer_id"] for row in reply.figures["table"]] == alone.customer_id.tolist()


async def test_rows_without_a_key_have_no_partner_either(conversation: Conversation) -> None:
    reply = await conversation.ask("How many orders have no matching customer?")

    assert reply.figures["left"]["unmatched"] == (~ORDERS.customer_id.isin(CUSTOMERS.customer_id)).sum() == 2
    assert "Without a value in customer_id: 1 of these" in reply.text


async def test_a_key_that_a_table_lacks_is_refused_with_its_columns(conversation: Conversation) -> None:
    reply = await conversation.ask("Join orders and customers on order_id")

    assert "'customers' has no column 'order_id' to join on. Its columns are: 'customer_id'" in reply.text
    assert "orders_customers.parquet" not in reply.files


async def test_the_tables_of_the_session_are_listed(conversation: Conversation) -> None:
    reply = await conversation.ask("Which tables do I have?")

    assert reply.tools == ("list_tables",)
    assert [(each["file"], each["rows"]) for each in reply.figures["tables"]] == [
        ("customers.csv", 5),
        ("orders.csv", 8),
    ]
    assert "database" not in reply.text


def test_two_keys_are_compared_together() -> None:
    left = pd.DataFrame({"firm": list("aabb"), "year": [1, 2, 1, 2], "x": [1, 2, 3, 4]})
    right = pd.DataFrame({"name": list("abb"), "jahr": [1, 1, 1], "y": [1, 2, 3]})

    join = measured(left, right, Key("firm", "name"), Key("year", "jahr"))

    merged = left.merge(right, left_on=["firm", "year"], right_on=["name", "jahr"])
    assert (join.pairs, join.left.matched, join.right.matched) == (len(merged), 2, 3)
    assert (join.left.repeats, join.right.repeats) == (False, True)


def test_a_join_that_would_explode_is_refused(tmp_path: Path) -> None:
    same = pd.DataFrame({"k": [1] * 1000})

    with pytest.raises(ValueError, match=r"would become 1,000,000, since both tables repeat the same keys"):
        measured(same, same, Key("k", "k"), target=tmp_path / "t.parquet")
    assert not (tmp_path / "t.parquet").exists()


def test_keys_that_share_no_value_or_are_of_other_kinds_are_refused(tmp_path: Path) -> None:
    numbers, texts = pd.DataFrame({"k": [1, 2]}), pd.DataFrame({"k": ["a", "b"]})

    with pytest.raises(ValueError, match="No value of k stands in both 'l' and 'r'"):
        measured(numbers, numbers + 5, Key("k", "k"), target=tmp_path / "t.parquet")
    with pytest.raises(ValueError, match=r"holds BIGINT and 'k' of 'r' VARCHAR, which can't be equal"):
        measured(numbers, texts, Key("k", "k"))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("customer_id", [("customer_id", "customer_id")]),
        ("CUSTOMER_ID", [("customer_id", "customer_id")]),
        ("orders.customer_id = customers.customer_id", [("customer_id", "customer_id")]),
        ("customers.segment = orders.note", [("note", "segment")]),
        ("note = segment and customer_id", [("note", "segment"), ("customer_id", "customer_id")]),
    ],
)
def test_keys_are_read_from_words(text: str, keys: list[tuple[str, str]]) -> None:
    with connect() as connection:
        infos = [
            read_table(connection, name, frame)
            for name, frame in (("orders", ORDERS), ("customers", CUSTOMERS))
        ]

    assert [(key.left, key.right) for key in parse_keys(text, *infos)] == keys


def test_the_rows_without_a_partner_are_as_many_as_were_counted() -> None:
    with connect() as connection:
        infos = [read_table(connection, n, f) for n, f in (("orders", ORDERS), ("customers", CUSTOMERS))]
        join = measure_join(connection, *infos, [Key("customer_id", "customer_id")])
        found = rows_without_partner(connection, join, 100)
        first = rows_without_partner(connection, join, 1)

    assert len(found.rows) == join.left.unmatched == 2
    assert len(first.rows) == 1
