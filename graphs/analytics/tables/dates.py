"""A column of text turned into dates, each value read by its own form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from graphs.analytics.tables.aggregate import OpenTable
from graphs.analytics.tables.statements import named_column
from graphs.kit.tables.duck import filled_text, one_row, quote
from graphs.kit.tables.staging import write_parquet
from graphs.kit.tables.text_dates import date_sql

Order = Literal["day", "month"]

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class DatesRead:
    """What became of a column: `dates` of its values are dates now, in the given order of day and month where
    `open_order` of them fit both; `unread` could not be read and are missing, `examples` are some of them."""

    column: str
    kind: str
    dates: int
    open_order: int
    unread: int
    examples: tuple[str, ...]


def write_with_dates(table: OpenTable, name: str, target: Path, order: Order | None) -> DatesRead:
    """Write the table with the column `name` as dates (or times, when a value has one) into a Parquet file.

    Raises ValueError for a column that doesn't exist or holds no text, of which no value is a date, or whose
    values fit both orders of day and month while `order` is not given.
    """
    held = named_column(table.info, name)
    name = held.name
    if held.is_time:
        raise ValueError(f"'{name}' holds dates already ({held.type}).")
    if held.type != "VARCHAR":
        raise ValueError(f"'{name}' holds {held.type}, and only text can be read as dates.")
    value, day, month = filled_text(name), date_sql(name), date_sql(name, day_first=False)
    dates, either, unread, examples, example, timed = one_row(
        table.connection,
        f"SELECT count(d), count(*) FILTER (d != m), count(v) - count(d), "
        f"list_sort(list(DISTINCT v) FILTER (v IS NOT NULL AND d IS NULL))[:{_EXAMPLES}], "
        "min(v) FILTER (d != m), "
        "coalesce(bool_or(d != date_trunc('day', d)), false) "
        f"FROM (SELECT {value} AS v, {day} AS d, {month} AS m FROM {quote(table.info.name)})",
    )
    if not dates:
        raise ValueError(
            f"No value of '{name}' can be read as a date: {', '.join(map(repr, examples or ()))}. Write "
            "dates as 2024-12-31 or 31.12.2024."
        )
    if either and order is None:
        raise ValueError(
            f"{either:,} of the {dates:,} dates in '{name}', such as {example}, can be day/month or "
            f"month/day. Say which: “Convert {name} to a date, day first” or “…, month first”."
        )
    kind = "TIMESTAMP" if timed else "DATE"
    chosen = month if order == "month" else day
    columns = ", ".join(
        f"CAST({chosen} AS {kind}) AS {quote(name)}" if column.name == name else quote(column.name)
        for column in table.info.columns
    )
    write_parquet(table.connection, f"SELECT {columns} FROM {quote(table.info.name)}", target)
    return DatesRead(name, kind, dates, either, unread, tuple(examples or ()))
