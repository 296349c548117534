"""Monte Carlo simulation of a project's length, with beta-PERT durations.

A duration with estimates a <= m <= b is a + (b - a) X, X ~ Beta(1 + 4(m - a)/(b - a), 1 + 4(b - m)/(b - a)):
its mean is PERT's (a + 4m + b)/6. The share of runs in which a task is critical is its criticality index
(R. M. Van Slyke, "Monte Carlo methods and the PERT problem", Operations Research 11 (1963) 839-860).
"""

import math
from dataclasses import dataclass

import numpy as np

from graphs.project_bodhi.dates import Calendar
from graphs.project_bodhi.pert import check_has_estimates
from graphs.project_bodhi.schedule import Network, time_tolerance
from graphs.project_bodhi.tasks import Plan

MOST_RUNS = 1_000_000
_PERCENTS = (5, 10, 25, 50, 75, 80, 90, 95)
_BATCH_CELLS = 2_000_000  # tasks x runs held in memory at a time


@dataclass(frozen=True)
class Simulation:
    """The distribution of the project's length over `runs` runs, in the plan's unit.

    ``percentiles`` are (percent, length). ``criticality`` is (task id, share of runs in which it was
    critical), in the plan's order. ``lengths`` are all runs, sorted.
    """

    runs: int
    seed: int
    mean: float
    standard_deviation: float
    percentiles: tuple[tuple[int, float], ...]
    criticality: tuple[tuple[str, float], ...]
    lengths: tuple[float, ...]

    def probability_by(self, deadline: float) -> tuple[float, float]:
        """The share of runs that finish by `deadline`, and the standard error of that share."""
        met = np.searchsorted(self.lengths, deadline + time_tolerance(abs(deadline)), side="right")
        share = float(met) / self.runs
        return share, math.sqrt(share * (1 - share) / self.runs)


def simulate(plan: Plan, runs: int = 10_000, seed: int = 1, calendar: Calendar | None = None) -> Simulation:
    """Simulate the project's length. Tasks without estimates keep their duration.

    Equal arguments give equal results. Raises ValueError when no task has estimates or `runs` isn't
    between 2 and 1,000,000.
    """
    check_has_estimates(plan)
    if not 2 <= runs <= MOST_RUNS:
        raise ValueError(f"{runs} runs can't be simulated. Ask for 2 to {MOST_RUNS:,}.")
    network = Network(plan, calendar)
    random = np.random.default_rng(seed)
    lengths = []
    critical_runs = np.zeros(len(plan.tasks))
    batch = max(1, _BATCH_CELLS // len(plan.tasks))
    for done in range(0, runs, batch):
        durations = _draw(plan, min(batch, runs - done), random)
        early_start, early_finish = network.earliest(durations)
        finish = early_finish.max(axis=0)
        late_start, _ = network.latest(durations, finish)
        critical_runs += (late_start - early_start <= time_tolerance(finish.max())).sum(axis=1)
        lengths.append(finish)
    ordered = np.sort(np.concatenate(lengths))
    return Simulation(
        runs=runs,
        seed=seed,
        mean=float(ordered.mean()),
        standard_deviation=float(ordered.std(ddof=1)),
        percentiles=tuple((percent, float(np.percentile(ordered, percent))) for percent in _PERCENTS),
        criticality=tuple(
            (task.id, float(count / runs)) for task, count in zip(plan.tasks, critical_runs, strict=True)
        ),
        lengths=tuple(ordered.tolist()),
    )


def _draw(plan: Plan, runs: int, random: np.random.Generator) -> np.ndarray:
    """(tasks, runs) durations."""
    durations = np.empty((len(plan.tasks), runs))
    for place, task in enumerate(plan.tasks):
        durations[place] = task.duration
        if task.estimates is None:
            continue
        low, mode, high = task.estimates.optimistic, task.estimates.most_likely, task.estimates.pessimistic
        durations[place] = low
        if high > low:
            rise = 4 * (mode - low) / (high - low)
            durations[place] += (high - low) * random.beta(1 + rise, 5 - rise, runs)
    return durations
