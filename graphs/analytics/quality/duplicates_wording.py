"""Duplicate rows in words."""

from __future__ import annotations

from graphs.analytics.quality.duplicates import Duplicates
from graphs.analytics.tables import wording
from graphs.kit.tables.load import TableInfo


def duplicates(file: str, table: TableInfo, found: Duplicates, whole: str | None) -> str:
    """The rows that are there more than once; `whole` is the file that holds those that are not shown."""
    same = _same(table, found)
    if not found.repeated:
        none = f"**No duplicate row** in {wording.origin(file, table)}: no row repeats another one ({same})."
        return "\n".join([none, *wording.notes(table)])
    they = "it repeats an earlier one" if found.repeated == 1 else "they repeat earlier ones"
    lines = [
        f"**{wording.many(found.repeated, 'duplicate row')}** of {found.rows:,} in "
        f"{wording.origin(file, table)}: {they} ({same}). With the earlier ones they are {found.involved:,}:",
        "",
        *wording.value_table(found.columns, found.rows_found),
        *wording.hidden(found.involved, "rows", whole, kept=len(found.rows_found)),
        "",
        "- Rows are numbered from 1; the header is not counted. A missing value is the same as another one.",
        *wording.notes(table),
    ]
    return "\n".join(lines)


def without_duplicates(file: str, table: TableInfo, by: tuple[str, ...], name: str, removed: int) -> str:
    """What was removed, and the file that holds what is left."""
    what = f"with the same {' and '.join(by)}" if by else "that are the same in all columns"
    return "\n".join(
        [
            f"**{wording.many(removed, 'row')}** removed: {wording.origin(file, table)} without them is in "
            f"**{name}** now, with **{table.rows - removed:,}** of {table.rows:,} rows.",
            f"- Of rows {what} the first is kept",
            f"- {file} itself is as it was",
            *wording.notes(table),
        ]
    )


def _same(table: TableInfo, found: Duplicates) -> str:
    every = len(found.by) == len(table.columns)
    return "the same in all columns" if every else f"the same {' and '.join(found.by)}"
