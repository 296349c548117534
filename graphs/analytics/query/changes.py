"""A statistic along periods: running totals, changes to an earlier period, moving averages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from graphs.analytics.tables.aggregate import Aggregate, OpenTable, Row
from graphs.analytics.tables.selection import Selection
from graphs.analytics.tables.statements import Bucket, Figure, conditions_sql
from graphs.kit.tables.duck import quote

Calculation = Literal["running_total", "change", "moving_average"]
Compared = Literal["period_before", "year_before"]
_STEPS: dict[Bucket, str] = {
    "day": "INTERVAL 1 DAY",
    "week": "INTERVAL 7 DAY",
    "month": "INTERVAL 1 MONTH",
    "quarter": "INTERVAL 3 MONTH",
    "year": "INTERVAL 1 YEAR",
}
_A_YEAR: dict[Bucket, str] = {**dict.fromkeys(_STEPS, "INTERVAL 1 YEAR"), "week": "INTERVAL 364 DAY"}
"""How far back the same period of the year before begins: weeks begin on Mondays, so 52 of them."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The figures of `aggregate` by period, oldest first, with what is computed along them.

    A row of `rows` holds the period, the group's key if any, the statistic, and the figures of the
    calculation: the running total; the earlier value, the change and the change in per cent; or the average
    of the last `window` periods that have rows. None stands where the earlier periods that it takes are not
    there, and for a change in per cent of a value that is not positive. `empty` periods between the first and
    the last have no rows, `undated` rows no date. `cut_off` says that the last period goes on after
    `last_day`.
    """

    aggregate: Aggregate
    period: Bucket
    calculation: Calculation
    compared: Compared
    window: int
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    empty: int
    undated: int
    last_day: date | None
    cut_off: bool
    sql: str


def changes(
    table: OpenTable,
    calculation: Calculation,
    statistic: Figure,
    measure: str | None,
    selection: Selection,
    *,
    compared: Compared = "period_before",
    window: int = 3,
) -> Changes:
    """Return the measure's statistic (None: the number of rows) by `selection.bucket`, for each value of the
    one column in `selection.by` if there is one, with the calculation along the periods.

    The period before is the one before in the calendar, of days the last one that has rows. Raises ValueError
    for a running total of anything but a sum or a count, a window under 2, weekdays, and as
    `OpenTable.aggregate`.
    """
    if selection.bucket is None or selection.bucket == "weekday":
        raise ValueError("Name a period that goes on in time: day, week, month, quarter or year.")
    if calculation == "running_total" and statistic not in ("sum", "count"):
        raise ValueError(
            f"A running total is of a sum or a count, not of the {statistic}. Ask for the total."
        )
    if window < 2:
        raise ValueError(f"A moving average is over at least 2 periods, not {window}.")
    period: Bucket = selection.bucket
    aggregate = table.aggregate(statistic, [measure] if measure else [], selection)
    column, *others = aggregate.keys
    is_number = aggregate.selection.bucket is None
    if len(others) > 1 or (is_number and column.casefold() != period):
        raise ValueError(
            f"Name at most one column beside the {period}: {', '.join(aggregate.keys)} are given."
        )
    sql = _changes_sql(aggregate, calculation, period, compared, window, is_number=is_number)
    described = table.connection.execute(sql)
    names = tuple(each[0] for each in described.description or ())
    rows = tuple(described.fetchall())
    undated, empty, last_day, cut_off = _extent(table, aggregate, period, is_number=is_number)
    return Changes(
        aggregate=aggregate,
        period=period,
        calculation=calculation,
        compared=compared,
        window=window,
        columns=names,
        rows=rows,
        empty=empty,
        undated=undated,
        last_day=last_day,
        cut_off=cut_off,
        sql=sql,
    )


def _changes_sql(
    aggregate: Aggregate,
    calculation: Calculation,
    period: Bucket,
    compared: Compared,
    window: int,
    *,
    is_number: bool,
) -> str:
    """The aggregate's statement with the calculation along its periods."""
    key, *others = (quote(name) for name in aggregate.keys)
    value = quote(aggregate.values[0])
    running, moving, earlier, change, percent = (
        quote(_free(name, aggregate.columns))
        for name in ("running_total", "moving_average", compared, "change", "percent")
    )
    group = f"PARTITION BY {others[0]} " if others else ""
    along = f"{group}ORDER BY {key}"
    lines = [f"WITH figures AS (\n{aggregate.sql[0]})"]
    if calculation == "running_total":
        computed = f"sum({value}) OVER ({along}) AS {running}"
    elif calculation == "moving_average":
        last = f"OVER ({along} ROWS BETWEEN {window - 1} PRECEDING AND CURRENT ROW)"
        computed = f"CASE WHEN count({value}) {last} = {window} THEN avg({value}) {last} END AS {moving}"
    else:
        lines.append(f", compared AS (SELECT *, {_earlier(value, along, period, compared, is_number)}")
        lines.append(f"AS {earlier} FROM figures WHERE {key} IS NOT NULL)")
        computed = (
            f"{earlier}, {value} - {earlier} AS {change}, "
            f"CASE WHEN {earlier} > 0 THEN 100.0 * ({value} - {earlier}) / {earlier} END AS {percent}"
        )
    source = "compared" if calculation == "change" else "figures"
    selected = ", ".join([key, *others, value])
    order = ", ".join([key, *others])
    lines.append(f"SELECT {selected}, {computed}\nFROM {source} WHERE {key} IS NOT NULL ORDER BY {order}")
    return "\n".join(lines)


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _earlier(value: str, along: str, period: Bucket, compared: Compared, is_number: bool) -> str:
    if period == "day" and compared == "period_before":
        return f"lag({value}) OVER ({along})"
    step = "1" if is_number else (_STEPS if compared == "period_before" else _A_YEAR)[period]
    # one row at most lies there, so which aggregate takes it is all one
    return f"max({value}) OVER ({along} RANGE BETWEEN {step} PRECEDING AND {step} PRECEDING)"


def _extent(
    table: OpenTable, aggregate: Aggregate, period: Bucket, *, is_number: bool
) -> tuple[int, int, date | None, bool]:
    """How many rows have no date, how many periods no rows, the last day, and whether its period goes on: not
    where each date is but the first day of its period."""
    name = quote(aggregate.keys[0] if is_number else aggregate.selection.date_column or "")
    where = conditions_sql(table.info, aggregate.filters)
    if is_number:
        figures = f"max({name}) - min({name}) + 1 - count(DISTINCT {name}), NULL, false"
    else:
        end = f"date_trunc('{period}', max({name})) + {_STEPS[period]}"
        figures = (
            f"date_diff('{period}', min({name}), max({name})) + 1 "
            f"- count(DISTINCT date_trunc('{period}', {name})), CAST(max({name}) AS DATE), "
            f"CAST(max({name}) AS DATE) < CAST({end} AS DATE) - 1 "
            f"AND NOT bool_and(CAST({name} AS DATE) = CAST(date_trunc('{period}', {name}) AS DATE))"
        )
    [(undated, empty, last_day, cut_off)] = table.query(
        f"SELECT count(*) - count({name}), {figures} FROM {quote(table.info.name)} WHERE {where}"
    )
    return undated, int(empty or 0), last_day, bool(cut_off)
