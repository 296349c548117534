"""A host name whose address a test changes, for one process: as managed databases do in a failover."""

import os
from pathlib import Path

from tests.support.mounts import PrivateMounts

_HOSTS = Path("/etc/hosts")


class NamedHost:
    """A name that the C library of the processes started in `mounts` finds at `address`.

    It reads the file for each lookup, and finds the new address after `move`.
    """

    def __init__(self, name: str, address: str, folder: Path, mounts: PrivateMounts) -> None:
        self.name = name
        self._file = folder / "hosts"
        self.move(address)
        mounts.bind(self._file, _HOSTS)

    def move(self, address: str) -> None:
        """Give the name another address."""
        content = f"{_HOSTS.read_text()}\n{address} {self.name}\n".encode()
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            # In place, as it is mounted, and without a moment in which it is empty.
            os.pwrite(descriptor, content, 0)
            os.ftruncate(descriptor, len(content))
        finally:
            os.close(descriptor)
