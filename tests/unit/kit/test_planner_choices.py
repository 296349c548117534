"""Choices whose words overlap, ordinal numbers, columns that dates fit, and lists that are carried."""

from typing import Annotated, Any, Literal

import pytest

from graphs.kit.arguments import choice_argument, column_argument, file_argument, quantity
from graphs.kit.planner.carrying import carried
from graphs.kit.planner.declarations import ToolProfile, profile
from graphs.kit.planner.files import Desk, files_named
from graphs.kit.planner.filling import fill
from graphs.kit.state import Artifact, Column
from graphs.kit.tool import Answer, Session, agent_tool

COLUMNS = [
    Column(name="day", type="DATE"),
    Column(name="shop", type="VARCHAR"),
    Column(name="units", type="INTEGER"),
    Column(name="customer_id", type="INTEGER"),
]
TABLES = {
    name: Artifact(name=name, media_type="text/csv", size=1, sha256=name, columns=COLUMNS)
    for name in ("sales.csv", "customers.csv")
}
DESK = Desk({"sales.csv": TABLES["sales.csv"]})


@agent_tool(keywords=("smooth",), examples=("Smooth units.",))
def smooth(
    session: Session,
    file: Annotated[str, file_argument("The table.", ".csv")],
    method: Annotated[
        Literal["none", "moving_average"], choice_argument("How.", moving_average=("rolling mean",))
    ] = "none",
    statistic: Annotated[
        list[Literal["mean", "sum", "last"]] | None,
        choice_argument("Of what.", not_by_name=("last",), mean=("average",), last=("latest",)),
    ] = None,
    percentiles: Annotated[list[float] | None, quantity("Which.", "th", cues=("percentile",))] = None,
    along: Annotated[str | None, column_argument("The dates.", cues=("by",), dates=True)] = None,
    group: Annotated[str | None, column_argument("The groups.", cues=("by",), dates=False)] = None,
) -> Answer:
    """Smooth a column."""
    return Answer(file)


@agent_tool(keywords=("show",), examples=("Show units.",))
def show(
    session: Session,
    file: Annotated[str, file_argument("The table.", ".csv")],
    statistic: Annotated[Literal["mean", "sum"] | None, choice_argument("Of what.")] = None,
) -> Answer:
    """Show a column."""
    return Answer(file)


TOOL: ToolProfile = profile(smooth, "")


def values(text: str) -> dict[str, Any]:
    return fill(TOOL, text, DESK, {}).values


@pytest.mark.parametrize(
    ("text", "method", "statistic"),
    [
        ("smooth with a moving average", "moving_average", None),
        ("smooth with a rolling mean", "moving_average", None),
        ("smooth the average with a rolling mean", "moving_average", ["mean"]),
        ("smooth the average", None, ["mean"]),
        ("smooth the last of them", None, None),
        ("smooth the latest and the sum", None, ["last", "sum"]),
        ("First, smooth the sum", None, ["sum"]),
    ],
)
def test_word_inside_the_longer_name_of_another_option_chooses_nothing(
    text: str, method: str | None, statistic: list[str] | None
) -> None:
    found = values(text)

    assert (found.get("method"), found.get("statistic")) == (method, statistic)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("smooth the 90th percentile", [90.0]),
        ("smooth the 25th and 75th percentile", [25.0, 75.0]),
        ("smooth the 1st percentile", [1.0]),
        ("smooth percentile 2.5", [2.5]),
    ],
)
def test_ordinal_numbers_are_figures_where_one_is_wanted(text: str, wanted: list[float]) -> None:
    assert values(text)["percentiles"] == wanted


def test_columns_of_dates_go_where_they_fit() -> None:
    assert (values("smooth by day").get("along"), values("smooth by day").get("group")) == ("day", None)
    assert (values("smooth by shop").get("along"), values("smooth by shop").get("group")) == (None, "shop")


def test_one_choice_is_carried_from_and_to_a_list() -> None:
    assert carried(TOOL, {"file": "sales.csv", "statistic": "mean"}, DESK)["statistic"] == ["mean"]
    one = profile(show, "")
    assert carried(one, {"file": "sales.csv", "statistic": ["sum"]}, DESK)["statistic"] == "sum"
    assert "statistic" not in carried(one, {"file": "sales.csv", "statistic": ["sum", "mean"]}, DESK)


def test_column_that_begins_like_a_file_names_no_file() -> None:
    assert files_named("cohorts by customer_id in sales.csv", Desk(TABLES)) == ["sales.csv"]
    assert files_named("how many customers are in sales.csv", Desk(TABLES)) == ["sales.csv", "customers.csv"]
