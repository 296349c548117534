"""Charts in words: what was drawn from which rows, with the figures behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from math import isfinite
from typing import TYPE_CHECKING, Any

from graphs.analytics.charts.chart_data import select_drawable
from graphs.analytics.tables import wording
from graphs.analytics.tables.conditions import describe_conditions

if TYPE_CHECKING:
    import pandas as pd

    from graphs.analytics.charts.chart import Chart
    from graphs.analytics.charts.drawing import Drawing
    from graphs.analytics.statistics.regression import Regression


_OF_POINTS = ("line chart", "scatter plot")


def drawn(
    kind: str,
    what: str,
    file: str,
    drawing: Drawing,
    chart: Chart,
    names: tuple[str, str],
    remarks: Sequence[str] = (),
) -> str:
    """A chart of `what` from the file; `names` are those of the picture and of the data's file."""
    picture, data = names
    lines = [
        f"**{picture}** is a {kind} of {what}, from {_rows(file, drawing)}. The data behind it: **{data}**.",
        *_assumed(drawing),
        *([f"- Only {cut} groups are drawn"] if (cut := _cut(drawing)) else []),
        *([f"- {chart.note[0].upper()}{chart.note[1:]}"] if chart.note else []),
        *(wording.method(drawing.result) if drawing.result else wording.notes(drawing.table)),
        *remarks,
        *_figures(kind, drawing, _for_answer(chart), data),
    ]
    return "\n".join(lines)


def _assumed(drawing: Drawing) -> list[str]:
    result = drawing.result
    return wording.assumed(result.statistic, result.measures) if result and drawing.assumed else []


def part_shown(drawing: Drawing) -> str:
    """Which rows and groups a chart draws, for the line under its title; empty when it draws all."""
    rows = f"only rows with {describe_conditions(drawing.filters)}" if drawing.filters else ""
    return "; ".join(filter(None, (rows, _cut(drawing))))


def subject(drawing: Drawing) -> str:
    """What a chart by groups is of: "total revenue_usd by region"."""
    if drawing.result is None:
        return f"{' and '.join(drawing.values)} by {' and '.join(drawing.keys)}"
    names = wording.value_names(drawing.result), wording.key_names(drawing.result)
    return " by ".join(" and ".join(each) for each in names)


def correlation(x: str, y: str, frame: pd.DataFrame) -> list[str]:
    """Pearson's correlation of two columns over the rows that have both; none when one doesn't vary."""
    rows = select_drawable(frame, [x, y], numbers=[x, y])
    r = rows[x].corr(rows[y])
    return [f"- Pearson's correlation r = {r:.4f} over {len(rows):,} points"] if isfinite(r) else []


def trend_line(fit: Regression) -> str:
    """The line through a scatter plot."""
    intercept, slope = (each.estimate for each in fit.coefficients)
    return (
        f"- Line by least squares: {fit.response} = {wording.significant(intercept)} "
        f"{'+' if slope >= 0 else '−'} {wording.significant(abs(slope))} × {fit.coefficients[1].term}; "
        f"R² {fit.r_squared:.4g}, residual standard deviation {wording.significant(fit.residual_sd)}"
    )


def data_records(chart: Chart) -> list[dict[str, Any]]:
    """The first rows of the figures behind a chart, as plain data."""
    data = _for_answer(chart)
    return wording.records([str(name) for name in data.columns], _plain_rows(data.head(wording.ROWS_SHOWN)))


def _for_answer(chart: Chart) -> pd.DataFrame:
    return chart.data.drop(columns=list(chart.file_only))


def _cut(drawing: Drawing) -> str:
    return f"the {len(drawing.frame):,} largest of {drawing.cut_from:,}" if drawing.cut_from else ""


def _rows(file: str, drawing: Drawing) -> str:
    if drawing.result:
        return wording.rows_of(file, drawing.result)
    origin, all_rows = wording.origin(file, drawing.table), drawing.table.rows
    if not drawing.filters:
        return f"{origin} (all {all_rows:,} rows)"
    return f"{origin} ({len(drawing.frame):,} of {all_rows:,} rows: {describe_conditions(drawing.filters)})"


def _figures(kind: str, drawing: Drawing, data: pd.DataFrame, file: str) -> list[str]:
    """A table of the data or, for many points, the range of each column that has one."""
    result, names = drawing.result, drawing.labels
    heads = [names.get(str(name), str(name)) for name in data.columns]
    if len(data) <= wording.ROWS_SHOWN or kind not in _OF_POINTS:
        bucket = result.selection.bucket if result else None
        rows = wording.readable_rows(_plain_rows(data), 1 if drawing.keys else 0, bucket)
        return ["", *wording.value_table(heads, rows), *wording.hidden(len(rows), "rows", file)]
    ordered = data.select_dtypes(["number", "datetime"]).columns
    ends = _plain_rows(data[ordered].agg(["min", "max"]))
    ranges = [
        f"{names.get(str(name), str(name))} {' to '.join(wording.column_cells(both))}"
        for name, *both in zip(ordered, *ends, strict=True)
    ]
    return [f"- {len(data):,} points: {'; '.join(ranges)}"]


def _plain_rows(data: pd.DataFrame) -> list[tuple[Any, ...]]:
    """The rows as Python's own values; a midnight is a day, and a missing value None."""
    columns = [data[name].astype(object).where(data[name].notna(), None).tolist() for name in data.columns]
    return [tuple(map(_day, row)) for row in zip(*columns, strict=True)]


def _day(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) and value.time() == time() else value
