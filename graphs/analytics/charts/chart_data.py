"""Which rows a chart draws, and how it says what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from pandas.api import types

from graphs.analytics.charts.chart_style import PALETTE, category_name

MAX_BARS = 20
MAX_BINS = 60


def select_drawable(
    frame: pd.DataFrame, columns: Sequence[str], *, numbers: Sequence[str], keep_gaps: bool = False
) -> pd.DataFrame:
    """The rows and columns to draw, `numbers` as floats. Rows lacking one of these go, unless `keep_gaps`.

    Raises ValueError for a column that doesn't exist, holds no numbers where they are needed, or is empty.
    """
    for name in columns:
        if name not in frame.columns:
            existing = ", ".join(f"'{column}'" for column in frame.columns)
            raise ValueError(f"There is no column '{name}'. The columns are: {existing}.")
    for name in numbers:
        if not types.is_numeric_dtype(frame[name]) or types.is_bool_dtype(frame[name]):
            raise ValueError(f"A chart needs numbers for its size or place, and '{name}' holds none.")
    data = frame[list(dict.fromkeys(columns))].astype(dict.fromkeys(numbers, float))
    data = data.assign(**{name: data[name].where(np.isfinite(data[name])) for name in numbers})
    present = data.dropna(subset=list(numbers), how="all" if keep_gaps else "any")
    if present.empty:
        raise ValueError(
            f"There is no row with a value in {' and '.join(map(repr, numbers))}, so nothing to draw."
        )
    return data if keep_gaps else present


def dropped_note(frame: pd.DataFrame, drawn: pd.DataFrame) -> list[str]:
    """At most one note, on the rows of `frame` that are not drawn."""
    dropped = len(frame) - len(drawn)
    return [f"{dropped:,} row{'s' if dropped > 1 else ''} without a value left out"] if dropped else []


def is_ordered(column: pd.Series) -> bool:
    """Whether a column has an order of its own: numbers, dates and weekdays have, text and booleans not."""
    if types.is_bool_dtype(column):
        return False
    if isinstance(column.dtype, pd.CategoricalDtype):
        return bool(column.cat.ordered)
    return types.is_numeric_dtype(column) or types.is_datetime64_any_dtype(column)


def largest_categories(
    data: pd.DataFrame, category: str, value: str, *, additive: bool
) -> tuple[pd.DataFrame, list[str]]:
    """Rows from the largest value down, and a note if there are more than MAX_BARS: then those furthest from
    zero are kept, with the rest in one row "other (n)" at the end if values may be added."""
    ranked = data.assign(**{category: data[category].astype(object)}).sort_values(
        value, ascending=False, kind="stable"
    )
    if len(ranked) <= MAX_BARS:
        return ranked, []
    order = ranked[value].abs().sort_values(ascending=False, kind="stable").index
    kept, rest = ranked.loc[ranked.index.isin(order[: MAX_BARS - 1])], order[MAX_BARS - 1 :]
    note = f"the {len(kept)} largest of {len(ranked)}; other ({len(rest)}) "
    if not additive:
        return kept, [note + "not shown"]
    other = pd.DataFrame({category: [f"other ({len(rest)})"], value: [ranked.loc[rest, value].sum()]})
    return pd.concat([kept, other]), [note + "in the grey bar"]


def split_lines(
    data: pd.DataFrame, x: str, columns: Sequence[str], series: str | None
) -> dict[str, tuple[pd.Series, pd.Series]]:
    """Places and heights of each line or group, by its name."""
    if series is None:
        return {column: (data[x], data[column]) for column in columns}
    parts = data.groupby(data[series], sort=True, dropna=False, observed=True)
    return {category_name(name): (part[x], part[columns[0]]) for name, part in parts}


def break_at_absences(
    lines: Mapping[str, tuple[pd.Series, pd.Series]],
) -> dict[str, tuple[pd.Series, pd.Series]]:
    """Lines over the same periods: one that is absent from a line becomes a gap in it."""
    places = pd.concat([places for places, _ in lines.values()]).drop_duplicates().sort_values()
    return {
        name: (places, heights.set_axis(own.to_numpy()).reindex(places.to_numpy()))
        for name, (own, heights) in lines.items()
    }


def foremost(weights: Mapping[str, float]) -> tuple[list[str], list[str]]:
    """Names that get a colour of their own, and the others, when there are more than the palette has."""
    if len(weights) <= len(PALETTE):
        return list(weights), []
    ranked = sorted(weights, key=lambda name: (-weights[name], name))
    return ranked[: len(PALETTE) - 1], ranked[len(PALETTE) - 1 :]


def bin_edges(values: np.ndarray, bins: int | None) -> np.ndarray:
    """Bounds of a histogram's bins. Whole numbers get bins of a whole width, themselves in the middle."""
    if bins is not None:
        return np.histogram_bin_edges(values, bins)
    edges = np.histogram_bin_edges(values, "auto")
    if len(edges) > MAX_BINS + 1:
        edges = np.histogram_bin_edges(values, MAX_BINS)
    if (values != np.round(values)).any():
        return edges
    # Bins of 6.8 would hold six whole numbers here and seven there: take a whole width, and halves as bounds.
    span = values.max() - values.min()
    width = 1 if span < MAX_BINS / 2 else int(np.ceil(edges[1] - edges[0]))
    return np.arange(values.min() - 0.5, values.max() + width + 0.5, width)
