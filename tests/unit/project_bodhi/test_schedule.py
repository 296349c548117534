from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.project_bodhi.dates import Calendar, calendar_of
from graphs.project_bodhi.schedule import MOST_PATHS, Schedule, ScheduledTask, critical_path
from graphs.project_bodhi.tasks import Link, Plan, Task, read_tasks


def _plan(rows: str, unit: str = "days") -> Plan:
    """Rows like "A 3, B 2 A C"."""
    tasks = []
    for row in rows.split(","):
        task_id, duration, *before = row.split()
        tasks.append(Task(task_id, task_id, float(duration), tuple(Link(name) for name in before)))
    return Plan(tuple(tasks), unit)


def _by_id(schedule: Schedule) -> dict[str, ScheduledTask]:
    return {task.id: task for task in schedule.tasks}


RELIABLE = _plan(
    "A 2, B 4 A, C 10 B, D 6 C, E 4 C, F 5 E, G 7 D, H 9 E G, I 7 C, J 8 F I, K 4 J, L 5 J, M 2 H, N 6 K L",
    "weeks",
)


def test_reliable_construction_project():
    # F. S. Hillier, G. J. Lieberman, Introduction to Operations Research, "Project management with PERT/CPM":
    # 44 weeks, critical path A-B-C-E-F-J-L-N, and the table of starts, finishes and slacks
    schedule = critical_path(RELIABLE)
    assert schedule.finish == 44
    assert schedule.unit == "weeks"
    assert schedule.critical_paths == (tuple("ABCEFJLN"),)
    assert schedule.critical_path_count == 1
    assert schedule.critical_tasks == tuple("ABCEFJLN")
    early = {task.id: (task.early_start, task.early_finish) for task in schedule.tasks}
    late = {task.id: (task.late_start, task.late_finish) for task in schedule.tasks}
    assert early["H"] == (29, 38)
    assert late["H"] == (33, 42)
    assert early["I"] == (16, 23)
    assert late["I"] == (18, 25)
    assert early["N"] == late["N"] == (38, 44)
    slack = {"A": 0, "B": 0, "C": 0, "D": 4, "E": 0, "F": 0, "G": 4, "H": 4, "I": 2, "J": 0, "K": 1, "L": 0}
    assert {task.id: task.total_float for task in schedule.tasks} == slack | {"M": 4, "N": 0}


def test_free_float_is_what_delays_no_other_task():
    tasks = _by_id(critical_path(RELIABLE))
    # D, G and H share a total float of 4 with M, the end of their chain; only M's is free
    assert [tasks[name].free_float for name in "DGHM"] == [0, 0, 0, 4]
    assert (tasks["I"].free_float, tasks["K"].free_float, tasks["A"].free_float) == (2, 1, 0)


def test_lags_and_leads():
    tasks = (
        Task("A", "A", 3),
        Task("B", "B", 2, (Link("A", 2),)),
        Task("C", "C", 4, (Link("A", -1),)),
        Task("D", "D", 1, (Link("A", -10),)),
    )
    schedule = critical_path(Plan(tasks, "days"))
    starts = {task.id: task.early_start for task in schedule.tasks}
    assert starts == {"A": 0, "B": 5, "C": 2, "D": 0}  # a lead can't start a task before the project
    assert schedule.finish == 7
    assert schedule.critical_paths == (("A", "B"),)
    assert _by_id(schedule)["C"].total_float == 1


def test_all_critical_paths_are_found_and_long_lists_are_counted():
    two = critical_path(_plan("S 1, A 2 S, B 2 S, C 1 S, E 1 A B C"))
    assert two.critical_paths == (("S", "A", "E"), ("S", "B", "E"))
    assert two.critical_path_count == 2

    rows, before = ["S0 1"], "S0"
    for stage in range(1, 8):  # seven diamonds in a row: 2 to the 7th paths
        rows += [f"A{stage} 1 {before}", f"B{stage} 1 {before}", f"S{stage} 1 A{stage} B{stage}"]
        before = f"S{stage}"
    many = critical_path(_plan(",".join(rows)))
    assert many.critical_path_count == 128
    assert len(many.critical_paths) == MOST_PATHS
    assert len(set(many.critical_paths)) == MOST_PATHS


def test_separate_chains_and_a_closing_milestone():
    schedule = critical_path(_plan("A 5, B 3, C 2 B, M 0 A C"))
    assert schedule.finish == 5
    assert schedule.critical_paths == (("A", "M"), ("B", "C", "M"))


def test_one_task_and_a_plan_of_milestones():
    assert critical_path(_plan("A 3")).critical_paths == (("A",),)
    only = critical_path(_plan("A 0, B 0 A"))
    assert only.finish == 0
    assert only.critical_paths == (("A", "B"),)


def test_decimal_durations_stay_decimal_and_critical():
    schedule = critical_path(_plan("A 0.1, B 0.2 A, C 0.3, D 1 B C"))
    assert _by_id(schedule)["D"].early_start == 0.3
    assert schedule.critical_path_count == 2
    assert all(task.total_float == 0 for task in schedule.tasks)


def test_the_order_of_the_rows_does_not_matter():
    backwards = critical_path(Plan(RELIABLE.tasks[::-1], "weeks"))
    assert _by_id(backwards) == _by_id(critical_path(RELIABLE))


def test_a_start_date_holds_a_task_back():
    plan = read_tasks(
        "id,duration_days,predecessors,start\nA,2,,2026-03-02\nB,3,A,2026-03-09\nC,1,A,2026-03-01\n"
    )
    schedule = critical_path(plan, Calendar(date(2026, 3, 2), "days"))
    starts = {task.id: task.early_start for task in schedule.tasks}
    assert starts == {"A": 0, "B": 5, "C": 2}  # Monday to Monday is 5 working days
    assert schedule.finish == 8
    assert schedule.critical_paths == (("B",),)
    assert _by_id(schedule)["A"].total_float == 3
    assert _by_id(schedule)["A"].free_float == 0  # C waits for it
    assert critical_path(plan, Calendar(date(2026, 3, 2), "days", 7)).finish == 10


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.data())
def test_a_schedule_keeps_its_invariants(data):
    count = data.draw(st.integers(1, 12))
    tasks = []
    for place in range(count):
        before = data.draw(st.sets(st.integers(0, place - 1), max_size=3)) if place else set()
        links = tuple(Link(str(n), data.draw(st.integers(0, 2))) for n in sorted(before))
        tasks.append(Task(str(place), "", data.draw(st.integers(0, 9)), links))
    plan = Plan(tuple(tasks), "days")
    schedule = critical_path(plan)
    by_id = _by_id(schedule)
    for task in plan.tasks:
        own = by_id[task.id]
        assert 0 <= own.free_float <= own.total_float
        assert own.late_finish <= schedule.finish
        for link in task.links:
            assert own.early_start >= by_id[link.predecessor].early_finish + link.lag
            assert own.late_start >= by_id[link.predecessor].late_finish + link.lag
    lags = {(link.predecessor, task.id): link.lag for task in plan.tasks for link in task.links}
    for path in schedule.critical_paths:
        length = sum(by_id[name].duration for name in path) + sum(lags[step] for step in pairwise(path))
        assert length == schedule.finish
        assert set(path) <= set(schedule.critical_tasks)
    assert {name for path in schedule.critical_paths for name in path} == set(schedule.critical_tasks) or (
        schedule.critical_path_count > MOST_PATHS
    )


@pytest.mark.parametrize(
    ("unit", "days_per_week", "time", "start", "finish"),
    [
        ("days", 5, 0, "2026-03-02", "2026-03-02"),  # 2 March 2026 is a Monday
        ("days", 5, 5, "2026-03-09", "2026-03-06"),
        ("days", 5, 4.5, "2026-03-06", "2026-03-06"),
        ("days", 7, 5, "2026-03-07", "2026-03-06"),
        ("weeks", 5, 44, "2027-01-04", "2027-01-01"),
        ("weeks", 7, 44, "2027-01-04", "2027-01-03"),
        ("weeks", 5, 0.2, "2026-03-03", "2026-03-02"),
    ],
)
def test_dates(unit, days_per_week, time, start, finish):
    calendar = Calendar(date(2026, 3, 2), unit, days_per_week)
    assert calendar.start_of(time) == date.fromisoformat(start)
    assert calendar.finish_of(time) == date.fromisoformat(finish)


def test_a_project_that_starts_on_a_weekend_starts_on_monday():
    calendar = Calendar(date(2026, 2, 28), "days")
    assert calendar.start_of(0) == date(2026, 3, 2)
    assert calendar.time_of(date(2026, 3, 3)) == 1
    assert calendar.time_of(date(2026, 2, 1)) == 0


def test_time_of_a_day_is_the_inverse_of_its_start():
    for unit, days_per_week in (("days", 5), ("days", 7), ("weeks", 5), ("weeks", 7)):
        calendar = Calendar(date(2026, 3, 4), unit, days_per_week)
        for time in np.arange(0, 30, 1 if unit == "days" else 1 / days_per_week):
            assert calendar.time_of(calendar.start_of(time)) == pytest.approx(time)


def test_the_calendar_of_a_plan():
    plan = read_tasks("id,duration,predecessors,start\nA,2,,2026-03-09\nB,3,A,2026-03-02\n")
    found = calendar_of(plan)
    assert found is not None
    assert found.first_day == date(2026, 3, 2)
    assert calendar_of(plan, date(2026, 1, 1)) == Calendar(date(2026, 1, 1), "days")
    assert calendar_of(RELIABLE) is None


def test_a_week_of_six_days_is_refused():
    with pytest.raises(ValueError, match="6 working days"):
        Calendar(date(2026, 3, 2), "days", 6)
