"""Two hundred faults in a row, after which nothing is left that wasn't there before."""

import asyncio
import gc
import logging
import threading
import tracemalloc
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import cycle, islice

import psutil
import pytest

from graphs.persistence.saver import HoldfastSaver
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from tests.support.checkpoints import put
from tests.support.eventually import eventually
from tests.support.load import load
from tests.support.postgres import PostgresInstance, settings_for
from tests.support.proxy import Proxy

WARM_UP = 40
FAULTS = 200
POOL = 4
"""As many as the pool keeps when it is idle, so that it is of one size before and after."""
KEPT_BYTES = 150_000
"""What may be left of 200 faults, in all caches: 750 bytes each. A connection takes more."""


@dataclass(frozen=True)
class Kept:
    """What the process holds while nobody uses the saver."""

    tasks: int
    threads: int
    descriptors: int
    connections: int
    traced_bytes: int


async def test_two_hundred_faults_leave_nothing_behind(
    own_postgres: PostgresInstance, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)  # pytest would keep each outage's warning
    with Proxy(own_postgres.port) as proxy:
        uri = proxy.through(own_postgres.uri)
        settings = PersistenceSettings(**settings_for(uri, connection_budget=POOL))
        async with open_saver(settings) as saver:
            faults = [
                lambda: asyncio.to_thread(own_postgres.terminate_backends),
                lambda: asyncio.to_thread(proxy.reset),
                lambda: asyncio.to_thread(proxy.cut_after_commits, 2),
                lambda: give_up(saver),
            ]
            # Clients that earlier tests of this process left close themselves, with a task, once collected.
            gc.collect()
            await asyncio.sleep(0)
            tracemalloc.start()
            try:
                await suffer(saver, faults, WARM_UP)
                before = await kept(saver, proxy)
                await suffer(saver, faults, FAULTS)
                after = await kept(saver, proxy)
            finally:
                tracemalloc.stop()

    assert after.tasks <= before.tasks
    assert after.threads <= before.threads
    assert after.descriptors <= before.descriptors
    assert after.connections <= before.connections
    assert after.traced_bytes - before.traced_bytes < KEPT_BYTES


async def give_up(saver: HoldfastSaver) -> None:
    """Cancel operations at work, as a server does with runs whose clients have left."""
    operations = [asyncio.create_task(put(saver, f"cancelled-{n}")) for n in range(POOL)]
    await asyncio.sleep(0.005)
    for operation in operations:
        operation.cancel()
    await asyncio.gather(*operations, return_exceptions=True)


async def suffer(saver: HoldfastSaver, faults: list[Callable[[], Awaitable[object]]], count: int) -> None:
    """Let workers write while one fault follows the other, each when the one before is overcome."""
    async with load(saver, workers=2 * POOL) as state:
        for fault in islice(cycle(faults), count):
            await fault()
            await state.grows(3 * POOL, within=30)
    assert state.errors == []


async def kept(saver: HoldfastSaver, proxy: Proxy) -> Kept:
    """Return what is held once the pool is whole and idle again."""
    pool = saver.database.pool

    def whole() -> bool:
        stats = pool.get_stats()
        return stats["pool_size"] == stats["pool_available"] and stats["pool_size"] >= pool.min_size

    await eventually(whole, within=30)
    # closed at both ends: the proxy's count has what the process opened and PostgreSQL accepted
    await eventually(lambda: proxy.counts().open <= POOL, within=30)
    gc.collect()
    return Kept(
        tasks=len(asyncio.all_tasks()),
        threads=threading.active_count(),
        descriptors=psutil.Process().num_fds(),
        connections=proxy.counts().open,
        traced_bytes=tracemalloc.get_traced_memory()[0],
    )
