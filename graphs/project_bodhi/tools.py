"""The tools of the project-management agent. Times are in the plan's own unit (days or weeks)."""

from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Literal

from graphs.kit.arguments import choice_argument, file_argument, quantity, text_argument
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from graphs.project_bodhi.dates import Calendar
    from graphs.project_bodhi.tasks import Plan

PlanFile = Annotated[str, file_argument("The project's tasks.", ".csv", ".tsv", ".txt")]
Unit = Annotated[
    Literal["days", "weeks"] | None,
    choice_argument(
        "The unit of the durations, where the file does not state it.",
        days=("in days", "unit days"),
        weeks=("in weeks", "unit weeks"),
    ),
]
FirstDay = Annotated[
    str | None,
    text_argument(
        "The project's first day, YYYY-MM-DD; dates are then shown.", cues=("starting on", "start on")
    ),
]


@agent_tool(
    keywords=(
        "read the tasks",
        "read tasks",
        "load the plan",
        "read the plan",
        "list the tasks",
        "tasks of",
        "check the plan",
    ),
    examples=("Read the tasks of plan.csv.", "Which tasks does this project have?"),
)
def read_plan(session: Session, file: PlanFile, unit: Unit = None) -> Answer:
    """Read and check a project's tasks: durations, predecessors, estimates, owners."""
    plan = _plan(session, file, unit)
    rows = [
        f"| {task.id} | {task.name} | {task.duration:g} | "
        f"{', '.join(link.predecessor for link in task.links) or '–'} | "
        f"{_estimates(task.estimates)} | {task.owner or '–'} |"
        for task in plan.tasks
    ]
    links = sum(len(task.links) for task in plan.tasks)
    lines = [
        f"**{file}** has {len(plan.tasks)} tasks and {links} dependencies; durations in {plan.unit}"
        f"{'' if plan.unit_stated else ' (assumed: the file states no unit)'}.",
        "",
        "| id | task | duration | after | estimates | owner |",
        "|---|---|---:|---|---|---|",
        *rows,
    ]
    return Answer("\n".join(lines), {"tasks": len(plan.tasks), "dependencies": links, "unit": plan.unit})


@agent_tool(
    keywords=(
        "critical path",
        "schedule",
        "float",
        "slack",
        "how long",
        "earliest",
        "latest",
        "makespan",
        "duration of the project",
    ),
    examples=("What is the critical path?", "How long does the project take?", "How much float has task D?"),
)
def find_critical_path(
    session: Session, file: PlanFile, unit: Unit = None, first_day: FirstDay = None
) -> Answer:
    """Schedule the project by the critical path method: length, critical path, and each task's float."""
    from graphs.project_bodhi.schedule import critical_path

    plan = _plan(session, file, unit)
    calendar = _calendar(plan, first_day)
    result = critical_path(plan, calendar)
    paths = ["-".join(path) for path in result.critical_paths]
    rows = [
        f"| {task.id} | {task.name} | {task.duration:g} | {task.early_start:g} | {task.early_finish:g} | "
        f"{task.late_start:g} | {task.late_finish:g} | {task.total_float:g} | {task.free_float:g} | "
        f"{'yes' if task.critical else ''} |"
        for task in result.tasks
    ]
    lines = [
        f"**{file}** takes {result.finish:g} {result.unit}{_on(calendar, result.finish)}. "
        f"Critical path: {'; '.join(paths)}.",
        *_more_paths(result.critical_path_count, len(paths)),
        "",
        "| id | task | duration | early start | early finish | late start | late finish | total float "
        "| free float | critical |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---|",
        *rows,
    ]
    figures = {"length": result.finish, "unit": result.unit, "critical_paths": paths}
    return Answer("\n".join(lines), figures)


@agent_tool(
    keywords=("pert", "probability", "chance", "likely to finish", "confidence", "risk of delay", "deadline"),
    examples=(
        "What is the probability to finish within 47 weeks?",
        "Which deadline can we promise with 90 % probability?",
    ),
)
def estimate_by_pert(
    session: Session,
    file: PlanFile,
    deadline: Annotated[
        float | None,
        quantity(
            "A deadline, in the plan's unit.", cues=("within", "deadline", "by week", "by day", "in"), gt=0
        ),
    ] = None,
    probability: Annotated[
        float | None,
        quantity(
            "The probability to promise, 0 to 1.", cues=("probability", "chance", "confidence"), gt=0, lt=1
        ),
    ] = None,
    unit: Unit = None,
) -> Answer:
    """Estimate the project's length from three-point estimates (PERT), and the chance to meet a deadline."""
    from graphs.project_bodhi.pert import pert

    plan = _plan(session, file, unit)
    result = pert(plan)
    lines = [
        f"By PERT, **{file}** takes {result.mean:g} {plan.unit} on average, with a variance of "
        f"{result.variance:g} (standard deviation {result.standard_deviation:.4g}) along "
        f"{'-'.join(result.path)}."
    ]
    figures = {
        "mean": result.mean,
        "variance": result.variance,
        "standard_deviation": result.standard_deviation,
        "path": "-".join(result.path),
        "unit": plan.unit,
    }
    if deadline is not None:
        figures["probability"] = result.probability_by(deadline)
        lines.append(f"P(finished by {deadline:g} {plan.unit}) = {figures['probability']:.4f}.")
    if probability is not None:
        figures["deadline"] = result.deadline_for(probability)
        lines.append(
            f"A deadline that is met with probability {probability:g}: {figures['deadline']:.2f} {plan.unit}."
        )
    if result.fixed_tasks:
        lines.append(f"Taken as certain, for want of estimates: {', '.join(result.fixed_tasks)}.")
    lines.append("The normal approximation looks at this path alone, so the chance is somewhat too good.")
    return Answer("\n".join(lines), figures)


@agent_tool(
    keywords=("simulate", "simulation", "monte carlo", "criticality"),
    examples=(
        "Simulate the project 10000 times.",
        "Run a Monte Carlo simulation with a deadline of 47 weeks.",
    ),
)
def simulate_project(
    session: Session,
    file: PlanFile,
    deadline: Annotated[
        float | None,
        quantity("A deadline, in the plan's unit.", cues=("within", "deadline", "by week", "by day"), gt=0),
    ] = None,
    runs: Annotated[
        int, quantity("How many runs.", "times", cues=("times", "runs"), ge=2, le=1_000_000)
    ] = 10_000,
    seed: Annotated[int, quantity("Seed of the random numbers.", cues=("seed",), ge=0)] = 1,
    unit: Unit = None,
) -> Answer:
    """Simulate the project's length by Monte Carlo (beta-PERT durations), over all paths; seeded."""
    from graphs.project_bodhi.simulate import simulate

    plan = _plan(session, file, unit)
    session.report(f"simulating {runs:,} runs")
    result = simulate(plan, runs, seed)
    percentiles = ", ".join(f"{percent} %: {length:.2f}" for percent, length in result.percentiles)
    lines = [
        f"{runs:,} simulated runs of **{file}** (seed {seed}): mean {result.mean:.2f} {plan.unit}, standard "
        f"deviation {result.standard_deviation:.2f}. Finished by ({plan.unit}): {percentiles}."
    ]
    figures = {"mean": result.mean, "standard_deviation": result.standard_deviation}
    if deadline is not None:
        share, error = result.probability_by(deadline)
        figures["probability"] = share
        lines.append(
            f"Finished by {deadline:g} {plan.unit} in a share of {share:.4f} (± {error:.4f}) of the runs."
        )
    critical = [f"{task} {share:.2f}" for task, share in result.criticality if share > 0]
    lines.append(f"Share of runs in which a task was critical: {', '.join(critical)}.")
    return Answer("\n".join(lines), figures)


@agent_tool(
    keywords=(
        "gantt",
        "gantt chart",
        "bar chart of the schedule",
        "timeline",
        "draw the schedule",
        "picture",
    ),
    examples=("Draw a Gantt chart.", 'Show the timeline of plan.csv starting on "2026-01-05".'),
)
def draw_gantt(session: Session, file: PlanFile, unit: Unit = None, first_day: FirstDay = None) -> Answer:
    """Draw the schedule as a Gantt chart (PNG): critical tasks, float, dependencies."""
    from graphs.project_bodhi.gantt import gantt
    from graphs.project_bodhi.schedule import critical_path

    plan = _plan(session, file, unit)
    calendar = _calendar(plan, first_day)
    result = critical_path(plan, calendar)
    session.report("drawing the chart")
    stem = PurePath(file).stem
    picture = session.save(f"{stem}-gantt.png", gantt(plan, result, calendar, stem))
    critical = ", ".join(result.critical_tasks)
    return Answer(
        f"The Gantt chart of **{file}** is **{picture['name']}**: {result.finish:g} {result.unit}"
        f"{_on(calendar, result.finish)}; critical tasks: {critical}.",
        {"length": result.finish, "unit": result.unit, "critical_tasks": critical},
    )


def _plan(session: Session, file: str, unit: str | None) -> "Plan":
    from graphs.project_bodhi.tasks import read_tasks

    session.report(f"reading {file}")
    return read_tasks(session.artifacts.read(file), unit)


def _calendar(plan: "Plan", first_day: str | None) -> "Calendar | None":
    from datetime import date

    from graphs.project_bodhi.dates import calendar_of

    if first_day is None:
        return calendar_of(plan)
    try:
        day = date.fromisoformat(first_day)
    except ValueError:
        raise ValueError(f"The first day {first_day!r} is not a date: write it as 2026-01-05.") from None
    return calendar_of(plan, day)


def _on(calendar: "Calendar | None", finish: float) -> str:
    return f", until {calendar.finish_of(finish):%Y-%m-%d}" if calendar else ""


def _more_paths(count: int, shown: int) -> list[str]:
    return [f"There are {count} critical paths; {shown} are listed."] if count > shown else []


def _estimates(estimates: object) -> str:
    if estimates is None:
        return "–"
    return " / ".join(f"{value:g}" for value in vars(estimates).values())
