"""Rankings: the groups with the largest or smallest values, of all or within each of other groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphs.analytics.tables.aggregate import Aggregate, Row


@dataclass(frozen=True, slots=True)
class Within:
    """The first rows of one group's ranking.

    `key` is that of the group, `tied` more share the last one's value, and `groups` have a value.
    """

    key: Any
    rows: tuple[Row, ...]
    tied: int
    groups: int


def ranked(result: Aggregate, top: int, *, smallest: bool = False) -> tuple[tuple[Row, ...], int]:
    """The groups with the `top` largest (or smallest) values of the first measure, largest (smallest) first,
    and how many more share the last one's value. Groups without a value are left out; ValueError when no
    group has one."""
    place = len(result.keys)
    valued = _valued(result)
    ordered = sorted(valued, key=lambda row: row[place], reverse=not smallest)
    first, rest = ordered[:top], ordered[top:]
    return tuple(first), sum(row[place] == first[-1][place] for row in rest)


def ranked_within(result: Aggregate, top: int, *, smallest: bool = False) -> tuple[Within, ...]:
    """For each value of the first key the ranking of the groups by the other keys, as `ranked` has it; the
    values come in their order."""
    place = len(result.keys)
    by_key: dict[Any, list[Row]] = {}
    for row in sorted(_valued(result), key=lambda row: row[place], reverse=not smallest):
        by_key.setdefault(row[0], []).append(row)
    return tuple(
        Within(
            key=key,
            rows=tuple(rows[:top]),
            tied=sum(row[place] == rows[:top][-1][place] for row in rows[top:]),
            groups=len(rows),
        )
        for key, rows in sorted(by_key.items(), key=lambda item: (item[0] is None, item[0]))
    )


def _valued(result: Aggregate) -> list[Row]:
    place = len(result.keys)
    valued = [row for row in result.rows if row[place] is not None and row[place] == row[place]]
    if not valued:
        raise ValueError(f"'{result.measures[0]}' has no value in these rows, so nothing can be ranked.")
    return valued
