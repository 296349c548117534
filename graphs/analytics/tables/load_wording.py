"""Tables that were read, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graphs.analytics.tables import wording

if TYPE_CHECKING:
    from graphs.kit.tables.load import TableInfo


def loaded(
    file: str,
    table: TableInfo,
    head: tuple[Sequence[str], Sequence[Sequence[Any]]],
    sql_names: Mapping[str | None, str],
) -> str:
    """A table's rows, columns and types, what was assumed in reading it, and its first rows.

    `sql_names` says what the file's tables are called in SQL, by sheet (None when there is but one).
    """
    own = sql_names.get(table.sheet) or sql_names[None]
    others = [f"sheet {sheet} is `{name}`" for sheet, name in sql_names.items() if name != own]
    columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
    lines = [
        f"{wording.capital(wording.origin(file, table))} has **{table.rows:,} rows** and "
        f"**{len(table.columns)} columns**.",
        f"- Columns: {columns}",
        f"- In SQL: `{own}`" + (f"; {', '.join(others)}" if others else ""),
        *wording.all_notes(table),
        "",
        "All rows:" if len(head[1]) == table.rows else f"The first {len(head[1])} rows:",
        "",
        *wording.value_table(*head),
    ]
    return "\n".join(lines)


def tables(listed: Sequence[tuple[str, str, int, Sequence[str]]], unreadable: Sequence[str]) -> str:
    """The tables of a session: what each is of, its name in SQL, rows and columns; `unreadable` says why
    others can't be read."""
    if not listed and not unreadable:
        return "There is no table in this session yet. Attach a file, such as CSV or Excel, or paste a table."
    rows = [
        (
            f"{place}. {origin} has **{rows:,} rows** and {wording.many(len(columns), 'column')}: "
            f"{', '.join(columns)}. In SQL: `{name}`"
        )
        for place, (origin, name, rows, columns) in enumerate(listed, 1)
    ]
    return "\n".join([f"This session has {wording.many(len(listed), 'table')}:", "", *rows, *unreadable])
