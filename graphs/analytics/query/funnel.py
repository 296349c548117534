"""A funnel: how many entities reach each of several steps, in their order, and how long they take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from graphs.analytics.tables.aggregate import OpenTable
from graphs.analytics.tables.selection import Selection, date_column, spelt
from graphs.analytics.tables.statements import Filter, aggregate_sql, conditions_sql
from graphs.kit.tables.duck import literal, quote
from graphs.kit.tables.load import TableInfo

_VALUES_SHOWN = 15
_MAX_STEPS = 12


@dataclass(frozen=True, slots=True)
class Step:
    """`reached` entities took the step after all before it, `seconds` (the median) after the one before.

    `tied` more have it only at the very time at which they took the step before. `seconds` is None for the
    first step, without dates, and when nobody reached it.
    """

    name: str
    reached: int
    tied: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Funnel:
    """The steps in their order.

    `entities` is how many have any row; `rows_used` of the table's rows met `filters` and have an entity, a
    step and a date; `left_out` met the filters and lack one. Without a column of dates (None) `reached`
    counts those who have the step and all before it, in whatever order. `within_hours` limits the time from
    the first step to each further one.
    """

    table: TableInfo
    entity: str
    step_column: str
    date_column: str | None
    steps: tuple[Step, ...]
    entities: int
    filters: tuple[Filter, ...]
    rows_used: int
    left_out: int
    sql: str
    within_hours: float | None = None


def funnel(
    table: OpenTable,
    entity: str,
    step_column: str,
    steps: Sequence[str],
    selection: Selection,
    within_hours: float | None = None,
) -> Funnel:
    """Return how many entities reach each step; of the selection, filters and dates count.

    An entity takes the first step at its first row with it, and each further step at its first row with that
    step at a later time than the step before, strictly, and no later than `within_hours` after its first
    step.
    Steps may repeat. Their names match in any case when
    that is clear. Raises ValueError for fewer than two steps or more than twelve, a step that no row has
    (naming close ones), a column that doesn't exist, and a time limit without dates.
    """
    info = table.info
    entity, step_column = spelt(info, entity), spelt(info, step_column)
    has_dates = selection.date_column or any(column.is_time for column in info.columns)
    dates = date_column(info, selection.date_column) if has_dates else None
    if within_hours is not None and dates is None:
        raise ValueError("A time limit needs a column of dates, and the table has none. Leave the limit out.")
    filters, met = table.kept(selection)
    # writing this statement checks the columns
    aggregate_sql(
        info,
        "count",
        by=[entity, step_column],
        time_column=dates,
        bucket="month" if dates else None,
    )
    names = _spelt_steps(table, step_column, steps)
    needed = [entity, step_column, *([dates] if dates else [])]
    where = " AND ".join(
        [conditions_sql(info, filters), *(f"{quote(column)} IS NOT NULL" for column in needed)]
    )
    statement = f"SELECT count(*), count(DISTINCT {quote(entity)}) FROM {quote(info.name)} WHERE {where}"
    [(used, entities)] = table.query(statement)
    sql = _funnel_sql(info, entity, step_column, dates, names, where, within_hours)
    return Funnel(
        table=info,
        entity=entity,
        step_column=step_column,
        date_column=dates,
        steps=tuple(Step(name, *row) for name, row in zip(names, table.query(sql), strict=True)),
        entities=entities,
        filters=filters,
        rows_used=used,
        left_out=met - used,
        sql=sql,
        within_hours=within_hours,
    )


def _spelt_steps(table: OpenTable, column: str, steps: Sequence[str]) -> list[str]:
    if not 2 <= len(steps) <= _MAX_STEPS:
        raise ValueError(
            f"A funnel has two to {_MAX_STEPS} steps, in their order, such as visit, cart, purchase; "
            f"given: {', '.join(steps) or 'none'}."
        )
    value = f"CAST({quote(column)} AS VARCHAR)"
    wanted = ", ".join(literal(step.casefold()) for step in steps)
    found = table.query(
        f"SELECT DISTINCT {value} FROM {quote(table.info.name)} WHERE lower({value}) IN ({wanted})"
    )
    return [_spelt_step(table, column, step, [name for (name,) in found]) for step in steps]


def _spelt_step(table: OpenTable, column: str, step: str, found: Sequence[str]) -> str:
    alike = [name for name in found if name.casefold() == step.casefold()]
    if step in alike or len(alike) == 1:
        return step if step in alike else alike[0]
    if alike:
        raise ValueError(f"'{step}' may be {' or '.join(map(repr, sorted(alike)))} of '{column}': say which.")
    value = f"CAST({quote(column)} AS VARCHAR)"
    names = [
        name
        for (name,) in table.query(
            f"SELECT {value} FROM {quote(table.info.name)} WHERE {quote(column)} IS NOT NULL "
            f"GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {_VALUES_SHOWN + 1}"
        )
    ]
    near = get_close_matches(step, names, n=1)
    meant = f" Did you mean '{near[0]}'?" if near else ""
    listed = ", ".join(map(repr, names[:_VALUES_SHOWN])) + (" and more" if len(names) > _VALUES_SHOWN else "")
    raise ValueError(f"'{column}' holds no '{step}'.{meant} It holds {listed}.")


def _funnel_sql(
    info: TableInfo,
    entity: str,
    step_column: str,
    dates: str | None,
    steps: Sequence[str],
    where: str,
    within_hours: float | None,
) -> str:
    """For each step: how many reached it, how many have it at the time of the step before only, and the
    median of the seconds between."""
    time = f"CAST({quote(dates)} AS TIMESTAMP)" if dates else "NULL::TIMESTAMP"
    parts = [
        f"events AS (SELECT {quote(entity)} AS entity, CAST({quote(step_column)} AS VARCHAR) AS step, "
        f"{time} AS time FROM {quote(info.name)} WHERE {where})",
        "step_1 AS (SELECT entity, min(time) AS time, min(time) AS began FROM events "
        f"WHERE step = {literal(steps[0])} GROUP BY entity)",
    ]
    counted = ["SELECT 1 AS place, count(*) AS reached, 0 AS tied, NULL::DOUBLE AS seconds FROM step_1"]
    later = "e.time > b.time" if dates else "true"
    if within_hours is not None:
        later += f" AND epoch(e.time) - epoch(b.began) <= {within_hours * 3600:.17g}"
    for place, step in enumerate(steps[1:], 2):
        parts.append(
            f"step_{place} AS (SELECT b.entity, b.time AS before, b.began, "
            f"min(e.time) FILTER (WHERE {later}) AS time, "
            f"bool_or({later}) AS reached, bool_or(e.time = b.time) AS tied "
            f"FROM {_reached(place - 1)} AS b JOIN events AS e "
            f"ON e.entity = b.entity AND e.step = {literal(step)} GROUP BY ALL)"
        )
        counted.append(
            f"SELECT {place}, count(*) FILTER (WHERE reached), count(*) FILTER (WHERE tied AND NOT reached), "
            f"median(epoch(time) - epoch(before)) FILTER (WHERE reached) FROM step_{place}"
        )
    union = "\nUNION ALL ".join(counted)
    withs = ",\n".join(parts)
    return f"WITH {withs}\nSELECT reached, tied, seconds FROM (\n{union})\nORDER BY place"


def _reached(place: int) -> str:
    return "step_1" if place == 1 else f"(SELECT entity, time, began FROM step_{place} WHERE reached)"
