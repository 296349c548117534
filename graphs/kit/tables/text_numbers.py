"""Numbers that arrive as text: decimal commas, thousands separators, marks for a missing value.

A German export writes 1.234,50 where an American one writes 1,234.50, and either may hold "n/a" among
its numbers. Read as text such a column can't be summed; read with the wrong rule it is wrong by a
factor of a thousand. So each column is judged by all its values, and columns that fit two rules are
judged by the rest of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from graphs.kit.tables.duck import filled_text, hold_throughout

# A leading zero (00123) marks a code, not a quantity: no rule takes it.
_WHOLE = r"(0|[1-9]\d*)"
_EXPONENT = r"([eE][+-]?\d+)?"
_POINT = rf"[+-]?({_WHOLE}(\.\d*)?|\.\d+){_EXPONENT}|[+-]?(?i:inf|infinity)"
_GROUP_SIGNS = r"[. \x{a0}\x{202f}]"  # 1.234,5 or 1 234,5, with a plain, no-break or narrow no-break space
_COMMA = rf"[+-]?({_WHOLE}|[1-9]\d{{0,2}}({_GROUP_SIGNS}\d{{3}})+)(,\d+)?{_EXPONENT}"
_GROUPED = rf"[+-]?({_WHOLE}|[1-9]\d{{0,2}}(,\d{{3}})+)(\.\d+)?"
_INTEGER = r"[+-]?\d{1,19}"
DECIMAL_COMMA = "read with a decimal comma."
"""What is said of columns in which the comma can be nothing else."""

_EITHER_COMMA = "read with a decimal comma; a comma between thousands would fit too."
_LONG_INTEGER = r"[+-]?\d{1,38}"


@dataclass(frozen=True, slots=True)
class _Column:
    """Rules that all values of a column obey: a decimal point, a decimal comma, commas between thousands."""

    name: str
    point: bool
    comma: bool
    grouped: bool
    has_comma: bool


def number_conversions(
    connection: DuckDBPyConnection, table: str, columns: Sequence[str], *, semicolons: bool = False
) -> tuple[dict[str, str], tuple[str, ...]]:
    """SQL for the values of those of the text `columns` that hold numbers, by name, and notes.

    `semicolons` says that the file separates its fields by semicolons, as a spreadsheet does where the
    decimal sign is a comma; it decides only for values such as 1,234 that fit both rules. There is a note
    for each reading that a person may want to check.
    """
    judged = _judge(connection, table, columns) if columns else []
    comma_first = _decimal_comma(judged, semicolons=semicolons)
    conversions: dict[str, str] = {}
    read: dict[str, list[str]] = {}
    for column in judged:
        number, reading = _as_number(column, comma_first=comma_first)
        if not number:
            continue
        kind, changed = _kind(connection, table, filled_text(column.name), number)
        conversions[column.name] = f"CAST({number} AS {kind})"
        if changed and reading:
            read.setdefault(reading, []).append(f"'{column.name}'")
    notes = (
        f"{', '.join(names)} {'was' if len(names) == 1 else 'were'} {reading}"
        for reading, names in read.items()
    )
    return conversions, tuple(notes)


def _judge(connection: DuckDBPyConnection, table: str, names: Sequence[str]) -> list[_Column]:
    conditions = []
    for value in map(filled_text, names):
        conditions += [f"regexp_full_match({value}, '{rule}')" for rule in (_POINT, _COMMA, _GROUPED)]
        conditions.append(f"NOT contains({value}, ',')")
    held = hold_throughout(connection, table, conditions)
    return [
        _Column(name, *held[4 * i : 4 * i + 3], has_comma=not held[4 * i + 3]) for i, name in enumerate(names)
    ]


def _decimal_comma(columns: list[_Column], *, semicolons: bool) -> bool:
    # Points alone prove nothing: 192.168.100.101 looks like a number with its thousands grouped.
    if any(c.comma and c.has_comma and not c.grouped for c in columns):
        return True
    if any(c.point and not c.comma for c in columns):
        return False
    return semicolons and any(c.comma and c.has_comma for c in columns)


def _as_number(column: _Column, *, comma_first: bool) -> tuple[str, str]:
    """SQL for the column's text with a decimal point and no other sign, '' if it holds no numbers; and how it
    is read, to be said where that is not the text itself."""
    value = filled_text(column.name)
    if column.comma and comma_first:
        number = f"replace(regexp_replace({value}, '{_GROUP_SIGNS}', '', 'g'), ',', '.')"
        return number, DECIMAL_COMMA if not column.grouped else _EITHER_COMMA
    if column.point:
        return value, ""
    if column.grouped:
        return f"replace({value}, ',', '')", "read with the comma as thousands separator."
    return "", ""


def _kind(connection: DuckDBPyConnection, table: str, value: str, number: str) -> tuple[str, bool]:
    """The type for a column of numbers, and whether the SQL `number` differs anywhere from the text."""
    whole, whole_long, unchanged = hold_throughout(
        connection,
        table,
        [
            f"CASE WHEN {number} IS NOT NULL THEN regexp_full_match({number}, '{_INTEGER}') "
            f"AND TRY_CAST({number} AS BIGINT) IS NOT NULL END",
            f"regexp_full_match({number}, '{_LONG_INTEGER}')",
            f"{number} = {value}",
        ],
    )
    return ("BIGINT" if whole else "DECIMAL(38,0)" if whole_long else "DOUBLE"), not unchanged
