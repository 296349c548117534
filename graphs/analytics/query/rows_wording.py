"""Rows of a table in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graphs.analytics.tables import wording
from graphs.analytics.tables.conditions import describe_conditions

if TYPE_CHECKING:
    from graphs.analytics.tables.aggregate import Row, Rows
    from graphs.kit.tables.load import TableInfo

_COLUMNS_SHOWN = 20


def is_whole(heads: Sequence[str], rows: Sequence[Row]) -> bool:
    """Whether all rows and columns are shown."""
    return len(rows) <= wording.ROWS_SHOWN and len(heads) <= _COLUMNS_SHOWN


def listed(
    file: str,
    table: TableInfo,
    found: Rows,
    rows: Sequence[Row],
    sort_by: str | None,
    order: str,
    whole: str | None,
) -> str:
    """The rows; `whole` is the file that has all of them, with all columns, when not all are shown."""
    heads = [column.name for column in found.columns]
    conditions = f" with {describe_conditions(found.filters)}" if found.filters else ""
    there = f"{wording.many(found.rows_used, 'row')}{conditions}" if found.filters else "rows"
    which = (
        f"All {there}"
        if len(rows) == found.rows_used
        else f"The first {len(rows):,} of {found.rows_used:,} rows{conditions}"
    )
    by = f", by {sort_by}, {'greatest' if order == 'descending' else 'least'} first" if sort_by else ""
    left_out = [f"- Only the first {_COLUMNS_SHOWN} of {len(heads)} columns are shown"]
    lines = [
        f"{which} of {wording.origin(file, table)} ({table.rows:,} rows){by}:",
        "",
        *wording.value_table(heads[:_COLUMNS_SHOWN], [row[:_COLUMNS_SHOWN] for row in rows]),
        *wording.hidden(len(rows), "rows", whole),
        "",
        *(left_out if len(heads) > _COLUMNS_SHOWN else []),
        *wording.notes(table),
        f"- SQL: `{' '.join(found.sql.split())}`",
    ]
    return "\n".join(lines)
