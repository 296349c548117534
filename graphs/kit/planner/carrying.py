"""What a call of one tool leaves to the next one: the same file, rows and columns, in its own roles."""

from collections.abc import Mapping
from typing import Any

from graphs.kit.planner.columns import fits, is_numeric
from graphs.kit.planner.declarations import Argument, ToolProfile
from graphs.kit.planner.files import Desk
from graphs.kit.state import Column


def carried(tool: ToolProfile, earlier: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
    """Return the arguments of the tool that another tool's call gives: those of the same name, as far as they
    fit, and its columns of numbers and of other kinds in the order in which the tool takes such."""
    files = [value for value in earlier.values() if isinstance(value, str) and desk.columns(value)]
    if not files:
        return {}
    values = {
        each.name: earlier[each.name]
        for each in tool.arguments
        if each.kind != "column" and _takes(each, earlier.get(each.name))
    }
    columns = {column["name"]: column for column in desk.columns(files[0])}
    free = [name for value in earlier.values() for name in _listed(value) if name in columns]
    same_name = [each for each in tool.of_kind("column") if each.name in earlier]
    others = [each for each in tool.of_kind("column") if each.name not in earlier]
    for argument in (*same_name, *others):
        fitting = [name for name in free if _is_for(argument, columns[name])]
        taken = fitting if argument.many else fitting[:1]
        if taken:
            values[argument.name] = taken if argument.many else taken[0]
            free = [name for name in free if name not in taken]
    return values


def _is_for(argument: Argument, column: Column) -> bool:
    """An argument for any kind of column is a key, to which the numbers of a measure do not go."""
    return fits(argument, column) if argument.numeric is not None else not is_numeric(column)


def _takes(argument: Argument, value: Any) -> bool:
    if value is None or (argument.options and value not in argument.options):
        return False
    return argument.many == isinstance(value, list)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
