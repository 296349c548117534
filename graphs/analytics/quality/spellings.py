"""Text that is in the way of groups: one value in several spellings, and dates in several forms."""

from __future__ import annotations

from dataclasses import dataclass

from graphs.analytics.tables.aggregate import OpenTable
from graphs.analytics.tables.scan import source
from graphs.kit.tables.duck import one_row, quote
from graphs.kit.tables.text_dates import date_sql

_MOST_VALUES = 10_000
_GROUPS = 5
_MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class Spellings:
    """A column with `groups` values that are written in several ways, which differ in case or spaces only;
    `first` are those of most rows: each its spellings with their rows, the most frequent first."""

    column: str
    groups: int
    first: tuple[tuple[tuple[str, int], ...], ...]


@dataclass(frozen=True, slots=True)
class MixedDates:
    """A column of text in which `dates` of the `filled` values are dates, but not all in one form; `others`
    are examples of values that are none."""

    column: str
    dates: int
    filled: int
    others: tuple[str, ...]


def near_equal(table: OpenTable, name: str, distinct: int) -> Spellings | None:
    """The values of a column of text that differ in case, or in spaces around or between their words, only.
    Of a column with more than 10,000 values none are looked for: it names single things."""
    if not 1 < distinct <= _MOST_VALUES:
        return None
    column = quote(name)
    folded = "lower(nfc_normalize(trim(regexp_replace(v, '\\s+', ' ', 'g'))))"
    found = table.query(
        f"SELECT list(v ORDER BY n DESC, v), list(n ORDER BY n DESC, v), {folded} AS k FROM "
        f"(SELECT {column} AS v, count(*) AS n FROM {source(table)} WHERE {column} IS NOT NULL GROUP BY 1) "
        "GROUP BY k HAVING count(*) > 1 ORDER BY sum(n) DESC, k"
    )
    first = tuple(tuple(zip(values, counts, strict=True)) for values, counts, _ in found[:_GROUPS])
    return Spellings(name, len(found), first) if found else None


def mixed_dates(table: OpenTable, name: str) -> MixedDates | None:
    """What is to be said of a column of text of which at least half are dates; None for any other."""
    column, is_date = quote(name), f"{date_sql(name)} IS NOT NULL"
    dates, filled, others = one_row(
        table.connection,
        f"SELECT count(*) FILTER ({is_date}), count({column}), "
        f"min({column}, 3) FILTER (NOT ({is_date})) FROM {source(table)}",
    )
    return (
        MixedDates(name, dates, filled, tuple(others or ())) if dates and dates >= _MOSTLY * filled else None
    )
