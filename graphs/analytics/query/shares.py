"""Shares of a total: what per cent of it falls to each group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any

from graphs.analytics.tables.aggregate import Aggregate


@dataclass(frozen=True, slots=True)
class Shares:
    """The total of each value of an aggregate, and per group (as its rows) what per cent of it that is.

    None for a group without a value. The percentages of a value add up to 100.
    """

    totals: tuple[Any, ...]
    percent: tuple[tuple[float | None, ...], ...]


def shares(result: Aggregate) -> Shares:
    """Return the groups' shares of the totals. Raises ValueError for a statistic that doesn't add up to one
    of the whole, without groups, and for values that are negative or all zero."""
    if result.statistic not in ("sum", "count"):
        raise ValueError(
            f"A share is of a sum or a count; the {result.statistic} of groups does not add up to that of "
            "the whole. Ask for the sum, or leave the percentage out."
        )
    if not result.keys:
        raise ValueError("A share needs groups: name a column or a period to group by.")
    columns = [[row[place] for row in result.rows] for place in range(len(result.keys), len(result.columns))]
    totals = [_total(name, column) for name, column in zip(result.values, columns, strict=True)]
    percent = [
        [None if value is None else float(100 * value / total) for value in column]
        for column, total in zip(columns, totals, strict=True)
    ]
    return Shares(tuple(totals), tuple(zip(*percent, strict=True)))


def _total(name: str, column: Sequence[Any]) -> Any:
    present = [value for value in column if value is not None]
    total = fsum(present) if any(isinstance(value, float) for value in present) else sum(present)
    if not total or min(present) < 0:
        found = "negative values" if present and min(present) < 0 else "a total of 0"
        raise ValueError(f"'{name}' has {found}, so shares of the total say nothing. Leave the share out.")
    return total
