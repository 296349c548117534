"""Committing together what several sessions write at once."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from time import monotonic

import psycopg

from graphs.persistence import metrics
from graphs.persistence.database import Database
from graphs.persistence.outage import DatabaseUnavailable, Fault, fault_of
from graphs.persistence.statements import Statement

# Enough to share the costs of a round trip and a commit. In a larger group the first would wait for the
# last, while connections and CPUs of the server may be idle.
_MOST_WRITES = 16
_MOST_BYTES = 32_000


@dataclass
class _Write:
    statements: Sequence[Statement]
    done: asyncio.Future[None]
    alone: bool
    """Whether it is to be a group of its own."""
    asked_at: float = field(default_factory=monotonic)

    @property
    def size(self) -> int:
        """Bytes of the values, near enough."""
        return sum(
            len(value) for _, params in self.statements for value in params if isinstance(value, (str, bytes))
        )


class GroupCommit:
    """Writes what sessions have to store, several of them in one round trip and one commit.

    A group is what was asked for in one turn of the event loop, or while all connections were at work.
    Nobody waits for a group to fill. Writes must be idempotent. What fails for one doesn't for the others:
    after an error, each goes on alone.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[_Write] = deque()
        self._groups: set[asyncio.Task[None]] = set()

    def operation(self, statements: Sequence[Statement]) -> Callable[[], Awaitable[None]]:
        """Return the operation, for `Database.run`, that returns once the statements are committed."""
        tried = False

        async def write() -> None:
            nonlocal tried
            # It may be this write that others had to wait for, on a lock that somebody holds.
            alone, tried = tried, True
            await self._write(statements, alone=alone)

        return write

    async def _write(self, statements: Sequence[Statement], *, alone: bool) -> None:
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._start_groups)
        write = _Write(statements, loop.create_future(), alone)
        self._waiting.append(write)
        self._database.waiting += 1
        # Not longer than its own time: groups have another, and wait for each other.
        await self._database.in_time(write.done)

    def _start_groups(self) -> None:
        """Start groups unless all connections are at work; at least one, since its end starts the next."""
        while self._waiting and not (self._groups and self._database.busy):
            # In a context of its own: the time limits of the operation at hand aren't the group's.
            task = asyncio.create_task(self._write_group(self._next_group()), context=Context())
            self._groups.add(task)
            task.add_done_callback(self._end_group)

    def _end_group(self, task: asyncio.Task[None]) -> None:
        self._groups.discard(task)
        self._start_groups()

    def _next_group(self) -> list[_Write]:
        group = [self._take()]
        size = group[0].size
        while self._waiting and len(group) < _MOST_WRITES and size < _MOST_BYTES:
            if group[0].alone or self._waiting[0].alone:
                break
            group.append(self._take())
            size += group[-1].size
        return [write for write in group if not write.done.cancelled()]

    def _take(self) -> _Write:
        write = self._waiting.popleft()
        self._database.waiting -= 1
        metrics.BACKPRESSURE_SECONDS.inc(monotonic() - write.asked_at)
        return write

    async def _write_group(self, group: Sequence[_Write]) -> None:
        try:
            if group:
                await self._commit(group)
        finally:
            for write in group:
                write.done.cancel()  # those that have no outcome, if this task was cancelled

    async def _commit(self, group: Sequence[_Write]) -> None:
        try:
            await self._execute(group)
        except Exception as error:  # noqa: BLE001 (whatever it is, it goes to who waits)
            if len(group) > 1 and not _is_outage(error):
                await asyncio.gather(*(self._commit([write]) for write in group))
                return
            for write in group:
                if not write.done.done():
                    write.done.set_exception(error)
        else:
            for write in group:
                if not write.done.done():
                    write.done.set_result(None)

    async def _execute(self, group: Sequence[_Write]) -> None:
        """Run what the group has to store in one round trip and one transaction."""
        pipeline = sum(len(write.statements) for write in group) > 1
        async with self._database.cursor(pipeline=pipeline) as cur:
            for write in group:
                if write.done.cancelled():
                    continue  # who left while the group waited may have deleted the thread since
                for query, params in write.statements:
                    await cur.execute(query, params)


def _is_outage(error: Exception) -> bool:
    if isinstance(error, psycopg.Error):
        return fault_of(error) is Fault.OUTAGE
    return isinstance(error, DatabaseUnavailable)
