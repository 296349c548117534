"""A server whose PostgreSQL is away when it starts, or longer than the outage budget."""

import asyncio
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from langgraph_sdk import get_client

from graphs.client import SessionStatus, restore_session, resume_session
from graphs.server.process import DevServer, isolated_project
from tests.support.fleet import all_in_flight, ended, start_run
from tests.support.postgres import PostgresInstance
from tests.support.tasks import TASKS
from tests.support.waiting import START_SECONDS, wait_for_text

MakeServer = Callable[..., DevServer]


@pytest.fixture
def make_server(postgres: PostgresInstance, tmp_path: Path) -> Generator[MakeServer]:
    """Make servers with an outage budget in seconds and other variables; they are stopped at the end."""
    servers = []

    def make(outage_budget: float, **variables: str) -> DevServer:
        server = DevServer(
            isolated_project(tmp_path),
            environment={
                "CHECKPOINT_POSTGRES_URI": postgres.uri,
                "CHECKPOINT_OUTAGE_BUDGET_SECONDS": str(outage_budget),
                "ARTIFACTS_URL": str(tmp_path / "files"),
                "MODEL": "",
                **variables,
            },
            log=tmp_path / "server.log",
        )
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.stop()
    postgres.start()


def test_the_server_waits_for_postgresql(
    make_server: MakeServer, postgres: PostgresInstance, tmp_path: Path
) -> None:
    postgres.stop()
    server = make_server(60)
    server.start()
    wait_for_text(tmp_path / "server.log", f"Waiting for PostgreSQL at 127.0.0.1:{postgres.port}")
    postgres.start()
    server.wait_ready(START_SECONDS)


def test_the_server_says_what_it_can_not_reach(
    make_server: MakeServer, postgres: PostgresInstance, tmp_path: Path
) -> None:
    postgres.stop()
    server = make_server(2)
    server.start()
    assert server.process
    assert server.process.wait(START_SECONDS) != 0
    log = (tmp_path / "server.log").read_text()
    assert f"PostgreSQL at 127.0.0.1:{postgres.port}/postgres can't be reached; gave up after" in log
    assert "CHECKPOINT_POSTGRES_URI" in log


async def test_a_run_whose_attempts_are_spent_is_resumed(
    make_server: MakeServer, postgres: PostgresInstance, tmp_path: Path
) -> None:
    server = make_server(1, BG_JOB_MAX_RETRIES="1")
    await asyncio.to_thread(server.start)
    await asyncio.to_thread(server.wait_ready, START_SECONDS)
    async with get_client(url=server.url, api_key=None, timeout=60) as client:
        run = await start_run(client, TASKS[1])
        await all_in_flight(postgres, [run], within=60)
        await asyncio.to_thread(postgres.stop, "immediate")
        record = await ended(client, run, within=60)
        assert record["status"] == "error"
        await asyncio.to_thread(postgres.start)
        session = await restore_session(run.thread_id, client=client, deadline=30)
        assert session.status is SessionStatus.INCOMPLETE
        assert session.reason == "its last run ended in error"
        finished = await resume_session(run.thread_id, client=client, deadline=30)
        assert finished.status is SessionStatus.IDLE
        assert [m["content"] for m in finished.values["messages"] if m["type"] == "human"] == [run.task.text]
        assert "torus-overhangs.png" in finished.values["artifacts"]
