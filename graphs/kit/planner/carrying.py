"""What a call of one tool leaves to the next one: the same file, rows and columns, in its own roles."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphs.kit.planner.columns import fits, is_numeric, is_whole
from graphs.kit.planner.conditions import takes_conditions
from graphs.kit.planner.declarations import Argument, ToolProfile, as_list
from graphs.kit.planner.files import Desk
from graphs.kit.state import Column


def carried(tool: ToolProfile, earlier: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
    """Return the arguments of the tool that another tool's call gives: those of the same name, as far as they
    fit, and its columns of numbers and of other kinds in the order in which the tool takes such.

    Whole numbers that the call took beside its measures are keys too, where no other column is one.
    """
    files = [value for value in earlier.values() if isinstance(value, str) and desk.columns(value)]
    if not files:
        return {}
    values = {
        each.name: value
        for each in tool.arguments
        if each.kind != "column" and (value := _as_taken(each, earlier.get(each.name))) is not None
    }
    columns = {column["name"]: column for column in desk.columns(files[0])}
    given = [[name for name in as_list(value) if name in columns] for value in earlier.values()]
    free = [name for names in given for name in names]
    same_name = [each for each in tool.of_kind("column") if each.name in earlier]
    others = [each for each in tool.of_kind("column") if each.name not in earlier]
    for argument in (*same_name, *others):
        own = [name for name in as_list(earlier.get(argument.name)) if name in columns]
        if own and all(fits(argument, columns[name]) for name in own):
            fitting = own
        else:
            fitting = [name for name in free if _is_for(argument, columns[name])]
        taken = _of_one_role(given, fitting) if argument.many else fitting[:1]
        if not argument.many and len(_of_one_role(given, fitting)) > _roles(tool, argument):
            continue  # it takes one of several: the person says which
        if taken:
            values[argument.name] = taken if argument.many else taken[0]
            free = [name for name in free if name not in taken]
    wanting = [each for each in others if each.numeric is None and each.name not in values]
    keys = [name for name in _beside_taken(given, values) if name in free]
    if wanting and keys and is_whole(columns[keys[0]]):
        values[wanting[0].name] = keys[:1] if wanting[0].many else keys[0]
    return values


def _roles(tool: ToolProfile, argument: Argument) -> int:
    """Return how many arguments take one column like this one."""
    return sum(not each.many and each.numeric == argument.numeric for each in tool.of_kind("column"))


def _beside_taken(given: Sequence[Sequence[str]], values: Mapping[str, Any]) -> list[str]:
    """Return the columns of the earlier arguments of which the values have none, if they have of others."""
    taken = {name for value in values.values() for name in as_list(value)}
    used = [bool(taken.intersection(names)) for names in given]
    return [name for names, own in zip(given, used, strict=True) if not own and any(used) for name in names]


def _of_one_role(given: Sequence[Sequence[str]], fitting: Sequence[str]) -> list[str]:
    """Return those that one argument of the earlier call had: measures, not what these were grouped by."""
    return next((own for names in given if (own := [name for name in names if name in fitting])), [])


def _is_for(argument: Argument, column: Column) -> bool:
    """An argument for any kind of column is a key, to which the numbers of a measure do not go."""
    return fits(argument, column) if argument.numeric is not None else not is_numeric(column)


def _as_taken(argument: Argument, value: Any) -> Any:
    """The value as the argument takes it, one alone as a list of one and the other way round; None if it
    can't."""
    several = as_list(value)
    if not several or (argument.options and not set(several) <= argument.options.keys()):
        return None
    if argument.many:
        return several if argument.options or isinstance(value, list) else None
    return several[0] if len(several) == 1 and (argument.options or not isinstance(value, list)) else None


def has_conditions(tool: ToolProfile, earlier: Mapping[str, Any]) -> bool:
    """Return whether the call of the tool took only some of the rows."""
    return without_conditions(tool, earlier) != earlier


def without_conditions(tool: ToolProfile, earlier: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of the tool's call but those that say which rows are meant."""
    of_rows = {each.name for each in tool.arguments if takes_conditions(each) or each.name == "year"}
    return {name: value for name, value in earlier.items() if name not in of_rows}
