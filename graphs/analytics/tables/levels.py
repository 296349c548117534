"""Which column a person means who names the groups only: "between men and women"."""

from __future__ import annotations

from collections.abc import Sequence

from graphs.analytics.tables.aggregate import OpenTable
from graphs.analytics.tables.selection import spelt
from graphs.kit.tables.duck import quote

_MOST_LEVELS = 30
_SAME = (
    frozenset({"men", "man", "male", "males", "m", "boys", "boy"}),
    frozenset({"women", "woman", "female", "females", "f", "girls", "girl"}),
    frozenset({"true", "yes", "y"}),
    frozenset({"false", "no", "n"}),
)
"""Words for one value: surveys code the sexes, and yes and no, in many ways."""


def find_levels(
    table: OpenTable, words: Sequence[str], column: str | None = None
) -> tuple[str, tuple[str, ...]]:
    """Return the column that has a value for each word, as written in the table, and those values in the
    order of the words; by default among all columns of text and truth values, and for whole numbers (years)
    those of such numbers.

    A word stands for a value that is the same but for case, a plural's s or words before it ("the species
    setosa"), or that is a usual word for it: men for male or M. Raises ValueError when no column, or more
    than one, has them all.
    """
    names = [spelt(table.info, column)] if column else _candidates(table, words)
    values = {name: _values(table, name) for name in names}
    found = {name: levels for name in names if (levels := _matched(words, values[name]))}
    asked = " and ".join(f"'{word}'" for word in words)
    if len(found) > 1:
        raise ValueError(f"{asked} are values of {' and of '.join(found)}. Say which column is meant.")
    if not found:
        shown = "; ".join(f"{name} has {', '.join(values[name])}" for name in names if values[name])
        raise ValueError(f"No column has {asked} among its values. {shown or 'No column holds groups'}.")
    return next(iter(found.items()))


def levels_condition(column: str, levels: Sequence[str]) -> str:
    """Return the condition that keeps these groups, as `parse_conditions` reads it."""
    return f"`{column}` in ({', '.join(_quoted(level) for level in levels)})"


def _candidates(table: OpenTable, words: Sequence[str]) -> list[str]:
    whole = all(word.isdigit() for word in words)
    return [
        each.name
        for each in table.info.columns
        if each.type in ("VARCHAR", "BOOLEAN") or (whole and each.type in ("BIGINT", "INTEGER", "SMALLINT"))
    ]


def _values(table: OpenTable, name: str) -> tuple[str, ...]:
    """The column's values as text; none of a column that has too many to be groups."""
    cast = f"CAST({quote(name)} AS VARCHAR)"
    rows = table.query(
        f"SELECT DISTINCT {cast} FROM {quote(table.info.name)} WHERE {quote(name)} IS NOT NULL "
        f"ORDER BY 1 LIMIT {_MOST_LEVELS + 1}"
    )
    return tuple(value for (value,) in rows) if len(rows) <= _MOST_LEVELS else ()


def _matched(words: Sequence[str], values: Sequence[str]) -> tuple[str, ...]:
    matches = [next((value for value in values if _means(word, value)), None) for word in words]
    found = tuple(match for match in matches if match is not None)
    return found if len(set(found)) == len(words) else ()


def _means(word: str, value: str) -> bool:
    said, held = word.casefold(), value.casefold()
    if held in (said, said.removesuffix("s")) or said.endswith(f" {held}"):
        return True
    return any(said in same and held in same for same in _SAME)


def _quoted(level: str) -> str:
    return f'"{level}"' if "'" in level else f"'{level}'"
