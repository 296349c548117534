"""Threads that expire."""

import asyncio
import uuid

import pytest

from graphs.persistence.retention import delete_expired, expired_threads, without_checkpoints
from graphs.persistence.saver import HoldfastSaver
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from tests.support.checkpoints import history, put, values_of
from tests.support.postgres import PostgresInstance, settings_for

HOUR = 3600.0


@pytest.fixture
def age(postgres, uri):
    """A function that lets checkpoints be older."""

    def age(hours: float, where: str = "true") -> None:
        postgres.execute(
            "UPDATE checkpoints SET checkpoint = jsonb_set(checkpoint, '{ts}', to_jsonb("
            f"((checkpoint ->> 'ts')::timestamptz - interval '{hours} hours')::text)) WHERE {where}"
        )

    return age


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


async def test_a_thread_of_unknown_age_does_not_expire(saver, age, postgres):
    await put(saver, "t")
    age(2)
    postgres.execute("UPDATE checkpoints SET checkpoint = checkpoint - 'ts'")

    assert await expired(saver) == []
    assert await delete_expired(saver.database, lambda: ["t"], HOUR) == []


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
    first = await put(saver, "revived", {"files": ["plan.csv"]})
    age(2)
    assert await expired(saver) == ["revived"]
    await put(saver, "revived", parent=first, step=1)

    assert await delete_expired(saver.database, lambda: ["revived"], HOUR) == []

    assert len(await history(saver, "revived")) == 2
    assert await values_of(saver, first) == {"files": ["plan.csv"]}


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
    async with open_saver(PersistenceSettings(**settings_for(own_postgres.uri))) as saver:
        await put(saver, "old")
        await asyncio.to_thread(own_postgres.restart)

        assert await delete_expired(saver.database, lambda: ["old"], -HOUR) == ["old"]
