"""What an operator sees of an outage: metrics, probes and the log, from the real server with runs at work."""

import asyncio
import json
import signal
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.faults.harness.scrape import scrape, scraped_when
from tests.faults.harness.served import Served, serve
from tests.support.fleet import all_in_flight, ended, start_fleet
from tests.support.postgres import PostgresInstance


@pytest.fixture(scope="module")
def served(postgres: PostgresInstance, tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    """The real server, its log as in production, and a short outage budget: runs are queued again."""
    with serve(
        postgres.uri,
        tmp_path_factory.mktemp("project"),
        CHECKPOINT_OUTAGE_BUDGET_SECONDS="2",
        BG_JOB_MAX_RETRIES="20",
        LOG_JSON="true",
    ) as served:
        yield served


async def test_an_outage_is_seen_in_metrics_probes_and_log(
    served: Served, postgres: PostgresInstance, client: LangGraphClient
) -> None:
    async with httpx.AsyncClient(base_url=served.server.url, timeout=60, trust_env=False) as http:
        before = await scrape(http)
        assert before["holdfast_outage"] == 0
        assert before["holdfast_outages_total"] == 0
        assert before['holdfast_operation_retries_total{kind="outage"}'] == 0
        assert before["holdfast_pool_connections_max"] == served.connection_budget
        assert before["lg_api_workers_max"] == 10, "the server's own metrics are beside ours"
        assert (await http.get("/ready")).status_code == 200

        runs = await start_fleet(client, each=1)
        await all_in_flight(postgres, runs, within=60)
        await asyncio.to_thread(postgres.stop, "immediate")
        try:
            refused = await http.get("/ready", params={"deadline": 1})
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            assert (await http.get("/live")).status_code == 200

            down = await scraped_when(
                http, lambda now: now["holdfast_outage"] == 1 and now["holdfast_operations_in_progress"] > 0
            )
            later = await scraped_when(http, lambda now: now["holdfast_runs_requeued_total"] >= len(runs))
            assert later["holdfast_outage_seconds_total"] > down["holdfast_outage_seconds_total"] > 0
            assert later["holdfast_connect_failures_total"] > 0
            waiting = [await client.runs.get(run.thread_id, run.run_id) for run in runs]
            assert {record["status"] for record in waiting} <= {"pending", "running"}
        finally:
            await asyncio.to_thread(postgres.start)

        records = [await ended(client, run, within=120) for run in runs]
        assert [record["status"] for record in records] == ["success"] * len(runs)
        assert (await http.get("/ready")).status_code == 200
        after = await scrape(http)

    assert after["holdfast_outage"] == 0
    assert after["holdfast_outages_total"] >= 1
    assert after['holdfast_operation_retries_total{kind="outage"}'] > 0
    assert after["holdfast_operations_given_up_total"] >= len(runs)
    assert after["holdfast_pool_sweeps_total"] >= 1
    assert after["holdfast_connections_lost_total"] >= 1
    assert after["holdfast_operations_waiting"] == 0
    for operation in ("put", "put_writes", "get", "ready"):
        assert after[f'holdfast_operation_seconds_count{{operation="{operation}"}}'] > 0

    lines = log_lines(served.log)
    outages = [line for line in lines if "outage" in line]
    assert [line["outage"] for line in outages] == ["begin", "end"] * int(after["holdfast_outages_total"])
    assert all(line["target"] == f"127.0.0.1:{postgres.port}/postgres" for line in outages)
    seconds = sum(line.get("seconds", 0) for line in outages)
    assert seconds == pytest.approx(after["holdfast_outage_seconds_total"], abs=0.1)
    requeued = [line for line in lines if "will retry" in line["event"]]
    assert len(requeued) == after["holdfast_runs_requeued_total"]
    assert "Traceback" not in served.log.read_text()


async def test_a_process_that_hangs_is_not_live(served: Served) -> None:
    assert served.server.process is not None
    async with httpx.AsyncClient(base_url=served.server.url, timeout=60, trust_env=False) as http:
        served.server.process.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(httpx.TimeoutException):
                await http.get("/live", timeout=1)
        finally:
            served.server.process.send_signal(signal.SIGCONT)
        assert (await http.get("/live")).status_code == 200


def log_lines(log: Path) -> list[dict[str, Any]]:
    """Return the lines of the log that are JSON, which all are once the server is set up."""
    lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines]
