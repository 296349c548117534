"""Quantiles and distinct values of a column of numbers, exact and without holding its values in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, isfinite

from graphs.analytics.tables.aggregate import OpenTable
from graphs.analytics.tables.scan import source
from graphs.kit.tables.duck import one_row

_FENCE = 1.5
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class OrderStatistics:
    """How many different values a column of numbers has, and its quantiles at 5, 25, 50, 75 and 95 per cent:
    Hyndman and Fan's type 7, which interpolates linearly."""

    distinct: int
    quantiles: tuple[float, ...]

    @property
    def fences(self) -> tuple[float, float]:
        """Tukey's inner fences."""
        _, q25, _, q75, _ = self.quantiles
        return q25 - _FENCE * (q75 - q25), q75 + _FENCE * (q75 - q25)


def order_statistics(table: OpenTable, value: str, count: int) -> OrderStatistics:
    """The order statistics of the `count` values, at least one, that the SQL `value` has in the table.

    They come from the values with the number of rows up to each: what does not fit into memory can be
    spilled, where DuckDB's own quantiles hold all values of a column."""
    # the place of a quantile in the ordered values, from 0: Hyndman and Fan's type 7
    places = [(count - 1) * q for q in _QUANTILES]
    wanted = sorted({min(floor(place) + step, count - 1) for place in places for step in (0, 1)})
    picked = ", ".join(f"CAST(min(v) FILTER (upto > {place}) AS DOUBLE)" for place in wanted)
    distinct, *found = one_row(
        table.connection,
        f"SELECT count(*), {picked} FROM (SELECT v, sum(n) OVER (ORDER BY v) AS upto FROM "
        f"(SELECT {value} AS v, count(*) AS n FROM {source(table)} WHERE {value} IS NOT NULL GROUP BY 1))",
    )
    at = dict(zip(wanted, found, strict=True))
    return OrderStatistics(distinct, tuple(_between(at, place, count) for place in places))


def _between(at: Mapping[int, float], place: float, count: int) -> float:
    below, above = at[floor(place)], at[min(floor(place) + 1, count - 1)]
    share = place - floor(place)
    return below + share * (above - below) if isfinite(above - below) else below * (1 - share) + above * share
