"""Statistics of a table's columns, by groups and periods: which rows count, and what is missing in them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pandas as pd
from duckdb import DuckDBPyConnection

from graphs.analytics.tables.conditions import describe_conditions
from graphs.analytics.tables.selection import Selection, bucket_of, filters_of, order_in_time, settled, spelt
from graphs.analytics.tables.sql import QueryResult
from graphs.analytics.tables.statements import (
    Figure,
    Filter,
    aggregate_sql,
    conditions_sql,
    keys_sql,
    rows_sql,
)
from graphs.kit.tables.duck import one_row, quote
from graphs.kit.tables.load import (
    Column,
    Source,
    TableInfo,
    check_fits,
    connect,
    read_table,
    table_name,
)

Row = tuple[Any, ...]

_VALUES_SHOWN = 10
_BATCH_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One or more statistics of one or more columns, for each group.

    A row of `rows` holds the group's keys, then for each of `measures` a value for each of `statistics` (for
    a count of rows: one), under the names in `columns`. `rows_used` of the table's rows met `filters`;
    `missing` says for each measure how many of these had no value. `along` are the dates that the first and
    last values are by. `sql` is the statement behind each value.
    """

    table: TableInfo
    statistics: tuple[Figure, ...]
    measures: tuple[str, ...]
    selection: Selection
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    filters: tuple[Filter, ...]
    rows_used: int
    missing: tuple[int, ...]
    sql: tuple[str, ...]
    along: str | None = None

    @property
    def statistic(self) -> Figure:
        """The statistic, where there is one only."""
        return self.statistics[0]

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the columns that tell the groups apart."""
        return self.columns[: len(self.columns) - max(1, len(self.measures) * len(self.statistics))]

    @property
    def values(self) -> tuple[str, ...]:
        """Names of the columns that hold the statistic."""
        return self.columns[len(self.keys) :]

    def frame(self) -> pd.DataFrame:
        """The rows as a DataFrame with numbers and dates typed for a chart."""
        return QueryResult(self.columns, self.rows, len(self.rows), False, self.sql[0]).frame()


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table as they stand, in batches that can be read once, while the table is open; `rows_used`
    of the table's rows met `filters`."""

    columns: tuple[Column, ...]
    batches: Iterator[list[Row]]
    rows_used: int
    filters: tuple[Filter, ...]
    sql: str


@dataclass(frozen=True, slots=True)
class OpenTable:
    """A table that has been read once, for several statistics of it."""

    connection: DuckDBPyConnection
    info: TableInfo

    def frame(self, columns: Sequence[str] = (), filters: Sequence[Filter] = ()) -> pd.DataFrame:
        """The rows that meet the filters with the columns named, by default the whole table, as `load_frame`
        gives it. Raises ValueError as `aggregate`, and for more than fits into memory."""
        sql = rows_sql(self.info, columns, filters=filters)
        kinds = {column.name: column for column in self.info.columns}
        taken = [kinds[name] for name in columns if name in kinds] or self.info.columns
        check_fits(taken, self._count(None, filters) if filters else self.info.rows)
        return self.connection.execute(sql).df()

    def head(self, rows: int) -> tuple[tuple[str, ...], list[Row]]:
        """The names of the columns, and the first rows."""
        return self._rows(f"SELECT * FROM {quote(self.info.name)} LIMIT {rows}")

    def aggregate(
        self,
        statistic: Figure | list[Figure] | tuple[Figure, ...],
        measures: Sequence[str],
        selection: Selection,
    ) -> Aggregate:
        """Return the statistics of each measure by the selection's groups; no measure: count the rows.

        The first and last values are by `selection.date_column`, by default the only column of dates or a
        column of years. Ordered by the keys when they are periods, dates or numbers, else from the first
        measure's largest value down. Raises ValueError for a column that doesn't exist or has the wrong type,
        for conditions that can't be read or that no row meets, for a period when it is open which dates are
        meant, and for a first or last value when several rows of a group are of that time.
        """
        statistics = tuple(statistic) if isinstance(statistic, list | tuple) else (statistic,)
        along = order_in_time(self.info, selection) if {"first", "last"} & set(statistics) else None
        selection = settled(self.info, selection)
        filters, rows_used = self.kept(selection)
        dates, bucket = bucket_of(selection)
        statements = tuple(
            aggregate_sql(
                self.info,
                each,
                measure,
                by=selection.by,
                time_column=dates,
                bucket=bucket,
                filters=filters,
                along=along,
            )
            for measure in measures or (None,)
            for each in statistics
        )
        columns, rows = self._joined(statements)
        for end in [each for each in statistics if each in ("first", "last")]:
            for measure in measures:
                self._check_one_at_end(end, measure, along or "", selection, filters)
        return Aggregate(
            table=self.info,
            statistics=statistics,
            measures=tuple(spelt(self.info, measure) for measure in measures),
            selection=selection,
            columns=columns,
            rows=_in_order(self.info, columns, rows, len(statements), selection),
            filters=filters,
            rows_used=rows_used,
            missing=tuple(rows_used - self._count(measure, filters) for measure in measures),
            sql=statements,
            along=along,
        )

    def kept(self, selection: Selection) -> tuple[tuple[Filter, ...], int]:
        """The filters that the selection sets, and how many rows meet them; ValueError when none does."""
        filters = filters_of(self.info, selection)
        rows_used = self._count(None, filters)
        if not rows_used:
            raise ValueError(self._nothing_left(filters))
        return filters, rows_used

    def query(self, statement: str) -> list[Row]:
        """The rows of a statement over the table."""
        return self._rows(statement)[1]

    def select(
        self,
        columns: Sequence[str],
        selection: Selection,
        *,
        order_by: str | None = None,
        descending: bool = False,
        top: int | None = None,
    ) -> Rows:
        """Return the rows that the selection keeps, with the columns named (none: all), as `rows_sql` orders
        them; they are read when their batches are. Raises ValueError as `aggregate`."""
        filters, rows_used = self.kept(selection)
        sql = rows_sql(self.info, columns, filters=filters, order_by=order_by, descending=descending, top=top)
        described = self.connection.execute(f"DESCRIBE {sql}").fetchall()
        return Rows(
            columns=tuple(Column(name, kind) for name, kind, *_ in described),
            batches=self._batches(sql),
            rows_used=rows_used,
            filters=filters,
            sql=sql,
        )

    def _batches(self, sql: str) -> Iterator[list[Row]]:
        cursor = self.connection.execute(sql)
        while batch := cursor.fetchmany(_BATCH_ROWS):
            yield batch

    def _check_one_at_end(
        self, end: Figure, measure: str, along: str, selection: Selection, filters: Sequence[Filter]
    ) -> None:
        """Raise ValueError when several rows of a group share the first (last) time: none of them is it."""
        keys = [key for key, _ in keys_sql(self.info, selection.by, *bucket_of(selection))]
        time, named = quote(along), quote(spelt(self.info, measure))
        groups = f"PARTITION BY {', '.join(keys)} " if keys else ""
        [(tied,)] = self.query(
            f"SELECT max(tied) FROM (SELECT count(*) OVER (PARTITION BY {', '.join([*keys, time])}) AS tied, "
            f"rank() OVER ({groups}ORDER BY {time} {'DESC' if end == 'last' else 'ASC'}) AS place "
            f"FROM {quote(self.info.name)} WHERE {conditions_sql(self.info, filters)} "
            f"AND {named} IS NOT NULL AND {time} IS NOT NULL) WHERE place = 1"
        )
        if tied is not None and tied > 1:
            raise ValueError(
                f"{tied:,} rows of a group share its {end} {along}, so there is no one {end} value of "
                f"{measure}. Name a column or a condition that sets them apart, or another statistic."
            )

    def _count(self, measure: str | None, filters: Sequence[Filter]) -> int:
        (count,) = one_row(self.connection, aggregate_sql(self.info, "count", measure, filters=filters))
        return count

    def _joined(self, statements: Sequence[str]) -> tuple[tuple[str, ...], list[Row]]:
        """Run the statements, which yield the same groups, and set their values side by side."""
        columns, rows = self._rows(statements[0])
        for statement in statements[1:]:
            more, others = self._rows(statement)
            by_key = {row[:-1]: row[-1] for row in others}
            keys = len(more) - 1
            rows = [(*row, by_key[row[:keys]]) for row in rows]
            columns = (*columns, more[-1])
        return columns, rows

    def _rows(self, statement: str) -> tuple[tuple[str, ...], list[Row]]:
        cursor = self.connection.execute(statement)
        return tuple(column[0] for column in cursor.description or ()), cursor.fetchall()

    def _nothing_left(self, filters: Sequence[Filter]) -> str:
        """What to say when no row is left: the conditions, and the values of the text columns in them."""
        names = dict.fromkeys(spelt(self.info, each.column) for each in filters)
        values = [f"'{name}' holds {self._some_values(name)}." for name in names if _is_text(self.info, name)]
        return " ".join([f"No row of the table has {describe_conditions(filters)}.", *values])

    def _some_values(self, column: str) -> str:
        name = quote(column)
        found = self.connection.execute(
            f"SELECT DISTINCT {name} FROM {quote(self.info.name)} WHERE {name} IS NOT NULL "
            f"ORDER BY 1 LIMIT {_VALUES_SHOWN + 1}"
        ).fetchall()
        shown = ", ".join(repr(value) for (value,) in found[:_VALUES_SHOWN])
        return shown + (" and more" if len(found) > _VALUES_SHOWN else "")


@contextmanager
def open_table(file_name: str, source: Source) -> Generator[OpenTable]:
    """Read a table, named in SQL after its file. Raises ValueError as `read_table` does."""
    with connect() as connection:
        yield OpenTable(connection, read_table(connection, table_name(file_name), source))


def _in_order(
    table: TableInfo, columns: Sequence[str], rows: list[Row], values: int, selection: Selection
) -> tuple[Row, ...]:
    """Rows along a key that has an order of its own; others stay from the largest value down."""
    keys = len(columns) - values
    ordered = {column.name for column in table.columns if column.is_number or column.is_time}
    if selection.bucket or not keys or not ordered.issuperset(columns[:keys]):
        return tuple(rows)
    return tuple(sorted(rows, key=lambda row: [(key is None, key) for key in row[:keys]]))


def _is_text(table: TableInfo, name: str) -> bool:
    return any(column.name == name and column.type == "VARCHAR" for column in table.columns)
