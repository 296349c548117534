"""The checkpointer."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, LiteralString, TypeVar, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
)
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.base import SerializerProtocol
from psycopg import AsyncCursor
from psycopg.rows import DictRow

from graphs.persistence.database import Database
from graphs.persistence.threads import in_thread

T = TypeVar("T")

_PAGE = 100

# Deleting or copying a thread of many thousand checkpoints may take longer than an operation should.
_MAINTENANCE_TIMEOUT = 300.0

# One statement, hence one snapshot: a run that writes meanwhile is copied up to one moment or not at all.
_COPY_THREAD = """
WITH blobs AS (
    INSERT INTO checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
    SELECT %(target)s::text, checkpoint_ns, channel, version, type, blob
    FROM checkpoint_blobs WHERE thread_id = %(source)s
    ON CONFLICT DO NOTHING
), writes AS (
    INSERT INTO checkpoint_writes
        (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob)
    SELECT %(target)s::text, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob
    FROM checkpoint_writes WHERE thread_id = %(source)s
    ON CONFLICT DO NOTHING
)
INSERT INTO checkpoints
    (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata)
SELECT %(target)s::text, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint,
    CASE WHEN metadata ? 'thread_id'
        THEN jsonb_set(metadata, '{thread_id}', to_jsonb(%(target)s::text)) ELSE metadata END
FROM checkpoints WHERE thread_id = %(source)s
ON CONFLICT DO NOTHING
"""

# Blobs stay: a run that began on one of these checkpoints meanwhile may refer to them. They go with the
# thread.
_DELETE_FOR_RUNS = """
WITH gone AS (
    DELETE FROM checkpoints WHERE metadata ->> 'run_id' = ANY(%(run_ids)s)
    RETURNING thread_id, checkpoint_ns, checkpoint_id
), writes AS (
    DELETE FROM checkpoint_writes w USING gone
    WHERE w.thread_id = gone.thread_id AND w.checkpoint_ns = gone.checkpoint_ns
    AND w.checkpoint_id = gone.checkpoint_id
)
UPDATE checkpoints c SET parent_checkpoint_id = NULL FROM gone
WHERE c.thread_id = gone.thread_id AND c.checkpoint_ns = gone.checkpoint_ns
AND c.parent_checkpoint_id = gone.checkpoint_id
AND (c.metadata ->> 'run_id' = ANY(%(run_ids)s)) IS NOT TRUE
"""

# LangGraph's server and its checkpointers name one strategy differently.
_STRATEGIES = {"delete_all": "delete"}

_UPSERT_BLOBS = AsyncPostgresSaver.UPSERT_CHECKPOINT_BLOBS_SQL.encode()
_UPSERT_WRITES = AsyncPostgresSaver.UPSERT_CHECKPOINT_WRITES_SQL.encode()
_INSERT_WRITES = AsyncPostgresSaver.INSERT_CHECKPOINT_WRITES_SQL.encode()

_Rows = Sequence[tuple[Any, ...]]

# The blobs that go into the transaction of the `aput` in progress.
_blobs: ContextVar[_Rows] = ContextVar("holdfast_blobs", default=())


class HoldfastSaver(AsyncPostgresSaver):
    """LangGraph's PostgreSQL checkpointer, whose operations outlast an outage of the database.

    Operations run side by side, as many as the pool has connections. Each may raise DatabaseUnavailable
    when the outage budget is spent; no error of a connection or a pool ever leaves it.
    """

    def __init__(self, database: Database, *, serde: SerializerProtocol | None = None) -> None:
        super().__init__(database.pool, serde=serde)
        self.database = database

    async def setup(self) -> None:
        """Create or migrate the tables; any number of replicas may do so at once."""
        await self.database.migrate(super().setup)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        # What a checkpoint says is fixed here: the graph may change its values in place while the operation
        # waits for its turn or for the database.
        blobs = await in_thread(self._dump_checkpoint, config, checkpoint, new_versions)
        with _first(blobs):
            # The base has nothing left to serialize, which it does in a thread while it holds a connection.
            return await self.database.run(partial(super().aput, config, checkpoint, metadata, {}))

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        special = all(channel in WRITES_IDX_MAP for channel, _ in writes)
        query = _UPSERT_WRITES if special else _INSERT_WRITES
        place = config["configurable"]
        rows = await in_thread(
            self._dump_writes,
            place["thread_id"],
            place["checkpoint_ns"],
            place["checkpoint_id"],
            task_id,
            task_path,
            writes,
        )

        async def store() -> None:
            async with self._cursor(pipeline=True) as cur:
                await cur.executemany(query, rows)

        await self.database.run(store)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        row = await self.database.run(partial(super().aget_tuple, config))
        return None if row is None else await self._loaded(row)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 (the base's signature)
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Yield checkpoints, newest first. No connection is held while the caller works on one."""
        size = _PAGE
        while limit is None or limit > 0:
            wanted = size if limit is None else min(size, limit)
            rows = await self.database.run(partial(self._page, config, filter, before, wanted))
            page = [await self._loaded(row) for row in rows]
            if len(page) < wanted or wanted == limit:
                for item in page:
                    yield item
                return
            # Copies of a thread share checkpoint ids, and a page may end among equal ones.
            last = _checkpoint_id(page[-1])
            whole = [item for item in page if _checkpoint_id(item) != last]
            if not whole:
                size *= 2
                continue
            for item in whole:
                yield item
            before = whole[-1].config
            limit = None if limit is None else limit - len(whole)

    async def adelete_thread(self, thread_id: str) -> None:
        await self._maintain(partial(super().adelete_thread, thread_id))

    async def adelete_for_runs(self, run_ids: Iterable[str]) -> None:
        """Delete the checkpoints that these runs made, with their writes."""
        if ids := [str(run_id) for run_id in run_ids]:
            await self._maintain(partial(self._execute, _DELETE_FOR_RUNS, {"run_ids": ids}))

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Copy all that one thread has to another, with its whole history."""
        threads = {"source": str(source_thread_id), "target": str(target_thread_id)}
        await self._maintain(partial(self._execute, _COPY_THREAD, threads))

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Prune threads: "keep_latest", or "delete" (the server calls it "delete_all")."""
        name = _STRATEGIES.get(strategy, strategy)
        await self._maintain(partial(super().aprune, thread_ids, strategy=name))

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        return await self.database.run(
            partial(super().aget_delta_channel_history, config=config, channels=channels)
        )

    def delete_for_runs(self, run_ids: Sequence[str]) -> None:
        self._from_other_thread(self.adelete_for_runs(run_ids))

    def copy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        self._from_other_thread(self.acopy_thread(source_thread_id, target_thread_id))

    @asynccontextmanager
    async def _cursor(self, *, pipeline: bool = False) -> AsyncGenerator[AsyncCursor[DictRow]]:
        # The base takes a lock before it asks the pool, and so runs one operation at a time.
        async with self.database.cursor(pipeline=pipeline) as cur:
            if blobs := _blobs.get():
                await cur.executemany(_UPSERT_BLOBS, blobs)
            yield cur

    async def _load_checkpoint_tuple(self, value: DictRow) -> CheckpointTuple:
        # The base asks for it in a thread while it holds a connection, so it gets the row as it is.
        return cast(CheckpointTuple, value)

    async def _loaded(self, row: CheckpointTuple) -> CheckpointTuple:
        """Turn the row that stands for a checkpoint into that checkpoint."""
        load = partial(PostgresSaver._load_checkpoint_tuple, cast(PostgresSaver, self))
        return await in_thread(load, cast(DictRow, row))

    def _dump_checkpoint(
        self, config: RunnableConfig, checkpoint: Checkpoint, new_versions: ChannelVersions
    ) -> _Rows:
        """Return the rows of the values that the checkpoint's own row doesn't hold."""
        values = {
            channel: value
            for channel, value in checkpoint["channel_values"].items()
            if value is not None and not isinstance(value, (str, int, float, bool))
        }
        versions = {channel: version for channel, version in new_versions.items() if channel in values}
        place = config["configurable"]
        return self._dump_blobs(place["thread_id"], place["checkpoint_ns"], values, versions)

    async def _page(
        self,
        config: RunnableConfig | None,
        filter: dict[str, Any] | None,  # noqa: A002 (as in `alist`)
        before: RunnableConfig | None,
        limit: int,
    ) -> list[CheckpointTuple]:
        page = super().alist(config, filter=filter, before=before, limit=limit)
        return [row async for row in page]

    async def _maintain(self, operation: Callable[[], Awaitable[None]]) -> None:
        await self.database.run(operation, attempt_timeout=_MAINTENANCE_TIMEOUT)

    async def _execute(self, query: LiteralString, params: dict[str, Any]) -> None:
        async with self._cursor() as cur:
            await cur.execute(query, params)

    def _from_other_thread(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run an operation on the saver's event loop, as the base's synchronous methods do."""
        if _running_loop() is self.loop:
            coroutine.close()
            raise asyncio.InvalidStateError(
                "A synchronous call from the event loop's own thread would block it for ever. "
                "Use the asynchronous method."
            )
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()


@contextmanager
def _first(blobs: _Rows) -> Generator[None]:
    """Store these blobs in the transaction that comes."""
    token = _blobs.set(blobs)
    try:
        yield
    finally:
        _blobs.reset(token)


def _checkpoint_id(item: CheckpointTuple) -> str:
    return item.config["configurable"]["checkpoint_id"]


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
