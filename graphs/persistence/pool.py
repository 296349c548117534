"""The connection pool of one event loop."""

import asyncio
import logging
import socket
import struct
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from functools import partial
from time import monotonic
from typing import Any, Self

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from graphs.persistence.credentials import with_credentials
from graphs.persistence.hosts import connect_to_first, places
from graphs.persistence.settings import PersistenceSettings

Resolve = Callable[[], Awaitable[str]]
"""Makes the connection string of the next connection. Raises psycopg.OperationalError if it can't now."""

Note = Callable[[psycopg.Error | None], None]
"""Hears how each attempt to connect ended: with an error, or None if it went well."""

# psycopg asks the server to cancel when a task is cancelled, and waits 5 s for a server that is frozen.
_CANCEL_TIMEOUT = 1.0

# How long the pool goes on with one attempt to connect. Its backoff starts at 1 s and doubles, but ends here:
# this is the pause between two attempts, and so the most that an outage lasts longer than it has to.
_RECONNECT_TIMEOUT = 0.5

_MIN_SIZE = 4

# How often the server looks whether the client of a running statement is still there. Without it, the
# statement of an abandoned connection waits for its lock to the end, and its connection counts. It isn't
# a startup parameter, as poolers refuse those that they don't know.
_CONNECTION_CHECK = "client_connection_check_interval"
_CONNECTION_CHECK_INTERVAL = "500ms"

# No row comes back through a pooler: its clients have process ids of its own making. There, a setting would
# go to whichever connection of the pooler is free.
_SET_CONNECTION_CHECK = """
SELECT CASE WHEN %s THEN set_config(%s, %s, false) END WHERE pg_backend_pid() = %s
"""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # struct linger

# How often a connection that waits for an answer is looked at, and how many times in a row the kernel has
# asked the other machine in vain when its line counts as dead.
_LOOK_EVERY = 0.1
_TRIES_IN_VAIN = 2
_TCP_INFO = getattr(socket, "TCP_INFO", None)  # Linux


class PooledConnection(AsyncConnection[DictRow]):
    """A connection that can be abandoned: whoever waits for its server is released at once."""

    abandoned = False
    dead = False
    """Whether it was abandoned because its line is dead."""
    made_at = 0.0
    """Monotonic seconds."""
    pooled = False
    """Whether a pooler stands between, so that two transactions may see two sessions of PostgreSQL."""

    @classmethod
    async def connect(  # ty: ignore[incompatible-method-override] (its callers are in this module)
        cls,
        conninfo: str = "",
        *,
        settings: PersistenceSettings,
        note: Note,
        **kwargs: Any,
    ) -> Self:
        """Connect, and note why it can't: the pool itself keeps that to its log."""
        try:
            found = await places(conninfo, lookup_timeout=settings.connect_timeout)
            conn = await connect_to_first(partial(cls._connect_to, **kwargs), found)
            try:
                await conn._settle(settings)
            except BaseException:
                await conn.close()
                raise
        except psycopg.Error as error:
            note(error)
            raise
        note(None)
        conn.made_at = monotonic()
        return conn

    @classmethod
    async def _connect_to(cls, place: str, **kwargs: Any) -> Self:
        try:
            return await super().connect(place, **kwargs)
        except psycopg.Error as error:
            # The frames of its traceback have the half-made connection, and have the error in turn: it would
            # stay open, and count at a server that is frozen, until the garbage collector comes.
            raise error.with_traceback(None) from None

    async def _settle(self, settings: PersistenceSettings) -> None:
        """Let the server notice if this client goes away, and find out whether a pooler stands between."""
        unset = _CONNECTION_CHECK not in self.info.options
        values = (unset, _CONNECTION_CHECK, _CONNECTION_CHECK_INTERVAL, self.info.backend_pid)
        with self.watched(settings.connect_timeout):
            cursor = await self.execute(_SET_CONNECTION_CHECK, values, prepare=False)
            self.pooled = await cursor.fetchone() is None
        prepares = settings.prepared_statements
        self.prepare_threshold = 0 if prepares == "on" or (prepares == "auto" and not self.pooled) else None

    @property
    def turned_read_only(self) -> bool:
        """Whether the server has told, with an answer, that it takes no writes: a failover demoted it."""
        tells = (b"in_hot_standby", b"default_transaction_read_only")
        return not self.closed and any(self.pgconn.parameter_status(name) == b"on" for name in tells)

    @contextmanager
    def watched(self, limit: float) -> Generator[None]:
        """Abandon it when the seconds are up, or as soon as its line is dead."""
        loop = asyncio.get_running_loop()
        end = loop.time() + limit

        def look() -> None:
            nonlocal timer
            left = end - loop.time()
            self.dead = self._line_is_dead()
            if self.dead or left <= 0:
                self.abandon()
            else:
                timer = loop.call_later(min(left, _LOOK_EVERY), look)

        timer = loop.call_later(min(limit, _LOOK_EVERY), look)
        try:
            yield
        finally:
            timer.cancel()

    def _line_is_dead(self) -> bool:
        """Return whether the other machine doesn't react, neither to data nor to keepalives.

        It is the machine that is asked, so a slow statement doesn't count, nor does a server that reads
        nothing. TCP_USER_TIMEOUT would take the latter for dead.
        """
        if _TCP_INFO is None or self.closed:
            return False
        sock = socket.socket(fileno=self.fileno())
        try:
            # struct tcp_info: state, ca_state, retransmits, probes, which an acknowledgement sets to zero
            _, _, retransmits, probes = sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 4)
        except OSError:  # a Unix socket
            return False
        finally:
            sock.detach()
        return max(retransmits, probes) >= _TRIES_IN_VAIN

    def abandon(self) -> None:
        """Shut the socket down, so that the pending wait ends with a connection error.

        Closing it then resets the connection: packets of the operation that were lost are not sent again,
        to arrive after the attempt that follows.

        `close()` would free the file descriptor under the event loop, which may by then watch another
        connection under the same number.
        """
        self.abandoned = True
        if self.closed:
            return
        sock = socket.socket(fileno=self.fileno())
        with suppress(OSError):  # the peer was quicker
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            sock.shutdown(socket.SHUT_RDWR)
        sock.detach()

    async def cancel_safe(self, *, timeout: float = 30.0) -> None:  # noqa: ASYNC109 (psycopg's)
        """Cancel the operation in progress, and abandon the connection if the server doesn't react."""
        try:
            await super().cancel_safe(timeout=min(timeout, _CANCEL_TIMEOUT))
        except psycopg.Error:
            self.abandon()
            raise


Pool = AsyncConnectionPool[AsyncConnection[DictRow]]


def create_pool(resolve: Resolve, settings: PersistenceSettings, note: Note) -> Pool:
    """Return a pool that isn't open yet, of `settings.pool_size` connections at most.

    It doesn't check connections at checkout: that costs round trips, and backs off for each stale
    connection. `Database` sweeps them all at once instead.
    """
    # Each failed attempt to connect would be a line in the log; `Outage` tells it once.
    logging.getLogger("psycopg").setLevel(logging.ERROR)

    async def conninfo() -> str:
        try:
            return await resolve()
        except psycopg.OperationalError as error:
            note(error)
            raise

    return AsyncConnectionPool(
        conninfo,
        connection_class=PooledConnection,
        kwargs=_connect_arguments(settings, note),
        min_size=min(_MIN_SIZE, settings.pool_size),
        max_size=settings.pool_size,
        open=False,
        name="holdfast",
        reconnect_timeout=_RECONNECT_TIMEOUT,
        reconnect_failed=_keep_trying,
    )


async def connect(resolve: Resolve, settings: PersistenceSettings) -> PooledConnection:
    """Make a connection beside the pool. Raises psycopg.Error."""
    return await PooledConnection.connect(await resolve(), **_connect_arguments(settings, _noted_by_caller))


def _connect_arguments(settings: PersistenceSettings, note: Note) -> dict[str, Any]:
    return {"settings": settings, "note": note, "autocommit": True, "row_factory": dict_row}


def _noted_by_caller(_: psycopg.Error | None) -> None:
    """The caller has the error itself."""


def conninfo_source(conninfo: str, settings: PersistenceSettings) -> Resolve:
    """Return what makes the connection string of the next connection: the given one over our defaults.

    It has the credentials of that moment, if a setting names where they come from.
    """
    defaults: dict[str, Any] = {
        "application_name": "holdfast",
        "connect_timeout": settings.connect_timeout,
        # After a failover, the demoted server may still accept connections: go on to the one that writes.
        "target_session_attrs": "read-write",
        "keepalives": 1,
        # Who waits for an answer knows within some two seconds that the line is dead.
        "keepalives_idle": 1,
        "keepalives_interval": 1,
        "keepalives_count": 3,
        "tcp_user_timeout": round(settings.operation_timeout * 1000),
    }

    async def resolve() -> str:
        given = await with_credentials(conninfo, settings)
        chosen = conninfo_to_dict(given)
        added = {name: value for name, value in defaults.items() if name not in chosen}
        return make_conninfo(given, **added)

    return resolve


async def _keep_trying(pool: Pool) -> None:
    # A pool that gave up connecting does nothing for those who already wait until someone new asks.
    # `check()` lets it grow again.
    if pool.get_stats()["requests_waiting"]:
        await pool.check()
