"""The tools that show rows that repeat others, and make a table without them."""

from pathlib import PurePath
from typing import Annotated

from graphs.analytics.tools.arguments import DayFirst, File, Sheet, kept_whole, opened
from graphs.kit.arguments import column_argument
from graphs.kit.tool import Answer, Session, agent_tool

_ROWS_KEPT = 100_000

SameIn = Annotated[
    list[str] | None,
    column_argument(
        "The columns in which rows are the same; all when not given.",
        cues=("same", "by", "on", "of", "in", "duplicate", "repeated", "per"),
        many=True,
    ),
]


@agent_tool(
    keywords=(
        *(
            "duplicate rows",
            "show the duplicates",
            "show duplicates",
            "list the duplicates",
            "find duplicates",
        ),
        *("which rows are duplicates", "which rows are duplicated", "repeated rows", "rows are repeated"),
        *("duplicated rows", "which duplicates", "rows with the same"),
    ),
    examples=(
        "Show me the duplicate rows.",
        "List the duplicates.",
        "Which rows are duplicates in sales.csv?",
        "Show rows with the same customer_id.",
    ),
)
def find_duplicates(
    session: Session, file: File, columns: SameIn = None, sheet: Sheet = None, day_first: DayFirst = None
) -> Answer:
    """Find the duplicate rows of a table: how many repeat an earlier one, and which they are."""
    from graphs.analytics.quality import duplicates, duplicates_wording
    from graphs.analytics.tables import wording

    with opened(session, file, sheet, day_first) as table:
        found = duplicates.find_duplicates(table, columns or (), most=_ROWS_KEPT)
    whole = kept_whole(session, f"{PurePath(file).stem}-duplicates.csv", found.columns, found.rows_found)
    figures = {
        "file": file,
        "rows": found.rows,
        "duplicate_rows": found.repeated,
        "involved": found.involved,
        "table": wording.records(found.columns, found.rows_found),
    }
    return Answer(duplicates_wording.duplicates(file, table.info, found, whole), figures)


@agent_tool(
    keywords=(
        *("remove the duplicates", "remove duplicates", "drop duplicates", "drop the duplicates"),
        *("delete the duplicates", "deduplicate", "without duplicates", "without the duplicates"),
        *("remove duplicate rows", "remove the duplicate rows", "drop duplicate rows", "de-duplicate"),
    ),
    examples=(
        "Remove the duplicates.",
        "Remove duplicate rows from sales.csv.",
        "Drop duplicates by customer_id.",
        "Deduplicate the table.",
    ),
)
def remove_duplicates(
    session: Session, file: File, columns: SameIn = None, sheet: Sheet = None, day_first: DayFirst = None
) -> Answer:
    """Make a new table without the duplicate rows, which all other tools can use; the file stays as it is."""
    from graphs.analytics.quality import duplicates_wording
    from graphs.analytics.quality.duplicates import write_without_duplicates
    from graphs.kit.tables.workspace import private_folder

    with opened(session, file, sheet, day_first) as table, private_folder() as folder:
        path = folder / "table.parquet"
        removed = write_without_duplicates(table, path, columns or ())
        with path.open("rb") as written:
            name = session.save(f"{PurePath(file).stem}_without_duplicates.parquet", written)["name"]
    text = duplicates_wording.without_duplicates(file, table.info, tuple(columns or ()), name, removed)
    figures = {"file": name, "removed": removed, "rows": table.info.rows - removed}
    return Answer(text, figures, successor=name)
