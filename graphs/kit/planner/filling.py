"""A tool's arguments from a request: values that the text gives, or what is missing."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from graphs.kit.artifacts import MEDIA_TYPES
from graphs.kit.planner.column_filling import fill_columns, fill_compared, flag_sentences
from graphs.kit.planner.cues import explicit_span
from graphs.kit.planner.declarations import Argument, ToolProfile, as_list
from graphs.kit.planner.files import Desk, choose_files, refers_back
from graphs.kit.planner.leftovers import Request, leftovers
from graphs.kit.planner.likeness import did_you_mean
from graphs.kit.planner.mentions import STEMMED, mentions
from graphs.kit.planner.options import (
    find_date,
    find_flag,
    find_option,
    find_text,
    find_texts,
    without_longer_names,
)
from graphs.kit.planner.periods import compared_unit, date_columns
from graphs.kit.planner.phrasing import takes_from_list
from graphs.kit.planner.prose import masked
from graphs.kit.planner.quantities import find_quantities
from graphs.kit.planner.row_filling import fill_conditions, still_meant
from graphs.kit.planner.sheets import ARGUMENT as SHEET
from graphs.kit.planner.sheets import named_sheet, speaking_sheet, takes_sheet
from graphs.kit.planner.task import Filled, Task, table_of
from graphs.kit.state import Column

"""In conditions: rows that are left out are not set against each other."""

_FORMATS = "|".join(
    sorted({suffix[1:] for suffix in MEDIA_TYPES} | {"feather", "stata", "sas", "spss", "xml"})
)
_FORMAT = re.compile(rf"\b(?:to|as|into|in)\s+(?:an?\s+)?({_FORMATS})\b", re.IGNORECASE)
"""The type of file that a request asks for."""


def fill(tool: ToolProfile, text: str, desk: Desk, kept: Mapping[str, Any]) -> Filled:
    """Return the arguments for the tool.

    What the request itself lacks is looked for in the whole message, beside a cue.
    """
    task = Task(tool, text, desk, kept)
    filled = Filled()
    filled.in_vain = _fill_files(task, filled)
    columns = _columns_meant(task, filled)
    whole = task
    task = _fill_named_columns(_fill_lists(task, filled), columns, filled)
    task = fill_conditions(task, columns, filled)
    fill_columns(task, columns, filled)
    fill_compared(whole, columns, filled)
    _fill_words(task, columns, filled)
    if date_columns(columns):
        _fill_compared_periods(whole, filled)
    _fill_numbers(task, columns, filled)
    _fill_from_turn(task, columns, filled)
    for name, value in still_meant(task, columns, filled).items():
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


def _columns_meant(task: Task, filled: Filled) -> list[Column]:
    """Fill the argument for a workbook's sheet, and return the columns of the table that is meant then."""
    table = table_of(task.tool, filled.values, task.desk)
    sheets = task.desk.sheets(table) if takes_sheet(task.tool) else {}
    sheet = named_sheet(task.text, sheets)
    if not sheet and SHEET not in task.kept:
        sheet = speaking_sheet(task.with_quotes, task.desk.columns(table), sheets)
    if sheet:
        filled.take({SHEET: sheet})
    return task.desk.columns(table, sheet or str(task.kept.get(SHEET) or ""))


def _fill_files(task: Task, filled: Filled) -> list[str]:
    """Fill the file arguments; return the files that were named in vain beside others that serve."""
    arguments = task.tool.of_kind("file")
    choice = choose_files(task.tool, task.text, task.desk, task.kept)
    filled.values |= choice.values
    filled.news |= choice.named
    for argument in arguments:
        if argument.name in choice.values or not (argument.required or argument is arguments[0]):
            continue
        if choice.unknown:
            unknown = choice.unknown[0]
            filled.open[argument.name] = (
                f"There is no file {unknown!r} in this session.{did_you_mean([unknown], task.desk.files)}"
            )
        elif choice.unfit and argument.required:
            endings = ", ".join(argument.suffixes)
            filled.open[argument.name] = f"{choice.unfit[0]} can't be used for this: it takes {endings}."
    return [*choice.unknown, *choice.unfit] if choice.named else []


def _fill_lists(task: Task, filled: Filled) -> Task:
    """Fill the arguments that are lists of texts; return the task without those words."""
    for argument in task.tool.of_kind("text"):
        found = find_texts(task.text, argument) if argument.many else None
        if found:
            filled.take({argument.name: found[0]})
            task = task.without([found[1]])
    return task


def _fill_named_columns(task: Task, columns: Sequence[Column], filled: Filled) -> Task:
    """Fill the arguments that name a column behind their cue ("dated by ordered_at"); return the task without
    those words: such a column is no group besides."""
    for argument in (each for each in task.tool.arguments if each.names_column):
        cues = "|".join(map(re.escape, argument.cues))
        lead = re.compile(rf"\b(?:{cues})\s+(?:the\s+)?(?:column\s+)?[\"'`]?$", re.IGNORECASE)
        for mention in mentions(task.with_quotes, columns) if cues else ():
            before = lead.search(task.with_quotes, 0, mention.start)
            if before and argument.name not in filled.values:
                filled.take({argument.name: mention.column})
                task = task.without([(before.start(), mention.end)])
    return task


def _fill_numbers(task: Task, columns: Sequence[Column], filled: Filled) -> None:
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


def _ends_name(task: Task, figure: str) -> bool:
    """Return whether the figure belongs to a name ("Voron 2.4") where the tool chooses among names."""
    takes_names = any(argument.names_things for argument in task.tool.of_kind("choice"))
    return takes_names and re.search(rf"\b[A-Z]\w*\s{re.escape(figure)}(?!\w)", task.bare) is not None


def _fill_words(task: Task, columns: Sequence[Column], filled: Filled) -> None:
    dates: set[str] = set()
    # a column called "year" that was taken chooses no period
    taken = {name for value in filled.values.values() for name in as_list(value)}
    named = [each for each in mentions(task.with_quotes, columns) if each.quality >= STEMMED]
    of_columns = [(each.start, each.end) for each in named if each.column in taken]
    options_in = task.without([*of_columns, *flag_sentences(task)]).bare
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


def _fill_compared_periods(task: Task, filled: Filled) -> None:
    """Group by the periods that the request sets against each other: "2022 vs 2023"."""
    unit = compared_unit(task.bare)
    for argument in task.tool.of_kind("choice"):
        if {unit, "year"} <= argument.options.keys() and argument.name not in filled.values:
            filled.take({argument.name: unit})


def _fill_from_turn(task: Task, columns: Sequence[Column], filled: Filled) -> None:
    """Fill what "then plot it" leaves to the request before: periods, years, which rows, options."""
    if not columns or not task.tool.of_kind("column") or task.kept or not refers_back(task.text):
        return
    if mentions(task.with_quotes, columns):
        return
    before = Filled()
    earlier = fill_conditions(task.turn_before, columns, before)
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


def _note_leftovers(task: Task, columns: Sequence[Column], filled: Filled) -> None:
    if task.kept and takes_from_list(task.text):
        return
    given = " ".join(str(value) for value in filled.values.values())
    open_columns = [each for each in task.tool.of_kind("column") if each.name not in filled.values]
    request = Request(task.bare, task.with_quotes, columns, task.tool, given, task.desk.files, open_columns)
    filled.unused += leftovers(request)
