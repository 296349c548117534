import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import graphs.project_bodhi
from graphs.project_bodhi.dates import Calendar
from graphs.project_bodhi.gantt import MOST_ROWS, gantt
from graphs.project_bodhi.schedule import critical_path
from graphs.project_bodhi.tasks import Link, Plan, Task, read_tasks

SAMPLE = Path(graphs.project_bodhi.__file__).parent / "samples" / "reliable_construction.csv"
RELIABLE = read_tasks(SAMPLE.read_bytes())
CRITICAL, OTHER, FLOAT = (0xD5, 0x5E, 0x00), (0x00, 0x72, 0xB2), (0xB9, 0xC0, 0xCA)


def _drawn(plan: Plan, calendar: Calendar | None = None, title: str = "") -> bytes:
    return gantt(plan, critical_path(plan, calendar), calendar, title)


def _pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def _count(png: bytes, colour: tuple[int, int, int]) -> int:
    return int((_pixels(png) == colour).all(axis=2).sum())


def _chain(count: int) -> Plan:
    return Plan(
        tuple(
            Task(f"T{n}", f"Task {n}", 1 + n % 3, (Link(f"T{n - 1}"),) if n % 4 else ()) for n in range(count)
        ),
        "days",
    )


def test_the_bars_have_the_lengths_of_the_tasks():
    png = _drawn(RELIABLE)
    assert png.startswith(b"\x89PNG")
    # critical tasks take 44 weeks, the others 35; the numbers on the bars and the legend blur it a little
    assert _count(png, CRITICAL) / _count(png, OTHER) == pytest.approx(44 / 35, rel=0.1)
    assert _count(png, FLOAT) > 0


def test_a_plan_without_float_has_neither_blue_nor_grey():
    png = _drawn(Plan((Task("A", "A", 2), Task("B", "B", 3, (Link("A"),))), "days"))
    assert _count(png, CRITICAL) > 0
    assert _count(png, OTHER) == 0


def test_equal_schedules_give_equal_bytes_also_from_many_threads():
    with ThreadPoolExecutor(4) as threads:
        pictures = set(threads.map(lambda _: _drawn(RELIABLE, title="Plan"), range(4)))
    assert pictures == {_drawn(RELIABLE, title="Plan")}


def test_a_calendar_changes_the_axis():
    dated = _drawn(RELIABLE, Calendar(date(2026, 3, 2), "weeks"))
    assert dated != _drawn(RELIABLE)
    assert dated != _drawn(RELIABLE, Calendar(date(2027, 3, 1), "weeks"))


def test_more_tasks_give_a_taller_picture_of_the_same_width():
    small, large = _pixels(_drawn(_chain(5))), _pixels(_drawn(_chain(60)))
    assert small.shape[1] == large.shape[1] == 1320
    assert large.shape[0] > 1.5 * small.shape[0]
    assert large.shape[0] < 2400


def test_of_very_many_tasks_the_first_are_drawn():
    plan = _chain(MOST_ROWS + 50)
    whole, cut = _drawn(plan), _drawn(Plan(plan.tasks[:MOST_ROWS], plan.unit))
    assert _pixels(whole).shape == _pixels(cut).shape
    assert whole != cut  # the title says what is left out


def test_milestones_leads_and_names_that_look_like_mathematics():
    plan = Plan(
        (
            Task(r"$\x{$", r"50 $ \frac", 4, owner="Ann"),
            Task(
                "B", "A name that goes on and on, far longer than any label can be", 2, (Link(r"$\x{$", -1),)
            ),
            Task("M", "done", 0, (Link("B"),)),
        ),
        "days",
    )
    assert _count(_drawn(plan, title="$"), CRITICAL) > 0


def test_a_project_of_milestones_alone_is_drawn():
    assert _drawn(Plan((Task("A", "A", 0),), "days")).startswith(b"\x89PNG")
