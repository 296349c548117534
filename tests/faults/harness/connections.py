"""How many connections to PostgreSQL a server process holds, watched while something breaks."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from tests.faults.harness.served import Served

_EVERY = 0.1


@dataclass
class ConnectionCount:
    """What was seen so far."""

    samples: list[int] = field(default_factory=list)

    @property
    def most(self) -> int:
        return max(self.samples, default=0)


@contextmanager
def connections_counted(served: Served) -> Generator[ConnectionCount]:
    """Count, up to ten times a second, the server's established TCP connections to its database.

    A connection takes a slot of PostgreSQL while it is established. A server that doesn't run has none.
    """
    seen = ConnectionCount()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_EVERY):
            seen.samples.append(_established(served))

    watcher = threading.Thread(target=watch, name="connections_counted")
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _established(served: Served) -> int:
    if served.server.process is None:
        return 0
    try:
        connections = psutil.Process(served.server.process.pid).net_connections("tcp")
    except psutil.Error:
        return 0
    return sum(
        connection.status == psutil.CONN_ESTABLISHED and connection.raddr.port in served.database_ports
        for connection in connections
    )
