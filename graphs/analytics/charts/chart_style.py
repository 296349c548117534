"""How every chart looks: size, colours, axes, text, and the way to PNG."""

from __future__ import annotations

import re
import textwrap
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

_UNITS = {code: code.upper() for code in ("usd", "eur", "gbp", "chf", "jpy", "cad", "aud", "inr")}
_UNITS |= {
    unit: unit
    for unit in ("kg", "g", "mg", "t", "km", "m", "cm", "mm", "ml", "s", "ms", "min", "h", "days", "lb", "ft")
}
_UNITS |= {"pct": "%", "percent": "%", "celsius": "°C", "fahrenheit": "°F", "lbs": "lb", "inches": "in"}
_UNITS |= {"kw": "kW", "mw": "MW", "kwh": "kWh", "mwh": "MWh", "hz": "Hz", "kpa": "kPa", "hpa": "hPa"}
_UNITS |= {
    unit: unit
    for unit in ("thousands", "millions", "seconds", "minutes", "hours", "weeks", "mph", "miles", "litres")
}
_IN_BRACKETS = re.compile(r"(?P<words>.+?)\s*[(\[](?P<unit>[^()\[\]]{1,12})[)\]]\s*")
_DURATIONS = frozenset({"delay", "duration", "elapsed", "latency", "runtime", "stay", "time", "trip", "wait"})
_STATISTICS = {
    "sum": "total",
    "mean": "mean",
    "median": "median",
    "min": "least",
    "max": "greatest",
    "count": "number of values in",
    "sd": "standard deviation of",
}


def axis_label(*columns: str) -> str:
    """Names of columns for an axis: revenue_usd becomes "Revenue (USD)", sum_mass_kg "Total mass (kg)".
    Several columns with the same unit name it once."""
    text = phrase(*columns)
    # x2 or pH is a symbol, not a word: it keeps its case.
    return text[:1].upper() + text[1:] if len(text.split(" ")[0].rstrip(",")) > 2 else text


def phrase(*columns: str) -> str:
    """The same in the middle of a sentence: "revenue (USD)"."""
    parts = [_words_and_unit(column) for column in columns]
    if len({unit for _, unit in parts}) == 1:
        unit = parts[0][1]
        return " and ".join(words for words, _ in parts) + (f" ({unit})" if unit else "")
    return " and ".join(f"{words} ({unit})" if unit else words for words, unit in parts)


def _words_and_unit(column: str) -> tuple[str, str]:
    """The name as words, and the unit that stands at its end: height_mm, "Weight (kg)", Weight_in_lbs."""
    if column == "count":
        return "number of rows", ""
    bracketed = _IN_BRACKETS.fullmatch(column)
    words, unit = (bracketed["words"], bracketed["unit"]) if bracketed else (column, "")
    parts = words.replace("_", " ").split()
    if not unit and len(parts) > 1 and (unit := _unit_of(parts)):
        parts = parts[: -2 if parts[-2:-1] == ["in"] and len(parts) > 2 else -1]
    counted = parts[0] == "count" and len(parts) > 1
    if len(parts) > 1:
        parts[0] = _STATISTICS.get(parts[0], parts[0])
    return " ".join(parts), "" if counted else unit  # how many values there are has no unit


def _unit_of(words: list[str]) -> str:
    last = words[-1].lower()
    if last == "min" and not _DURATIONS & {word.lower() for word in words[:-1]}:
        return ""  # of temp_min and price_min, the least
    return _UNITS.get(last, "")


def time_bucket(column: pd.Series) -> str | None:
    """The period, for a column of dates named as an aggregate by time names it (date_quarter)."""
    bucket = str(column.name).rpartition("_")[2]
    known = types.is_datetime64_any_dtype(column) and bucket in ("day", "week", "month", "quarter", "year")
    return bucket if known else None


def category_phrase(column: pd.Series) -> str:
    """Name of a column of categories in the middle of a sentence."""
    return time_bucket(column) or phrase(str(column.name))


def category_label(column: pd.Series) -> str:
    """The same for an axis."""
    bucket = time_bucket(column)
    return bucket.capitalize() if bucket else axis_label(str(column.name))


def category_names(column: pd.Series) -> list[str]:
    """Text for each value of a column of categories."""
    if not types.is_datetime64_any_dtype(column):
        return ["(missing)" if pd.isna(v) else plain(f"{v:g}" if isinstance(v, float) else v) for v in column]
    bucket = time_bucket(column)
    if bucket == "quarter":
        return [f"{moment.year} Q{moment.quarter}" for moment in column]
    form = {"year": "%Y", "month": "%Y-%m"}.get(bucket or "", "%Y-%m-%d")
    return [moment.strftime(form) for moment in column]


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
