"""A statistic by two keys at once: one runs down, the other across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphs.analytics.tables.aggregate import Aggregate, OpenTable
from graphs.analytics.tables.selection import Selection, spelt
from graphs.analytics.tables.statements import Statistic


@dataclass(frozen=True, slots=True)
class Pivot:
    """A statistic in each combination of two keys.

    `cells` holds the combinations that have rows; `by_row`, `by_column` and `whole` are the statistic of all
    rows of a row, of a column and of the table, so a mean there is no mean of means. `across` says that the
    periods of `cells` run across; they run down else.
    """

    cells: Aggregate
    by_row: Aggregate
    by_column: Aggregate
    whole: Aggregate
    across: bool

    @property
    def rows(self) -> tuple[Any, ...]:
        """The values of the key that runs down: in order, or from the largest total down."""
        return tuple(row[0] for row in self.by_row.rows)

    @property
    def columns(self) -> tuple[Any, ...]:
        """The values of the key that runs across, as `rows`."""
        return tuple(row[0] for row in self.by_column.rows)

    @property
    def missing(self) -> int:
        """How many combinations have no rows."""
        return len(self.rows) * len(self.columns) - len(self.cells.rows)

    def grid(self) -> list[list[Any]]:
        """The cells by row and column; None where a combination has no rows, or no value."""
        place = (1, 0) if self.across else (0, 1)
        found = {(cell[place[0]], cell[place[1]]): cell[2] for cell in self.cells.rows}
        return [[found.get((row, column)) for column in self.columns] for row in self.rows]

    def totals(self) -> tuple[list[Any], list[Any], Any]:
        """The statistic of each row, of each column, and of the whole."""
        return [row[1] for row in self.by_row.rows], [row[1] for row in self.by_column.rows], self.total

    @property
    def total(self) -> Any:
        """The statistic of the whole."""
        return self.whole.rows[0][0]


def pivot(
    table: OpenTable,
    statistic: Statistic,
    measure: str | None,
    rows: str | None,
    columns: str | None,
    selection: Selection,
) -> Pivot:
    """Return the statistic of the measure (None: the count of rows) by `rows` and `columns`.

    With a `bucket` in the selection, its periods take the side that is not given. Raises ValueError when the
    two sides are not two different keys, and as `OpenTable.aggregate` does.
    """
    across = selection.bucket is not None and rows is not None
    sides = [spelt(table.info, name) for name in (rows, columns) if name]
    if len(set(sides)) + (selection.bucket is not None) != 2:
        raise ValueError(_two_sides(sides, selection))
    measures = [measure] if measure else []
    other = (sides[0],) if selection.bucket else (sides[1],)
    periods = replace(selection, by=() if selection.bucket else (sides[0],))
    others = replace(selection, by=other, bucket=None)
    cells = table.aggregate(statistic, measures, replace(selection, by=tuple(sides)))
    if len(cells.keys) != 2:
        raise ValueError(_two_sides(list(cells.keys), selection))
    by_first = table.aggregate(statistic, measures, periods)
    by_other = table.aggregate(statistic, measures, others)
    whole = table.aggregate(statistic, measures, replace(others, by=()))
    if across:
        return Pivot(cells, by_other, by_first, whole, across)
    return Pivot(cells, by_first, by_other, whole, across)


def _two_sides(sides: Sequence[str], selection: Selection) -> str:
    given = [*dict.fromkeys(sides), *([selection.bucket] if selection.bucket else [])]
    named = " and ".join(given) if given else "none"
    return (
        "A pivot table has two different keys: one runs down, the other across, such as region and product, "
        f"or region and month. Given: {named}."
    )
