"""`langgraph dev` as a child process: started, waited for, stopped."""

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

PROJECT_ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
JOBS_PER_WORKER = 10
_STOP_SECONDS = 20.0


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


@dataclass
class DevServer:
    """One `langgraph dev` process on 127.0.0.1."""

    project: Path
    port: int = field(default_factory=free_port)
    environment: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    """Where its output goes; None: to this process's own."""
    reload: bool = False
    jobs: int = JOBS_PER_WORKER
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Start the process; `wait_ready` tells when it serves."""
        command = [
            *(sys.executable, "-m", "langgraph_cli", "dev", "--no-browser"),
            *("--host", HOST, "--port", str(self.port), "--n-jobs-per-worker", str(self.jobs)),
        ]
        if not self.reload:
            command.append("--no-reload")
        output: IO[bytes] | None = self.log.open("ab") if self.log else None
        try:
            self.process = subprocess.Popen(
                command,
                cwd=self.project,
                env={**os.environ, "LANGGRAPH_NO_VERSION_CHECK": "true", **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
            )
        finally:
            if output:
                output.close()

    def wait_ready(self, seconds: float) -> None:
        """Return when /ready answers 200.

        Raises:
            ServerError: the process ended, or the seconds are over.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process is None or self.process.poll() is not None:
                raise ServerError(f"The server ended before it was ready.{self._log_tail()}")
            if self._is_ready():
                return
            time.sleep(0.1)
        raise ServerError(f"The server at {self.url} was not ready within {seconds:g} s.{self._log_tail()}")

    def stop(self) -> None:
        """End the process and its children; a second call does nothing."""
        self._signal(signal.SIGTERM)
        if self.process is None:
            return
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill the process and its children at once, as a power cut would."""
        self._signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=2) as response:
                return response.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _log_tail(self) -> str:
        if not self.log:
            return ""
        lines = self.log.read_text(errors="replace").splitlines()[-30:]
        return "\n".join([" Its log ends:", *lines])
