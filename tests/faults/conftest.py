"""What the agents say when nothing is broken."""

import asyncio
from typing import Any

import pytest
from langgraph_sdk import get_client

from graphs.server.process import DevServer
from tests.support.fleet import ended, start_fleet
from tests.support.tasks import told


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
