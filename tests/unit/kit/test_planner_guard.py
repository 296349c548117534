"""The planner asks about words that its tools can't know, instead of answering without them."""

import pytest

from graphs.kit.planner.prose import foreign_files
from tests.support.planner_tables import SALES, TABLES_TEAM
from tests.support.planner_talk import Talk


def _tables() -> Talk:
    return Talk(files={"sales.csv": SALES}, team=TABLES_TEAM)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Total revenue for tents", "tents"),
        ("Total revenue by region excluding tents", "tents"),
        ("Total revenue in euros by region", "euros"),
        ("Total revenue last month", "last month"),
        ("Total normalised revenue by region", "normalised"),
        ("Total revenue by region without units", "without units"),
        ("One-sided sample size for a difference of 3 and SD 5", "One-sided"),
        ("Paired sample size for a difference of 3 and SD 5", "Paired"),
    ],
)
def test_words_that_the_tool_cannot_know_are_asked_about(text: str, word: str) -> None:
    talk = _tables()
    assert talk.say(text) == []
    assert talk.answer.startswith(f"I don't know what “{word}” stand")
    assert "so I did not run" in talk.answer
    assert "Ask without it, or name a column, a file or an option that I have." in talk.answer


def test_rephrased_request_is_a_new_one() -> None:
    talk = _tables()
    assert talk.say("Total revenue for tents by region") == []
    assert talk.say("Total revenue by region") == [
        ("sum_up", {"file": "sales.csv", "groups": ["region"], "measures": ["revenue"]})
    ]


def test_words_of_a_condition_are_known() -> None:
    calls = _tables().say("Total revenue where region is north")
    assert [name for name, _ in calls] == ["sum_up"]
    assert calls[0][1]["where"] == "region is north"


@pytest.mark.parametrize(
    "text",
    [
        "Hi, could you please quickly tell me the total revenue by region in my table today? Thanks",
        "I need to know the total revenue by region",
        "Totals of revenue per region, please",
    ],
)
def test_polite_words_and_slips_are_no_obstacle(text: str) -> None:
    assert [name for name, _ in _tables().say(text)] == ["sum_up"]


def test_slip_in_a_keyword_is_known() -> None:
    assert [name for name, _ in _tables().say("Regresion of revenue on units")] == ["regress"]


def test_what_waits_for_a_request_that_was_not_run_is_named() -> None:
    talk = _tables()
    assert talk.say("Total revenue by region for tents. How many rows are there?") == []
    assert "Not done because of this: “How many rows are there?" in talk.answer


def test_only_the_file_itself_is_deleted() -> None:
    talk = _tables()
    assert talk.say("Delete duplicates in sales.csv") == []
    assert "“duplicates”" in talk.answer
    assert talk.say("Delete the file sales.csv") == [("delete_file", {"file": "sales.csv"})]


@pytest.mark.parametrize("name", ["gear.step", "plan.mpp", "paint.xls", "GEAR.STEP"])
def test_file_of_any_kind_that_is_missing_is_not_replaced(name: str) -> None:
    talk = _tables()
    assert talk.say(f"Total revenue by region in {name}") == []
    assert talk.answer.startswith(f"There is no file {name!r} in this session.")


@pytest.mark.parametrize(
    "text",
    ["0.4mm layers", "20x20x2.5mm", "e.g. this", "i.e. that", "this vs. those", "v1.2.3", "the mesh.Then"],
)
def test_figures_versions_and_abbreviations_are_no_files(text: str) -> None:
    assert foreign_files(text, []) == []


def test_name_of_a_column_alone_does_not_repeat_the_last_tool() -> None:
    talk = _tables()
    assert talk.say("Total revenue by region") != []
    assert talk.say("forecast revenue") == []
    assert talk.say("revenue") == []


def test_another_request_is_no_reply() -> None:
    talk = _tables()
    assert talk.say("Sample size for a difference of 3") == []
    assert talk.answer.startswith("What is the sd")
    assert [name for name, _ in talk.say("count the rows of sales.csv")] == ["count_rows"]


def test_figure_that_counts_things_is_no_value() -> None:
    talk = _tables()
    assert talk.say("Sample size, difference 4, 3 arms") == []
    assert talk.answer.startswith("What is the sd")


def test_what_was_not_used_is_said_before_the_result() -> None:
    talk = _tables()
    talk.say("Total revenue by region in sales.csv and paint.xls")
    assert talk.answer.index("I had no use for “paint.xls”") < talk.answer.index("<sum_up>")
