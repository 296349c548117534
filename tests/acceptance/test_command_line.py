"""The `holdfast` command, as a person uses it."""

import json
import re
import subprocess
import sys
from pathlib import Path

from langgraph_sdk import get_sync_client

from graphs.server.process import PROJECT_ROOT, DevServer, free_port

SAMPLES = PROJECT_ROOT / "graphs" / "three_dp_custom" / "samples"


def holdfast(*arguments: str, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "graphs.client.cli", *arguments, "--url", url],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def thread_of(result: subprocess.CompletedProcess[str]) -> str:
    return result.stderr.partition("session ")[2].split()[0]


def test_ask_tells_progress_answers_and_saves(server: DevServer, tmp_path: Path) -> None:
    result = holdfast(
        *("ask", "three_dp_custom", "Check the overhangs of bracket.stl."),
        *("--file", str(SAMPLES / "bracket.stl"), "--save-to", str(tmp_path)),
        url=server.url,
    )
    assert result.returncode == 0, result.stderr
    assert "hands over to printability" in result.stderr
    assert "check_overhangs(file='bracket.stl')" in result.stderr
    assert "overhangs beyond 45°" in result.stdout
    assert (tmp_path / "bracket-overhangs.png").read_bytes().startswith(b"\x89PNG")


def test_sessions_are_listed_shown_and_restored(server: DevServer) -> None:
    thread_id = thread_of(holdfast("ask", "formulation", "Hello", url=server.url))
    listed = holdfast("sessions", "list", "--limit", "5", url=server.url)
    assert f"{thread_id}\tformulation\t" in listed.stdout
    shown = json.loads(holdfast("sessions", "show", thread_id, url=server.url).stdout)
    assert shown["status"] == "idle"
    assert shown["graph_id"] == "formulation"
    assert shown["values"]["messages"][0]["content"] == "Hello"
    restored = holdfast("sessions", "restore", thread_id, url=server.url)
    assert restored.returncode == 0
    assert f"session {thread_id}: idle" in restored.stderr


def test_a_waiting_session_is_resumed_with_an_answer(server: DevServer) -> None:
    asked = holdfast(
        *("ask", "three_dp_custom", "Delete torus.stl."),
        *("--file", str(SAMPLES / "torus.stl")),
        url=server.url,
    )
    thread_id = thread_of(asked)
    hint = re.search(
        rf"holdfast sessions resume {thread_id} --question (\w+) --approve \| --reject", asked.stderr
    )
    assert hint, asked.stderr
    question = hint[1]
    unanswered = holdfast("sessions", "resume", thread_id, url=server.url)
    assert unanswered.returncode == 1
    assert "waits for a person" in unanswered.stderr
    approval = ("sessions", "resume", thread_id, "--question", question, "--approve")
    resumed = holdfast(*approval, url=server.url)
    assert resumed.returncode == 0, resumed.stderr
    assert "torus.stl is deleted" in resumed.stdout
    again = holdfast(*approval, url=server.url)
    assert again.returncode == 0, again.stderr
    assert f"idle question {question} is not open any more" in again.stderr


def test_an_unknown_session_and_a_missing_server_have_exit_codes(server: DevServer) -> None:
    unknown = holdfast("sessions", "restore", "00000000-0000-4000-8000-000000000000", url=server.url)
    assert unknown.returncode == 3
    assert "there is no session" in unknown.stderr
    missing = holdfast("sessions", "list", url=f"http://127.0.0.1:{free_port()}")
    assert missing.returncode == 4
    assert "can't be reached" in missing.stderr
    unavailable = holdfast(
        "sessions", "restore", "00000000-0000-4000-8000-000000000000", url=f"http://127.0.0.1:{free_port()}"
    )
    assert unavailable.returncode == 4
    assert "try again in" in unavailable.stderr


def test_an_unknown_agent_is_refused_and_leaves_no_thread(server: DevServer) -> None:
    with get_sync_client(url=server.url) as client:
        before = client.threads.count()
        for unknown in ("nosuch", "00000000-0000-4000-8000-000000000000"):
            asked = holdfast("ask", unknown, "Hello", url=server.url)
            assert asked.returncode == 1
            assert re.search(rf"'{unknown}' (is )?not found", asked.stderr)
        assert client.threads.count() == before

        [assistant] = client.assistants.search(graph_id="formulation", limit=1)
    by_id = holdfast("ask", assistant["assistant_id"], "Hello", url=server.url)
    assert by_id.returncode == 0, by_id.stderr


def test_a_refused_file_is_one_clear_line(server: DevServer, tmp_path: Path) -> None:
    program = tmp_path / "virus.exe"
    program.write_bytes(b"MZ")
    result = holdfast("ask", "analytics", "Open this.", "--file", str(program), url=server.url)
    assert result.returncode == 1
    assert "The file name 'virus.exe' can't be used" in result.stderr
    assert "Traceback" not in result.stderr
