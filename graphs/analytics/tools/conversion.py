"""The tool that turns a column of text into dates."""

from dataclasses import asdict
from pathlib import PurePath
from typing import Annotated, Literal

from graphs.analytics.tools.arguments import File, Sheet, opened
from graphs.kit.arguments import choice_argument, column_argument
from graphs.kit.tool import Answer, Session, agent_tool


@agent_tool(
    keywords=(
        *("convert", "to a date", "to dates", "as a date", "as dates", "into a date", "into dates"),
        *("convert to a date", "parse the dates", "read the dates", "parse as dates", "to date"),
    ),
    examples=(
        "Convert order_date to a date.",
        "Convert order_date to a date, day first.",
        "Parse order_date as dates, month first.",
        "Turn the column order_date into dates.",
    ),
)
def convert_dates(
    session: Session,
    file: File,
    column: Annotated[
        str,
        column_argument(
            "The column of text.", cues=("convert", "parse", "turn", "read", "column", "dates in")
        ),
    ],
    order: Annotated[
        Literal["day", "month"] | None,
        choice_argument(
            "What comes first in dates such as 03/04/2024; needed when it is open.",
            day=("day first", "day/month", "day before month", "dd/mm", "european"),
            month=("month first", "month/day", "month before day", "mm/dd", "american"),
        ),
    ] = None,
    sheet: Sheet = None,
) -> Answer:
    """Convert a column of text to dates in a new table, which all other tools can use; the file stays."""
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.dates import write_with_dates
    from graphs.kit.tables.workspace import private_folder

    with opened(session, file, sheet, None) as table, private_folder() as folder:
        path = folder / "table.parquet"
        result = write_with_dates(table, column, path, order)
        with path.open("rb") as written:
            name = session.save(f"{PurePath(file).stem}_dates.parquet", written)["name"]
    read, fit, unread = (
        wording.many(count, "value") for count in (result.dates, result.open_order, result.unread)
    )
    examples = ", ".join(map(repr, result.examples))
    lines = [
        f"**{result.column}** is a column of {'times' if result.kind == 'TIMESTAMP' else 'dates'} in "
        f"**{name}** now: {read} of {wording.origin(file, table.info)} could be read.",
        *([f"- {fit} fit both orders, and were read with the {order} first"] if result.open_order else []),
        *([f"- **Not read, and missing now**: {unread}, such as {examples}"] if result.unread else []),
        f"- {file} itself is as it was",
    ]
    return Answer("\n".join(lines), wording.plain_data({"file": name, **asdict(result)}), successor=name)
