"""The sweeper of `langgraph dev`, on a real database; which threads are busy is the test's to say."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from langgraph.checkpoint.serde.types import _DeltaSnapshot

from graphs.persistence.database import Database
from graphs.persistence.saver import HoldfastSaver
from graphs.persistence.server_config import ThreadTTL
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from graphs.server import retention
from graphs.server.retention import Sweeper
from tests.support.checkpoints import history, put
from tests.support.eventually import eventually
from tests.support.postgres import PostgresInstance, settings_for

# Each thread has expired as soon as it is written.
NO_TIME = 0.0


@pytest.fixture(autouse=True)
def busy(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The threads that have a run."""
    busy: set[str] = set()
    monkeypatch.setattr(retention, "busy_threads", lambda: set(busy))
    monkeypatch.setattr(retention, "idle_threads", lambda since: [])
    return busy


@pytest.fixture
async def saver(settings):
    async with open_saver(settings, lifetime=3600.0) as saver:
        yield saver


@asynccontextmanager
async def sweeping(database: Database, strategy: str) -> AsyncGenerator[None]:
    ttl = ThreadTTL.model_validate({"strategy": strategy, "sweep_interval_minutes": 0.001})
    task = asyncio.create_task(Sweeper(database, ttl, NO_TIME).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def two_steps(saver: HoldfastSaver, thread: str, **values: object) -> None:
    first = await put(saver, thread, {"messages": ["a"], **values})
    await put(saver, thread, {"messages": ["b"], **values}, parent=first, step=1)


def stored(postgres: PostgresInstance) -> dict[str, int]:
    return dict(postgres.execute("SELECT thread_id, count(*) FROM checkpoints GROUP BY thread_id"))


@pytest.mark.parametrize(
    ("strategy", "left"), [("delete", {"busy": 2}), ("keep_latest", {"busy": 2, "t": 1})]
)
async def test_a_thread_that_has_a_run_is_left_alone(saver, postgres, busy, strategy, left):
    busy.add("busy")
    await two_steps(saver, "busy")
    await two_steps(saver, "t")

    async with sweeping(saver.database, strategy):
        await eventually(lambda: stored(postgres) == left, within=30)
        busy.clear()
        await eventually(lambda: stored(postgres).get("busy", 0) == left.get("t", 0), within=30)


async def test_a_thread_that_can_not_be_pruned_keeps_its_history_and_holds_up_none(saver, postgres, caplog):
    await two_steps(saver, "delta", changes=_DeltaSnapshot(["a"]))
    for thread in ("t1", "t2"):
        await two_steps(saver, thread)

    async with sweeping(saver.database, "keep_latest"):
        await eventually(lambda: stored(postgres) == {"delta": 2, "t1": 1, "t2": 1}, within=30)
        await two_steps(saver, "t3")
        await eventually(lambda: stored(postgres)["t3"] == 1, within=30)
        await asyncio.sleep(0.3)

    assert len(await history(saver, "delta")) == 2
    refusals = [
        message for message in caplog.messages if message.startswith("Thread delta keeps its history")
    ]
    assert len(refusals) == 1


async def test_an_outage_leaves_threads_to_the_next_sweep(own_postgres, caplog):
    settings = PersistenceSettings(**settings_for(own_postgres.uri, outage_budget=1, operation_timeout=1))
    async with open_saver(settings, lifetime=3600.0) as saver:
        await two_steps(saver, "t")
        await asyncio.to_thread(own_postgres.stop, "immediate")
        async with sweeping(saver.database, "delete"):
            await eventually(lambda: "left to the next one" in caplog.text, within=60)
            await asyncio.to_thread(own_postgres.start)
            await eventually(lambda: stored(own_postgres) == {}, within=60)
