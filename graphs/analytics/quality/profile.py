"""What is in a table: types, gaps, spread, frequent values, outliers, duplicates, keys, correlations.

All figures are exact, however long the table is: DuckDB computes them where the table lies and spills to disk
what does not fit into memory. One scan gives counts, means and ends of all columns; one a column its distinct
values and, for numbers, the order statistics; a last one what lies beyond the fences, and the correlations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import inf, isfinite, sqrt
from typing import Any

from graphs.analytics.quality.keys import candidate_keys, duplicate_rows
from graphs.analytics.quality.order_statistics import OrderStatistics, order_statistics
from graphs.analytics.quality.spellings import MixedDates, Spellings, mixed_dates, near_equal
from graphs.analytics.tables.aggregate import OpenTable
from graphs.analytics.tables.scan import scan, source
from graphs.kit.tables.duck import one_row, quote
from graphs.kit.tables.load import Column

CORRELATED_COLUMNS = 30  # pairs grow with the square
_TOP_VALUES = 5
_EXTREME_OUTLIERS = 5
_LEAST_ROWS = 3  # two points always lie on a line
_DECIMALS = 9  # of a correlation: the order in which threads add up changes those behind


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
    ISO dates or times; `top_values` are the most frequent values of text and booleans, with their counts.
    `infinite` values are left out of `numbers`. `spellings` and `mixed_dates` say what is in the way of
    grouping text."""

    name: str
    type: str
    missing: int
    distinct: int
    numbers: NumberSummary | None = None
    earliest: str | None = None
    latest: str | None = None
    top_values: tuple[tuple[str, int], ...] = ()
    infinite: int = 0
    spellings: Spellings | None = None
    mixed_dates: MixedDates | None = None


@dataclass(frozen=True, slots=True)
class PairCorrelation:
    """Pearson's correlation `r` of two columns of numbers, over the `rows` that have a value in both."""

    first: str
    second: str
    r: float
    rows: int


@dataclass(frozen=True, slots=True)
class TableProfile:
    """A whole table. `duplicate_rows` counts rows that repeat an earlier one in every column.
    `candidate_keys` are the smallest sets of columns (one column, else two) whose values are present and
    tell all rows apart; measurements, being unique by accident, are not tried, and pairs only of the twelve
    columns with most values. `correlations` are those of all pairs among the first 30 columns of numbers that
    vary, the strongest first; `not_correlated` names further columns of numbers."""

    rows: int
    columns: tuple[ColumnProfile, ...]
    duplicate_rows: int
    candidate_keys: tuple[tuple[str, ...], ...]
    correlations: tuple[PairCorrelation, ...] = ()
    not_correlated: tuple[str, ...] = ()

    @property
    def constant(self) -> tuple[ColumnProfile, ...]:
        """The columns in which all values present are the same."""
        return tuple(column for column in self.columns if column.distinct == 1)


def profile_table(table: OpenTable) -> TableProfile:
    """Profile every column of `table` and the table as a whole."""
    basics = _first_scan(table)
    orders = {
        column.name: _ordered(table, column, basics[column.name])
        for column in table.info.columns
        if column.is_number
    }
    spreads, correlations, not_correlated = _last_scan(table, basics, orders)
    columns = tuple(
        _number_profile(column, basics[column.name], orders[column.name], spreads.get(column.name))
        if column.is_number
        else _other_profile(table, column, basics[column.name])
        for column in table.info.columns
    )
    keys = candidate_keys(table, columns)
    return TableProfile(
        rows=table.info.rows,
        columns=columns,
        # a column that tells all rows apart leaves no duplicates to look for
        duplicate_rows=0 if any(len(key) == 1 for key in keys) else duplicate_rows(table),
        candidate_keys=keys,
        correlations=correlations,
        not_correlated=not_correlated,
    )


@dataclass(frozen=True, slots=True)
class _Basics:
    """What the first scan gives of a column: rows without a value; of numbers the least and the greatest
    few, the mean and how many are infinite; of dates their ends and whether all are whole days."""

    missing: int
    infinite: int = 0
    infinities: int = 0  # which of the two signs occur: 0, 1 or 2
    mean: float | None = None
    least: tuple[float, ...] = ()
    greatest: tuple[float, ...] = ()
    earliest: str | None = None
    latest: str | None = None
    whole_days: bool = False

    @property
    def scale(self) -> float:
        """Half of the range, or 1: in its units no square overflows."""
        if not self.least:
            return 1.0
        half = self.greatest[0] / 2 - self.least[0] / 2
        return half if half > 0 else 1.0


def _value(column: Column) -> str:
    """SQL for the column's value as it counts: NULL for one that is missing or infinite."""
    name = quote(column.name)
    return f"CASE WHEN isfinite({name}) THEN {name} END" if _is_float(column) else name


def _number(column: Column) -> str:
    return f"CAST({_value(column)} AS DOUBLE)"


def _is_float(column: Column) -> bool:
    return column.type in ("FLOAT", "DOUBLE")


def _first_scan(table: OpenTable) -> dict[str, _Basics]:
    columns = table.info.columns
    found = scan(table, [_basic_expressions(column) for column in columns])
    return {
        column.name: _basics(column, table.info.rows, values)
        for column, values in zip(columns, found, strict=True)
    }


def _basic_expressions(column: Column) -> list[str]:
    name = quote(column.name)
    if column.is_number:
        number = _number(column)
        ends = [
            f"favg({number})",
            f"min({number}, {_EXTREME_OUTLIERS})",
            f"max({number}, {_EXTREME_OUTLIERS})",
        ]
        if _is_float(column):
            endless = (f"{name} = 'inf'", f"{name} = '-inf'")
            return [*(f"count(*) FILTER ({each})" for each in endless), f"count({name})", *ends]
        return ["0", "0", f"count({name})", *ends]
    if column.is_time:
        form = "%Y-%m-%d %H:%M:%S"
        whole = "true" if column.type == "DATE" else f"bool_and({name} = date_trunc('day', {name}))"
        return [
            f"count({name})",
            f"strftime(min({name}), '{form}')",
            f"strftime(max({name}), '{form}')",
            whole,
        ]
    return [f"count({name})"]


def _basics(column: Column, rows: int, values: tuple[Any, ...]) -> _Basics:
    if column.is_number:
        up, down, count, mean, least, greatest = values
        return _Basics(
            missing=rows - count,
            infinite=up + down,
            infinities=(up > 0) + (down > 0),
            mean=mean,
            least=tuple(least or ()),
            greatest=tuple(greatest or ()),
        )
    if column.is_time:
        count, earliest, latest, whole_days = values
        return _Basics(rows - count, earliest=earliest, latest=latest, whole_days=bool(whole_days))
    return _Basics(rows - values[0])


def _ordered(table: OpenTable, column: Column, basics: _Basics) -> OrderStatistics | None:
    count = table.info.rows - basics.missing - basics.infinite
    return order_statistics(table, _value(column), count) if count else None


@dataclass(frozen=True, slots=True)
class _Spread:
    """What the last scan gives of a column of numbers: how many there are, their sum of squares about the
    mean, in units of the scale squared, and how many lie outside the fences."""

    count: int
    squares: float
    outliers: int


def _last_scan(
    table: OpenTable, basics: Mapping[str, _Basics], orders: Mapping[str, OrderStatistics | None]
) -> tuple[dict[str, _Spread], tuple[PairCorrelation, ...], tuple[str, ...]]:
    filled = {column.name: column for column in table.info.columns if orders.get(column.name)}
    scaled = {
        name: f"(({_number(column)} - {_sql(basics[name].mean)}) / {_sql(basics[name].scale)})"
        for name, column in filled.items()
    }
    varying = [name for name in filled if basics[name].least[0] < basics[name].greatest[0]]
    pairs = list(combinations(varying[:CORRELATED_COLUMNS], 2))
    spreads = [
        [f"count({scaled[name]})", f"fsum({scaled[name]} * {scaled[name]})", _outside(column, orders[name])]
        for name, column in filled.items()
    ]
    together = [
        [f"corr({scaled[a]}, {scaled[b]})", f"regr_count({scaled[a]}, {scaled[b]})"] for a, b in pairs
    ]
    found = scan(table, [*spreads, *together])
    by_column = {name: _Spread(*next(found)) for name in filled}
    correlations = [
        PairCorrelation(a, b, round(r, _DECIMALS), rows)
        for (a, b), (r, rows) in zip(pairs, found, strict=True)
        if rows >= _LEAST_ROWS and r is not None and isfinite(r)
    ]
    strongest_first = sorted(correlations, key=lambda pair: -abs(pair.r))
    return by_column, tuple(strongest_first), tuple(varying[CORRELATED_COLUMNS:])


def _outside(column: Column, order: OrderStatistics | None) -> str:
    low, high = order.fences if order else (-inf, inf)
    number = _number(column)
    return f"count(*) FILTER ({number} < {_sql(low)} OR {number} > {_sql(high)})"


def _sql(number: float | None) -> str:
    return f"CAST('{0.0 if number is None else number!r}' AS DOUBLE)"


def _number_profile(
    column: Column, basics: _Basics, order: OrderStatistics | None, spread: _Spread | None
) -> ColumnProfile:
    kind = "integer" if "INT" in column.type else "number"
    if order is None or spread is None or basics.mean is None:
        return ColumnProfile(column.name, kind, basics.missing, basics.infinities, infinite=basics.infinite)
    return ColumnProfile(
        column.name,
        kind,
        basics.missing,
        order.distinct + basics.infinities,
        numbers=_summary(basics, basics.mean, order, spread),
        infinite=basics.infinite,
    )


def _summary(basics: _Basics, mean: float, order: OrderStatistics, spread: _Spread) -> NumberSummary:
    q05, q25, median, q75, q95 = order.quantiles
    low, high = order.fences
    outside = [*(x for x in basics.least if x < low), *(x for x in basics.greatest if x > high)]
    return NumberSummary(
        minimum=basics.least[0],
        maximum=basics.greatest[0],
        mean=mean,
        sd=basics.scale * sqrt(spread.squares / (spread.count - 1)) if spread.count > 1 else None,
        q05=q05,
        q25=q25,
        median=median,
        q75=q75,
        q95=q95,
        lower_fence=low,
        upper_fence=high,
        outliers=spread.outliers,
        extremes=tuple(sorted(outside, key=lambda x: -abs(x - median))[:_EXTREME_OUTLIERS]),
    )


def _other_profile(table: OpenTable, column: Column, basics: _Basics) -> ColumnProfile:
    if column.is_time and basics.earliest is not None:
        (distinct,) = one_row(
            table.connection, f"SELECT count(DISTINCT {quote(column.name)}) FROM {source(table)}"
        )
        kind = "date" if basics.whole_days else "datetime"
        ends = [
            time.removesuffix(" 00:00:00") if time and kind == "date" else time
            for time in (basics.earliest, basics.latest)
        ]
        return ColumnProfile(column.name, kind, basics.missing, distinct, earliest=ends[0], latest=ends[1])
    distinct, top = _frequent_values(table, column.name)
    if column.type != "VARCHAR":
        kind = "boolean" if column.type == "BOOLEAN" else "text"
        return ColumnProfile(column.name, kind, basics.missing, distinct, top_values=top)
    return ColumnProfile(
        column.name,
        "text",
        basics.missing,
        distinct,
        top_values=top,
        spellings=near_equal(table, column.name, distinct),
        mixed_dates=mixed_dates(table, column.name),
    )


def _frequent_values(table: OpenTable, name: str) -> tuple[int, tuple[tuple[str, int], ...]]:
    """Distinct values, and the most frequent; those of one frequency by the alphabet, so that a profile reads
    the same each time."""
    column = quote(name)
    distinct, first = one_row(
        table.connection,
        f"SELECT count(*), min(row(-n, CAST(v AS VARCHAR), v), {_TOP_VALUES}) FROM (SELECT {column} AS v, "
        f"count(*) AS n FROM {source(table)} WHERE {column} IS NOT NULL GROUP BY 1)",
    )
    return distinct, tuple((str(value), -negated) for negated, _, value in first or ())
