"""How many values are missing: in each column, and in how many rows at least one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphs.analytics.tables.aggregate import OpenTable
from graphs.analytics.tables.scan import scan
from graphs.analytics.tables.statements import named_column
from graphs.kit.tables.duck import quote


@dataclass(frozen=True, slots=True)
class Missing:
    """Of each column how many of the `rows` have no value; `incomplete_rows` lack one in any of them."""

    rows: int
    columns: tuple[tuple[str, int], ...]
    incomplete_rows: int


def count_missing(table: OpenTable, columns: Sequence[str] = ()) -> Missing:
    """Count the missing values of the columns, by default of all. Raises ValueError for a column that doesn't
    exist."""
    names = [named_column(table.info, name).name for name in columns]
    names = names or [column.name for column in table.info.columns]
    anywhere = " OR ".join(f"{quote(name)} IS NULL" for name in names)
    each, (incomplete,) = scan(
        table,
        [[f"count(*) FILTER ({quote(name)} IS NULL)" for name in names], [f"count(*) FILTER ({anywhere})"]],
    )
    return Missing(table.info.rows, tuple(zip(names, each, strict=True)), incomplete)
