"""What is in a table: types, gaps, spread, frequent values, outliers, duplicates, candidate keys."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import combinations

import pandas as pd
from pandas.api import types

_TOP_VALUES = 5
_EXTREME_OUTLIERS = 5
_KEY_COLUMNS = 12  # pairs grow with the square of the columns tried
_KEY_SAMPLE = 10_000
_FENCE = 1.5


@dataclass(frozen=True, slots=True)
class NumberSummary:
    """Spread of a column of numbers, in its own unit. `sd` is the sample standard deviation (None for a
    single value); quantiles interpolate linearly (Hyndman and Fan's type 7). Outliers lie outside Tukey's
    inner fences, 1.5 interquartile ranges beyond the quartiles (Exploratory Data Analysis, 1977);
    `extremes` holds the furthest of them."""

    minimum: float
    maximum: float
    mean: float
    sd: float | None
    q05: float
    q25: float
    median: float
    q75: float
    q95: float
    lower_fence: float
    upper_fence: float
    outliers: int
    extremes: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column. `type` is integer, number, date, datetime, boolean or text. `earliest` and `latest` are
    ISO dates or times; `top_values` are the most frequent values of text and booleans, with their counts."""

    name: str
    type: str
    missing: int
    distinct: int
    numbers: NumberSummary | None = None
    earliest: str | None = None
    latest: str | None = None
    top_values: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TableProfile:
    """A whole table. `duplicate_rows` counts rows that repeat an earlier one in every column.
    `candidate_keys` are the smallest sets of columns (one column, else two) whose values are present and
    tell all rows apart; measurements, being unique by accident, are not tried."""

    rows: int
    columns: tuple[ColumnProfile, ...]
    duplicate_rows: int
    candidate_keys: tuple[tuple[str, ...], ...]


def profile_table(frame: pd.DataFrame) -> TableProfile:
    """Profile every column of `frame` and the table as a whole.

    Raises ValueError for a table without rows or columns.
    """
    if frame.empty:
        raise ValueError("The table has no rows to profile.")
    plain = frame.apply(_hashable)
    columns = tuple(_profile_column(str(name), plain[name]) for name in plain.columns)
    return TableProfile(
        rows=len(plain),
        columns=columns,
        duplicate_rows=int(plain.duplicated().sum()),
        candidate_keys=_candidate_keys(plain, columns),
    )


def render_profile(profile: TableProfile) -> str:
    """The profile as Markdown: a sentence on the table, then a row for each column."""
    lines = [
        f"{profile.rows:,} rows, {len(profile.columns)} columns; {_duplicates(profile.duplicate_rows)}; "
        f"{_keys(profile.candidate_keys)}.",
        "",
        "| column | type | missing | distinct | range or most frequent values | mean ± sd "
        "| median (quartiles) | outliers |",
        "|---|---|---:|---:|---|---:|---:|---:|",
    ]
    lines += [_render_column(column, profile.rows) for column in profile.columns]
    return "\n".join(lines)


def _hashable(column: pd.Series) -> pd.Series:
    """Lists and structs (from Parquet) can't be counted or compared as they are: take their text."""
    if column.dtype != object or column.dropna().map(lambda value: isinstance(value, Hashable)).all():
        return column
    return column.map(str, na_action="ignore")


def _profile_column(name: str, column: pd.Series) -> ColumnProfile:
    present = column.dropna()
    kind = _kind(present)
    missing, distinct = len(column) - len(present), int(present.nunique())
    if kind in ("integer", "number"):
        numbers = _summarise(present.astype(float)) if len(present) else None
        return ColumnProfile(name, kind, missing, distinct, numbers=numbers)
    if kind in ("date", "datetime"):
        shown = "%Y-%m-%d" if kind == "date" else "%Y-%m-%d %H:%M:%S"
        earliest, latest = present.min().strftime(shown), present.max().strftime(shown)
        return ColumnProfile(name, kind, missing, distinct, earliest=earliest, latest=latest)
    counts = present.astype(str).value_counts()
    # value_counts leaves ties in no stated order; a profile must read the same each time.
    ranked = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))[:_TOP_VALUES]
    top = tuple((str(value), int(count)) for value, count in ranked)
    return ColumnProfile(name, kind, missing, distinct, top_values=top)


def _kind(present: pd.Series) -> str:
    if types.is_bool_dtype(present):
        return "boolean"
    if types.is_integer_dtype(present):
        return "integer"
    if types.is_numeric_dtype(present):
        return "number"
    if types.is_datetime64_any_dtype(present) and len(present):
        return "date" if (present == present.dt.normalize()).all() else "datetime"
    return "text"


def _summarise(values: pd.Series) -> NumberSummary:
    q05, q25, median, q75, q95 = (float(values.quantile(q)) for q in (0.05, 0.25, 0.5, 0.75, 0.95))
    lower, upper = q25 - _FENCE * (q75 - q25), q75 + _FENCE * (q75 - q25)
    outside = values[(values < lower) | (values > upper)]
    furthest = (outside - median).abs().sort_values(ascending=False, kind="stable").index[:_EXTREME_OUTLIERS]
    return NumberSummary(
        minimum=float(values.min()),
        maximum=float(values.max()),
        mean=float(values.mean()),
        sd=float(values.std()) if len(values) > 1 else None,
        q05=q05,
        q25=q25,
        median=median,
        q75=q75,
        q95=q95,
        lower_fence=lower,
        upper_fence=upper,
        outliers=len(outside),
        extremes=tuple(float(value) for value in outside.loc[furthest]),
    )


def _candidate_keys(frame: pd.DataFrame, columns: tuple[ColumnProfile, ...]) -> tuple[tuple[str, ...], ...]:
    rows = len(frame)
    able = [c for c in columns if not c.missing and c.type in ("integer", "text", "date", "datetime")]
    single = tuple((c.name,) for c in able if c.distinct == rows)
    if single or rows < 2:
        return single
    most_distinct = sorted(able, key=lambda c: -c.distinct)[:_KEY_COLUMNS]
    tried = [c for c in columns if c in most_distinct]
    return tuple(
        (a.name, b.name)
        for a, b in combinations(tried, 2)
        if a.distinct * b.distinct >= rows and _distinguishes(frame, [a.name, b.name])
    )


def _distinguishes(frame: pd.DataFrame, names: list[str]) -> bool:
    # The start of a table rules out most pairs at a fraction of the cost of the whole.
    return not (frame.head(_KEY_SAMPLE).duplicated(names).any() or frame.duplicated(names).any())


def _duplicates(count: int) -> str:
    return f"{count:,} duplicate rows" if count != 1 else "1 duplicate row"


def _keys(keys: tuple[tuple[str, ...], ...]) -> str:
    if not keys:
        return "no column or pair of columns identifies a row"
    return "rows are identified by " + " or by ".join(" + ".join(key) for key in keys[:3])


def _render_column(column: ColumnProfile, rows: int) -> str:
    missing = f"{column.missing:,}" + (f" ({column.missing / rows:.1%})" if column.missing else "")
    cells = [_cell(column.name), column.type, missing, f"{column.distinct:,}"]
    numbers = column.numbers
    if numbers is None:
        return f"| {' | '.join(cells)} | {_range_or_values(column)} | | | |"
    spread = _short(numbers.mean) + (f" ± {_short(numbers.sd)}" if numbers.sd is not None else "")
    cells += [
        f"{_short(numbers.minimum)} to {_short(numbers.maximum)}",
        spread,
        f"{_short(numbers.median)} ({_short(numbers.q25)} to {_short(numbers.q75)})",
        f"{numbers.outliers:,}",
    ]
    return f"| {' | '.join(cells)} |"


def _range_or_values(column: ColumnProfile) -> str:
    if column.earliest:
        return f"{column.earliest} to {column.latest}"
    shown = ", ".join(f"{_cell(value)} ({count:,})" for value, count in column.top_values)
    return shown + (", …" if column.distinct > len(column.top_values) else "")


def _cell(text: str) -> str:
    flat = " ".join(text.split()).replace("|", "\\|")
    return flat if len(flat) <= 40 else flat[:39] + "…"


def _short(number: float) -> str:
    """Four significant digits, but every digit of a whole number and of a whole part."""
    if float(number).is_integer() or abs(number) >= 1e4:
        return f"{number:,.0f}" if abs(number) >= 1e4 else f"{number:.0f}"
    return f"{number:.4g}"
