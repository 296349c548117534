"""Rules and joins as a person asks for them: requests in plain words through the whole graph, no model."""

import csv
import io
from collections.abc import Generator
from pathlib import Path

import pytest

from graphs.analytics.graph import graph
from tests.support.conversation import Conversation
from tests.support.kit_environment import clean_kit_environment

ORDERS = """order_id,customer_id,product,units,ordered
1,10,Tent,2,2024-01-03
2,11,Lamp,0,2024-02-03
2,99,lamp,150,2025-01-01
4,,Rope,5,2024-03-03
"""
CUSTOMERS = "id,name,country\n10,Ann,DE\n11,Bob,FR\n12,Cy,FR\n"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


@pytest.fixture
def conversation(environment: None, tmp_path: Path) -> Conversation:
    files = []
    for name, content in (("orders.csv", ORDERS), ("customers.csv", CUSTOMERS)):
        files.append(tmp_path / name)
        files[-1].write_text(content)
    return Conversation(graph, *files)


def rules(figures: dict) -> dict[str, int]:
    return {each["rule"]: each["failed"] for each in figures["rules"]}


async def test_several_rules_in_one_request(conversation: Conversation) -> None:
    reply = await conversation.ask("Check that order_id is unique and units is between 1 and 100.")

    assert reply.tools == ("validate_table",)
    assert rules(reply.figures) == {"order_id is unique": 2, "units is between 1 and 100": 2}
    assert "**2 of 2 rules are broken**, by 2 of 4 rows of **orders.csv**." in reply.text
    assert "- units is between 1 and 100: broken in row 2 (0), row 3 (150)" in reply.text
    assert "Rows are numbered from 1; the header is not counted" in reply.text
    kept = list(csv.reader(io.StringIO(conversation.artifacts.read("orders-broken-rules.csv").decode())))
    assert kept[0] == ["row", "order_id", "customer_id", "product", "units", "ordered", "broken rules"]
    assert [(row[0], row[-1]) for row in kept[1:]] == [
        ("2", "order_id is unique; units is between 1 and 100"),
        ("3", "order_id is unique; units is between 1 and 100"),
    ]


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        ("Is units always between 1 and 200 in orders.csv?", {"units is between 1 and 200": 1}),
        ("Validate orders.csv: product matches '[A-Z][a-z]+'", {"product matches '[A-Z][a-z]+'": 1}),
        ("Make sure that no value of customer_id in orders.csv is missing.", {"customer_id is not null": 1}),
        (
            "Check that customer_id in orders.csv exists in column id of customers",
            {"customer_id exists in customers.csv.id": 1},
        ),
    ],
)
async def test_one_rule(conversation: Conversation, text: str, failed: dict[str, int]) -> None:
    reply = await conversation.ask(text)

    assert reply.tools == ("validate_table",)
    assert rules(reply.figures) == failed


async def test_a_rule_that_holds_leaves_no_file(conversation: Conversation) -> None:
    reply = await conversation.ask("Check that units is at least 0 in orders.csv")

    assert "**The rule holds** in all 4 rows of **orders.csv**." in reply.text
    assert reply.files == {"orders.csv", "customers.csv"}


async def test_a_column_that_does_not_exist_is_named(conversation: Conversation) -> None:
    reply = await conversation.ask("Check that nosuch is unique in orders.csv")

    assert "there is no column 'nosuch'. The columns are: 'order_id', 'customer_id'" in reply.text


async def test_joins_are_suggested_and_their_sql_runs(conversation: Conversation) -> None:
    reply = await conversation.ask("How can I join orders.csv and customers.csv?")

    assert reply.tools == ("suggest_joins",)
    (join,) = reply.figures["joins"]
    assert "**orders.customer_id = customers.id** (1:1): 2 of 3 rows of orders find a partner" in reply.text
    assert join["rows"] == 2
    joined = await conversation.ask(join["sql"])
    assert joined.figures["rows"] == 2


async def test_what_a_tool_made_is_no_table_to_join(conversation: Conversation) -> None:
    await conversation.ask("Check that customer_id is unique in orders.csv")
    await conversation.ask("Check that customer_id is between 100 and 200 in orders.csv")
    reply = await conversation.ask("Suggest joins.")

    assert {each["file"] for each in reply.figures["tables"]} == {"orders.csv", "customers.csv"}
    assert "Left out, as results of tools: orders-broken-rules" in reply.text
