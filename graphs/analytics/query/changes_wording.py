"""Running totals, changes and moving averages in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphs.analytics.tables import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphs.analytics.query.changes import Changes


def heads(result: Changes) -> list[str]:
    """The columns as a reader would call them."""
    earlier = f"{result.period} before" if result.compared == "period_before" else "year before"
    computed = {
        "running_total": ["running total"],
        "change": [f"the {earlier}", "change", "change in %"],
        "moving_average": [f"mean of {result.window} {result.period}s"],
    }
    aggregate = result.aggregate
    return [
        result.period,
        *aggregate.keys[1:],
        *wording.value_names(aggregate),
        *computed[result.calculation],
    ]


def rows(result: Changes) -> list[tuple[Any, ...]]:
    """The rows with names of the periods."""
    return wording.readable_rows(result.rows, len(result.aggregate.keys), result.period)


def changed(file: str, result: Changes, whole: str | None, assumed: Sequence[str]) -> str:
    """The figures by period; `whole` is the file that has all when not all are shown."""
    aggregate, names = result.aggregate, heads(result)
    what = {
        "running_total": f"Running total: {names[len(aggregate.keys)]}",
        "change": f"Change of the {names[len(aggregate.keys)]} to {names[len(aggregate.keys) + 1]}",
        "moving_average": f"Moving average over {result.window} {result.period}s: "
        f"{names[len(aggregate.keys)]}",
    }[result.calculation]
    by = " and ".join(names[: len(aggregate.keys)])
    method = [line for line in wording.method(aggregate) if not line.startswith("- SQL")]
    lines = [
        f"{what} by {by}, in {wording.rows_of(file, aggregate)}:",
        "",
        *wording.value_table(names, rows(result)),
        *wording.hidden(len(result.rows), "rows", whole),
        "",
        *_limits(result),
        *assumed,
        *method,
        f"- SQL: `{' '.join(result.sql.split())}`",
    ]
    return "\n".join(lines)


def _limits(result: Changes) -> list[str]:
    """What the figures leave out or may still change."""
    lines = []
    if result.calculation == "change":
        week = " (52 weeks before)" if result.period == "week" and result.compared == "year_before" else ""
        lines.append(f"- – marks what has no earlier value{week}, or no percentage since that is not above 0")
    if result.calculation == "moving_average":
        lines.append(
            f"- Each mean is over the {result.period} and the {result.window - 1} before it that have rows"
        )
    if result.empty:
        have = "has" if result.empty == 1 else "have"
        lines.append(
            f"- {wording.many(result.empty, result.period)} between the first and the last {have} no rows"
        )
    if result.undated:
        lines.append(f"- Left out: {wording.many(result.undated, 'row')} without a date")
    if result.cut_off:
        last = wording.readable_rows([(result.rows[-1][0],)], 1, result.period)[0][0]
        lines.append(f"- The data end on {result.last_day}, so {last} may not be whole")
    return lines
