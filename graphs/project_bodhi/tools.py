"""The tools of the project-management agent. Times are in the plan's own unit (days or weeks)."""

import re
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from graphs.kit.arguments import choice_argument, file_argument, quantity
from graphs.kit.tool import Answer, Session, agent_tool
from graphs.project_bodhi import wording

if TYPE_CHECKING:
    from graphs.project_bodhi.tasks import Plan

_UNITS = {"durations in days": "days", "durations in weeks": "weeks"}
"""The options of `Unit` are phrases: a bare "weeks" in a request mostly belongs to a deadline."""

_LEADS = (
    *("plan is in", "it is in", "durations are in", "estimates are in", "times are in", "numbers are in"),
    *("given in", "measured in", "unit", "unit is", "units are"),
)

_LENGTH = re.compile(r"\s*(?P<length>[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*(?P<unit>[a-z]*)\s*", re.IGNORECASE)

PlanFile = Annotated[str, file_argument("The project's tasks.", ".csv", ".tsv", ".txt")]
Unit = Annotated[
    Literal["durations in days", "durations in weeks"] | None,
    choice_argument(
        "The unit of the durations, where the file does not state it.",
        **{
            "durations in days": tuple(f"{lead} days" for lead in _LEADS),
            "durations in weeks": tuple(f"{lead} weeks" for lead in _LEADS),
        },
    ),
]
FirstDay = Annotated[
    date | None,
    Field(
        description="The project's first day (YYYY-MM-DD); dates are then shown.",
        json_schema_extra={
            "x-planner": {
                "kind": "date",
                "cues": ["starting", "start", "start on", "begin", "beginning", "from", "as of"],
            }
        },
    ),
]
Deadline = Annotated[
    str | None,
    Field(
        description="A deadline with its unit, such as '47 weeks' or '60 days'; else in the plan's unit.",
        json_schema_extra={
            "x-planner": {
                "kind": "number",
                "unit": "weeks",
                "cues": ["within", "deadline", "by week", "by day"],
            }
        },
    ),
]


@agent_tool(
    keywords=(
        *("read the tasks", "read tasks", "list the tasks", "list tasks", "all tasks", "tasks of"),
        *("load the plan", "read the plan", "check the plan", "owner", "owns"),
    ),
    examples=("Read the tasks of plan.csv.", "Which tasks does this project have?"),
)
def read_plan(session: Session, file: PlanFile, unit: Unit = None) -> Answer:
    """Read and check a project's tasks: durations, predecessors, estimates, owners."""
    plan = _plan(session, file, unit)
    links = sum(len(task.links) for task in plan.tasks)
    figures = {"tasks": len(plan.tasks), "dependencies": links, "unit": plan.unit}
    return Answer(wording.plan(file, plan, links), figures)


@agent_tool(
    keywords=(
        *("critical path", "critical tasks", "critical", "schedule", "float", "slack", "makespan"),
        *("how long", "duration of the project", "shortest", "earliest", "latest"),
        *("when does", "when will", "when can", "finish date", "end date"),
    ),
    examples=(
        "What is the critical path?",
        "How long does the project take?",
        "How much float has task D?",
        "When will the project be finished if we start on 2026-01-05?",
    ),
)
def find_critical_path(
    session: Session, file: PlanFile, unit: Unit = None, first_day: FirstDay = None
) -> Answer:
    """Schedule the project by the critical path method: length, critical path, and each task's float."""
    from graphs.project_bodhi.dates import calendar_of
    from graphs.project_bodhi.schedule import critical_path

    plan = _plan(session, file, unit)
    calendar = calendar_of(plan, first_day)
    result = critical_path(plan, calendar)
    figures = {
        "length": result.finish,
        "unit": result.unit,
        "critical_paths": ["-".join(path) for path in result.critical_paths],
        "total_float": {task.id: task.total_float for task in result.tasks},
        "free_float": {task.id: task.free_float for task in result.tasks},
    }
    return Answer(wording.schedule(file, result, calendar, wording.assumed_unit(plan)), figures)


@agent_tool(
    keywords=(
        *("pert", "probability", "chance", "odds", "how likely", "likely to finish", "confidence"),
        *("risk", "how risky", "risk of delay", "deadline", "can we finish", "can we be done", "promise"),
    ),
    examples=(
        "What is the probability to finish within 47 weeks?",
        "Which deadline can we promise with 90 % probability?",
        "Estimate the project by PERT.",
        "How likely are we to meet a deadline of 44 weeks?",
    ),
)
def estimate_by_pert(
    session: Session,
    file: PlanFile,
    deadline: Deadline = None,
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
    limit = _deadline(file, plan, deadline)
    result = pert(plan)
    figures = {
        "mean": result.mean,
        "variance": result.variance,
        "standard_deviation": result.standard_deviation,
        "path": "-".join(result.path),
        "unit": plan.unit,
    }
    probability_by = deadline_for = None
    if limit is not None:
        probability_by = (limit, result.probability_by(limit))
        figures["probability"] = probability_by[1]
    if probability is not None:
        deadline_for = (probability, result.deadline_for(probability))
        figures["deadline"] = deadline_for[1]
    return Answer(wording.pert(file, result, probability_by, deadline_for), figures)


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
    deadline: Deadline = None,
    runs: Annotated[
        int,
        quantity("The number of runs.", cues=("times", "runs", "iterations", "trials"), ge=2, le=1_000_000),
    ] = 10_000,
    seed: Annotated[int, quantity("Seed of the random numbers.", cues=("seed",), ge=0)] = 1,
    unit: Unit = None,
) -> Answer:
    """Simulate the project's length by the Monte Carlo method (beta-PERT), over all paths; seeded."""
    from graphs.project_bodhi.simulate import simulate

    plan = _plan(session, file, unit)
    limit = _deadline(file, plan, deadline)
    session.report(f"simulating {runs:,} runs")
    result = simulate(plan, runs, seed)
    figures = {"mean": result.mean, "standard_deviation": result.standard_deviation}
    chance_by = None
    if limit is not None:
        chance_by = (limit, *result.probability_by(limit))
        figures["probability"] = chance_by[1]
    return Answer(wording.simulation(file, result, plan.unit, chance_by), figures)


@agent_tool(
    keywords=(
        *("gantt", "gantt chart", "chart", "timeline", "picture", "diagram"),
        *("bar chart of the schedule", "draw the schedule", "draw the plan", "draw"),
    ),
    examples=("Draw a Gantt chart.", "Show the timeline of plan.csv starting on 2026-01-05."),
)
def draw_gantt(session: Session, file: PlanFile, unit: Unit = None, first_day: FirstDay = None) -> Answer:
    """Draw the schedule as a Gantt chart (PNG): critical tasks, float, dependencies."""
    from graphs.project_bodhi.dates import calendar_of
    from graphs.project_bodhi.gantt import gantt
    from graphs.project_bodhi.schedule import critical_path

    plan = _plan(session, file, unit)
    calendar = calendar_of(plan, first_day)
    result = critical_path(plan, calendar)
    session.report("drawing the chart")
    stem = PurePath(file).stem
    picture = session.save(f"{stem}-gantt.png", gantt(plan, result, calendar, stem))["name"]
    figures = {
        "picture": picture,
        "length": result.finish,
        "unit": result.unit,
        "critical_tasks": list(result.critical_tasks),
    }
    return Answer(wording.gantt(file, picture, result, calendar, wording.assumed_unit(plan)), figures)


def _plan(session: Session, file: str, unit: str | None) -> "Plan":
    from graphs.project_bodhi.tasks import read_tasks

    session.report(f"reading {file}")
    return read_tasks(session.artifacts.read(file), _UNITS[unit] if unit else None)


def _deadline(file: str, plan: "Plan", deadline: str | None) -> float | None:
    """Return the deadline in the plan's unit.

    Raises ValueError for one that can't be read, and for one in the other unit: a week may be 5 or 7 of a
    plan's days.
    """
    if deadline is None:
        return None
    length, unit = _length(deadline, plan.unit)
    if unit == plan.unit:
        return length
    way_out = "" if plan.unit_stated else f", or add to the request that the durations are in {unit}"
    raise ValueError(
        f"The plan {file} is {'' if plan.unit_stated else 'taken to be '}in {plan.unit}, and the deadline "
        f"({length:g} {unit}) is not: a week may be 5 or 7 of a plan's days. "
        f"Give the deadline in {plan.unit}{way_out}."
    )


def _length(deadline: str, own_unit: str) -> tuple[float, str]:
    from graphs.project_bodhi.task_table import UNIT_OF

    match = _LENGTH.fullmatch(deadline)
    unit = UNIT_OF.get(match["unit"].lower()) if match and match["unit"] else own_unit
    if not match or unit is None:
        raise ValueError(f"The deadline {deadline!r} can't be read: write it as 47 weeks or 60 days.")
    length = float(match["length"])
    if length <= 0:
        raise ValueError(f"A deadline of {length:g} {unit} can't be met: give one above 0.")
    return length, unit
