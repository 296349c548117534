"""The long-term memory."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from functools import partial

from langgraph.store.base import BaseStore, Op, Result, TTLConfig
from langgraph.store.postgres.aio import AsyncPostgresStore
from psycopg import AsyncCursor
from psycopg.rows import DictRow

from graphs.persistence.database import Database


class HoldfastStore(AsyncPostgresStore):
    """LangGraph's PostgreSQL store, whose operations outlast an outage of the database.

    It runs each operation as it comes. The base queues them for one background task, where an outage
    would hold up each next batch for a budget of its own. It has no semantic search.
    """

    aget = BaseStore.aget
    asearch = BaseStore.asearch
    aput = BaseStore.aput
    adelete = BaseStore.adelete
    alist_namespaces = BaseStore.alist_namespaces

    def __init__(self, database: Database, *, ttl: TTLConfig | None = None) -> None:
        self.database = database
        super().__init__(database.pool, ttl=ttl)

    async def setup(self) -> None:
        """Create or migrate the tables; any number of replicas may do so at once."""
        await self.database.migrate(super().setup)

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        return await self.database.run(partial(super().abatch, list(ops)))

    async def sweep_ttl(self) -> int:
        """Delete what has expired; returns the number of items."""
        return await self.database.run(super().sweep_ttl)

    def _ensure_task(self) -> None:
        """Start no background task: there is no queue to serve."""

    @asynccontextmanager
    async def _cursor(self, *, pipeline: bool = False) -> AsyncGenerator[AsyncCursor[DictRow]]:
        async with self.database.cursor(pipeline=pipeline) as cur:
            yield cur
