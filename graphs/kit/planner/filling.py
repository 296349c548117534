"""A tool's arguments from a request: values that the text gives, or what is missing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from graphs.kit.artifacts import MEDIA_TYPES
from graphs.kit.planner.columns import COUNTING, ColumnSearch
from graphs.kit.planner.conditions import (
    conditions_on,
    conditions_on_unknown,
    find_conditions,
    takes_conditions,
    without_columns,
)
from graphs.kit.planner.cues import explicit_span
from graphs.kit.planner.declarations import Argument, ToolProfile, as_list, declared_words
from graphs.kit.planner.files import Desk, choose_files, refers_back
from graphs.kit.planner.leftovers import Request, leftovers
from graphs.kit.planner.mentions import STEMMED, mentions
from graphs.kit.planner.options import (
    find_date,
    find_flag,
    find_option,
    find_text,
    find_texts,
    without_longer_names,
)
from graphs.kit.planner.periods import compared_unit, date_columns, year_columns
from graphs.kit.planner.phrasing import adds_to_list, is_declaration, takes_from_list
from graphs.kit.planner.prose import BLANK, masked, sentences, without_sql
from graphs.kit.planner.quantities import find_quantities
from graphs.kit.planner.sheets import ARGUMENT as SHEET
from graphs.kit.planner.sheets import named_sheet, speaking_sheet, takes_sheet
from graphs.kit.planner.values import compared_column
from graphs.kit.planner.words import find_phrase, stems, tokens
from graphs.kit.state import Column

_COUNTS_BEHIND = re.compile(rf"\b(?:{'|'.join(COUNTING)}|count(?:\s+of)?)\s+(?:the\s+)?$", re.IGNORECASE)
_FORMATS = "|".join(
    sorted({suffix[1:] for suffix in MEDIA_TYPES} | {"feather", "stata", "sas", "spss", "xml"})
)
_FORMAT = re.compile(rf"\b(?:to|as|into|in)\s+(?:an?\s+)?({_FORMATS})\b", re.IGNORECASE)
"""The type of file that a request asks for."""


@dataclass
class Filled:
    """The arguments found, and by name why an argument needs an answer of the person (a sentence or '').

    `news` are the arguments that the request itself gives, `unused` the figures, columns, dates and
    names of values that it names in vain, `in_vain` the files that it names beside those that serve.
    """

    values: dict[str, Any] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)
    news: set[str] = field(default_factory=set)
    unused: list[str] = field(default_factory=list)
    in_vain: list[str] = field(default_factory=list)

    def take(self, values: Mapping[str, Any]) -> None:
        """Keep values that the request gives."""
        self.values |= values
        self.news |= values.keys()


@dataclass(frozen=True)
class _Task:
    """A request for a tool; `kept` are the arguments of an earlier call that it varies."""

    tool: ToolProfile
    text: str
    desk: Desk
    kept: Mapping[str, Any]

    @cached_property
    def bare(self) -> str:
        """The text without file names, quotes and code."""
        return masked(self._prose, self.desk.files)

    @cached_property
    def with_quotes(self) -> str:
        """The text without file names and code: a column may be quoted."""
        return masked(self._prose, self.desk.files, quotes=False)

    @property
    def _prose(self) -> str:
        return without_sql(self.text) if self.tool.takes_sql else self.text

    @property
    def whole_turn(self) -> "_Task":
        """The same with all that the person wrote."""
        return replace(self, text=self.desk.turn_text)

    @property
    def turn_before(self) -> "_Task":
        """The same with what the person wrote before this request."""
        return replace(self, text=self.desk.turn_text.partition(self.text)[0])

    def without(self, spans: Sequence[tuple[int, int]]) -> "_Task":
        """The same with parts of the text blanked."""
        text = self.text
        for start, end in spans:
            text = text[:start] + BLANK * (end - start) + text[end:]
        return replace(self, text=text)


def fill(tool: ToolProfile, text: str, desk: Desk, kept: Mapping[str, Any]) -> Filled:
    """Return the arguments for the tool.

    What the request itself lacks is looked for in the whole message, beside a cue.
    """
    task = _Task(tool, text, desk, kept)
    filled = Filled()
    filled.in_vain = _fill_files(task, filled)
    columns = _columns_meant(task, filled)
    whole = task
    task = _fill_conditions(_fill_lists(task, filled), columns, filled)
    _fill_columns(task, columns, filled)
    _fill_compared(whole, columns, filled)
    _fill_words(task, columns, filled)
    if date_columns(columns):
        _fill_compared_periods(whole, filled)
    _fill_numbers(task, columns, filled)
    _fill_from_turn(task, columns, filled)
    for name, value in _still_meant(task, columns, filled).items():
        if name not in filled.open:
            filled.values.setdefault(name, value)
    for argument in tool.arguments:
        if argument.required and argument.name not in filled.values:
            filled.open.setdefault(argument.name, "")
    _note_leftovers(task, columns, filled)
    if any(explicit_span(text, argument) for argument in tool.arguments):
        filled.unused.clear()
    # what follows reads measures before keys, as they are declared
    filled.values = {
        each.name: filled.values[each.name] for each in tool.arguments if each.name in filled.values
    }
    return filled


def _columns_meant(task: _Task, filled: Filled) -> list[Column]:
    """Fill the argument for a workbook's sheet, and return the columns of the table that is meant then."""
    table = table_of(task.tool, filled.values, task.desk)
    sheets = task.desk.sheets(table) if takes_sheet(task.tool) else {}
    sheet = named_sheet(task.text, sheets)
    if not sheet and SHEET not in task.kept:
        sheet = speaking_sheet(task.with_quotes, task.desk.columns(table), sheets)
    if sheet:
        filled.take({SHEET: sheet})
    return task.desk.columns(table, sheet or str(task.kept.get(SHEET) or ""))


def table_of(tool: ToolProfile, values: Mapping[str, Any], desk: Desk) -> str:
    """Return the file among the values whose columns are meant, '' for none."""
    for argument in tool.of_kind("file"):
        chosen = values.get(argument.name)
        for name in chosen if isinstance(chosen, list) else [chosen]:
            if isinstance(name, str) and desk.columns(name):
                return name
    return ""


def _fill_files(task: _Task, filled: Filled) -> list[str]:
    """Fill the file arguments; return the files that were named in vain beside others that serve."""
    arguments = task.tool.of_kind("file")
    choice = choose_files(task.tool, task.text, task.desk, task.kept)
    filled.values |= choice.values
    filled.news |= choice.named
    for argument in arguments:
        if argument.name in choice.values or not (argument.required or argument is arguments[0]):
            continue
        if choice.unknown:
            filled.open[argument.name] = f"There is no file {choice.unknown[0]!r} in this session."
        elif choice.unfit and argument.required:
            endings = ", ".join(argument.suffixes)
            filled.open[argument.name] = f"{choice.unfit[0]} can't be used for this: it takes {endings}."
    return [*choice.unknown, *choice.unfit] if choice.named else []


def _fill_lists(task: _Task, filled: Filled) -> _Task:
    """Fill the arguments that are lists of texts; return the task without those words."""
    for argument in task.tool.of_kind("text"):
        found = find_texts(task.text, argument) if argument.many else None
        if found:
            filled.take({argument.name: found[0]})
            task = task.without([found[1]])
    return task


def _fill_conditions(task: _Task, columns: Sequence[Column], filled: Filled) -> _Task:
    """Fill the argument that says which rows are meant; return the task without those words."""
    argument = next((each for each in task.tool.arguments if takes_conditions(each)), None)
    if argument is None:
        return task
    conditions = (
        find_conditions(task.with_quotes, columns, declared_words(task.tool))
        if columns
        else conditions_on_unknown(task.with_quotes)
    )
    if not conditions.text:
        return task
    filled.take({argument.name: conditions.text})
    return task.without(conditions.spans)


def _still_meant(task: _Task, columns: Sequence[Column], filled: Filled) -> Mapping[str, Any]:
    """Return the kept arguments; what the request says of rows is added to what was said, unless it says
    anew which values of a column are meant or, of time, in another way."""
    argument = next((each for each in task.tool.arguments if takes_conditions(each)), None)
    if argument is None or not task.kept:
        return task.kept
    dates = {column["name"] for column in columns if column["type"].startswith(("DATE", "TIMESTAMP"))}
    given = filled.values[argument.name] if argument.name in filled.news else ""
    replaced = conditions_on(given) | (dates if "year" in filled.news else set())
    kept = without_columns(str(task.kept.get(argument.name) or ""), replaced)
    kept = without_columns(kept, _reversed(kept, given))
    if given:
        filled.values[argument.name] = " and ".join(filter(None, [kept, given]))
    still = {**task.kept, argument.name: kept} if kept else _without(task.kept, argument.name)
    return _without(still, "year") if conditions_on(given) & dates else still


def _reversed(kept: str, given: str) -> set[str]:
    """Return the columns of which the kept conditions want just the value that the given ones leave out:
    "without West" after "only West" is about all others."""
    left_out = re.findall(r"(?:^| and )([^=!<>]+?) != ('[^']*'|\"[^\"]*\"|[^\s]+)", given)
    return {name.strip().strip('"') for name, value in left_out if f"{name} = {value}" in kept.split(" and ")}


def _without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def _fill_columns(task: _Task, columns: Sequence[Column], filled: Filled) -> None:
    arguments = task.tool.of_kind("column")
    if not arguments or not columns:
        return
    task = task.without([*_flag_sentences(task), *_rows_counted(task, filled)])
    search = ColumnSearch(task.with_quotes, columns, task.tool, task.kept.keys())
    filled.take(_varied_list(task, search) or search.find())
    filled.values |= _columns_of_whole_turn(task, columns, search, filled)
    names = {column["name"] for column in columns}
    unknown = search.unknown_group({**task.kept, **filled.values})
    if unknown:
        argument, word = unknown
        filled.open[argument.name] = f"There is no column {word!r}."
        filled.values.pop(argument.name, None)
    for argument in arguments:
        gone = [name for name in as_list(task.kept.get(argument.name)) if name not in names]
        if gone and argument.name not in filled.values:
            filled.open.setdefault(argument.name, f"There is no column {gone[0]!r}.")


def _fill_compared(task: _Task, columns: Sequence[Column], filled: Filled) -> None:
    """Give the one column that is still wanted the one whose values are named: "between Japan and Europe"."""
    wanted = [
        each
        for each in task.tool.of_kind("column")
        # names of values are of no column of dates
        if not (each.numeric or each.dates) and each.name not in {*filled.values, *filled.open, *task.kept}
    ]
    wanted = [each for each in wanted if each.required] or wanted[:1]
    column = compared_column(task.with_quotes, columns, declared_words(task.tool)) if len(wanted) == 1 else ""
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


def _flag_sentences(task: _Task) -> list[tuple[int, int]]:
    """Return where sentences stand that only say a yes or no: "The dates are day first" names no column."""
    flags = task.tool.of_kind("flag")
    return [
        sentence.span()
        for sentence in sentences(task.bare)
        if is_declaration(sentence[0]) and any(find_flag(sentence[0], flag) is not None for flag in flags)
    ]


def _rows_counted(task: _Task, filled: Filled) -> list[tuple[int, int]]:
    """Return where rows are counted by the name of their table: the orders of orders.csv name no order_id."""
    file_stem = PurePosixPath(table_of(task.tool, filled.values, task.desk)).stem
    words = tokens(task.bare)
    places = find_phrase(words, stems(file_stem.replace("_", " "))) if file_stem else []
    return [
        (words[first].start, words[last - 1].end)
        for first, last in places
        if _COUNTS_BEHIND.search(task.bare[: words[first].start])
    ]


def _varied_list(task: _Task, search: ColumnSearch) -> dict[str, list[str]]:
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
    task: _Task, columns: Sequence[Column], search: ColumnSearch, filled: Filled
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


def _fill_numbers(task: _Task, columns: Sequence[Column], filled: Filled) -> None:
    arguments = task.tool.of_kind("number")
    # names of columns that hold figures ("x1", "2019") are not read as figures, nor is "sheet 2024"
    texts = [filled.values.get(argument.name) for argument in task.tool.of_kind("text")]
    names = [column["name"] for column in columns] + [text for text in texts if isinstance(text, str)]
    names = [name for name in names if any(sign.isdigit() for sign in name)]
    found = find_quantities(masked(task.bare, names), task.tool, task.kept)
    filled.take(found.values)
    written = " ".join(value for value in filled.values.values() if isinstance(value, str))
    filled.unused += [
        figure for figure in found.unused if figure not in written and not _ends_name(task, figure)
    ]
    missing = [
        each
        for each in arguments
        if each.required and each.name not in {*found.values, *found.problems, *task.kept}
    ]
    if missing and task.desk.turn_text != task.text:
        whole = find_quantities(masked(task.whole_turn.bare, names), task.tool, {}, cued_only=True)
        filled.values |= {each.name: whole.values[each.name] for each in missing if each.name in whole.values}
    for name, problem in found.problems.items():
        filled.open[name] = f"{task.tool.argument(name).label.capitalize()}: {problem}."


def _ends_name(task: _Task, figure: str) -> bool:
    """Return whether the figure belongs to a name ("Voron 2.4") where the tool chooses among names."""
    takes_names = any(argument.names_things for argument in task.tool.of_kind("choice"))
    return takes_names and re.search(rf"\b[A-Z]\w*\s{re.escape(figure)}(?!\w)", task.bare) is not None


def _fill_words(task: _Task, columns: Sequence[Column], filled: Filled) -> None:
    dates: set[str] = set()
    # a column called "year" that was taken chooses no period
    taken = {name for value in filled.values.values() for name in as_list(value)}
    named = [each for each in mentions(task.with_quotes, columns) if each.quality >= STEMMED]
    options_in = task.without([(each.start, each.end) for each in named if each.column in taken]).bare
    for argument in task.tool.arguments:
        value = None
        if argument.kind == "choice":
            others = [each for each in task.tool.of_kind("choice") if each is not argument]
            value = _option(argument, without_longer_names(options_in, argument, others), filled)
        elif argument.kind == "flag":
            value = find_flag(task.bare, argument)
        elif argument.kind == "date":
            value = find_date(task.text, argument, dates)
            dates.add(value or "")
        elif argument.kind == "text" and not argument.many and argument.name not in filled.values:
            value = find_text(task.text, argument)
        if value is not None:
            filled.take({argument.name: value})


def _fill_compared_periods(task: _Task, filled: Filled) -> None:
    """Group by the periods that the request sets against each other: "2022 vs 2023"."""
    unit = compared_unit(task.bare)
    for argument in task.tool.of_kind("choice"):
        if {unit, "year"} <= argument.options.keys() and argument.name not in filled.values:
            filled.take({argument.name: unit})


def _fill_from_turn(task: _Task, columns: Sequence[Column], filled: Filled) -> None:
    """Fill what "then plot it" leaves to the request before: periods, years, which rows, options."""
    if not columns or not task.tool.of_kind("column") or task.kept or not refers_back(task.text):
        return
    if mentions(task.with_quotes, columns):
        return
    before = Filled()
    earlier = _fill_conditions(task.turn_before, columns, before)
    before.take(find_quantities(earlier.bare, task.tool, {}, cued_only=True).values)
    for argument in task.tool.of_kind("choice"):
        options = find_option(earlier.bare, argument)
        if options and (argument.many or len(options) == 1):
            before.take({argument.name: options if argument.many else options[0]})
    filled.values |= {name: value for name, value in before.values.items() if name not in filled.values}


def _option(argument: Argument, text: str, filled: Filled) -> str | list[str] | None:
    options = find_option(text, argument)
    foreign = _foreign_format(argument, text)
    if foreign:
        filled.open[argument.name] = f"I can't write {foreign!r}."
        return None
    if argument.many:
        return options or None
    if len(options) > 1:
        filled.open[argument.name] = f"You named {' and '.join(options)}."
        return None
    return options[0] if options else None


def _foreign_format(argument: Argument, text: str) -> str:
    """Return the type of file that the text asks for and the argument, which chooses among such, lacks."""
    if explicit_span(text, argument) or not all(f".{option}" in MEDIA_TYPES for option in argument.options):
        return ""
    named = {name.lower() for names in argument.options.values() for name in names}
    asked = [match[1] for match in _FORMAT.finditer(text)]
    return next((each for each in asked if each.lower() not in named), "")


def _note_leftovers(task: _Task, columns: Sequence[Column], filled: Filled) -> None:
    if task.kept and takes_from_list(task.text):
        return
    given = " ".join(str(value) for value in filled.values.values())
    open_columns = [each for each in task.tool.of_kind("column") if each.name not in filled.values]
    request = Request(task.bare, task.with_quotes, columns, task.tool, given, task.desk.files, open_columns)
    filled.unused += leftovers(request)
