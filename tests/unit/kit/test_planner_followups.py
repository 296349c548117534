"""What follows a request about a table: a few words change it or narrow it, or another tool goes on."""

from typing import Annotated, Any, Literal

import pytest

from graphs.kit.arguments import choice_argument
from graphs.kit.planner.carrying import carried
from graphs.kit.planner.declarations import profiles_of_team
from graphs.kit.planner.files import Desk
from graphs.kit.planner.spans import written_spans
from graphs.kit.state import Artifact
from graphs.kit.subagent import SubAgent
from graphs.kit.tool import Answer, Session, agent_tool
from tests.support.planner_tables import PLAN, SALES, TABLES_TEAM
from tests.support.planner_talk import Call, Talk
from tests.support.planner_team import artifact

BY_REGION = {"file": "sales.csv", "measures": ["revenue"], "groups": ["region"]}
COUNTED = {"file": "sales.csv"}


@agent_tool(
    keywords=("keep the last answer",),
    examples=("Keep the last answer.",),
    of_answer=("keep", "store", "as csv"),
)
def keep_answer(
    session: Session,
    format: Annotated[  # noqa: A002 (what people call it)
        Literal["csv", "xlsx"], choice_argument("The type of file.", xlsx=("excel",))
    ] = "csv",
) -> Answer:
    """Keep the last answer as a file."""
    return Answer(format)


WITH_ANSWERS = (*TABLES_TEAM, SubAgent("answers", "Keeps answers.", "You keep answers.", (keep_answer,)))


def told(*texts: str, file: Artifact = SALES) -> list[Call]:
    """The calls that the last of the messages leads to."""
    talk = Talk(files={file["name"]: file}, team=TABLES_TEAM)
    for text in texts[:-1]:
        assert talk.say(text), talk.answer
    return talk.say(texts[-1])


FOLLOWING: dict[tuple[str, ...], Call] = {
    ("Total revenue by region", "only 2024"): ("sum_up", {**BY_REGION, "year": 2024}),
    ("Total revenue by region in 2024", "by month"): (
        "sum_up",
        {**BY_REGION, "year": 2024, "bucket": "month"},
    ),
    ("Total revenue by region in 2024", "and units?"): (
        "sum_up",
        {**BY_REGION, "year": 2024, "measures": ["units"]},
    ),
    ("Total revenue by region", "in march 2024"): (
        "sum_up",
        {**BY_REGION, "where": "date >= 2024-03-01 and date < 2024-04-01"},
    ),
    # a time takes the place of another one, a condition on another column comes beside it
    ("Total revenue by region in 2024", "in march 2025"): (
        "sum_up",
        {**BY_REGION, "where": "date >= 2025-03-01 and date < 2025-04-01"},
    ),
    ("Total revenue by region where units > 5", "since Q2 2024", "only 2025"): (
        "sum_up",
        {**BY_REGION, "where": "units > 5", "year": 2025},
    ),
    ("Total revenue by region where units > 5", "since Q2 2024"): (
        "sum_up",
        {**BY_REGION, "where": "units > 5 and date >= 2024-04-01"},
    ),
    ("Total revenue by region where units > 5", "now units above 10"): (
        "sum_up",
        {**BY_REGION, "where": "units > 10"},
    ),
    ("Count the rows by region", "only 2024", "now by month"): (
        "count_rows",
        {**COUNTED, "groups": ["region"], "year": 2024, "bucket": "month"},
    ),
    # another tool takes over what it has a place for
    ("Total revenue by month in 2024", "plot it"): (
        "draw_lines",
        {"file": "sales.csv", "measures": ["revenue"], "year": 2024, "bucket": "month"},
    ),
    ("Total revenue by region where units > 5", "as a line chart"): (
        "draw_lines",
        {"file": "sales.csv", "measures": ["revenue"], "along": "region", "where": "units > 5"},
    ),
    # a bare year is one of which only rows are meant, and takes the place of another
    ("Total revenue by region", "and 2024?"): ("sum_up", {**BY_REGION, "year": 2024}),
    ("Total revenue by region in 2024", "and 2025?"): ("sum_up", {**BY_REGION, "year": 2025}),
    # what the last one changed is taken back, and all conditions are
    ("Total revenue by region", "now by month", "only 2024", "undo that"): (
        "sum_up",
        {**BY_REGION, "bucket": "month"},
    ),
    ("Total revenue by region", "now by month", "only 2024", "undo that", "undo that, please"): (
        "sum_up",
        BY_REGION,
    ),
    ("Total revenue by region in 2024", "only units above 5", "forget the filter"): ("sum_up", BY_REGION),
    ("Total revenue by region in 2024", "without any filters"): ("sum_up", BY_REGION),
    # the means that a question names take its place
    ("Total revenue by region", "Compare that. Use a regression."): (
        "regress",
        {"file": "sales.csv", "response": "revenue"},
    ),
}

STANDING_ALONE: dict[tuple[str, ...], Call] = {
    ("Total revenue by region in 2024", "Total units"): (
        "sum_up",
        {"file": "sales.csv", "measures": ["units"]},
    ),
    ("Total revenue by region in 2024", "How many rows are there?"): ("count_rows", COUNTED),
    ("Total revenue by region in 2024", "Plot units by date"): (
        "draw_lines",
        {"file": "sales.csv", "measures": ["units"], "along": "date"},
    ),
    ("Total revenue by region in 2024", "total units per month in 2025"): (
        "sum_up",
        {"file": "sales.csv", "measures": ["units"], "bucket": "month", "year": 2025},
    ),
    ("Plot revenue by date in 2024", "mean units by region"): (
        "sum_up",
        {"file": "sales.csv", "measures": ["units"], "groups": ["region"]},
    ),
}

REFUSED: dict[tuple[str, ...], str] = {
    ("Total revenue by region", "Regress revenue on units", "only 2024"): "“2024” changes in the last "
    "answer, which is of regress with file sales.csv, response revenue, predictors units.",
    ("Total revenue by region", "Regress revenue on units", "now by region"): "“region” changes in the last",
    ("Count the rows by region", "Simulate plan.csv 10 times", "now by region"): "simulate plan",
}


@pytest.mark.parametrize("texts", FOLLOWING, ids=" / ".join)
def test_a_few_words_change_what_was_asked(texts: tuple[str, ...]) -> None:
    assert told(*texts) == [FOLLOWING[texts]]


@pytest.mark.parametrize("texts", STANDING_ALONE, ids=" / ".join)
def test_a_whole_request_keeps_nothing(texts: tuple[str, ...]) -> None:
    assert told(*texts) == [STANDING_ALONE[texts]]


@pytest.mark.parametrize("texts", REFUSED, ids=" / ".join)
def test_no_older_answer_is_changed_than_the_last(texts: tuple[str, ...]) -> None:
    talk = Talk(files={file["name"]: file for file in (SALES, PLAN)}, team=TABLES_TEAM)
    for text in texts[:-1]:
        assert talk.say(text)
    assert talk.say(texts[-1]) == []
    assert REFUSED[texts] in talk.answer


@pytest.mark.parametrize(
    ("text", "said"),
    [("undo that", "There is no answer before"), ("forget the filter", "The last answer has no condition")],
)
def test_nothing_is_taken_back_where_nothing_was_changed(text: str, said: str) -> None:
    talk = Talk(files={"sales.csv": SALES}, team=TABLES_TEAM)
    assert talk.say("Total revenue by region")
    assert talk.say(text) == []
    assert talk.answer.startswith(said)


ON_THE_ANSWER: dict[tuple[str, ...], list[Call]] = {
    ("keep it",): [("keep_answer", {})],
    ("store that table as Excel, please",): [("keep_answer", {"format": "xlsx"})],
    ("as csv",): [("keep_answer", {"format": "csv"})],
    # what changes the answer that was kept is kept again
    ("keep it as Excel", "only 2024"): [
        ("sum_up", {**BY_REGION, "year": 2024}),
        ("keep_answer", {"format": "xlsx"}),
    ],
    # a whole question is not, nor is what another tool goes on with
    ("keep it", "Total units by region"): [("sum_up", {**BY_REGION, "measures": ["units"]})],
    ("keep it", "as a line chart"): [
        ("draw_lines", {"file": "sales.csv", "measures": ["revenue"], "along": "region"})
    ],
}


@pytest.mark.parametrize("texts", ON_THE_ANSWER, ids=" / ".join)
def test_what_is_done_with_the_last_answer(texts: tuple[str, ...]) -> None:
    talk = Talk(files={"sales.csv": SALES}, team=WITH_ANSWERS)
    assert talk.say("Total revenue by region")
    for text in texts[:-1]:
        assert talk.say(text)
    assert talk.say(texts[-1]) == ON_THE_ANSWER[texts]


def test_nothing_is_done_with_an_answer_that_could_not_be_changed() -> None:
    talk = Talk(files={"sales.csv": SALES}, team=WITH_ANSWERS)
    assert talk.say("Total revenue by region")
    assert talk.say("keep it")
    talk.errors["sum_up"] = "Too few rows."
    assert [name for name, _ in talk.say("only 2024")] == ["sum_up"]


def test_a_type_of_file_that_is_not_written_is_asked_about() -> None:
    talk = Talk(files={"sales.csv": SALES}, team=WITH_ANSWERS)
    assert talk.say("Total revenue by region")
    assert talk.say("keep it as parquet") == []
    assert talk.answer == (
        "I can't write 'parquet'. Which format (the type of file)? There are csv and xlsx."
    )
    assert talk.say("csv") == [("keep_answer", {"format": "csv"})]


def test_a_table_that_a_tool_wrote_from_another_is_meant_only_by_name() -> None:
    broken = artifact("broken.csv", row="BIGINT", date="DATE", region="VARCHAR", revenue="DOUBLE")
    talk = Talk(files={"sales.csv": SALES}, team=TABLES_TEAM, made={"regress": "broken.csv"})
    assert talk.say("Regress revenue on units")
    talk.files["broken.csv"] = broken
    assert talk.say("How many rows are there?") == [("count_rows", COUNTED)]
    assert talk.say("How many rows does broken.csv have?")[0][1]["file"] == "broken.csv"


def test_a_few_words_never_change_an_older_answer_than_the_last_question() -> None:
    talk = Talk(files={"sales.csv": SALES}, team=TABLES_TEAM, errors={"regress": "Too few rows."})
    assert talk.say("Total revenue by region")
    assert talk.say("Regress revenue on units")
    assert talk.say("now by month") == []
    assert talk.say("Total revenue of the second best region") == []
    assert talk.say("only 2024") == []
    assert "has no answer" in talk.answer
    assert talk.say("Total revenue by region")
    assert talk.say("only 2024") == [("sum_up", {**BY_REGION, "year": 2024})]


def test_period_in_a_list_of_groups_is_no_request_of_its_own() -> None:
    assert told("Total revenue by region and month") == [("sum_up", {**BY_REGION, "bucket": "month"})]


def test_values_of_columns_narrow_the_rows() -> None:
    shop: Any = artifact("shop.csv", date="DATE", region="VARCHAR", status="VARCHAR", revenue="DOUBLE")
    shop["columns"][1]["values"] = ["North", "South"]
    shop["columns"][2]["values"] = ["paid", "returned"]
    asked = {"file": "shop.csv", "measures": ["revenue"], "groups": ["region"]}

    first = ("Total revenue by region", "without returns")
    assert told(*first, file=shop) == [("sum_up", {**asked, "where": "status != returned"})]
    assert told(*first, "only North", file=shop) == [
        ("sum_up", {**asked, "where": "status != returned and region = North"})
    ]
    assert told("Total revenue by region", "only North", "without North", file=shop) == [
        ("sum_up", {**asked, "where": "region != North"})
    ]
    assert told(*first, "only paid", file=shop) == [("sum_up", {**asked, "where": "status = paid"})]
    assert told(*first, "leave out North", "exclude South", file=shop) == [
        ("sum_up", {**asked, "where": "status != returned and region != North and region != South"})
    ]


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("in March 2024", "2024-03-01", "2024-04-01"),
        ("in december 2024", "2024-12-01", "2025-01-01"),
        ("Sept. 2024", "2024-09-01", "2024-10-01"),
        ("for May, 2024", "2024-05-01", "2024-06-01"),
        ("Q4 2024", "2024-10-01", "2025-01-01"),
        ("in the first quarter of 2024", "2024-01-01", "2024-04-01"),
        ("since june 2024", "2024-06-01", "None"),
        ("after June 2024", "2024-07-01", "None"),
        ("before Q2 2024", "None", "2024-04-01"),
        ("until june 2024", "None", "2024-07-01"),
        ("from January to March 2024", "2024-01-01", "2024-04-01"),
        ("between november 2023 and february 2024", "2023-11-01", "2024-03-01"),
        ("Q1 to Q3 2024", "2024-01-01", "2024-10-01"),
    ],
)
def test_months_and_quarters_are_spans_of_days(text: str, first: str, end: str) -> None:
    before = "Total revenue "
    (span,) = written_spans(before + text + " by region")

    assert (str(span.first), str(span.end)) == (first, end)
    assert (span.start, span.stop) == (len(before), len(before + text))


@pytest.mark.parametrize("text", ["in march", "may 20", "Q5 2024", "marching 2024"])
def test_what_is_no_month_of_a_year_is_no_span(text: str) -> None:
    assert [span for span in written_spans(text) if span.unit != "year"] == []


def test_whole_numbers_that_were_grouped_by_stay_a_key() -> None:
    table = artifact("sales.csv", year="BIGINT", revenue="DOUBLE")
    (tool,) = (each for each in profiles_of_team(TABLES_TEAM) if each.name == "draw_lines")
    earlier = {"file": "sales.csv", "measures": ["revenue"], "groups": ["year"]}
    given = carried(tool, earlier, Desk({"sales.csv": table}))
    assert given == {"file": "sales.csv", "measures": ["revenue"], "along": "year"}


def test_arguments_stand_in_the_order_of_their_declaration() -> None:
    (call,) = told("Total revenue by region", "only 2024")
    assert list(call[1]) == ["file", "measures", "groups", "year"]
