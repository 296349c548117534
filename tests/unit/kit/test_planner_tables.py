"""Requests about tables: periods, names of values, files that answers leave, sentences of one request."""

from typing import Any

import pytest

from graphs.kit.state import Artifact
from tests.support.planner_tables import PLAN, SALES, TABLES_TEAM, TRIALS
from tests.support.planner_talk import Call, Talk

REVENUE = {"file": "sales.csv", "measures": ["revenue"]}


def talk(*files: Artifact) -> Talk:
    return Talk(files={file["name"]: file for file in files or (SALES,)}, team=TABLES_TEAM)


@pytest.mark.parametrize(
    "text",
    [
        "Total revenue by region in 2024",
        "Total revenue by region on 5 January 2024",
        "Total revenue by region since 2024-01-05",
        "Total revenue where region = North",
        "Total Revenue By Region In Sales",
        "TOTAL REVENUE FOR EACH REGION",
        "I work for Tentmaker. Total revenue by region",
    ],
)
def test_names_and_dates_that_are_taken_or_say_nothing_stop_no_request(text: str) -> None:
    conversation = talk()
    assert [name for name, _ in conversation.say(text)] == ["sum_up"]
    assert conversation.answer == "<sum_up>"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Total revenue by region for Tent", "“Tent”"),
        ("Total revenue by region in the North", "“North”"),
        ("Total revenue for Tent in New York", "“Tent”, “New York”"),
        ('Total revenue by region for "Tent"', "“Tent”"),
        ("Total revenue in 2022 or 2024 by region", "“2024”"),
        ("Total revenue in Q1 and Q3 2024", "“Q1”, “Q3 2024”"),
        ("Total revenue by region in March", "“March”"),
        ("Total revenue by region in march", "“march”"),
    ],
)
def test_request_for_names_that_nothing_takes_is_not_run(text: str, words: str) -> None:
    conversation = talk()
    assert conversation.say(text) == []
    assert conversation.answer.startswith(f"I don't know what {words} stand")


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("Simulate plan.csv 10 million times", {"runs": 10_000_000}),
        ("Simulate plan.csv 5 thousand times", {"runs": 5000}),
        ("Simulate plan.csv with 2k runs", {"runs": 2000}),
        ("Simulate plan.csv, starting 5 January 2026", {"first_day": "2026-01-05"}),
        ("Simulate plan.csv, starting January 5, 2026", {"first_day": "2026-01-05"}),
    ],
)
def test_large_numbers_and_dates_are_read_whole(text: str, arguments: dict[str, Any]) -> None:
    conversation = talk(PLAN)
    assert conversation.say(text) == [("simulate_plan", {"file": "plan.csv", **arguments})]
    assert conversation.answer == "<simulate_plan>"


@pytest.mark.parametrize(
    "handed", ["", "\n[attached: gehan.csv][attached: endpoints.csv][attached: rossi.csv]"]
)
def test_file_with_most_of_the_named_columns_is_meant(handed: str) -> None:
    assert talk(*TRIALS).say(f"Compare sbp_change by arm.{handed}") == [
        ("compare_arms", {"file": "endpoints.csv", "endpoint": "sbp_change", "arm": "arm"})
    ]


@pytest.mark.parametrize(
    "text",
    ["where the reference is active", "with reference = active", "reference active", "reference: active"],
)
def test_text_after_its_cue_is_the_value_alone(text: str) -> None:
    calls = talk(TRIALS[1]).say(f"Compare sbp_change by arm {text}")
    assert [arguments.get("reference") for _, arguments in calls] == ["active"]


FOLLOWING: dict[str, list[Call]] = {
    "Total revenue by month in sales.csv, then draw it as a line chart": [
        ("sum_up", {**REVENUE, "bucket": "month"}),
        ("draw_lines", {**REVENUE, "bucket": "month"}),
    ],
    "Total revenue by month in 2024 where units > 5. Plot it.": [
        ("sum_up", {**REVENUE, "bucket": "month", "year": 2024, "where": "units > 5"}),
        ("draw_lines", {**REVENUE, "bucket": "month", "year": 2024, "where": "units > 5"}),
    ],
    "Total revenue by region. Then plot units by month": [
        ("sum_up", {**REVENUE, "groups": ["region"]}),
        ("draw_lines", {"file": "sales.csv", "measures": ["units"], "bucket": "month"}),
    ],
}


@pytest.mark.parametrize(("text", "calls"), [pytest.param(*item, id=item[0]) for item in FOLLOWING.items()])
def test_what_it_refers_to_is_taken_over(text: str, calls: list[Call]) -> None:
    assert talk().say(text) == calls


def test_table_that_an_answer_left_does_not_stand_for_the_original() -> None:
    conversation = talk()
    conversation.made = {"sum_up": "sales-result.csv"}
    assert conversation.say("Total revenue by date in sales.csv. How many rows are there?") == [
        ("sum_up", {**REVENUE, "groups": ["date"]}),
        ("count_rows", {"file": "sales.csv"}),
    ]
    assert conversation.say("How many rows are there?") == [("count_rows", {"file": "sales.csv"})]
    assert conversation.say("How many rows has sales-result.csv?") == [
        ("count_rows", {"file": "sales-result.csv"})
    ]


def test_preposition_claims_only_what_follows() -> None:
    assert talk().say("Sum up units by quarter") == [
        ("sum_up", {"file": "sales.csv", "measures": ["units"], "bucket": "quarter"})
    ]


def test_category_before_by_is_what_is_grouped() -> None:
    assert talk().say("Sum the regions by revenue") == [("sum_up", {**REVENUE, "groups": ["region"]})]


def test_word_behind_on_that_is_no_column_is_asked_about() -> None:
    conversation = talk()
    assert conversation.say("Regress revenue on advertising") == []
    assert conversation.answer.startswith(
        "There is no column 'advertising'. Which columns are the predictors"
    )
    assert talk().say("Regress revenue on units") == [
        ("regress", {"file": "sales.csv", "response": "revenue", "predictors": ["units"]})
    ]
    assert talk().say("Regress revenue on all others") == [
        ("regress", {"file": "sales.csv", "response": "revenue"})
    ]


JOINED: dict[str, list[Call]] = {
    "Total revenue by month. The dates are day first.": [
        ("sum_up", {**REVENUE, "bucket": "month", "day_first": True})
    ],
    "The dates are day first. Total revenue by month.": [
        ("sum_up", {**REVENUE, "bucket": "month", "day_first": True})
    ],
    "I want to detect a difference of 5 (SD 10). How many participants at 80% power?": [
        ("plan_trial", {"difference": 5.0, "sd": 10.0, "power": 0.8})
    ],
    "I want to detect a difference of 5 with SD 10. How many participants for a difference of 6 and SD 10?": [
        ("plan_trial", {"difference": 5.0, "sd": 10.0}),
        ("plan_trial", {"difference": 6.0, "sd": 10.0}),
    ],
}


@pytest.mark.parametrize(("text", "calls"), [pytest.param(*item, id=item[0]) for item in JOINED.items()])
def test_sentences_that_belong_together_are_one_request(text: str, calls: list[Call]) -> None:
    assert talk().say(text) == calls
