"""Shares of a total: what per cent of it falls to each group, or to the rows that meet a condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import Any

from graphs.analytics.tables.aggregate import Aggregate, OpenTable
from graphs.analytics.tables.conditions import parse_conditions, single_conditions
from graphs.analytics.tables.selection import Selection, spelt
from graphs.analytics.tables.statements import Figure


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
    for statistic in result.statistics:
        _check_adds_up(statistic)
    if not result.keys:
        raise ValueError("A share needs groups: name a column or a period to group by.")
    columns = [[row[place] for row in result.rows] for place in range(len(result.keys), len(result.columns))]
    totals = [_total(name, column) for name, column in zip(result.values, columns, strict=True)]
    percent = [
        [None if value is None else float(100 * value / total) for value in column]
        for column, total in zip(columns, totals, strict=True)
    ]
    return Shares(tuple(totals), tuple(zip(*percent, strict=True)))


@dataclass(frozen=True, slots=True)
class Part:
    """A statistic of the rows that meet a condition and of all of them, and for each measure what per cent of
    the whole the part is."""

    condition: str
    part: Aggregate
    whole: Aggregate
    percent: tuple[float, ...]


def part_of_whole(table: OpenTable, statistic: Figure, measures: Sequence[str], selection: Selection) -> Part:
    """Return the share of the rows that meet the selection's condition; without a measure, of the number of
    rows.

    The whole is all rows within the selection's dates. Raises ValueError for a statistic other than a sum or
    a count, for no condition or more than one that is not on dates (it is open then what 100 % is), and as
    `OpenTable.aggregate`.
    """
    _check_adds_up(statistic)
    times = {column.name for column in table.info.columns if column.is_time}
    parts = single_conditions(selection.where or "") if selection.where else []
    columns = {text: spelt(table.info, parse_conditions(text)[0].column) for text in parts}
    on_dates = [text for text in parts if columns[text] in times]
    own = [text for text in parts if text not in on_dates]
    if len({columns[text] for text in own}) != 1:
        if not own:
            raise ValueError(
                "A share needs groups: name a column or a period to group by, or a condition that says which "
                "part is meant."
            )
        raise ValueError(
            f"It is open what 100 % is: the conditions are {' and '.join(own)}. Name one of them, or groups "
            "to share the total among, with the other conditions behind where."
        )
    whole = table.aggregate(statistic, measures, replace(selection, where=" and ".join(on_dates) or None))
    part = table.aggregate(statistic, measures, selection)
    totals = [_total(name, [value]) for name, value in zip(whole.values, whole.rows[0], strict=True)]
    percent = [float(100 * (value or 0) / total) for value, total in zip(part.rows[0], totals, strict=True)]
    return Part(" and ".join(own), part, whole, tuple(percent))


def _check_adds_up(statistic: Figure) -> None:
    if statistic not in ("sum", "count"):
        raise ValueError(
            f"A share is of a sum or a count; the {statistic} of groups does not add up to that of "
            "the whole. Ask for the sum, or leave the percentage out."
        )


def _total(name: str, column: Sequence[Any]) -> Any:
    present = [value for value in column if value is not None]
    total = fsum(present) if any(isinstance(value, float) for value in present) else sum(present)
    if not total or min(present) < 0:
        found = "negative values" if present and min(present) < 0 else "a total of 0"
        raise ValueError(f"'{name}' has {found}, so shares of the total say nothing. Leave the share out.")
    return total
