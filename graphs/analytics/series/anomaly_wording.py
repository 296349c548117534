"""Anomalies in words: what stands out, by how much, by which method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graphs.analytics.series.series_wording import assumptions, period_of, season_taken, what
from graphs.analytics.tables import wording
from graphs.analytics.tables.wording import many

if TYPE_CHECKING:
    import pandas as pd

    from graphs.analytics.series.anomalies import ColumnAnomalies, SeriesAnomalies
    from graphs.analytics.series.time_series import TimeSeries
    from graphs.analytics.tables.subset import Subset


def series_stands_out(file: str, series: TimeSeries, found: SeriesAnomalies, names: tuple[str, str]) -> str:
    """The periods that stand out of a series. `names` are those of the picture and of the data's file."""
    picture, data = names
    total = len(found.places)
    rows = [tuple(row.values()) for row in series_records(series, found)]
    season = found.season.length
    method = (
        f"trend and season ({season} {series.period}s) by STL, robust against outliers"
        if season > 1
        else f"the median line (Theil and Sen) through the {min(10, len(found.values) - 1)} nearest "
        f"{series.period}s"
    )
    lines = [
        f"{_count(total, series.period)} of {len(found.values):,} {_verb(total)} out of {what(series)} "
        f"by {series.period} ({period_of(series, series.index[0])} to "
        f"{period_of(series, series.index[-1])}), from {wording.rows_of(file, series.aggregate)}.",
        *_table((series.period, "value", "expected", "deviation (robust sd)"), rows, total, data),
        "",
        f"- Method: each {series.period} against {method}, itself left out",
        season_taken(found.season, series),
        *_threshold(found, f"{series.period}s"),
        f"- One robust standard deviation is {wording.significant(found.sd)}",
        *assumptions(series),
        "",
        f"**{picture}** shows the series and what stands out; **{data}** has every {series.period} with its "
        "expected value and deviation.",
    ]
    return "\n".join(lines)


def series_records(series: TimeSeries, found: SeriesAnomalies) -> list[dict[str, Any]]:
    """The periods that stand out, the furthest first."""
    return [
        {
            "period": period_of(series, series.index[place]),
            "value": float(found.values[place]),
            "expected": float(found.expected[place]),
            "deviation": round(float(found.deviation[place]), 2),
        }
        for place in found.places
    ]


def series_figures(series: TimeSeries, found: SeriesAnomalies) -> dict[str, Any]:
    """The periods that stand out as plain data: the first 30, and how many there are."""
    return wording.plain_data(
        {
            "count": len(found.places),
            "anomalies": series_records(series, found)[: wording.ROWS_SHOWN],
            "threshold": found.threshold,
            "robust_sd": found.sd,
            "season": found.season.length,
        }
    )


def column_stands_out(
    file: str, data: Subset, column: str, found: ColumnAnomalies, outliers: pd.DataFrame, kept: str | None
) -> str:
    """The rows of which a column stands out; `outliers` has them, and the file `kept` all of them."""
    total, used = len(found.places), len(found.values)
    expected, low, high = (
        wording.significant(float(each[0])) for each in (found.expected, found.low, found.high)
    )
    rows = [tuple(row) for row in outliers.head(wording.ROWS_SHOWN).astype(object).to_numpy().tolist()]
    if found.rule == "robust_z":
        method = (
            f"- Method: robust z score, the distance from the median {expected} in robust standard "
            f"deviations (1.4826 MAD = {wording.significant(found.sd)}), which outliers hardly change; "
            f"values outside {low} to {high} stand out"
        )
    else:
        why = ", for more than half of the values are the same and the MAD is 0" if found.tied else ""
        method = (
            f"- Method: Tukey's fences, {found.threshold:g} interquartile ranges "
            f"({wording.significant(found.sd)} each) beyond the quartiles{why}; values outside {low} to "
            f"{high} stand out"
        )
    missing = data.rows_used - used
    lines = [
        f"{_count(total, 'row')} of {used:,} {_verb(total)} out in {column}, in "
        f"{wording.rows_of(file, data)}.",
        *_table([str(name) for name in outliers.columns], rows, total, kept),
        "",
        method,
        *_threshold(found, "values"),
        *(
            [
                f"- The quartiles lie unevenly about the median (Bowley's skewness {found.skewness:.2f}): in "
                "a skewed column large values are less unusual than the deviations say"
            ]
            if found.skewed
            else []
        ),
        *(["- Rows are counted among those that met the condition"] if data.filters and total else []),
        *([f"- Left out: {many(missing, 'row')} without a value in {column}"] if missing else []),
        *wording.notes(data.table),
        *(["", f"**{kept}** has all of them."] if kept and total <= wording.ROWS_SHOWN else []),
    ]
    return "\n".join(lines)


def column_figures(
    file: str, column: str, data: Subset, found: ColumnAnomalies, outliers: pd.DataFrame, kept: str | None
) -> dict[str, Any]:
    """The rows that stand out as plain data: the first 30, and how many there are."""
    names = [str(name) for name in outliers.columns]
    return wording.plain_data(
        {
            "file": file,
            "data_file": kept,
            "measure": column,
            "rows_used": data.rows_used,
            "values": len(found.values),
            "count": len(found.places),
            "anomalies": wording.records(names, outliers.astype(object).to_numpy().tolist()),
            "method": found.rule,
            "threshold": found.threshold,
            "robust_sd": found.sd,
            "expected": float(found.expected[0]),
            "low": float(found.low[0]),
            "high": float(found.high[0]),
        }
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]], total: int, kept: str | None) -> list[str]:
    if not total:
        return []
    return [
        "",
        *wording.value_table(heads, rows),
        *wording.hidden(total, "anomalies, the furthest first", kept),
    ]


def _threshold(found: ColumnAnomalies | SeriesAnomalies, what: str) -> list[str]:
    share = wording.significant(100 * found.nominal, 2)
    expected = wording.significant(found.nominal * len(found.values), 2)
    return [
        f"- Threshold: {found.threshold:g}; of normally distributed {what} without any anomaly {share} % "
        f"would be beyond it, some {expected} of {len(found.values):,}"
    ]


def _count(total: int, noun: str) -> str:
    return f"**{many(total, noun)}**" if total else f"**No {noun}s**"


def _verb(total: int) -> str:
    return "stands" if total == 1 else "stand"
