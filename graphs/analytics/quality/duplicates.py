"""Rows that repeat others: which they are, and the table without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graphs.analytics.tables.aggregate import OpenTable, Row
from graphs.analytics.tables.scan import source
from graphs.analytics.tables.statements import named_column
from graphs.kit.tables.duck import one_row, quote
from graphs.kit.tables.staging import write_parquet

_NUMBER = "number of the row"


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Rows that are the same in the columns `by`: `repeated` of the table's `rows` repeat an earlier one, and
    with the earlier ones they are `involved`. `rows_found` holds the first of these under the names in
    `columns`: the number of the row, counted from 1, and its values; the same rows stand together."""

    rows: int
    by: tuple[str, ...]
    repeated: int
    involved: int
    columns: tuple[str, ...]
    rows_found: tuple[Row, ...]


def find_duplicates(table: OpenTable, by: Sequence[str] = (), *, most: int) -> Duplicates:
    """Find the rows that are the same in the columns named, by default in all; missing values are the same.

    At most `most` rows are returned. Raises ValueError for a column that doesn't exist.
    """
    keys = _keys(table, by)
    listed = ", ".join(map(quote, keys))
    distinct, involved = one_row(
        table.connection,
        "SELECT count(*), coalesce(sum(n) FILTER (n > 1), 0) FROM "
        f"(SELECT count(*) AS n FROM {source(table)} GROUP BY {listed})",
    )
    number = _free_name(table)
    rows = table.query(
        f"SELECT * FROM ({_numbered(table, number)}) QUALIFY count(*) OVER (PARTITION BY {listed}) > 1 "
        f"ORDER BY min({quote(number)}) OVER (PARTITION BY {listed}), {quote(number)} LIMIT {most}"
    )
    return Duplicates(
        rows=table.info.rows,
        by=keys,
        repeated=table.info.rows - distinct,
        involved=int(involved),
        columns=("row", *_names(table)),
        rows_found=tuple(rows),
    )


def write_without_duplicates(table: OpenTable, target: Path, by: Sequence[str] = ()) -> int:
    """Write the table, in its order, with the first of the rows that are the same in the columns named (by
    default in all) into a Parquet file. Return how many rows are left out."""
    keys, number = _keys(table, by), _free_name(table)
    names = ", ".join(map(quote, _names(table)))
    select = (
        f"SELECT {names} FROM ({_numbered(table, number)}) QUALIFY row_number() OVER (PARTITION BY "
        f"{', '.join(map(quote, keys))} ORDER BY {quote(number)}) = 1 ORDER BY {quote(number)}"
    )
    (kept,) = one_row(
        table.connection,
        f"SELECT count(*) FROM (SELECT DISTINCT {', '.join(map(quote, keys))} FROM {source(table)})",
    )
    write_parquet(table.connection, select, target)
    return table.info.rows - kept


def _numbered(table: OpenTable, number: str) -> str:
    return f"SELECT row_number() OVER () AS {quote(number)}, * FROM {source(table)}"


def _free_name(table: OpenTable) -> str:
    name, taken = _NUMBER, {column.name.casefold() for column in table.info.columns}
    while name in taken:
        name += "_"
    return name


def _keys(table: OpenTable, by: Sequence[str]) -> tuple[str, ...]:
    return tuple(named_column(table.info, name).name for name in by) or _names(table)


def _names(table: OpenTable) -> tuple[str, ...]:
    return tuple(column.name for column in table.info.columns)
