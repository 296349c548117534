"""The tools that compute figures of tables: totals and other statistics by groups, rankings, counts, SQL."""

from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, JsonValue

from graphs.analytics.tools.arguments import (
    STATISTIC_CUES,
    STATISTIC_WORDS,
    USUAL,
    Bucket,
    DateColumn,
    DayFirst,
    File,
    Sheet,
    Where,
    Year,
    kept_whole,
    opened,
)
from graphs.analytics.tools.sql_tables import named_tables
from graphs.kit.arguments import choice_argument, column_argument, quantity, text_argument
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphs.analytics.tables.aggregate import Aggregate, OpenTable
    from graphs.analytics.tables.selection import Selection
    from graphs.analytics.tables.statements import Figure

_ROWS_KEPT = 100_000
"""Of a query's result, in its file; the answer says when there are more."""

Groups = Annotated[
    list[str] | None,
    column_argument(
        "What to group by.",
        cues=(
            *("by", "per", "for each", "in each", "of each", "each", "every", "across", "grouped by"),
            *("split by", "broken down by", "which", "between"),
        ),
        many=True,
    ),
]
_SHARE_HINT: dict[str, JsonValue] = {
    "kind": "flag",
    "cues": [
        *("percentage", "percentages", "percent of total", "percent of the total", "in percent", "per cent"),
        *("pct", "in pct", "percent of"),
        *("share", "shares", "share of total", "share of the total", "proportion", "proportions"),
    ],
}
Share = Annotated[
    bool,
    Field(
        description="Whether to add what per cent of the total each group is; for sums and counts.",
        json_schema_extra={"x-planner": _SHARE_HINT},
    ),
]
_PERIOD_CUES = (
    *("monthly", "quarterly", "yearly", "annual", "by month", "by quarter", "by year"),
    *("per month", "per quarter", "per year", "each month", "each quarter", "each year"),
)
Statistics = Literal["sum", "mean", "median", "min", "max", "sd", "range", "percentile", "first", "last"]
_ONE_OR_MORE = choice_argument(
    f"The statistic, or several; {USUAL}. first and last are by date; a percentile needs the percentiles.",
    not_by_name=("range",),
    **STATISTIC_WORDS,
    range=(
        *(
            "range of",
            "the range",
            "max minus min",
            "maximum minus minimum",
            "difference between max and min",
        ),
        *("difference between maximum and minimum", "difference between min and max"),
        *("difference between the highest and the lowest", "difference between highest and lowest"),
        *("difference between minimum and maximum", "difference between the maximum and the minimum"),
    ),
    percentile=("percentiles", "quantile"),
    first=("earliest", "first value", "first values", "first known", "opening"),
    last=("latest", "last value", "last values", "most recent", "last known", "closing"),
)


@agent_tool(
    keywords=("sql", "query", "select", "run this", "insert into", "update", "drop table"),
    examples=(
        "SELECT region, sum(units) FROM sales GROUP BY region",
        "Run this SQL on sales.csv: SELECT * FROM sales WHERE units > 50",
    ),
)
def run_sql(
    session: Session,
    sql: Annotated[
        str,
        text_argument(
            "One SELECT in DuckDB's SQL; a table is called as its file without the suffix, in lower case, _ "
            "in place of other signs than letters and digits: FROM sales for sales.csv.",
            cues=("sql", "query"),
        ),
    ],
    day_first: DayFirst = None,
) -> Answer:
    """Run one read-only SQL query (DuckDB) over the session's table files."""
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.sql import TIME_LIMIT_S, run_query
    from graphs.kit.tables.load import describe_table

    with named_tables(session, sql, day_first) as tables:
        sources = {name: source for name, (_, source) in tables.items()}
        session.report("running the query")
        result = run_query(sql, sources, row_limit=_ROWS_KEPT)
        notes = [
            note for name, source in sources.items() for note in wording.notes(describe_table(name, source))
        ]
    whole = kept_whole(session, "query-result.csv", result.columns, result.rows)
    files = [str(table) for table, _ in tables.values()]
    figures = {
        "sql": sql,
        "files": files,
        "rows": result.total_rows,
        "table": wording.records(result.columns, result.rows),
    }
    limits = f"{TIME_LIMIT_S:g} s, and {_ROWS_KEPT:,} rows kept{' (reached)' if result.truncated else ''}"
    return Answer(wording.queried(files, result, whole, notes, limits), figures)


@agent_tool(
    keywords=(
        *("total", "totals", "sum", "average", "mean", "median", "aggregate", "how much", "how many"),
        *("standard deviation", "minimum", "maximum", "by", "per", "monthly", "quarterly", "yearly"),
        *("break down", "breakdown", "grouped by", "group by", "share of", "percentage of"),
        *("percentile", "percentiles", "quantile", "range of", "latest", "most recent"),
        *("minimum and maximum", "min and max", "max and min", "highest and lowest", "lowest and highest"),
        *("difference between max and min", "max minus min", "last value", "first value", "first and last"),
    ),
    examples=(
        "Total revenue_usd by region in sales.csv.",
        "Mean units by product in sales.csv.",
        "Total revenue by month.",
        "Sum of profit by region.",
        "What is the median unit price?",
        "How many units were sold in each region in 2024?",
        "Share of the total revenue by region.",
        "Minimum and maximum revenue by region.",
        "90th percentile of the unit price by product.",
        "Range of the unit price by product.",
        "Difference between max and min units by region.",
        "Last unit price of each product.",
        "Revenue by weekday.",
    ),
)
def aggregate(
    session: Session,
    file: File,
    measures: Annotated[
        list[str],
        column_argument(
            "What the statistic is of.",
            cues=(*STATISTIC_CUES, *_PERIOD_CUES, "how much", "how many"),
            numeric=True,
            many=True,
        ),
    ],
    groups: Groups = None,
    statistic: Annotated[list[Statistics] | Statistics | None, _ONE_OR_MORE] = None,
    percentiles: Annotated[
        list[Annotated[float, Field(ge=0, le=100)]] | None,
        quantity(
            "Which percentiles, as 90 for the 90th.", "th", cues=("percentile", "percentiles", "quantile")
        ),
    ] = None,
    share: Share = False,
    bucket: Bucket = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Compute a total, mean, median or other statistic of columns of numbers, by groups and periods.

    Percentiles, ranges, first and last values too; with `share` and one condition, what share of the total
    the rows with that condition have."""
    from graphs.analytics.tables.measures import usual_statistic
    from graphs.analytics.tables.selection import Selection

    selection = Selection(tuple(groups or ()), bucket, date_column, where, year)
    named = statistic or percentiles
    usual = None if named else "sum" if share else usual_statistic(measures)
    chosen = [usual] if usual else _statistics(statistic, percentiles)
    with opened(session, file, sheet, day_first) as table:
        if share and not (groups or bucket):
            return _part(session, table, file, chosen, measures, selection)
        result = table.aggregate(chosen, measures, selection)
    return _aggregated(session, file, result, share=share, assumed=bool(usual))


@agent_tool(
    keywords=(
        *("count", "count rows", "how many", "how many rows", "number of rows", "row count"),
        *("how many records",),
        *("number of records", "how many entries", "how many lines", "how many times", "how often"),
        *("how many different", "number of different", "how many distinct", "number of distinct"),
        *("what percentage of orders", "percentage of orders", "percentage of the orders", "share of orders"),
        *("percentage of rows", "percentage of the rows", "percentage of customers", "percentage of sales"),
        *("percent of orders", "proportion of orders", "number of customers", "how many customers"),
        *("number of users", "how many users", "number of days", "how many days"),
        *("share of rows", "share of the rows", "percent of rows", "what share of rows"),
        *("how many unique", "number of unique", "count distinct", "count of distinct", "distinct count"),
        *("how many orders", "number of orders", "how many sales", "number of sales", "number of entries"),
    ),
    examples=(
        "How many rows are there in sales.csv?",
        "Count the rows by region.",
        "Number of sales per month.",
        "How often does each product occur?",
        "Number of distinct products by region.",
        "How many different products were sold per month?",
        "What percentage of the sales are from the North?",
    ),
)
def count_rows(
    session: Session,
    file: File,
    distinct: Annotated[
        str | None,
        column_argument(
            "Count the different values of this column instead of rows.",
            cues=(
                *("different", "distinct", "unique", "number of different", "number of distinct"),
                *("how many", "number of"),
            ),
        ),
    ] = None,
    groups: Groups = None,
    share: Share = False,
    bucket: Bucket = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Count the rows of a table, by groups and periods.

    Or the different values of a column; with `share` and one condition, what share of the rows meet it."""
    from graphs.analytics.tables.selection import Selection

    selection = Selection(tuple(groups or ()), bucket, date_column, where, year)
    with opened(session, file, sheet, day_first) as table:
        if distinct:
            result = table.aggregate("distinct", [distinct], selection)
        elif share and not (groups or bucket):
            return _part(session, table, file, ["count"], (), selection)
        else:
            result = table.aggregate("count", (), selection)
    return _aggregated(session, file, result, share=share)


def _statistics(
    named: list[Statistics] | Statistics | None, percentiles: list[float] | None
) -> "list[Figure]":
    """The statistics with a percentile for each number; ValueError when it is open which."""
    from graphs.analytics.tables.statements import Percentile

    names = [named] if isinstance(named, str) else list(named or ())
    if "percentile" in names and not percentiles:
        raise ValueError("Say which percentile: the 90th, say.")
    others = [name for name in names if name != "percentile"]
    return [*others, *(Percentile(percent) for percent in percentiles or ())]


def _part(
    session: Session,
    table: "OpenTable",
    file: str,
    statistics: "Sequence[Figure]",
    measures: "Sequence[str]",
    selection: "Selection",
) -> Answer:
    """The share of the rows that meet the condition."""
    from graphs.analytics.query.shares import part_of_whole
    from graphs.analytics.query.shares_wording import part
    from graphs.analytics.tables.wording import plain_data

    if len(statistics) != 1:
        raise ValueError("A share is of one total: name one statistic.")
    session.report("computing the share")
    result = part_of_whole(table, statistics[0], measures, selection)
    figures = {
        "file": file,
        "rows": result.whole.table.rows,
        "condition": result.condition,
        "percent": list(result.percent),
        "part": list(result.part.rows[0]),
        "whole": list(result.whole.rows[0]),
        "sql": [*result.part.sql, *result.whole.sql],
    }
    return Answer(part(file, result), plain_data(figures))


def _aggregated(
    session: Session, file: str, result: "Aggregate", *, share: bool, assumed: bool = False
) -> Answer:
    from graphs.analytics.query.shares import shares
    from graphs.analytics.tables import wording

    percent = shares(result) if share else None
    columns = [*result.columns, *(f"percent_of_{name}" for name in (result.values if share else ()))]
    rows = wording.with_shares(result.rows, percent)
    whole = kept_whole(session, f"{PurePath(file).stem}-result.csv", columns, rows)
    figures = {**computed(file, result, result.rows), "table": wording.records(columns, rows)}
    how = wording.assumed(result.statistic, result.measures) if assumed else []
    return Answer("\n".join([wording.aggregated(file, result, whole, percent), *how]), figures)


def computed(file: str, result: "Aggregate", rows: "Sequence[Sequence[Any]]") -> dict[str, Any]:
    """The figures of a statistic by groups as plain data."""
    from graphs.analytics.tables.wording import records

    return {
        "file": file,
        "rows": result.table.rows,
        "rows_used": result.rows_used,
        "table": records(result.columns, rows),
        "sql": list(result.sql),
    }
