"""The record of a process's outages, over its event loops."""

import logging
from time import monotonic

import psycopg
import pytest

from graphs.persistence.outage import Outage, outages

TARGET = "db:5432/sessions"
GONE = psycopg.OperationalError("connection refused\n\tIs the server running?")


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


@pytest.fixture
def loops() -> list[Outage]:
    """What two event loops know of one server, each with an operation at work."""
    found = [Outage(TARGET), Outage(TARGET)]
    for each in found:
        each.operations = 1
    return found


def test_the_lines_of_an_outage_have_fields(log):
    outage = Outage(TARGET)

    outage.begin(GONE)
    outage.end(monotonic())

    begun, ended = log.records
    assert (begun.outage, begun.target, begun.reason) == ("begin", TARGET, "connection refused")
    assert (ended.outage, ended.target, ended.reason) == ("end", TARGET, "connection refused")
    assert 0 <= ended.seconds < 60


def test_an_outage_that_two_event_loops_meet_is_one(loops, log):
    count = outages.count
    first, second = loops

    first.begin(GONE)
    second.begin(GONE)
    assert outages.going_on == 1
    first.end(monotonic())
    assert outages.going_on == 1
    second.end(monotonic())

    assert outages.going_on == 0
    assert outages.count == count + 1
    assert len(log.records) == 2


def test_an_event_loop_without_work_does_not_hold_up_the_end(loops):
    idle, busy = loops
    idle.begin(GONE)
    busy.begin(GONE)
    idle.operations = 0

    busy.end(monotonic())

    assert outages.going_on == 0
    assert idle.since is None
    idle.begin(GONE)
    assert outages.going_on == 1
    idle.end(monotonic())
    assert outages.going_on == 0


def test_a_connection_from_before_an_outage_that_is_over_begins_no_other(loops, log):
    busy, idle = loops
    idle.operations = 0
    made_at = monotonic()
    busy.begin(GONE)
    busy.end(monotonic())

    idle.begin(GONE, made_at=made_at)
    assert outages.going_on == 0
    assert len(log.records) == 2

    idle.begin(GONE, made_at=monotonic())
    assert outages.going_on == 1
    idle.end(monotonic())


def test_an_event_loop_that_ends_leaves_the_record(loops, log):
    first, _ = loops
    first.begin(GONE)

    first.forget()

    assert outages.going_on == 0
    assert len(log.records) == 1


def test_the_seconds_grow_while_an_outage_goes_on_and_not_after(loops):
    first, second = loops
    before = outages.seconds
    first.begin(GONE)
    second.begin(GONE)

    during = outages.seconds
    assert outages.seconds > during > before
    for each in loops:
        each.end(monotonic())

    total = outages.seconds
    assert total >= during
    assert outages.seconds == total


def test_two_servers_have_an_outage_each(log):
    one, other = Outage("one:5432/sessions"), Outage("other:5432/sessions")

    one.begin(GONE)
    other.begin(GONE)
    assert outages.going_on == 2
    one.end(monotonic())
    assert outages.going_on == 1
    other.end(monotonic())

    assert [record.target for record in log.records] == [one.target, other.target] * 2
