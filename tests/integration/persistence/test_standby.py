"""The saver between a primary and its standby."""

import asyncio
import socket
import threading
import time

import pytest
from langgraph.checkpoint.conformance.test_utils import generate_config

from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from tests.support.checkpoints import put, values_of
from tests.support.load import load, missing
from tests.support.postgres import settings_for
from tests.support.standby import ReplicatedInstance, ReplicatedPair


@pytest.fixture(scope="module")
def _pair():
    with ReplicatedInstance() as first, ReplicatedInstance() as second:
        yield ReplicatedPair(first, second)


@pytest.fixture
def pair(_pair):
    _pair.restore()
    _pair.primary.empty()
    return _pair


async def test_no_acknowledged_checkpoint_is_lost_in_a_failover(pair):
    async with open_saver(PersistenceSettings(**settings_for(pair.uri))) as saver:
        async with load(saver, workers=20) as state:
            await state.grows(100, within=20)
            await asyncio.to_thread(pair.primary.stop, "immediate")
            await asyncio.to_thread(pair.fail_over)
            await state.grows(100, within=20)

        assert state.errors == []
        assert await missing(saver, state) == set()


async def test_who_only_reads_does_not_stay_with_a_primary_that_turned_read_only(pair):
    # Settings that differ make databases that share nothing, as in processes of their own.
    ours, theirs = (PersistenceSettings(**settings_for(pair.uri, connection_budget=n)) for n in (3, 4))
    async with open_saver(ours) as writer, open_saver(theirs) as reader:
        first = await put(writer, "t", {"messages": ["before"]})
        assert await values_of(reader, first) == {"messages": ["before"]}

        await asyncio.to_thread(pair.primary.configure, default_transaction_read_only="on")
        await asyncio.to_thread(pair.fail_over)
        second = await put(writer, "t", {"messages": ["after"]}, parent=first)

        newest = await reader.aget_tuple(generate_config("t"))
    assert newest is not None
    assert newest.config["configurable"]["checkpoint_id"] == second["configurable"]["checkpoint_id"]


async def test_a_list_of_hosts_is_looked_up_beside_tools_that_keep_all_threads_busy(own_postgres):
    uri = own_postgres.uri.replace("127.0.0.1", f"localhost:{own_postgres.port},127.0.0.1")
    tools_end = threading.Event()
    async with open_saver(PersistenceSettings(**settings_for(uri))) as saver:
        tools = [asyncio.create_task(asyncio.to_thread(tools_end.wait)) for _ in range(64)]
        try:
            own_postgres.terminate_backends()
            async with asyncio.timeout(20):
                await put(saver, "t")
        finally:
            tools_end.set()
            await asyncio.gather(*tools)


async def test_a_host_that_does_not_answer_costs_no_connection_its_timeout(own_postgres):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        uri = own_postgres.uri.replace("127.0.0.1", f"127.0.0.1:{gone.getsockname()[1]},127.0.0.1")
        settings = PersistenceSettings(**settings_for(uri, connect_timeout=30, connection_budget=1))
        started = time.monotonic()
        async with open_saver(settings) as saver:
            await put(saver, "t")
            own_postgres.terminate_backends()
            await put(saver, "t")

        assert time.monotonic() - started < 30
