"""A second team for the planner's tests: tools over tables with options, periods, figures and dates."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from graphs.kit.arguments import choice_argument, column_argument, file_argument, quantity, text_argument
from graphs.kit.subagent import SubAgent
from graphs.kit.tool import Answer, Session, agent_tool
from tests.support.planner_team import TABLE, artifact, told

File = Annotated[str, file_argument("The table.", *TABLE)]
Groups = Annotated[
    list[str] | None, column_argument("What to group by.", cues=("by", "per", "each"), many=True)
]
Bucket = Annotated[
    Literal["month", "quarter"] | None,
    choice_argument("Group by this period.", month=("monthly",), quarter=("quarterly",)),
]
Where = Annotated[str | None, text_argument("Keep only these rows.", cues=("where",))]
Year = Annotated[
    int | None, quantity("Keep only this year.", cues=("in", "for", "only", "year"), ge=1000, le=2999)
]
START: dict[str, JsonValue] = {"kind": "date", "cues": ["starting"]}
DayFirst = Annotated[bool | None, Field(description="Whether 03/04/2024 is 3 April.")]


@agent_tool(keywords=("total", "mean", "sum"), examples=("Total revenue by month in sales.csv.",))
def sum_up(
    session: Session,
    file: File,
    measures: Annotated[
        list[str], column_argument("What is added up.", cues=("total", "of"), numeric=True, many=True)
    ],
    groups: Groups = None,
    bucket: Bucket = None,
    where: Where = None,
    year: Year = None,
    day_first: DayFirst = None,
) -> Answer:
    """Add up columns of a table, by groups and periods."""
    return told("sum_up", file=file, measures=measures)


@agent_tool(keywords=("how many rows", "count the rows"), examples=("How many rows are there?",))
def count_rows(
    session: Session,
    file: File,
    groups: Groups = None,
    bucket: Bucket = None,
    where: Where = None,
    year: Year = None,
) -> Answer:
    """Count the rows of a table."""
    return told("count_rows", file=file)


@agent_tool(keywords=("line chart", "plot", "dates"), examples=("Line chart of revenue by month.",))
def draw_lines(
    session: Session,
    file: File,
    measures: Annotated[
        list[str], column_argument("The lines.", cues=("of", "plot"), numeric=True, many=True)
    ],
    along: Annotated[str | None, column_argument("What runs along.", cues=("by", "over"))] = None,
    bucket: Bucket = None,
    where: Where = None,
    year: Year = None,
    day_first: DayFirst = None,
) -> Answer:
    """Draw lines of columns of a table over time."""
    return told("draw_lines", file=file)


@agent_tool(keywords=("regress", "regression"), examples=("Regress revenue on units.",))
def regress(
    session: Session,
    file: File,
    response: Annotated[str, column_argument("What is explained.", cues=("regress",), numeric=True)],
    predictors: Annotated[
        list[str] | None,
        column_argument("What explains it.", cues=("on", "predictors"), numeric=True, many=True),
    ] = None,
) -> Answer:
    """Fit a linear regression."""
    return told("regress", file=file)


@agent_tool(keywords=("compare", "arms"), examples=("Compare the change by arm.",))
def compare_arms(
    session: Session,
    file: File,
    endpoint: Annotated[str, column_argument("What is compared.", cues=("of", "compare"), numeric=True)],
    arm: Annotated[str | None, column_argument("The arms.", cues=("by", "per"))] = None,
    reference: Annotated[str | None, text_argument("The reference.", cues=("reference",))] = None,
) -> Answer:
    """Compare an endpoint between arms."""
    return told("compare_arms", file=file)


@agent_tool(keywords=("schedule", "simulate"), examples=("Simulate plan.csv 100 times.",))
def simulate_plan(
    session: Session,
    file: File,
    runs: Annotated[int, quantity("How often.", cues=("times", "runs"), ge=1)] = 100,
    first_day: Annotated[
        date | None,
        Field(
            description="The first day.",
            json_schema_extra={"x-planner": START},
        ),
    ] = None,
) -> Answer:
    """Simulate the schedule of a plan."""
    return told("simulate_plan", file=file)


@agent_tool(
    keywords=("sample size", "how many participants", "detect"), examples=("Sample size for a difference.",)
)
def plan_trial(
    session: Session,
    difference: Annotated[float, quantity("The difference.", cues=("difference",))],
    sd: Annotated[float, quantity("The standard deviation.", cues=("SD",), gt=0)],
    power: Annotated[float, quantity("The power.", cues=("power",), gt=0, lt=1)] = 0.9,
) -> Answer:
    """Compute how many participants a trial needs."""
    return told("plan_trial", difference=difference, sd=sd, power=power)


TABLES_TEAM = (
    SubAgent("tables", "Sums up.", "You sum up.", (sum_up, count_rows, draw_lines)),
    SubAgent("arms", "Compares arms.", "You compare.", (compare_arms, plan_trial, regress)),
    SubAgent("plans", "Simulates.", "You simulate.", (simulate_plan,)),
)

SALES = artifact("sales.csv", date="DATE", region="VARCHAR", revenue="DOUBLE", units="BIGINT")
PLAN = artifact("plan.csv", task="VARCHAR", duration="BIGINT")
TRIALS = [
    artifact("gehan.csv", pair="BIGINT", weeks="BIGINT", relapse="BIGINT", arm="VARCHAR"),
    artifact("endpoints.csv", participant="VARCHAR", arm="VARCHAR", sbp_change="DOUBLE"),
    artifact("rossi.csv", week="BIGINT", arrest="BIGINT", age="BIGINT"),
]
