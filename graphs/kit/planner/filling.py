"""A tool's arguments from a request: values that the text gives, or what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphs.kit.planner.columns import ColumnSearch
from graphs.kit.planner.declarations import Argument, ToolProfile
from graphs.kit.planner.files import Desk, choose_files, fitting
from graphs.kit.planner.options import find_date, find_flag, find_option, find_text
from graphs.kit.planner.prose import masked
from graphs.kit.planner.quantities import find_quantities


@dataclass
class Filled:
    """The arguments found, and by name why an argument needs an answer of the person."""

    values: dict[str, Any] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)


def fill(tool: ToolProfile, text: str, desk: Desk, kept: Mapping[str, Any]) -> Filled:
    """Return the arguments for the tool.

    What the request itself lacks is looked for in the whole message, beside a cue; `kept` are the arguments
    of an earlier call that the request varies. A reason in `open` is a sentence or ''.
    """
    filled = Filled()
    _fill_files(tool, text, desk, kept, filled)
    _fill_columns(tool, text, desk, kept, filled)
    _fill_numbers(tool, text, desk, filled)
    _fill_words(tool, text, desk, filled)
    for name, value in kept.items():
        if name not in filled.open:
            filled.values.setdefault(name, value)
    for argument in tool.arguments:
        if argument.required and argument.name not in filled.values:
            filled.open.setdefault(argument.name, "")
    return filled


def _fill_files(tool: ToolProfile, text: str, desk: Desk, kept: Mapping[str, Any], filled: Filled) -> None:
    choice = choose_files(tool, text, desk)
    for argument in tool.of_kind("file"):
        name = argument.name
        if name in choice.values:
            filled.values[name] = choice.values[name]
        elif choice.unknown and argument.required:
            filled.open[name] = f"There is no file {choice.unknown[0]!r} in this session."
        elif choice.unfit and argument.required:
            endings = ", ".join(argument.suffixes)
            filled.open[name] = f"{choice.unfit[0]} can't be used for this: it takes {endings}."
        elif name in kept and fitting(argument, desk.files) and kept[name] in desk.files:
            filled.values[name] = kept[name]
    if choice.unknown and not filled.open and not any(a.required for a in tool.of_kind("file")):
        for argument in tool.of_kind("file")[:1]:
            filled.open[argument.name] = f"There is no file {choice.unknown[0]!r} in this session."


def table_of(tool: ToolProfile, values: Mapping[str, Any], desk: Desk) -> str:
    """Return the file among the values whose columns are meant, '' for none."""
    for argument in tool.of_kind("file"):
        chosen = values.get(argument.name)
        for name in chosen if isinstance(chosen, list) else [chosen]:
            if isinstance(name, str) and desk.columns(name):
                return name
    return ""


def _fill_columns(tool: ToolProfile, text: str, desk: Desk, kept: Mapping[str, Any], filled: Filled) -> None:
    arguments = tool.of_kind("column")
    table = table_of(tool, filled.values, desk)
    if not arguments or not table:
        return
    columns = desk.columns(table)
    names = {column["name"] for column in columns}
    search = ColumnSearch(masked(text, desk.files, quotes=False), columns, tool)
    found = search.find()
    missing = [a for a in arguments if a.required and a.name not in found and a.name not in kept]
    if missing and desk.turn_text != text:
        whole = ColumnSearch(masked(desk.turn_text, desk.files, quotes=False), columns, tool).find()
        used = {str(value) for value in found.values()}
        found |= {
            a.name: whole[a.name] for a in missing if a.name in whole and str(whole[a.name]) not in used
        }
    unknown = search.unknown_group({**kept, **found})
    if unknown:
        argument, word = unknown
        filled.open[argument.name] = f"{table} has no column {word!r}."
        found.pop(argument.name, None)
    filled.values |= found
    for name, value in kept.items():
        is_column = any(a.name == name for a in arguments)
        if is_column and not set(value if isinstance(value, list) else [value]) <= names | {None}:
            filled.open.setdefault(name, f"{table} has no column {value!r}.")


def _fill_numbers(tool: ToolProfile, text: str, desk: Desk, filled: Filled) -> None:
    arguments = tool.of_kind("number")
    if not arguments:
        return
    found = find_quantities(_without_columns(masked(text, desk.files), desk, tool, filled), tool)
    missing = [
        a for a in arguments if a.required and a.name not in found.values and a.name not in found.problems
    ]
    if missing and desk.turn_text != text:
        whole = find_quantities(masked(desk.turn_text, desk.files), tool, cued_only=True)
        found.values |= {a.name: whole.values[a.name] for a in missing if a.name in whole.values}
    filled.values |= found.values
    for name, problem in found.problems.items():
        filled.open[name] = f"{tool.argument(name).label.capitalize()}: {problem}."


def _without_columns(text: str, desk: Desk, tool: ToolProfile, filled: Filled) -> str:
    """Blank names of columns that hold figures ("week 12"), so that they are not read as figures."""
    table = table_of(tool, filled.values, desk)
    with_digits = [c["name"] for c in desk.columns(table) if any(sign.isdigit() for sign in c["name"])]
    return masked(text, with_digits) if with_digits else text


def _fill_words(tool: ToolProfile, text: str, desk: Desk, filled: Filled) -> None:
    bare = masked(text, desk.files)
    dates: set[str] = set()
    for argument in tool.arguments:
        value = None
        if argument.kind == "choice":
            value = _option(argument, bare, filled)
        elif argument.kind == "flag":
            value = find_flag(bare, argument)
        elif argument.kind == "date":
            value = find_date(text, argument, dates)
            dates.add(value or "")
        elif argument.kind == "text":
            value = find_text(text, argument)
        if value is not None:
            filled.values[argument.name] = value


def _option(argument: Argument, text: str, filled: Filled) -> str | list[str] | None:
    options = find_option(text, argument)
    if argument.many:
        return options or None
    if len(options) > 1:
        filled.open[argument.name] = f"You named {' and '.join(options)}."
        return None
    return options[0] if options else None
