"""Bars in parts: stacked on one another, or in groups side by side."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from graphs.analytics.charts.chart import MAX_ORDERED_BARS, NO_LABELS, Chart, Labels
from graphs.analytics.charts.chart_data import (
    MAX_BARS,
    dropped_note,
    foremost,
    is_ordered,
    select_drawable,
)
from graphs.analytics.charts.chart_style import (
    INK,
    OTHER_COLOUR,
    PALETTE,
    add_legend,
    category_name,
    category_names,
    grid,
    new_figure,
    plain,
    style_axis,
)

Form = Literal["stacked", "grouped"]


def parted_bar_chart(
    frame: pd.DataFrame,
    category: str,
    part: str,
    value: str,
    *,
    form: Form,
    title: str | None = None,
    shown: str = "",
    labels: Labels = NO_LABELS,
    additive: bool = False,
) -> Chart:
    """A bar for each value of `category`, stacked of the values of `part`, or a group of bars for these.

    Dates and numbers keep their order; text goes from the largest total down. Of more than 20 categories of
    text the 20 largest are drawn, and of more than 7 parts the 6 largest, in a stack with the others as one
    grey part. The note counts what is left out. `additive` values (sums, counts) make a whole together.
    `data` has a row for each bar or group, and a column for each part.

    Raises ValueError when a pair repeats, dates or numbers are too many, and for a stack of values that are
    not additive or lie on both sides of zero.
    """
    data = select_drawable(frame, [category, part, value], numbers=[value])
    if data.duplicated([category, part]).any():
        raise ValueError(f"A pair of '{category}' and '{part}' repeats. Aggregate the rows by both first.")
    if form == "stacked":
        _check_stack(data[value], additive=additive)
    ordered = is_ordered(data[category])
    if ordered and (bars := data[category].nunique()) > MAX_ORDERED_BARS:
        raise ValueError(f"{bars} values of '{category}' are too many for bars. Draw lines.")
    used = data.dropna(subset=[category]) if ordered else data
    notes = dropped_note(frame, used)
    order = list(dict.fromkeys(map(category_name, used[part].sort_values())))
    used = used.assign(**{part: used[part].map(category_name)})
    if not ordered:
        used = used.assign(**{category: used[category].map(category_name)})
    table = used.pivot(index=category, columns=part, values=value)[order]
    if not ordered:
        table, left_out = _largest(table)
        notes = left_out + notes
    table, grey, gathered = _coloured(table, gather=form == "stacked")
    note = "; ".join(gathered + notes)
    height, place, legend = (labels.get(name, name) for name in (value, category, part))
    heading = title or f"{height} by {place} and {legend}"
    figure, axes = new_figure(heading, shown, note)
    _draw(axes, table, form, grey)
    style_axis(
        axes.yaxis, table.sum(axis=1) if form == "stacked" else pd.Series(table.to_numpy().ravel()), height
    )
    axes.set_xlabel(plain(place))
    grid(axes, "y")
    add_legend(axes, legend)
    return Chart(figure, heading, note, table.rename_axis(columns=None).reset_index())


def _draw(axes: Axes, table: pd.DataFrame, form: Form, grey: str | None) -> None:
    places, base = np.arange(len(table)), np.zeros(len(table))
    width = 0.7 if form == "stacked" else 0.8 / table.shape[1]
    for i, (name, heights) in enumerate(table.items()):
        lengths = heights.fillna(0).to_numpy()
        axes.bar(
            places if form == "stacked" else places - 0.4 + width * (i + 0.5),
            lengths,
            width,
            bottom=base if form == "stacked" else 0,
            color=OTHER_COLOUR if name == grey else PALETTE[i],
            label=plain(name),
            edgecolor="white",
            linewidth=0.5,
        )
        base = base + lengths
    names = category_names(pd.Series(table.index, name=table.index.name))
    step = -(-len(names) // 30)  # more than 30 names under the bars would run into one another
    tilted = len(names) > 8 or sum(map(len, names)) > 70
    axes.set_xticks(places[::step], names[::step], rotation=45 if tilted else 0)
    if (table < 0).to_numpy().any():
        axes.axhline(0, color=INK, linewidth=0.8)


def _check_stack(values: pd.Series, *, additive: bool) -> None:
    if not additive:
        raise ValueError(
            "Parts of a stack must add up to the whole, and only totals and counts do. Draw grouped bars."
        )
    if values.min() < 0 < values.max():
        raise ValueError("Values on both sides of zero can't be stacked on one another. Draw grouped bars.")


def _largest(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The rows from the largest total down, and a note on those that are too many."""
    sizes = table.abs().sum(axis=1).sort_values(ascending=False, kind="stable")
    kept = table.loc[sizes.index[:MAX_BARS]]
    others = len(sizes) - len(kept)
    return kept, [f"the {len(kept)} largest of {len(sizes)}; other ({others}) not shown"] if others else []


def _coloured(table: pd.DataFrame, *, gather: bool) -> tuple[pd.DataFrame, str | None, list[str]]:
    """The columns that get a colour, with the others gathered in one (whose name is returned) or left out."""
    named, others = foremost(table.abs().sum().to_dict())
    if not others:
        return table, None, []
    grey = f"other ({len(others)})"
    kept = table[[name for name in table.columns if name in named]]
    note = (
        f"the {len(named)} largest of {table.shape[1]} parts; {grey} {'in grey' if gather else 'not shown'}"
    )
    if not gather:
        return kept, None, [note]
    return kept.assign(**{grey: table[others].sum(axis=1, min_count=1)}), grey, [note]
