"""The hosts of a connection string: looked up anew for each connection, and tried side by side.

psycopg looks up on the event loop's default executor, where tools may keep it waiting, and tries one host
after the other: one that is gone, and doesn't even refuse, would cost each connection a connect timeout.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from random import shuffle
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from graphs.persistence.outage import first_line
from graphs.persistence.threads import in_daemon_thread

C = TypeVar("C", bound=psycopg.AsyncConnection[Any])

# Seconds for which a place is asked alone: longer than a connection takes over a network that is slow but
# well, since one too many counts at the server until it is closed.
_HEAD_START = 1.0


async def places(conninfo: str, *, lookup_timeout: float) -> list[str]:
    """Return a connection string for each address of each host, in the order in which to try them.

    A host that can't be looked up, or not within `lookup_timeout` seconds, is left out.
    Raises psycopg.OperationalError if no other is left.
    """
    params = conninfo_to_dict(conninfo)
    hosts = str(params.get("host") or "").split(",")
    ports = str(params.get("port") or "").split(",")
    if hosts == [""] or params.get("hostaddr") or len(ports) not in (1, len(hosts)):
        return [conninfo]  # nothing to look up; or psycopg says what is wrong with it
    if params.get("target_session_attrs") == "prefer-standby":
        return [conninfo]  # this is about all hosts together: psycopg goes through them twice
    if len(ports) == 1:
        ports *= len(hosts)
    lookups = await asyncio.gather(
        *(_addresses(host, lookup_timeout) for host in hosts), return_exceptions=True
    )
    found: list[str] = []
    failures: list[str] = []
    for host, port, result in zip(hosts, ports, lookups, strict=True):
        if isinstance(result, (OSError, UnicodeError)):  # UnicodeError: no name can be like that
            failures.append(f"failed to resolve host {host!r}: {first_line(result)}")
        elif isinstance(result, BaseException):
            raise result
        else:
            own_port = port if params.get("port") else None  # an empty one in a list is the default
            found += [
                make_conninfo(conninfo, host=host, hostaddr=address, port=own_port) for address in result
            ]
    if not found:
        raise psycopg.OperationalError("; ".join(failures))
    if params.get("load_balance_hosts") == "random":
        shuffle(found)
    return found


async def connect_to_first(connect: Callable[[str], Awaitable[C]], places: Sequence[str]) -> C:
    """Return a connection to the first place that accepts one.

    The next place is tried as soon as one fails, or hasn't answered within its head start. Raises the error
    of the only place, or psycopg.OperationalError with those of all.
    """
    if len(places) == 1:
        return await connect(places[0])
    attempts: list[asyncio.Future[C]] = []
    winner: C | None = None
    try:
        for place in places:
            attempts.append(asyncio.ensure_future(connect(place)))
            await asyncio.wait(attempts[-1:], timeout=_HEAD_START)
            if _made(attempts):
                break
        while not _made(attempts) and (pending := [attempt for attempt in attempts if not attempt.done()]):
            await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        if connected := _made(attempts):
            winner = connected[0]
    finally:
        for attempt in attempts:
            attempt.cancel()
        results = await asyncio.gather(*attempts, return_exceptions=True)
        for made in _made(attempts):
            if made is not winner:
                await made.close()
    if winner is not None:
        return winner
    errors = [result for result in results if isinstance(result, Exception)]
    raise psycopg.OperationalError("; ".join(map(first_line, errors))) from errors[-1]


def _made(attempts: Sequence[asyncio.Future[C]]) -> list[C]:
    ended = [attempt for attempt in attempts if attempt.done() and not attempt.cancelled()]
    return [attempt.result() for attempt in ended if attempt.exception() is None]


async def _addresses(host: str, seconds: float) -> list[str | None]:
    """Return the addresses of a host; a Unix socket needs none. Raises OSError or UnicodeError."""
    if not host or host.startswith("/"):
        return [None]
    async with asyncio.timeout(seconds):
        found = await in_daemon_thread(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
