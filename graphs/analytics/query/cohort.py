"""Cohort retention: of those first active in one period, how many are active in the periods after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from graphs.analytics.tables.aggregate import OpenTable
from graphs.analytics.tables.selection import Selection, date_column, spelt
from graphs.analytics.tables.statements import Filter, aggregate_sql, conditions_sql
from graphs.kit.tables.duck import quote
from graphs.kit.tables.load import TableInfo

Period = Literal["week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those whose first activity is in the period that begins on `start`.

    `active[k]` of the `size` are active k periods later, so `active[0]` is the size. It ends with the last
    period of the data.
    """

    start: date
    size: int
    active: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Retention:
    """The cohorts of a table, the oldest first.

    `rows_used` of the table's rows met `filters` and have an entity and a date; `left_out` met the filters
    and lack one. The data begin on `first_day` and end on `last_day`. `cut_off` says that their last period
    goes on after that day, so its counts may still grow.
    """

    table: TableInfo
    entity: str
    date_column: str
    period: Period
    cohorts: tuple[Cohort, ...]
    filters: tuple[Filter, ...]
    rows_used: int
    left_out: int
    first_day: date
    last_day: date
    cut_off: bool
    sql: str

    @property
    def entities(self) -> int:
        """How many entities there are."""
        return sum(cohort.size for cohort in self.cohorts)

    def is_complete(self, cohort: Cohort, age: int) -> bool:
        """Whether the cohort's period `age` was over when the data end."""
        return not (self.cut_off and age == len(cohort.active) - 1)

    def overall(self, age: int) -> tuple[int, int] | None:
        """How many of how many are active `age` periods later, in all cohorts for which that period is over;
        None when it is for none."""
        seen = [c for c in self.cohorts if age < len(c.active) and self.is_complete(c, age)]
        return (sum(c.active[age] for c in seen), sum(c.size for c in seen)) if seen else None


def retention(table: OpenTable, entity: str, period: Period, selection: Selection) -> Retention:
    """Return the retention of the cohorts by first activity; of the selection, filters and dates count.

    An entity is active in a period if it has a row in it; its cohort is the period of its first row among
    those that meet the filters. A period of the data without activity of a cohort counts 0. Weeks begin on
    Monday. Raises ValueError for a column that doesn't exist or holds no dates, for an
    entity that is a date, and when no row is left.
    """
    info = table.info
    entity, dates = spelt(info, entity), date_column(info, selection.date_column)
    if any(column.name == entity and column.is_time for column in info.columns):
        raise ValueError(
            f"'{entity}' holds dates, so it names nobody to follow. Name the column of the customer, user or "
            "patient."
        )
    filters, met = table.kept(selection)
    aggregate_sql(info, "count", entity, by=[entity], time_column=dates, bucket=period)  # checks the columns
    windows = [each for each in filters if spelt(info, each.column) == dates]
    [(first_day, last_day, cut_off)] = table.query(_window_sql(info, dates, period, windows))
    present = f"{quote(entity)} IS NOT NULL AND {quote(dates)} IS NOT NULL"
    where = f"{conditions_sql(info, filters)} AND {present}"
    [(used,)] = table.query(f"SELECT count(*) FROM {quote(info.name)} WHERE {where}")
    if not used:
        raise ValueError(f"No row has both a value in '{entity}' and a date in '{dates}'.")
    sql = _retention_sql(info, entity, dates, period, where, last_day)
    cohorts: dict[date, dict[int, int]] = {}
    last_ages: dict[date, int] = {}
    for start, age, active, last_age in table.query(sql):
        cohorts.setdefault(start, {})[age] = active
        last_ages[start] = last_age
    return Retention(
        table=info,
        entity=entity,
        date_column=dates,
        period=period,
        cohorts=tuple(
            Cohort(start, active[0], tuple(active.get(age, 0) for age in range(last_ages[start] + 1)))
            for start, active in cohorts.items()
        ),
        filters=filters,
        rows_used=used,
        left_out=met - used,
        first_day=first_day,
        last_day=last_day,
        cut_off=cut_off,
        sql=sql,
    )


def _window_sql(info: TableInfo, dates: str, period: Period, windows: list[Filter]) -> str:
    """The first and last day of the data, and whether the last one's period goes on after it."""
    end = f"date_trunc('{period}', max({quote(dates)})) + INTERVAL 1 {period}"
    return (
        f"SELECT CAST(min({quote(dates)}) AS DATE), CAST(max({quote(dates)}) AS DATE), "
        f"CAST(max({quote(dates)}) AS DATE) < CAST({end} AS DATE) - 1\n"
        f"FROM {quote(info.name)}\nWHERE {conditions_sql(info, windows)}"
    )


def _retention_sql(
    info: TableInfo, entity: str, dates: str, period: Period, where: str, last_day: date
) -> str:
    """For each cohort and age: how many are active, and the age of the cohort when the data end."""
    return f"""WITH activity AS (
SELECT DISTINCT {quote(entity)} AS entity, CAST(date_trunc('{period}', {quote(dates)}) AS DATE) AS active
FROM {quote(info.name)}
WHERE {where}),
firsts AS (SELECT entity, min(active) AS cohort FROM activity GROUP BY entity)
SELECT cohort, date_diff('{period}', cohort, active) AS age, count(*) AS entities,
date_diff('{period}', cohort, date_trunc('{period}', DATE '{last_day.isoformat()}')) AS last_age
FROM activity JOIN firsts USING (entity)
GROUP BY ALL
ORDER BY ALL"""
