"""The calls for programs without asyncio, and the command line on top of them."""

import socket
import subprocess
import sys
import textwrap
import time
from typing import Any

import pytest

from graphs.client import SessionStatus, blocking
from tests.support.odd_server import THREAD_ID, Answer, OddServer

SLOW_RESOLVER = textwrap.dedent(
    """
    import socket, sys, time

    def never_answers(*_, **__):
        time.sleep(60)

    socket.getaddrinfo = never_answers
    from graphs.client.cli import main
    main()
    """
)


def test_a_session_is_restored_and_listed_without_a_loop(odd: OddServer) -> None:
    line = {"thread_id": THREAD_ID, "graph_id": "analytics", "updated_at": "2026-01-01", "checkpoints": 3}
    odd.answers["sessions"] = Answer({"sessions": [line]})
    assert blocking.restore_session(THREAD_ID, url=odd.url).status is SessionStatus.IDLE
    assert blocking.resume_session(THREAD_ID, url=odd.url).status is SessionStatus.IDLE
    assert [vars(each) for each in blocking.list_sessions(url=odd.url)] == [line]


async def test_inside_a_running_loop(odd: OddServer) -> None:
    assert blocking.restore_session(THREAD_ID, url=odd.url).status is SessionStatus.IDLE


def test_errors_reach_the_caller(odd: OddServer) -> None:
    with pytest.raises(ValueError, match="deadline=0"):
        blocking.restore_session(THREAD_ID, url=odd.url, deadline=0)


def test_a_resolver_that_hangs_does_not_break_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: Any, **__: Any) -> None:
        time.sleep(4)
        raise socket.gaierror("no answer")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    began = time.monotonic()
    session = blocking.restore_session(THREAD_ID, url="http://sessions.example:2024", deadline=0.3)
    assert time.monotonic() - began < 2
    assert session.status is SessionStatus.UNAVAILABLE
    assert session.reason == "no answer within 0.3 s"


def test_the_command_line_ends_although_the_resolver_hangs() -> None:
    options = ["--url", "http://sessions.example:2024", "--deadline", "0.3"]
    result = subprocess.run(
        [sys.executable, "-c", SLOW_RESOLVER, "sessions", "restore", THREAD_ID, *options],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 4, result.stderr
    assert "no answer within 0.3 s" in result.stderr


@pytest.mark.parametrize("command", [["restore", "../ok"], ["show", "a/b"], ["resume", "\n"]])
def test_the_command_line_says_that_an_id_is_none(odd: OddServer, command: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "graphs.client.cli", "sessions", *command, "--url", odd.url],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 3, result.stderr
    assert "a session's id is a UUID" in result.stderr + result.stdout
    assert "Traceback" not in result.stderr
