"""What a tool was called for, as a request in words: the meaning of a question that follows another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphs.analytics.tables.measures import usual_statistic
from graphs.analytics.tables.statements import Percentile
from graphs.analytics.tables.wording import STATISTICS, statistic_name

_FIGURED = ("measures", "measure", "column", "values", "endpoint", "response", "y")
_GROUPED = (
    *("groups", "category", "rows", "along", "grouping", "factors", "group", "predictors", "x", "series"),
    *("within", "part", "categories"),
)
_OF_GROUPS = {"aggregate", "count_rows"}
"""Tools whose name says no more than the statistic does."""


def in_words(tool: str, arguments: Mapping[str, Any]) -> str:
    """Return the call as a request: "total revenue by region in 2023 where channel = web".

    Tools that do more than a statistic by groups are named before it. Arguments that say how a file is read
    are left out.
    """
    said = " ".join(_parts(tool, arguments))
    name = tool.replace("_", " ")
    if tool in _OF_GROUPS and said:
        return said
    return f"{name}: {said}" if said else name


def _parts(tool: str, arguments: Mapping[str, Any]) -> Iterator[str]:
    figured = [name for key in _FIGURED for name in _listed(arguments.get(key))]
    named = [each for each in _listed(arguments.get("statistic")) if each != "percentile"]
    percentiles = [Percentile(each) for each in arguments.get("percentiles") or ()]
    statistics = [*(STATISTICS.get(each, each) for each in named), *map(statistic_name, percentiles)]
    # the columns of a pivot table are groups, those of other tools what is looked at
    across = _listed(arguments.get("columns"))
    if not arguments.get("rows"):
        figured += across
        across = []
    if tool == "count_rows":
        yield (
            f"number of different {arguments['distinct']}" if arguments.get("distinct") else "number of rows"
        )
    elif tool == "aggregate" and figured and not statistics:
        statistics = [_usual(figured, share=bool(arguments.get("share")))]
    if statistics:
        yield " and ".join(statistics)
    if figured:
        yield " and ".join(figured)
    grouped = [name for key in _GROUPED for name in _listed(arguments.get(key))]
    grouped += [*across, *_listed(arguments.get("bucket") or arguments.get("period"))]
    if grouped:
        yield f"by {' and '.join(grouped)}"
    if arguments.get("levels"):
        yield f"between {' and '.join(_listed(arguments['levels']))}"
    if arguments.get("year"):
        yield f"in {arguments['year']}"
    if arguments.get("where"):
        yield f"where {arguments['where']}"
    if arguments.get("top"):
        yield f"({arguments.get('order', 'first')} {arguments['top']})"
    if arguments.get("share"):
        yield "as percentages"
    if arguments.get("format"):
        yield f"as {arguments['format']}"
    if arguments.get("kind"):
        yield f"as {arguments['kind']}"


def _usual(measures: Sequence[str], *, share: bool) -> str:
    """What aggregate computes when no statistic is named."""
    return STATISTICS["sum" if share else usual_statistic(measures)]


def _listed(value: Any) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list) else [value] if value else [])]
