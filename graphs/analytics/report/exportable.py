"""Which rows an export holds: those of a table as they stand, or a statistic of them by groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graphs.analytics.tables import wording
from graphs.analytics.tables.aggregate import Aggregate, OpenTable, Row
from graphs.analytics.tables.conditions import describe_conditions
from graphs.analytics.tables.measures import amount_columns, usual_statistic
from graphs.analytics.tables.selection import Selection
from graphs.analytics.tables.statements import Statistic
from graphs.kit.tables.load import Column


@dataclass(frozen=True, slots=True)
class Choice:
    """Which columns, the column that the rows are in the order of (None: as they come), and how many rows."""

    columns: tuple[str, ...] = ()
    order_by: str | None = None
    descending: bool = False
    top: int | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What is exported: `what` it is and the `source` in words, its columns (with types where they are known)
    and rows in batches that can be read once, while the table is open, how many these are, the SQL behind
    them, and notes on what was assumed or left out."""

    what: str
    source: str
    columns: tuple[str, ...]
    types: tuple[Column, ...] | None
    batches: Iterable[Sequence[Row]]
    rows: int
    sql: tuple[str, ...]
    notes: tuple[str, ...]


def rows_of(table: OpenTable, file: str, selection: Selection, choice: Choice) -> Content:
    """The rows that the selection keeps. Raises ValueError as `OpenTable.select`."""
    rows = table.select(
        choice.columns,
        selection,
        order_by=choice.order_by,
        descending=choice.descending,
        top=choice.top,
    )
    info = table.info
    count = min(rows.rows_used, choice.top or rows.rows_used)
    source = wording.origin(file, info)
    conditions = f": {describe_conditions(rows.filters)}" if rows.filters else ""
    zoned = [column.name for column in rows.columns if column.type == "TIMESTAMP WITH TIME ZONE"]
    return Content(
        what="rows" + _in_order(choice),
        source=f"{source} ({count:,} of {info.rows:,} rows{conditions})",
        columns=tuple(column.name for column in rows.columns),
        types=rows.columns,
        batches=rows.batches,
        rows=count,
        sql=(rows.sql,),
        notes=(*wording.notes(info), *([f"- Times are in UTC: {', '.join(zoned)}"] if zoned else [])),
    )


def groups_of(
    table: OpenTable, file: str, selection: Selection, statistic: Statistic | None, choice: Choice
) -> Content:
    """The statistic of the columns (by default `usual_statistic`, and of all columns of amounts) by the
    selection's groups. Raises ValueError as `OpenTable.aggregate`."""
    columns = choice.columns
    notes = []
    if not columns and statistic != "count":
        columns = amount_columns(table.info)
        notes.append(f"- No column was named: these are all columns of amounts, {', '.join(columns)}")
    if not columns and statistic != "count":
        raise ValueError(f"{file} has no column of amounts. Name the column that the figures are of.")
    chosen = statistic or usual_statistic(columns)
    result = table.aggregate(chosen, columns, selection)
    notes += [] if statistic else wording.assumed(chosen, result.measures)
    names = " and ".join(wording.value_names(result))
    by = f" by {' and '.join(wording.key_names(result))}" if result.keys else ""
    rows = _ordered(result, choice)
    return Content(
        what=names + by + _in_order(choice),
        source=wording.rows_of(file, result),
        columns=result.columns,
        types=None,
        batches=[rows],
        rows=len(rows),
        sql=result.sql,
        notes=(*notes, *(line for line in wording.method(result) if not line.startswith("- SQL"))),
    )


def _ordered(result: Aggregate, choice: Choice) -> tuple[Row, ...]:
    """The groups in the order chosen, those without a value last; by default as they were computed."""
    rows = result.rows
    if choice.order_by:
        own = dict(zip(result.measures, result.values, strict=False))
        names = {name.casefold(): name for name in result.columns}
        name = own.get(choice.order_by) or names.get(choice.order_by.casefold())
        if name is None:
            raise ValueError(
                f"'{choice.order_by}' is no column of the result, so it can't be in that order. Its columns "
                f"are: {', '.join(result.columns)}."
            )
        place = result.columns.index(name)
        present = [row for row in rows if row[place] is not None]
        absent = [row for row in rows if row[place] is None]
        rows = (*sorted(present, key=lambda row: row[place], reverse=choice.descending), *absent)
    return rows[: choice.top]


def _in_order(choice: Choice) -> str:
    if choice.order_by is None:
        return ""
    return f" in the order of {choice.order_by}, {'highest' if choice.descending else 'lowest'} first"
