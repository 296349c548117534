"""Which rows a request means: its conditions, together with those of the call that it varies."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from graphs.kit.planner.conditions import (
    conditions_on,
    conditions_on_unknown,
    find_conditions,
    takes_conditions,
    unclear_amounts,
    with_values_of,
    without_columns,
)
from graphs.kit.planner.declarations import declared_words
from graphs.kit.planner.phrasing import adds_to_list
from graphs.kit.planner.task import Filled, Task, dated_by
from graphs.kit.state import Column


def fill_conditions(task: Task, columns: Sequence[Column], filled: Filled) -> Task:
    """Fill the argument that says which rows are meant; return the task without those words."""
    argument = next((each for each in task.tool.arguments if takes_conditions(each)), None)
    if argument is None:
        return task
    conditions = (
        find_conditions(
            task.with_quotes,
            columns,
            declared_words(task.tool),
            dated_by(task.tool, filled.values, task.kept),
        )
        if columns
        else conditions_on_unknown(task.with_quotes)
    )
    filled.unused += [task.text[start:end] for start, end in conditions.alternatives]
    filled.unused += unclear_amounts(task.with_quotes, columns)
    if not conditions.text:
        return task
    filled.take({argument.name: conditions.text})
    return task.without(conditions.spans)


def still_meant(task: Task, columns: Sequence[Column], filled: Filled) -> Mapping[str, Any]:
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
    if given and adds_to_list(task.text):
        kept, given = "", with_values_of(str(task.kept.get(argument.name) or ""), given)
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
