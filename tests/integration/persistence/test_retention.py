"""Threads that expire."""

import asyncio
import uuid
from random import Random

import psycopg
import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple
from langgraph.checkpoint.conformance.test_utils import generate_config, generate_metadata

from graphs.persistence.retention import (
    delete_expired,
    expired_threads,
    forget_readings,
    without_checkpoints,
)
from graphs.persistence.saver import HoldfastSaver
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from tests.support.checkpoints import checkpoint_of, history, put, values_of
from tests.support.eventually import eventually
from tests.support.locks import waiting_for_a_lock
from tests.support.postgres import PostgresInstance, settings_for

HOUR = 3600.0


@pytest.fixture
async def saver(settings):
    async with open_saver(settings, lifetime=10 * HOUR) as saver:
        yield saver


@pytest.fixture
def age(postgres, uri):
    """A function that lets checkpoints be older, which changes their ids."""

    def age(hours: int, where: str = "true") -> None:
        rows = postgres.execute(f"SELECT DISTINCT checkpoint_id FROM checkpoints WHERE {where}")
        for (id_,) in rows:
            for table in ("checkpoints", "checkpoint_writes"):
                postgres.execute(
                    f"UPDATE {table} SET checkpoint_id = '{older(id_, hours)}' WHERE checkpoint_id = '{id_}'"
                )

    return age


def older(id_: str, hours: int) -> str:
    """Return the UUID of version 6 that was made so many hours before (RFC 9562, 5.6)."""
    high, middle, low, *rest = id_.split("-")
    ticks = int(high + middle + low[1:], 16) - hours * 3_600 * 10_000_000
    digits = f"{ticks:015x}"
    return "-".join([digits[:8], digits[8:12], low[0] + digits[12:], *rest])


async def newest(saver: HoldfastSaver, thread: str) -> RunnableConfig:
    item = await saver.aget_tuple(generate_config(thread))
    assert item is not None
    return item.config


async def expired(saver: HoldfastSaver, **options) -> list[str]:
    return sorted(await expired_threads(saver.database, HOUR, **{"limit": 100, **options}))


async def test_a_thread_expires_by_its_newest_checkpoint(saver, age):
    for name in ("old", "used again", "subgraph at work", "young"):
        await put(saver, name)
    age(2, "thread_id <> 'young'")
    await put(saver, "used again", step=1)
    await put(saver, "subgraph at work", namespace="worker:1")

    assert await expired(saver) == ["old"]
    assert await expired(saver, skip={"old"}) == []


async def test_a_thread_with_subgraph_checkpoints_alone_expires_too(saver, age):
    await put(saver, "half", namespace="worker:1")
    age(2)

    assert await expired(saver) == ["half"]


async def test_a_thread_of_unknown_age_does_not_expire(saver, postgres):
    await put(saver, "t")
    postgres.execute("UPDATE checkpoints SET checkpoint_id = '1ef4f797'")

    assert await expired(saver) == []
    assert await delete_expired(saver.database, lambda: ["t"], HOUR) == []


async def test_a_checkpoint_whose_time_is_no_time_holds_up_no_sweep(saver, age, postgres):
    for thread in ("odd", "old", "young"):
        await put(saver, thread)
    age(2, "thread_id <> 'young'")
    postgres.execute(
        "UPDATE checkpoints SET checkpoint = jsonb_set(checkpoint, '{ts}', '\"the 31st of June\"')"
        " WHERE thread_id <> 'old'"
    )

    assert await expired(saver) == ["odd", "old"]
    assert await delete_expired(saver.database, lambda: ["odd", "old", "young"], HOUR) == ["odd", "old"]


async def test_an_empty_database_has_no_expired_thread(saver):
    assert await expired(saver) == []


async def test_no_more_threads_than_the_limit(saver, age):
    for number in range(5):
        await put(saver, f"t{number}")
    age(2)

    assert len(await expired(saver, limit=3)) == 3
    assert len(await expired(saver)) == 5


async def test_threads_with_nothing_to_prune_are_left_out(saver, age):
    await put(saver, "one")
    first = await put(saver, "two")
    await put(saver, "two", parent=first, step=1)
    age(2)

    assert await expired(saver, with_history=True) == ["two"]
    await saver.aprune(["two"])
    assert await expired(saver, with_history=True) == []
    assert await expired(saver) == ["one", "two"]


async def test_deletes_all_of_a_thread_and_nothing_else(saver, age, postgres):
    for thread in ("old", "young"):
        config = await put(saver, thread, {"messages": ["hello"]})
        await saver.aput_writes(config, [("messages", ["more"])], "task")
    age(2, "thread_id = 'old'")

    assert await delete_expired(saver.database, lambda: ["old", "young", "unknown"], HOUR) == ["old"]

    for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
        assert postgres.execute(f"SELECT DISTINCT thread_id FROM {table}") == [("young",)]
    assert await without_checkpoints(saver.database, ["old", "young"]) == ["old"]


async def test_a_thread_that_is_used_again_before_its_turn_stays_whole(saver, age):
    await put(saver, "revived", {"files": ["plan.csv"]})
    age(2)
    assert await expired(saver) == ["revived"]
    first = await newest(saver, "revived")
    await put(saver, "revived", parent=first, step=1)

    assert await delete_expired(saver.database, lambda: ["revived"], HOUR) == []

    assert len(await history(saver, "revived")) == 2
    assert await values_of(saver, first) == {"files": ["plan.csv"]}


async def begin(saver: HoldfastSaver, thread: str) -> CheckpointTuple | None:
    """Read the thread as a run does when it begins."""
    return await saver.aget_tuple(generate_config(thread))


async def go_on(saver: HoldfastSaver, begun: CheckpointTuple | None, thread: str) -> RunnableConfig:
    """Write the run's first checkpoint, which refers to the values that it has not changed."""
    checkpoint = checkpoint_of({"messages": ["new"]})
    new = checkpoint["channel_versions"]
    if begun is not None:
        checkpoint["channel_values"] = {**begun.checkpoint["channel_values"], "messages": ["new"]}
        checkpoint["channel_versions"] = {**begun.checkpoint["channel_versions"], **new}
    config = begun.config if begun else generate_config(thread)
    return await saver.aput(config, checkpoint, generate_metadata(step=1), new)


async def test_a_thread_on_which_a_run_begins_just_before_its_deletion_stays_whole(settings, age):
    async with open_saver(settings, lifetime=HOUR) as saver:
        await put(saver, "t", {"files": ["plan.csv"], "messages": ["old"]})
        age(2)
        assert await expired(saver) == ["t"]
        begun = await begin(saver, "t")

        assert await delete_expired(saver.database, lambda: ["t"], HOUR) == []

        config = await go_on(saver, begun, "t")
        assert await values_of(saver, config) == {"files": ["plan.csv"], "messages": ["new"]}
        assert len(await history(saver, "t")) == 2
        assert await expired(saver) == []


async def test_a_run_that_begins_in_the_midst_of_a_deletion_finds_an_empty_thread(
    settings, age, uri, postgres
):
    async with open_saver(settings, lifetime=HOUR) as saver:
        config = await put(saver, "t", {"files": ["plan.csv"]})
        await saver.aput_writes(config, [("messages", "w")], "task")
        age(2)
        with psycopg.connect(uri) as other:
            other.execute("SELECT FROM checkpoint_writes FOR UPDATE")
            deleting = asyncio.create_task(delete_expired(saver.database, lambda: ["t"], HOUR))
            await eventually(lambda: waiting_for_a_lock(postgres) == 1, within=30)
            beginning = asyncio.create_task(begin(saver, "t"))
            await eventually(lambda: waiting_for_a_lock(postgres) == 2, within=30)
            assert not beginning.done()
            other.commit()

        assert await deleting == ["t"]
        assert await beginning is None


async def test_runs_that_begin_while_threads_are_deleted_lose_no_value(settings, age):
    """What each reads is whole, and so is what it writes to it, or the thread begins anew."""
    chance = Random(1)
    threads = [f"t{number}" for number in range(30)]

    async def sweep(thread: str) -> None:
        await asyncio.sleep(chance.uniform(0, 0.01))
        await delete_expired(saver.database, lambda: [thread], HOUR)

    async def use(thread: str) -> None:
        begun = await begin(saver, thread)
        await asyncio.sleep(chance.uniform(0, 0.01))
        config = await go_on(saver, begun, thread)
        kept = {"files": [thread]} if begun else {}
        assert await values_of(saver, config) == {**kept, "messages": ["new"]}

    async with open_saver(settings, lifetime=HOUR) as saver:
        for thread in threads:
            await put(saver, thread, {"files": [thread], "messages": ["old"]})
        age(2)
        for thread in threads:
            await asyncio.gather(use(thread), sweep(thread))


async def test_a_reading_keeps_a_thread_for_one_more_time_to_live(settings, age, postgres):
    async with open_saver(settings, lifetime=HOUR) as saver:
        for thread in ("read", "read too", "young"):
            await put(saver, thread)
        age(2, "thread_id <> 'young'")
        for thread in ("read", "read too", "young", "nobody's"):
            await begin(saver, thread)
        readings = "SELECT thread_id FROM thread_readings ORDER BY 1"
        assert postgres.execute(readings) == [("read",), ("read too",)]
        assert await expired(saver) == []

        postgres.execute("UPDATE thread_readings SET read_at = read_at - interval '2 hours'")

        assert await expired(saver) == ["read", "read too"]
        assert await delete_expired(saver.database, lambda: ["read"], HOUR) == ["read"]
        assert postgres.execute(readings) == [("read too",)]
        await forget_readings(saver.database, HOUR)
        assert postgres.execute(readings) == []


async def test_replicas_that_sweep_at_once_delete_each_thread_once(saver, age, uri):
    threads = [str(uuid.uuid4()) for _ in range(40)]
    await asyncio.gather(*(put(saver, thread) for thread in threads))
    age(2)
    gone: list[str] = []

    async def sweep() -> None:
        async with open_saver(PersistenceSettings(**settings_for(uri, connection_budget=2))) as replica:
            while batch := await expired_threads(replica.database, HOUR, limit=7):
                gone.extend(await delete_expired(replica.database, lambda: batch, HOUR))

    async def use() -> None:
        for number in range(50):
            await put(saver, f"young {number}")

    await asyncio.gather(sweep(), sweep(), sweep(), use())

    assert sorted(gone) == sorted(threads)
    assert await expired(saver) == []
    assert len(await expired_threads(saver.database, -HOUR, limit=100)) == 50


async def test_an_outage_in_a_sweep_is_waited_for(own_postgres: PostgresInstance):
    async with open_saver(PersistenceSettings(**settings_for(own_postgres.uri)), lifetime=HOUR) as saver:
        await put(saver, "old")
        await asyncio.to_thread(own_postgres.restart)

        assert await delete_expired(saver.database, lambda: ["old"], -HOUR) == ["old"]
