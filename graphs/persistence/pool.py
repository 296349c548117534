"""The connection pool of one event loop."""

import logging
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from inspect import isawaitable
from time import monotonic
from typing import Any, Self

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.threads import in_thread

Conninfo = str | Callable[[], str | Awaitable[str]]
"""A connection string, or what makes one for each new connection (rotating passwords, IAM tokens)."""

# psycopg asks the server to cancel when a task is cancelled, and waits 5 s for a server that is frozen.
_CANCEL_TIMEOUT = 1.0

# How long the pool goes on with one attempt to connect. Its backoff starts at 1 s and doubles, so a small
# figure keeps the pause between two attempts, and with it the time to recover, near one second.
_RECONNECT_TIMEOUT = 1.0

_MIN_SIZE = 4

# How often the server looks whether the client of a running statement is still there. Without it, the
# statement of an abandoned connection waits for its lock to the end, and its connection counts.
_CONNECTION_CHECK = "client_connection_check_interval"
_CONNECTION_CHECK_INTERVAL = "500ms"

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # struct linger


class PooledConnection(AsyncConnection[DictRow]):
    """A connection that can be abandoned: whoever waits for its server is released at once."""

    abandoned = False
    made_at = 0.0
    """Monotonic seconds."""

    @classmethod
    async def connect(  # ty: ignore[incompatible-method-override] (the pool is its only caller)
        cls, conninfo: str = "", *, on_failure: Callable[[psycopg.Error], None], **kwargs: Any
    ) -> Self:
        """Connect, and tell `on_failure` why it can't: the pool itself keeps that to its log."""
        try:
            conn = await super().connect(await _with_addresses(conninfo), **kwargs)
        except psycopg.Error as error:
            on_failure(error)
            raise
        conn.made_at = monotonic()
        return conn

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


def create_pool(
    conninfo: Callable[[], Awaitable[str]],
    settings: PersistenceSettings,
    on_connect_failure: Callable[[psycopg.Error], None],
) -> Pool:
    """Return a pool that isn't open yet, of `settings.pool_size` connections at most.

    It doesn't check connections at checkout: that costs round trips, and backs off for each stale
    connection. `Database` sweeps them all at once instead.
    """
    # Each failed attempt to connect would be a line in the log; `Outage` tells it once.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    return AsyncConnectionPool(
        conninfo,
        connection_class=PooledConnection,
        kwargs={
            "autocommit": True,
            "prepare_threshold": 0,
            "row_factory": dict_row,
            "on_failure": on_connect_failure,
        },
        min_size=min(_MIN_SIZE, settings.pool_size),
        max_size=settings.pool_size,
        open=False,
        name="holdfast",
        reconnect_timeout=_RECONNECT_TIMEOUT,
        reconnect_failed=_keep_trying,
    )


def conninfo_source(conninfo: Conninfo, settings: PersistenceSettings) -> Callable[[], Awaitable[str]]:
    """Return what makes the connection string of the next connection: the given one over our defaults."""
    defaults: dict[str, Any] = {
        "application_name": "holdfast",
        "connect_timeout": settings.connect_timeout,
        # After a failover, the demoted server may still accept connections: go on to the one that writes.
        "target_session_attrs": "read-write",
        "keepalives": 1,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": round(settings.operation_timeout * 1000),
    }

    async def resolve() -> str:
        given = conninfo if isinstance(conninfo, str) else conninfo()
        if isawaitable(given):
            given = await given
        chosen = conninfo_to_dict(given)
        added = {name: value for name, value in defaults.items() if name not in chosen}
        return make_conninfo(given, **added, options=_with_connection_check(str(chosen.get("options") or "")))

    return resolve


def _with_connection_check(options: str) -> str:
    """Add the check for clients that are gone to the server options, unless these have it."""
    if _CONNECTION_CHECK in options:
        return options
    return f"{options} -c {_CONNECTION_CHECK}={_CONNECTION_CHECK_INTERVAL}".strip()


async def _with_addresses(conninfo: str) -> str:
    """Look up the host, which psycopg would do on the default executor.

    A list of hosts, and a host that can't be looked up, are left to psycopg.
    """
    params = conninfo_to_dict(conninfo)
    host = str(params.get("host") or "")
    if not host or host.startswith("/") or "," in host or params.get("hostaddr"):
        return conninfo
    try:
        found = await in_thread(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
    except OSError:
        return conninfo
    addresses = [str(address[0]) for *_, address in found]
    return make_conninfo(conninfo, host=",".join([host] * len(addresses)), hostaddr=",".join(addresses))


async def _keep_trying(pool: Pool) -> None:
    # A pool that gave up connecting does nothing for those who already wait until someone new asks.
    # `check()` lets it grow again.
    if pool.get_stats()["requests_waiting"]:
        await pool.check()
