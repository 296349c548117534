"""One server on one PostgreSQL for the tests of a module, and what the agents say when nothing is broken."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from graphs.server.process import DevServer, isolated_project
from tests.support.fleet import ended, start_fleet
from tests.support.postgres import PostgresInstance
from tests.support.tasks import told

START_SECONDS = 120.0


@pytest.fixture(scope="module")
def postgres() -> Generator[PostgresInstance]:
    """A PostgreSQL of the module's own."""
    with PostgresInstance() as instance:
        yield instance


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the server keeps its threads and runs."""
    return isolated_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def server(postgres: PostgresInstance, project: Path) -> Generator[DevServer]:
    """The real server, ready; its log is shown when a test of it fails."""
    server = DevServer(
        project,
        environment={
            "CHECKPOINT_POSTGRES_URI": postgres.uri,
            "ARTIFACTS_URL": str(project / "files"),
            "MODEL": "",
        },
        log=project / "server.log",
    )
    server.start()
    try:
        server.wait_ready(START_SECONDS)
        yield server
    finally:
        server.stop()


@pytest.fixture
async def client(server: DevServer) -> AsyncGenerator[LangGraphClient]:
    """The SDK's client of the server."""
    async with get_client(url=server.url, api_key=None, timeout=150) as client:
        yield client


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
