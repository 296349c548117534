"""The production fault that Holdfast was made for, and the same fault with Holdfast's saver.

Five agents shared one pool through a class variable. A health check closed it after a timeout and made a
new one; every agent that already held a saver kept the closed pool.
"""

import asyncio
from typing import ClassVar

import psycopg
import pytest
from langgraph.checkpoint.conformance.test_utils import generate_config
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolClosed

from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from tests.support.checkpoints import put
from tests.support.postgres import settings_for

_AGENTS = ("analytics", "three_dp_custom", "project_bodhi", "trial_analysis", "formulation")


class _SharedPool:
    """The pool as it was shared in production."""

    pool: ClassVar[AsyncConnectionPool[AsyncConnection[DictRow]] | None] = None

    @classmethod
    async def get(cls, uri: str) -> AsyncConnectionPool[AsyncConnection[DictRow]]:
        if cls.pool is None:
            options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
            cls.pool = AsyncConnectionPool(
                uri,
                connection_class=AsyncConnection[DictRow],
                min_size=1,
                max_size=10,
                open=False,
                kwargs=options,
            )
            await cls.pool.open()
        return cls.pool

    @classmethod
    async def check_health(cls, uri: str) -> None:
        pool = await cls.get(uri)
        try:
            async with asyncio.timeout(0.5), pool.connection() as conn:
                await conn.execute("SELECT 1")
        except (TimeoutError, psycopg.OperationalError):
            await pool.close()
            cls.pool = None

    @classmethod
    async def close(cls) -> None:
        if cls.pool is not None:
            await cls.pool.close()
            cls.pool = None


async def _outage_with_health_check(postgres) -> None:
    postgres.stop("immediate")
    for _ in range(3):
        await _SharedPool.check_health(postgres.uri)
    await asyncio.to_thread(postgres.start)
    await _SharedPool.check_health(postgres.uri)


async def test_a_pool_that_a_health_check_recreates_is_lost_to_every_agent_for_ever(own_postgres):
    try:
        savers = [AsyncPostgresSaver(await _SharedPool.get(own_postgres.uri)) for _ in _AGENTS]
        await savers[0].setup()
        for agent, saver in zip(_AGENTS, savers, strict=True):
            await put(saver, agent)

        await _outage_with_health_check(own_postgres)

        own_postgres.execute("SELECT 1")  # PostgreSQL is well again
        for _ in range(3):
            for agent, saver in zip(_AGENTS, savers, strict=True):
                with pytest.raises(PoolClosed):
                    await put(saver, agent)
    finally:
        await _SharedPool.close()


async def test_under_the_same_fault_every_agent_of_holdfast_answers(own_postgres):
    async with open_saver(PersistenceSettings(**settings_for(own_postgres.uri))) as saver:
        for agent in _AGENTS:
            await put(saver, agent, {"messages": [agent]})

        own_postgres.stop("immediate")
        requests = [asyncio.create_task(put(saver, agent, {"messages": [agent, 2]})) for agent in _AGENTS]
        await asyncio.sleep(1.5)
        assert not any(request.done() for request in requests)
        await asyncio.to_thread(own_postgres.start)
        async with asyncio.timeout(30):
            await asyncio.gather(*requests)

        for agent in _AGENTS:
            latest = await saver.aget_tuple(generate_config(agent))
            assert latest is not None
            assert latest.checkpoint["channel_values"] == {"messages": [agent, 2]}
