"""Writes that come while all connections are at work, committed together."""

import asyncio
from time import monotonic

import psycopg
import pytest
from langgraph.checkpoint.base import INTERRUPT
from langgraph.checkpoint.conformance.test_utils import generate_config

from graphs.persistence.outage import DatabaseUnavailable
from graphs.persistence.saver import HoldfastSaver
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from tests.support.checkpoints import history, put, values_of
from tests.support.eventually import eventually
from tests.support.postgres import settings_for


@pytest.fixture
async def narrow_saver(uri):
    """A saver with a single connection, so that whatever comes second waits."""
    async with open_saver(PersistenceSettings(**settings_for(uri, connection_budget=1))) as saver:
        yield saver


async def waiting(saver: HoldfastSaver, count: int) -> None:
    await eventually(lambda: saver.database.stats().waiting == count, within=30)


def commits(postgres, table: str) -> int:
    """Return how many transactions wrote the rows of the table."""
    [(count,)] = postgres.execute(f"SELECT count(DISTINCT xmin::text) FROM {table}")
    return count


async def test_what_waits_is_committed_together(narrow_saver, postgres):
    values = {f"t{n}": {"messages": [n], "text": f"text {n}"} for n in range(40)}

    configs = await asyncio.gather(*(put(narrow_saver, thread, values[thread]) for thread in values))

    assert [await values_of(narrow_saver, config) for config in configs] == list(values.values())
    # one alone, then groups of up to 16
    assert commits(postgres, "checkpoints") <= 6


async def test_a_write_waits_for_nobody_while_a_connection_is_free(saver, postgres):
    async with asyncio.timeout(60):
        for n in range(5):
            await put(saver, f"t{n}")

    assert commits(postgres, "checkpoints") == 5


async def test_what_is_asked_for_at_once_is_committed_together(saver, postgres):
    await asyncio.gather(*(put(saver, f"t{n}") for n in range(10)))

    assert commits(postgres, "checkpoints") == 1


async def test_large_writes_share_the_work_among_connections(saver, postgres):
    await asyncio.gather(*(put(saver, f"t{n}", {"large": ["x" * 120_000]}) for n in range(6)))

    assert commits(postgres, "checkpoint_blobs") == 6


async def test_a_write_that_can_not_be_stored_fails_alone(narrow_saver):
    impossible = "\0"  # PostgreSQL has no text with it
    async with asyncio.timeout(60):
        results = await asyncio.gather(
            *(put(narrow_saver, f"t{n}", {"text": impossible if n == 7 else "well"}) for n in range(20)),
            return_exceptions=True,
        )

    failed = [n for n, result in enumerate(results) if isinstance(result, Exception)]
    assert failed == [7]
    assert isinstance(results[7], psycopg.DataError)
    assert [len(await history(narrow_saver, f"t{n}")) for n in range(20)] == [n != 7 for n in range(20)]


async def test_a_write_that_somebody_blocks_holds_up_the_others_of_its_group_once(uri):
    settings = PersistenceSettings(**settings_for(uri, connection_budget=4, operation_timeout=1))
    async with open_saver(settings) as saver, await psycopg.AsyncConnection.connect(uri) as somebody:
        blocked = await put(saver, "blocked")
        await saver.aput_writes(blocked, [(INTERRUPT, "old")], "task")
        await somebody.execute("SELECT FROM checkpoint_writes FOR UPDATE")

        writes = [asyncio.create_task(saver.aput_writes(blocked, [(INTERRUPT, "new")], "task"))]
        writes += [asyncio.create_task(put(saver, f"t{n}")) for n in range(5)]
        async with asyncio.timeout(30):
            await asyncio.gather(*writes[1:])
        assert not writes[0].done()

        await somebody.rollback()
        async with asyncio.timeout(30):
            await writes[0]


async def test_one_who_leaves_takes_nobody_along(narrow_saver):
    async with narrow_saver.database.connection():
        tasks = [asyncio.create_task(put(narrow_saver, "t0"))]
        await waiting(narrow_saver, 1)
        tasks += [asyncio.create_task(put(narrow_saver, f"t{n}")) for n in range(1, 6)]
        await waiting(narrow_saver, 6)
        tasks[3].cancel()
    async with asyncio.timeout(30):
        results = await asyncio.gather(*tasks, return_exceptions=True)

    assert isinstance(results[3], asyncio.CancelledError)
    assert [len(await history(narrow_saver, f"t{n}")) for n in range(6)] == [1, 1, 1, 0, 1, 1]


async def test_what_left_while_its_group_waited_is_not_stored_any_more(narrow_saver):
    too_large_to_share = {"large": ["x" * 40_000]}
    async with narrow_saver.database.connection():
        writes = [asyncio.create_task(put(narrow_saver, f"t{n}", too_large_to_share)) for n in range(3)]
        await waiting(narrow_saver, 3)
        writes[0].cancel()
        writes[2].cancel()
    async with asyncio.timeout(30):
        await asyncio.gather(*writes, return_exceptions=True)
        await put(narrow_saver, "later")

    assert [len(await history(narrow_saver, f"t{n}")) for n in range(3)] == [0, 1, 0]


async def test_groups_outlive_a_fault(own_postgres):
    settings = PersistenceSettings(**settings_for(own_postgres.uri, connection_budget=2))
    async with open_saver(settings) as saver:
        writes = [asyncio.create_task(put(saver, f"t{n % 30}", step=n)) for n in range(600)]
        for _ in range(5):
            await asyncio.sleep(0.05)
            await asyncio.to_thread(own_postgres.terminate_backends)
        await asyncio.to_thread(own_postgres.restart, "immediate")
        async with asyncio.timeout(60):
            written = await asyncio.gather(*writes)

        stored = {checkpoint for n in range(30) for checkpoint in await history(saver, f"t{n}")}
        assert {config["configurable"]["checkpoint_id"] for config in written} == stored


async def test_all_of_many_writes_are_stored_in_order_of_their_index(saver):
    config = await put(saver, "t")
    writes = [("messages", n) for n in range(130)]

    await saver.aput_writes(config, writes, "task")

    item = await saver.aget_tuple(generate_config("t"))
    assert item.pending_writes == [("task", channel, value) for channel, value in writes]


async def test_of_two_special_writes_under_one_index_the_last_stays(saver):
    config = await put(saver, "t")

    await saver.aput_writes(config, [(INTERRUPT, "first"), (INTERRUPT, "second")], "task")
    await saver.aput_writes(config, [(INTERRUPT, "third"), (INTERRUPT, "fourth")], "task")

    item = await saver.aget_tuple(generate_config("t"))
    assert item.pending_writes == [("task", INTERRUPT, "fourth")]


async def test_no_writes_at_all_are_stored_at_once(saver):
    config = await put(saver, "t")

    await saver.aput_writes(config, [], "task")

    item = await saver.aget_tuple(generate_config("t"))
    assert item.pending_writes == []


async def test_a_spent_budget_is_told_to_each_writer_in_its_own_time(own_postgres):
    # Groups wait for each other, longer than a budget; nobody else does.
    budget = {"connection_budget": 1, "outage_budget": 3, "connect_timeout": 2}
    async with open_saver(PersistenceSettings(**settings_for(own_postgres.uri, **budget))) as saver:
        await put(saver, "t")
        own_postgres.stop()

        async def give_up(number: int) -> float:
            started = monotonic()
            with pytest.raises(DatabaseUnavailable):
                await put(saver, f"t{number}")
            return monotonic() - started

        seconds = await asyncio.gather(*map(give_up, range(60)))

    assert max(seconds) < 7, "4 s here; 8 s with groups that nobody leaves"
