"""The critical path method: earliest and latest times, float, and the critical path.

J. E. Kelley, M. R. Walker, "Critical-path planning and scheduling", Proc. Eastern Joint Computer
Conference (1959) 160-173; in the notation of F. S. Hillier, G. J. Lieberman, "Introduction to Operations
Research", chapter "Project management with PERT/CPM". Times are in the plan's unit, from the project's
start at 0.
"""

import graphlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from graphs.project_bodhi.dates import Calendar, calendar_of
from graphs.project_bodhi.tasks import Plan

# Of more critical paths than this, the first are listed and all are counted.
MOST_PATHS = 20

# Sums of decimal durations are equal when they differ by less than this share of the project's length.
_SAME_TIME = 1e-9


@dataclass(frozen=True)
class ScheduledTask:
    """A task's times. Total float is how long it may slip without delaying the project; free float without
    delaying any other task. Critical tasks have no total float."""

    id: str
    name: str
    owner: str
    duration: float
    early_start: float
    early_finish: float
    late_start: float
    late_finish: float
    total_float: float
    free_float: float
    critical: bool


@dataclass(frozen=True)
class Schedule:
    """All tasks in the plan's order; ``finish`` is the project's length (its makespan) in ``unit``.

    ``critical_paths`` are the longest chains of tasks, at most 20; ``critical_path_count`` counts all.
    """

    tasks: tuple[ScheduledTask, ...]
    unit: str
    finish: float
    critical_paths: tuple[tuple[str, ...], ...]
    critical_path_count: int

    @property
    def critical_tasks(self) -> tuple[str, ...]:
        return tuple(task.id for task in self.tasks if task.critical)


class Network:
    """A plan's tasks and links by number, for passes over one or many sets of durations.

    A pass takes durations of shape (tasks,) or (tasks, runs) and returns arrays of that shape.
    """

    def __init__(self, plan: Plan, calendar: Calendar | None = None) -> None:
        self.plan = plan
        number = {task.id: place for place, task in enumerate(plan.tasks)}
        self.before = [[(number[link.predecessor], link.lag) for link in task.links] for task in plan.tasks]
        self.after: list[list[tuple[int, float]]] = [[] for _ in plan.tasks]
        for place, links in enumerate(self.before):
            for predecessor, lag in links:
                self.after[predecessor].append((place, lag))
        self.order = list(
            graphlib.TopologicalSorter(
                {place: [predecessor for predecessor, _ in links] for place, links in enumerate(self.before)}
            ).static_order()
        )
        calendar = calendar or calendar_of(plan)
        self.not_before = [
            calendar.time_of(task.not_before) if calendar and task.not_before else 0.0 for task in plan.tasks
        ]

    def earliest(self, durations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Earliest starts and finishes: the forward pass."""
        starts, finishes = np.zeros_like(durations), np.zeros_like(durations)
        for task in self.order:
            starts[task] = self.not_before[task]
            for predecessor, lag in self.before[task]:
                starts[task] = np.maximum(starts[task], finishes[predecessor] + lag)
            finishes[task] = starts[task] + durations[task]
        return starts, finishes

    def latest(self, durations: np.ndarray, finish: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Latest starts and finishes that keep the project's finish: the backward pass."""
        starts, finishes = np.zeros_like(durations), np.zeros_like(durations)
        for task in reversed(self.order):
            finishes[task] = finish
            for successor, lag in self.after[task]:
                finishes[task] = np.minimum(finishes[task], starts[successor] - lag)
            starts[task] = finishes[task] - durations[task]
        return starts, finishes

    def tight(self, task: int, starts: np.ndarray, finishes: np.ndarray, tolerance: float) -> list[int]:
        """The predecessors that determine when a task can start."""
        return list(
            dict.fromkeys(
                predecessor
                for predecessor, lag in self.before[task]
                if finishes[predecessor] + lag >= starts[task] - tolerance
            )
        )


def critical_path(plan: Plan, calendar: Calendar | None = None) -> Schedule:
    """Schedule a plan by its durations.

    Start dates in the plan hold tasks back ("start no earlier than"), counted on `calendar` or, without
    one, on working days from the earliest of them.
    """
    return schedule(Network(plan, calendar), np.array([task.duration for task in plan.tasks], dtype=float))


def schedule(network: Network, durations: np.ndarray) -> Schedule:
    """Schedule a network by the given durations, (tasks,)."""
    early_start, early_finish = network.earliest(durations)
    finish = early_finish.max()
    late_start, late_finish = network.latest(durations, finish)
    tolerance = time_tolerance(finish)
    critical = late_start - early_start <= tolerance
    free = [
        min([finish, *(early_start[successor] - lag for successor, lag in network.after[task])])
        - early_finish[task]
        for task in range(len(durations))
    ]
    tasks = tuple(
        ScheduledTask(
            id=task.id,
            name=task.name,
            owner=task.owner,
            duration=_tidy(durations[place]),
            early_start=_tidy(early_start[place]),
            early_finish=_tidy(early_finish[place]),
            late_start=_tidy(late_start[place]),
            late_finish=_tidy(late_finish[place]),
            total_float=_tidy(late_start[place] - early_start[place]),
            free_float=_tidy(free[place]),
            critical=bool(critical[place]),
        )
        for place, task in enumerate(network.plan.tasks)
    )
    chains = {
        task: [
            before for before in network.tight(task, early_start, early_finish, tolerance) if critical[before]
        ]
        for task in network.order
        if critical[task]
    }
    followed = {before for befores in chains.values() for before in befores}
    ends = [task for task in sorted(chains) if task not in followed]
    ids = [task.id for task in tasks]
    return Schedule(
        tasks=tasks,
        unit=network.plan.unit,
        finish=_tidy(finish),
        critical_paths=tuple(
            tuple(ids[task] for task in path) for path in islice(_paths(chains, ends), MOST_PATHS)
        ),
        critical_path_count=_count_paths(chains, ends),
    )


def time_tolerance(finish: float) -> float:
    """How far two times of a project of that length may differ and still be the same."""
    return _SAME_TIME * max(1.0, float(finish))


def _paths(chains: dict[int, list[int]], ends: list[int]) -> Iterator[list[int]]:
    """Every chain from a first task to a last one, depth first."""
    stack = [[end] for end in reversed(ends)]
    while stack:
        path = stack.pop()
        befores = chains[path[0]]
        if not befores:
            yield path
        stack += [[before, *path] for before in reversed(befores)]


def _count_paths(chains: dict[int, list[int]], ends: list[int]) -> int:
    ways: dict[int, int] = {}
    for task, befores in chains.items():  # in topological order
        ways[task] = sum(ways[before] for before in befores) or 1
    return sum(ways[end] for end in ends)


def _tidy(time: float) -> float:
    """Without the last digits of binary sums: 0.3, not 0.30000000000000004."""
    return round(float(time), 9) + 0.0
