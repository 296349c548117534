"""Savers between the stock one and ours: each lacks something of ours, so that its worth can be measured."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, ParamSpec, TypeVar, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool
from pydantic import SecretStr

from benchmarks.contenders import Contender, SaverContender, stock_pool
from benchmarks.rounds import Opener
from graphs.persistence.database import Database
from graphs.persistence.pool import PooledConnection
from graphs.persistence.saver import HoldfastSaver
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import shared_database
from graphs.persistence.statements import Statement, put_checkpoint
from graphs.persistence.threads import in_thread

_INSERT_BLOB = AsyncPostgresSaver.UPSERT_CHECKPOINT_BLOBS_SQL.encode()
_INSERT_WRITE = AsyncPostgresSaver.INSERT_CHECKPOINT_WRITES_SQL.encode()

P = ParamSpec("P")
T = TypeVar("T")


class LockFreeSaver(AsyncPostgresSaver):
    """The stock saver without its lock: as many operations at once as its pool has connections.

    It survives nothing: an operation that meets a broken connection fails.
    """

    conn: AsyncConnectionPool[AsyncConnection[DictRow]]

    @asynccontextmanager
    async def _cursor(self, *, pipeline: bool = False) -> AsyncGenerator[AsyncCursor[DictRow]]:
        async with self.conn.connection() as conn:
            if not pipeline:
                async with conn.cursor(binary=True) as cur:
                    yield cur
                return
            async with conn.pipeline(), conn.cursor(binary=True) as cur:
                yield cur


class WithoutGroupCommit(HoldfastSaver):
    """Our saver, each of whose operations is a transaction of its own."""

    async def _write(self, name: str, statements: Sequence[Statement]) -> None:
        async def execute() -> None:
            async with self._cursor(pipeline=len(statements) > 1) as cur:
                for query, params in statements:
                    await cur.execute(query, params)

        if statements:
            await self.database.run(execute, name=name)


class WithPipelines(WithoutGroupCommit):
    """Our saver, with a statement for each row: the pipelines that LangGraph's own saver sends."""

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        row, blobs = await self._serialized(
            new_versions, self._dump_checkpoint, config, checkpoint, metadata, new_versions
        )
        statements = [put_checkpoint(row, ())]
        statements[:0] = [(_INSERT_BLOB, list(blob)) for blob in blobs]
        await self._write("put", statements)
        return {"configurable": {**config["configurable"], "checkpoint_id": checkpoint["id"]}}

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        place = config["configurable"]
        keys = (place["thread_id"], place["checkpoint_ns"], place["checkpoint_id"], task_id, task_path)
        rows = await self._serialized([name for name, _ in writes], self._dump_writes, *keys, writes)
        await self._write("put_writes", [(_INSERT_WRITE, list(row)) for row in rows])


class WithThreads(WithPipelines):
    """Our saver, with a thread for all that is serialized.

    What it adds to `LockFreeSaver` is what keeps it alive: time limits, retry, renewing the pool.
    """

    async def _serialized(
        self, channels: Iterable[str], dump: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await in_thread(dump, *args, **kwargs)

    async def _loaded(self, rows: Sequence[CheckpointTuple]) -> list[CheckpointTuple]:
        load = partial(PostgresSaver._load_checkpoint_tuple, cast(PostgresSaver, self))
        return [await in_thread(load, cast(DictRow, row)) for row in rows]


class BareDatabase(Database):
    """Our database without what keeps operations alive: each is tried once, for as long as it takes.

    With `check`, it asks PostgreSQL each time before it uses a connection, as psycopg's pool does on demand.
    """

    def __init__(self, conninfo: str, settings: PersistenceSettings, *, check: bool) -> None:
        super().__init__(conninfo, settings)
        self._check = check

    async def run(
        self,
        operation: Callable[[], Awaitable[T]],
        *,
        name: str = "",
        within: float | None = None,
        asked: float | None = None,
        attempt_timeout: float | None = None,
    ) -> T:
        return await operation()

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[PooledConnection]:
        async with self._turns, self.pool.connection() as conn:
            if self._check:
                await self.pool.check_connection(conn)
            yield cast(PooledConnection, conn)


def holdfast_variant(saver: type[HoldfastSaver]) -> Opener:
    """Return what opens a saver of this class on the database that the server would use."""

    @asynccontextmanager
    async def opened(uri: str, connections: int) -> AsyncGenerator[Contender]:
        settings = PersistenceSettings(uri=SecretStr(uri), connection_budget=connections)
        async with shared_database(settings) as database:
            yield SaverContender([saver(database)])

    return opened


@asynccontextmanager
async def lock_free(uri: str, connections: int) -> AsyncGenerator[Contender]:
    """Give the stock saver without its lock."""
    async with stock_pool(uri, connections) as pool:
        yield SaverContender([LockFreeSaver(pool)])


@asynccontextmanager
async def survives_nothing(uri: str, connections: int, *, check: bool = False) -> AsyncGenerator[Contender]:
    """Give our saver on a `BareDatabase`."""
    settings = PersistenceSettings(uri=SecretStr(uri), connection_budget=connections)
    database = BareDatabase(uri, settings, check=check)
    await database.open()
    try:
        yield SaverContender([HoldfastSaver(database)])
    finally:
        await database.close()
