"""`resume_session`: finish what is unfinished, from the last checkpoint."""

from dataclasses import replace
from typing import Any

import httpx
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import ConflictError, NotFoundError

from graphs.client.restore import DEFAULT_DEADLINE, DEFAULT_URL, restore_session, unavailable
from graphs.client.session import Session, SessionStatus

APPROVE = {"decisions": [{"type": "approve"}]}
REJECT = {"decisions": [{"type": "reject"}]}


async def resume_session(
    thread_id: str,
    *,
    answer: Any = None,
    interrupt_id: str | None = None,
    url: str = DEFAULT_URL,
    client: LangGraphClient | None = None,
    deadline: float = DEFAULT_DEADLINE,
) -> Session:
    """Finish the session's unfinished run, wait for its end, and return the session as it is then.

    An idle session is returned as it is; a running one is waited for; one that can't be restored within the
    deadline (seconds, for the look before and the look after; the run itself takes its time) is returned so.

    An answer goes to one question and never to the one after it. When `interrupt_id` is not open any more
    (another caller was first, or the call is repeated after a lost connection), the session is returned as it
    is, and its `reason` says so. When another run is at work meanwhile, that one is waited for.

    Args:
        thread_id: the thread.
        answer: for a session that waits for a person: what the interrupt is answered with, for example
            `APPROVE` or `REJECT`.
        interrupt_id: which of `Session.interrupts` the answer is for: the `id` of the question that the
            person was shown. It can be left out when one question is open; then that one is answered,
            whatever it asks.
        url: the server, unless `client` is given.
        client: a client of the SDK to use.
        deadline: seconds, as `restore_session` takes them.

    Raises:
        ValueError: the session waits for a person, and there is no answer, or several questions and no
            `interrupt_id`; or there is an answer to no question. Or its run failed before its first
            checkpoint: nothing was stored, so the message must be sent again.
        httpx.HTTPError: the connection to the server was lost meanwhile; call again, with the `interrupt_id`
            if there is an answer.
    """
    if client is None:
        try:
            own_client = get_client(url=url)
        except httpx.InvalidURL as error:
            return unavailable(thread_id, f"the server can't be reached: {error}")
        async with own_client:
            return await resume_session(
                thread_id, answer=answer, interrupt_id=interrupt_id, client=own_client, deadline=deadline
            )
    session = await restore_session(thread_id, client=client, deadline=deadline)
    if not session.restored:
        return session
    question = _question(session, answer, interrupt_id)
    if session.status is SessionStatus.RUNNING:
        return _unanswered(await _after_its_run(session, client, deadline), question)
    if question and question not in _open_questions(session):
        return _unanswered(session, question)
    if session.status is SessionStatus.IDLE:
        return session
    if session.status is SessionStatus.INCOMPLETE and not (session.checkpoint_id or session.next):
        raise ValueError(
            f"Session {session.thread_id} has nothing to resume: nothing of its run was stored "
            f"({session.reason or session.status}). Send the message again, with the same thread_id."
        )
    run_id = await _start(session, client, {question: answer} if question else None)
    if run_id is None:
        now = await restore_session(session.thread_id, client=client, deadline=deadline)
        return _unanswered(await _after_its_run(now, client, deadline), question)
    await client.runs.join(session.thread_id, run_id)
    return await restore_session(session.thread_id, client=client, deadline=deadline)


def _question(session: Session, answer: Any, interrupt_id: str | None) -> str | None:
    """Return which question the answer is for; None without an answer."""
    asked = {interrupt["id"]: interrupt.get("value") for interrupt in session.interrupts}
    waiting = session.status is SessionStatus.WAITING
    if answer is None:
        if interrupt_id is not None:
            raise ValueError(f"interrupt_id={interrupt_id!r} comes without an answer: give both or none.")
        if waiting:
            raise ValueError(
                f"Session {session.thread_id} waits for a person: give answer=APPROVE, answer=REJECT, or "
                f"what its interrupt asks for: {list(asked.values())}"
            )
        return None
    if interrupt_id is not None:
        return interrupt_id
    if not waiting:
        raise ValueError(
            f"Session {session.thread_id} is {session.status} and asks nothing: leave out answer."
        )
    if len(asked) > 1:
        raise ValueError(
            f"Session {session.thread_id} asks {len(asked)} questions: say with interrupt_id which one the "
            f"answer is for: {asked}"
        )
    return next(iter(asked))


def _open_questions(session: Session) -> list[str]:
    if session.status is not SessionStatus.WAITING:
        return []
    return [interrupt["id"] for interrupt in session.interrupts]


async def _start(session: Session, client: LangGraphClient, answers: dict[str, Any] | None) -> str | None:
    """Return the id of the run that goes on with the session; None while another one is at work."""
    try:
        run = await client.runs.create(
            session.thread_id,
            await _assistant(session, client),
            input=None,
            # a mapping answers the interrupts that it names, and no other that may be open by then
            command={"resume": answers} if answers else None,
            multitask_strategy="reject",
            durability="sync",
        )
    except ConflictError:
        return None
    return run["run_id"]


async def _after_its_run(session: Session, client: LangGraphClient, deadline: float) -> Session:
    if session.status is not SessionStatus.RUNNING or not session.run_id:
        return session
    await client.runs.join(session.thread_id, session.run_id)
    return await restore_session(session.thread_id, client=client, deadline=deadline)


def _unanswered(session: Session, question: str | None) -> Session:
    """Say that this call gave no answer, unless the session has something more important to say."""
    if not question or session.reason:
        return session
    if question in _open_questions(session):
        return replace(session, reason=f"another run was at work: question {question} is still open")
    return replace(session, reason=f"question {question} is not open any more: this call answered nothing")


async def _assistant(session: Session, client: LangGraphClient) -> str:
    """Return the assistant of the last run while the server knows it, else the agent itself."""
    if session.assistant_id:
        try:
            await client.assistants.get(session.assistant_id)
        except NotFoundError:
            return session.graph_id or session.assistant_id
        return session.assistant_id
    return session.graph_id or ""
