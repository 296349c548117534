"""A server of the module's own with the harness's graph, and what the agents say when nothing is broken."""

import asyncio
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk import get_client

from graphs.server.process import DevServer
from tests.faults.harness.faults import Scene
from tests.faults.harness.served import Served, serve
from tests.support.fleet import ended, start_fleet
from tests.support.postgres import PostgresInstance
from tests.support.tasks import told


@pytest.fixture(scope="module")
def served(postgres: PostgresInstance, tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    """The real server on the module's PostgreSQL, with the graph of counted steps, and its files."""
    with serve(postgres.uri, tmp_path_factory.mktemp("project")) as served:
        yield served


@pytest.fixture(scope="module")
def project(served: Served) -> Path:
    """The folder in which the server keeps its threads and runs."""
    return served.project


@pytest.fixture(scope="module")
def server(served: Served) -> DevServer:
    """The server, ready; its log is `server.log` in the project."""
    return served.server


@pytest.fixture
def scene(postgres: PostgresInstance) -> Generator[Scene]:
    """What faults of the harness act upon; what a failing test leaves broken is mended for the next one."""
    yield Scene(postgres)
    postgres.thaw()
    postgres.start()


@pytest.fixture(scope="module")
def undisturbed(server: DevServer) -> dict[str, Any]:
    """What each agent's final state says when nothing is broken."""

    async def run_all() -> dict[str, Any]:
        async with get_client(url=server.url, api_key=None, timeout=150) as client:
            runs = await start_fleet(client, each=1)
            for run in runs:
                record = await ended(client, run, within=120)
                assert record["status"] == "success", (run.task.agent, record)
            states = [await client.threads.get_state(run.thread_id) for run in runs]
            return {run.task.agent: told(state["values"]) for run, state in zip(runs, states, strict=True)}

    return asyncio.run(run_all())
