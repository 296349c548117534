"""The checkpointer."""

import asyncio
import json
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, ParamSpec, TypeVar, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
    get_serializable_checkpoint_metadata,
)
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.serde.types import _DeltaSnapshot
from psycopg import AsyncCursor
from psycopg.rows import DictRow

from graphs.persistence.database import Database
from graphs.persistence.group_commit import GroupCommit
from graphs.persistence.retention import expires_soon, note_reading
from graphs.persistence.statements import SELECT_CHECKPOINTS, Row, Statement, put_checkpoint, put_writes
from graphs.persistence.thread_statements import COPY_THREAD, DELETE_FOR_RUNS, LOCK_DELETIONS
from graphs.persistence.threads import in_thread

P = ParamSpec("P")
T = TypeVar("T")

_PAGE = 100

# Deleting or copying a thread of many thousand checkpoints may take longer than an operation should.
_MAINTENANCE_TIMEOUT = 300.0

# LangGraph's server and its checkpointers name one strategy differently.
_STRATEGIES = {"delete_all": "delete"}

# Values of this size take about 1 ms to write and 2 ms to read, with the interpreter's lock held most of
# that time. Smaller ones are done sooner than a thread takes them up.
_LARGE = 500_000  # bytes


class HoldfastSaver(AsyncPostgresSaver):
    """LangGraph's PostgreSQL checkpointer, whose operations outlast an outage of the database.

    Operations run side by side, as many as the pool has connections. Each may raise DatabaseUnavailable
    when the outage budget is spent; no error of a connection or a pool ever leaves it.

    `lifetime` is for threads that expire, in seconds: one that is read late in it is not deleted before who
    reads it can write (`graphs.persistence.retention`).
    """

    SELECT_SQL = SELECT_CHECKPOINTS

    def __init__(
        self, database: Database, *, serde: SerializerProtocol | None = None, lifetime: float | None = None
    ) -> None:
        super().__init__(database.pool, serde=serde)
        self.database = database
        self._lifetime = lifetime
        self._group_commit = GroupCommit(database)
        self._large_channels: set[str] = set()
        # LangGraph keeps these in the row of the checkpoint, where everybody can read them.
        self._encrypts = isinstance(serde, EncryptedSerializer)
        self._in_row = (bool,) if self._encrypts else (str, int, float, bool)

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
        row, blobs = await self._serialized(
            new_versions, self._dump_checkpoint, config, checkpoint, metadata, new_versions
        )
        self._note_sizes((channel, blob) for _, _, channel, _, _, blob in blobs)
        await self._write("put", [put_checkpoint(row, blobs)])
        return _config_of(config, checkpoint["id"])

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        place = config["configurable"]
        rows = await self._serialized(
            [channel for channel, _ in writes],
            self._dump_writes,
            place["thread_id"],
            place["checkpoint_ns"],
            place["checkpoint_id"],
            task_id,
            task_path,
            writes,
        )
        self._note_sizes((channel, blob) for *_, channel, _, blob in rows)
        special = all(channel in WRITES_IDX_MAP for channel, _ in writes)
        await self._write("put_writes", put_writes(rows, upsert=special))

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        fetch = partial(self.database.run, partial(super().aget_tuple, config), name="get")
        row = await fetch()
        if row is not None and self._expires_soon(row):
            await note_reading(self.database, config["configurable"]["thread_id"])
            row = await fetch()
        if row is None:
            return None
        [item] = await self._loaded([row])
        return item

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
            rows = await self.database.run(partial(self._page, config, filter, before, wanted), name="list")
            page = await self._loaded(rows)
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
        await self._maintain("delete", partial(super().adelete_thread, thread_id))

    async def adelete_for_runs(self, run_ids: Iterable[str]) -> None:
        """Delete the checkpoints that these runs made, with their writes; the others stay one chain."""
        ids = [str(run_id) for run_id in run_ids]
        if not ids:
            return

        async def delete() -> None:
            async with self._cursor() as cur, cur.connection.transaction():
                await cur.execute(LOCK_DELETIONS)
                await cur.execute(DELETE_FOR_RUNS, {"run_ids": ids})

        await self._maintain("delete", delete)

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Copy all that one thread has to another, with its whole history."""
        threads = {"source": str(source_thread_id), "target": str(target_thread_id)}

        async def copy() -> None:
            async with self._cursor() as cur:
                await cur.execute(COPY_THREAD, threads)

        await self._maintain("copy", copy)

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Prune threads: "keep_latest", or "delete" (the server calls it "delete_all")."""
        name = _STRATEGIES.get(strategy, strategy)
        await self._maintain("prune", partial(super().aprune, thread_ids, strategy=name))

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        return await self.database.run(
            partial(super().aget_delta_channel_history, config=config, channels=channels), name="get_deltas"
        )

    def delete_for_runs(self, run_ids: Sequence[str]) -> None:
        self._from_other_thread(self.adelete_for_runs(run_ids))

    def copy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        self._from_other_thread(self.acopy_thread(source_thread_id, target_thread_id))

    @asynccontextmanager
    async def _cursor(self, *, pipeline: bool = False) -> AsyncGenerator[AsyncCursor[DictRow]]:
        # The base takes a lock before it asks the pool, and so runs one operation at a time.
        async with self.database.cursor(pipeline=pipeline) as cur:
            yield cur

    async def _load_checkpoint_tuple(self, value: DictRow) -> CheckpointTuple:
        # The base asks for it in a thread while it holds a connection, so it gets the row as it is.
        return cast(CheckpointTuple, value)

    def _expires_soon(self, row: CheckpointTuple) -> bool:
        if self._lifetime is None:
            return False
        return expires_soon(cast(DictRow, row)["checkpoint_id"], self._lifetime)

    async def _loaded(self, rows: Sequence[CheckpointTuple]) -> list[CheckpointTuple]:
        """Turn the rows that stand for checkpoints into those checkpoints."""
        values = cast(Sequence[DictRow], rows)

        def load() -> list[CheckpointTuple]:
            saver = cast(PostgresSaver, self)
            return [PostgresSaver._load_checkpoint_tuple(saver, value) for value in values]

        return await in_thread(load) if sum(map(_size_of, values)) > _LARGE else load()

    async def _serialized(
        self, channels: Iterable[str], dump: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return what `dump` makes of the values of these channels, from a thread if they are large."""
        if self._large_channels.isdisjoint(channels):
            return dump(*args, **kwargs)
        return await in_thread(dump, *args, **kwargs)

    def _dump_checkpoint(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> tuple[Row, Sequence[Row]]:
        """Return the row of a checkpoint, and those of the values that it doesn't hold itself."""
        place = config["configurable"]
        thread_id, namespace = place["thread_id"], place["checkpoint_ns"]
        inline: dict[str, Any] = {}
        apart: dict[str, Any] = {}
        for channel, value in checkpoint["channel_values"].items():
            if value is None or isinstance(value, self._in_row):
                inline[channel] = value
                continue
            apart[channel] = value
            if isinstance(value, _DeltaSnapshot):
                inline[channel] = True  # what LangGraph's queries know a snapshot by
        versions = {channel: version for channel, version in new_versions.items() if channel in apart}
        if self._encrypts:
            # One that is as it was before encryption came on is stored in a row of `checkpoints` alone.
            versions |= {
                channel: version
                for channel, version in checkpoint["channel_versions"].items()
                if isinstance(apart.get(channel), (str, int, float))
            }
        blobs = self._dump_blobs(thread_id, namespace, apart, versions)
        row = (
            thread_id,
            namespace,
            checkpoint["id"],
            place.get("checkpoint_id"),
            json.dumps({**checkpoint, "channel_values": inline}),
            json.dumps(get_serializable_checkpoint_metadata(config, metadata)),
        )
        return row, blobs

    def _note_sizes(self, blobs: Iterable[tuple[str, bytes | None]]) -> None:
        """Remember which channels have large values, as a guess for their next ones."""
        for channel, blob in blobs:
            if blob is not None and len(blob) > _LARGE:
                self._large_channels.add(channel)
            else:
                self._large_channels.discard(channel)

    async def _write(self, name: str, statements: Sequence[Statement]) -> None:
        if statements:
            await self.database.run(self._group_commit.operation(statements), name=name)

    async def _page(
        self,
        config: RunnableConfig | None,
        filter: dict[str, Any] | None,  # noqa: A002 (as in `alist`)
        before: RunnableConfig | None,
        limit: int,
    ) -> list[CheckpointTuple]:
        page = super().alist(config, filter=filter, before=before, limit=limit)
        return [row async for row in page]

    async def _maintain(self, name: str, operation: Callable[[], Awaitable[None]]) -> None:
        await self.database.run(operation, name=name, attempt_timeout=_MAINTENANCE_TIMEOUT)

    def _from_other_thread(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run an operation on the saver's event loop, as the base's synchronous methods do."""
        if _running_loop() is self.loop:
            coroutine.close()
            raise asyncio.InvalidStateError(
                "A synchronous call from the event loop's own thread would block it for ever. "
                "Use the asynchronous method."
            )
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()


def _config_of(config: RunnableConfig, checkpoint_id: str) -> RunnableConfig:
    """Return the config of a checkpoint that was put with the given one."""
    place = config["configurable"]
    return {
        "configurable": {
            "thread_id": place["thread_id"],
            "checkpoint_ns": place["checkpoint_ns"],
            "checkpoint_id": checkpoint_id,
        }
    }


def _size_of(row: DictRow) -> int:
    """Return the bytes of the values in a row of the checkpoint query."""
    values = sum(len(blob or b"") for _, _, blob in row["channel_values"] or ())
    return values + sum(len(blob) for _, _, _, blob, *_ in row["pending_writes"] or ())


def _checkpoint_id(item: CheckpointTuple) -> str:
    return item.config["configurable"]["checkpoint_id"]


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
