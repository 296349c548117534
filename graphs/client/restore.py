"""`restore_session`: always an answer, within the caller's deadline, whatever the database or server does.

A session is its checkpoints. The server's own thread record can be lost (a development server keeps it in
memory), and is then made again: the checkpoints say which agent it belongs to.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import httpx
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import APIStatusError, NotFoundError

from graphs.client.session import Session, SessionStatus, SessionSummary

DEFAULT_URL = "http://127.0.0.1:2024"
DEFAULT_DEADLINE = 10.0
_RETRY_AFTER = 2.0
_SHORTEST_DEADLINE, _LONGEST_DEADLINE = 0.01, 60.0
"""What the server takes as a deadline for its part of the answer."""
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
        thread_id: the thread; which agent it belongs to is found out.
        url: the server, unless `client` is given.
        client: a client of the SDK to use.
        deadline: seconds within which the answer comes; when they are over it is `UNAVAILABLE`.
        seen_checkpoint_id: the newest checkpoint that the caller was shown; a database that is behind it
            (a stale replica after a failover) is `UNAVAILABLE`, not an older state.

    Raises:
        ValueError: the deadline is not positive. Faults of the server, the network and the database are
            answers, never exceptions.
    """
    if deadline <= 0:
        raise ValueError(f"deadline={deadline}: give the seconds within which you need the answer, above 0.")
    if client is None:
        async with get_client(url=url, timeout=deadline) as own_client:
            return await restore_session(
                thread_id, client=own_client, deadline=deadline, seen_checkpoint_id=seen_checkpoint_id
            )
    try:
        async with asyncio.timeout(deadline):
            session = await _restore(thread_id, client, deadline)
    except TimeoutError:
        return _unavailable(thread_id, f"no answer within {deadline:g} s")
    except APIStatusError as error:
        return _from_status(thread_id, error)
    except (httpx.HTTPError, json.JSONDecodeError) as error:
        return _unavailable(thread_id, f"the server can't be reached: {str(error) or type(error).__name__}")
    if seen_checkpoint_id and session.restored and (session.checkpoint_id or "") < seen_checkpoint_id:
        return _unavailable(
            thread_id, f"the database is behind checkpoint {seen_checkpoint_id}, shown before"
        )
    return session


async def list_sessions(
    *, url: str = DEFAULT_URL, client: LangGraphClient | None = None, limit: int = 20, offset: int = 0
) -> list[SessionSummary]:
    """Return the sessions in the database, the one that changed last first.

    Raises:
        langgraph_sdk.errors.APIStatusError: the server refused, or its database can't be reached (503).
        httpx.HTTPError: the server can't be reached.
    """
    if client is None:
        async with get_client(url=url) as own_client:
            return await list_sessions(client=own_client, limit=limit, offset=offset)
    answer = await client.http.get("/sessions", params={"limit": limit, "offset": offset})
    names = [field.name for field in fields(SessionSummary)]
    return [SessionSummary(**{name: line[name] for name in names}) for line in answer["sessions"]]


async def _restore(thread_id: str, client: LangGraphClient, deadline: float) -> Session:
    record = await _session_record(thread_id, client, deadline)
    thread = await _thread(thread_id, client)
    if record is None and thread is None:
        return Session(thread_id, SessionStatus.NOT_FOUND, reason=f"there is no session {thread_id!r}")
    if record and thread is None:
        # without graph_id the server would answer the thread's state with empty values
        await client.threads.create(thread_id=thread_id, graph_id=record["graph_id"], if_exists="do_nothing")
    state = await client.threads.get_state(thread_id) if record else {}
    runs = await client.runs.list(thread_id, limit=1)
    return _judged(thread_id, record or {}, thread or {}, state, runs[0] if runs else {})


async def _session_record(thread_id: str, client: LangGraphClient, deadline: float) -> dict[str, Any] | None:
    try:
        return await client.http.get(f"/sessions/{thread_id}", params={"deadline": _within_range(deadline)})
    except NotFoundError:
        return None


def _within_range(deadline: float) -> float:
    return min(max(deadline, _SHORTEST_DEADLINE), _LONGEST_DEADLINE)


async def _thread(thread_id: str, client: LangGraphClient) -> Mapping[str, Any] | None:
    try:
        return await client.threads.get(thread_id)
    except NotFoundError:
        return None


def _judged(
    thread_id: str,
    record: Mapping[str, Any],
    thread: Mapping[str, Any],
    state: Mapping[str, Any],
    run: Mapping[str, Any],
) -> Session:
    """The state's `next` alone does not tell: after an error it can be empty on an unfinished thread."""
    interrupts = list(state.get("interrupts") or [])
    following = list(state.get("next") or [])
    status, reason = SessionStatus.IDLE, ""
    if run.get("status") in _ACTIVE_RUNS:
        status = SessionStatus.RUNNING
    elif interrupts:
        status = SessionStatus.WAITING
    elif run.get("status") in _FAILED_RUNS or thread.get("status") == "error":
        status, reason = SessionStatus.INCOMPLETE, f"its last run ended in {run.get('status', 'error')}"
    elif following:
        status, reason = SessionStatus.INCOMPLETE, f"it stopped before {', '.join(following)}"
    return Session(
        thread_id=thread_id,
        status=status,
        graph_id=record.get("graph_id") or (thread.get("metadata") or {}).get("graph_id"),
        assistant_id=record.get("assistant_id"),
        checkpoint_id=(state.get("checkpoint") or {}).get("checkpoint_id"),
        values=state.get("values") or {},
        next=following,
        interrupts=interrupts,
        run_id=run.get("run_id"),
        reason=reason,
    )


def _from_status(thread_id: str, error: APIStatusError) -> Session:
    if error.status_code in (404, 422):
        return Session(thread_id, SessionStatus.NOT_FOUND, reason=_detail(error))
    retry_after = error.response.headers.get("retry-after", "")
    return _unavailable(
        thread_id, _detail(error), float(retry_after) if retry_after.isdigit() else _RETRY_AFTER
    )


def _detail(error: APIStatusError) -> str:
    body = error.body
    detail = body.get("detail") if isinstance(body, dict) else None
    return str(detail or error.message)


def _unavailable(thread_id: str, reason: str, retry_after: float = _RETRY_AFTER) -> Session:
    return Session(thread_id, SessionStatus.UNAVAILABLE, retry_after=retry_after, reason=reason)
