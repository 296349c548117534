"""`make dev` on a copy of the checkout: started, doubled, interrupted, killed."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

from graphs.persistence.encryption_keys import key_id
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from graphs.server.process import PROJECT_ROOT, free_port, group_members, port_is_free
from tests.support.checkpoints import put
from tests.support.postgres import PostgresInstance, settings_for
from tests.support.waiting import START_SECONDS, wait_for_text, wait_until


@pytest.fixture
def checkout() -> Generator[Path]:
    """A copy of what git tracks of the server, with an environment of its own."""
    folder = Path(tempfile.mkdtemp(prefix="holdfast-dev-"))
    folder.chmod(0o711)  # PostgreSQL, which does not run as root, has to pass
    shutil.copytree(PROJECT_ROOT / "graphs", folder / "graphs", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("langgraph.json", "pyproject.toml"):
        shutil.copy(PROJECT_ROOT / name, folder / name)
    yield folder
    for process in processes_in(folder):
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)


def processes_in(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process)
        except psutil.Error:  # it ended, or is somebody else's
            continue
    return found


def start_dev(checkout: Path, port: int | str, log: str, **variables: str) -> subprocess.Popen[bytes]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CHECKPOINT_", "ARTIFACTS_", "MODEL"))
    }
    with (checkout / log).open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "graphs.server.dev"],
            cwd=checkout,
            env={**environment, "PORT": str(port), **variables},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # as in a terminal of its own
        )


def answers(port: int) -> bool:
    try:
        return serves(port)
    except OSError:
        return False


def served_url_of(checkout: Path) -> str | None:
    """What the demo takes for this checkout's server."""
    asked = "from graphs.server.dev import served_url; print(served_url() or '')"
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=checkout, capture_output=True, text=True, check=True
    )
    return told.stdout.strip() or None


def serves(port: int) -> bool:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=10) as answer:
        return answer.status == 200


def test_dev_starts_says_where_and_stops_with_all_it_started(checkout: Path) -> None:
    port = free_port()
    dev = start_dev(checkout, port, "first.log")
    wait_for_text(checkout / "first.log", "Holdfast is ready.", START_SECONDS)
    told = (checkout / "first.log").read_text()
    assert f"http://127.0.0.1:{port}" in told
    assert f"studio/?baseUrl=http://127.0.0.1:{port}" in told
    assert "an embedded PostgreSQL, data in .holdfast/postgres" in told
    assert "holdfast ask three_dp_custom" in told
    assert serves(port)
    assert served_url_of(checkout) == f"http://127.0.0.1:{port}"

    second = start_dev(checkout, port, "second.log")
    assert second.wait(START_SECONDS) == 1
    refusal = (checkout / "second.log").read_text().replace("\n", " ")
    assert "another `make dev` serves this checkout at" in refusal
    assert serves(port), "the first is unharmed"

    dev.send_signal(signal.SIGINT)
    assert dev.wait(60) == 0
    assert port_is_free(port)
    wait_until(lambda: not processes_in(checkout), "the end of every process of make dev")
    assert served_url_of(checkout) is None


def test_dev_reloads_for_code_alone(checkout: Path) -> None:
    port = free_port()
    dev = start_dev(checkout, port, "dev.log")
    wait_for_text(checkout / "dev.log", "Holdfast is ready.", START_SECONDS)
    time.sleep(3)  # the bytecode of the first imports is written beside the code
    before = len((checkout / "dev.log").read_text())
    for place in ("postgres", "files", "demo"):
        (checkout / ".holdfast" / place).mkdir(exist_ok=True)
        (checkout / ".holdfast" / place / "written.py").write_text("x = 1\n")
    time.sleep(3)  # the reloader looks about every second
    told = (checkout / "dev.log").read_text()[before:]
    assert "changes detected" not in told
    assert "Reloading" not in told

    with (checkout / "graphs" / "kit" / "errors.py").open("a") as code:
        code.write("# touched\n")
    wait_for_text(checkout / "dev.log", "Reloading", 30)
    wait_until(lambda: answers(port), "the server after a reload", START_SECONDS)

    graph = checkout / "graphs" / "formulation" / "graph.py"
    code_before = graph.read_text()
    graph.write_text(code_before + "def (\n")
    wait_for_text(checkout / "dev.log", "Application startup failed", START_SECONDS)
    time.sleep(1)
    assert dev.poll() is None, "it watches on while a person is at work on the code"
    graph.write_text(code_before)
    wait_until(lambda: answers(port), "the server after the mistake is mended", START_SECONDS)

    os.killpg(dev.pid, signal.SIGHUP)  # the terminal is closed: its shell sends one, and so does the kernel
    time.sleep(0.2)
    dev.send_signal(signal.SIGHUP)
    assert dev.wait(60) == 0
    assert served_url_of(checkout) is None, "it ended what it started itself"
    wait_until(lambda: not processes_in(checkout), "the end of every process of make dev")


def test_a_start_that_is_refused_ends_at_once_and_says_why(
    checkout: Path, postgres: PostgresInstance
) -> None:
    uri = postgres.uri.replace("/postgres", "/nowhere")
    dev = start_dev(
        checkout, free_port(), "dev.log", CHECKPOINT_POSTGRES_URI=uri, CHECKPOINT_CONECTION_BUDGET="7"
    )
    assert dev.wait(START_SECONDS) == 1

    told = (checkout / "dev.log").read_text()
    last = told.splitlines()[-1]
    assert last.startswith(
        f"make dev: PostgreSQL at 127.0.0.1:{postgres.port}/nowhere refuses the connection: "
    )
    assert last.endswith("Correct user, password, database or options in CHECKPOINT_POSTGRES_URI.")
    assert "CHECKPOINT_CONECTION_BUDGET is no setting of Holdfast and has no effect. " in told
    assert "Is it CHECKPOINT_CONNECTION_BUDGET?" in told
    wait_until(lambda: not processes_in(checkout), "the end of every process of make dev")


async def test_a_start_without_the_key_of_what_is_stored_ends_with_its_id(
    checkout: Path, postgres: PostgresInstance
) -> None:
    key = "11" * 32
    async with open_saver(PersistenceSettings(**settings_for(postgres.uri), encryption_keys=key)) as saver:
        await put(saver, "t", {"secret": "text"})
    dev = start_dev(checkout, free_port(), "dev.log", CHECKPOINT_POSTGRES_URI=postgres.uri)
    assert dev.wait(START_SECONDS) == 1

    assert (checkout / "dev.log").read_text().splitlines()[-1] == (
        f"make dev: A stored value is encrypted with the key '{key_id(bytes.fromhex(key))}', and "
        "CHECKPOINT_ENCRYPTION_KEYS is not set. Add that key to the end of CHECKPOINT_ENCRYPTION_KEYS and "
        "start the server again."
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ARTIFACTS_MAX_BYTES", "lots"),
        ("BG_JOB_MAX_RETRIES", "abc"),
        ("LANGGRAPH_THREAD_TTL", "abc"),
        ("CHECKPOINT_OUTAGE_BUDGET_SECONDS", "nan"),
    ],
)
def test_an_unusable_setting_is_one_sentence_before_anything_starts(
    checkout: Path, variable: str, value: str
) -> None:
    assert start_dev(checkout, free_port(), "dev.log", **{variable: value}).wait(START_SECONDS) == 1

    [told] = (checkout / "dev.log").read_text().splitlines()
    assert told.startswith(f"make dev: {variable} is '{value}': ")
    assert told.endswith("unset it.")
    assert not (checkout / ".holdfast").exists()


def test_dev_ends_a_worker_whose_reloader_was_killed(checkout: Path) -> None:
    port = free_port()
    dev = start_dev(checkout, port, "dev.log")
    wait_for_text(checkout / "dev.log", "Holdfast is ready.", START_SECONDS)
    leader = json.loads((checkout / ".holdfast" / "dev.json").read_text())["pid"]
    assert len(group_members(leader, checkout)) > 1
    os.kill(leader, signal.SIGKILL)

    assert dev.wait(60) != 0
    assert port_is_free(port)
    assert group_members(leader, checkout) == []


def test_dev_does_not_start_beside_langgraph_dev(checkout: Path) -> None:
    (checkout / "langgraph_cli").mkdir()
    (checkout / "langgraph_cli" / "__main__.py").write_text("import time\ntime.sleep(100)\n")
    plain = subprocess.Popen([sys.executable, "-m", "langgraph_cli", "dev"], cwd=checkout)
    try:
        dev = start_dev(checkout, free_port(), "dev.log")
        assert dev.wait(START_SECONDS) == 1
    finally:
        plain.kill()
        plain.wait()
    told = " ".join((checkout / "dev.log").read_text().split())
    assert f"a `langgraph dev` runs in this checkout (process {plain.pid})" in told


@pytest.mark.parametrize("port", ["abc", "-1", "0", "99999", "²"])
def test_a_port_that_is_none_is_told(checkout: Path, port: str) -> None:
    assert start_dev(checkout, port, "dev.log").wait(START_SECONDS) == 1
    told = (checkout / "dev.log").read_text()
    assert told == f"make dev: PORT={port!r} is not a port: set a number from 1 to 65535.\n"


def test_dev_cleans_up_after_a_kill(checkout: Path) -> None:
    port = free_port()
    killed = start_dev(checkout, port, "killed.log")
    wait_for_text(checkout / "killed.log", "Holdfast is ready.", START_SECONDS)
    killed.kill()
    killed.wait()

    again = start_dev(checkout, port, "again.log")
    wait_for_text(checkout / "again.log", "Holdfast is ready.", START_SECONDS)
    assert "Ending the server that a killed" in (checkout / "again.log").read_text()
    assert serves(port)
    again.send_signal(signal.SIGTERM)
    assert again.wait(60) == 0
    wait_until(lambda: not processes_in(checkout), "the end of every process of make dev")


def test_a_taken_port_is_told_and_another_used(checkout: Path) -> None:
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        dev = start_dev(checkout, port, "dev.log")
        wait_for_text(checkout / "dev.log", "Holdfast is ready.", START_SECONDS)
        assert f"Port {port} is taken; using" in (checkout / "dev.log").read_text()
    dev.send_signal(signal.SIGINT)
    assert dev.wait(60) == 0
