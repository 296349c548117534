"""A real PgBouncer in transaction mode, which a test may stop, kill and start again."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Self

from psycopg import Connection, connect
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow, dict_row

from graphs.persistence.cluster import give_to_account
from graphs.server.process import HOST, free_port
from tests.support import pgbouncer_install

_DEADLINE = 30.0
_POLL = 0.02

_CONFIG = """\
[databases]
* = host={host} port={port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen_port}
unix_socket_dir =
auth_type = {auth_type}
auth_file = {users}
admin_users = postgres
logfile = {log}
pool_mode = transaction
"""

# Beside these, all is PgBouncer's default. It tries anew to reach PostgreSQL after so many seconds, 15 by
# default, and refuses clients meanwhile.
_SETTINGS = {"server_login_retry": "1"}

PREPARED = {"unprepared": ("0", "auto"), "prepared": ("200", "on")}
"""PgBouncer's `max_prepared_statements` (before 1.21 there was none), and the setting of ours for it."""


class PgBouncer:
    """A PgBouncer on a free port of 127.0.0.1, in front of the PostgreSQL on that port of that host.

    `settings` are its own, e.g. `max_prepared_statements="0"`, and `users` those that it lets in and their
    passwords, which it shows to PostgreSQL, too. Use it as a context manager.
    """

    def __init__(
        self,
        port: int,
        *,
        host: str = HOST,
        users: dict[str, str] | None = None,
        auth_type: str = "trust",
        **settings: str,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="holdfast-pgbouncer-"))
        self.port = free_port()
        self.log = self._folder / "pgbouncer.log"
        self._users = self._folder / "users.txt"
        self._config = self._folder / "pgbouncer.ini"
        self._config.write_text(
            _CONFIG.format(
                host=host,
                port=port,
                listen_port=self.port,
                auth_type=auth_type,
                users=self._users,
                log=self.log,
            )
            + "".join(f"{name} = {value}\n" for name, value in {**_SETTINGS, **settings}.items())
        )
        self.set_users(users or {"postgres": ""})
        give_to_account(self._folder)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGKILL)
        shutil.rmtree(self._folder)

    @property
    def uri(self) -> str:
        """The URI of the database `postgres`, as superuser and without a password."""
        return f"postgresql://postgres@{HOST}:{self.port}/postgres"

    def set_users(self, users: dict[str, str]) -> None:
        """Change who is let in; it takes effect with the next `RELOAD` or start."""
        self._users.write_text("".join(f'"{user}" "{password}"\n' for user, password in users.items()))

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        self._process = subprocess.Popen(
            [_program(), "--quiet", self._config],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **_as_account(),
        )
        end = time.monotonic() + _DEADLINE
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"PgBouncer doesn't start:\n{self._log_tail()}")
            time.sleep(_POLL)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it. At SIGINT it lets transactions end, and refuses new ones."""
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.wait(_DEADLINE)
        self._process = None

    def console(self) -> Connection[DictRow]:
        """Connect to its console, which takes commands such as `SHOW POOLS`."""
        conninfo = make_conninfo(self.uri, dbname="pgbouncer")
        return connect(conninfo, autocommit=True, row_factory=dict_row)

    def execute(self, command: str) -> None:
        """Give its console a command, on a connection of its own."""
        with self.console() as console:
            console.execute(command.encode())

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text().splitlines()[-10:]) if self.log.exists() else "There is no log."


def _program() -> str:
    if pgbouncer_install.LAUNCHER.exists():
        return str(pgbouncer_install.LAUNCHER)
    found = shutil.which("pgbouncer")
    if found is None:
        raise FileNotFoundError("There is no PgBouncer here. Run `make pgbouncer`.")
    return found


def _as_account() -> dict[str, Any]:
    """Return the arguments of `Popen` that lay root down, as PgBouncer doesn't run as root."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
