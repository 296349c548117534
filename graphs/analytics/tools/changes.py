"""The tool that computes along periods: running totals, growth, moving averages."""

from pathlib import PurePath
from typing import Annotated, Literal

from graphs.analytics.tools.arguments import (
    STATISTIC_CUES,
    STATISTIC_WORDS,
    USUAL,
    DateColumn,
    DayFirst,
    File,
    Sheet,
    Where,
    Year,
    kept_whole,
    opened,
)
from graphs.kit.arguments import choice_argument, column_argument, quantity
from graphs.kit.tool import Answer, Session, agent_tool


@agent_tool(
    keywords=(
        *("running total", "running sum", "cumulative", "cumulated", "accumulated", "moving average"),
        *("rolling average", "rolling mean", "moving mean", "growth", "growth rate", "year over year"),
        *("year on year", "yoy", "month over month", "month on month", "mom", "quarter over quarter", "qoq"),
        *("compared to the year before", "compared to the month before", "change to the month before"),
        *("cumulative number", "cumulative count", "running count", "change of", "change in", "changed"),
        *("percentage change", "percent change", "change by month", "change per month"),
    ),
    examples=(
        "Running total of revenue by month.",
        "Cumulative revenue_usd by month in sales.csv.",
        "Cumulative number of orders by month.",
        "Growth of revenue by quarter compared to the year before.",
        "Year over year growth of revenue by month.",
        "3-month moving average of revenue.",
        "How did the revenue change by month?",
    ),
)
def change_over_time(
    session: Session,
    file: File,
    calculation: Annotated[
        Literal["running_total", "change", "moving_average"],
        choice_argument(
            "What is computed along the periods.",
            running_total=(
                "running",
                "running sum",
                "cumulative",
                "cumulated",
                "cumulatively",
                "accumulated",
            ),
            change=(
                "growth",
                "growth rate",
                "grow",
                "grew",
                "grown",
                "increase",
                "decrease",
                "percentage change",
            ),
            moving_average=("rolling average", "rolling mean", "moving mean", "rolling"),
        ),
    ] = "change",
    measure: Annotated[
        str | None,
        column_argument(
            "What it is computed of; the rows are counted when not given.",
            cues=(
                *STATISTIC_CUES,
                "running total of",
                "growth of",
                "growth in",
                "change in",
                "cumulative",
                "did",
                "change",
                "grow",
            ),
            numeric=True,
        ),
    ] = None,
    period: Annotated[
        Literal["day", "week", "month", "quarter", "year"],
        choice_argument(
            "The periods.",
            day=("days", "daily"),
            week=("weeks", "weekly"),
            month=("months", "monthly"),
            quarter=("quarters", "quarterly"),
            year=("years", "yearly", "annual", "annually"),
        ),
    ] = "month",
    compared_with: Annotated[
        Literal["period_before", "year_before"],
        choice_argument(
            "What a change is from: the period before, or the same period of the year before.",
            year_before=(
                *("year over year", "year on year", "yoy", "previous year", "prior year", "last year"),
                *("a year earlier", "same period last year", "year before", "same month of the year before"),
                *("same quarter of the year before", "same week of the year before"),
            ),
            period_before=(
                *("previous period", "period before", "mom", "qoq", "last month", "last quarter"),
                *("previous month", "previous quarter", "previous week", "previous day"),
            ),
        ),
    ] = "period_before",
    window: Annotated[
        int,
        quantity(
            "Of a moving average: how many periods it is over.",
            "periods",
            cues=("moving average", "rolling average", "rolling mean", "over", "window", "last"),
            ge=2,
            le=400,
        ),
    ] = 3,
    group: Annotated[
        str | None,
        column_argument(
            "Compute it for each value of this column by itself.",
            cues=("by", "per", "for each", "of each", "each", "in each"),
            numeric=False,
            dates=False,
        ),
    ] = None,
    statistic: Annotated[
        Literal["sum", "mean", "median", "min", "max", "sd"] | None,
        choice_argument(
            f"The statistic of each period's rows; {USUAL}.",
            **{name: words for name, words in STATISTIC_WORDS.items() if name != "sum"},
            sum=("sum of", "total of"),
        ),
    ] = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Compute along periods of time: running totals, growth to an earlier period, moving averages."""
    from graphs.analytics.query import changes_wording
    from graphs.analytics.query.changes import changes
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.measures import usual_statistic
    from graphs.analytics.tables.selection import Selection

    usual = "sum" if calculation == "running_total" else usual_statistic([measure]) if measure else "count"
    chosen = (statistic or usual) if measure else "count"
    selection = Selection((group,) if group else (), period, date_column, where, year)
    with opened(session, file, sheet, day_first) as table:
        result = changes(
            table, calculation, chosen, measure, selection, compared=compared_with, window=window
        )
    is_assumed = measure and not statistic and calculation != "running_total"
    assumed = wording.assumed(chosen, result.aggregate.measures) if is_assumed else []
    name = f"{PurePath(file).stem}-{calculation.replace('_', '-')}.csv"
    whole = kept_whole(session, name, result.columns, result.rows)
    figures = {
        "file": file,
        "rows": result.aggregate.table.rows,
        "rows_used": result.aggregate.rows_used,
        "calculation": calculation,
        "period": period,
        "statistic": chosen,
        "table": wording.records(result.columns, result.rows),
        "sql": [result.sql],
    }
    return Answer(changes_wording.changed(file, result, whole, assumed), wording.plain_data(figures))
