"""What tells the rows of a table apart: duplicates and candidate keys."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from graphs.analytics.tables.aggregate import OpenTable
from graphs.analytics.tables.scan import scan, source
from graphs.kit.tables.duck import one_row, quote

if TYPE_CHECKING:
    from graphs.analytics.quality.profile import ColumnProfile

_KEY_COLUMNS = 12  # pairs grow with the square
_KEY_SAMPLE = 100_000


def duplicate_rows(table: OpenTable) -> int:
    """How many rows repeat an earlier one in every column."""
    (distinct,) = one_row(table.connection, f"SELECT count(*) FROM (SELECT DISTINCT * FROM {source(table)})")
    return table.info.rows - distinct


def candidate_keys(table: OpenTable, columns: tuple[ColumnProfile, ...]) -> tuple[tuple[str, ...], ...]:
    """The smallest sets of columns (one column, else two) whose values are present and tell all rows apart.

    Measurements, being unique by accident, are not tried, and pairs only of the columns with most values.
    """
    rows = table.info.rows
    able = [c for c in columns if not c.missing and c.type in ("integer", "text", "date", "datetime")]
    single = tuple((c.name,) for c in able if c.distinct == rows)
    if single or rows < 2:
        return single
    most_distinct = sorted(able, key=lambda c: -c.distinct)[:_KEY_COLUMNS]
    tried = [c for c in columns if c in most_distinct]
    pairs = [(a.name, b.name) for a, b in combinations(tried, 2) if a.distinct * b.distinct >= rows]
    return tuple(pair for pair in _distinct_in_sample(table, pairs) if _distinguishes(table, pair))


def _distinct_in_sample(table: OpenTable, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs that tell the rows of a sample apart: the sample holds all rows of some values of the pair's
    first column, so it rules out nearly all others at a fraction of the cost of the whole."""
    share = max(1, table.info.rows // _KEY_SAMPLE)
    parts = []
    for first, second in pairs:
        a, b = quote(first), quote(second)
        chosen = f"FILTER (hash({a}) % {share} = 0)"
        parts.append([f"count(DISTINCT hash({a}, {b})) {chosen} = count(*) {chosen}"])
    return [pair for pair, (fits,) in zip(pairs, scan(table, parts), strict=True) if fits]


def _distinguishes(table: OpenTable, pair: tuple[str, str]) -> bool:
    names = ", ".join(map(quote, pair))
    (distinct,) = one_row(
        table.connection, f"SELECT count(*) FROM (SELECT DISTINCT {names} FROM {source(table)})"
    )
    return distinct == table.info.rows
