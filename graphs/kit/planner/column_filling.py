"""A tool's column arguments from a request."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from graphs.kit.planner.columns import COUNTING, ColumnSearch, is_identifier
from graphs.kit.planner.conditions import (
    find_conditions,
    takes_conditions,
)
from graphs.kit.planner.declarations import as_list, declared_words
from graphs.kit.planner.files import refers_back
from graphs.kit.planner.likeness import column_names, did_you_mean
from graphs.kit.planner.options import (
    find_flag,
)
from graphs.kit.planner.periods import compared_unit, date_columns, year_columns
from graphs.kit.planner.phrasing import adds_to_list, is_declaration, takes_from_list
from graphs.kit.planner.prose import sentences
from graphs.kit.planner.task import Filled, Task, table_of
from graphs.kit.planner.values import compared_column
from graphs.kit.planner.words import find_phrase, stems, tokens
from graphs.kit.state import Column

_COUNTS_BEHIND = re.compile(rf"\b(?:{'|'.join(COUNTING)}|count(?:\s+of)?)\s+(?:the\s+)?$", re.IGNORECASE)
_NOT_APART = re.compile(r"!=|\bnot in\b")


def fill_columns(task: Task, columns: Sequence[Column], filled: Filled) -> None:
    arguments = task.tool.of_kind("column")
    if not arguments or not columns:
        return
    task = task.without([*flag_sentences(task), *_rows_counted(task, filled)])
    search = ColumnSearch(task.with_quotes, columns, task.tool, task.kept.keys())
    filled.take(_varied_list(task, search) or search.find())
    filled.values |= _columns_of_whole_turn(task, columns, search, filled)
    _keep_identifiers(task, columns, filled)
    names = {column["name"] for column in columns}
    unknown = search.unknown_group({**task.kept, **filled.values})
    if unknown:
        argument, word = unknown
        filled.open[argument.name] = _no_column(word, columns)
        filled.values.pop(argument.name, None)
    for argument in arguments:
        gone = [name for name in as_list(task.kept.get(argument.name)) if name not in names]
        if gone and argument.name not in filled.values:
            filled.open.setdefault(argument.name, _no_column(gone[0], columns))


def _keep_identifiers(task: Task, columns: Sequence[Column], filled: Filled) -> None:
    """Leave what tells things apart in its place: "by device" after a funnel by user_id groups by the device,
    and funnels no devices."""
    identifiers = {column["name"] for column in columns if is_identifier(column)}
    for argument in task.tool.of_kind("column"):
        new = filled.values.get(argument.name)
        if argument.many or not argument.required or task.kept.get(argument.name) not in identifiers:
            continue
        if new and new not in identifiers:
            filled.values.pop(argument.name)
            filled.news.discard(argument.name)
            filled.unused.append(new)


def _no_column(word: str, columns: Sequence[Column]) -> str:
    return f"There is no column {word!r}.{did_you_mean([word], column_names(columns))}"


def fill_compared(task: Task, columns: Sequence[Column], filled: Filled) -> None:
    """Give the one column that is still wanted the one whose values are named: "between Japan and Europe"."""
    wanted = [
        each
        for each in task.tool.of_kind("column")
        # names of values are of no column of dates
        if not (each.numeric or each.dates) and each.name not in {*filled.values, *filled.open, *task.kept}
    ]
    # "how many are from Japan or Europe" counts no different origins
    wanted = [each for each in wanted if each.required] or [
        each for each in wanted if not set(COUNTING) & set(each.cues)
    ][:1]
    column = compared_column(task.with_quotes, columns, declared_words(task.tool)) if len(wanted) == 1 else ""
    if column and not wanted[0].required and _NOT_APART.search(_conditions_given(task, filled)):
        column = ""
    years = year_columns(columns)
    if (
        not column
        and len(wanted) == len(years) == 1
        and not date_columns(columns)
        and compared_unit(task.bare)
    ):
        column = years[0]
    if column:
        filled.take({wanted[0].name: [column] if wanted[0].many else column})


def _conditions_given(task: Task, filled: Filled) -> str:
    given = [filled.values.get(each.name) for each in task.tool.arguments if takes_conditions(each)]
    return " ".join(str(value) for value in given if value)


def flag_sentences(task: Task) -> list[tuple[int, int]]:
    """Return where sentences stand that only say a yes or no: "The dates are day first" names no column."""
    flags = task.tool.of_kind("flag")
    return [
        sentence.span()
        for sentence in sentences(task.bare)
        if is_declaration(sentence[0]) and any(find_flag(sentence[0], flag) is not None for flag in flags)
    ]


def _rows_counted(task: Task, filled: Filled) -> list[tuple[int, int]]:
    """Return where rows are counted by the name of their table: the orders of orders.csv name no order_id."""
    file_stem = PurePosixPath(table_of(task.tool, filled.values, task.desk)).stem
    words = tokens(task.bare)
    places = find_phrase(words, stems(file_stem.replace("_", " "))) if file_stem else []
    return [
        (words[first].start, words[last - 1].end)
        for first, last in places
        if _COUNTS_BEHIND.search(task.bare[: words[first].start])
    ]


def _varied_list(task: Task, search: ColumnSearch) -> dict[str, list[str]]:
    """Return the one kept list with the columns named added or left out, when the request says so."""
    lists = [each.name for each in task.tool.of_kind("column") if each.many and task.kept.get(each.name)]
    named = [mention.column for mention in search.mentions]
    if len(lists) != 1 or not named or not (adds_to_list(task.text) or takes_from_list(task.text)):
        return {}
    kept = as_list(task.kept[lists[0]])
    if takes_from_list(task.text):
        return {lists[0]: [column for column in kept if column not in named]}
    return {lists[0]: [*kept, *(column for column in named if column not in kept)]}


def _columns_of_whole_turn(
    task: Task, columns: Sequence[Column], search: ColumnSearch, filled: Filled
) -> dict[str, Any]:
    """Return columns from the rest of the message: required ones, or all for one that says "plot it"."""
    arguments = task.tool.of_kind("column")
    names_none = not search.mentions and not task.kept and refers_back(task.text)
    wanted = [each for each in arguments if each.name not in filled.values and (each.required or names_none)]
    wanted = [each for each in wanted if each.name not in task.kept]
    if not wanted or task.desk.turn_text == task.text:
        return {}
    turn = task.whole_turn
    turn = turn.without(find_conditions(turn.with_quotes, columns, declared_words(task.tool)).spans)
    used = {name for value in filled.values.values() for name in as_list(value)}
    unused = [column for column in columns if column["name"] not in used]
    whole = ColumnSearch(turn.with_quotes, unused, task.tool).find()
    return {each.name: whole[each.name] for each in wanted if each.name in whole}
