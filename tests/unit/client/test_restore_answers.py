"""`restore_session` has an answer for whatever the server, or something in its place, says."""

import time
from typing import Any

import pytest
from langgraph_sdk import get_client

from graphs.client import Session, SessionStatus, list_sessions, restore_session
from tests.support.odd_server import THREAD_ID, Answer, OddServer

HTML = {"content-type": "text/html"}
NO_SUCH = Answer({"detail": "no such thing"}, status=404)


async def restored(odd: OddServer, **options: Any) -> Session:
    return await restore_session(THREAD_ID, url=odd.url, **options)


async def test_a_session_is_restored(odd: OddServer) -> None:
    session = await restored(odd)
    assert session.status is SessionStatus.IDLE
    assert (session.graph_id, session.checkpoint_id) == ("analytics", "1f")


async def test_a_run_at_work_is_running(odd: OddServer) -> None:
    odd.answers["runs"] = Answer([{"run_id": "run-7", "status": "pending"}])
    session = await restored(odd)
    assert session.status is SessionStatus.RUNNING
    assert session.run_id == "run-7"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<html>log in</html>", headers=HTML),
        Answer(b"<html>nginx</html>", status=404, headers=HTML),
        Answer(None, status=404),
        Answer({"error": "no route"}, status=404),
        Answer(b"", status=204),
        Answer(b"", status=200),
        Answer(b"null"),
        Answer(b"[1]"),
        Answer(b'"x"'),
        Answer({}),
        Answer({"thread_id": "of another"}),
        Answer(b"", status=302, headers={"location": "https://login.example/"}),
        Answer({"thread_id": THREAD_ID}, status=302, headers={"location": "https://login.example/"}),
        Answer('{"a":1}'.encode("utf-16")),
    ],
    ids=lambda answer: f"{answer.status}-{answer.content[:24]!r}",
)
async def test_what_is_not_the_servers_own_answer_is_unavailable(odd: OddServer, answer: Answer) -> None:
    odd.everywhere(answer)
    session = await restored(odd)
    assert session.status is SessionStatus.UNAVAILABLE
    assert session.reason.startswith("the server's answer is not understood: ")


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("record", [1]),
        ("record", "x"),
        ("record", {"thread_id": THREAD_ID, "graph_id": 5}),
        ("thread", "x"),
        ("thread", {"thread_id": THREAD_ID, "metadata": "x"}),
        ("state", []),
        ("state", None),
        ("state", {"next": 5}),
        ("state", {"next": [5]}),
        ("state", {"values": [1]}),
        ("state", {"checkpoint": "x"}),
        ("state", {"checkpoint": {"checkpoint_id": 5}}),
        ("state", {"interrupts": {"id": "x"}}),
        ("state", {"interrupts": ["x"]}),
        ("state", {"interrupts": [{"value": "which?"}]}),
        ("runs", {"a": 1}),
        ("runs", None),
        ("runs", ["x"]),
        ("runs", [{"status": ["running"]}]),
    ],
)
async def test_a_field_of_another_type_is_unavailable(odd: OddServer, route: str, body: Any) -> None:
    odd.answers[route] = Answer(body)
    session = await restored(odd, seen_checkpoint_id="1e")
    assert session.status is SessionStatus.UNAVAILABLE
    assert session.reason.startswith("the server's answer is not understood: ")


async def test_only_the_servers_own_404_is_not_found(odd: OddServer) -> None:
    odd.everywhere(NO_SUCH)
    session = await restored(odd)
    assert session.status is SessionStatus.NOT_FOUND
    assert session.reason == f"there is no session '{THREAD_ID}'"


async def test_a_thread_that_vanishes_meanwhile_is_asked_for_again(odd: OddServer) -> None:
    odd.answers["state"] = NO_SUCH
    session = await restored(odd)
    assert session.status is SessionStatus.UNAVAILABLE
    assert session.reason == "no such thing"


async def test_a_session_whose_agent_nobody_knows_is_unavailable(odd: OddServer) -> None:
    odd.answers["record"] = Answer({"thread_id": THREAD_ID, "graph_id": None, "checkpoint_id": "1f"})
    odd.answers["thread"] = NO_SUCH
    session = await restored(odd)
    assert session.status is SessionStatus.UNAVAILABLE
    assert "its agent is not known" in session.reason
    assert odd.bodies("unknown") == [], "no thread is made without its agent"


@pytest.mark.parametrize(
    "thread_id", ["", "..", "../ok", "a/b", "a?x=1", "a#b", "%00", "\x00", "\n", "é", "x" * 70_000]
)
async def test_what_is_no_uuid_is_not_found_without_asking(odd: OddServer, thread_id: str) -> None:
    session = await restore_session(thread_id, url=odd.url)
    assert session.status is SessionStatus.NOT_FOUND
    assert session.reason.endswith("a session's id is a UUID")
    assert len(session.reason) < 400
    assert odd.requests == []


async def test_an_id_in_another_spelling_is_the_same_session(odd: OddServer) -> None:
    session = await restore_session(THREAD_ID.replace("-", "").upper(), url=odd.url)
    assert session.status is SessionStatus.IDLE
    assert session.thread_id == THREAD_ID


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7), ("²", 2), ("soon", 2), ("-1", 2), ("0", 0.1), ("9" * 400, 300)]
)
async def test_retry_after_is_a_pause_that_a_caller_can_sleep(
    odd: OddServer, header: str, seconds: float
) -> None:
    odd.everywhere(Answer({"detail": "later"}, status=503, headers={"retry-after": header}))
    session = await restored(odd)
    assert session.status is SessionStatus.UNAVAILABLE
    assert session.retry_after == seconds
    assert session.reason == "later"


@pytest.mark.parametrize(
    "url",
    ["not a url", "http://h:port", "http://localhost:99999", "http://[::1", "http://\x00/", "ftp://x/", ""],
)
async def test_an_address_that_is_none_is_unavailable(url: str) -> None:
    session = await restore_session(THREAD_ID, url=url, deadline=5)
    assert session.status is SessionStatus.UNAVAILABLE
    assert session.reason.startswith("the server can't be reached: ")
    assert "TaskGroup" not in session.reason


@pytest.mark.parametrize("deadline", [0.0, -1.0, float("nan")])
async def test_a_deadline_that_is_none_is_refused(odd: OddServer, deadline: float) -> None:
    with pytest.raises(ValueError, match=r"deadline=.*above 0"):
        await restored(odd, deadline=deadline)


async def test_a_server_that_hangs_is_unavailable_when_the_deadline_is_over(odd: OddServer) -> None:
    def hang(_: Any) -> Answer:
        time.sleep(1)
        return Answer({})

    odd.answers["thread"] = hang
    began = time.monotonic()
    session = await restored(odd, deadline=0.2)
    assert time.monotonic() - began < 0.8
    assert session.status is SessionStatus.UNAVAILABLE
    assert session.reason == "no answer within 0.2 s"


@pytest.mark.parametrize(
    ("seen", "status"),
    [
        ("1e", SessionStatus.IDLE),
        ("1f", SessionStatus.IDLE),
        ("2a", SessionStatus.UNAVAILABLE),
    ],
)
async def test_a_database_behind_what_was_shown_is_unavailable(
    odd: OddServer, seen: str, status: SessionStatus
) -> None:
    session = await restored(odd, seen_checkpoint_id=seen)
    assert session.status is status
    assert ("behind checkpoint 2a" in session.reason) == (status is SessionStatus.UNAVAILABLE)


async def test_a_database_that_lost_a_session_that_was_shown_is_behind(odd: OddServer) -> None:
    odd.everywhere(NO_SUCH)
    session = await restored(odd, seen_checkpoint_id="1f")
    assert session.status is SessionStatus.UNAVAILABLE
    assert "behind checkpoint 1f" in session.reason


@pytest.mark.parametrize("body", [[], {"sessions": 5}, {"sessions": ["x"]}, {"sessions": [{"graph_id": 1}]}])
async def test_a_list_that_is_none_is_said_so(odd: OddServer, body: Any) -> None:
    odd.answers["sessions"] = Answer(body)
    async with get_client(url=odd.url, api_key=None) as client:
        with pytest.raises(RuntimeError, match="sessions"):
            await list_sessions(client=client)
