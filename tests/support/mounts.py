"""Mounts that only the processes of one test see. Nothing stays behind: they vanish with these processes."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

import pytest

P = ParamSpec("P")
T = TypeVar("T")

_CLONE_NEWNS = 0x00020000  # linux/sched.h


@cache
def may_mount() -> bool:
    """Return whether this user may mount, which takes root (CAP_SYS_ADMIN) and Linux."""
    unshare = shutil.which("unshare")
    return bool(unshare) and subprocess.run([unshare, "--mount", "true"], check=False).returncode == 0


needs_mounts = pytest.mark.skipif(not may_mount(), reason="Mounting takes root (CAP_SYS_ADMIN) and Linux")


class PrivateMounts:
    """A thread with a mount namespace of its own: what it mounts, only it and what it starts see.

    Use it as a context manager.
    """

    def __enter__(self) -> Self:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="private-mounts")
        self.run(_leave_the_common_namespace)
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()

    def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the function returns, run where the mounts are seen."""
        return self._thread.submit(function, *args, **kwargs).result()

    def bind(self, source: Path, target: Path) -> None:
        """Let the source, a file or a folder, stand in the target's place."""
        self.run(_mount, "--bind", str(source), str(target))

    def tmpfs(self, folder: Path, *, megabytes: int) -> None:
        """Make the folder a file system of that size."""
        self.run(_mount, "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder))


def _leave_the_common_namespace() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    _mount("--make-rprivate", "/")


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, env={**os.environ, "LC_ALL": "C"})
