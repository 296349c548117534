"""The real server, with the graph of counted steps beside the five agents."""

import json
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from psycopg.conninfo import conninfo_to_dict

from graphs.server.process import JOBS_PER_WORKER, DevServer, isolated_project
from tests.faults.harness import ledger, steps_agent
from tests.support.waiting import START_SECONDS

_CONNECTION_BUDGET = 12
_CLIENT_SECONDS = 300.0
"""A request may wait for the longest outage of a test."""


@dataclass(frozen=True)
class Served:
    """A server at work, and the files that it writes."""

    server: DevServer
    project: Path
    database_ports: frozenset[int]
    connection_budget: int

    @property
    def log(self) -> Path:
        return self.project / "server.log"

    @property
    def ledger(self) -> Path:
        return self.project / "ledger.jsonl"

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[LangGraphClient]:
        """Open a client of the SDK."""
        async with get_client(url=self.server.url, api_key=None, timeout=_CLIENT_SECONDS) as client:
            yield client


def steps_project(folder: Path, *, graphs: Mapping[str, str] | None = None) -> Path:
    """Return the folder, made a project that serves the five agents and the graph of counted steps.

    `graphs` are more of them: graph id to `module:variable`.
    """
    project = isolated_project(folder)
    file = project / "langgraph.json"
    config = json.loads(file.read_text())
    config["graphs"] |= {steps_agent.GRAPH_ID: f"{steps_agent.__name__}:graph", **(graphs or {})}
    file.write_text(json.dumps(config))
    return project


def make_served(
    uri: str,
    project: Path,
    *,
    connection_budget: int = _CONNECTION_BUDGET,
    jobs: int = JOBS_PER_WORKER,
    **environment: str,
) -> Served:
    """Return the server of a project of `steps_project`, not started yet.

    `uri` is its database; it holds up to `connection_budget` connections to it and runs up to `jobs` runs at
    once. `environment` are more variables for it.
    """
    server = DevServer(
        project,
        environment={
            "CHECKPOINT_POSTGRES_URI": uri,
            "CHECKPOINT_CONNECTION_BUDGET": str(connection_budget),
            "ARTIFACTS_URL": str(project / "files"),
            "MODEL": "",
            ledger.LEDGER_VARIABLE: str(project / "ledger.jsonl"),
            **environment,
        },
        log=project / "server.log",
        jobs=jobs,
    )
    ports = str(conninfo_to_dict(uri)["port"]).split(",")
    return Served(server, project, frozenset(map(int, ports)), connection_budget)


@contextmanager
def serve(
    uri: str,
    folder: Path,
    *,
    graphs: Mapping[str, str] | None = None,
    connection_budget: int = _CONNECTION_BUDGET,
    jobs: int = JOBS_PER_WORKER,
    **environment: str,
) -> Generator[Served]:
    """Start a server in an empty folder, and yield it when it is ready.

    See `steps_project` and `make_served` for the arguments.
    """
    served = make_served(
        uri,
        steps_project(folder, graphs=graphs),
        connection_budget=connection_budget,
        jobs=jobs,
        **environment,
    )
    with running(served):
        yield served


@contextmanager
def running(served: Served) -> Generator[None]:
    """Start the server, go on when it is ready, and stop it at the end."""
    served.server.start()
    try:
        served.server.wait_ready(START_SECONDS)
        yield
    finally:
        served.server.stop()
