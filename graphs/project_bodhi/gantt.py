"""Draw a schedule as a Gantt chart.

matplotlib's object interface on the Agg canvas: no pyplot, no global state, so threads may draw at the
same time; equal schedules give equal bytes.
"""

from datetime import date

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from graphs.kit.pictures import to_png
from graphs.project_bodhi.dates import Calendar
from graphs.project_bodhi.schedule import Schedule, ScheduledTask
from graphs.project_bodhi.tasks import Plan

# Okabe and Ito's colour-blind-safe vermilion and blue.
_CRITICAL = "#d55e00"
_OTHER = "#0072b2"
_FLOAT = "#b9c0ca"
_LINK = "#7f8793"
_INK = "#2b2f36"

MOST_ROWS = 200
_BAR, _THIN = 0.56, 0.16  # heights in rows
_LONGEST_LABEL = 46
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def gantt(plan: Plan, schedule: Schedule, calendar: Calendar | None = None, title: str = "") -> bytes:
    """A PNG of the schedule of `plan`: a row for each task in the plan's order, 1320 pixels wide.

    A bar is from a task's earliest start to its earliest finish, a thin one behind it its total float, a
    diamond a milestone. With a calendar the axis shows dates, else time in the plan's unit. Of more than
    200 tasks the first 200 are drawn, and the chart says so.
    """
    tasks = schedule.tasks[:MOST_ROWS]
    row_height = float(np.clip(17 / len(tasks), 0.2, 0.34))
    figure = Figure(
        figsize=(12, 1.9 + row_height * len(tasks)),
        dpi=110,
        facecolor="white",
        layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1),
    )
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _draw_bars(axes, tasks, schedule.finish)
    _draw_links(axes, plan, tasks)
    _draw_finish(axes, schedule, calendar)
    _set_rows(axes, tasks, font_size=float(np.clip(30 * row_height, 6, 9.5)))
    _set_time_axis(axes, schedule, calendar, many_rows=len(tasks) > 25)
    if len(tasks) < len(schedule.tasks):
        title = f"{title} (the first {len(tasks)} of {len(schedule.tasks)} tasks)".strip()
    figure.suptitle(title, fontsize=14, color=_INK, parse_math=False)
    figure.legend(
        handles=_legend(tasks),
        loc="outside lower center",
        ncols=5,
        frameon=False,
        fontsize=9.5,
        labelcolor=_INK,
    )
    return to_png(figure)


def _draw_bars(axes: Axes, tasks: tuple[ScheduledTask, ...], finish: float) -> None:
    rows = np.arange(len(tasks))
    starts = np.array([task.early_start for task in tasks])
    lengths = np.array([task.duration for task in tasks])
    floats = np.array([task.total_float for task in tasks])
    colours = [_CRITICAL if task.critical else _OTHER for task in tasks]
    axes.barh(rows, floats, left=starts + lengths, height=_THIN, color=_FLOAT, zorder=2)
    axes.barh(rows, lengths, left=starts, height=_BAR, color=colours, zorder=3)
    for row, task in enumerate(tasks):
        if task.duration == 0:
            axes.plot(task.early_start, row, marker="D", markersize=8, color=colours[row], zorder=4)
        elif task.duration > 0.04 * finish:
            axes.text(
                task.early_start + task.duration / 2,
                row,
                f"{task.duration:g}",
                ha="center",
                va="center_baseline",
                fontsize=8,
                color="white",
                zorder=4,
            )


def _draw_links(axes: Axes, plan: Plan, tasks: tuple[ScheduledTask, ...]) -> None:
    """From a finish straight to the row of the task that waits for it, then along that row to its start."""
    row_of = {task.id: row for row, task in enumerate(tasks)}
    lines, sideways, down, up = [], [], [], []
    for task in plan.tasks[: len(tasks)]:
        row = row_of[task.id]
        start = tasks[row].early_start
        for link in task.links:
            if link.predecessor not in row_of:
                continue
            before = row_of[link.predecessor]
            finish = tasks[before].early_finish
            direction = 1 if before < row else -1
            edge = row - direction * _BAR / 2
            if start > finish:
                lines.append([(finish, before), (finish, row), (start, row)])
                sideways.append((start, row))
            else:
                lines.append([(finish, before), (finish, edge)])
                (down if direction > 0 else up).append((finish, edge))
    axes.add_collection(LineCollection(lines, colors=_LINK, linewidths=0.8, zorder=1.5), autolim=False)
    for ends, marker in ((sideways, 5), (down, 7), (up, 6)):  # carets, their tips there
        if ends:
            x, y = zip(*ends, strict=True)
            axes.scatter(x, y, marker=marker, s=26, color=_LINK, linewidths=0, zorder=3.5)


def _draw_finish(axes: Axes, schedule: Schedule, calendar: Calendar | None) -> None:
    label = f"finish: {schedule.finish:g} {schedule.unit}"
    if calendar:
        label += f", {_written(calendar.finish_of(schedule.finish))}"
    axes.axvline(schedule.finish, color=_INK, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.annotate(
        label,
        (schedule.finish, -0.7),
        xytext=(-5, -2),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=9,
        color=_INK,
    )


def _set_rows(axes: Axes, tasks: tuple[ScheduledTask, ...], font_size: float) -> None:
    axes.set_ylim(len(tasks) - 0.2, -0.7)
    axes.set_yticks(range(len(tasks)), [_label(task) for task in tasks], fontsize=font_size, color=_INK)
    for label, task in zip(axes.get_yticklabels(), tasks, strict=True):
        label.set_parse_math(False)
        label.set_fontweight("bold" if task.critical else "normal")
    for row in range(0, len(tasks), 2):
        axes.axhspan(row - 0.5, row + 0.5, color="#f4f5f7", zorder=0)
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.spines["bottom"].set_color(_FLOAT)


def _set_time_axis(axes: Axes, schedule: Schedule, calendar: Calendar | None, many_rows: bool) -> None:
    length = schedule.finish or 1.0
    axes.set_xlim(-0.012 * length, 1.02 * length)
    axes.grid(axis="x", color="#e3e6ea", linewidth=0.7, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(axis="x", colors=_INK, labelsize=9, labeltop=many_rows, length=3)
    if calendar is None:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=14, steps=[1, 2, 4, 5, 10]))
        axes.set_xlabel(f"{schedule.unit} from the start of the project", color=_INK, fontsize=10)
        return
    dated = calendar
    week = [1, 2, 5, 10] if schedule.unit == "days" and calendar.days_per_week == 5 else [1, 2, 4, 7, 10]
    axes.xaxis.set_major_locator(MaxNLocator(nbins=9, steps=week, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda time, _: _written(dated.start_of(time))))
    days = "working days, Monday to Friday" if calendar.days_per_week == 5 else "all days of the week"
    axes.set_xlabel(f"date ({days}); bars in {schedule.unit}", color=_INK, fontsize=10)


def _legend(tasks: tuple[ScheduledTask, ...]) -> list[Patch | Line2D]:
    handles: list[Patch | Line2D] = [Patch(color=_CRITICAL, label="critical")]
    if not all(task.critical for task in tasks):
        handles.append(Patch(color=_OTHER, label="not critical"))
        handles.append(Line2D([], [], color=_FLOAT, linewidth=4, label="total float"))
    if any(task.duration == 0 for task in tasks):
        handles.append(Line2D([], [], color=_INK, marker="D", linestyle="", label="milestone"))
    handles.append(Line2D([], [], color=_LINK, linewidth=0.8, marker=5, markersize=5, label="waits for"))
    return handles


def _label(task: ScheduledTask) -> str:
    label = task.id if task.name == task.id else f"{task.id}  {task.name}"
    if task.owner:
        label += f" ({task.owner})"
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"


def _written(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
