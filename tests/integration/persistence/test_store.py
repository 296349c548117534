import asyncio

import pytest
from langgraph.store.base import GetOp, Item, PutOp, TTLConfig

from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_store
from tests.support.eventually import eventually
from tests.support.postgres import settings_for


async def test_remembers_finds_lists_and_forgets(settings):
    async with open_store(settings) as store:
        await store.aput(("users", "ada"), "prefs", {"theme": "dark"})
        await store.aput(("users", "bob"), "prefs", {"theme": "light"})

        item = await store.aget(("users", "ada"), "prefs")
        assert item is not None
        assert item.value == {"theme": "dark"}
        found = await store.asearch(("users",), filter={"theme": "light"})
        assert [item.namespace for item in found] == [("users", "bob")]
        assert await store.alist_namespaces(prefix=("users",)) == [("users", "ada"), ("users", "bob")]

        await store.adelete(("users", "ada"), "prefs")
        assert await store.aget(("users", "ada"), "prefs") is None


async def test_a_batch_is_answered_in_order(settings):
    async with open_store(settings) as store:
        await store.aput(("n",), "a", {"v": 1})

        results = await store.abatch(
            iter([GetOp(("n",), "a"), PutOp(("n",), "b", {"v": 2}), GetOp(("n",), "c")])
        )

        found, *others = results
        assert isinstance(found, Item)
        assert found.value == {"v": 1}
        assert others == [None, None]
        assert [item.value for item in await store.asearch(("n",), filter={"v": 2})] == [{"v": 2}]


async def test_synchronous_calls_work_from_another_thread_and_not_on_the_loop(settings):
    async with open_store(settings) as store:

        def use():
            store.put(("n",), "k", {"v": 1})
            return [item.value for item in store.search(("n",))]

        assert await asyncio.to_thread(use) == [{"v": 1}]
        with pytest.raises(asyncio.InvalidStateError):
            store.get(("n",), "k")


async def test_runs_no_task_of_its_own(settings):
    before = asyncio.all_tasks()
    async with open_store(settings) as store:
        await store.aput(("n",), "k", {"v": 1})

        running = {getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks() - before}
        assert "AsyncConnectionPool.worker" in running
        assert "_run" not in running  # langgraph.store.base.batch
    assert asyncio.all_tasks() == before


async def test_expired_items_are_swept_in_the_background(settings, uri, postgres):
    # In minutes. The sweeper takes parts of one as well, whatever the type says.
    ttl = TTLConfig(default_ttl=0.001, sweep_interval_minutes=0.005)  # ty: ignore[invalid-argument-type]
    async with open_store(settings, ttl=ttl) as store:
        await store.aput(("n",), "k", {"v": 1})
        await eventually(lambda: postgres.execute("SELECT key FROM store") == [], within=60)


async def test_no_write_is_lost_when_the_server_restarts(own_postgres):
    async with open_store(PersistenceSettings(**settings_for(own_postgres.uri))) as store:
        stopping = asyncio.Event()
        written = []

        async def write(name: str) -> None:
            while not stopping.is_set():
                key = f"{name}-{len(written)}"
                await store.aput(("n",), key, {"v": key})
                written.append(key)

        writers = [asyncio.create_task(write(f"w{n}")) for n in range(20)]
        await eventually(lambda: len(written) >= 50, within=30)
        await asyncio.to_thread(own_postgres.restart)
        before = len(written)
        await eventually(lambda: len(written) >= before + 50, within=30)
        stopping.set()
        await asyncio.gather(*writers)

        stored = own_postgres.execute("SELECT key FROM store")
        assert set(written) <= {key for (key,) in stored}
