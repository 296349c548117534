"""The planner runs no tool when words that would change the answer are not heard."""

from typing import Any

import pytest

from graphs.kit.planner.conditions import find_conditions
from graphs.kit.planner.values import value_mentions
from graphs.kit.state import Column
from tests.support.planner_tables import TABLES_TEAM
from tests.support.planner_talk import Talk
from tests.support.planner_team import artifact

ORDERS = [
    Column(name="customer_id", type="BIGINT"),
    Column(name="age", type="BIGINT"),
    Column(name="channel", type="VARCHAR", values=["phone", "store", "web"]),
    Column(name="date", type="DATE"),
]


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("how many are not from web", "channel != web"),
        ("all but web", "channel != web"),
        ("except phone and store", "channel != phone and channel != store"),
        ("neither phone nor store", "channel != phone and channel != store"),
        ("where the channel isn't web", "channel != web"),
        ("excluding channel = web", "channel != web"),
        ("excluding age above 50", "age <= 50"),
        ("age not over 50", "age <= 50"),
        ("people over 50", "age > 50"),
        ("older than 50", "age > 50"),
        ("for customer 29", "customer_id = 29"),
        ("customers 29 and 30", "customer_id in (29, 30)"),
        ("over 1000", ""),
        ("excluding 2022", ""),
        ("not in 2022", ""),
    ],
)
def test_conditions_are_never_turned_round(text: str, conditions: str) -> None:
    assert find_conditions(text, ORDERS).text == conditions


@pytest.mark.parametrize(("text", "values"), [("from Köln", ["Köln"]), ("from köln", [" köln", "Köln"])])
def test_exact_spelling_of_a_value_wins(text: str, values: list[str]) -> None:
    column = Column(name="city", type="VARCHAR", values=[" köln", "Köln"])
    assert sorted(each.value for each in value_mentions(text, [column])) == values


def _talk(**columns: Any) -> Talk:
    table = artifact("sales.csv", **{"date": "DATE", "region": "VARCHAR", **columns})
    return Talk(files={"sales.csv": table}, team=TABLES_TEAM)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Total revenue by region over 1000", "1000"),
        ("Total revenue by region excluding 2022", "excluding"),
        ("Total revenue not in 2022", "not"),
        ("Running total of revenue", "Running"),
        ("Total revenue by region and when", "and when"),
        ("Total revenue of the second best region", "second best"),
    ],
)
def test_what_is_not_heard_is_named(text: str, word: str) -> None:
    talk = _talk(revenue="DOUBLE")
    assert talk.say(text) == []
    assert f"“{word}”" in talk.answer


def test_identifier_is_no_measure_unless_it_is_named() -> None:
    talk = _talk(customer_id="BIGINT")
    assert talk.say("Total revenue by region") == []
    assert "There is no column 'revenue'." in talk.answer
    (call,) = _talk(customer_id="BIGINT").say("Total of customer_id by region")
    assert call[1]["measures"] == ["customer_id"]


def test_name_that_looks_like_the_word_is_suggested() -> None:
    talk = _talk(revenue="DOUBLE", discount="DOUBLE")
    assert talk.say("Total revenue for discuont") == []
    assert "Did you mean 'discount'?" in talk.answer


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("for channel not in (web, phone)", "channel not in (web, phone)"),
        ("where age > 30 and channel not in (web)", "age > 30 and channel not in (web)"),
        ("not channel in (web, phone)", "channel not in (web, phone)"),
        ("customers over 65", "age > 65"),
        ("with fewer than 5 age", "age < 5"),
        ("orders with no age", ""),
        ("with a total age above 200", ""),
    ],
)
def test_conditions_of_lists_and_amounts(text: str, conditions: str) -> None:
    columns = [
        Column(name="customer_id", type="BIGINT"),
        Column(name="age", type="BIGINT"),
        Column(name="channel", type="VARCHAR", values=["phone", "store", "web"]),
    ]
    assert find_conditions(text, columns).text == conditions


def test_periods_are_of_the_column_that_is_named_for_them() -> None:
    columns = [*ORDERS, Column(name="shipped", type="DATE")]
    assert find_conditions("since June 2024", columns).text == ""
    assert find_conditions("since June 2024", columns, dated_by="shipped").text == "shipped >= 2024-06-01"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Total revenue by region in any year but 2022", "2022"),
        ("Total revenue not in 2022 by region", "2022"),
        ("Total revenue / discount by region", "revenue / discount"),
        ("Total revenue minus discount by region", "minus"),
        ("Total revenue and p90 by region", "p90"),
        ("Total revenue on mondays", "mondays"),
        ("Why is the total revenue by region low", "Why"),
        ("Total revenue by region with no discount", "with no discount"),
        ("Total revenue by region where discount < 2 or discount > 9", "discount < 2 or discount > 9"),
    ],
)
def test_what_no_argument_takes_is_named(text: str, word: str) -> None:
    talk = _talk(revenue="DOUBLE", discount="DOUBLE")
    assert talk.say(text) == []
    assert f"“{word}”" in talk.answer


def test_column_of_a_tool_is_asked_for_without_offering_identifiers() -> None:
    talk = _talk(customer_id="BIGINT")
    assert talk.say("Total") == []
    assert "customer_id" not in talk.answer
