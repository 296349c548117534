"""What Holdfast changes in a request that starts a run or writes the state, whichever client sends it.

- Durability `sync` unless the request chooses one. The server itself fills in `async` for a request without
  it, so that neither a graph nor an assistant could choose a default. A run whose thread is deleted with it
  has no session and no checkpointer, and fails when it is asked to be durable.
- Files attached to messages go to the artifact store here, before the server sees them: the server keeps a
  run's input in its first checkpoint, and bytes do not belong into a checkpoint. A run without a thread that
  is kept gets its thread from the server later: there is no session yet, and its files are refused.
- An answer that names no question gets the name of the one that is open: see `answers`.

A command of the event streaming protocol can't choose a durability: the server gives its runs its own.
"""

import asyncio
import re
from typing import Any

import orjson
from langgraph_sdk.errors import APIStatusError
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphs.kit.artifacts import SessionArtifacts, session_artifacts
from graphs.kit.attachments import has_attachments, take_attachments
from graphs.kit.errors import InputError
from graphs.server.answers import bind_answer

_RUN_PATHS = re.compile(r"(?:/threads/(?P<thread_id>[^/]+))?/runs(?:/(?:stream|wait|batch|crons))?/?")
_MESSAGE_PATHS = re.compile(r"/threads/(?P<thread_id>[^/]+)/(?:commands|state)/?")
_SOCKET_PATHS = re.compile(r"/threads/(?P<thread_id>[^/]+)/stream/events/?")
DEFAULT_DURABILITY = "sync"
_RETRY_AFTER = "5"


class RunRequestMiddleware:
    """ASGI middleware that rewrites the JSON body of requests that start a run or write the state."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] == "websocket" and (socket := _SOCKET_PATHS.fullmatch(scope["path"])):
            await self.app(scope, _rewritten_frames(receive, socket["thread_id"]), send)
            return
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        run = _RUN_PATHS.fullmatch(scope["path"])
        match = run or _MESSAGE_PATHS.fullmatch(scope["path"])
        if match is None:
            await self.app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            return
        if run and match["thread_id"]:
            try:
                body = await bind_answer(body, match["thread_id"])
            except APIStatusError as error:
                detail = f"the question can't be read now, so the answer was not taken: {error.message}"
                refusal = JSONResponse({"detail": detail}, 503, headers={"retry-after": _RETRY_AFTER})
                await refusal(scope, receive, send)
                return
        body = await asyncio.to_thread(
            rewrite_run_request, body, match["thread_id"], starts_run=run is not None
        )
        headers = MutableHeaders(raw=list(scope["headers"]))
        headers["content-length"] = str(len(body))
        await self.app({**scope, "headers": headers.raw}, _replay(body, receive), send)


def rewrite_run_request(body: bytes, thread_id: str | None, *, starts_run: bool = True) -> bytes:
    """Return the body with its attachments stored for the thread, and with a durability if it starts a run.

    A body that is not JSON, or deeper than can be written again, is returned as it is, and so is one for a
    thread id that is none: the server's own validation answers them.
    """
    try:
        payload = orjson.loads(body)
        artifacts = session_artifacts(thread_id) if thread_id else None
    except (orjson.JSONDecodeError, InputError):
        return body
    for request in payload if isinstance(payload, list) else [payload]:
        if isinstance(request, dict):
            if starts_run and (thread_id or request.get("on_completion") == "keep"):
                _set_durability(request)
            if artifacts or request.get("on_completion") == "keep":
                _take_attachments(_parameters(request), artifacts)
    try:
        return orjson.dumps(payload)
    except orjson.JSONEncodeError:
        return body


def _parameters(request: dict[str, Any]) -> dict[str, Any]:
    """A command of the event streaming protocol has the run's parameters under `params`."""
    parameters = request.get("params")
    return parameters if isinstance(parameters, dict) else request


def _set_durability(run: dict[str, Any]) -> None:
    if run.get("durability") is None and run.get("checkpoint_during") is None:
        run["durability"] = DEFAULT_DURABILITY


def _take_attachments(parameters: dict[str, Any], artifacts: SessionArtifacts | None) -> None:
    command = parameters.get("command")
    resumed = command.get("update") if isinstance(command, dict) else None
    for given in (*(parameters.get(key) for key in ("input", "update", "values")), resumed):
        messages = given.get("messages") if isinstance(given, dict) else None
        for message in messages if isinstance(messages, list) else [messages]:
            if isinstance(message, dict) and has_attachments(message.get("content")):
                message["content"] = take_attachments(message["content"], artifacts)


def _rewritten_frames(receive: Receive, thread_id: str) -> Receive:
    """Give the commands that a WebSocket brings with their attachments stored."""

    async def rewritten() -> Message:
        message = await receive()
        if not message.get("text"):
            return message
        body = await asyncio.to_thread(
            rewrite_run_request, message["text"].encode(), thread_id, starts_run=False
        )
        return {**message, "text": body.decode()}

    return rewritten


async def _read(receive: Receive) -> bytes | None:
    """Return the whole body; None when the client hung up before its end."""
    chunks = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give the body once; then whatever the connection still says (a client that hangs up)."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
