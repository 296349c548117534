"""One event loop's way to PostgreSQL: a pool, a queue in front of it, and retry within the outage budget."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Any, TypeVar, cast

import psycopg
from psycopg import AsyncCursor
from psycopg.errors import ReadOnlySqlTransaction
from psycopg.rows import DictRow
from psycopg_pool import PoolClosed, PoolTimeout

from graphs.persistence import metrics
from graphs.persistence.credentials import lockout_at
from graphs.persistence.migration_lock import session_lock, transaction_lock
from graphs.persistence.outage import (
    ConnectionLost,
    DatabaseUnavailable,
    Fault,
    NoAnswer,
    Outage,
    fault_of,
    first_line,
    pauses,
)
from graphs.persistence.pool import PooledConnection, connect, conninfo_source, create_pool
from graphs.persistence.settings import PersistenceSettings, target
from graphs.persistence.shortage import shortage_at

T = TypeVar("T")

# Building an index on a large table takes its time, and so does waiting for a replica that builds it.
_MIGRATION_TIMEOUT = 1_800.0

# How long an attempt goes on after its caller left. A connection costs more than most queries take.
_GRACE = 1.0


@dataclass(eq=False)
class _Call:
    """What `Database.connection` has to know of the operation that it serves. Times are monotonic."""

    name: str
    started: float
    timeout: float
    deadline: float = inf
    asked: float | None = None
    """The time that its caller was given, in seconds, if that is more than the caller gives it."""
    connection: PooledConnection | None = None
    """Set while the operation holds one connection over several checkouts."""
    lacks: str = ""
    """What PostgreSQL lacked for it at the last attempt."""
    given_up: bool = False


_call: ContextVar[_Call] = ContextVar("holdfast_call")


class Database:
    """Runs operations on PostgreSQL, and again after an outage.

    At most as many operations as the pool has connections are in flight; the others queue in front of
    the pool, first come first served and without a timeout of their own, so that a burst waits instead
    of failing.

    `unavailable` is the exception raised once the outage budget is spent.
    """

    def __init__(
        self,
        conninfo: str,
        settings: PersistenceSettings,
        *,
        unavailable: type[DatabaseUnavailable] = DatabaseUnavailable,
    ) -> None:
        self._settings = settings
        self._unavailable = unavailable
        self._outage = Outage(target(conninfo))
        self._shortage = shortage_at(target(conninfo))
        self._lockout = lockout_at(target(conninfo))
        self._swept_at = -inf
        self._with_deadline: set[asyncio.Task[Any]] = set()
        self._turns = asyncio.Semaphore(settings.pool_size)
        self.waiting = 0
        """Operations that wait for a connection to come free."""
        self._in_use = 0
        self._resolve = conninfo_source(conninfo, settings)
        self.pool = create_pool(self._resolve, settings, self._note_connect)

    async def open(self) -> None:
        """Open the pool. It connects in the background."""
        metrics.pools.add(self)
        await self.pool.open()

    async def connect(self) -> PooledConnection:
        """Make a connection beside the pool, which its caller closes. Raises psycopg.Error."""
        return await connect(self._resolve, self._settings)

    async def close(self) -> None:
        """Close the pool, for good."""
        for attempts in self._with_deadline:
            attempts.cancel()
        await asyncio.gather(*self._with_deadline, return_exceptions=True)
        await self.pool.close()
        self._outage.forget()
        metrics.pools.remove(self)

    def stats(self) -> metrics.PoolStats:
        """Return how the pool is now. Any thread may ask."""
        pool = self.pool.get_stats()
        return metrics.PoolStats(
            max_size=pool["pool_max"],
            size=pool["pool_size"],
            idle=pool["pool_available"],
            in_use=self._in_use,
            waiting=self.waiting,
            in_progress=self._outage.operations,
            lost=pool.get("connections_lost", 0) + pool.get("returns_bad", 0),
            connect_failures=pool.get("connections_errors", 0),
        )

    @property
    def busy(self) -> bool:
        """Whether all connections are at work, so that an operation has to wait."""
        return self._turns.locked()

    async def run(
        self,
        operation: Callable[[], Awaitable[T]],
        *,
        name: str = "other",
        within: float | None = None,
        asked: float | None = None,
        attempt_timeout: float | None = None,
    ) -> T:
        """Return what `operation` returns, running it again after each outage or conflict.

        It must be idempotent: it may have run to its end before its connection broke. `name` is what the
        metrics call this kind of operation. `within` bounds the whole call, waiting included; without it,
        waiting for PostgreSQL is bounded by the outage budget. `asked` is the time that an error names, where
        `within` is a part of it. `attempt_timeout` abandons a single attempt; the setting by default. All in
        seconds.

        Raises DatabaseUnavailable (or what stands for it) when the time is up, and the operation's own
        errors at once.
        """
        now = monotonic()
        call = _Call(name, now, attempt_timeout or self._settings.operation_timeout, asked=asked)
        if within is None:
            return await self._attempts(operation, call)
        call.deadline = now + within
        attempts = asyncio.create_task(self._attempts(operation, call))
        self._with_deadline.add(attempts)
        attempts.add_done_callback(self._forget)
        try:
            done, _ = await asyncio.wait({attempts}, timeout=within)
        except asyncio.CancelledError:
            attempts.cancel()
            raise
        if not done:
            raise self._give_up(call)
        return attempts.result()

    async def _attempts(self, operation: Callable[[], Awaitable[T]], call: _Call) -> T:
        token = _call.set(call)
        waits = pauses()
        self._outage.operations += 1
        try:
            while True:
                try:
                    return await operation()
                except PoolClosed as error:
                    raise self._unavailable("The server is shutting down.") from error
                except psycopg.Error as error:
                    self._check_retry(error, call)
                await self._outage.pause(min(next(waits), max(0.0, call.deadline - monotonic())))
        finally:
            self._shortage.end(call)
            self._outage.operations -= 1
            metrics.operation_seconds(call.name).observe(monotonic() - call.started)
            _call.reset(token)

    async def in_time(self, awaited: Awaitable[T]) -> T:
        """Return what the operation in progress waits for.

        Raises DatabaseUnavailable when its time is up, or that of others at work for it.
        """
        return await self._in_time(self._current_call(), awaited)

    def _current_call(self) -> _Call:
        # A group of writes is no operation: those that wait for it give up themselves, each for its own run.
        alone = _Call("other", monotonic(), self._settings.operation_timeout, given_up=True)
        return _call.get(None) or alone

    async def _in_time(self, call: _Call, awaited: Awaitable[T]) -> T:
        limit = None if call.deadline == inf else max(0.0, call.deadline - monotonic())
        try:
            async with asyncio.timeout(limit):
                return await awaited
        except (TimeoutError, DatabaseUnavailable):
            raise self._give_up(call) from None

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[PooledConnection]:
        """Take a connection from the pool, for the attempt of `run` in progress or for a single use.

        The connection is abandoned when the attempt's time is up. An error that shows it broken renews
        the whole pool, once for all operations that such an outage hits.
        """
        call = self._current_call()
        if call.connection is not None:
            yield call.connection
            return
        async with self._turn(call), self._checkout(call) as conn:
            yield conn

    @asynccontextmanager
    async def cursor(self, *, pipeline: bool = False) -> AsyncGenerator[AsyncCursor[DictRow]]:
        """Open a cursor on a connection from the pool; in a pipeline, its statements are one transaction."""
        async with self.connection() as conn, conn.cursor(binary=True) as cur:
            if not pipeline:
                yield cur
                return
            async with conn.pipeline():
                yield cur

    async def migrate(self, step: Callable[[], Awaitable[None]]) -> None:
        """Run a schema migration while no other replica runs one. All its statements share a connection."""

        async def locked() -> None:
            async with self.connection() as conn, self._migration_lock(conn):
                call = _call.get()
                call.connection = conn
                try:
                    await step()
                finally:
                    call.connection = None

        await self.run(locked, name="migrate", attempt_timeout=_MIGRATION_TIMEOUT)

    @asynccontextmanager
    async def _migration_lock(self, conn: PooledConnection) -> AsyncGenerator[None]:
        if not conn.pooled:
            async with session_lock(conn):
                yield
            return
        async with await self.connect() as beside, transaction_lock(beside):
            yield

    @asynccontextmanager
    async def _turn(self, call: _Call) -> AsyncGenerator[None]:
        asked_at = monotonic()
        self.waiting += 1
        try:
            await self._in_time(call, self._turns.acquire())
        finally:
            self.waiting -= 1
            metrics.BACKPRESSURE_SECONDS.inc(monotonic() - asked_at)
        try:
            # The outage may have outlasted this operation's budget while it waited for its turn.
            if self._outage.since is not None and monotonic() >= self._end_of_budget(call):
                raise self._give_up(call)
            yield
        finally:
            self._turns.release()

    @asynccontextmanager
    async def _checkout(self, call: _Call) -> AsyncGenerator[PooledConnection]:
        conn = await self._getconn(call)
        taken_at = monotonic()
        limit = min(call.timeout, max(_GRACE, call.deadline - taken_at))
        self._in_use += 1
        try:
            with conn.watched(limit):
                yield conn
            if conn.turned_read_only:
                # What it read may be older than what another server wrote since.
                raise ReadOnlySqlTransaction("the server turned read-only")
        except psycopg.Error as error:
            if conn.abandoned and not conn.dead and limit < call.timeout:
                # The caller's haste says nothing about the server.
                raise NoAnswer(f"no answer within {limit:.1f} s") from error
            fault = _in_context(error, conn, limit)
            if fault_of(fault) is Fault.OUTAGE:
                self._outage.begin(fault, made_at=conn.made_at)
                await self._sweep(conn.made_at)
            else:
                self._outage.end(taken_at)
            if fault is error:
                raise
            raise fault from error
        else:
            self._outage.end(taken_at)
        finally:
            self._in_use -= 1
            if conn.abandoned:
                metrics.ABANDONED.inc()
                await conn.close()
            await self.pool.putconn(conn)

    async def _getconn(self, call: _Call) -> PooledConnection:
        asked_at = monotonic()
        left = call.deadline - asked_at
        if left <= 0:
            raise self._give_up(call)
        patience = min(self._settings.connect_timeout, left)
        try:
            return cast(PooledConnection, await self.pool.getconn(timeout=patience))
        except PoolTimeout as error:
            # The caller's haste says nothing about the server, and a pool that is short of connections while
            # others are answered is no outage. An attempt to connect that failed since then is one.
            tells = patience < left or self._outage.connect_error is not None
            if tells and self._outage.answered_at < asked_at:
                self._outage.begin(self._outage.connect_error or error)
            raise

    async def _sweep(self, made_at: float) -> None:
        """Renew all connections, unless that was done since this one was made."""
        if made_at <= self._swept_at:
            return
        self._swept_at = inf
        metrics.SWEEPS.inc()
        try:
            await self.pool.drain()
        finally:
            self._swept_at = monotonic()

    def _check_retry(self, error: psycopg.Error, call: _Call) -> None:
        """Return if the operation may run again; raise the error, or that the database is unavailable."""
        fault = fault_of(error)
        if fault is None:
            raise error
        call.lacks = first_line(error) if fault is Fault.SHORTAGE else ""
        if fault is Fault.SHORTAGE:
            self._shortage.begin(call, error)
        if call.deadline == inf:
            call.deadline = self._end_of_budget(call)
        if monotonic() < call.deadline:
            metrics.retries(fault).inc()
            return
        if fault is Fault.CONFLICT:
            raise error
        raise self._give_up(call) from error

    def _end_of_budget(self, call: _Call) -> float:
        """Return when an operation has waited long enough for the outage there is, or that was just over."""
        since = monotonic() if self._outage.since is None else max(self._outage.since, call.started)
        return since + self._settings.outage_budget

    def _note_connect(self, error: psycopg.Error | None) -> None:
        self._lockout.note(error)
        if error is not None:
            self._outage.note_connect_failure(error)

    def _forget(self, attempts: asyncio.Task[Any]) -> None:
        self._with_deadline.discard(attempts)
        # Asked for, or asyncio would log the error of attempts whose caller has left.
        if not attempts.cancelled():
            attempts.exception()

    def _give_up(self, call: _Call) -> DatabaseUnavailable:
        if not call.given_up:  # an attempt that outlives its caller gives up once more
            call.given_up = True
            metrics.GIVEN_UP.inc()
        time = f"{monotonic() - call.started:.1f}" if call.asked is None else f"{call.asked:g}"
        if call.lacks:
            return self._unavailable(
                f"PostgreSQL at {self._outage.target} could not do it within {time} s ({call.lacks})."
            )
        reason = self._outage.reason if self._outage.since is not None else "it is slow"
        return self._unavailable(
            f"PostgreSQL at {self._outage.target} gave no answer within {time} s ({reason})."
        )


def _in_context(error: psycopg.Error, conn: PooledConnection, limit: float) -> psycopg.Error:
    """Return the error that says what happened to the connection, when the given one doesn't."""
    if conn.dead:
        return ConnectionLost("the line is dead: the server's machine doesn't react any more")
    if conn.abandoned:
        return NoAnswer(f"no answer within {limit:.1f} s")
    if conn.closed and fault_of(error) is not Fault.OUTAGE:
        return ConnectionLost(f"connection lost: {first_line(error)}")
    return error
