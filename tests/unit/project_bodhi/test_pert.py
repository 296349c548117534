import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import beta

import graphs.project_bodhi
from graphs.project_bodhi.pert import pert
from graphs.project_bodhi.simulate import simulate
from graphs.project_bodhi.tasks import Estimates, Link, Plan, Task, read_tasks

SAMPLE = Path(graphs.project_bodhi.__file__).parent / "samples" / "reliable_construction.csv"
RELIABLE = read_tasks(SAMPLE.read_bytes())


def _task(name: str, low: float, mode: float, high: float, *before: str) -> Task:
    mean = (low + 4 * mode + high) / 6
    return Task(name, name, mean, tuple(Link(other) for other in before), Estimates(low, mode, high))


def test_reliable_construction_project():
    # Hillier and Lieberman, "Project management with PERT/CPM": mean 44, variance 9, P(T <= 47) = .8413
    result = pert(RELIABLE)
    assert result.path == tuple("ABCEFJLN")
    assert result.mean == pytest.approx(44)
    assert result.variance == pytest.approx(9)
    assert result.standard_deviation == pytest.approx(3)
    assert round(result.probability_by(47), 4) == 0.8413
    assert result.deadline_for(0.8413447) == pytest.approx(47, abs=1e-4)
    variances = {task.id: task.variance for task in result.tasks}
    assert variances["A"] == pytest.approx(1 / 9)
    assert (variances["C"], variances["H"], variances["K"]) == (4, 4, 0)
    assert {task.id: task.expected for task in result.tasks} == pytest.approx(
        {task.id: task.duration for task in RELIABLE.tasks}
    )
    assert result.fixed_tasks == ()
    assert result.schedule.critical_path_count == 1


def test_of_several_critical_paths_the_one_of_largest_variance_counts():
    plan = Plan(
        (
            _task("S", 1, 1, 1),
            _task("A", 4, 5, 6, "S"),
            _task("B", 2, 5, 8, "S"),
            _task("E", 1, 1, 1, "A", "B"),
        ),
        "days",
    )
    result = pert(plan)
    assert result.schedule.critical_path_count == 2
    assert result.path == ("S", "B", "E")
    assert result.variance == pytest.approx(1)
    assert result.mean == 7


def test_a_lag_lengthens_the_path_and_not_its_variance():
    first = _task("A", 1, 2, 3)
    second = Task("B", "B", 2, (Link("A", 5),), Estimates(1, 2, 3))
    result = pert(Plan((first, second), "days"))
    assert result.mean == pytest.approx(9)
    assert result.variance == pytest.approx(2 / 9)


def test_tasks_without_estimates_are_certain_and_named():
    result = pert(Plan((_task("A", 1, 2, 3), Task("B", "B", 4, (Link("A"),))), "days"))
    assert result.fixed_tasks == ("B",)
    assert result.mean == pytest.approx(6)
    assert result.variance == pytest.approx(1 / 9)


def test_a_certain_project_meets_its_deadline_or_not():
    result = pert(Plan((_task("A", 2, 2, 2),), "days"))
    assert [result.probability_by(deadline) for deadline in (1.9, 2, 2.1)] == [0, 1, 1]
    assert result.deadline_for(0.99) == 2


def test_the_means_schedule_the_project_and_not_the_given_durations():
    task = Task("A", "A", 100, (), Estimates(1, 2, 3))
    assert pert(Plan((task,), "days")).mean == pytest.approx(2)


@pytest.mark.parametrize("probability", [0, 1, -0.1, 1.5, math.nan])
def test_an_impossible_probability_is_refused(probability):
    with pytest.raises(ValueError, match="probability"):
        pert(RELIABLE).deadline_for(probability)


@pytest.mark.parametrize("deadline", [math.inf, math.nan])
def test_an_impossible_deadline_is_refused(deadline):
    with pytest.raises(ValueError, match="deadline"):
        pert(RELIABLE).probability_by(deadline)


def test_a_plan_without_estimates_is_refused():
    plan = Plan((Task("A", "A", 1),), "days")
    for method in (pert, simulate):
        with pytest.raises(ValueError, match="No task has the three estimates"):
            method(plan)


def test_one_simulated_task_has_the_beta_pert_distribution():
    # Beta(1 + 4(m-a)/(b-a), 1 + 4(b-m)/(b-a)) on [a, b]; its mean is (a + 4m + b)/6
    low, mode, high = 2.0, 3.5, 8.0
    result = simulate(Plan((_task("A", low, mode, high),), "days"), runs=200_000, seed=11)
    exact = beta(1 + 4 * (mode - low) / 6, 1 + 4 * (high - mode) / 6, loc=low, scale=high - low)
    error = exact.std() / math.sqrt(result.runs)
    assert exact.mean() == pytest.approx((low + 4 * mode + high) / 6)
    assert result.mean == pytest.approx(exact.mean(), abs=4 * error)
    assert result.standard_deviation == pytest.approx(exact.std(), rel=0.01)
    for percent, length in result.percentiles:
        assert exact.cdf(length) == pytest.approx(percent / 100, abs=0.005)
    share, standard_error = result.probability_by(4)
    assert share == pytest.approx(exact.cdf(4), abs=4 * standard_error)
    assert standard_error == pytest.approx(math.sqrt(share * (1 - share) / 200_000))


def test_parallel_tasks_finish_later_than_pert_says():
    # E[max(A, B)] = ∫ (1 - F²) for independent A, B distributed by F; each is the longer half the time
    twins = Plan((_task("A", 0, 5, 10), _task("B", 0, 5, 10)), "days")
    result = simulate(twins, runs=50_000, seed=2)
    exact = beta(3, 3, scale=10)
    grid = np.linspace(0, 10, 20_001)
    expected = np.trapezoid(1 - exact.cdf(grid) ** 2, grid)
    assert result.mean == pytest.approx(expected, abs=0.03)
    assert result.mean > pert(twins).mean + 1
    criticality = dict(result.criticality)
    assert criticality["A"] == pytest.approx(0.5, abs=0.01)
    assert criticality["A"] + criticality["B"] == pytest.approx(1)


def test_the_simulated_reliable_construction_project():
    result = simulate(RELIABLE, runs=20_000, seed=1)
    criticality = dict(result.criticality)
    assert result.mean > 44  # merging paths make the PERT mean optimistic
    assert criticality["A"] == criticality["B"] == criticality["C"] == 1
    assert criticality["K"] + criticality["L"] == pytest.approx(criticality["J"], abs=1e-9)
    assert criticality["D"] == criticality["G"] == criticality["H"] == criticality["M"] > 0.05
    assert result.probability_by(47)[0] < pert(RELIABLE).probability_by(47)


def test_equal_seeds_give_equal_runs_in_any_number_of_batches(monkeypatch):
    once = simulate(RELIABLE, runs=1000, seed=5)
    assert once == simulate(RELIABLE, runs=1000, seed=5)
    assert once.lengths != simulate(RELIABLE, runs=1000, seed=6).lengths
    monkeypatch.setattr("graphs.project_bodhi.simulate._BATCH_CELLS", 14 * 300)
    batched = simulate(RELIABLE, runs=1000, seed=5)
    assert len(batched.lengths) == 1000
    assert batched.mean == pytest.approx(once.mean, abs=0.5)
    assert max(dict(batched.criticality).values()) == 1


@pytest.mark.parametrize("runs", [0, 1, 1_000_001])
def test_an_impossible_number_of_runs_is_refused(runs):
    with pytest.raises(ValueError, match="runs"):
        simulate(RELIABLE, runs=runs)
