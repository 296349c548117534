"""Runs of all five agents on a real server, watched while a test breaks the database under them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from langgraph_sdk.client import LangGraphClient

from graphs.client import upload_files
from tests.support.postgres import PostgresInstance
from tests.support.tasks import TASKS, AgentTask


class Run(Protocol):
    """The ids of a run."""

    @property
    def thread_id(self) -> str: ...

    @property
    def run_id(self) -> str: ...


@dataclass(frozen=True)
class FleetRun:
    """A run at work: its task, and the ids that the client was given for it."""

    task: AgentTask
    thread_id: str
    run_id: str


async def start_run(client: LangGraphClient, task: AgentTask) -> FleetRun:
    """Hand over the task's files in a new thread, start its run in the background and return it."""
    thread = await client.threads.create(graph_id=task.agent)
    await upload_files(client, thread["thread_id"], task.files)
    run = await client.runs.create(
        thread["thread_id"],
        task.agent,
        input={"messages": [{"role": "user", "content": task.text}]},
    )
    return FleetRun(task, thread["thread_id"], run["run_id"])


async def start_fleet(client: LangGraphClient, *, each: int) -> list[FleetRun]:
    """Start that many runs of each agent, all at once."""
    return await asyncio.gather(*(start_run(client, task) for task in TASKS for _ in range(each)))


async def all_in_flight(
    postgres: PostgresInstance, runs: Sequence[FleetRun], *, within: float
) -> dict[str, int]:
    """Return the number of root checkpoints of each thread, once each run has begun its work."""
    async with asyncio.timeout(within):
        while True:
            counts = await checkpoint_counts(postgres, runs)
            if all(counts[run.thread_id] >= 3 for run in runs):
                return counts
            await asyncio.sleep(0.05)


async def checkpoint_counts(postgres: PostgresInstance, runs: Sequence[FleetRun]) -> dict[str, int]:
    """Return how many root checkpoints each thread has in the database."""
    rows = await asyncio.to_thread(
        postgres.execute,
        "SELECT thread_id, count(*) FROM checkpoints WHERE checkpoint_ns = '' GROUP BY thread_id",
    )
    found = dict(rows)
    return {run.thread_id: found.get(run.thread_id, 0) for run in runs}


async def ended(client: LangGraphClient, run: Run, *, within: float) -> Any:
    """Return the run's record, once it is neither pending nor running."""
    async with asyncio.timeout(within):
        while True:
            record = await client.runs.get(run.thread_id, run.run_id)
            if record["status"] not in ("pending", "running"):
                return record
            await asyncio.sleep(0.25)


async def broken_links(client: LangGraphClient, run: FleetRun) -> list[str]:
    """Return the checkpoints of the thread's history whose parent is not the one before them."""
    history = await client.threads.get_history(run.thread_id, limit=1000)
    ids = [state["checkpoint"]["checkpoint_id"] for state in history]
    parents = [(state["parent_checkpoint"] or {}).get("checkpoint_id") for state in history]
    return [
        child
        for child, parent, before in zip(ids, parents, [*ids[1:], None], strict=True)
        if parent != before
    ]
