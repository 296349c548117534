"""A ranking in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graphs.analytics.tables import wording

if TYPE_CHECKING:
    from graphs.analytics.query.ranking import Within
    from graphs.analytics.tables.aggregate import Aggregate, Row
    from graphs.kit.tables.load import TableInfo


def ranked(file: str, result: Aggregate, rows: Sequence[Row], order: str, tied: int, place: int = 1) -> str:
    """The first groups of a ranking, and above them which one has the place asked for, as `order` says
    (second highest); `tied` more share the last one's value."""
    (value,), key = wording.value_names(result), " and ".join(wording.key_names(result))
    shown = wording.readable_rows(rows, len(result.keys), result.selection.bucket)
    asked = _at_place(shown, place)
    leaders = [f"**{wording.cell(row[0])}**" for row in asked]
    lines = [
        f"{wording.listed(leaders)} {'has' if len(leaders) == 1 else 'have'} the {order} {value}: "
        f"**{wording.text_cells(shown)[shown.index(asked[0])][-1]}**, in {wording.rows_of(file, result)}. "
        f"{len(rows):,} of {wording.many(len(result.rows), 'group')} by {key}:",
        "",
        *wording.value_table(
            ["#", *wording.column_names(result)], [(number, *row) for number, row in enumerate(shown, 1)]
        ),
        *(["", f"{tied:,} more with the last one's value are not shown."] if tied else []),
        "",
        *wording.method(result),
    ]
    return "\n".join(lines)


def _at_place(rows: Sequence[tuple[Any, ...]], place: int) -> list[tuple[Any, ...]]:
    """The rows with the first, second … of the values that occur; ValueError when there are fewer."""
    values = list(dict.fromkeys(row[-1] for row in rows))
    if len(values) < place:
        raise ValueError(f"There are {wording.many(len(values), 'different value')}, so no place {place}.")
    return [row for row in rows if row[-1] == values[place - 1]]


def ranked_within(
    file: str, result: Aggregate, rankings: Sequence[Within], order: str, whole: str | None
) -> str:
    """The first groups within each other group; `whole` is the file that has all when not all are shown."""
    (value,), (outer, inner) = wording.value_names(result), wording.key_names(result)
    rows = [(number, *row) for each in rankings for number, row in enumerate(each.rows, 1)]
    shown = [(number, *wording.readable_rows([row], len(result.keys), None)[0]) for number, *row in rows]
    tied = [f"{wording.cell(each.key)} ({each.tied:,})" for each in rankings if each.tied]
    lines = [
        f"The {order} {value} by {inner} in each {outer}, in {wording.rows_of(file, result)}:",
        "",
        *wording.value_table(
            [outer, "#", inner, value], [(key, number, *rest) for number, key, *rest in shown]
        ),
        *wording.hidden(len(rows), "rows", whole),
        *(["", f"More with the last one's value are not shown: {', '.join(tied)}."] if tied else []),
        "",
        *wording.method(result),
    ]
    return "\n".join(lines)


def no_measure(table: TableInfo, taken: Sequence[str]) -> str:
    """Which columns a ranking took when none was named."""
    numbers = ", ".join(column.name for column in table.columns if column.is_number)
    return (
        f"No column of the table was named to rank by, so it is by {' and by '.join(taken)}. The columns of "
        f"numbers are {numbers}."
    )
