"""Process groups that outlive their leaders, and what else is taken for a server."""

import signal
import subprocess
import sys
import time
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import psutil
import pytest

from graphs.server.process import DevServer, end_group, group_members, servers_in

# the leader starts a worker, tells its id and waits; argv is what a shell shows
_LEADER = """
import subprocess, sys, time
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
print(worker.pid, flush=True)
time.sleep(120)
"""


def start_leader(folder: Path, *arguments: str) -> tuple[subprocess.Popen[bytes], int]:
    leader = subprocess.Popen(
        [sys.executable, "-c", _LEADER, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert leader.stdout
    return leader, int(leader.stdout.readline())


@pytest.fixture
def project(tmp_path: Path) -> Generator[Path]:
    yield tmp_path
    for process in all_in(tmp_path):
        process.kill()


def all_in(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder.resolve()):
                found.append(process)
        except psutil.Error:  # it ended, or is somebody else's
            continue
    return found


def test_a_worker_that_outlives_its_leader_is_found_and_ended(project: Path) -> None:
    leader, worker = start_leader(project)
    leader.kill()
    leader.wait()

    assert group_members(leader.pid, project) == [worker]
    assert end_group(leader.pid, project, signal.SIGTERM, 10)
    assert group_members(leader.pid, project) == []
    assert end_group(leader.pid, project, signal.SIGTERM, 0), "a second call does nothing"


def test_a_stopped_server_leaves_no_worker(project: Path) -> None:
    leader, _ = start_leader(project)
    server = DevServer(project, process=leader)
    leader.kill()
    leader.wait()
    server.stop()

    assert all_in(project) == []


def test_processes_of_another_folder_are_not_ended(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    leader, worker = start_leader(project)

    assert end_group(leader.pid, tmp_path_factory.mktemp("other"), signal.SIGKILL, 0)
    assert sorted(group_members(leader.pid, project)) == sorted([leader.pid, worker])


@pytest.mark.parametrize("arguments", [["bin/langgraph", "dev"], ["langgraph_cli", "dev", "--no-browser"]])
def test_a_langgraph_dev_that_somebody_else_started_is_seen(project: Path, arguments: list[str]) -> None:
    leader, _ = start_leader(project, *arguments)

    assert servers_in(project) == [leader.pid]
    assert servers_in(project / "graphs") == []


@pytest.mark.parametrize(
    "arguments", [["langgraph", "build"], ["graphs.server.dev"], ["edit", "langgraph-dev"]]
)
def test_other_programs_are_not_taken_for_one(project: Path, arguments: list[str]) -> None:
    start_leader(project, *arguments)

    assert servers_in(project) == []


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing on stderr."""


def test_the_server_is_asked_past_a_proxy(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # the discard port: nothing answers
    monkeypatch.delenv("no_proxy", raising=False)
    leader, _ = start_leader(project)
    with HTTPServer(("127.0.0.1", 0), Ready) as http:
        Thread(target=http.serve_forever, daemon=True).start()
        server = DevServer(project, port=http.server_port, process=leader)
        started = time.monotonic()
        server.wait_ready(5)
        http.shutdown()

    assert time.monotonic() - started < 5
    server.kill()
