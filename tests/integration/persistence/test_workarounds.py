"""That the benchmark of workarounds shows what it is there to show."""

import logging

import pytest

from benchmarks.workarounds import (
    LEFT_ALONE,
    OURS,
    RECREATED,
    TO_MEMORY,
    TO_NONE,
    TRACKED,
    WAYS,
    WRAPPED,
    Plan,
    faults,
    measure,
    trial,
)

_PLAN = Plan(trials=1, before=0.5, stopped=1.5, frozen=0.2, after=5)


@pytest.fixture(autouse=True)
def _quiet_driver(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "psycopg")


async def test_what_each_way_costs_under_the_same_fault(own_postgres):
    stop, _ = faults(own_postgres, _PLAN).values()

    found = await trial(own_postgres, list(WAYS), _PLAN, stop)

    outcomes = {name: result.outcome for name, result in found.items()}
    assert outcomes[RECREATED].agents_after == 0
    assert outcomes[RECREATED].errors["PoolClosed"] > 0
    for degraded in (TO_MEMORY, TO_NONE):
        assert outcomes[degraded].damaged_sessions > 0
    for kept in (LEFT_ALONE, TRACKED, WRAPPED, OURS):
        assert outcomes[kept].damaged_sessions == 0
    assert outcomes[OURS].errors == {}
    assert outcomes[OURS].lost_turns == 0
    assert outcomes[OURS].agents_after == 5
    assert found[OURS].left_open == 0


async def test_the_report_has_a_line_for_each_way(own_postgres):
    plan = Plan(trials=1, before=0.2, stopped=0.3, frozen=0.2, after=1)

    report = await measure(own_postgres, plan, [OURS])

    for table in report.tables:
        [row] = table.rows
        assert len(row) == len(table.columns)
        assert row[0] == OURS
