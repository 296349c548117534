"""Large tables kept as Parquet, so that a follow-up question does not parse two gigabytes again.

A kept table is called by the SHA-256 of the file that it was made from and by how that was read. So it is
right wherever the file lies, and two sessions with one file share it. The folder is bounded: a table that was
not used for a week goes, and of more than TABLE_CACHE_MAX_BYTES those that were not used for longest. Whoever
uses a table holds a link to it in a folder of its own, so what is removed here stays there.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from graphs.kit.settings import kit_settings
from graphs.kit.tables.workspace import clear_abandoned, locked, root

LARGE_BYTES = 20_000_000
"""From this size on the table of a text file is kept on disk; in memory it takes some ten times as much."""

_VERSION = 1  # of how files are read: one that reads otherwise must not take what an older one kept
_MAX_AGE_S = 7 * 86_400.0
_LOCKS = 16


def kept_table(file: Path, reading: str, make: Callable[[Path], None], folder: Path) -> Path:
    """Return a Parquet file in `folder` with the table in `file`; `make` writes it if none is kept.

    `reading` says how the file is to be read, in letters, digits and hyphens. The folder must be one of
    `private_folder`. Raises what `make` raises.
    """
    content = _content_of(file)
    name = f"{content}-v{_VERSION}-{reading}.parquet"
    kept, own = _kept_folder() / name, folder / f"kept-{name}"
    with locked(root() / f"lock-{int(content, 16) % _LOCKS}"):  # two that ask at once parse it once
        if not own.exists() and not _linked(kept, own):
            make(own)
            kept.unlink(missing_ok=True)
            os.link(own, kept)
            clear_abandoned()
            _evict()
    return own


def forget_table(sha256: str) -> None:
    """Remove what was kept of a file with this content."""
    for kept in _kept_folder().glob(f"{sha256}-*.parquet"):
        kept.unlink(missing_ok=True)


def _kept_folder() -> Path:
    folder = root() / "kept"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _linked(kept: Path, own: Path) -> bool:
    try:
        os.utime(kept)  # used now: it is the last to be evicted
        os.link(kept, own)
    except FileNotFoundError:
        return False
    return True


def _evict() -> None:
    room = kit_settings().table_cache_max_bytes
    found = [(path, _status(path)) for path in _kept_folder().glob("*.parquet")]
    present = [(path, status) for path, status in found if status]
    for path, status in sorted(present, key=lambda each: -each[1].st_mtime):
        room -= status.st_size
        if room < 0 or time.time() - status.st_mtime > _MAX_AGE_S:
            path.unlink(missing_ok=True)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:  # another process has evicted it
        return None


def _content_of(file: Path) -> str:
    found = file.stat()
    return _sha256(str(file.resolve()), found.st_ino, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=1024)
def _sha256(path: str, *_: int) -> str:
    """Digest of a file's content; inode, size and time of its last change say that it is the same file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
