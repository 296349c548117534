"""Many figures of a table from one scan of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from graphs.analytics.tables.aggregate import OpenTable
from graphs.kit.tables.duck import one_row, quote


def source(table: OpenTable) -> str:
    """The table as it stands behind FROM."""
    return quote(table.info.name)


def scan(table: OpenTable, parts: Sequence[Sequence[str]]) -> Iterator[tuple[Any, ...]]:
    """Yield the values of each part's SQL expressions (aggregates), all computed in one scan."""
    selected = ", ".join(expression for part in parts for expression in part)
    row = iter(one_row(table.connection, f"SELECT {selected} FROM {source(table)}") if selected else ())
    for part in parts:
        yield tuple(next(row) for _ in part)
