"""The planner gives no answer to another question than the one asked: what is turned round or counted."""

import pytest

from graphs.kit.planner.conditions import find_conditions
from graphs.kit.planner.likeness import did_you_mean
from graphs.kit.state import Column
from tests.support.planner_tables import TABLES_TEAM
from tests.support.planner_talk import Talk
from tests.support.planner_team import artifact

ORDERS = [
    Column(name="revenue", type="DOUBLE"),
    Column(name="duration", type="DOUBLE"),
    Column(name="region", type="VARCHAR", values=["North", "South"]),
    Column(name="product", type="VARCHAR", values=["Lamp", "Tent"]),
]


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("every region save North", "region != North"),
        ("each region but North", "region != North"),
        ("non-North orders", "region != North"),
        ("duration over 3 months", "duration > 3"),
        # a measure is looked at over three months, and is not more than three
        ("moving average of revenue over 3 months", ""),
        ("revenue over 300", "revenue > 300"),
    ],
)
def test_conditions_say_what_was_said(text: str, conditions: str) -> None:
    assert find_conditions(text, ORDERS).text == conditions


@pytest.mark.parametrize(
    ("text", "either"),
    [
        ("in North or for Tent", ["North or for Tent"]),
        ("where region = North or product = Tent", ["region = North or product = Tent"]),
        ("in North or South, for Tent", []),
        ("in North, and for Tent", []),
    ],
)
def test_one_of_two_conditions_is_not_both(text: str, either: list[str]) -> None:
    assert [text[start:end] for start, end in find_conditions(text, ORDERS).alternatives] == either


def _talk() -> Talk:
    sales = artifact("sales.csv", date="DATE", region="VARCHAR", revenue="DOUBLE", customer_id="BIGINT")
    people = artifact("customers.csv", customer_id="BIGINT", age="BIGINT", country="VARCHAR")
    return Talk(files={file["name"]: file for file in (sales, people)}, team=TABLES_TEAM)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Total revenue of the five biggest regions", "five"),
        ("Total revenue for the last two years", "two years"),
        ("Total revenue by region year to date", "year to date"),
        ("Total revenue by region, ignoring outliers", "outliers"),
        ("Total revenue of non-premium regions", "non"),
    ],
)
def test_what_would_change_the_answer_is_named(text: str, word: str) -> None:
    talk = _talk()
    assert talk.say(text) == []
    assert f"“{word}”" in talk.answer


def test_the_word_for_a_file_may_be_a_column_of_another() -> None:
    ((_, per_customer),) = _talk().say("Total revenue per customer")
    assert per_customer["file"] == "sales.csv"
    assert per_customer["groups"] == ["customer_id"]
    ((_, of_customers),) = _talk().say("Total age of customers")
    assert of_customers["file"] == "customers.csv"


def test_slips_in_names_are_asked_about() -> None:
    talk = _talk()
    talk.say("Total revenue by regoin")
    assert talk.answer.startswith("There is no column 'regoin'. Did you mean 'region'?")
    talk.say("Total revenue by region in slaes.csv")
    assert talk.answer.startswith("There is no file 'slaes.csv' in this session. Did you mean 'sales.csv'?")


@pytest.mark.parametrize(
    ("word", "question"),
    [
        ("meen", " Did you mean 'mean'?"),
        ("REGOIN", " Did you mean 'Region'?"),
        # three letters are like too much, a slip is in no first letter, and a name is no slip
        ("not", ""),
        ("rest", ""),
        ("north", ""),
        ("xylophone", ""),
    ],
)
def test_names_are_suggested_for_slips_only(word: str, question: str) -> None:
    assert did_you_mean([word], ["mean", "Region", "North", "West"]) == question
