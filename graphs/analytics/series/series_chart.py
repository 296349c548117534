"""Charts of a series: its forecast with intervals, or the periods that stand out of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from graphs.analytics.charts.chart import Chart
from graphs.analytics.charts.chart_style import (
    INK,
    PALETTE,
    add_legend,
    grid,
    new_figure,
    style_axis,
)
from graphs.analytics.series.anomalies import SeriesAnomalies
from graphs.analytics.series.forecast_models import LEVELS
from graphs.analytics.series.forecasting import Forecast
from graphs.analytics.series.time_series import TimeSeries
from graphs.analytics.tables.conditions import describe_conditions
from graphs.analytics.tables.wording import value_names

_HISTORY_SHOWN = 120
"""Periods of history beside a forecast; all are in the data."""


def forecast_chart(series: TimeSeries, found: Forecast) -> Chart:
    """The history, the forecast and its 80 and 95 % intervals; `data` has them by period."""
    name = _name(series)
    ahead = series.after(len(found.prediction.mean))
    history = pd.DataFrame({"period": series.index.to_timestamp(), "value": series.values})
    history["filled"] = series.index.isin(list(series.filled))
    future = pd.DataFrame({"period": ahead.to_timestamp(), "forecast": found.prediction.mean})
    for level in LEVELS:
        future[f"low_{level}"] = found.prediction.low[level]
        future[f"high_{level}"] = found.prediction.high[level]
    drawn = history.tail(max(_HISTORY_SHOWN, 2 * len(future)))
    left_out = len(history) - len(drawn)
    note = "; ".join(
        filter(
            None,
            (
                f"{found.fit.name}; shaded: 80 and 95 % intervals",
                f"the last {len(drawn)} of {len(history)} {series.period}s of history" if left_out else "",
                _conditions(series),
            ),
        )
    )
    title = f"Forecast of {name} by {series.period}"
    figure, axes = new_figure(title, note)
    axes.plot(drawn["period"], drawn["value"], color=INK, linewidth=1.4, label="history")
    for level, shade in zip(reversed(LEVELS), (0.18, 0.32), strict=True):
        axes.fill_between(
            future["period"],
            future[f"low_{level}"],
            future[f"high_{level}"],
            color=PALETTE[0],
            alpha=shade,
            linewidth=0,
            label=f"{level} %",
        )
    marker = "o" if len(future) <= 40 else None
    axes.plot(
        future["period"], future["forecast"], color=PALETTE[0], marker=marker, markersize=4, label="forecast"
    )
    heights = [drawn["value"], *(future[column] for column in future.columns[1:])]
    _finish(axes, pd.concat([drawn["period"], future["period"]]), pd.concat(heights), series, name)
    data = pd.concat([history, future], ignore_index=True)
    data["filled"] = data["filled"].eq(True)
    return Chart(figure, title, note, data)


def anomaly_chart(series: TimeSeries, found: SeriesAnomalies) -> Chart:
    """The series, the range in which a period does not stand out, and those that do; `data` has all."""
    name = _name(series)
    data = pd.DataFrame(
        {
            "period": series.index.to_timestamp(),
            "value": found.values,
            "expected": found.expected,
            "low": found.low,
            "high": found.high,
            "deviation_sd": found.deviation,
            "anomaly": np.isin(np.arange(len(found.values)), found.places),
            "filled": series.index.isin(list(series.filled)),
        }
    )
    note = "; ".join(
        filter(
            None,
            (
                f"shaded: within {found.threshold:g} robust standard deviations of what is expected",
                _conditions(series),
            ),
        )
    )
    title = f"Anomalies of {name} by {series.period}"
    figure, axes = new_figure(title, note)
    axes.fill_between(
        data["period"], data["low"], data["high"], color=PALETTE[0], alpha=0.18, linewidth=0, label="expected"
    )
    axes.plot(data["period"], data["value"], color=INK, linewidth=1.2, label="value")
    marked = data[data["anomaly"]]
    if len(marked):
        axes.scatter(
            marked["period"],
            marked["value"],
            color=PALETTE[1],
            s=42,
            zorder=3,
            label=f"anomaly ({len(marked)})",
        )
    _finish(axes, data["period"], pd.concat([data["value"], data["low"], data["high"]]), series, name)
    return Chart(figure, title, note, data)


def _finish(axes: Axes, times: pd.Series, heights: pd.Series, series: TimeSeries, name: str) -> None:
    style_axis(axes.xaxis, times.rename(f"date_{series.period}"), series.period)
    style_axis(axes.yaxis, heights, name)
    grid(axes, "y")
    add_legend(axes, "")


def _name(series: TimeSeries) -> str:
    return series.measure if series.one_each else " ".join(value_names(series.aggregate))


def _conditions(series: TimeSeries) -> str:
    filters: Sequence = series.aggregate.filters
    return f"only rows with {describe_conditions(filters)}" if filters else ""
