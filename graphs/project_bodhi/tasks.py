"""Read a project's tasks from a table: durations, predecessors, estimates, dates, owners."""

import difflib
import graphlib
import math
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date

from graphs.project_bodhi.task_table import ESTIMATES, UNIT_OF, TaskTable, read_table

# With the dashes that books and spreadsheets print for "none": hyphen, en dash, em dash.
_NO_PREDECESSOR = {"", "-", "\u2013", "\u2014", "none", "n/a", "na", "nil", "start"}
_DURATION = re.compile(r"([+-]?\d*\.?\d+(?:e[+-]?\d+)?)\s*([a-z]*)\.?", re.IGNORECASE)
_LINK = re.compile(
    r"(?P<id>.+?)\s*(?P<kind>FS|SS|FF|SF)\s*(?P<lag>[+-]\s*\d*\.?\d+)?\s*(?P<unit>[a-z]*)", re.I
)


@dataclass(frozen=True)
class Link:
    """A finish-to-start dependency: the task may start `lag` units after that task's finish.

    A negative lag is a lead.
    """

    predecessor: str
    lag: float = 0.0


@dataclass(frozen=True)
class Estimates:
    """Three durations in the plan's unit, optimistic <= most likely <= pessimistic."""

    optimistic: float
    most_likely: float
    pessimistic: float


@dataclass(frozen=True)
class Task:
    """One row. `not_before` is the first day on which the task may start, `row` its place in the table."""

    id: str
    name: str
    duration: float
    links: tuple[Link, ...] = ()
    estimates: Estimates | None = None
    not_before: date | None = None
    owner: str = ""
    row: int = 0


@dataclass(frozen=True)
class Plan:
    """Tasks in the table's order. Durations and lags are in `unit`, "days" or "weeks".

    ``unit_stated`` is False when neither the caller nor the table gave a unit and days were assumed.
    """

    tasks: tuple[Task, ...]
    unit: str
    unit_stated: bool = True


def read_tasks(table: str | bytes, unit: str | None = None) -> Plan:
    """Read a plan from CSV text (comma, semicolon or tab; UTF-8 when given as bytes).

    Columns, in any order and under their usual names: id (or name), duration, predecessors; optionally
    name, optimistic, most likely, pessimistic, start (the first day a task may start, YYYY-MM-DD) and
    owner. A duration may be left out where the three estimates stand; it is then their PERT mean.
    Predecessors are separated by ";", "," or spaces; "A FS+2" starts 2 units after A's finish. The unit
    ("days", "weeks") is the caller's, or stands in the column's name ("duration_weeks") or the values ("3w").

    Raises ValueError, naming row, task and remedy, for anything that makes the plan impossible or unclear:
    missing columns, duplicate ids, unknown predecessors, cycles, unreadable or negative durations.
    """
    content = read_table(table)
    reader = _Reader(content, _agreed_unit(unit, content))
    drafts = [reader.task(row, values) for row, values in content.rows]
    if not drafts:
        raise ValueError("The table has a header and no tasks. Add one row for each task.")
    _check_ids_differ(drafts)
    known = {task.id: task for task in drafts}
    tasks = tuple(reader.linked(task, known) for task in drafts)
    _check_acyclic(tasks)
    return Plan(tasks, reader.unit or "days", unit_stated=reader.unit is not None)


def _agreed_unit(unit: str | None, content: TaskTable) -> str | None:
    if unit is None:
        return content.unit
    if unit not in UNIT_OF.values():
        raise ValueError(f"Unknown unit '{unit}'. Use days or weeks.")
    if content.unit and content.unit != unit:
        raise ValueError(
            f"The table's durations are in {content.unit} by its header, not in {unit}. "
            f"Ask in {content.unit}, or correct the header."
        )
    return unit


class _Reader:
    """Reads the rows of one table; remembers the unit once a value has stated it."""

    def __init__(self, content: TaskTable, unit: str | None) -> None:
        self._decimal_comma = content.decimal_comma
        self._predecessors: dict[str, str] = {}
        self.unit = unit

    def task(self, row: int, values: dict[str, str]) -> Task:
        """The row's task, without its links: those need all ids."""
        task_id = values.get("id") or values.get("name") or ""
        where = f"Row {row}" + (f", task {task_id}" if task_id else "")
        if not task_id:
            raise ValueError(f"{where}: the id is empty. Give each task an id of its own.")
        estimates = self._estimates(values, where)
        duration = values.get("duration", "")
        if duration:
            length = self._length(duration, "duration", where)
        elif estimates:
            length = (estimates.optimistic + 4 * estimates.most_likely + estimates.pessimistic) / 6
        else:
            raise ValueError(f"{where}: the duration is missing. Give it as a number (0 for a milestone).")
        self._predecessors[task_id] = values.get("predecessors", "")
        return Task(
            id=task_id,
            name=values.get("name") or task_id,
            duration=length,
            estimates=estimates,
            not_before=_date(values.get("start", ""), where),
            owner=values.get("owner", ""),
            row=row,
        )

    def linked(self, task: Task, known: dict[str, Task]) -> Task:
        where = f"Row {task.row}, task {task.id}"
        names = _split_predecessors(self._predecessors[task.id], known)
        links = tuple(dict.fromkeys(self._link(name, known, where) for name in names))
        return replace(task, links=links)

    def _link(self, text: str, known: dict[str, Task], where: str) -> Link:
        if text in known:
            return Link(text)
        match = _LINK.fullmatch(text)
        if not match or match["id"] not in known:
            close = difflib.get_close_matches(text, known, n=1, cutoff=0.5) or [
                name for name in known if name.lower() == text.lower()
            ]
            hint = f" Did you mean '{close[0]}'?" if close else ""
            raise ValueError(
                f"{where}: predecessor '{text}' is not a task.{hint} The ids are: {_shortened(list(known))}."
            )
        kind = match["kind"].upper()
        if kind != "FS":
            raise ValueError(
                f"{where}: the link from {match['id']} is {kind}, and only finish-to-start (FS) links are "
                "scheduled. Split the task so that the dependency is from a finish to a start."
            )
        self._agree_unit(match["unit"], text, where)
        return Link(match["id"], float((match["lag"] or "0").replace(" ", "")))

    def _estimates(self, values: dict[str, str], where: str) -> Estimates | None:
        given = [name for name in ESTIMATES if values.get(name)]
        if not given:
            return None
        missing = [name.replace("_", " ") for name in ESTIMATES if name not in given]
        if missing:
            raise ValueError(
                f"{where}: the {' and '.join(missing)} estimate is missing. Give all three estimates or none."
            )
        low, mode, high = (
            self._length(values[name], f"{name.replace('_', ' ')} estimate", where) for name in ESTIMATES
        )
        if not low <= mode <= high:
            raise ValueError(
                f"{where}: the estimates {low:g}, {mode:g}, {high:g} are out of order. They must rise: "
                "optimistic, most likely, pessimistic."
            )
        return Estimates(low, mode, high)

    def _length(self, text: str, what: str, where: str) -> float:
        match = _DURATION.fullmatch(text.replace(",", ".") if self._decimal_comma else text)
        if not match:
            raise ValueError(
                f"{where}: the {what} '{text}' is not a number. Write it like 5 or 2.5, "
                f"in {self.unit or 'days'}."
            )
        self._agree_unit(match[2], text, where)
        length = float(match[1])
        if length < 0 or not math.isfinite(length):
            raise ValueError(
                f"{where}: the {what} '{text}' can't be used. It must be 0 (a milestone) or more."
            )
        return length

    def _agree_unit(self, written: str, text: str, where: str) -> None:
        if not written:
            return
        unit = UNIT_OF.get(written.lower())
        if unit is None:
            raise ValueError(f"{where}: the unit in '{text}' is not known. Use days or weeks (5d, 2w).")
        if self.unit is None:
            self.unit = unit
        if unit != self.unit:
            raise ValueError(
                f"{where}: '{text}' is in {unit}, and the table is in {self.unit}. Use one unit throughout."
            )


def _split_predecessors(text: str, known: dict[str, Task]) -> list[str]:
    if text in known:
        return [text]
    if text.lower() in _NO_PREDECESSOR:
        return []
    if ";" in text or "," in text:
        parts = re.split(r"[;,]", text)
    else:
        parts = re.sub(r"\s+(?=(?:FS|SS|FF|SF)\b)|(?<=[+-])\s+|\s+(?=[+-])", "", text, flags=re.I).split()
    return [part.strip() for part in parts if part.strip()]


def _date(text: str, where: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(
            f"{where}: the start date '{text}' can't be read. Write it as year-month-day, like 2026-03-30."
        ) from error


def _check_ids_differ(tasks: list[Task]) -> None:
    counts = Counter(task.id for task in tasks)
    for task_id, count in counts.items():
        if count > 1:
            rows = [str(task.row) for task in tasks if task.id == task_id]
            raise ValueError(
                f"Rows {' and '.join(rows)}: the id '{task_id}' is used {count} times. "
                "Give each task its own id."
            )


def _check_acyclic(tasks: tuple[Task, ...]) -> None:
    graph = {task.id: [link.predecessor for link in task.links] for task in tasks}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        cycle = error.args[1]
        row = next(task.row for task in tasks if task.id == cycle[-1])
        raise ValueError(
            f"Row {row}, task {cycle[-1]}: the tasks wait for each other in a circle: {' → '.join(cycle)}. "
            "Remove one of these dependencies."
        ) from error


def _shortened(names: list[str], most: int = 20) -> str:
    listed = ", ".join(names[:most])
    return listed if len(names) <= most else f"{listed} and {len(names) - most} more"
