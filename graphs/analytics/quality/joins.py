"""Which columns of several tables belong together: by their names, and by the values that they share.

What a join would give is counted on all rows, not guessed: how many rows of each side find a partner, whether
a side repeats its values, how many rows come out. Joins on several columns at once are not looked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations, product
from typing import Literal

from duckdb import DuckDBPyConnection

from graphs.kit.tables.duck import one_row, quote
from graphs.kit.tables.load import Column, TableInfo

Kind = Literal["number", "text", "time"]

_ALIKE = 0.6
_SHARED_WITH_NAME, _SHARED_WITHOUT = 0.05, 0.5
_ENDINGS = frozenset({"id", "ids", "key", "no", "nr", "number", "name", "fk", "pk", "index"})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_STORED: dict[Kind, str] = {"number": "HUGEINT", "text": "VARCHAR", "time": "TIMESTAMP"}


@dataclass(frozen=True, slots=True)
class Side:
    """One column of a join: `matched` of the `filled` rows with a value find a partner on the other side;
    `unique` says that no value stands there twice."""

    table: str
    column: str
    filled: int
    matched: int
    unique: bool

    @property
    def share(self) -> float:
        """Share of the rows with a value that find a partner."""
        return self.matched / self.filled if self.filled else 0.0

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True, slots=True)
class JoinSuggestion:
    """Two columns that can be joined; an inner join gives `rows`. `names_alike` is between 0 and 1."""

    left: Side
    right: Side
    names_alike: float
    rows: int

    @property
    def relation(self) -> str:
        """1:1, 1:n, n:1 or n:m; 1 is the side without repeats."""
        many = "m" if not self.left.unique else "n"
        return f"{'1' if self.left.unique else 'n'}:{'1' if self.right.unique else many}"

    @property
    def sql(self) -> str:
        """The join as one statement."""
        left, right = ((quote(side.table), quote(side.column)) for side in (self.left, self.right))
        return f"SELECT * FROM {left[0]} JOIN {right[0]} ON {'.'.join(left)} = {'.'.join(right)}"


@dataclass(frozen=True, slots=True)
class Unjoinable:
    """Two columns of one name that can't be joined, and why."""

    left: str
    right: str
    reason: str


def suggest_joins(
    connection: DuckDBPyConnection, tables: Sequence[TableInfo]
) -> tuple[tuple[JoinSuggestion, ...], tuple[Unjoinable, ...]]:
    """Return the joins that names and values speak for, the best first, and columns of one name that have
    nothing in common.

    Whole numbers, text and dates are looked at. Columns whose names are unlike count only when they hold text
    that is mostly shared and that one side holds once, since small numbers overlap by chance.

    Raises ValueError for fewer than two tables.
    """
    if len(tables) < 2:
        raise ValueError("A join needs two tables, and there is one. Add the file that holds the other.")
    values = _Values(connection)
    suggestions, apart = [], []
    for left, right in combinations(tables, 2):
        for one, other in product(left.columns, right.columns):
            likeness = names_alike((left.name, one.name), (right.name, other.name))
            found = _judged(values, (left, one), (right, other), likeness)
            if isinstance(found, JoinSuggestion):
                suggestions.append(found)
            elif found:
                apart.append(found)
    return tuple(sorted(suggestions, key=_strength, reverse=True)), tuple(apart)


def names_alike(left: tuple[str, str], right: tuple[str, str]) -> float:
    """How alike two columns, each with its table's name, are called: 1 for the same, 0 for nothing in common.

    An ending such as id or key says nothing, and a column that is called only that stands for its table:
    `customer_id` of orders is called as `id` of customers.
    """
    one, other = _core(*left), _core(*right)
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _core(table: str, column: str) -> str:
    words = [word.lower() for word in _WORD.findall(column)]
    telling = [word for word in words if word not in _ENDINGS] or [
        word.lower() for word in _WORD.findall(table)
    ]
    return " ".join(word.removesuffix("s") for word in telling) or column.lower()


def _judged(
    values: _Values, left: tuple[TableInfo, Column], right: tuple[TableInfo, Column], likeness: float
) -> JoinSuggestion | Unjoinable | None:
    kinds = [_kind(column) for _, column in (left, right)]
    if None in kinds or (likeness < _ALIKE and kinds != ["text", "text"]):
        return None
    one_name = left[1].name.casefold() == right[1].name.casefold()
    names = [f"{table.name}.{column.name}" for table, column in (left, right)]
    if kinds[0] != kinds[1]:
        reason = f"one holds {left[1].type}, the other {right[1].type}"
        return Unjoinable(*names, reason) if one_name else None
    found = values.joined(left, right, likeness)
    if found is None:
        return None
    if not found.rows:
        return Unjoinable(*names, "they share no value") if one_name else None
    most = max(found.left.share, found.right.share)
    if likeness >= _ALIKE:
        return found if most >= _SHARED_WITH_NAME else None
    one_side_unique = found.left.unique or found.right.unique
    return found if one_side_unique and most >= _SHARED_WITHOUT else None


def _strength(suggestion: JoinSuggestion) -> tuple[bool, float]:
    left, right = suggestion.left, suggestion.right
    return left.unique or right.unique, suggestion.names_alike + left.share + right.share


def _kind(column: Column) -> Kind | None:
    if column.is_number:
        return "number"
    if column.is_time:
        return "time"
    return "text" if column.type.startswith(("VARCHAR", "ENUM", "UUID")) else None


@dataclass(frozen=True, slots=True)
class _Held:
    """The values of a column: a table of them with the number of rows that hold each."""

    table: str
    filled: int
    unique: bool


class _Values:
    """The values of columns, each read once."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection
        self._held: dict[tuple[str, str], _Held | None] = {}

    def joined(
        self, left: tuple[TableInfo, Column], right: tuple[TableInfo, Column], likeness: float
    ) -> JoinSuggestion | None:
        """The join of two columns of one kind; None when one has no value, or numbers that are not whole."""
        one, other = self._of(*left), self._of(*right)
        if one is None or other is None:
            return None
        matched, partners, rows = one_row(
            self._connection,
            "SELECT coalesce(sum(l.n), 0), coalesce(sum(r.n), 0), coalesce(sum(l.n * r.n), 0) "
            f"FROM {quote(one.table)} AS l JOIN {quote(other.table)} AS r USING (v)",
        )
        return JoinSuggestion(
            Side(left[0].name, left[1].name, one.filled, int(matched), one.unique),
            Side(right[0].name, right[1].name, other.filled, int(partners), other.unique),
            likeness,
            int(rows),
        )

    def _of(self, table: TableInfo, column: Column) -> _Held | None:
        place = (table.name, column.name)
        if place not in self._held:
            self._held[place] = self._read(table, column, f"values {len(self._held)}")
        return self._held[place]

    def _read(self, table: TableInfo, column: Column, name: str) -> _Held | None:
        kind = _kind(column)
        value = quote(column.name)
        if kind is None or (kind == "number" and not self._whole(table, column)):
            return None
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {quote(name)} AS "
            f"SELECT TRY_CAST({value} AS {_STORED[kind]}) AS v, count(*) AS n "
            f"FROM {quote(table.name)} WHERE {value} IS NOT NULL GROUP BY 1"
        )
        filled, most = one_row(self._connection, f"SELECT sum(n), max(n) FROM {quote(name)}")
        return _Held(name, int(filled), most == 1) if filled else None

    def _whole(self, table: TableInfo, column: Column) -> bool:
        if "INT" in column.type:
            return True
        value = quote(column.name)
        (whole,) = one_row(
            self._connection,
            f"SELECT bool_and(isfinite(CAST({value} AS DOUBLE)) AND {value} = trunc({value})) "
            f"FROM {quote(table.name)}",
        )
        return bool(whole)
