"""Work that keeps a checkpointer busy while a test breaks something."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from langgraph.checkpoint.base import BaseCheckpointSaver

from tests.support.checkpoints import history, put
from tests.support.eventually import eventually


@dataclass
class Load:
    """What the workers did: acknowledged checkpoints by thread, and what went wrong.

    `answered` has the monotonic seconds of each answer, by thread.
    """

    acknowledged: dict[str, list[str]] = field(default_factory=dict)
    answered: dict[str, list[float]] = field(default_factory=dict)
    errors: list[Exception] = field(default_factory=list)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def count(self) -> int:
        return sum(map(len, self.acknowledged.values()))

    async def grows(self, by: int, within: float) -> None:
        """Return once that many more checkpoints are acknowledged; TimeoutError if it takes longer."""
        wanted = self.count() + by
        await eventually(lambda: self.count() >= wanted, within=within)


@asynccontextmanager
async def load(saver: BaseCheckpointSaver, workers: int) -> AsyncGenerator[Load]:
    """Keep that many workers writing checkpoints and reading them back, each on a thread of its own."""
    state = Load()
    tasks = [asyncio.create_task(_work(saver, f"thread-{n}", state)) for n in range(workers)]
    try:
        yield state
        state.stopping.set()
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def missing(saver: BaseCheckpointSaver, state: Load) -> set[str]:
    """Return the acknowledged checkpoints that the database doesn't have."""
    found: set[str] = set()
    for thread_id in state.acknowledged:
        found.update(await history(saver, thread_id))
    return {checkpoint for done in state.acknowledged.values() for checkpoint in done} - found


async def _work(saver: BaseCheckpointSaver, thread_id: str, state: Load) -> None:
    done = state.acknowledged.setdefault(thread_id, [])
    answered = state.answered.setdefault(thread_id, [])
    parent = None
    while not state.stopping.is_set():
        values = {"messages": [thread_id, len(done)]}
        try:
            parent = await put(saver, thread_id, values, parent=parent, step=len(done))
            answered.append(time.monotonic())
            done.append(parent["configurable"]["checkpoint_id"])
            await saver.aput_writes(parent, [("messages", len(done))], "task")
            answered.append(time.monotonic())
            read = await saver.aget_tuple(parent)
            answered.append(time.monotonic())
        except Exception as error:  # noqa: BLE001 (the test asserts that there is none, of any kind)
            state.errors.append(error)
            continue
        assert read is not None
        assert read.checkpoint["channel_values"] == values
