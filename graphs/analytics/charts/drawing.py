"""Which figures a chart draws: the rows of a table as they stand, or a statistic of them by groups."""

from __future__ import annotations

from calendar import day_name
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from graphs.analytics.charts.chart_data import is_ordered
from graphs.analytics.tables.aggregate import Aggregate, OpenTable
from graphs.analytics.tables.measures import usual_statistic
from graphs.analytics.tables.selection import Selection, date_column, settled, spelt
from graphs.analytics.tables.statements import Filter, Statistic
from graphs.analytics.tables.wording import column_names
from graphs.kit.tables.load import TableInfo


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """The figures: `keys` and `values` are columns of `frame`.

    `result` is the aggregate that they come from, None for rows as they stand; `assumed` says that nobody
    named its statistic. `cut_from` is the number of groups of which only the largest were kept. `filters` are
    the conditions that the rows met.
    """

    table: TableInfo
    frame: pd.DataFrame
    keys: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    result: Aggregate | None = None
    assumed: bool = False
    cut_from: int | None = None
    filters: tuple[Filter, ...] = ()

    @property
    def labels(self) -> dict[str, str]:
        """What the columns of a result are called; those of rows as they stand keep their names."""
        if self.result is None:
            return {}
        return dict(zip(self.result.columns, column_names(self.result), strict=True))

    @property
    def additive(self) -> bool:
        """Whether the values of two groups may be added: they are sums or counts."""
        return self.result is not None and self.result.statistic in ("sum", "count")

    @property
    def may_be_stacked(self) -> bool:
        """Whether a stack of the values makes a whole: rows as they stand are taken to be amounts."""
        return self.additive or self.result is None

    def largest(self, count: int) -> Drawing:
        """Only the groups with the largest first values, when there are more."""
        if len(self.frame) <= count:
            return self
        kept = self.frame.nlargest(count, self.values[0], keep="first").index
        frame = self.frame.loc[self.frame.index.isin(kept)]
        return replace(self, frame=frame, cut_from=len(self.frame))


def as_it_stands(table: OpenTable, columns: Sequence[str], selection: Selection) -> Drawing:
    """The columns of the rows that the selection keeps. Raises ValueError as `OpenTable.frame`, and when no
    row is kept."""
    filters, _ = table.kept(selection)
    names = tuple(dict.fromkeys(spelt(table.info, name) for name in columns))
    return Drawing(table.info, table.frame(names, filters), filters=filters)


def by_groups(
    table: OpenTable, measures: Sequence[str], selection: Selection, statistic: Statistic | None
) -> Drawing:
    """The statistic of the measures by the selection's groups: `usual_statistic` when none is named and a
    group has several rows, and the rows as they stand when each has one. A measure that is also a key is not
    drawn. Without a measure it is the number of rows.

    Raises ValueError as `OpenTable.aggregate`, and when no measure is left.
    """
    selection = settled(table.info, selection)
    if not measures:
        result = table.aggregate("count", (), selection)
        return Drawing(table.info, _frame(result), result.keys, result.values, result, filters=result.filters)
    measures = [name for each in measures if (name := spelt(table.info, each)) not in selection.by]
    if not measures:
        raise ValueError(
            f"Name a column to draw by {' and '.join(selection.by)}: one that is not among these."
        )
    if statistic is None and not (selection.bucket or selection.where or selection.year):
        frame = table.frame()
        used = [*selection.by, *measures]
        known = bool(selection.by) and set(used) <= set(frame.columns)
        if known and not frame.duplicated(list(selection.by)).any():
            return Drawing(table.info, frame[used], selection.by, tuple(measures))
    result = table.aggregate(statistic or usual_statistic(measures), measures, selection)
    return Drawing(
        table.info,
        _frame(result),
        result.keys,
        result.values,
        result,
        assumed=statistic is None,
        filters=result.filters,
    )


def _frame(result: Aggregate) -> pd.DataFrame:
    """The result's rows; weekdays have their order from Monday on."""
    frame = result.frame()
    if result.selection.bucket != "weekday":
        return frame
    days = pd.CategoricalDtype(list(day_name), ordered=True)
    return frame.astype({result.keys[0]: days})


def down_and_across(drawing: Drawing) -> tuple[str, str]:
    """Which of the two keys goes down a heat map and which across: dates and numbers go across.

    Raises ValueError when there are not two keys.
    """
    if len(drawing.keys) != 2:
        raise ValueError(
            f"A heat map stands for two columns, or a column and a period, not for "
            f"{' and '.join(drawing.keys) or 'none'}: name two."
        )
    first, second = drawing.keys
    across_first = is_ordered(drawing.frame[first]) and not is_ordered(drawing.frame[second])
    return (second, first) if across_first else (first, second)


def along_axis(
    table: TableInfo, along: str | None, series: str | None, selection: Selection
) -> tuple[Selection, str | None]:
    """The selection for lines along a column or period, and the column that has a line for each value.

    Beside a period a column of text can only be the latter. Raises ValueError when neither a column nor a
    period is named and the table has not just one column of dates.
    """
    along, series = (spelt(table, name) if name else None for name in (along, series))
    bucket = None if along and along.lower() == selection.bucket else selection.bucket
    times = {column.name for column in table.columns if column.is_time}
    if bucket and along not in times:
        series, along = series or along, None
    groups = (series,) if series else ()
    if bucket:
        return replace(selection, by=groups, date_column=along or selection.date_column), series
    along = along or date_column(table, selection.date_column)
    return replace(selection, by=(along, *groups), bucket=None), series
