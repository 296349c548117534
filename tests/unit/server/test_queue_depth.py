"""The depth of the queue in the log."""

import asyncio
import json
import logging
import os
import subprocess
import sys

import pytest
from prometheus_client import CollectorRegistry, Gauge

from graphs.server import queue_depth as module
from graphs.server.queue_depth import logging_queue_depth, queue_depth


def _registry(**runs: int) -> CollectorRegistry:
    registry = CollectorRegistry()
    for state, number in runs.items():
        Gauge(f"lg_api_num_{state}_runs", "…", ["project_id"], registry=registry).labels("").set(number)
    return registry


def test_the_depth_is_what_the_gauges_say():
    assert queue_depth(_registry(pending=3, running=0)) == {"pending_runs": 3, "running_runs": 0}


def test_a_process_without_both_gauges_knows_no_depth():
    assert queue_depth(_registry(pending=3)) is None


def test_langgraphs_server_names_its_gauges_so():
    """Its own reporter, as its API process uses it; in a process of its own, since it is one for all."""
    script = """
import json
from langgraph_api import metrics_otlp
from graphs.server.queue_depth import queue_depth
reporter = metrics_otlp.get_otlp_metrics_reporter()
reporter.initialize()
reporter.record_gauge(metrics_otlp.GAUGE_NUM_PENDING_RUNS, 7)
reporter.record_gauge(metrics_otlp.GAUGE_NUM_RUNNING_RUNS, 2)
print()
print(json.dumps(queue_depth()))
"""
    environment = os.environ | {
        "REDIS_URI": "fake",
        "DATABASE_URI": ":memory:",
        "LANGGRAPH_RUNTIME_EDITION": "inmem",
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"pending_runs": 7, "running_runs": 2}


async def test_lines_carry_the_numbers_as_fields(monkeypatch, caplog):
    depths = iter([None, {"pending_runs": 3, "running_runs": 10}])
    told = asyncio.Event()

    def next_depth():
        depth = next(depths, None)
        if depth is None:
            return None
        told.set()
        return depth

    monkeypatch.setattr(module, "queue_depth", next_depth)
    monkeypatch.setenv("QUEUE_DEPTH_LOG_SECONDS", "1")
    with caplog.at_level(logging.INFO, module.__name__):
        async with logging_queue_depth():
            await asyncio.wait_for(told.wait(), timeout=60)
            await asyncio.sleep(0)
    [line] = [record for record in caplog.records if record.name == module.__name__]
    assert line.getMessage() == "3 runs wait, 10 are at work."
    assert (line.pending_runs, line.running_runs) == (3, 10)


async def test_nothing_is_logged_unless_it_is_asked_for(monkeypatch):
    monkeypatch.delenv("QUEUE_DEPTH_LOG_SECONDS", raising=False)
    before = asyncio.all_tasks()
    async with logging_queue_depth():
        assert asyncio.all_tasks() == before


async def test_a_number_of_seconds_that_can_not_be_is_refused(monkeypatch):
    monkeypatch.setenv("QUEUE_DEPTH_LOG_SECONDS", "0")
    with pytest.raises(ValueError, match=r"^QUEUE_DEPTH_LOG_SECONDS is '0': .*1\. Correct it or unset it\.$"):
        async with logging_queue_depth():
            pass
