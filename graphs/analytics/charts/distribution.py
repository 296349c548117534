"""Charts of how a column of numbers is distributed: histogram and box plot."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cbook import boxplot_stats

from graphs.analytics.charts.chart import Chart
from graphs.analytics.charts.chart_data import bin_edges, dropped_note, foremost, select_drawable, split_lines
from graphs.analytics.charts.chart_style import (
    INK,
    PALETTE,
    add_legend,
    grid,
    new_figure,
    plain,
    style_axis,
)

MAX_BOXES = 12


def histogram(
    frame: pd.DataFrame,
    column: str,
    *,
    by: str | None = None,
    bins: int | None = None,
    title: str | None = None,
    shown: str = "",
) -> Chart:
    """How many values fall into each of `bins` intervals of equal width; by default as many as the finer of
    Sturges' and Freedman and Diaconis' rules says, at most 60.

    With `by` each of its values has an outline of its own over the same intervals; of more than 7 the 6 with
    most rows are drawn, and the note counts the others. `data`: each interval's bounds, and its count or
    that of each group.
    """
    if bins is not None and not 1 <= bins <= 1000:
        raise ValueError(f"The number of bins must lie between 1 and 1000, not {bins}.")
    values = select_drawable(frame, [column, *([by] if by else [])], numbers=[column])
    edges = bin_edges(values[column].to_numpy(), bins)
    groups = {name: part for name, (part, _) in split_lines(values, column, [column], by).items()}
    named, others = foremost({name: float(len(part)) for name, part in groups.items()})
    notes = dropped_note(frame, values)
    if others:
        notes.insert(0, f"the {len(named)} with most rows of {len(groups)}; other ({len(others)}) not shown")
    counts = {name: np.histogram(part, edges)[0] for name, part in groups.items() if name in named}
    note = "; ".join(notes)
    heading = title or f"Distribution of {column}" + (f" by {by}" if by else "")
    figure, axes = new_figure(heading, shown, note)
    if by is None:
        axes.bar(
            edges[:-1],
            counts[column],
            np.diff(edges),
            align="edge",
            color=PALETTE[0],
            edgecolor="white",
            linewidth=0.6,
        )
    else:
        for i, (name, heights) in enumerate(counts.items()):
            axes.stairs(heights, edges, fill=True, color=PALETTE[i], alpha=0.12)
            axes.stairs(heights, edges, color=PALETTE[i], linewidth=1.8, label=plain(name))
        add_legend(axes, by)
    style_axis(axes.xaxis, values[column], column)
    style_axis(axes.yaxis, pd.Series(np.concatenate(list(counts.values()))), "Number of rows")
    grid(axes, "y")
    columns = counts if by else {"count": counts[column]}
    return Chart(figure, heading, note, pd.DataFrame({"from": edges[:-1], "to": edges[1:], **columns}))


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
    heading = title or f"{value}" + (f" by {by}" if by else "")
    note = "; ".join(notes)
    figure, axes = new_figure(heading, shown, note)
    _draw_boxes(axes, boxes)
    style_axis(axes.xaxis, data[value], value)
    axes.set_ylabel(plain(by) if by else "")
    axes.yaxis.set_visible(by is not None)
    grid(axes, "x")
    return Chart(figure, heading, note, _box_figures(names, boxes, groups), file_only=("outlier_values",))


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
