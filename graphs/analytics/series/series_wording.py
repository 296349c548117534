"""What forecasts and anomalies of a series say alike: which series, its season, what was assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphs.analytics.statistics.statistics_wording import p_value
from graphs.analytics.tables import wording
from graphs.analytics.tables.wording import many

if TYPE_CHECKING:
    import pandas as pd

    from graphs.analytics.series.seasonality import Season
    from graphs.analytics.series.time_series import TimeSeries

_NAMED = 10
"""Of the periods that were filled."""


def what(series: TimeSeries) -> str:
    """The measure with its statistic."""
    if series.one_each:
        return f"**{series.measure}**"
    return f"**{wording.value_names(series.aggregate)[0]}**"


def period_of(series: TimeSeries, period: pd.Period) -> str:
    """What a reader calls a period of the series."""
    return wording.period_name(period.start_time.date(), series.period)


def season_taken(season: Season, series: TimeSeries) -> str:
    """The season, and why."""
    periods = f"{season.tried} {series.period}s"
    if season.asked:
        return (
            f"- Season: {season.length} {series.period}s, as asked for"
            if season.length > 1
            else ("- Season: none, as asked for")
        )
    if season.tried == 1:
        return "- Season: none is usual for years"
    if season.p is None:
        return (
            f"- Season: none taken, for finding one of {periods} takes three of them; name a season length "
            "to have one"
        )
    p = f"p-value {p_value(season.p)}"
    if season.length > 1:
        return f"- Season: {periods}, found by the Kruskal–Wallis test on the series less its trend ({p})"
    return f"- Season: none; the Kruskal–Wallis test finds none of {periods} ({p}, above 0.01)"


def assumptions(series: TimeSeries) -> list[str]:
    """What was found, filled and left out on the way from the rows to the series."""
    period = series.period
    lines = []
    if series.found:
        lines.append(f"- No period was named: the dates are by {period}")
    if series.assumed and not series.one_each:
        how = "added up" if series.statistic == "sum" else "averaged"
        lines.append(f"- No statistic was named: the rows of a {period} are {how}")
    for each in series.left_out:
        where = "begin" if each.at_start else "end"
        lines.append(
            f"- Left out: {period_of(series, each.period)}, incomplete: its rows {where} {each.days} days "
            f"{'after it starts' if each.at_start else 'before it is over'}, and at most {each.usual} in the "
            "others"
        )
    if series.filled:
        shown = ", ".join(period_of(series, each) for each in series.filled[:_NAMED])
        more = f" and {len(series.filled) - _NAMED} more" if len(series.filled) > _NAMED else ""
        how = "taken as 0" if series.gaps == "zero" else "put on the line between their neighbours"
        lines.append(
            f"- {many(len(series.filled), period)} without a value, {how} (marked in the data): {shown}{more}"
        )
    if series.undated:
        lines.append(f"- Left out: {many(series.undated, 'row')} without a date")
    return [*lines, *wording.method(series.aggregate)]
