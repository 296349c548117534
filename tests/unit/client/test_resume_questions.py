"""An answer goes to the question that was asked, and to no other."""

import asyncio
from typing import Any

import pytest

from graphs.client import APPROVE, Session, SessionStatus, resume_session
from tests.support.odd_server import THREAD_ID, Answer, OddServer

FIRST = {"id": "1" * 32, "value": {"action_requests": [{"args": {"file": "first.csv"}}]}}
SECOND = {"id": "2" * 32, "value": {"action_requests": [{"args": {"file": "second.csv"}}]}}
REFUSED = Answer({"detail": "Thread is already running a task."}, status=409)


def state(*interrupts: dict[str, Any]) -> Answer:
    return Answer({"values": {}, "next": ["tools"] if interrupts else [], "interrupts": list(interrupts)})


async def resumed(odd: OddServer, **options: Any) -> Session:
    return await resume_session(THREAD_ID, url=odd.url, **options)


def then(odd: OddServer, *interrupts: dict[str, Any]) -> Any:
    """Return what the joined run answers, and let the session ask that from then on."""

    def join(_: Any) -> Answer:
        odd.answers["state"] = state(*interrupts)
        odd.answers["runs"] = Answer([{"run_id": "run-1", "status": "success"}])
        return Answer({})

    return join


async def test_an_answer_names_the_question_that_was_looked_at(odd: OddServer) -> None:
    odd.answers |= {"state": state(FIRST), "join": then(odd)}
    session = await resumed(odd, answer=APPROVE)
    assert session.status is SessionStatus.IDLE
    [request] = odd.bodies("create")
    assert request["command"] == {"resume": {FIRST["id"]: APPROVE}}
    assert request["multitask_strategy"] == "reject"


async def test_calling_again_does_not_answer_the_next_question(odd: OddServer) -> None:
    odd.answers |= {"state": state(FIRST), "join": then(odd, SECOND)}
    await resumed(odd, answer=APPROVE, interrupt_id=FIRST["id"])
    again = await resumed(odd, answer=APPROVE, interrupt_id=FIRST["id"])
    assert again.status is SessionStatus.WAITING
    assert again.interrupts == [SECOND]
    assert f"question {FIRST['id']} is not open any more" in again.reason
    assert len(odd.bodies("create")) == 1


async def test_calling_again_after_the_end_returns_the_session(odd: OddServer) -> None:
    session = await resumed(odd, answer=APPROVE, interrupt_id=FIRST["id"])
    assert session.status is SessionStatus.IDLE
    assert "not open any more" in session.reason
    assert odd.bodies("create") == []


async def test_who_comes_second_waits_for_the_first_ones_run_and_answers_nothing(odd: OddServer) -> None:
    def refuse(_: Any) -> Answer:
        odd.answers["runs"] = Answer([{"run_id": "run-1", "status": "running"}])
        return REFUSED

    odd.answers |= {"state": state(FIRST), "create": refuse, "join": then(odd, SECOND)}
    session = await resumed(odd, answer=APPROVE)
    assert session.status is SessionStatus.WAITING
    assert session.interrupts == [SECOND]
    assert "this call answered nothing" in session.reason
    assert len(odd.bodies("create")) == 1
    assert len(odd.bodies("join")) == 1


async def test_a_question_that_outlives_the_other_run_is_said_to_be_open(odd: OddServer) -> None:
    odd.answers |= {"state": state(FIRST), "create": REFUSED}
    session = await resumed(odd, answer=APPROVE)
    assert session.status is SessionStatus.WAITING
    assert f"question {FIRST['id']} is still open" in session.reason


async def test_two_at_once_start_one_run(odd: OddServer) -> None:
    def create(_: Any) -> Answer:
        taken = len(odd.bodies("create")) > 1
        odd.answers["runs"] = Answer([{"run_id": "run-1", "status": "running"}])
        return REFUSED if taken else Answer({"run_id": "run-1"})

    odd.answers |= {"state": state(FIRST), "create": create, "join": then(odd, SECOND)}
    sessions = await asyncio.gather(
        *(resumed(odd, answer=APPROVE, interrupt_id=FIRST["id"]) for _ in range(2))
    )
    assert [session.interrupts for session in sessions] == [[SECOND], [SECOND]]
    assert {next(iter(body["command"]["resume"])) for body in odd.bodies("create")} == {FIRST["id"]}


async def test_a_running_session_is_joined(odd: OddServer) -> None:
    odd.answers |= {"runs": Answer([{"run_id": "run-1", "status": "running"}]), "join": then(odd)}
    session = await resumed(odd)
    assert session.status is SessionStatus.IDLE
    assert len(odd.bodies("join")) == 1
    assert odd.bodies("create") == []


async def test_an_incomplete_session_that_another_caller_resumes_is_waited_for(odd: OddServer) -> None:
    odd.answers["runs"] = Answer([{"run_id": "run-0", "status": "error"}])

    def refuse(_: Any) -> Answer:
        odd.answers["runs"] = Answer([{"run_id": "run-1", "status": "running"}])
        return REFUSED

    odd.answers |= {"create": refuse, "join": then(odd)}
    session = await resumed(odd)
    assert session.status is SessionStatus.IDLE
    assert session.reason == ""


async def test_of_several_questions_one_is_named(odd: OddServer) -> None:
    odd.answers |= {"state": state(FIRST, SECOND), "join": then(odd, FIRST)}
    with pytest.raises(ValueError, match="2 questions: say with interrupt_id"):
        await resumed(odd, answer=APPROVE)
    session = await resumed(odd, answer=APPROVE, interrupt_id=SECOND["id"])
    assert session.interrupts == [FIRST]
    assert odd.bodies("create")[0]["command"] == {"resume": {SECOND["id"]: APPROVE}}


async def test_answers_that_do_not_fit_are_refused(odd: OddServer) -> None:
    with pytest.raises(ValueError, match="is idle and asks nothing: leave out answer"):
        await resumed(odd, answer=APPROVE)
    with pytest.raises(ValueError, match="comes without an answer"):
        await resumed(odd, interrupt_id=FIRST["id"])
    odd.answers["state"] = state(FIRST)
    with pytest.raises(ValueError, match="waits for a person"):
        await resumed(odd)
    assert odd.bodies("create") == []


async def test_what_can_not_be_restored_is_returned_so(odd: OddServer) -> None:
    odd.everywhere(Answer({"detail": "later"}, status=503))
    assert (await resumed(odd, answer=APPROVE)).status is SessionStatus.UNAVAILABLE
    assert (await resume_session("../ok", url=odd.url)).status is SessionStatus.NOT_FOUND
    assert (await resume_session(THREAD_ID, url="http://h:port")).status is SessionStatus.UNAVAILABLE


async def test_a_run_that_stored_nothing_can_only_be_asked_again(odd: OddServer) -> None:
    """LangGraph itself would answer with an EmptyInputError."""
    odd.answers |= {"state": state(), "runs": Answer([{"run_id": "run-1", "status": "error"}])}
    with pytest.raises(ValueError, match=rf"{THREAD_ID} has nothing to resume: .* Send the message again"):
        await resumed(odd)
    assert odd.bodies("create") == []
