"""Two tables set side by side by their keys: how many rows find a partner, and the rows that find none.

All is counted on all rows before a row is written. A missing key finds no partner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from duckdb import DuckDBPyConnection

from graphs.kit.tables.duck import one_row, quote
from graphs.kit.tables.load import Column, TableInfo
from graphs.kit.tables.staging import write_parquet

Kind = Literal["inner", "left"]

_MOST_ROWS = 20_000_000
_MOST_TIMES, _FEW_ROWS = 10, 10_000
"""A join of tables that both repeat their keys may have so many times the rows of the larger one, or few."""


@dataclass(frozen=True, slots=True)
class Key:
    """A column of the left table and the one of the right that it must equal."""

    left: str
    right: str

    def __str__(self) -> str:
        return self.left if self.left == self.right else f"{self.left} = {self.right}"


@dataclass(frozen=True, slots=True)
class JoinSide:
    """One of the two tables: of its rows `matched` find a partner and `without_key` lack a value in a key;
    `repeats` says that some key stands in several rows."""

    table: TableInfo
    matched: int
    without_key: int
    repeats: bool

    @property
    def unmatched(self) -> int:
        """Rows that find no partner, those without a key among them."""
        return self.table.rows - self.matched


@dataclass(frozen=True, slots=True)
class Join:
    """Two tables and the keys to join them by. An inner join has `pairs` rows."""

    left: JoinSide
    right: JoinSide
    keys: tuple[Key, ...]
    pairs: int

    def rows(self, kind: Kind) -> int:
        """How many rows the join has."""
        return self.pairs + (self.left.unmatched if kind == "left" else 0)

    def sql(self, kind: Kind) -> str:
        """The join as one statement. Of keys of one name the left one stays; another column of a name that
        the left table has gets the right table's name behind it."""
        selected = [f"l.{quote(column.name)}" for column in self.left.table.columns]
        selected += [f"r.{quote(old)} AS {quote(new)}" for old, new in self.taken_over.items()]
        return (
            f"SELECT {', '.join(selected)}\nFROM {quote(self.left.table.name)} AS l\n"
            f"{kind.upper()} JOIN {quote(self.right.table.name)} AS r ON {self.condition}"
        )

    @property
    def condition(self) -> str:
        """SQL that is true of a row l of the left table and its partners r."""
        return " AND ".join(f"l.{quote(key.left)} = r.{quote(key.right)}" for key in self.keys)

    @property
    def taken_over(self) -> dict[str, str]:
        """The columns that come from the right table, each with its name in the join."""
        same = {key.right for key in self.keys if key.left.casefold() == key.right.casefold()}
        taken = {column.name.casefold() for column in self.left.table.columns}
        names: dict[str, str] = {}
        for column in self.right.table.columns:
            if column.name in same:
                continue
            name = (
                column.name
                if column.name.casefold() not in taken
                else f"{column.name}_{self.right.table.name}"
            )
            while name.casefold() in taken:
                name += "_"
            taken.add(name.casefold())
            names[column.name] = name
        return names


@dataclass(frozen=True, slots=True)
class Unmatched:
    """The first rows of the left table that find no partner, under the names in `columns`."""

    join: Join
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def measure_join(
    connection: DuckDBPyConnection, left: TableInfo, right: TableInfo, keys: Sequence[Key]
) -> Join:
    """Count what a join of two tables of the connection would give.

    Raises ValueError for a key that a table lacks, or of kinds that can't be equal.
    """
    settled = tuple(Key(_column(left, key.left).name, _column(right, key.right).name) for key in keys)
    for key in settled:
        _check_comparable(left, right, key)
    held = [
        _held(connection, left, [key.left for key in settled], "keys on the left"),
        _held(connection, right, [key.right for key in settled], "keys on the right"),
    ]
    places = [f"k{place}" for place in range(len(settled))]
    left_rows, right_rows, pairs = one_row(
        connection,
        "SELECT coalesce(sum(l.n), 0), coalesce(sum(r.n), 0), coalesce(sum(l.n::HUGEINT * r.n), 0) "
        f'FROM "keys on the left" AS l JOIN "keys on the right" AS r USING ({", ".join(places)})',
    )
    return Join(
        JoinSide(left, int(left_rows), left.rows - held[0][0], held[0][1]),
        JoinSide(right, int(right_rows), right.rows - held[1][0], held[1][1]),
        settled,
        int(pairs),
    )


def write_join(connection: DuckDBPyConnection, join: Join, kind: Kind, target: Path) -> None:
    """Write the joined table into a Parquet file.

    Raises ValueError for a join without a row, and for one that multiplies rows beyond what is of use.
    """
    rows, larger = join.rows(kind), max(join.left.table.rows, join.right.table.rows)
    keys = " and ".join(map(str, join.keys))
    if not join.pairs:
        raise ValueError(
            f"No value of {keys} stands in both '{join.left.table.name}' and '{join.right.table.name}', so "
            "there is nothing to join. Name other columns, or ask “How can I join them?”."
        )
    both_repeat = join.left.repeats and join.right.repeats
    if rows > _MOST_ROWS or (both_repeat and rows > max(_MOST_TIMES * larger, _FEW_ROWS)):
        raise ValueError(
            f"Joined on {keys}, {join.left.table.rows:,} and {join.right.table.rows:,} rows would become "
            f"{rows:,}, since {'both tables repeat' if both_repeat else 'a table repeats'} the same keys. "
            "Name a further column to join on, or remove the repeats first."
        )
    write_parquet(connection, join.sql(kind), target)


def rows_without_partner(connection: DuckDBPyConnection, join: Join, most: int) -> Unmatched:
    """The rows of the left table whose key stands nowhere in the right one, at most `most`. Rows without
    a key are among them."""
    cursor = connection.execute(
        f"SELECT * FROM {quote(join.left.table.name)} AS l WHERE NOT EXISTS "
        f"(SELECT 1 FROM {quote(join.right.table.name)} AS r WHERE {join.condition}) LIMIT {most}"
    )
    columns = tuple(column[0] for column in cursor.description or ())
    return Unmatched(join, columns, tuple(cursor.fetchall()))


def parse_keys(text: str, left: TableInfo, right: TableInfo) -> tuple[Key, ...]:
    """Return the keys of a text: "customer_id", "customer_id = id", "orders.customer_id = customers.id";
    several with "and" or a comma between. A column may stand with its table, in either order of the tables.

    Raises ValueError for a column that a table lacks.
    """
    return tuple(_key(part.strip(), left, right) for part in _parts(text) if part.strip())


def _parts(text: str) -> list[str]:
    return [part for listed in text.split(",") for part in listed.replace(" AND ", " and ").split(" and ")]


def _key(text: str, left: TableInfo, right: TableInfo) -> Key:
    one, _, other = (part.strip() for part in text.replace("==", "=").partition("="))
    if not other:
        name = _bare(one)
        return Key(_column(left, name).name, _column(right, name).name)
    if _fits(one, left) and _fits(other, right):
        return Key(_bare(one), _bare(other))
    if _fits(one, right) and _fits(other, left):
        return Key(_bare(other), _bare(one))
    return Key(_column(left, _bare(one)).name, _column(right, _bare(other)).name)


def _fits(written: str, table: TableInfo) -> bool:
    owner, _, name = written.rpartition(".")
    own = not owner or owner.strip('"`').casefold() == table.name.casefold()
    return own and any(column.name.casefold() == name.strip('"`').casefold() for column in table.columns)


def _bare(written: str) -> str:
    return written.rpartition(".")[2].strip(" \"'`")


def _column(table: TableInfo, name: str) -> Column:
    exact = [column for column in table.columns if column.name == name]
    alike = exact or [column for column in table.columns if column.name.casefold() == name.casefold()]
    if len(alike) != 1:
        names = ", ".join(f"'{column.name}'" for column in table.columns)
        raise ValueError(f"'{table.name}' has no column '{name}' to join on. Its columns are: {names}.")
    return alike[0]


def _check_comparable(left: TableInfo, right: TableInfo, key: Key) -> None:
    one, other = _column(left, key.left), _column(right, key.right)
    if (one.is_number, one.is_time) != (other.is_number, other.is_time):
        raise ValueError(
            f"'{key.left}' of '{left.name}' holds {one.type} and '{key.right}' of '{right.name}' "
            f"{other.type}, which can't be equal. Join on columns of one kind."
        )


def _held(
    connection: DuckDBPyConnection, table: TableInfo, columns: Sequence[str], name: str
) -> tuple[int, bool]:
    """Make a table of the keys with the number of rows that hold each. Return how many rows have a key, and
    whether one stands in several."""
    selected = ", ".join(f"t.{quote(column)} AS k{place}" for place, column in enumerate(columns))
    present = " AND ".join(f"t.{quote(column)} IS NOT NULL" for column in columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {quote(name)} AS SELECT {selected}, count(*) AS n "
        f"FROM {quote(table.name)} AS t WHERE {present} GROUP BY ALL"
    )
    filled, most = one_row(connection, f"SELECT coalesce(sum(n), 0), coalesce(max(n), 0) FROM {quote(name)}")
    return int(filled), most > 1
