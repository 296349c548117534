"""The embedded PostgreSQL of a development machine.

Whoever uses it holds a shared lock on two files, which the kernel takes back however the process ends. A
keeper process waits until nobody holds the one any more, and stops PostgreSQL if it can then have the
other. So a dev server that reloads
finds it running, several servers share it, and a SIGKILL leaves nothing behind. PostgreSQL and the keeper
are in sessions of their own: Ctrl-C in a terminal doesn't reach them.

All calls block; from an event loop use `asyncio.to_thread`. The module imports little, for the keeper.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import quote

from graphs.persistence.cluster import SUPERUSER, Cluster, StopMode, give_to_account

# Longer than the dev server takes to reload.
_LINGER = 15.0

# The address of a Unix socket has 104 bytes on macOS and 108 on Linux.
_LONGEST_SOCKET_PATH = 103
_SOCKET_NAME = ".s.PGSQL.5432"

_ROOT = Path(__file__).resolve().parents[2]


class _Lock:
    """A lock on a file beside the data folder; the kernel drops it with the process."""

    def __init__(self, folder: Path, purpose: str, kind: int) -> None:
        self._fd = os.open(folder.parent / f"{folder.name}.{purpose}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._fd, kind)
        except BaseException:
            os.close(self._fd)
            raise

    def close(self) -> None:
        os.close(self._fd)


class _Use:
    """The locks of a process that uses PostgreSQL.

    "users" tells whether there are any: whoever is to stop PostgreSQL takes it, and never waits for it.
    The keeper waits for "leaving" instead. When it gets that one, nobody takes it for a user.
    """

    def __init__(self, folder: Path) -> None:
        with ExitStack() as stack:
            for purpose in ("users", "leaving"):
                stack.enter_context(closing(_Lock(folder, purpose, fcntl.LOCK_SH)))
            self.close = stack.pop_all().close


_held: dict[Path, _Use] = {}
_held_lock = threading.Lock()


def ensure_embedded(folder: Path, *, linger: float = _LINGER) -> str:
    """Start the PostgreSQL of this data folder unless it runs, and return its URI.

    It runs at least as long as this process, or until `release_embedded`; `linger` seconds after the last
    process that used it ended, it is stopped. Raises ClusterError if it can't run here.
    """
    folder = folder.resolve()
    socket_folder = _socket_folder(folder)
    cluster = _cluster(folder, socket_folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _held_lock:
        held = _held.get(folder) or _Use(folder)
        try:
            with closing(_Lock(folder, "start", fcntl.LOCK_EX)):
                cluster.initialise()
                cluster.start()
            _start_keeper(folder, linger)
        except BaseException:
            if folder not in _held:
                held.close()
            raise
        _held[folder] = held
    return f"postgresql://{SUPERUSER}@/{SUPERUSER}?host={quote(str(socket_folder), safe='')}"


def restart_embedded(folder: Path, mode: StopMode = "fast") -> None:
    """Restart the PostgreSQL of this data folder."""
    folder = folder.resolve()
    with closing(_Lock(folder, "start", fcntl.LOCK_EX)):
        _cluster(folder, _socket_folder(folder)).restart(mode)


def release_embedded(folder: Path) -> None:
    """End this process's use, and stop PostgreSQL at once if no other process uses it."""
    folder = folder.resolve()
    with _held_lock:
        held = _held.pop(folder, None)
    if held is None:
        return
    held.close()
    if unused := _unused(folder):
        _cluster(folder, _socket_folder(folder)).stop()
        unused.close()


def keep(folder: Path, linger: float) -> None:
    """Wait until nobody uses PostgreSQL, stop it and return. One keeper a folder: another returns at once."""
    try:
        keeper = _Lock(folder, "keeper", fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    while True:
        _Lock(folder, "leaving", fcntl.LOCK_EX).close()
        time.sleep(linger)
        if not folder.exists():
            return
        if unused := _unused(folder):
            _cluster(folder, _socket_folder(folder)).stop()
            # In this order: the next user starts a keeper, which must not find this one.
            keeper.close()
            unused.close()
            return


def _unused(folder: Path) -> _Lock | None:
    """Return a lock that keeps users waiting, or None if there are any."""
    try:
        return _Lock(folder, "users", fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None


def _start_keeper(folder: Path, linger: float) -> None:
    # It forks and detaches, so this takes as long as Python needs to start.
    subprocess.run(
        [sys.executable, "-m", "graphs.persistence.embedded", str(folder), str(linger)],
        cwd=_ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        check=True,
    )


def _cluster(folder: Path, socket_folder: Path) -> Cluster:
    options = {"listen_addresses": "", "unix_socket_directories": f'"{socket_folder}"'}
    return Cluster(folder, options)


def _socket_folder(folder: Path) -> Path:
    if len(os.fsencode(folder / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"holdfast-{digest}"
    short.mkdir(mode=0o700, exist_ok=True)
    give_to_account(short)
    return short


if __name__ == "__main__":
    keep(Path(sys.argv[1]), float(sys.argv[2]))
