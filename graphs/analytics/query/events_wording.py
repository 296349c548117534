"""Cohorts and funnels in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graphs.analytics.tables import wording

if TYPE_CHECKING:
    from graphs.analytics.query.cohort import Cohort, Retention
    from graphs.analytics.query.funnel import Funnel, Step

COHORTS_SHOWN = wording.ROWS_SHOWN - 1
"""The last row of the table is of all cohorts."""

AGES_SHOWN = 12

_SPANS = (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0), ("seconds", 1.0))


def is_whole(result: Retention) -> bool:
    """Whether all cohorts and periods are shown."""
    return len(result.cohorts) <= COHORTS_SHOWN and _last_age(result) <= AGES_SHOWN


def cohort_records(result: Retention) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Heads, and for each cohort and period: how many are active, of how many, and whether it is over."""
    heads = ("cohort", f"{result.period}s_later", "active", "size", "percent", "complete")
    rows = [
        (_start(result, cohort), age, active, cohort.size, _percent(active, cohort.size), complete)
        for cohort in result.cohorts
        for age, active in enumerate(cohort.active)
        for complete in [result.is_complete(cohort, age)]
    ]
    return heads, rows


def retained(file: str, result: Retention, whole: str | None) -> str:
    """The cohorts with how many stay, and what counts as active; `whole` is the file with all periods when
    not all are shown."""
    period, ages = result.period, range(1, min(_last_age(result), AGES_SHOWN) + 1)
    heads = ["cohort", "size", *(f"+{age}" for age in ages)]
    rows = [
        [_start(result, cohort), f"{cohort.size:,}", *(_cell(result, cohort, age) for age in ages)]
        for cohort in result.cohorts[:COHORTS_SHOWN]
    ]
    overall = [_share(*counts) if (counts := result.overall(age)) else "" for age in ages]
    many = len(result.cohorts)
    lines = [
        f"{result.entities:,} values of {result.entity} in {many:,} {period}ly cohort{'s'[: many != 1]} by "
        f"their first {result.date_column}, in {wording.rows_of(file, result)}:",
        "",
        *wording.value_table(
            heads,
            [*rows, ["all", f"{result.entities:,}", *overall]],
            right=[False] + [True] * (len(heads) - 1),
        ),
        "",
        f"- +1 is the {period} after the cohort's own: how many have a row in it, and per cent of the size.",
        *_marks(result, bool(ages)),
        *_hidden(result, whole),
        *_left_out(result, f"{result.entity} or {result.date_column}"),
        *wording.notes(result.table),
        f"- SQL: `{' '.join(result.sql.split())}`",
    ]
    return "\n".join(lines)


def funnelled(file: str, result: Funnel) -> str:
    """The steps with how many reach them, and what counts as reaching one."""
    first, last = result.steps[0], result.steps[-1]
    heads = ["#", "step", result.entity, "of the step before", "of the first step"]
    timed = result.date_column is not None
    rows = []
    for place, step in enumerate(result.steps):
        before = result.steps[place - 1] if place else None
        row = [place + 1, step.name, f"{step.reached:,}", _rate(step, before), _rate(step, first)]
        rows.append([*row, _span(step.seconds)] if timed else row)
    heads += ["median time since the step before"] if timed else []
    lines = [
        f"**{last.reached:,}** of {first.reached:,} values of {result.entity} with {first.name} reach "
        f"{last.name} ({_rate(last, first)}), in {wording.rows_of(file, result)}:",
        "",
        *wording.value_table(heads, rows, right=[False, False, *([True] * (len(heads) - 2))]),
        "",
        *_order(result),
        f"- {result.entities:,} values of {result.entity} in all; those without {first.name} are in no step.",
        *_left_out(result, ", ".join(filter(None, [result.entity, result.step_column, result.date_column]))),
        *wording.notes(result.table),
        f"- SQL: `{' '.join(result.sql.split())}`",
    ]
    return "\n".join(lines)


def conversion(step: Step, other: Step | None) -> float | None:
    """The percentage of those who reached the other step that reach this one; None for none."""
    return _percent(step.reached, other.reached) if other and other.reached else None


def _last_age(result: Retention) -> int:
    return max(len(cohort.active) for cohort in result.cohorts) - 1


def _start(result: Retention, cohort: Cohort) -> str:
    return wording.readable_rows([(cohort.start,)], 1, result.period)[0][0]


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({_percent(part, whole):.1f} %)"


def _cell(result: Retention, cohort: Cohort, age: int) -> str:
    if age >= len(cohort.active):
        return ""
    mark = "" if result.is_complete(cohort, age) else "*"
    return _share(cohort.active[age], cohort.size) + mark


def _marks(result: Retention, has_ages: bool) -> list[str]:
    lines = []
    if result.cut_off:
        lines.append(
            f"- \\* The data end on {result.last_day}, before that {result.period} is over: counts may grow."
        )
    if has_ages:
        lines.append(f"- 'all' adds up the cohorts whose {result.period} of that place is over.")
    lines.append(
        f"- The data begin on {result.first_day}: the first cohort holds all who were active before, too."
    )
    return lines


def _hidden(result: Retention, whole: str | None) -> list[str]:
    if not whole:
        return []
    shown = f"{min(len(result.cohorts), COHORTS_SHOWN)} of {len(result.cohorts):,} cohorts and "
    shown += f"{min(_last_age(result), AGES_SHOWN)} of {_last_age(result):,} {result.period}s"
    return [f"- {shown} after their first are shown. **{whole}** has all of them."]


def _left_out(result: Retention | Funnel, what: str) -> list[str]:
    if not result.left_out:
        return []
    return [f"- Left out: {result.left_out:,} row{'s'[: result.left_out != 1]} without a value in {what}"]


def _rate(step: Step, other: Step | None) -> str:
    percent = conversion(step, other)
    return "–" if percent is None else f"{percent:.1f} %"


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    unit, size = next((each for each in _SPANS if seconds >= each[1]), _SPANS[-1])
    number = f"{seconds / size:.4g}"
    return f"{number} {unit.removesuffix('s') if number == '1' else unit}"


def _order(result: Funnel) -> list[str]:
    if result.date_column is None:
        return [
            "- The table has no column of dates, so the order in time is not checked: a step counts who has "
            "it and all steps before it."
        ]
    lines = [
        f"- Reached: its first row with the step, by {result.date_column}, is later than the step before was "
        "reached; the same time does not count as later."
    ]
    if result.within_hours is not None:
        limit = _span(result.within_hours * 3600)
        lines.append(f"- Time limit: a step counts only up to {limit} after the first step's first row.")
    tied = [f"{step.tied:,} for {step.name}" for step in result.steps if step.tied]
    if tied:
        lines.append(f"- Not counted, for the step is only at the very time of the one before: {_and(tied)}.")
    return lines


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
