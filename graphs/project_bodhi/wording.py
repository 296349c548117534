"""Plans, schedules and estimates in words: short Markdown with every figure that a reader needs."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from graphs.kit.tables.markdown import markdown_table

if TYPE_CHECKING:
    from graphs.project_bodhi.dates import Calendar
    from graphs.project_bodhi.pert import Pert
    from graphs.project_bodhi.schedule import Schedule, ScheduledTask
    from graphs.project_bodhi.simulate import Simulation
    from graphs.project_bodhi.tasks import Estimates, Plan, Task

_WORDS = {"id", "task", "after", "estimates", "owner", "critical"}
"""Columns of tables that hold no figures."""


def plan(file: str, plan: "Plan", links: int) -> str:
    """The tasks of a plan, as they were read."""
    assumed = "" if plan.unit_stated else " (assumed: the file states no unit)"
    heads = ("id", "task", "duration", "after", "estimates", "owner")
    rows = (
        (
            task.id,
            task.name,
            f"{task.duration:g}",
            _links(task),
            _estimates(task.estimates),
            task.owner or "–",
        )
        for task in plan.tasks
    )
    first = (
        f"**{file}** has {len(plan.tasks)} tasks and {links} dependencies; durations in {plan.unit}{assumed}."
    )
    return "\n".join([first, "", *markdown_table(heads, rows, right=[head not in _WORDS for head in heads])])


def schedule(file: str, result: "Schedule", calendar: "Calendar | None", remarks: Sequence[str]) -> str:
    """The project's length, its critical paths, and the times and float of each task."""
    paths = ["-".join(path) for path in result.critical_paths]
    hidden = result.critical_path_count - len(paths)
    first = [
        f"**{file}** takes {_length(result, calendar)}. "
        f"Critical path{'s' if len(paths) > 1 else ''}: {'; '.join(paths)}.",
        *([f"There are {hidden} more."] if hidden else []),
        *remarks,
    ]
    heads = (
        *("id", "task", "duration", "early start", "early finish", "late start", "late finish"),
        *("total float", "free float", "critical"),
        *(("first day", "last day") if calendar else ()),
    )
    rows = (_task_row(task, calendar) for task in result.tasks)
    return "\n".join(
        [" ".join(first), "", *markdown_table(heads, rows, right=[head not in _WORDS for head in heads])]
    )


def pert(
    file: str,
    result: "Pert",
    probability_by: tuple[float, float] | None,
    deadline_for: tuple[float, float] | None,
) -> str:
    """Mean and variance; `probability_by` is (deadline, probability), `deadline_for` the other way round."""
    unit = result.schedule.unit
    lines = [
        f"By PERT, **{file}** takes {result.mean:g} {unit} on average, with a variance of "
        f"{result.variance:g} (standard deviation {result.standard_deviation:.4g}) along "
        f"{'-'.join(result.path)}."
    ]
    if probability_by:
        lines.append(f"P(finished within {probability_by[0]:g} {unit}) = {probability_by[1]:.4f}.")
    if deadline_for:
        lines.append(
            f"A deadline that is met with probability {deadline_for[0]:g}: {deadline_for[1]:.2f} {unit}."
        )
    if result.fixed_tasks:
        lines.append(f"Taken as certain, for want of estimates: {', '.join(result.fixed_tasks)}.")
    lines.append("The normal approximation looks at this path alone, so the chance is somewhat too good.")
    return "\n".join(lines)


def simulation(
    file: str, result: "Simulation", unit: str, chance_by: tuple[float, float, float] | None
) -> str:
    """The distribution of the length; `chance_by` is (deadline, share of runs, its standard error)."""
    percentiles = ", ".join(f"{percent} %: {length:.2f}" for percent, length in result.percentiles)
    critical = ", ".join(f"{task} {share:.2f}" for task, share in result.criticality if share > 0)
    lines = [
        f"{result.runs:,} simulated runs of **{file}** (seed {result.seed}): mean {result.mean:.2f} {unit}, "
        f"standard deviation {result.standard_deviation:.2f}. Finished within ({unit}): {percentiles}."
    ]
    if chance_by:
        deadline, share, error = chance_by
        lines.append(
            f"Finished within {deadline:g} {unit} in a share of {share:.4f} (± {error:.4f}) of the runs."
        )
    lines.append(f"Share of runs in which a task was critical: {critical}.")
    return "\n".join(lines)


def gantt(
    file: str, picture: str, result: "Schedule", calendar: "Calendar | None", remarks: Sequence[str]
) -> str:
    """What the chart shows."""
    critical = ", ".join(result.critical_tasks)
    text = (
        f"The Gantt chart of **{file}** is **{picture}**: {_length(result, calendar)}; "
        f"critical tasks: {critical}."
    )
    return " ".join([text, *remarks])


def assumed_unit(plan: "Plan") -> list[str]:
    """The remark on a unit that neither the file nor the person stated."""
    if plan.unit_stated:
        return []
    return [f"The file states no unit: its durations are taken as {plan.unit}."]


def _length(result: "Schedule", calendar: "Calendar | None") -> str:
    until = f", until {calendar.finish_of(result.finish):%Y-%m-%d}" if calendar else ""
    return f"{result.finish:g} {result.unit}{until}"


def _task_row(task: "ScheduledTask", calendar: "Calendar | None") -> Iterable[str]:
    times = (
        *(task.duration, task.early_start, task.early_finish, task.late_start, task.late_finish),
        *(task.total_float, task.free_float),
    )
    yield from (task.id, task.name, *(f"{time:g}" for time in times), "yes" if task.critical else "")
    if calendar:
        # a milestone has no day of its own: it is reached when what comes before it is done
        first = calendar.start_of if task.duration else calendar.finish_of
        yield f"{first(task.early_start):%Y-%m-%d}"
        yield f"{calendar.finish_of(task.early_finish):%Y-%m-%d}"


def _links(task: "Task") -> str:
    return ", ".join(f"{link.predecessor}{_lag(link.lag)}" for link in task.links) or "–"


def _lag(lag: float) -> str:
    return f" {lag:+g}" if lag else ""


def _estimates(estimates: "Estimates | None") -> str:
    if estimates is None:
        return "–"
    return f"{estimates.optimistic:g} / {estimates.most_likely:g} / {estimates.pessimistic:g}"
