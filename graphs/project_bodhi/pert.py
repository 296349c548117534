"""PERT: the distribution of a project's length from three estimates a task.

D. G. Malcolm, J. H. Roseboom, C. E. Clark, W. Fazar, "Application of a technique for research and
development program evaluation", Operations Research 7 (1959) 646-669. A task's mean is (o + 4m + p)/6 and
its variance ((p - o)/6)². The project's length is taken as that of the mean critical path, with independent
tasks and a normal distribution. The result is optimistic: other paths, which might turn out longer, are
left out. `simulate` takes them in.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from graphs.project_bodhi.dates import Calendar
from graphs.project_bodhi.schedule import Network, Schedule, schedule, time_tolerance
from graphs.project_bodhi.tasks import Plan


@dataclass(frozen=True)
class ExpectedTask:
    """A task's mean duration, in the plan's unit, and its variance, in that unit squared."""

    id: str
    expected: float
    variance: float


@dataclass(frozen=True)
class Pert:
    """``mean`` and ``variance`` of the length of ``path``, the mean critical path.

    Of several mean critical paths, ``path`` is one with the largest variance: that gives the most careful
    answer for deadlines after the mean. ``schedule`` is by mean durations. ``fixed_tasks`` have no
    estimates: their duration is taken as certain.
    """

    tasks: tuple[ExpectedTask, ...]
    schedule: Schedule
    path: tuple[str, ...]
    mean: float
    variance: float
    fixed_tasks: tuple[str, ...]

    @property
    def standard_deviation(self) -> float:
        return math.sqrt(self.variance)

    def probability_by(self, deadline: float) -> float:
        """P(the project is finished by `deadline`), by the normal approximation."""
        if not math.isfinite(deadline):
            raise ValueError(f"A deadline of {deadline} can't be used. Give it in {self.schedule.unit}.")
        if self.variance == 0:
            return float(deadline >= self.mean - time_tolerance(self.mean))
        return NormalDist(self.mean, self.standard_deviation).cdf(deadline)

    def deadline_for(self, probability: float) -> float:
        """The deadline that is met with that probability, by the normal approximation."""
        if not 0 < probability < 1:
            raise ValueError(
                f"A probability of {probability:g} can't be promised. Give one between 0 and 1, like 0.9."
            )
        if self.variance == 0:
            return self.mean
        return NormalDist(self.mean, self.standard_deviation).inv_cdf(probability)


def pert(plan: Plan, calendar: Calendar | None = None) -> Pert:
    """Mean and variance of the project's length.

    Raises ValueError when no task of the plan has estimates.
    """
    check_has_estimates(plan)
    network = Network(plan, calendar)
    expected = np.array([task.duration for task in plan.tasks], dtype=float)
    variances = np.zeros(len(plan.tasks))
    for place, task in enumerate(plan.tasks):
        if task.estimates:
            low, mode, high = (
                task.estimates.optimistic,
                task.estimates.most_likely,
                task.estimates.pessimistic,
            )
            expected[place] = (low + 4 * mode + high) / 6
            variances[place] = ((high - low) / 6) ** 2
    by_means = schedule(network, expected)
    path = _widest_critical_path(network, expected, variances)
    ids = [task.id for task in plan.tasks]
    return Pert(
        tasks=tuple(
            ExpectedTask(ids[place], float(expected[place]), float(variances[place]))
            for place in range(len(ids))
        ),
        schedule=by_means,
        path=tuple(ids[task] for task in path),
        mean=by_means.finish,
        variance=float(variances[path].sum()),
        fixed_tasks=tuple(task.id for task in plan.tasks if task.estimates is None),
    )


def check_has_estimates(plan: Plan) -> None:
    """Raise ValueError when no task has estimates."""
    if not any(task.estimates for task in plan.tasks):
        raise ValueError(
            "No task has the three estimates that this needs. Add the columns optimistic, most_likely and "
            "pessimistic."
        )


def _widest_critical_path(network: Network, durations: np.ndarray, variances: np.ndarray) -> list[int]:
    """Of the longest chains, the one of largest variance."""
    starts, finishes = network.earliest(durations)
    tolerance = time_tolerance(finishes.max())
    widest: dict[int, float] = {}
    best_before: dict[int, int] = {}
    for task in network.order:
        # of the predecessors that fix when this task starts, the one at the end of the widest chain
        before = max(network.tight(task, starts, finishes, tolerance), key=widest.__getitem__, default=None)
        widest[task] = variances[task]
        if before is not None:
            widest[task] += widest[before]
            best_before[task] = before
    last = [task for task in network.order if finishes[task] >= finishes.max() - tolerance]
    most = max(widest[task] for task in last)
    # the last of equals takes in a closing milestone
    path = [[task for task in last if widest[task] == most][-1]]
    while path[0] in best_before:
        path.insert(0, best_before[path[0]])
    return path
