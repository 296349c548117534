"""Funnels against a table worked out by hand, and against a plain loop over random events."""

from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import pytest

from graphs.analytics.query.funnel import Funnel, funnel
from graphs.analytics.tables.aggregate import open_table
from graphs.analytics.tables.selection import Selection

EVENTS = """user,event,time,plan
a,visit,2024-01-01 10:00,free
a,cart,2024-01-01 11:00,free
a,buy,2024-01-01 13:00,free
b,cart,2024-01-01 09:00,free
b,visit,2024-01-01 10:00,free
b,buy,2024-01-01 12:00,free
c,visit,2024-01-02 10:00,paid
c,cart,2024-01-02 10:00,paid
d,visit,2024-01-02 10:00,paid
d,cart,2024-01-02 10:30,paid
d,visit,2024-01-02 11:00,paid
e,cart,2024-01-03 10:00,paid
e,buy,2024-01-03 11:00,paid
f,visit,,paid
,visit,2024-01-03 11:00,paid
"""
STEPS = ("visit", "cart", "buy")


def followed(tmp_path: Path, content: str, *steps: str, **selection: object) -> Funnel:
    file = tmp_path / "events.csv"
    file.write_text(content)
    with open_table("events.csv", file) as table:
        return funnel(table, "user", "event", steps, Selection(**selection))


def test_by_hand(tmp_path: Path) -> None:
    result = followed(tmp_path, EVENTS, *STEPS)

    # b's cart is before the visit, c's at its very time, e never visits; only a buys after the cart
    assert [(step.name, step.reached, step.tied) for step in result.steps] == [
        ("visit", 4, 0),
        ("cart", 2, 1),
        ("buy", 1, 0),
    ]
    # a takes an hour from visit to cart, d half an hour; a buys two hours later
    assert [step.seconds for step in result.steps] == [None, 2700, 7200]
    assert (result.entities, result.rows_used, result.left_out) == (5, 13, 2)


def test_steps_may_repeat_and_match_in_any_case(tmp_path: Path) -> None:
    assert [s.reached for s in followed(tmp_path, EVENTS, "Visit", "VISIT").steps] == [4, 1]
    assert [s.name for s in followed(tmp_path, EVENTS, "Visit", "buy").steps] == ["visit", "buy"]


def test_filter_narrows_the_rows(tmp_path: Path) -> None:
    result = followed(tmp_path, EVENTS, *STEPS, where="plan = paid")
    assert [step.reached for step in result.steps] == [2, 1, 0]
    assert result.steps[2].seconds is None


def test_without_dates_the_order_is_not_known(tmp_path: Path) -> None:
    content = "\n".join(",".join(line.split(",")[:2]) for line in EVENTS.splitlines())
    result = followed(tmp_path, content, *STEPS)

    assert result.date_column is None
    # a and b have all three; f has a visit, too
    assert [(step.reached, step.tied, step.seconds) for step in result.steps] == [
        (5, 0, None),
        (4, 0, None),
        (2, 0, None),
    ]


def test_random_events_agree_with_a_loop(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    names = ("visit", "cart", "buy", "return")
    events = pd.DataFrame(
        {
            "user": rng.integers(0, 300, 3000),
            "event": rng.choice(names, 3000, p=(0.5, 0.25, 0.15, 0.1)),
            "time": [datetime(2024, 1, 1) + timedelta(minutes=int(m)) for m in rng.integers(0, 40, 3000)],
        }
    )
    reached, waits = defaultdict(int), defaultdict(list)
    for _, own in events.groupby("user"):
        now = None
        for place, name in enumerate(names):
            times = [t for t in own[own.event == name].time if now is None or t > now]
            if not times:
                break
            reached[place] += 1
            waits[place].append((min(times) - now).total_seconds() if now is not None else None)
            now = min(times)
    result = followed(tmp_path, events.to_csv(index=False), *names)

    assert [step.reached for step in result.steps] == [reached[place] for place in range(4)]
    assert [step.seconds for step in result.steps[1:]] == [median(waits[place]) for place in (1, 2, 3)]
    assert result.entities == events.user.nunique()
    assert sum(step.tied for step in result.steps) > 0


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (("visit",), "two to 12 steps, in their order, .*; given: visit"),
        (("visit", "crt"), "'event' holds no 'crt'. Did you mean 'cart'. It holds 'visit', 'cart', 'buy'"),
        (("visit", "x' OR '1'='1"), "holds no 'x' OR '1'='1'"),
    ],
)
def test_steps_must_exist(tmp_path: Path, steps: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        followed(tmp_path, EVENTS, *steps)


def test_step_that_could_be_two_values_is_asked_about(tmp_path: Path) -> None:
    content = "user,event,time\na,Visit,2024-01-01\na,visit,2024-01-02\na,buy,2024-01-03\n"
    with pytest.raises(ValueError, match="'VISIT' may be 'Visit' or 'visit' of 'event': say which"):
        followed(tmp_path, content, "VISIT", "buy")
    assert [s.reached for s in followed(tmp_path, content, "Visit", "visit", "buy").steps] == [1, 1, 1]
