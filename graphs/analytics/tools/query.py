"""The tools that compute figures of tables: totals and other statistics by groups, rankings, counts, SQL."""

from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, JsonValue

from graphs.analytics.tools.arguments import (
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

    from graphs.analytics.tables.aggregate import Aggregate

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
STATISTIC_CUES = (
    *("of", "total", "sum", "sum of", "mean", "average", "median", "standard deviation of"),
    *("highest", "lowest", "maximum", "minimum", "largest", "smallest"),
)
_PERIOD_CUES = (
    *("monthly", "quarterly", "yearly", "annual", "by month", "by quarter", "by year"),
    *("per month", "per quarter", "per year", "each month", "each quarter", "each year"),
)
STATISTIC_WORDS = {
    "sum": ("total", "totals", "sum of", "overall", "altogether", "in all"),
    "mean": ("average", "avg", "averages", "means"),
    "median": ("medians", "middle"),
    "min": ("minimum", "lowest", "smallest", "earliest"),
    "max": ("maximum", "highest", "largest", "biggest", "greatest", "latest"),
    "sd": ("standard deviation", "std", "spread", "variability"),
}


@agent_tool(
    keywords=("sql", "query", "select", "run this", "insert into", "update", "drop table", "join"),
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
    ),
    examples=(
        "Total revenue_usd by region in sales.csv.",
        "Mean units by product in sales.csv.",
        "Total revenue by month.",
        "Sum of profit by region.",
        "What is the median unit price?",
        "How many units were sold in each region in 2024?",
        "Share of the total revenue by region.",
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
    statistic: Annotated[
        Literal["sum", "mean", "median", "min", "max", "sd"],
        choice_argument("The statistic.", **STATISTIC_WORDS),
    ] = "sum",
    share: Share = False,
    bucket: Bucket = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Compute a total, mean, median or other statistic of columns of numbers, by groups and periods."""
    from graphs.analytics.tables.aggregate import Selection

    selection = Selection(tuple(groups or ()), bucket, date_column, where, year)
    with opened(session, file, sheet, day_first) as table:
        result = table.aggregate(statistic, measures, selection)
    return _aggregated(session, file, result, share=share)


@agent_tool(
    keywords=(
        *("count", "count rows", "how many", "how many rows", "number of rows", "row count"),
        *("how many records",),
        *("number of records", "how many entries", "how many lines", "how many times", "how often"),
        *("how many orders", "number of orders", "how many sales", "number of sales", "number of entries"),
    ),
    examples=(
        "How many rows are there in sales.csv?",
        "Count the rows by region.",
        "Number of sales per month.",
        "How often does each product occur?",
    ),
)
def count_rows(
    session: Session,
    file: File,
    groups: Groups = None,
    share: Share = False,
    bucket: Bucket = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Count the rows of a table, by groups and periods."""
    from graphs.analytics.tables.aggregate import Selection

    selection = Selection(tuple(groups or ()), bucket, date_column, where, year)
    with opened(session, file, sheet, day_first) as table:
        result = table.aggregate("count", (), selection)
    return _aggregated(session, file, result, share=share)


@agent_tool(
    keywords=(
        *("top", "rank", "ranking", "ranked", "best", "worst", "most", "least", "fewest"),
        *("highest", "lowest"),
        *("largest", "smallest", "biggest", "bottom", "leading", "best-selling", "highest mean"),
        *("highest average", "lowest average", "highest total", "lowest total", "sold most", "sold least"),
    ),
    examples=(
        "Which region sold most?",
        "Top 3 products by revenue.",
        "Which product has the highest mean units in sales.csv?",
        "Which month had the lowest revenue?",
    ),
)
def rank_groups(
    session: Session,
    file: File,
    category: Annotated[
        str | None,
        column_argument(
            "What is ranked: the values of this column. Not needed to rank periods.",
            cues=(
                *("which", "what", "top", "best", "worst", "rank", "bottom", "leading", "with", "has", "had"),
                *("ranked", "selling"),
            ),
        ),
    ] = None,
    measure: Annotated[
        str | None,
        column_argument(
            "What it is ranked by; every column of amounts in turn when not given.",
            cues=(*STATISTIC_CUES, "by", "ranked by", "in", "most", "least", "fewest", "biggest"),
            numeric=True,
        ),
    ] = None,
    statistic: Annotated[
        Literal["sum", "mean", "median", "min", "max", "sd"],
        choice_argument(
            "The statistic of the measure in each group.",
            sum=("total", "overall"),
            mean=("average", "avg"),
            sd=("standard deviation", "most variable"),
        ),
    ] = "sum",
    order: Annotated[
        Literal["highest", "lowest"],
        choice_argument(
            "Which end comes first.",
            highest=("top", "best", "most", "largest", "biggest", "greatest"),
            lowest=(
                *("bottom", "worst", "least", "fewest", "smallest"),
                *("weakest", "poorest", "cheapest", "slowest"),
            ),
        ),
    ] = "highest",
    top: Annotated[
        int,
        quantity("How many groups to show.", cues=("top", "bottom", "best", "worst", "first"), ge=1, le=30),
    ] = 10,
    bucket: Bucket = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Rank groups or periods by a total or another statistic: the top or bottom N, the best, the worst."""
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.aggregate import Selection, amount_columns, number_columns, ranked

    selection = Selection((category,) if category else (), bucket, date_column, where, year)
    smallest = order == "lowest"
    with opened(session, file, sheet, day_first) as table:
        measures = [measure] if measure else amount_columns(table.info)
        if not measures:
            raise ValueError(
                f"Say which column to rank by: {file} has {', '.join(number_columns(table.info)) or 'none'} "
                "with numbers."
            )
        if category is None and bucket is None:
            result = table.aggregate("min" if smallest else "max", measures, selection)
            return Answer(wording.aggregated(file, result, None), _figures(file, result, result.rows))
        results = [table.aggregate(statistic, [each], selection) for each in measures]
    rankings = [(result, *ranked(result, top, smallest=smallest)) for result in results]
    texts = [wording.ranked(file, result, rows, order, tied) for result, rows, tied in rankings]
    if measure is None:
        texts.insert(0, wording.no_measure(table.info, measures))
    return Answer(
        "\n\n".join(texts), {"rankings": [_figures(file, each, rows) for each, rows, _ in rankings]}
    )


def _aggregated(session: Session, file: str, result: "Aggregate", *, share: bool) -> Answer:
    from graphs.analytics.query.shares import shares
    from graphs.analytics.tables import wording

    percent = shares(result) if share else None
    columns = [*result.columns, *(f"percent_of_{name}" for name in (result.values if share else ()))]
    rows = wording.with_shares(result.rows, percent)
    whole = kept_whole(session, f"{PurePath(file).stem}-result.csv", columns, rows)
    figures = {**_figures(file, result, result.rows), "table": wording.records(columns, rows)}
    return Answer(wording.aggregated(file, result, whole, percent), figures)


def _figures(file: str, result: "Aggregate", rows: "Sequence[Sequence[Any]]") -> dict[str, Any]:
    from graphs.analytics.tables.wording import records

    return {
        "file": file,
        "rows": result.table.rows,
        "rows_used": result.rows_used,
        "table": records(result.columns, rows),
        "sql": list(result.sql),
    }
