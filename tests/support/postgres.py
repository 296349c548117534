"""A real PostgreSQL server that a test may restart, kill or freeze."""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg.conninfo import make_conninfo

from graphs.persistence.cluster import SUPERUSER, Cluster, StopMode

_HOST = "127.0.0.1"

# Durable against a killed process, which is what tests do, though not against a power cut.
_FAST = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "64MB", "shared_buffers": "32MB"}


class PostgresInstance:
    """A server on a free TCP port of 127.0.0.1, with a data folder of its own, deleted at the end.

    `settings` are server settings, e.g. `max_connections="20"`. Use it as a context manager.
    """

    def __init__(self, **settings: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="holdfast-pg-"))
        # The server, which isn't root's, has to pass.
        self._folder.chmod(0o711)
        self.port = _free_port()
        options = {
            "listen_addresses": _HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            **_FAST,
            **settings,
        }
        self.cluster = Cluster(self._folder / "data", options)
        self._frozen: list[int] = []

    def __enter__(self) -> Self:
        try:
            make_data_folder(self.cluster.data)
            self.cluster.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.thaw()
        self.cluster.stop("immediate")
        shutil.rmtree(self._folder)

    @property
    def uri(self) -> str:
        """The URI of the database `postgres`, as superuser and without a password."""
        return f"postgresql://{SUPERUSER}@{_HOST}:{self.port}/postgres"

    def empty(self) -> None:
        """Drop all that tests left in the database, which is quicker than to make another one."""
        self.execute("DROP SCHEMA public CASCADE")
        self.execute("CREATE SCHEMA public")

    def execute(self, query: str, **connection: Any) -> list[tuple[Any, ...]]:
        """Run a statement on a connection of its own, and return its rows if it has any."""
        conninfo = make_conninfo(self.uri, connect_timeout=5, application_name="test", **connection)
        with psycopg.connect(conninfo, autocommit=True) as conn:
            cursor = conn.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def mend(self) -> None:
        """Undo what a test did to it: it runs, answers, and its database is empty."""
        self.thaw()
        self.cluster.start()
        self.terminate_backends()
        self.empty()

    def start(self) -> None:
        self.cluster.start()

    def stop(self, mode: StopMode = "fast") -> None:
        self.cluster.stop(mode)

    def restart(self, mode: StopMode = "fast") -> None:
        self.cluster.restart(mode)

    def kill(self) -> None:
        """End the postmaster by SIGKILL, as the kernel does when memory is short."""
        postmaster = self.cluster.postmaster()
        assert postmaster is not None, "PostgreSQL isn't running"
        os.kill(postmaster, signal.SIGKILL)
        while self.cluster.processes():
            time.sleep(0.02)

    def freeze(self) -> None:
        """Stop all its processes in their tracks: connections stay open, and nobody answers."""
        self._frozen = self.cluster.processes()
        self._signal_frozen(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_frozen(signal.SIGCONT)
        self._frozen = []

    def terminate_backends(self) -> int:
        """End all client connections but this one; returns how many."""
        rows = self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return len(rows)

    def connections(self, application: str = "holdfast") -> int:
        """Return how many clients of this name are connected."""
        [(count,)] = self.execute(
            f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{application}'"
        )
        return count

    def _signal_frozen(self, number: signal.Signals) -> None:
        for pid in self._frozen:
            os.kill(pid, number)


def settings_for(uri: str, **values: Any) -> Mapping[str, Any]:
    """Return keyword arguments for `PersistenceSettings`, with budgets that suit a test."""
    return {"uri": uri, "connection_budget": 10, "outage_budget": 60, "connect_timeout": 2, **values}


def make_data_folder(target: Path) -> None:
    """Make a data folder by copying one, owner and all, which takes a tenth of the time of making it anew."""
    subprocess.run(["cp", "-a", _template(), target], check=True)


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="holdfast-pg-template-"))
    folder.chmod(0o711)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    cluster = Cluster(folder / "data", {})
    cluster.initialise(sync=False)
    return cluster.data


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind((_HOST, 0))
        return sock.getsockname()[1]
