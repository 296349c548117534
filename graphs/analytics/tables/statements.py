"""SQL built from structured arguments: statistics by groups and periods, rows, conditions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, get_args

from graphs.kit.tables.duck import literal, quote
from graphs.kit.tables.load import Column, TableInfo

Statistic = Literal[
    "sum", "mean", "median", "min", "max", "count", "sd", "range", "distinct", "first", "last"
]
Bucket = Literal["day", "week", "month", "quarter", "year"]
Period = Literal["day", "week", "month", "quarter", "year", "weekday"]
"""What rows are grouped by in time: the spans of a calendar, or the days of the week."""
Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "not in", "is null", "is not null"]
Value = str | float | bool | date

_ANY_TYPE = ("count", "distinct")
_OF_DATES = ("min", "max", *_ANY_TYPE, "first", "last")
_FUNCTIONS = {"mean": "avg", "sd": "stddev_samp"}
# Compensated (Kahan) summation: the same figure whichever way DuckDB's threads share the rows out.
_FLOAT_FUNCTIONS = _FUNCTIONS | {"sum": "fsum", "mean": "favg"}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Percentile:
    """The value below which `percent` of the values lie; between two values it lies in proportion."""

    percent: float

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= 100:
            raise ValueError(f"A percentile is from 0 to 100, not {self.percent:g}.")

    def __str__(self) -> str:
        return f"p{self.percent:g}"


Figure = Statistic | Percentile
"""What is computed of a group's values."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Keep the rows whose `column` stands in relation `operator` to `value` (a sequence for in, not in; None
    for is null, is not null)."""

    column: str
    operator: Operator
    value: Value | Sequence[Value] | None


def _names(columns: Sequence[Column]) -> str:
    return ", ".join(f"'{column.name}'" for column in columns)


def aggregate_sql(
    table: TableInfo,
    statistic: Figure,
    measure: str | None = None,
    *,
    by: Sequence[str] = (),
    time_column: str | None = None,
    bucket: Period | None = None,
    along: str | None = None,
    filters: Sequence[Filter] = (),
    top: int | None = None,
    smallest: bool = False,
) -> str:
    """SQL for one statistic of `measure`, for each combination of the `by` columns.

    `time_column` with `bucket` adds the period (its first day; a week begins on Monday; of weekdays the name)
    as the first key. count needs no measure: it counts rows, or the values present in `measure`; distinct
    counts the different ones; sd is the sample standard deviation, range the greatest less the least; first
    and last are the values of the least and the greatest `along`.
    Ordered by time when bucketed, else from the largest value (`smallest`: the least) down; `top` keeps that
    many rows from that end and orders by value in any case. Columns may be given in any case.

    Raises ValueError for a column that doesn't exist (naming those that do) or has the wrong type, and
    for a value that doesn't fit its column.
    """
    if not isinstance(statistic, Percentile) and statistic not in get_args(Statistic):
        raise ValueError(
            f"There is no statistic '{statistic}'. Choose one of {', '.join(get_args(Statistic))}."
        )
    keys = keys_sql(table, by, time_column, bucket)
    value, label = _measured(table, statistic, measure, along)
    taken = {name for _, name in keys}
    while label in taken:
        label += "_"
    selected = [f"{expression} AS {quote(name)}" for expression, name in [*keys, (value, label)]]
    lines = [f"SELECT {', '.join(selected)}", f"FROM {quote(table.name)}"]
    if filters:
        lines.append(f"WHERE {conditions_sql(table, filters)}")
    positions = [str(i + 1) for i in range(len(keys))]
    if positions:
        lines.append(f"GROUP BY {', '.join(positions)}")
        by_value = f"{len(keys) + 1} {'ASC' if smallest else 'DESC'} NULLS LAST"
        first = [f"min(isodow({quote(time_column or '')}))"] if bucket == "weekday" else []
        order = [*first, *positions] if bucket and top is None else [by_value, *positions]
        lines.append(f"ORDER BY {', '.join(order)}")
    if top is not None:
        if top < 1:
            raise ValueError(f"The number of rows to keep must be at least 1, not {top}.")
        lines.append(f"LIMIT {top}")
    return "\n".join(lines)


def keys_sql(
    table: TableInfo, by: Sequence[str], time_column: str | None = None, bucket: Period | None = None
) -> list[tuple[str, str]]:
    """The keys of groups, each as SQL with its name: the period first. Raises ValueError as
    `aggregate_sql`."""
    keys = [(quote(column.name), column.name) for column in (named_column(table, name) for name in by)]
    if time_column is not None or bucket is not None:
        keys.insert(0, _bucketed(table, time_column, bucket))
    return keys


def conditions_sql(table: TableInfo, filters: Sequence[Filter]) -> str:
    """SQL that is true of the rows that meet all filters. Raises ValueError as `aggregate_sql` does."""
    return " AND ".join(_condition(table, each) for each in filters) or "true"


def rows_sql(
    table: TableInfo,
    columns: Sequence[str] = (),
    *,
    filters: Sequence[Filter] = (),
    order_by: str | None = None,
    descending: bool = False,
    top: int | None = None,
) -> str:
    """SQL for the rows that meet the filters: the columns in the order given, by default all.

    Ordered by a column, those without a value last and ties by the other columns; without one as in the
    table. `top` keeps the first rows. Raises ValueError as `aggregate_sql`.
    """
    selected = [quote(named_column(table, name).name) for name in columns or [c.name for c in table.columns]]
    lines = [f"SELECT {', '.join(selected)}", f"FROM {quote(table.name)}"]
    if filters:
        lines.append(f"WHERE {conditions_sql(table, filters)}")
    if order_by is not None:
        first = quote(named_column(table, order_by).name)
        others = [column for column in selected if column != first]
        order = [f"{first} {'DESC' if descending else 'ASC'} NULLS LAST", *others]
        lines.append(f"ORDER BY {', '.join(order)}")
    if top is not None:
        lines.append(f"LIMIT {top}")
    return "\n".join(lines)


def named_column(table: TableInfo, name: str) -> Column:
    """The column of this name, given in any case when that is clear. Raises ValueError for one that the table
    lacks, naming those that it has."""
    for column in table.columns:
        if column.name == name:
            return column
    alike = [column for column in table.columns if column.name.casefold() == name.casefold()]
    if len(alike) != 1:
        raise ValueError(f"'{table.name}' has no column '{name}'. Its columns are: {_names(table.columns)}.")
    return alike[0]


def _bucketed(table: TableInfo, time_column: str | None, bucket: Period | None) -> tuple[str, str]:
    if time_column is None or bucket not in get_args(Period):
        raise ValueError(f"A time bucket needs a date column and one of {', '.join(get_args(Period))}.")
    column = named_column(table, time_column)
    if not column.is_time:
        dates = ", ".join(f"'{c.name}'" for c in table.columns if c.is_time) or "none"
        raise ValueError(
            f"'{column.name}' holds {column.type}, not dates. Date columns of '{table.name}': {dates}."
        )
    if bucket == "weekday":
        return f"dayname({quote(column.name)})", f"{column.name}_weekday"
    return f"CAST(date_trunc('{bucket}', {quote(column.name)}) AS DATE)", f"{column.name}_{bucket}"


def _measured(table: TableInfo, statistic: Figure, measure: str | None, along: str | None) -> tuple[str, str]:
    if measure is None:
        if statistic == "count":
            return "count(*)", "count"
        raise ValueError(f"The statistic '{statistic}' needs a column to be taken of.")
    column = named_column(table, measure)
    fits = column.is_number or statistic in _ANY_TYPE or (column.is_time and statistic in _OF_DATES)
    if not fits:
        numbers = ", ".join(f"'{c.name}'" for c in table.columns if c.is_number) or "none"
        raise ValueError(
            f"The statistic '{statistic}' needs numbers, and '{column.name}' holds {column.type}. "
            f"The columns of '{table.name}' with numbers are: {numbers}."
        )
    return _figure(table, statistic, column, along), f"{statistic}_{column.name}"


def _figure(table: TableInfo, statistic: Figure, column: Column, along: str | None) -> str:
    value = quote(column.name)
    if isinstance(statistic, Percentile):
        return f"quantile_cont(CAST({value} AS DOUBLE), {statistic.percent / 100:.15g})"
    if statistic == "range":
        return f"max({value}) - min({value})"
    if statistic == "distinct":
        return f"count(DISTINCT {value})"
    if statistic in ("first", "last"):
        if along is None:
            raise ValueError(f"The {statistic} value needs the dates that it is the {statistic} by.")
        function = "arg_min" if statistic == "first" else "arg_max"
        return f"{function}({value}, {quote(named_column(table, along).name)})"
    functions = _FLOAT_FUNCTIONS if column.type in ("FLOAT", "DOUBLE") else _FUNCTIONS
    return f"{functions.get(statistic, statistic)}({value})"


def _condition(table: TableInfo, condition: Filter) -> str:
    if condition.operator not in get_args(Operator):
        raise ValueError(
            f"There is no operator '{condition.operator}'. Choose one of {', '.join(get_args(Operator))}."
        )
    column = named_column(table, condition.column)
    if condition.operator in ("is null", "is not null"):
        return f"{quote(column.name)} {condition.operator.upper()}"
    if condition.operator not in ("in", "not in"):
        subject, value = _comparable(column, condition.value)
        return f"{subject} {condition.operator} {value}"
    values = condition.value
    if isinstance(values, str) or not isinstance(values, Sequence) or not values:
        raise ValueError(f"The filter on '{column.name}' needs a list of values for '{condition.operator}'.")
    pairs = [_comparable(column, value) for value in values]
    membership = " OR ".join(f"{subject} = {value}" for subject, value in pairs)
    return f"({membership})" if condition.operator == "in" else f"NOT ({membership})"


def _comparable(column: Column, value: object) -> tuple[str, str]:
    """The column and the value as SQL that may stand on the two sides of an operator."""
    identifier = quote(column.name)
    if column.is_number:
        if isinstance(value, bool) or not _NUMBER.fullmatch(str(value).strip()):
            raise ValueError(f"'{column.name}' holds numbers, so it can't be compared with {value!r}.")
        return identifier, str(value).strip()
    if column.is_time:
        return _comparable_time(column, value)
    if column.type == "BOOLEAN":
        if str(value).lower() not in ("true", "false"):
            raise ValueError(f"'{column.name}' is true or false, so it can't be compared with {value!r}.")
        return identifier, str(value).lower()
    return identifier, literal(str(value))


def _comparable_time(column: Column, value: object) -> tuple[str, str]:
    try:
        moment = value if isinstance(value, date) else _parse_time(str(value).strip())
    except ValueError as error:
        raise ValueError(
            f"'{column.name}' holds dates; compare it with one such as 2024-12-31, not {value!r}."
        ) from error
    if isinstance(moment, datetime):
        if moment.tzinfo:  # PostgreSQL would drop the offset; both databases' sessions are in UTC
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        return quote(column.name), f"TIMESTAMP '{moment.isoformat(sep=' ')}'"
    # A day without a time means all of that day: 18:00 on 31 December is not after 31 December.
    return f"CAST({quote(column.name)} AS DATE)", f"DATE '{moment.isoformat()}'"


def _parse_time(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text)
