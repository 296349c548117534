"""A real PostgreSQL server that a test may restart, kill or freeze."""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg.conninfo import make_conninfo

from graphs.persistence.cluster import SUPERUSER, Cluster, StopMode

_HOST = "127.0.0.1"

# Durable against a killed process, which is what tests do, though not against a power cut.
_FAST = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "64MB", "shared_buffers": "32MB"}

# A connection whose client is gone without a word ends within seconds: by itself it would take two hours, and
# all that time one of max_connections.
_KEEPALIVES = {
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "5000",
}

# What a test may have changed shall not keep it from changing that back.
_UNLIMITED = "-c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0"

# What the server's log says.
_RECOVERING = "automatic recovery in progress"
_READY = "ready to accept connections"
_TRIES = 20

# Some 20 MB of WAL.
_MUCH_TO_RECOVER = (
    "SELECT pg_logical_emit_message(true, 'test', repeat('x', 1000000)) FROM generate_series(1, 20)"
)
_POLL = 0.005


class PostgresInstance:
    """A server on a free TCP port of 127.0.0.1, with a data folder of its own, deleted at the end.

    `host` is another address of this machine, e.g. 127.0.0.2, and `port` a port that is free there.
    `settings` are server settings, e.g. `max_connections="20"`. Use it as a context manager.
    """

    def __init__(self, host: str = _HOST, port: int | None = None, **settings: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="holdfast-pg-"))
        # The server, which isn't root's, has to pass.
        self._folder.chmod(0o711)
        self.host = host
        self._reservation = _bound(host, port or 0)
        self.port: int = self._reservation.getsockname()[1]
        if sys.platform != "linux":
            self._reservation.close()
        options = {
            "listen_addresses": host,
            "port": str(self.port),
            "unix_socket_directories": "",
            **_FAST,
            **_KEEPALIVES,
            **settings,
        }
        self.cluster = Cluster(self._folder / "data", options)
        self._frozen: list[int] = []

    def __enter__(self) -> Self:
        try:
            self._make_data_folder()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.thaw()
        self.cluster.stop("immediate")
        self._reservation.close()
        shutil.rmtree(self._folder)

    @property
    def uri(self) -> str:
        """The URI of the database `postgres`, as superuser and without a password."""
        return f"postgresql://{SUPERUSER}@{self.host}:{self.port}/postgres"

    def empty(self) -> None:
        """Drop all that tests left in the database, which is quicker than to make another one."""
        self.execute("DROP SCHEMA public CASCADE", options=_UNLIMITED)
        self.execute("CREATE SCHEMA public", options=_UNLIMITED)

    def execute(self, query: str, **connection: Any) -> list[tuple[Any, ...]]:
        """Run a statement on a connection of its own, and return its rows if it has any."""
        conninfo = make_conninfo(self.uri, connect_timeout=5, application_name="test", **connection)
        with psycopg.connect(conninfo, autocommit=True) as conn:
            cursor = conn.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def configure(self, **settings: str) -> None:
        """Change server settings while it runs; an empty string goes back to what they were."""
        for name, value in settings.items():
            change = f"SET {name} = '{value}'" if value else f"RESET {name}"
            self.execute(f"ALTER SYSTEM {change}", options=_UNLIMITED)
        self.execute("SELECT pg_reload_conf()")

    def mend(self) -> None:
        """Undo what a test did to it: it runs, answers as it did, and its database is empty."""
        self.thaw()
        self.start()
        self.execute("ALTER SYSTEM RESET ALL", options=_UNLIMITED)
        self.execute("SELECT pg_reload_conf()")
        self.terminate_backends()
        self.empty()

    def start(self) -> None:
        self.cluster.start()

    def stop(self, mode: StopMode = "fast") -> None:
        self.cluster.stop(mode)

    def restart(self, mode: StopMode = "fast") -> None:
        self.stop(mode)
        self.start()

    def kill(self) -> None:
        """End the postmaster by SIGKILL, as the kernel does when memory is short."""
        postmaster = self.cluster.postmaster()
        assert postmaster is not None, "PostgreSQL isn't running"
        self._kill(postmaster)

    def kill_during_recovery(self, times: int = 1) -> None:
        """Kill it, and that many times again while it recovers from the crash. It doesn't run then."""
        self.execute(_MUCH_TO_RECOVER)
        self.kill()
        for _ in range(times):
            self._kill_while_recovering()

    def _kill_while_recovering(self) -> None:
        for _ in range(_TRIES):
            told = self.cluster.log.stat().st_size
            with ThreadPoolExecutor(1) as threads:
                start = threads.submit(self.start)
                while not start.done() and _RECOVERING not in self._log_since(told):
                    time.sleep(0.001)
                self._kill(self._starting_postmaster())
                wait([start])
            if _READY not in self._log_since(told):
                return
        raise AssertionError(f"PostgreSQL recovered too soon, {_TRIES} times")

    def kill_backend(self, application: str = "holdfast") -> None:
        """End one client's backend by SIGKILL; return once PostgreSQL has ended all others for that.

        It recovers then, as after a crash.
        """
        with psycopg.connect(self.uri, autocommit=True, application_name="test") as other:
            query = "SELECT pid FROM pg_stat_activity WHERE application_name = %s LIMIT 1"
            [(pid,)] = other.execute(query, (application,)).fetchall()
            os.kill(pid, signal.SIGKILL)
            with suppress(psycopg.OperationalError):
                other.execute("SELECT pg_sleep(60)")

    def wait_until_accepting(self) -> float:
        """Return when a new connection was first accepted, in monotonic seconds, once it is."""
        while True:
            try:
                psycopg.connect(self.uri, connect_timeout=2, application_name="test").close()
            except psycopg.OperationalError:
                time.sleep(_POLL)
            else:
                return time.monotonic()

    def freeze(self) -> None:
        """Stop all its processes in their tracks: connections stay open, and nobody answers."""
        postmaster = self.cluster.postmaster()
        assert postmaster is not None, "PostgreSQL isn't running"
        self._frozen = [postmaster]  # first, so that it starts no more of them
        self._signal_frozen(signal.SIGSTOP)
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

    def backends(self, application: str = "holdfast") -> set[int]:
        """Return the process ids of the backends that serve clients of this name."""
        rows = self.execute(f"SELECT pid FROM pg_stat_activity WHERE application_name = '{application}'")
        return {pid for (pid,) in rows}

    def connections(self, application: str = "holdfast") -> int:
        """Return how many clients of this name are connected."""
        return len(self.backends(application))

    def _make_data_folder(self) -> None:
        make_data_folder(self.cluster.data)

    def _kill(self, postmaster: int) -> None:
        os.kill(postmaster, signal.SIGKILL)
        while self.cluster.processes():
            time.sleep(0.02)

    def _starting_postmaster(self) -> int:
        # `Cluster.postmaster` looks through all processes, and is late for a recovery of some milliseconds.
        return int((self.cluster.data / "postmaster.pid").read_text().partition("\n")[0])

    def _log_since(self, place: int) -> str:
        with self.cluster.log.open(errors="replace") as log:
            log.seek(place)
            return log.read()

    def _signal_frozen(self, number: signal.Signals) -> None:
        for pid in self._frozen:
            with suppress(ProcessLookupError):  # a backend whose client has left may have ended since
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


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that keeps a port, or a free one for 0, from others while the server is away.

    It listens to nobody, so connections are refused. On Linux the server can listen on the port beside it.
    """
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    return sock
