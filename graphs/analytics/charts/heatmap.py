"""Heat maps as pictures: a figure for each pair of two categories, and correlations of columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.image import AxesImage
from pandas.api import types

from graphs.analytics.charts.chart import NO_LABELS, Chart, Labels
from graphs.analytics.charts.chart_data import dropped_note, is_ordered, select_drawable
from graphs.analytics.charts.chart_style import (
    INK,
    OTHER_COLOUR,
    category_name,
    category_names,
    new_figure,
    plain,
    short_number,
    style_axis,
)

SEQUENTIAL, DIVERGING = "cividis", "RdBu_r"
"""Read with any common colour vision: Nuñez, Anderton and Renslow (2018), "Optimizing colormaps with
consideration for color vision deficiency"; Brewer's RdBu (colorbrewer2.org, "colorblind safe")."""

MAX_SIDE = 40
MAX_CORRELATED = 30
_CELLS_WITH_FIGURES = 180
_COLUMNS_WITH_FIGURES = 14
_MISSING = "(missing)"
_AS_FAR_FROM_BLACK_AS_FROM_WHITE = (1.05 * 0.05) ** 0.5 - 0.05
"""The luminance whose contrast ratio (WCAG 2.2) with either is 4.58, where 4.5 is asked for."""

Method = Literal["pearson", "spearman"]


def heat_map(
    frame: pd.DataFrame,
    row: str,
    column: str,
    value: str,
    *,
    title: str | None = None,
    shown: str = "",
    labels: Labels = NO_LABELS,
) -> Chart:
    """A cell for each value of `row` (downwards) and of `column` (to the right), coloured by `value`.

    Dates and numbers keep their order, text is in that of the alphabet. A pair without a value is hatched,
    and the note counts these. Colours go from dark to light or, for values on both sides of zero, from blue
    over white (zero) to red. Of more than 40 rows or columns of text those with the largest values are drawn,
    and the note counts the others. `data` is the map as a table.

    Raises ValueError when a pair repeats, or dates or numbers are too many.
    """
    data = select_drawable(frame, [row, column, value], numbers=[value], keep_gaps=True)
    if data.duplicated([row, column]).any():
        raise ValueError(f"A pair of '{row}' and '{column}' repeats. Aggregate the rows by both first.")
    notes: list[str] = []
    for name in (row, column):
        data, left_out = _side(data, name, value)
        notes += left_out
    table = data.pivot(index=row, columns=column, values=value)
    table = table.reindex(index=_in_order(table.index), columns=_in_order(table.columns))
    if empty := int(table.isna().to_numpy().sum()):
        notes.append(f"hatched: {empty:,} of {table.size:,} combinations have no value")
    note = "; ".join(notes)
    down, right = pd.Series(table.index, name=row), pd.Series(table.columns, name=column)
    colour, *sides = (labels.get(name, name) for name in (value, row, column))
    heading = title or f"{colour} by {' and '.join(sides)}"
    figure, axes = new_figure(heading, shown, note)
    cells = table.to_numpy(dtype=float)
    image = _draw(axes, cells, category_names(down), category_names(right))
    _colour(image, cells)
    _write_figures(axes, image, short_number)
    style_axis(figure.colorbar(image, ax=axes).ax.yaxis, pd.Series(cells.ravel()), colour)
    axes.set_ylabel(plain(sides[0]))
    axes.set_xlabel(plain(sides[1]))
    return Chart(figure, heading, note, table.set_axis(_texts(right), axis="columns").reset_index())


def correlation_map(
    frame: pd.DataFrame,
    columns: Sequence[str],
    *,
    method: Method = "pearson",
    title: str | None = None,
    shown: str = "",
) -> Chart:
    """Pearson's or Spearman's correlation of each pair of columns, from the rows that have both values.

    Colours go from blue (-1) over white (0) to red (1). A pair with a column that doesn't vary has no
    correlation and is hatched. Of more than 30 columns the first 30 are drawn, and the note says so. `data`
    has a row for each column, named in "column". Raises ValueError for fewer than two columns, or one that
    holds no numbers.
    """
    wanted = list(dict.fromkeys(columns))
    if len(wanted) < 2:
        raise ValueError("Correlations need at least two columns of numbers. Name them.")
    names = wanted[:MAX_CORRELATED]
    numbers = select_drawable(frame, names, numbers=names, keep_gaps=True)
    cells = numbers.corr(method=method).to_numpy()
    notes = []
    if len(names) < len(wanted):
        notes.append(f"the first {len(names)} of {len(wanted)} columns of numbers")
    if numbers.isna().to_numpy().any():
        notes.append("each pair from the rows that have both values")
    if constant := [name for name in names if numbers[name].nunique() < 2]:
        notes.append(f"hatched: {', '.join(constant)} {'does' if len(constant) == 1 else 'do'} not vary")
    note = "; ".join(notes)
    measure = {"pearson": "Pearson's r", "spearman": "Spearman's ρ"}[method]
    heading = title or f"Correlation of {len(names)} columns ({measure})"
    figure, axes = new_figure(heading, shown, note)
    image = _draw(axes, cells, [plain(name) for name in names], [plain(name) for name in names])
    image.set(cmap=DIVERGING, norm=Normalize(-1, 1))
    _write_figures(axes, image, lambda r: f"{r:.2f}")
    figure.colorbar(image, ax=axes).set_label(measure, fontsize=10, color=INK)
    data = pd.DataFrame(cells, columns=pd.Index(names), index=pd.Index(names, name="column"))
    return Chart(figure, heading, note, data.reset_index(allow_duplicates=True))


def _side(data: pd.DataFrame, name: str, value: str) -> tuple[pd.DataFrame, list[str]]:
    """The data with at most 40 values of a category, and notes on what that leaves out."""
    if is_ordered(data[name]):
        present = data.dropna(subset=[name])
        if (count := present[name].nunique()) > MAX_SIDE:
            raise ValueError(
                f"{count} values of '{name}' are too many for a heat map, which takes {MAX_SIDE}. "
                "Group by month, quarter or year, or keep fewer rows by a condition."
            )
        return present, dropped_note(data, present)
    data = data.assign(**{name: data[name].astype(object).where(data[name].notna(), _MISSING)})
    sizes = data[value].abs().groupby(data[name]).sum()
    if len(sizes) <= MAX_SIDE:
        return data, []
    kept = sizes.nlargest(MAX_SIDE).index
    others = len(sizes) - MAX_SIDE
    note = f"the {MAX_SIDE} largest of {len(sizes):,} values of {name}; other ({others:,}) not shown"
    return data[data[name].isin(kept)], [note]


def _in_order(labels: pd.Index) -> list[Any]:
    if isinstance(labels, pd.CategoricalIndex):
        return list(labels.sort_values())
    if types.is_object_dtype(labels) or types.is_string_dtype(labels):
        return sorted(labels, key=lambda label: (label == _MISSING, str(label).casefold(), str(label)))
    return sorted(labels)


def _texts(labels: pd.Series) -> list[str]:
    """The columns' names in the table: a period by its own name, others as they are."""
    return (
        category_names(labels)
        if types.is_datetime64_any_dtype(labels)
        else [category_name(each) for each in labels]
    )


def _draw(axes: Axes, cells: np.ndarray, down: Sequence[str], right: Sequence[str]) -> AxesImage:
    """Draw the cells between thin white lines; where there is no value the hatched ground shows."""
    axes.patch.set(facecolor="#F6F6F6", edgecolor=OTHER_COLOUR, hatch="////", linewidth=0)
    image = axes.imshow(np.ma.masked_invalid(cells), aspect="auto", interpolation="none")
    for axis, names in ((axes.yaxis, down), (axes.xaxis, right)):
        axis.set_ticks(range(len(names)), names, fontsize=9 if len(names) <= 20 else 6.5)
        axis.set_ticks(np.arange(len(names) + 1) - 0.5, minor=True)
    if len(right) > 20:
        axes.tick_params(axis="x", rotation=90)
    elif sum(map(len, right)) > 70:
        axes.set_xticklabels(right, rotation=45, ha="right", rotation_mode="anchor")
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    axes.grid(visible=True, which="minor", color="white", linewidth=1)
    return image


def _colour(image: AxesImage, cells: np.ndarray) -> None:
    least, greatest = float(np.nanmin(cells)), float(np.nanmax(cells))
    if least < 0 < greatest:
        reach = max(-least, greatest)
        image.set(cmap=DIVERGING, norm=Normalize(-reach, reach))
    elif least == greatest:
        image.set(cmap=SEQUENTIAL, norm=Normalize(least - 1, greatest + 1))
    else:
        image.set(cmap=SEQUENTIAL, norm=Normalize(least, greatest))


def _write_figures(axes: Axes, image: AxesImage, text_of: Callable[[float], str]) -> None:
    """Write each value into its cell, in black or white, whichever stands out; none when they are many."""
    cells = image.get_array()
    if cells is None or cells.size > _CELLS_WITH_FIGURES or cells.shape[1] > _COLUMNS_WITH_FIGURES:
        return
    for (row, column), value in np.ma.ndenumerate(cells):
        ink = "white" if luminance(image.to_rgba(value)) < _AS_FAR_FROM_BLACK_AS_FROM_WHITE else "black"
        axes.text(column, row, text_of(value), ha="center", va="center", fontsize=8.5, color=ink)


def luminance(colour: Iterable[float]) -> float:
    """Relative luminance of an sRGB colour, from 0 (black) to 1 (white), as WCAG 2.2 defines it."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in list(colour)[:3]
    ]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))
