"""`langgraph dev` as a child process: started, waited for, stopped with all that it started."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

PROJECT_ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
JOBS_PER_WORKER = 10
GRACE_SECONDS = 10
"""How long a server that is told to stop lets clients wait for their runs; then it queues the runs again."""
STOP_SECONDS = GRACE_SECONDS + 20.0
"""How long a server may take to stop, on a busy machine."""
START_ERROR = "HOLDFAST_START_ERROR"
"""The variable with the file in which a reloading server leaves, in words, why it could not start."""
_LANGGRAPH_DEV = "graphs.server.langgraph_dev"
# urllib sends even 127.0.0.1 through the proxy that http_proxy names
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ServerError(RuntimeError):
    """The server did not start, or did not answer in time; the message says what its log says."""


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that is free now."""
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def port_is_free(port: int) -> bool:
    """Return whether a server could listen on the port of 127.0.0.1 now."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def isolated_project(folder: Path) -> Path:
    """Return the folder, made a project of its own that runs this checkout's agents.

    `langgraph dev` keeps its threads and runs in the folder that it runs in: servers that must not share
    them need a folder each.
    """
    folder.chmod(0o711)  # an embedded PostgreSQL below it, which does not run as root, has to pass
    config = json.loads((PROJECT_ROOT / "langgraph.json").read_text())
    (folder / "langgraph.json").write_text(json.dumps(config))
    (folder / "graphs").symlink_to(PROJECT_ROOT / "graphs", target_is_directory=True)
    (folder / "pyproject.toml").symlink_to(PROJECT_ROOT / "pyproject.toml")
    return folder


def servers_in(project: Path) -> list[int]:
    """Return the ids of the `langgraph dev` processes that run in the folder, whoever started them."""
    servers = (process.pid for process in psutil.process_iter() if _is_langgraph_dev(process))
    return [pid for pid in servers if _runs_in(pid, project)]


def group_members(group: int, project: Path) -> list[int]:
    """Return the ids of the processes of the group that live and run in the project's folder.

    The folder tells them from strangers: once a group has ended, its number may be given to another.
    """
    pids = (pid for pid in psutil.pids() if _group_of(pid) == group)
    return [pid for pid in pids if _runs_in(pid, project)]


def end_group(group: int, project: Path, number: signal.Signals, seconds: float) -> bool:
    """Send the signal to the group, unless it has ended, and return whether it ends within the seconds."""
    if group_members(group, project):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, number)
    end = time.monotonic() + seconds
    while group_members(group, project):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _runs_in(pid: int, project: Path) -> bool:
    """Return whether the process lives and has the folder as its own."""
    try:
        return psutil.Process(pid).cwd() == str(project.resolve())
    except psutil.Error:  # it has ended, or is another user's
        return False


def _is_langgraph_dev(process: psutil.Process) -> bool:
    try:
        words = [Path(word).name for word in process.cmdline()]
    except psutil.Error:
        return False
    return "dev" in words and not {"langgraph", "langgraph_cli", _LANGGRAPH_DEV}.isdisjoint(words)


@dataclass
class DevServer:
    """One `langgraph dev` process on 127.0.0.1, the leader of a process group of its own."""

    project: Path
    port: int = field(default_factory=free_port)
    environment: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    """Where its output goes; None: to this process's own."""
    reload: bool = False
    """Restart it when the code changes: as `make dev` does, in the checkout itself."""
    jobs: int = JOBS_PER_WORKER
    start_error: Path | None = None
    """Where it leaves why it could not start, with `reload`; read when that happens."""
    module: str = _LANGGRAPH_DEV
    """What runs it: another is for comparison."""
    ready_path: str = "/ready"
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Start the process; `wait_ready` tells when it serves."""
        command = [
            *(sys.executable, "-m", self.module, "dev", "--no-browser"),
            *("--host", HOST, "--port", str(self.port), "--n-jobs-per-worker", str(self.jobs)),
        ]
        if not self.reload:
            command.append("--no-reload")
        environment = {**os.environ, "LANGGRAPH_NO_VERSION_CHECK": "true", **self.environment}
        if self.start_error:
            self.start_error.unlink(missing_ok=True)
            environment[START_ERROR] = str(self.start_error)
        output: IO[bytes] | None = self.log.open("ab") if self.log else None
        try:
            self.process = subprocess.Popen(
                command,
                cwd=self.project,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
            )
        finally:
            if output:
                output.close()

    def wait_ready(self, seconds: float) -> None:
        """Return when /ready (or what `ready_path` says) answers 200.

        Raises:
            ServerError: the process ended, or the seconds are over.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process is None or self.process.poll() is not None:
                raise ServerError(self._why_it_ended())
            if self._is_ready():
                return
            time.sleep(0.1)
        raise ServerError(f"The server at {self.url} was not ready within {seconds:g} s.{self._log_tail()}")

    def stop(self) -> None:
        """End the process and its children, which may outlive it; a second call does nothing.

        Its runs end before it, or are queued again by the next server of this project.

        Raises:
            ServerError: something of it still runs.
        """
        if not self._end(signal.SIGTERM):
            self.kill()

    def kill(self) -> None:
        """Kill the process and its children at once, as a power cut would; raises as `stop` does."""
        if not self._end(signal.SIGKILL):
            raise ServerError(f"The server at {self.url} can't be ended.")

    def _end(self, number: signal.Signals) -> bool:
        if self.process is None:
            return True
        if not end_group(self.process.pid, self.project, number, STOP_SECONDS):
            return False
        self.process.wait()
        return True

    def _is_ready(self) -> bool:
        try:
            with _direct.open(f"{self.url}{self.ready_path}", timeout=2) as response:
                return response.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _why_it_ended(self) -> str:
        if self.start_error and self.start_error.exists():
            return self.start_error.read_text()
        return f"The server ended before it was ready.{self._log_tail()}"

    def _log_tail(self) -> str:
        if not self.log:
            return ""
        lines = self.log.read_text(errors="replace").splitlines()[-30:]
        return "\n".join([" Its log ends:", *lines])
