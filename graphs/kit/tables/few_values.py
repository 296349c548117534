"""Which texts a table's columns hold, where they are few: regions, kinds, yes and no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphs.kit.tables.duck import one_row, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from graphs.kit.tables.load import TableInfo

_ROWS = 10_000
_MOST_COLUMNS, _MOST_VALUES, _LONGEST = 20, 30, 40


def few_values(connection: DuckDBPyConnection, table: TableInfo) -> dict[str, list[str]]:
    """Return the distinct texts of each column that has at most 30, none longer than 40 characters.

    By the table's first 10,000 rows and, of columns of text, the first 20. A column in which no text occurs
    twice names single things, and is left out.
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
    return {
        name: sorted(values)
        for name, (values, filled) in found.items()
        if values and _are_few(values, filled)
    }


def _are_few(values: list[str], filled: int) -> bool:
    return len(values) <= min(_MOST_VALUES, filled - 1) and max(map(len, values)) <= _LONGEST
