"""Missing values in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphs.analytics.tables import wording

if TYPE_CHECKING:
    from graphs.analytics.quality.missing import Missing
    from graphs.kit.tables.load import TableInfo


def missing(file: str, table: TableInfo, found: Missing) -> str:
    """The missing values of columns, and the rows that lack one."""
    share = f"{found.incomplete_rows / found.rows:.1%}"
    of = f"of {found.rows:,} rows ({share}) in {wording.origin(file, table)}"
    if len(found.columns) == 1:
        ((name, count),) = found.columns
        return "\n".join([f"{name} is missing in **{count:,}** {of}.", *wording.notes(table)])
    rows = [(name, count, f"{count / found.rows:.1%}") for name, count in found.columns]
    return "\n".join(
        [
            f"**{wording.many(found.incomplete_rows, 'row')}** {of} "
            f"{'has' if found.incomplete_rows == 1 else 'have'} a missing value:",
            "",
            *wording.value_table(["column", "missing", "% of rows"], rows, right=[False, True, True]),
            *wording.hidden(len(rows), "columns"),
            *wording.notes(table),
        ]
    )
