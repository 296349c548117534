"""A measure of a table as a series of equally long periods: which period, which gaps, which ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import isfinite
from typing import Literal, get_args

import numpy as np
import pandas as pd

from graphs.analytics.tables.aggregate import Aggregate, OpenTable
from graphs.analytics.tables.measures import amount_columns
from graphs.analytics.tables.selection import Selection, date_column, number_columns, spelt
from graphs.analytics.tables.statements import Bucket, Statistic

Gaps = Literal["zero", "interpolate"]

_FREQUENCIES: Mapping[Bucket, str] = {
    "day": "D",
    "week": "W-SUN",
    "month": "M",
    "quarter": "Q",
    "year": "Y",
}
_COVERED = 0.9
"""The share of periods that must have rows for a period to be found from the dates alone."""
_MOST_GAPS: Mapping[Gaps, float] = {"zero": 0.5, "interpolate": 1 / 3}
_LONG_TAIL = 0.1
"""Of a period: an end without rows that is shorter is no sign that the period is incomplete."""
_FEWEST_TO_COMPARE = 4


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A period at an end of the series whose rows stop `days` days short of the period's own end (or begin
    that long after its start), which is more than in any other period: at most `usual` days there."""

    period: pd.Period
    days: int
    usual: int
    at_start: bool


@dataclass(frozen=True, slots=True, eq=False)
class TimeSeries:
    """A statistic of `measure` for every period from the first to the last, without gaps.

    `values[i]` is that of `index[i]`; those of the periods in `filled` are not in the data: 0, or on the
    straight line between their neighbours, as `gaps` says. `left_out` are incomplete periods at the ends.
    `found` says that nobody named the period, `assumed` that nobody named the statistic; with `one_each`
    every period has one row, so that any statistic is that row's value. `undated` rows have no date.
    """

    measure: str
    statistic: Statistic
    period: Bucket
    index: pd.PeriodIndex
    values: np.ndarray
    filled: tuple[pd.Period, ...]
    gaps: Gaps
    left_out: tuple[LeftOut, ...]
    found: bool
    assumed: bool
    one_each: bool
    undated: int
    aggregate: Aggregate

    def after(self, periods: int) -> pd.PeriodIndex:
        """The periods that follow the last one."""
        return pd.period_range(self.index[-1] + 1, periods=periods, freq=self.index.freq)


def read_series(
    table: OpenTable,
    measure: str,
    statistic: Statistic | None,
    selection: Selection,
    *,
    gaps: Gaps | None = None,
    keep_ends: bool = False,
) -> TimeSeries:
    """Return the measure's statistic by `selection.bucket`, by default the shortest period of which nearly
    all have rows.

    By default amounts are added up and other columns averaged. A period without rows has a total of 0 if
    periods have several rows each; else its value is taken to be missing. Unless `keep_ends`, a first or
    last period is left out when its rows break off earlier than in all other periods. A column of years
    serves when there are no dates. Raises ValueError for dates that are too irregular, too many gaps, and as
    `OpenTable.aggregate` does.
    """
    measure = spelt(table.info, measure)
    years = _year_column(table, selection)
    rows = _yearly(table, measure, selection, years) if years else _dated(table, measure, selection)
    one_each = bool((rows.counts == 1).all())
    amount = one_each or measure in amount_columns(table.info)
    chosen = statistic or ("sum" if amount else "mean")
    left_out = () if keep_ends or one_each else _incomplete_ends(rows.days, rows.period)
    aggregate = table.aggregate(chosen, [measure], rows.selection)
    gaps = gaps or ("zero" if chosen in ("sum", "count") and not one_each else "interpolate")
    known = _by_period(aggregate, rows.period).drop([each.period for each in left_out], errors="ignore")
    whole = _without_gaps(known, gaps, measure, rows.period)
    return TimeSeries(
        measure=measure,
        statistic=chosen,
        period=rows.period,
        index=pd.PeriodIndex(whole.index),
        values=whole.fillna(0.0).to_numpy() if gaps == "zero" else whole.interpolate("linear").to_numpy(),
        filled=tuple(whole.index[whole.isna()]),
        gaps=gaps,
        left_out=left_out,
        found=selection.bucket is None,
        assumed=statistic is None,
        one_each=one_each,
        undated=rows.undated,
        aggregate=aggregate,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """How many rows with a value each period has, on which days the rows are (none for years as numbers),
    and the selection that groups by the period."""

    period: Bucket
    counts: pd.Series
    days: pd.PeriodIndex
    undated: int
    selection: Selection


def _dated(table: OpenTable, measure: str, selection: Selection) -> _Rows:
    column = date_column(table.info, selection.date_column)
    selection = replace(selection, by=(), date_column=column)
    daily = _keyed(table.aggregate("count", [measure], replace(selection, bucket="day")))
    dated = {day: count for day, count in daily.items() if day is not None and count}
    if not dated:
        raise ValueError(f"No row has both a date in '{column}' and a value in '{measure}'.")
    days = pd.PeriodIndex(list(dated), freq="D")
    if selection.bucket == "weekday":
        raise ValueError("A series goes on in time: name days, weeks, months, quarters or years.")
    period = selection.bucket or _shortest_period(days, column)
    counts = pd.Series(list(dated.values())).groupby(days.asfreq(_FREQUENCIES[period])).sum()
    return _Rows(period, counts, days, daily.get(None, 0), replace(selection, bucket=period))


def _yearly(table: OpenTable, measure: str, selection: Selection, years: str) -> _Rows:
    if selection.bucket not in (None, "year"):
        raise ValueError(
            f"'{years}' holds years, so the series can't be by {selection.bucket}. Leave the period out."
        )
    selection = replace(selection, by=(years,), bucket=None, date_column=None)
    rows = _keyed(table.aggregate("count", [measure], selection))
    wrong = [year for year in rows if year is not None and not (year == int(year) and 1000 <= year <= 2999)]
    if wrong:
        raise ValueError(
            f"'{years}' holds {wrong[0]:g}, which is no year from 1000 to 2999. Name a column of dates."
        )
    counts = pd.Series({year: count for year, count in rows.items() if year is not None and count})
    return _Rows("year", counts, pd.PeriodIndex([], freq="D"), rows.get(None, 0), selection)


def _by_period(aggregate: Aggregate, period: Bucket) -> pd.Series:
    """The values that are present, by period: a group's key is the period's first day or, from a column of
    years, the year."""
    present = {
        key if isinstance(key, date) else date(int(key), 1, 1): float(value)
        for key, value in _keyed(aggregate).items()
        if key is not None and value is not None and isfinite(value)
    }
    index = pd.PeriodIndex(list(present), freq=_FREQUENCIES[period])
    return pd.Series(list(present.values()), index, dtype=float).sort_index()


def _year_column(table: OpenTable, selection: Selection) -> str | None:
    """The column of years as numbers that stands in for dates."""
    numbers = number_columns(table.info)
    if selection.date_column:
        given = spelt(table.info, selection.date_column)
        return given if given in numbers else None
    if any(column.is_time for column in table.info.columns):
        return None
    return next((name for name in numbers if name.casefold() == "year"), None)


def _keyed(aggregate: Aggregate) -> dict:
    return {row[0]: row[1] for row in aggregate.rows}


def _shortest_period(days: pd.PeriodIndex, column: str) -> Bucket:
    """The shortest period of which nearly all, from the first to the last, have rows."""
    for period in get_args(Bucket):
        covered, periods = _coverage(days, period)
        if periods > 1 and covered >= _COVERED * periods:
            return period
    covered, months = _coverage(days, "month")
    raise ValueError(
        f"The dates in '{column}' are too irregular to see a period in them: {covered} of {months} months "
        "have rows. Name the period: day, week, month, quarter or year."
    )


def _coverage(days: pd.PeriodIndex, period: Bucket) -> tuple[int, int]:
    """How many periods have rows, and how many there are from the first to the last."""
    ordinals = days.asfreq(_FREQUENCIES[period]).unique().astype("int64")
    return len(ordinals), int(ordinals.max() - ordinals.min()) + 1


def _incomplete_ends(days: pd.PeriodIndex, period: Bucket) -> tuple[LeftOut, ...]:
    """The first and the last period, where their rows start later, or stop earlier, than in all others."""
    if period == "day" or not len(days):
        return ()
    of_day = days.asfreq(_FREQUENCIES[period])
    frame = pd.DataFrame(
        {
            "late": days.astype("int64") - of_day.asfreq("D", "start").astype("int64"),
            "early": of_day.asfreq("D", "end").astype("int64") - days.astype("int64"),
        },
    )
    least = frame.groupby(of_day).min().sort_index()
    if len(least) < _FEWEST_TO_COMPARE:
        return ()
    first, last = least.index[0], least.index[-1]
    ends = (
        LeftOut(first, int(least["late"].iloc[0]), int(least["late"].iloc[1:].max()), at_start=True),
        LeftOut(last, int(least["early"].iloc[-1]), int(least["early"].iloc[:-1].max()), at_start=False),
    )
    return tuple(end for end in ends if end.days > end.usual and end.days >= _LONG_TAIL * _days(end.period))


def _without_gaps(known: pd.Series, gaps: Gaps, measure: str, period: Bucket) -> pd.Series:
    """The values from the first to the last, NaN for those that are missing."""
    if len(known) < _FEWEST_TO_COMPARE:
        raise ValueError(
            f"'{measure}' has values in {len(known)} {period}s: too few for a series. Take a shorter period, "
            "or keep more rows."
        )
    whole = known.reindex(pd.period_range(known.index[0], known.index[-1], freq=_FREQUENCIES[period]))
    missing = int(whole.isna().sum())
    if missing > _MOST_GAPS[gaps] * len(whole):
        raise ValueError(
            f"{missing} of {len(whole)} {period}s have no value of '{measure}': too many gaps. Take a longer "
            "period, or keep only the rows of a time without gaps."
        )
    return whole


def _days(period: pd.Period) -> int:
    return (period.end_time - period.start_time).days + 1
