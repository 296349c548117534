"""Copies, deletions and prunes beside writers and beside each other."""

import asyncio

import psycopg
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions
from langgraph.checkpoint.conformance.test_utils import generate_config, generate_metadata

from graphs.persistence.saver import HoldfastSaver
from graphs.persistence.start import open_saver
from tests.support.checkpoints import checkpoint_of, history, put, values_of
from tests.support.eventually import eventually
from tests.support.locks import deadlocks, waiting_for_a_lock
from tests.support.postgres import PostgresInstance

KEPT = {"files": ["plan.csv"]}


async def grow(saver: HoldfastSaver, thread: str, steps: int) -> None:
    """Write a chain of checkpoints, by a new run after each ten; only the first one writes `files`."""
    config: RunnableConfig = generate_config(thread)
    versions: ChannelVersions = {}
    for step in range(steps):
        checkpoint = checkpoint_of({"messages": [step], **({} if step else KEPT)})
        new = checkpoint["channel_versions"]
        versions = {**versions, **new}
        checkpoint["channel_versions"] = versions
        metadata = generate_metadata(step=step, run_id=f"{thread} run {step // 10}")
        config = await saver.aput(config, checkpoint, metadata, new)


async def assert_whole(saver: HoldfastSaver, thread: str) -> int:
    """Check that each checkpoint has all its values, and a parent that exists; returns their number."""
    tuples = [item async for item in saver.alist(generate_config(thread))]
    ids = {item.config["configurable"]["checkpoint_id"] for item in tuples}
    for item in tuples:
        assert item.checkpoint["channel_values"].keys() == item.checkpoint["channel_versions"].keys()
        assert item.checkpoint["channel_values"]["files"] == KEPT["files"]
        assert item.parent_config is None or item.parent_config["configurable"]["checkpoint_id"] in ids
    return len(tuples)


async def test_a_copy_is_the_thread_at_one_moment(saver, postgres):
    writing = asyncio.create_task(grow(saver, "t", 150))
    await eventually(lambda: stored(postgres, "t") >= 10, within=30)

    copied = []
    while not writing.done():
        copied.append(f"copy {len(copied)}")
        await asyncio.gather(*(saver.acopy_thread("t", copied[-1]) for _ in range(2)))
    await writing

    sizes = [await assert_whole(saver, copy) for copy in copied]
    assert sizes == sorted(sizes)
    assert 10 <= sizes[0] < 150
    assert await assert_whole(saver, "t") == 150


async def test_runs_are_deleted_while_later_ones_write(saver, postgres):
    threads = [f"t{n}" for n in range(4)]
    writing = [asyncio.create_task(grow(saver, thread, 60)) for thread in threads]

    async def delete_after(thread: str, run: int) -> None:
        await eventually(lambda: stored(postgres, thread) > 10, within=30)
        await saver.adelete_for_runs([f"{thread} run {run}"])

    for run in range(4):
        await asyncio.gather(*(delete_after(thread, run) for thread in threads for _ in range(2)))
    await asyncio.gather(*writing)

    assert [await assert_whole(saver, thread) for thread in threads] == [20] * 4


async def test_prunes_run_beside_writers_and_each_other(saver):
    threads = [f"t{n}" for n in range(4)]
    writing = [asyncio.create_task(grow(saver, thread, 60)) for thread in threads]
    while not all(task.done() for task in writing):
        await asyncio.gather(saver.aprune(threads), saver.aprune(threads[::-1]))
    await asyncio.gather(*writing)
    for thread in threads:
        await assert_whole_but_pruned(saver, thread)

    await asyncio.gather(*(saver.aprune(threads, strategy="delete_all") for _ in range(4)))
    assert [len(await history(saver, thread)) for thread in threads] == [0] * 4


async def assert_whole_but_pruned(saver: HoldfastSaver, thread: str) -> None:
    await saver.aprune([thread])
    assert len(await history(saver, thread)) == 1
    assert await values_of(saver, generate_config(thread)) == {"messages": [59], **KEPT}


async def test_a_prune_that_another_transaction_overtakes_runs_again(settings, postgres, uri):
    before = rollbacks(postgres)
    async with open_saver(settings) as saver:
        oldest = await put(saver, "t")
        await put(saver, "t", parent=oldest, step=1)
        with psycopg.connect(uri) as other:
            lock = "UPDATE checkpoints SET metadata = metadata WHERE checkpoint_id = %s"
            other.execute(lock, [oldest["configurable"]["checkpoint_id"]])
            pruning = asyncio.create_task(saver.aprune(["t"]))
            await eventually(lambda: waiting_for_a_lock(postgres) == 1, within=30)
            other.commit()
            await pruning

        assert len(await history(saver, "t")) == 1
    # Connections tell what they counted when they close.
    await eventually(lambda: rollbacks(postgres) > before, within=30)


async def test_a_prune_in_a_deadlock_runs_again(settings, uri, postgres):
    before = deadlocks(postgres)
    async with open_saver(settings) as saver:
        config = await put(saver, "t", {"messages": ["a"]})
        await saver.aput_writes(config, [("messages", "w")], "task")
        # PostgreSQL ends the transaction that looks for a deadlock first: the saver's. It closes the circle,
        # as a third one holds it up until the other one waits.
        with (
            psycopg.connect(uri, options="-c deadlock_timeout=300s") as other,
            psycopg.connect(uri) as third,
        ):
            other.execute("SELECT FROM checkpoint_writes FOR UPDATE")
            third.execute("SELECT FROM checkpoint_blobs FOR UPDATE")
            pruning = asyncio.create_task(saver.aprune(["t"], strategy="delete"))
            await eventually(lambda: waiting_for_a_lock(postgres) == 1, within=30)
            locking = asyncio.create_task(
                asyncio.to_thread(other.execute, "SELECT FROM checkpoints FOR UPDATE")
            )
            await eventually(lambda: waiting_for_a_lock(postgres) == 2, within=30)
            third.commit()
            await locking
            other.commit()
            await pruning

        assert await history(saver, "t") == []
    await eventually(lambda: deadlocks(postgres) > before, within=30)


def stored(postgres: PostgresInstance, thread: str) -> int:
    [(number,)] = postgres.execute(f"SELECT count(*) FROM checkpoints WHERE thread_id = '{thread}'")
    return number


def rollbacks(postgres: PostgresInstance) -> int:
    """Return how many transactions the database has rolled back."""
    [(number,)] = postgres.execute("SELECT xact_rollback FROM pg_stat_database WHERE datname = 'postgres'")
    return number
