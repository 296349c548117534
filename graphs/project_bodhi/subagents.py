"""The specialists of the project-management agent."""

from graphs.kit.subagent import SubAgent
from graphs.project_bodhi.tools import (
    draw_gantt,
    estimate_by_pert,
    find_critical_path,
    read_plan,
    simulate_project,
)

PLAN = SubAgent(
    name="plan",
    purpose="Reads and checks a project's tasks from a CSV file: durations, predecessors, estimates.",
    prompt=(
        "You read project plans. When a plan can't be read, say which row is wrong and how to mend it, as "
        "the tool says."
    ),
    tools=(read_plan,),
)

SCHEDULE = SubAgent(
    name="schedule",
    purpose="Schedules a project: critical path and float, PERT, chance to meet a deadline, simulation.",
    prompt=(
        "You schedule projects. Say in which unit a time is; hand on a deadline in the unit in which it was "
        "given. A probability comes from PERT or from a simulation: say from which."
    ),
    tools=(find_critical_path, estimate_by_pert, simulate_project),
)

REPORT = SubAgent(
    name="report",
    purpose="Draws a project's schedule as a Gantt chart.",
    prompt="You draw schedules. Name the file of each picture, and what is critical in it.",
    tools=(draw_gantt,),
)

SUBAGENTS = (PLAN, SCHEDULE, REPORT)
