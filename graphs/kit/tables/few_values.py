"""Which texts a table's columns hold, where they are few: regions, kinds, yes and no."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from graphs.kit.tables.duck import one_row, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from graphs.kit.tables.load import TableInfo

_ROWS = 10_000
_MOST_COLUMNS, _MOST_VALUES, _LONGEST = 20, 30, 40
_MOST_CHARACTERS = 6_000
"""Of all texts of a table together: they stand in every checkpoint of a session."""


def few_values(connection: DuckDBPyConnection, table: TableInfo) -> dict[str, list[str]]:
    """Return the distinct texts of each column that has at most 30, none longer than 40 characters.

    By the table's first 10,000 rows and, of columns of text, the first 20. A column in which no text occurs
    twice names single things, and is left out. Of all texts that are together longer than 6,000 characters
    the columns with the shortest lists stay.
    """
    names = [column.name for column in table.columns if column.type == "VARCHAR"][:_MOST_COLUMNS]
    if not names:
        return {}
    lists = ", ".join(
        f"list(DISTINCT {quote(name)}) FILTER ({quote(name)} IS NOT NULL), count({quote(name)})"
        for name in names
    )
    cells = one_row(connection, f"SELECT {lists} FROM (SELECT * FROM {quote(table.name)} LIMIT {_ROWS})")
    found = dict(zip(names, zip(cells[::2], cells[1::2], strict=True), strict=True))
    few = {
        name: sorted(values)
        for name, (values, filled) in found.items()
        if values and _are_few(values, filled)
    }
    shortest_first = sorted(few, key=lambda name: sum(map(len, few[name])))
    lengths = accumulate(sum(map(len, few[name])) for name in shortest_first)
    kept = {name for name, length in zip(shortest_first, lengths, strict=True) if length <= _MOST_CHARACTERS}
    return {name: values for name, values in few.items() if name in kept}


def _are_few(values: list[str], filled: int) -> bool:
    return len(values) <= min(_MOST_VALUES, filled - 1) and max(map(len, values)) <= _LONGEST
