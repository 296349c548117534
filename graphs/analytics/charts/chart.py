"""Charts as pictures: bar, line, scatter.

Drawn with matplotlib's Figure objects, never pyplot, whose global state is unsafe in the worker threads
where tools run. The same data give the same bytes. Columns are named as in the frame, or as `labels` calls
them. `shown` says in the picture which part of the data it draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from graphs.analytics.charts.chart_data import (
    break_at_absences,
    dropped_note,
    foremost,
    is_ordered,
    largest_categories,
    select_drawable,
    split_lines,
)
from graphs.analytics.charts.chart_style import (
    INK,
    MARKERS,
    OTHER_COLOUR,
    PALETTE,
    add_legend,
    category_names,
    grid,
    new_figure,
    plain,
    short_number,
    style_axis,
    time_bucket,
)
from graphs.kit.pictures import to_png

MAX_ORDERED_BARS = 60
MAX_POINTS = 20_000
_BARS_WITH_FIGURES = 12
_OFTEN, _ROWS = 0.5, "number of rows"
"""When so many of the points lie on places that others have already, they are counted."""

_LARGEST_POINT = 320
"""Square points; of a place with as many rows as any has."""

Labels = Mapping[str, str]
"""What columns are called in the picture: sum_units is "total units"."""

NO_LABELS: Labels = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Chart:
    """A drawn chart: its `title`, the `note` under the title (what was gathered or left out; empty if nothing
    was) and `data`, the figures behind it: what `figure` draws, and nothing else.

    `file_only` are columns of `data` that are too long for an answer."""

    figure: Figure
    title: str
    note: str
    data: pd.DataFrame
    file_only: tuple[str, ...] = ()

    @cached_property
    def png(self) -> bytes:
        """The picture, 1200 by 720 pixels."""
        return to_png(self.figure)


def bar_chart(
    frame: pd.DataFrame,
    category: str,
    value: str,
    *,
    title: str | None = None,
    shown: str = "",
    labels: Labels = NO_LABELS,
    additive: bool = False,
) -> Chart:
    """A bar for each row. Dates and numbers keep their order; text goes from the largest value down.

    Of more than 20 text categories the 19 furthest from zero are drawn and the note counts the others; with
    `additive` (sums, counts) the others make one grey bar. Raises ValueError when a category repeats, or
    dates or numbers are too many for bars.
    """
    data = select_drawable(frame, [category, value], numbers=[value])
    if data[category].duplicated().any():
        repeated = data.loc[data[category].duplicated(), category].iloc[0]
        raise ValueError(f"'{category}' holds {repeated} more than once. Aggregate the rows by it first.")
    ordered = is_ordered(data[category])
    if ordered and len(data) > MAX_ORDERED_BARS:
        raise ValueError(f"{len(data)} values of '{category}' are too many for bars. Draw a line.")
    gathered: list[str] = []
    if ordered:
        data = data.dropna(subset=[category]).sort_values(category)
    notes = dropped_note(frame, data)
    if not ordered:
        data, gathered = largest_categories(data, category, value, additive=additive)
    note = "; ".join(gathered + notes)
    height, place = labels.get(value, value), labels.get(category, category)
    heading = title or f"{height} by {place}"
    figure, axes = new_figure(heading, shown, note)
    names = category_names(data[category])
    flat = not ordered and (len(names) > 6 or max(map(len, names)) > 14)
    colours = [PALETTE[0]] * len(names)
    if gathered and additive:
        colours[-1] = OTHER_COLOUR
    _draw_bars(axes, names, data[value], colours, flat=flat)
    style_axis(axes.xaxis if flat else axes.yaxis, data[value], height)
    (axes.set_ylabel if flat else axes.set_xlabel)(plain(place))
    grid(axes, "x" if flat else "y")
    return Chart(figure, heading, note, data.reset_index(drop=True))


def line_chart(
    frame: pd.DataFrame,
    x: str,
    y: str | Sequence[str],
    *,
    series: str | None = None,
    title: str | None = None,
    shown: str = "",
    labels: Labels = NO_LABELS,
) -> Chart:
    """Lines over `x`, dates or numbers: one for each column in `y`, or one for each value of `series`.

    A missing value breaks a line, and so does a month, quarter or year that only other lines have. Of more
    than 7 lines the 6 with the largest sums are coloured and the rest are grey, "other (n)". Raises
    ValueError when `x` is text or repeats within a line.
    """
    columns = [y] if isinstance(y, str) else list(y)
    if not columns or (series is not None and len(columns) > 1):
        raise ValueError("A line chart takes one column, several columns, or one column split by another.")
    data = select_drawable(
        frame, [x, *columns, *([series] if series else [])], numbers=columns, keep_gaps=True
    )
    if not is_ordered(data[x]) or isinstance(data[x].dtype, pd.CategoricalDtype):
        raise ValueError(f"A line needs dates or numbers along it, and '{x}' holds text. Draw bars.")
    data = data.dropna(subset=[x]).sort_values(x, kind="stable")
    notes = dropped_note(frame, data)
    lines = split_lines(data, x, columns, series)
    for name, (places, _) in lines.items():
        if places.duplicated().any():
            raise ValueError(f"'{x}' repeats within the line '{name}'. Aggregate the rows by it first.")
    if time_bucket(data[x]):
        lines = break_at_absences(lines)
    named, others = foremost({name: float(heights.abs().sum()) for name, (_, heights) in lines.items()})
    if others:
        notes.insert(0, _greyed(len(named), len(others), "lines"))
    note = "; ".join(notes)
    label = " and ".join(labels.get(column, column) for column in columns)
    place = labels.get(x, x)
    heading = title or f"{label} by {place}" + (f" and {series}" if series else "")
    figure, axes = new_figure(heading, shown, note)
    _draw_lines(axes, lines, named, others, labels if series is None else NO_LABELS)
    style_axis(axes.xaxis, data[x], place)
    style_axis(axes.yaxis, pd.concat([heights for _, heights in lines.values()]), label)
    grid(axes, "y")
    if len(lines) > 1:
        add_legend(axes, series or "")
    return Chart(figure, heading, note, data.reset_index(drop=True))


def scatter_chart(
    frame: pd.DataFrame,
    x: str,
    y: str,
    *,
    group: str | None = None,
    line: tuple[float, float] | None = None,
    title: str | None = None,
    shown: str = "",
) -> Chart:
    """A point for each row, coloured by `group`; of more than 7 groups the 6 with most rows are coloured and
    the rest are grey, "other (n)". `line` draws intercept + slope · x, as a regression gives the two. Where
    half of the rows lie on places that others have already, a point stands for all rows at its place, and its
    area for their number. Of more than 20,000 points so many are drawn by lot, the same each
    time. The note says so."""
    data = select_drawable(frame, [x, y, *([group] if group else [])], numbers=[x, y])
    notes = dropped_note(frame, data)
    data, counts = _counted(data)
    if counts is not None:
        most = int(counts.max())
        notes.insert(0, f"rows at the same place are one point, its area their number (at most {most:,})")
    if len(data) > MAX_POINTS:
        notes.insert(0, f"{MAX_POINTS:,} of {len(data):,} points are drawn, chosen at random")
        data = data.sample(MAX_POINTS, random_state=0).sort_index()
    groups = split_lines(data, x, [y], group)
    named, others = foremost({name: float(len(places)) for name, (places, _) in groups.items()})
    if others:
        notes.insert(0, _greyed(len(named), len(others), "groups"))
    note = "; ".join(notes)
    heading = title or f"{y} against {x}"
    figure, axes = new_figure(heading, shown, note)
    size, alpha = (40, 0.85) if len(data) <= 100 else (26, 0.7) if len(data) <= 2000 else (8, 0.3)
    sizes = pd.Series(size, data.index) if counts is None else _LARGEST_POINT * counts / counts.max()
    style: dict[str, Any] = {"alpha": alpha if counts is None else 0.6, "linewidths": 0}
    for i, name in enumerate([*named, *others]):
        places, heights = groups[name]
        look: dict[str, Any] = {"color": OTHER_COLOUR, "zorder": 0.9}
        if name in named:
            look = {"color": PALETTE[i], "marker": MARKERS[i], "label": plain(name)}
        elif name == others[0]:
            look |= {"label": f"other ({len(others)})"}
        axes.scatter(places, heights, s=sizes[places.index], **look, **style)
    if line is not None:
        intercept, slope = line
        ends = np.array([data[x].min(), data[x].max()])
        axes.plot(ends, intercept + slope * ends, color=INK, linewidth=1.5)
    style_axis(axes.xaxis, data[x], x)
    style_axis(axes.yaxis, data[y], y)
    grid(axes, "both")
    if len(groups) > 1:
        add_legend(axes, group or "")
    return Chart(figure, heading, note, data.reset_index(drop=True))


def _counted(data: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series | None]:
    """The places with their numbers of rows, when half of the rows lie on others' places; else the rows."""
    if data.duplicated().mean() < _OFTEN or _ROWS in data:
        return data, None
    columns = list(data.columns)
    places = data.assign(**{_ROWS: 1}).groupby(columns, dropna=False, observed=True, as_index=False).sum()
    return places, places[_ROWS]


def _greyed(coloured: int, others: int, what: str) -> str:
    return f"the {coloured} largest of {coloured + others} {what} are coloured; other ({others}) in grey"


def _draw_lines(
    axes: Axes,
    lines: Mapping[str, tuple[pd.Series, pd.Series]],
    named: Sequence[str],
    others: Sequence[str],
    labels: Labels,
) -> None:
    for i, name in enumerate(named):
        marker = MARKERS[i] if len(lines[name][0]) <= 60 else None
        label_of_line = plain(labels.get(name, name))
        axes.plot(*lines[name], color=PALETTE[i], marker=marker, markersize=4.5, label=label_of_line)
    for i, name in enumerate(others):
        label_once = f"other ({len(others)})" if i == 0 else None
        axes.plot(*lines[name], color=OTHER_COLOUR, linewidth=1, zorder=1, label=label_once)


def _draw_bars(axes: Axes, names: list[str], values: pd.Series, colours: list[str], *, flat: bool) -> None:
    places = np.arange(len(names))
    if flat:
        bars = axes.barh(places, values, color=colours)
        axes.set_yticks(places, names)
        axes.invert_yaxis()
    else:
        bars = axes.bar(places, values, color=colours, width=0.7)
        step = -(-len(names) // 30)  # more than 30 names under the bars would run into one another
        axes.set_xticks(places[::step], names[::step], rotation=45 if len(names) > 8 else 0)
    if len(names) <= _BARS_WITH_FIGURES or flat:
        axes.bar_label(bars, [short_number(value) for value in values], padding=3, fontsize=8.5, color=INK)
        axes.margins(x=0.1 if flat else None, y=None if flat else 0.1)
    if (values < 0).any():
        (axes.axvline if flat else axes.axhline)(0, color=INK, linewidth=0.8)
