"""`restore_session`: always an answer, within the caller's deadline, whatever the database or server does.

A session is its checkpoints. The server's own thread record can be lost (a development server keeps it in
memory), and is then made again: the checkpoints say which agent it belongs to.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import fields
from typing import Any
from uuid import UUID

import httpx
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import APIStatusError

from graphs.client import answers
from graphs.client.answers import UnexpectedAnswerError
from graphs.client.session import Session, SessionStatus, SessionSummary

DEFAULT_URL = "http://127.0.0.1:2024"
DEFAULT_DEADLINE = 10.0
_RETRY_AFTER = 2.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 300.0
"""What a server or a proxy may ask a caller to wait; a caller that sleeps for it neither spins nor hangs."""
_SHORTEST_DEADLINE, _LONGEST_DEADLINE = 0.01, 60.0
"""What the server takes as a deadline for its part of the answer."""
_LONGEST_SHOWN_ID = 80
_ACTIVE_RUNS = {"pending", "running"}
_FAILED_RUNS = {"error", "timeout", "interrupted"}


async def restore_session(
    thread_id: str,
    *,
    url: str = DEFAULT_URL,
    client: LangGraphClient | None = None,
    deadline: float = DEFAULT_DEADLINE,
    seen_checkpoint_id: str | None = None,
) -> Session:
    """Return the session as it is now.

    Args:
        thread_id: the thread, a UUID; which agent it belongs to is found out.
        url: the server, unless `client` is given.
        client: a client of the SDK to use.
        deadline: seconds within which the answer comes; when they are over it is `UNAVAILABLE`.
        seen_checkpoint_id: the newest checkpoint that the caller was shown; a database that is behind it
            (a stale replica after a failover), or does not know the session at all, is `UNAVAILABLE`, not an
            older state. Drop it after a run was cancelled with `action="rollback"` and when the thread was
            deleted: these take the checkpoint away for good.

    Raises:
        ValueError: the deadline is not above 0. Faults of the server, the network and the database are
            answers, never exceptions; so is an answer that is not understood (`UNAVAILABLE`).
    """
    if not deadline > 0:  # also refuses nan
        raise ValueError(f"deadline={deadline}: give the seconds within which you need the answer, above 0.")
    try:
        thread_id = str(UUID(str(thread_id)))
    except ValueError:
        reason = f"there is no session {str(thread_id)[:_LONGEST_SHOWN_ID]!r}: a session's id is a UUID"
        return Session(thread_id, SessionStatus.NOT_FOUND, reason=reason)
    try:
        async with asyncio.timeout(deadline), _opened(client, url, deadline) as opened:
            session = await _restore(thread_id, opened, deadline)
    except TimeoutError:
        return unavailable(thread_id, f"no answer within {deadline:g} s")
    except APIStatusError as error:
        return unavailable(thread_id, answers.detail(error) or error.message, _pause(error))
    except (UnexpectedAnswerError, json.JSONDecodeError) as error:
        return unavailable(thread_id, f"the server's answer is not understood: {error}")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ExceptionGroup) as error:
        return unavailable(thread_id, f"the server can't be reached: {answers.cause(error)}")
    return _not_behind(session, seen_checkpoint_id)


def unavailable(thread_id: str, reason: str, retry_after: float = _RETRY_AFTER) -> Session:
    """Return the answer for a session of which nothing can be said now."""
    return Session(thread_id, SessionStatus.UNAVAILABLE, retry_after=retry_after, reason=reason)


async def list_sessions(
    *, url: str = DEFAULT_URL, client: LangGraphClient | None = None, limit: int = 20, offset: int = 0
) -> list[SessionSummary]:
    """Return the sessions in the database, the one that changed last first.

    Raises:
        langgraph_sdk.errors.APIStatusError: the server refused, or its database can't be reached (503).
        httpx.HTTPError: the server can't be reached.
        RuntimeError: the server's answer is not understood.
    """
    if client is None:
        async with get_client(url=url) as own_client:
            return await list_sessions(client=own_client, limit=limit, offset=offset)
    answer = await answers.get(client, "/sessions", dict, limit=limit, offset=offset)
    names = [field.name for field in fields(SessionSummary)]
    lines = answers.items(answer, "sessions", dict)
    if any(name not in line for line in lines for name in names):
        raise UnexpectedAnswerError(f"/sessions has lines without all of {', '.join(names)}")
    return [SessionSummary(**{name: line[name] for name in names}) for line in lines]


def _opened(
    client: LangGraphClient | None, url: str, deadline: float
) -> AbstractAsyncContextManager[LangGraphClient]:
    """Opening takes tens of milliseconds (certificates), which count as the caller's time."""
    return nullcontext(client) if client else get_client(url=url, timeout=deadline)


async def _restore(thread_id: str, client: LangGraphClient, deadline: float) -> Session:
    record = await answers.find(client, f"/sessions/{thread_id}", deadline=_within_range(deadline))
    thread = await answers.find(client, f"/threads/{thread_id}")
    if record is None and thread is None:
        return Session(thread_id, SessionStatus.NOT_FOUND, reason=f"there is no session {thread_id!r}")
    for found in (record, thread):
        if found is not None and found.get("thread_id") != thread_id:
            raise UnexpectedAnswerError(f"it is about the thread {found.get('thread_id')!r}")
    if record and thread is None:
        graph_id = answers.field(record, "graph_id", str)
        if not graph_id:
            return unavailable(
                thread_id,
                "its agent is not known: its checkpoints name no graph_id, and the server has no record of "
                "the thread; create the thread with its graph_id",
            )
        # without graph_id the server would answer the thread's state with empty values
        await client.threads.create(thread_id=thread_id, graph_id=graph_id, if_exists="do_nothing")
    state = await answers.get(client, f"/threads/{thread_id}/state", dict) if record else {}
    runs = await answers.get(client, f"/threads/{thread_id}/runs", list, limit=1)
    run = answers.items({"runs": runs}, "runs", dict)
    return _judged(thread_id, record or {}, thread or {}, state, run[0] if run else {})


def _within_range(deadline: float) -> float:
    return min(max(deadline, _SHORTEST_DEADLINE), _LONGEST_DEADLINE)


def _judged(
    thread_id: str,
    record: Mapping[str, Any],
    thread: Mapping[str, Any],
    state: Mapping[str, Any],
    run: Mapping[str, Any],
) -> Session:
    """The state's `next` alone does not tell: after an error it can be empty on an unfinished thread."""
    interrupts = answers.items(state, "interrupts", dict)
    if not all(isinstance(interrupt.get("id"), str) for interrupt in interrupts):
        raise UnexpectedAnswerError("an interrupt has no id")
    following = answers.items(state, "next", str)
    run_status = answers.field(run, "status", str)
    status, reason = SessionStatus.IDLE, ""
    if run_status in _ACTIVE_RUNS:
        status = SessionStatus.RUNNING
    elif interrupts:
        status = SessionStatus.WAITING
    elif run_status in _FAILED_RUNS or thread.get("status") == "error":
        status, reason = SessionStatus.INCOMPLETE, f"its last run ended in {run_status or 'error'}"
    elif following:
        status, reason = SessionStatus.INCOMPLETE, f"it stopped before {', '.join(following)}"
    metadata = answers.field(thread, "metadata", dict) or {}
    return Session(
        thread_id=thread_id,
        status=status,
        graph_id=answers.field(record, "graph_id", str) or answers.field(metadata, "graph_id", str),
        assistant_id=answers.field(record, "assistant_id", str),
        checkpoint_id=answers.field(answers.field(state, "checkpoint", dict) or {}, "checkpoint_id", str),
        values=answers.field(state, "values", dict) or {},
        next=following,
        interrupts=interrupts,
        run_id=answers.field(run, "run_id", str),
        reason=reason,
    )


def _not_behind(session: Session, seen_checkpoint_id: str | None) -> Session:
    known = session.restored or session.status is SessionStatus.NOT_FOUND
    if not seen_checkpoint_id or not known or (session.checkpoint_id or "") >= seen_checkpoint_id:
        return session
    return unavailable(
        session.thread_id, f"the database is behind checkpoint {seen_checkpoint_id}, shown before"
    )


def _pause(error: APIStatusError) -> float:
    """A Retry-After may also be a date; proxies that give one mean a longer absence than is worth parsing."""
    text = error.response.headers.get("retry-after", "")
    if not (text.isascii() and text.isdigit()):
        return _RETRY_AFTER
    return min(max(float(text), _SHORTEST_PAUSE), _LONGEST_PAUSE)
