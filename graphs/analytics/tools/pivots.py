"""The tool that sets a statistic out by two keys at once."""

from pathlib import PurePath
from typing import Annotated, Literal

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
    as_csv,
    opened,
)
from graphs.kit.arguments import choice_argument, column_argument
from graphs.kit.tool import Answer, Session, agent_tool


@agent_tool(
    keywords=(
        *("pivot", "pivot table", "crosstab", "cross tab", "cross-tabulate", "cross tabulation"),
        *("two-way table", "matrix of", "in rows", "in columns", "as columns", "as rows"),
    ),
    examples=(
        "Pivot table of revenue_usd by region and product in sales.csv.",
        "Cross-tabulate region and product.",
        "Pivot mean units with product in rows and region in columns.",
        "Pivot table of revenue by region and month.",
    ),
)
def pivot_table(
    session: Session,
    file: File,
    rows: Annotated[
        str | None,
        column_argument(
            "What runs down. Not needed when periods run down.",
            cues=("by", "per", "rows", "in rows", "as rows", "down", "for each", "tabulate", "crosstab"),
        ),
    ] = None,
    columns: Annotated[
        str | None,
        column_argument(
            "What runs across. Not needed when periods run across.",
            cues=("across", "columns", "in columns", "as columns", "against", "versus", "vs", "and", "by"),
        ),
    ] = None,
    measure: Annotated[
        str | None,
        column_argument(
            "What the statistic is of; the rows are counted when not given.",
            cues=(*STATISTIC_CUES, "pivot", "values"),
            numeric=True,
        ),
    ] = None,
    statistic: Annotated[
        Literal["sum", "mean", "median", "min", "max", "sd", "count"] | None,
        choice_argument(f"The statistic; {USUAL}.", **STATISTIC_WORDS, count=("number of",)),
    ] = None,
    bucket: Bucket = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Make a pivot table (cross-tabulation): a statistic or count by two columns, or a column and periods."""
    from graphs.analytics.query import pivot_wording
    from graphs.analytics.query.pivot import pivot
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.measures import usual_statistic
    from graphs.analytics.tables.selection import Selection

    chosen = statistic or (usual_statistic([measure]) if measure else "count")
    selection = Selection((), bucket, date_column, where, year)
    with opened(session, file, sheet, day_first) as table:
        result = pivot(table, chosen, measure, rows, columns, selection)
    heads, cells = pivot_wording.table(result)
    whole = None
    if not pivot_wording.is_whole(result):
        whole = session.save(f"{PurePath(file).stem}-pivot.csv", as_csv(heads, cells))["name"]
    figures = {
        "file": file,
        "rows": result.cells.table.rows,
        "rows_used": result.cells.rows_used,
        "statistic": chosen,
        "measure": measure,
        "table": wording.records(heads, cells),
        "total": result.total,
        "combinations_without_rows": result.missing,
        "sql": list(result.cells.sql),
    }
    assumed = wording.assumed(chosen, result.cells.measures) if measure and not statistic else []
    text = "\n".join([pivot_wording.pivoted(file, result, whole), *assumed])
    return Answer(text, wording.plain_data(figures))
