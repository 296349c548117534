import asyncio
import threading

from langgraph.checkpoint.conformance.test_utils import generate_config

from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver, open_store, shared_database
from tests.support.checkpoints import history, put
from tests.support.postgres import settings_for


async def test_a_thousand_operations_on_two_connections_wait_their_turn(uri):
    settings = PersistenceSettings(**settings_for(uri, connection_budget=2))
    async with open_saver(settings) as saver:
        await asyncio.gather(*(put(saver, f"t{n % 50}", step=n) for n in range(1000)))

        assert sum([len(await history(saver, f"t{n}")) for n in range(50)]) == 1000


async def test_six_replicas_set_up_an_empty_database_at_once(uri, postgres):
    async def replica(number: int) -> None:
        # Settings that differ make databases that share nothing, as in processes of their own.
        settings = PersistenceSettings(**settings_for(uri, connection_budget=1 + number))
        async with open_saver(settings) as saver, open_store(settings) as store:
            await put(saver, f"t{number}")
            await store.aput(("replicas",), str(number), {})

    await asyncio.gather(*map(replica, range(6)))

    for table in ("checkpoint_migrations", "store_migrations"):
        [(versions, latest)] = postgres.execute(f"SELECT count(*), max(v) FROM {table}")
        assert versions == latest + 1
    assert postgres.execute("SELECT count(*) FROM store") == [(6,)]
    assert postgres.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]


async def test_migrations_and_operations_run_side_by_side(settings):
    async with open_saver(settings) as saver:
        await asyncio.gather(
            *(saver.setup() for _ in range(20)), *(put(saver, "t", step=n) for n in range(100))
        )

        assert len(await history(saver, "t")) == 100


async def test_saver_store_and_readers_share_one_pool(settings):
    # Each reads the settings for itself.
    async with open_saver(settings) as saver, open_store(settings.model_copy()) as store:
        async with shared_database(settings.model_copy()) as database:
            assert saver.database is store.database is database
        # Its last reader left, and the pool is still open.
        await put(saver, "t")
        await store.aput(("a",), "k", {"v": 1})
        assert not database.pool.closed
    assert database.pool.closed


def test_the_pools_of_all_event_loops_stay_inside_the_budget(uri, postgres):
    settings = PersistenceSettings(
        **settings_for(uri, connection_budget=8, isolated_loops=True, jobs_per_worker=3)
    )
    full = threading.Barrier(4)
    counted = threading.Event()
    counts = []

    async def work(name: str) -> None:
        async with open_saver(settings) as saver:
            await asyncio.gather(*(put(saver, name, step=n) for n in range(100)))
            await asyncio.to_thread(full.wait, 30)
            if name == "loop-0":
                counts.append(await asyncio.to_thread(postgres.connections))
                counted.set()
            await asyncio.to_thread(counted.wait, 30)

    threads = [threading.Thread(target=lambda n=n: asyncio.run(work(f"loop-{n}"))) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    [count] = counts
    assert 4 <= count <= 8


async def test_operations_of_different_size_do_not_block_each_other(settings):
    async with open_saver(settings) as saver:
        big = {"messages": ["x" * 1_000_000]}
        writes = [put(saver, "big", big, step=n) for n in range(10)]
        reads = [saver.aget_tuple(generate_config("none")) for _ in range(200)]
        results = await asyncio.gather(*writes, *reads)

    assert results[10:] == [None] * 200
