"""A PostgreSQL server on disks that a test can fill."""

import errno
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import psycopg

from graphs.persistence.cluster import give_to_account
from tests.support.mounts import PrivateMounts
from tests.support.postgres import PostgresInstance
from tests.support.waiting import wait_for_text

_MEGABYTES = 100
_SECONDS_TO_END = 3.0
_CHUNK = bytes(1_000_000)


class SmallDisk:
    """A file system of 100 MB, which only what is started in `mounts` sees."""

    def __init__(self, place: Path, mounts: PrivateMounts) -> None:
        self._mounts = mounts
        self._ballast = place / "ballast"
        place.mkdir()
        mounts.tmpfs(place, megabytes=_MEGABYTES)
        self.folder = place / "postgres"
        """PostgreSQL's own."""
        mounts.run(self.folder.mkdir, 0o700)
        mounts.run(give_to_account, self.folder)

    def fill(self) -> None:
        """Leave no room on it."""
        self._mounts.run(self._fill)

    def free(self) -> None:
        """Make room again."""
        self._mounts.run(self._ballast.unlink, missing_ok=True)

    def _fill(self) -> None:
        with self._ballast.open("ab", buffering=0) as file:
            try:
                while file.write(_CHUNK):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


class PostgresOnSmallDisks(PostgresInstance):
    """A server with one disk for the tables that are made in it, and another one for its write-ahead log.

    No room for a table fails the statement that needs it. No room for the log is a PANIC: the server crashes,
    and can't start until there is some.
    """

    def __enter__(self) -> Self:
        self._mounts = PrivateMounts().__enter__()
        self.table_disk = SmallDisk(self._folder / "tables", self._mounts)
        self.log_disk = SmallDisk(self._folder / "log", self._mounts)
        super().__enter__()
        try:
            self.execute(f"CREATE TABLESPACE small LOCATION '{self.table_disk.folder}'")
            self.configure(default_tablespace="small")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._mounts.__exit__()

    def start(self) -> None:
        self._mounts.run(super().start)

    def crash_for_want_of_log(self) -> None:
        """Fill the disk of the write-ahead log, and return once the server has crashed for it."""
        self.log_disk.fill()
        with suppress(psycopg.OperationalError):
            while True:
                self.execute("SELECT pg_logical_emit_message(true, '', '')")
                self.execute("SELECT pg_switch_wal()")
        wait_for_text(self.cluster.log, "FATAL:  could not write to file")
        # It ends now, as it can't recover. PostgreSQL 18 may also wait for ever for the recovery that failed.
        end = time.monotonic() + _SECONDS_TO_END
        while self.cluster.postmaster() is not None and time.monotonic() < end:
            time.sleep(0.1)
        self.stop("immediate")

    def _make_data_folder(self) -> None:
        super()._make_data_folder()
        self._mounts.run(_move, self.cluster.data / "pg_wal", self.log_disk.folder)


def _move(folder: Path, target: Path) -> None:
    """Move the folder, owner and all, and leave a link to it."""
    subprocess.run(["cp", "-a", folder, target], check=True)
    shutil.rmtree(folder)
    folder.symlink_to(target / folder.name)
