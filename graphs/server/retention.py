"""Threads expire in `langgraph dev` as well, as `checkpointer.ttl` of langgraph.json says.

In production LangGraph's server sweeps: it asks the checkpointer to delete or prune the threads that have
expired. The in-memory runtime of `langgraph dev` never does, so this does it there.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from random import uniform

from graphs.persistence.database import Database
from graphs.persistence.outage import DatabaseUnavailable
from graphs.persistence.retention import (
    create_readings,
    delete_expired,
    expired_threads,
    forget_readings,
    without_checkpoints,
)
from graphs.persistence.saver import HoldfastSaver
from graphs.persistence.server_config import ThreadTTL, load_checkpointer_config
from graphs.server.background import in_background
from graphs.server.dev_runtime import in_memory_runtime
from graphs.server.dev_threads import busy_threads, forget_thread, idle_threads
from graphs.server.thread_files import delete_files

logger = logging.getLogger(__name__)

_BATCH = 20


def thread_lifetime() -> float | None:
    """Return the seconds after which this process deletes or prunes a thread; None where it does not.

    Raises:
        ValueError: `checkpointer` of langgraph.json, or LANGGRAPH_THREAD_TTL, can't be used.
    """
    ttl = load_checkpointer_config().ttl
    if ttl is None or ttl.default_ttl is None or not in_memory_runtime():
        return None
    return ttl.default_ttl * 60


@asynccontextmanager
async def sweeping(database: Database) -> AsyncGenerator[None]:
    """Sweep expired threads in the background, where langgraph.json says that threads expire.

    Raises:
        ValueError: `checkpointer` of langgraph.json, or LANGGRAPH_THREAD_TTL, can't be used.
    """
    ttl = load_checkpointer_config().ttl
    lifetime = thread_lifetime()
    if ttl is None or lifetime is None:
        yield
        return
    await create_readings(database)
    async with in_background(Sweeper(database, ttl, lifetime).run()):
        yield


class Sweeper:
    """Deletes or prunes the threads whose newest checkpoint is older than `lifetime` seconds.

    A thread that has a run on this server is left alone, however old its newest checkpoint is.
    """

    def __init__(self, database: Database, ttl: ThreadTTL, lifetime: float) -> None:
        self._database = database
        self._saver = HoldfastSaver(database)
        self._ttl = ttl
        self._lifetime = lifetime
        self._cannot_prune: set[str] = set()

    async def run(self) -> None:
        """Sweep now, and then once in each interval, for ever."""
        sweep = self._delete if self._ttl.strategy == "delete" else self._prune
        while True:
            # What stops a sweep, an outage of the database or of the artifact store, must not stop the next.
            [error] = await asyncio.gather(sweep(), return_exceptions=True)
            if error is not None:
                trace = None if isinstance(error, DatabaseUnavailable) else error
                logger.warning("The rest of a sweep is left to the next one: %s", error, exc_info=trace)
            # Replicas that started together need not sweep together.
            await asyncio.sleep(60 * self._ttl.sweep_interval_minutes * uniform(0.9, 1.1))

    async def _delete(self) -> None:
        expired = await self._expired(skip=busy_threads())
        for start in range(0, len(expired), _BATCH):
            batch = partial(_without_busy, expired[start : start + _BATCH])
            deleted = await delete_expired(self._database, batch, self._lifetime)
            if deleted:
                logger.info("Deleted expired threads: %s", ", ".join(deleted))
            for thread_id in deleted:
                await asyncio.to_thread(delete_files, thread_id)
        await self._forget_records()

    async def _forget_records(self) -> None:
        """Forget threads without checkpoints: this replica or another one has deleted these."""
        idle = idle_threads(datetime.now(UTC) - timedelta(seconds=self._lifetime))
        for thread_id in await without_checkpoints(self._database, idle):
            if thread_id not in busy_threads():
                await asyncio.to_thread(delete_files, thread_id)
                await forget_thread(thread_id)

    async def _prune(self) -> None:
        for thread_id in await self._expired(skip=busy_threads() | self._cannot_prune, with_history=True):
            if thread_id in busy_threads():
                continue
            try:
                await self._saver.aprune([thread_id], strategy="keep_latest")
            except NotImplementedError as error:
                self._cannot_prune.add(thread_id)
                logger.warning("Thread %s keeps its history: %s", thread_id, error)
            else:
                logger.info("Pruned an expired thread to its latest checkpoint: %s", thread_id)

    async def _expired(self, *, skip: set[str], with_history: bool = False) -> list[str]:
        await forget_readings(self._database, self._lifetime)
        return await expired_threads(
            self._database,
            self._lifetime,
            limit=self._ttl.sweep_limit,
            with_history=with_history,
            skip=skip,
        )


def _without_busy(thread_ids: list[str]) -> list[str]:
    busy = busy_threads()
    return [thread_id for thread_id in thread_ids if thread_id not in busy]
