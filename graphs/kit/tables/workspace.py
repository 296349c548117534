"""Folders on the local disk for what does not fit into memory: spilled rows, and large tables in Parquet.

One folder holds it all, TABLE_FOLDER. In it, a folder for each connection, which is gone with it, and the
kept tables. A folder whose process was killed is cleared away by the next process that keeps a table.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from graphs.kit.settings import kit_settings

_IN_USE = "in-use"
_PREFIX = "connection-"
_SURELY_LOCKED_S = 60.0  # a new folder has no lock for a moment


def root() -> Path:
    """The folder for all of it, made when it is not there; nobody else may read it.

    Raises PermissionError when it is somebody else's.
    """
    named = kit_settings().table_folder
    folder = Path(named or Path(tempfile.gettempdir()) / f"holdfast-tables-{os.getuid()}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # anybody may make a folder of this name in the system's folder for temporary files
    if not named and (folder.is_symlink() or folder.stat().st_uid != os.getuid()):
        raise PermissionError(f"{folder} is somebody else's: name a folder of your own in TABLE_FOLDER.")
    return folder


@contextmanager
def private_folder() -> Generator[Path]:
    """Yield a new folder, which is removed with all that is in it."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root()))
    try:
        with locked(folder / _IN_USE):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold the lock that a file stands for; another thread or process waits for it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def clear_abandoned() -> None:
    """Remove the folders of connections whose process is no more."""
    for folder in root().glob(f"{_PREFIX}*"):
        # gone: its connection was just closed; blocked: it is in use
        with suppress(FileNotFoundError, BlockingIOError):
            if time.time() - folder.stat().st_mtime > _SURELY_LOCKED_S:
                _remove_unless_in_use(folder)


def _remove_unless_in_use(folder: Path) -> None:
    # made anew where it is missing: its process was killed before it had made it, or while it cleared up
    with (folder / _IN_USE).open("ab") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
