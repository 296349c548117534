"""How every chart looks: size, colours, axes, text, and the way to PNG."""

from __future__ import annotations

import textwrap
from datetime import datetime, time
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from pandas.api import types

from graphs.kit.pictures import literal

# Okabe and Ito, "Color Universal Design" (2008): told apart with any common colour vision. Their yellow
# is left out, too faint on white.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
OTHER_COLOUR = "#B5B5B5"
INK, _FAINT, _MUTED = "#222222", "#DDDDDD", "#555555"

_WIDTH_IN, _HEIGHT_IN, _DPI = 8.0, 4.8, 150
_LONGEST_NAME = 28
_MOST_TICKS = 9
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DECADES = [size * 10**power for power in range(6) for size in (1, 2, 5)]
_STEPS = {
    "month": [1, 2, 3, 6, *(12 * years for years in _DECADES)],
    "quarter": [1, 2, *(4 * years for years in _DECADES)],
    "year": _DECADES,
}


def time_bucket(column: pd.Series) -> str | None:
    """The period, for a column of dates named as an aggregate by time names it (date_quarter)."""
    bucket = str(column.name).rpartition("_")[2]
    known = types.is_datetime64_any_dtype(column) and bucket in ("day", "week", "month", "quarter", "year")
    return bucket if known else None


def category_names(column: pd.Series) -> list[str]:
    """Text for each value of a column of categories."""
    if not types.is_datetime64_any_dtype(column):
        return [plain(category_name(value)) for value in column]
    return [_moment_name(moment, time_bucket(column)) for moment in column]


def category_name(value: object) -> str:
    """A value of a category as it is read in the data: 1, where a gap has made whole numbers 1.0."""
    if pd.isna(value):
        return "(missing)"
    if isinstance(value, float):
        return f"{value:.15g}"
    return _moment_name(value, None) if isinstance(value, datetime) else str(value)


def _moment_name(moment: datetime, bucket: str | None) -> str:
    if pd.isna(moment):
        return "(missing)"
    if bucket == "quarter":
        return f"{moment.year} Q{(moment.month + 2) // 3}"
    whole_day = "%Y-%m-%d" if moment.time() == time() else "%Y-%m-%d %H:%M"
    return moment.strftime({"year": "%Y", "month": "%Y-%m"}.get(bucket or "", whole_day))


def plain(text: object) -> str:
    """Text on one line, cut to a legible length, with no $ that would start a formula in matplotlib."""
    flat = " ".join(str(text).split())
    short = flat if len(flat) <= _LONGEST_NAME else flat[: _LONGEST_NAME - 1].rstrip() + "…"
    return literal(short)


def short_number(number: float) -> str:
    """Four significant digits at most, with thousands separators, or M and B for millions and billions."""
    for size, suffix in ((1e9, "B"), (1e6, "M")):
        if abs(number) >= size:
            return f"{number / size:.3g}{suffix}"
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def new_figure(title: str, *notes: str) -> tuple[Figure, Axes]:
    """An empty chart, 1200 by 720 pixels, under its title and the notes on what it shows and leaves out."""
    figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    heading = _wrapped(title, 72)
    figure.suptitle(heading, x=0.01, ha="left", fontsize=13, fontweight="bold", color=INK)
    axes = figure.add_subplot()
    if note := "; ".join(filter(None, notes)):
        axes.set_title(_wrapped(note, 105), loc="left", fontsize=9, color=_MUTED)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_MUTED)
    axes.tick_params(colors=INK, labelsize=9)
    axes.set_axisbelow(True)
    return figure, axes


def _wrapped(text: str, width: int) -> str:
    """At most two lines; "…" stands for what is cut."""
    return literal("\n".join(textwrap.wrap(text, width, max_lines=2, placeholder=" …")))


def grid(axes: Axes, which: Literal["x", "y", "both"]) -> None:
    """Faint lines across the axis `which` (x, y or both)."""
    axes.grid(visible=True, axis=which, color=_FAINT)


def style_axis(axis: Axis, values: pd.Series, label: str) -> None:
    """Label an axis, with ticks that suit its values: dates, years, whole numbers, or large numbers."""
    axis.set_label_text(literal(textwrap.shorten(label, 80, placeholder="…")), fontsize=10, color=INK)
    if types.is_datetime64_any_dtype(values):
        bucket = time_bucket(values)
        if bucket in _MONTHS:
            _tick_periods(axis, values, bucket)
            return
        locator = AutoDateLocator()
        axis.set_major_locator(locator)
        axis.set_major_formatter(ConciseDateFormatter(locator))
        return
    numbers = values.dropna().to_numpy(dtype=float)
    whole = bool(len(numbers)) and bool((numbers == np.round(numbers)).all())
    axis.set_major_locator(MaxNLocator(nbins=8, integer=whole, steps=[1, 2, 2.5, 5, 10]))
    if whole and numbers.min() >= 1500 and numbers.max() <= 2200:  # years
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
        return
    largest = float(np.abs(numbers).max()) if len(numbers) else 0.0
    size, suffix = next(((s, t) for s, t in ((1e9, "B"), (1e6, "M")) if largest >= s), (1.0, ""))
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value / size:,.10g}{suffix}" if value else "0")
    )


def _tick_periods(axis: Axis, values: pd.Series, bucket: str) -> None:
    """Ticks at the beginning of periods, under their names; of many each second, fourth, tenth, …"""
    months = _MONTHS[bucket]
    places = (values.dt.year * 12 + values.dt.month - 1).dropna().astype(int) // months
    first, last = int(places.min()), int(places.max())
    step = next(step for step in _STEPS[bucket] if (last - first) // step < _MOST_TICKS)
    shown = [place * months for place in range(first, last + 1) if place % step == 0]
    moments = pd.Series([pd.Timestamp(place // 12, place % 12 + 1, 1) for place in shown])
    axis.set_ticks(moments, [_moment_name(moment, bucket) for moment in moments])


def add_legend(axes: Axes, title: str) -> None:
    """A legend beside the plot, where it hides nothing."""
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(1.01, 1),
        borderaxespad=0,
        frameon=False,
        fontsize=9,
        title=plain(title),
        alignment="left",
    )
