"""The tool that exports tables: rows as they stand, or a statistic of them, as CSV or Excel."""

import re
import tempfile
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Literal

from graphs.analytics.tools.arguments import (
    Bucket,
    DateColumn,
    DayFirst,
    File,
    Sheet,
    Statistic,
    Where,
    Year,
    opened,
)
from graphs.kit.arguments import choice_argument, column_argument, quantity
from graphs.kit.state import Column
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from graphs.analytics.report.export import Exported
    from graphs.analytics.report.exportable import Content

Format = Literal["csv", "xlsx"]
_ROWS_READ_AGAIN = 50_000


@agent_tool(
    keywords=(
        *("export", "save", "save as", "save the rows", "save the table", "download", "convert"),
        *("excel file of", "csv file of", "spreadsheet of", "write out"),
        # these are not written, and the answer says which are
        *("to parquet", "to json", "to xml", "to pdf", "to html"),
    ),
    examples=(
        "Export total revenue_usd by region in sales.csv as Excel.",
        "Save the rows of sales.csv where units > 50 as CSV.",
        "Export region, product and units of sales.csv as Excel, sorted by units descending.",
        "Export the total by region as Excel.",
        "Convert sales.csv to Excel.",
    ),
)
def export_table(
    session: Session,
    file: File,
    groups: Annotated[
        list[str] | None,
        column_argument(
            "Export a statistic for each group of these columns instead of the rows.",
            cues=("by", "per", "for each", "in each", "of each", "each", "grouped by", "broken down by"),
            many=True,
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        column_argument(
            "Which columns, in this order; all when not given. With groups: what the statistic is of.",
            cues=(
                *("export", "save", "columns", "only", "download", "of", "total", "sum", "sum of", "mean"),
                *("average", "median", "with", "maximum", "minimum", "standard deviation of"),
            ),
            many=True,
        ),
    ] = None,
    statistic: Statistic = None,
    bucket: Bucket = None,
    sort_by: Annotated[
        str | None,
        column_argument(
            "Order by this column; as in the file when not given.",
            cues=("sorted by", "sort by", "ordered by", "order by", "sorted on"),
        ),
    ] = None,
    order: Annotated[
        Literal["ascending", "descending"],
        choice_argument(
            "Which end comes first.",
            ascending=("lowest first", "smallest first", "oldest first"),
            descending=("highest first", "largest first", "newest first", "latest first"),
        ),
    ] = "ascending",
    top: Annotated[
        int | None, quantity("Only so many of the first rows.", cues=("first", "top", "rows"), ge=1)
    ] = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    format: Annotated[  # noqa: A002 (what models and people call it)
        Format,
        choice_argument(
            "The type of file.",
            csv=("comma separated",),
            xlsx=("excel", "workbook", "spreadsheet", "excel file"),
        ),
    ] = "csv",
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Export a table as a file (CSV or Excel): rows, filtered and sorted, or a statistic by groups."""
    from graphs.analytics.report.exportable import Choice, groups_of, rows_of
    from graphs.analytics.tables.selection import Selection

    selection = Selection(tuple(groups or ()), bucket, date_column, where, year)
    choice = Choice(tuple(columns or ()), sort_by, order == "descending", top)
    with opened(session, file, sheet, day_first) as table:
        if groups or bucket or statistic:
            content = groups_of(table, file, selection, statistic, choice)
        else:
            content = rows_of(table, file, selection, choice)
        session.report(f"writing {format}")
        return keep_content(session, file, content, format)


def keep_content(session: Session, file: str, content: "Content", suffix: Format) -> Answer:
    """Write the file, keep it, and say what it holds."""
    from graphs.analytics.report import export_wording
    from graphs.analytics.tables import wording

    stem = re.sub(r"[^\w.]+", "-", f"{PurePath(file).stem}-{content.what}").strip("-")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"export.{suffix}"
        written = _write(session, file, content, path)
        # a workbook of so many rows takes minutes to read again
        large = content.types if content.rows > _ROWS_READ_AGAIN else None
        types = [Column(name=each.name, type=each.type) for each in large or ()]
        with path.open("rb") as opened_file:
            saved = session.save(f"{stem[:120]}.{suffix}", opened_file, types or None)
    sql = [f"- SQL: `{' '.join(each.split())}`" for each in content.sql]
    text = export_wording.exported(saved["name"], content, written, [*content.notes, *sql])
    figures = {
        "file": file,
        "export": saved["name"],
        "rows": written.rows,
        "columns": list(content.columns),
        "sha256": saved["sha256"],
        "preview": wording.records(content.columns, written.head),
        "sql": list(content.sql),
    }
    return Answer(text, figures)


def _write(session: Session, file: str, content: "Content", path: Path) -> "Exported":
    from graphs.analytics.report.export import check_fits_excel, write_csv, write_excel
    from graphs.analytics.report.export_wording import about

    if path.suffix == ".csv":
        return write_csv(path, content.columns, content.batches)
    check_fits_excel(content.rows, len(content.columns))
    known = file in session.artifacts.sizes()
    digest = session.artifacts.reference(file)["sha256"] if known else "none: it was read from no file"
    return write_excel(path, content.columns, content.batches, about(content, digest))
