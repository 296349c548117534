"""The tool that lists rows of a table."""

from pathlib import PurePath
from typing import Annotated, Literal

from graphs.analytics.tools.arguments import (
    DateColumn,
    DayFirst,
    File,
    Sheet,
    Where,
    Year,
    as_csv,
    opened,
)
from graphs.kit.arguments import choice_argument, column_argument, quantity
from graphs.kit.tool import Answer, Session, agent_tool

_MOST = (
    *(
        "heaviest",
        "largest",
        "highest",
        "biggest",
        "greatest",
        "most",
        "longest",
        "tallest",
        "oldest",
        "best",
    ),
    *("fastest", "strongest", "dearest", "priciest", "latest", "newest", "most recent"),
)
_LEAST = (
    *("lightest", "smallest", "lowest", "least", "fewest", "shortest", "youngest", "slowest", "weakest"),
    *("cheapest", "earliest", "worst"),
)
_ROWS_KEPT = 100_000
"""Of a list without a limit, in its file; the answer says when there are more."""


@agent_tool(
    keywords=(
        *("list", "list the rows", "show the rows", "show me the rows", "show me the first", "which rows"),
        *("and when", "when was", "on which date", "show rows", "display the rows"),
        *("show the orders", "show me the orders", "list the orders", "show all orders", "show orders"),
        *("which orders", "which entries", "which records", "records with", "look at the rows", "heaviest"),
        *("lightest", "most expensive", "cheapest", "when did"),
    ),
    examples=(
        "Show me the rows of sales.csv.",
        "List the 5 largest sales by revenue_usd with their product.",
        "Which sales have units over 50?",
        "List region, product and units of the sales.",
        "What was the highest revenue and when?",
    ),
)
def show_rows(
    session: Session,
    file: File,
    columns: Annotated[
        list[str] | None,
        column_argument(
            "Which columns, in this order; all when not given.",
            cues=("list", "show", "columns", "with", "with their", "their", "only", "display", "give me"),
            many=True,
        ),
    ] = None,
    sort_by: Annotated[
        str | None,
        column_argument(
            "Order by this column; as in the file when not given.",
            cues=(
                *("sorted by", "sort by", "sort it by", "ordered by", "order by", "by", "in order of"),
                *("highest", "lowest", "largest", "smallest", "latest", "earliest", "greatest", "biggest"),
            ),
        ),
    ] = None,
    order: Annotated[
        Literal["ascending", "descending"],
        choice_argument(
            "Which end comes first.",
            ascending=(*_LEAST, "lowest first", "smallest first", "oldest first", "a to z", "up"),
            descending=(*_MOST, "highest first", "largest first", "newest first", "latest first", "top"),
        ),
    ] = "ascending",
    limit: Annotated[
        int | None,
        quantity(
            "Only so many of the first rows.",
            cues=("first", "top", "last", "rows", "list", "show", *_MOST, *_LEAST),
            ge=1,
        ),
    ] = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """List rows of a table as they stand: chosen columns, filtered, in an order, all or so many."""
    from graphs.analytics.query import rows_wording
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.selection import Selection

    selection = Selection(date_column=date_column, where=where, year=year)
    with opened(session, file, sheet, day_first) as table:
        # what the rows are in the order of is shown too
        shown = [*columns, *([sort_by] if sort_by and sort_by not in columns else [])] if columns else ()
        found = table.select(
            shown, selection, order_by=sort_by, descending=order == "descending", top=limit or _ROWS_KEPT
        )
        heads = [column.name for column in found.columns]
        rows = [row for batch in found.batches for row in batch]
    whole = None
    if not rows_wording.is_whole(heads, rows):
        whole = session.save(f"{PurePath(file).stem}-rows.csv", as_csv(heads, rows))["name"]
    figures = {
        "file": file,
        "rows": table.info.rows,
        "rows_used": found.rows_used,
        "listed": len(rows),
        "table": wording.records(heads, rows),
        "sql": [found.sql],
    }
    text = rows_wording.listed(file, table.info, found, rows, sort_by, order, whole)
    return Answer(text, wording.plain_data(figures))
