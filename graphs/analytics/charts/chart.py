"""Charts as pictures: bar, line, scatter, histogram, box.

Drawn with matplotlib's Figure objects, never pyplot, whose global state is unsafe in the worker threads
where tools run. The same data give the same bytes. Columns are named as in the frame; a name such as
revenue_usd gives its axis the unit USD. `shown` says in the picture which part of the data it draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cbook import boxplot_stats
from matplotlib.figure import Figure

from graphs.analytics.charts.chart_data import (
    bin_edges,
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
    axis_label,
    category_label,
    category_names,
    category_phrase,
    grid,
    new_figure,
    phrase,
    plain,
    short_number,
    style_axis,
    time_bucket,
)
from graphs.kit.pictures import to_png

MAX_ORDERED_BARS = 60
MAX_BOXES = 12
MAX_POINTS = 20_000
_BARS_WITH_FIGURES = 12


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
    heading = title or f"{axis_label(value)} by {category_phrase(data[category])}"
    figure, axes = new_figure(heading, shown, note)
    names = category_names(data[category])
    flat = not ordered and (len(names) > 6 or max(map(len, names)) > 14)
    colours = [PALETTE[0]] * len(names)
    if gathered and additive:
        colours[-1] = OTHER_COLOUR
    _draw_bars(axes, names, data[value], colours, flat=flat)
    style_axis(axes.xaxis if flat else axes.yaxis, data[value], axis_label(value))
    (axes.set_ylabel if flat else axes.set_xlabel)(plain(category_label(data[category])))
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
    if not is_ordered(data[x]):
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
    label = axis_label(*columns)
    heading = title or f"{label} by {category_phrase(data[x])}" + (f" and {phrase(series)}" if series else "")
    figure, axes = new_figure(heading, shown, note)
    _draw_lines(axes, lines, named, others, named_by_column=series is None)
    style_axis(axes.xaxis, data[x], category_label(data[x]))
    style_axis(axes.yaxis, pd.concat([heights for _, heights in lines.values()]), label)
    grid(axes, "y")
    if len(lines) > 1:
        add_legend(axes, phrase(series) if series else "")
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
    the rest are grey, "other (n)". `line` draws intercept + slope · x, as a regression gives the two. Of more
    than 20,000 points so many are drawn by lot, the same each time, and the note says so."""
    data = select_drawable(frame, [x, y, *([group] if group else [])], numbers=[x, y])
    notes = dropped_note(frame, data)
    if len(data) > MAX_POINTS:
        notes.insert(0, f"{MAX_POINTS:,} of {len(data):,} points are drawn, chosen at random")
        data = data.sample(MAX_POINTS, random_state=0).sort_index()
    groups = split_lines(data, x, [y], group)
    named, others = foremost({name: float(len(places)) for name, (places, _) in groups.items()})
    if others:
        notes.insert(0, _greyed(len(named), len(others), "groups"))
    note = "; ".join(notes)
    heading = title or f"{axis_label(y)} against {phrase(x)}"
    figure, axes = new_figure(heading, shown, note)
    size, alpha = (40, 0.85) if len(data) <= 100 else (26, 0.7) if len(data) <= 2000 else (8, 0.3)
    style: dict[str, Any] = {"s": size, "alpha": alpha, "linewidths": 0}
    for i, name in enumerate(named):
        axes.scatter(*groups[name], color=PALETTE[i], marker=MARKERS[i], label=plain(name), **style)
    for i, name in enumerate(others):
        label_once = f"other ({len(others)})" if i == 0 else None
        axes.scatter(*groups[name], color=OTHER_COLOUR, zorder=0.9, label=label_once, **style)
    if line is not None:
        intercept, slope = line
        ends = np.array([data[x].min(), data[x].max()])
        axes.plot(ends, intercept + slope * ends, color=INK, linewidth=1.5)
    style_axis(axes.xaxis, data[x], axis_label(x))
    style_axis(axes.yaxis, data[y], axis_label(y))
    grid(axes, "both")
    if len(groups) > 1:
        add_legend(axes, phrase(group) if group else "")
    return Chart(figure, heading, note, data.reset_index(drop=True))


def histogram(
    frame: pd.DataFrame, column: str, *, bins: int | None = None, title: str | None = None, shown: str = ""
) -> Chart:
    """How many values fall into each of `bins` intervals of equal width; by default as many as the finer of
    Sturges' and Freedman and Diaconis' rules says, at most 60. `data`: each interval's bounds and count."""
    if bins is not None and not 1 <= bins <= 1000:
        raise ValueError(f"The number of bins must lie between 1 and 1000, not {bins}.")
    values = select_drawable(frame, [column], numbers=[column])
    edges = bin_edges(values[column].to_numpy(), bins)
    counts, edges = np.histogram(values[column], edges)
    note = "; ".join(dropped_note(frame, values))
    heading = title or f"Distribution of {phrase(column)}"
    figure, axes = new_figure(heading, shown, note)
    axes.bar(
        edges[:-1], counts, np.diff(edges), align="edge", color=PALETTE[0], edgecolor="white", linewidth=0.6
    )
    style_axis(axes.xaxis, values[column], axis_label(column))
    style_axis(axes.yaxis, pd.Series(counts), "Number of rows")
    grid(axes, "y")
    return Chart(figure, heading, note, pd.DataFrame({"from": edges[:-1], "to": edges[1:], "count": counts}))


def box_chart(
    frame: pd.DataFrame, value: str, *, by: str | None = None, title: str | None = None, shown: str = ""
) -> Chart:
    """Tukey's box plot: quartiles, whiskers to the furthest value within 1.5 interquartile ranges, points
    beyond. One box, or one for each value of `by`: of more than 12 those with most rows, the note counts the
    others. `data` has a row of these figures for each box, the points beyond as one text."""
    data = select_drawable(frame, [value, *([by] if by else [])], numbers=[value])
    groups = {name: heights for name, (heights, _) in split_lines(data, value, [value], by).items()}
    kept = sorted(groups, key=lambda name: -len(groups[name]))[:MAX_BOXES]
    notes = dropped_note(frame, data)
    if len(groups) > len(kept):
        others = len(groups) - len(kept)
        notes.insert(0, f"the {len(kept)} with most rows of {len(groups)}; other ({others}) not shown")
    names = [name for name in groups if name in kept]
    boxes = boxplot_stats([groups[name].to_numpy() for name in names], labels=[plain(name) for name in names])
    heading = title or f"{axis_label(value)}" + (f" by {phrase(by)}" if by else "")
    note = "; ".join(notes)
    figure, axes = new_figure(heading, shown, note)
    _draw_boxes(axes, boxes)
    style_axis(axes.xaxis, data[value], axis_label(value))
    axes.set_ylabel(plain(axis_label(by)) if by else "")
    axes.yaxis.set_visible(by is not None)
    grid(axes, "x")
    return Chart(figure, heading, note, _box_figures(names, boxes, groups), file_only=("outlier_values",))


def _greyed(coloured: int, others: int, what: str) -> str:
    return f"the {coloured} largest of {coloured + others} {what} are coloured; other ({others}) in grey"


def _draw_lines(
    axes: Axes,
    lines: Mapping[str, tuple[pd.Series, pd.Series]],
    named: Sequence[str],
    others: Sequence[str],
    *,
    named_by_column: bool,
) -> None:
    for i, name in enumerate(named):
        marker = MARKERS[i] if len(lines[name][0]) <= 60 else None
        label_of_line = plain(phrase(name) if named_by_column else name)
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


def _draw_boxes(axes: Axes, boxes: list[dict]) -> None:
    axes.bxp(
        boxes,
        orientation="horizontal",
        widths=0.6,
        patch_artist=True,
        boxprops={"facecolor": PALETTE[5], "edgecolor": INK, "linewidth": 0.9},
        medianprops={"color": INK, "linewidth": 2},
        whiskerprops={"color": INK},
        capprops={"color": INK},
        flierprops={"marker": "o", "markersize": 4, "markerfacecolor": "none", "markeredgecolor": PALETTE[1]},
    )
    axes.invert_yaxis()


def _box_figures(names: list[str], boxes: list[dict], groups: Mapping[str, pd.Series]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "group": name,
                "rows": len(groups[name]),
                "lower_whisker": box["whislo"],
                "q25": box["q1"],
                "median": box["med"],
                "q75": box["q3"],
                "upper_whisker": box["whishi"],
                "outliers": len(box["fliers"]),
                "outlier_values": " ".join(repr(float(value)) for value in sorted(box["fliers"])),
            }
            for name, box in zip(names, boxes, strict=True)
        ]
    )
