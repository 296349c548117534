"""What is compared: ways to store the same steps over the same number of connections."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver, get_serializable_checkpoint_metadata
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from pydantic import SecretStr

from benchmarks.workload import FIRST_STEP, TASK, Payload, Session, checkpoint_id_of, version_of
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver

AGENTS = 5

OURS = "Holdfast"
STOCK = "stock"
PER_AGENT = "stock, one pool per agent"
FLOOR = "floor"

_PUT_BLOBS = AsyncPostgresSaver.UPSERT_CHECKPOINT_BLOBS_SQL.encode()
_PUT_CHECKPOINT = AsyncPostgresSaver.UPSERT_CHECKPOINTS_SQL.encode()
_PUT_WRITES = AsyncPostgresSaver.INSERT_CHECKPOINT_WRITES_SQL.encode()
_READ = (
    AsyncPostgresSaver.SELECT_SQL
    + "WHERE thread_id = %s AND checkpoint_ns = %s ORDER BY checkpoint_id DESC LIMIT 1"
).encode()


class Contender(Protocol):
    """Stores the steps of sessions. Each method is one operation: one transaction, or one query."""

    async def put(self, session: Session, number: int) -> None:
        """Store the checkpoint of the step."""

    async def write(self, session: Session, number: int) -> None:
        """Store the writes of the step's task."""

    async def read(self, session: Session) -> None:
        """Read the latest checkpoint of the session."""


class SaverContender:
    """A checkpointer, or one for each agent: sessions are dealt out to them in turn."""

    def __init__(self, savers: Sequence[BaseCheckpointSaver]) -> None:
        self._savers = savers

    async def put(self, session: Session, number: int) -> None:
        step = session.step(number)
        await self._of(session).aput(step.config, step.checkpoint, step.metadata, step.new_versions)

    async def write(self, session: Session, number: int) -> None:
        step = session.step(number)
        await self._of(session).aput_writes(step.stored, step.writes, step.task_id)

    async def read(self, session: Session) -> None:
        found = await self._of(session).aget_tuple(session.latest())
        assert found is not None, f"{session.thread_id} has no checkpoint"

    def _of(self, session: Session) -> BaseCheckpointSaver:
        return self._savers[session.number % len(self._savers)]


@dataclass(frozen=True)
class _Rows:
    """The bytes of a payload's steps, serialized once; the number of the step is put in their place."""

    checkpoint: str
    metadata: str
    messages: tuple[str, bytes]
    writes: Sequence[tuple[int, str, str, bytes]]


class Floor:
    """The same rows by the same statements, serialized beforehand, in one pipeline for each operation."""

    def __init__(self, connections: Sequence[AsyncConnection[DictRow]]) -> None:
        self._turns = asyncio.Semaphore(len(connections))
        self._free = list(connections)
        self._prepared: dict[Payload, _Rows] = {}

    async def put(self, session: Session, number: int) -> None:
        rows = self._rows(session.payload)
        thread_id, version = session.thread_id, version_of(number)
        place = (thread_id, "", checkpoint_id_of(number), checkpoint_id_of(number - 1))
        async with self._pipeline() as cur:
            await cur.executemany(_PUT_BLOBS, [(thread_id, "", "messages", version, *rows.messages)])
            await cur.execute(
                _PUT_CHECKPOINT,
                (*place, _numbered(rows.checkpoint, number), _numbered(rows.metadata, number)),
            )

    async def write(self, session: Session, number: int) -> None:
        place = (session.thread_id, "", checkpoint_id_of(number), TASK, "")
        rows = self._rows(session.payload)
        async with self._pipeline() as cur:
            await cur.executemany(_PUT_WRITES, [(*place, *row) for row in rows.writes])

    async def read(self, session: Session) -> None:
        async with self._connection() as connection, connection.cursor(binary=True) as cur:
            await cur.execute(_READ, (session.thread_id, ""), binary=True)
            found = await cur.fetchone()
        assert found is not None, f"{session.thread_id} has no checkpoint"

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[AsyncConnection[DictRow]]:
        async with self._turns:
            connection = self._free.pop()
            try:
                yield connection
            finally:
                self._free.append(connection)

    @asynccontextmanager
    async def _pipeline(self) -> AsyncGenerator[AsyncCursor[DictRow]]:
        async with (
            self._connection() as connection,
            connection.pipeline(),
            connection.cursor(binary=True) as cur,
        ):
            yield cur

    def _rows(self, payload: Payload) -> _Rows:
        if payload not in self._prepared:
            self._prepared[payload] = _serialized(payload)
        return self._prepared[payload]


@asynccontextmanager
async def holdfast(uri: str, connections: int) -> AsyncGenerator[Contender]:
    """Give our saver, as the server opens it."""
    async with open_saver(PersistenceSettings(uri=SecretStr(uri), connection_budget=connections)) as saver:
        yield SaverContender([saver])


@asynccontextmanager
async def stock(uri: str, connections: int) -> AsyncGenerator[Contender]:
    """Give LangGraph's saver on a pool."""
    async with stock_pool(uri, connections) as pool:
        yield SaverContender([AsyncPostgresSaver(pool)])


@asynccontextmanager
async def stock_per_agent(uri: str, connections: int) -> AsyncGenerator[Contender]:
    """Give a saver of LangGraph's for each agent, each on a pool of its own; as many connections in all."""
    async with AsyncExitStack() as stack:
        pools = [
            await stack.enter_async_context(stock_pool(uri, connections // AGENTS)) for _ in range(AGENTS)
        ]
        yield SaverContender([AsyncPostgresSaver(pool) for pool in pools])


@asynccontextmanager
async def floor(uri: str, connections: int) -> AsyncGenerator[Contender]:
    """Give plain psycopg: what the same statements cost without a checkpointer."""
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(await _connect(uri)) for _ in range(connections)]
        yield Floor(opened)


def stock_pool(uri: str, size: int, **options: Any) -> AsyncConnectionPool[AsyncConnection[DictRow]]:
    """Return a pool as LangGraph's documentation opens it, full from the start."""
    kwargs = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    return AsyncConnectionPool(uri, min_size=size, max_size=size, kwargs=kwargs, open=False, **options)


async def _connect(uri: str) -> AsyncConnection[DictRow]:
    return await AsyncConnection[DictRow].connect(
        uri, autocommit=True, prepare_threshold=0, row_factory=dict_row
    )


def _serialized(payload: Payload) -> _Rows:
    step = Session("", 0, payload).step(FIRST_STEP)
    dumps = JsonPlusSerializer().dumps_typed
    inline = {**step.checkpoint, "channel_values": {"step": FIRST_STEP}}
    return _Rows(
        checkpoint=json.dumps(inline),
        metadata=json.dumps(get_serializable_checkpoint_metadata(step.config, step.metadata)),
        messages=dumps(payload.messages),
        writes=[(index, channel, *dumps(value)) for index, (channel, value) in enumerate(step.writes)],
    )


def _numbered(text: str, number: int) -> Jsonb:
    return Jsonb(text.replace(str(FIRST_STEP), str(number)), dumps=_as_it_is)


def _as_it_is(text: str) -> str:
    return text
