"""`resume_session`: finish what is unfinished, from the last checkpoint."""

from typing import Any

from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import NotFoundError

from graphs.client.restore import DEFAULT_DEADLINE, DEFAULT_URL, restore_session
from graphs.client.session import Session, SessionStatus

APPROVE = {"decisions": [{"type": "approve"}]}
REJECT = {"decisions": [{"type": "reject"}]}


async def resume_session(
    thread_id: str,
    *,
    answer: Any = None,
    url: str = DEFAULT_URL,
    client: LangGraphClient | None = None,
    deadline: float = DEFAULT_DEADLINE,
) -> Session:
    """Finish the session's unfinished run, wait for its end, and return the session as it is then.

    An idle session is returned as it is; a running one is waited for; one that can't be restored within the
    deadline (seconds, for the look before and the look after; the run itself takes its time) is returned so.

    Args:
        thread_id: the thread.
        answer: for a session that waits for a person: what the interrupt is answered with, for example
            `APPROVE` or `REJECT`.
        url: the server, unless `client` is given.
        client: a client of the SDK to use.
        deadline: seconds, as `restore_session` takes them.

    Raises:
        ValueError: the session waits for a person, and there is no answer; or there is one to no question.
        httpx.HTTPError: the connection to the server was lost meanwhile; call again.
    """
    if client is None:
        async with get_client(url=url) as own_client:
            return await resume_session(thread_id, answer=answer, client=own_client, deadline=deadline)
    session = await restore_session(thread_id, client=client, deadline=deadline)
    _check_answer(session, answer)
    if session.status is SessionStatus.RUNNING and session.run_id:
        await client.runs.join(thread_id, session.run_id)
    elif session.status in (SessionStatus.INCOMPLETE, SessionStatus.WAITING):
        run = await client.runs.create(
            thread_id,
            await _assistant(session, client),
            input=None,
            command={"resume": answer} if answer is not None else None,
            durability="sync",
        )
        await client.runs.join(thread_id, run["run_id"])
    else:
        return session
    return await restore_session(thread_id, client=client, deadline=deadline)


def _check_answer(session: Session, answer: Any) -> None:
    if session.status is SessionStatus.WAITING and answer is None:
        raise ValueError(
            f"Session {session.thread_id} waits for a person: give answer=APPROVE, answer=REJECT, or what "
            f"its interrupt asks for: {[interrupt.get('value') for interrupt in session.interrupts]}"
        )
    if answer is not None and session.restored and session.status is not SessionStatus.WAITING:
        raise ValueError(
            f"Session {session.thread_id} is {session.status} and asks nothing: leave out answer."
        )


async def _assistant(session: Session, client: LangGraphClient) -> str:
    """Return the assistant of the last run while the server knows it, else the agent itself."""
    if session.assistant_id:
        try:
            await client.assistants.get(session.assistant_id)
        except NotFoundError:
            return session.graph_id or session.assistant_id
        return session.assistant_id
    return session.graph_id or ""
