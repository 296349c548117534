"""The tools that describe columns of numbers: distribution, correlation."""

from dataclasses import asdict
from pathlib import PurePath
from typing import Annotated, Literal

from graphs.analytics.tools.arguments import (
    DateColumn,
    DayFirst,
    File,
    Sheet,
    Where,
    Year,
    kept_whole,
    opened,
)
from graphs.kit.arguments import choice_argument, column_argument
from graphs.kit.tool import Answer, Session, agent_tool


@agent_tool(
    keywords=(
        *("describe", "descriptive statistics", "summary statistics", "statistics of", "skewness"),
        *("kurtosis", "quartiles of"),
        *("confidence interval of the mean", "distribution of", "interval of the mean", "spread of"),
        *("standard deviation and median", "mean and median", "mean and standard deviation"),
    ),
    examples=(
        "Describe revenue_usd and units by region.",
        "Descriptive statistics of units in sales.csv.",
        "Skewness and kurtosis of revenue_usd.",
        "Mean with confidence interval of units by product.",
    ),
)
def describe_columns(
    session: Session,
    file: File,
    columns: Annotated[
        list[str] | None,
        column_argument(
            "What to describe; all columns of numbers when not given.",
            cues=("describe", "of", "statistics of", "distribution of", "mean", "for"),
            numeric=True,
            many=True,
        ),
    ] = None,
    groups: Annotated[
        list[str] | None,
        column_argument(
            "Describe each group of these.",
            cues=("by", "per", "for each", "in each", "of each", "across", "grouped by", "split by"),
            many=True,
        ),
    ] = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Give the distribution of columns of numbers: n, mean with interval, quartiles, skewness, by groups."""
    from graphs.analytics.statistics import statistics_wording
    from graphs.analytics.statistics.describe import Description
    from graphs.analytics.statistics.describe import describe_columns as describe
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.selection import Selection, number_columns, spelt
    from graphs.analytics.tables.subset import subset

    with opened(session, file, sheet, day_first) as table:
        by = [spelt(table.info, name) for name in groups or ()]
        chosen = [spelt(table.info, name) for name in columns or number_columns(table.info) if name not in by]
        if not chosen:
            raise ValueError(f"{file} has no column of numbers to describe.")
        data = subset(table, [*chosen, *by], Selection(where=where, year=year, date_column=date_column))
    found = describe(data.frame, chosen, by)
    heads = ("column", *by, *list(Description.__dataclass_fields__)[2:])
    rows = [(each["column"], *each["group"], *list(each.values())[2:]) for each in map(asdict, found)]
    whole = kept_whole(session, f"{PurePath(file).stem}-description.csv", heads, rows)
    return Answer(
        statistics_wording.described(file, data, found, by, whole),
        wording.plain_data({"file": file, "rows": data.rows_used, "table": wording.records(heads, rows)}),
    )


@agent_tool(
    keywords=(
        *("correlate", "correlated", "correlation", "correlations", "correlation matrix", "pearson"),
        *("spearman", "kendall", "rank correlation", "correlation coefficient", "related to", "relationship"),
        *("most correlated", "correlated with", "correlates with", "correlate with", "strongest correlation"),
        *("most strongly correlated", "correlates most", "correlate most", "strongest correlations"),
    ),
    examples=(
        "Is units correlated with unit_price_usd?",
        "Correlation of revenue_usd and units in sales.csv.",
        "Correlate all columns of longley.csv.",
        "Spearman correlation between units and revenue_usd.",
        "Correlation matrix of longley.csv.",
        "Which columns are most correlated with revenue_usd?",
    ),
)
def correlate(
    session: Session,
    file: File,
    columns: Annotated[
        list[str] | None,
        column_argument(
            "Columns of numbers; all of them when not given.",
            cues=("correlate", "correlation of", "is", "are", "of", "between", "does", "how"),
            numeric=True,
            many=True,
        ),
    ] = None,
    against: Annotated[
        list[str] | None,
        column_argument(
            "Other columns of numbers, each of which is paired with each of the first; without them these "
            "are paired with one another.",
            cues=("with", "correlated with", "correlate with", "against", "related to", "versus", "vs", "to"),
            numeric=True,
            many=True,
        ),
    ] = None,
    method: Annotated[
        Literal["pearson", "spearman", "kendall"],
        choice_argument(
            "Which coefficient: of straight lines (pearson), or of ranks.",
            pearson=("pearson's r", "linear correlation"),
            spearman=("spearman's rho", "rank correlation", "ranks"),
            kendall=("kendall's tau", "tau"),
        ),
    ] = "pearson",
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Correlate columns of numbers: coefficients with intervals and p-values, corrected for the number of
    pairs."""
    from graphs.analytics.statistics import statistics_wording
    from graphs.analytics.statistics.correlation import Pair
    from graphs.analytics.statistics.correlation import correlate as correlation
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.selection import Selection, number_columns, spelt
    from graphs.analytics.tables.subset import subset

    with opened(session, file, sheet, day_first) as table:
        others = [spelt(table.info, name) for name in against or ()]
        named = [spelt(table.info, name) for name in columns or ()]
        # "which columns are most correlated with x?" names one: all others are paired with it
        if not others and len(named) == 1:
            named, others = [], named
        chosen = named or [name for name in number_columns(table.info) if name not in others]
        selection = Selection(where=where, year=year, date_column=date_column)
        data = subset(table, [*chosen, *others], selection)
    found = correlation(data.frame, chosen, others, method)
    heads = tuple(Pair.__dataclass_fields__)
    rows = [tuple(asdict(pair).values()) for pair in found.pairs]
    whole = kept_whole(session, f"{PurePath(file).stem}-correlations.csv", heads, rows)
    return Answer(
        statistics_wording.correlated(file, data, found, whole),
        wording.plain_data({"file": file, **asdict(found)}),
    )
