"""What Prometheus is told, over real operations on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import ContextVar

import pytest
from prometheus_client import REGISTRY
from psycopg import errors

from graphs.persistence.database import Database
from graphs.persistence.outage import DatabaseUnavailable
from graphs.persistence.saver import HoldfastSaver
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver, shared_database
from tests.support.checkpoints import history, put
from tests.support.eventually import eventually
from tests.support.postgres import settings_for


def value(name: str, **labels: str) -> float:
    """Return what a scrape would say now: nothing, hence 0, of an operation that there was none of yet."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


@asynccontextmanager
async def adds(amount: float, name: str, **labels: str) -> AsyncGenerator[None]:
    """Assert that what is done inside adds exactly this to a counter."""
    before = value(name, **labels)
    yield
    assert value(name, **labels) == before + amount


def query(database: Database, text: bytes) -> Callable[[], Awaitable[None]]:
    async def execute() -> None:
        async with database.connection() as conn:
            await conn.execute(text)

    return execute


async def test_operations_are_timed_by_their_kind(saver):
    async with (
        adds(3, "holdfast_operation_seconds_count", operation="put"),
        adds(1, "holdfast_operation_seconds_count", operation="put_writes"),
        adds(1, "holdfast_operation_seconds_count", operation="get"),
    ):
        for _ in range(3):
            config = await put(saver, "thread")
        await saver.aput_writes(config, [("messages", "hello")], "task")
        await saver.aget_tuple(config)
    assert value("holdfast_operations_in_progress") == 0


async def test_a_conflict_is_a_retry_of_its_own_kind(settings):
    attempts = 0

    async with shared_database(settings) as database:

        async def lose_once() -> None:
            nonlocal attempts
            attempts += 1
            if attempts == 1:
                await query(database, b"DO $$ BEGIN RAISE serialization_failure; END $$")()

        async with (
            adds(1, "holdfast_operation_retries_total", kind="conflict"),
            adds(0, "holdfast_operation_retries_total", kind="outage"),
            adds(0, "holdfast_pool_sweeps_total"),
        ):
            await database.run(lose_once)


async def test_an_error_of_the_operation_itself_is_no_retry(settings):
    async with (
        shared_database(settings) as database,
        adds(0, "holdfast_operation_retries_total", kind="conflict"),
        adds(0, "holdfast_operation_retries_total", kind="outage"),
        adds(0, "holdfast_operations_given_up_total"),
    ):
        with pytest.raises(errors.UndefinedTable):
            await database.run(query(database, b"SELECT * FROM nowhere"))


async def test_an_attempt_that_takes_too_long_is_abandoned_and_its_connections_renewed(settings):
    attempts = 0

    async with shared_database(settings) as database:

        async def slow_once() -> None:
            nonlocal attempts
            attempts += 1
            await query(database, b"SELECT pg_sleep(60)" if attempts == 1 else b"SELECT 1")()

        async with (
            adds(1, "holdfast_attempts_abandoned_total"),
            adds(1, "holdfast_operation_retries_total", kind="outage"),
            adds(1, "holdfast_pool_sweeps_total"),
            adds(1, "holdfast_outages_total"),
        ):
            await database.run(slow_once, attempt_timeout=2)
        assert value("holdfast_outage") == 0


async def test_an_operation_without_an_answer_is_given_up_once(settings):
    async with shared_database(settings) as database, adds(1, "holdfast_operations_given_up_total"):
        with pytest.raises(DatabaseUnavailable):
            await database.run(query(database, b"SELECT pg_sleep(60)"), within=0.2)
        await eventually(lambda: value("holdfast_operations_in_progress") == 0, within=30)


async def test_what_waits_for_a_connection_is_seen(uri):
    settings = PersistenceSettings(**settings_for(uri, connection_budget=1))
    before = value("holdfast_backpressure_seconds_total")
    async with shared_database(settings) as database:
        assert value("holdfast_pool_connections_max") == 1

        tasks = [
            asyncio.create_task(database.run(query(database, b"SELECT pg_sleep(0.5)"))) for _ in range(3)
        ]
        await eventually(lambda: value("holdfast_pool_connections", state="in_use") == 1, within=30)
        assert value("holdfast_operations_waiting") == 2
        assert value("holdfast_operations_in_progress") == 3
        await asyncio.gather(*tasks)

        assert value("holdfast_pool_connections", state="in_use") == 0
        await eventually(lambda: value("holdfast_pool_connections", state="idle") == 1, within=30)
        # One waited for one operation, the other for two.
        assert value("holdfast_backpressure_seconds_total") - before > 1.4
    assert value("holdfast_pool_connections_max") == 0


async def test_two_event_loops_are_summed_and_their_outage_is_one(own_postgres):
    settings = PersistenceSettings(**settings_for(own_postgres.uri, connection_budget=3))
    started = asyncio.Event()
    go_on = asyncio.Event()
    here = asyncio.get_running_loop()

    async def elsewhere() -> None:
        async with open_saver(settings) as other:
            config = await put(other, "other")
            here.call_soon_threadsafe(started.set)
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(go_on.wait(), here))
            await put(other, "other", parent=config)

    async with open_saver(settings) as saver:
        config = await put(saver, "one")
        lost = value("holdfast_connections_lost_total")
        seconds = value("holdfast_outage_seconds_total")
        with ThreadPoolExecutor(1) as thread:
            other = asyncio.get_running_loop().run_in_executor(thread, asyncio.run, elsewhere())
            await started.wait()
            assert value("holdfast_pool_connections_max") == 6

            async with adds(1, "holdfast_outages_total"):
                own_postgres.stop("immediate")
                go_on.set()
                one = asyncio.create_task(put(saver, "one", parent=config))
                await eventually(lambda: value("holdfast_operations_in_progress") == 2, within=30)
                await eventually(lambda: value("holdfast_outage") == 1, within=30)
                down = value("holdfast_outage_seconds_total")
                await asyncio.to_thread(own_postgres.start)
                await asyncio.gather(one, other)

        assert value("holdfast_outage") == 0
        assert value("holdfast_outage_seconds_total") > down > seconds
        assert value("holdfast_pool_connections_max") == 3
        assert value("holdfast_connections_lost_total") > lost, "a closed pool's totals stay counted"


async def test_writes_given_up_in_a_group_are_given_up_once_each_and_by_their_own_runs(own_postgres):
    at_work: ContextVar[str | None] = ContextVar("at_work", default=None)
    gave_up: list[str | None] = []

    class Requeued(DatabaseUnavailable):
        """Knows the run that it is raised for by its context, as the server's own does."""

        def __init__(self, message: str) -> None:
            super().__init__(message)
            gave_up.append(at_work.get())

    async def run(saver: HoldfastSaver, name: str) -> None:
        at_work.set(name)
        written = await asyncio.gather(*(put(saver, name) for _ in range(3)), return_exceptions=True)
        assert [type(error) for error in written] == [Requeued] * 3

    limits = {"connection_budget": 1, "outage_budget": 0.2, "connect_timeout": 2}
    settings = PersistenceSettings(**settings_for(own_postgres.uri, **limits))
    async with open_saver(settings, unavailable=Requeued) as saver:
        await put(saver, "t")
        await asyncio.to_thread(own_postgres.stop, "immediate")
        # they keep the one connection's turn for longer than the budget: a group gives up in the queue
        reads = [asyncio.create_task(history(saver, "t")) for _ in range(3)]
        await eventually(lambda: value("holdfast_outage") == 1, within=60)
        async with adds(9, "holdfast_operations_given_up_total"):
            await asyncio.gather(asyncio.create_task(run(saver, "a")), asyncio.create_task(run(saver, "b")))
            await asyncio.gather(*reads, return_exceptions=True)

    assert (gave_up.count("a"), gave_up.count("b")) == (3, 3)
