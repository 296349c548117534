"""What Holdfast changes in a request that starts a run, whichever client sends it.

- Durability `sync` unless the request chooses one. The server itself fills in `async` for a request without
  it, so that neither a graph nor an assistant could choose a default. A run whose thread is deleted with it
  has no session and no checkpointer, and fails when it is asked to be durable.
- Files attached to messages go to the artifact store here, before the server sees them: the server keeps a
  run's input in its first checkpoint, and bytes do not belong into a checkpoint.
"""

import asyncio
import re
from typing import Any

import orjson
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphs.kit.artifacts import SessionArtifacts, session_artifacts
from graphs.kit.attachments import has_attachments, take_attachments
from graphs.kit.errors import InputError

_RUN_PATHS = re.compile(
    r"(?:/threads/(?P<thread_id>[^/]+))?/runs(?:/(?:stream|wait|batch|crons))?/?"
    r"|/threads/(?P<commanded_id>[^/]+)/commands/?"
)
DEFAULT_DURABILITY = "sync"


class RunRequestMiddleware:
    """ASGI middleware that rewrites the JSON body of requests that start a run; all others pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        match = _RUN_PATHS.fullmatch(scope.get("path", "")) if scope["type"] == "http" else None
        if match is None or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            return
        thread_id = match["thread_id"] or match["commanded_id"]
        body = await asyncio.to_thread(rewrite_run_request, body, thread_id)
        headers = MutableHeaders(raw=list(scope["headers"]))
        headers["content-length"] = str(len(body))
        await self.app({**scope, "headers": headers.raw}, _replay(body, receive), send)


def rewrite_run_request(body: bytes, thread_id: str | None) -> bytes:
    """Return the body with the default durability, and with its attachments stored for the thread.

    A body that is not JSON is returned as it is, and so is one for a thread id that is none: the server's own
    validation answers them.
    """
    try:
        payload = orjson.loads(body)
        artifacts = session_artifacts(thread_id) if thread_id else None
    except (orjson.JSONDecodeError, InputError):
        return body
    runs = payload if isinstance(payload, list) else [payload]
    for run in runs:
        if isinstance(run, dict):
            if thread_id or run.get("on_completion") == "keep":
                _set_durability(run)
            if artifacts:
                _take_attachments(_parameters(run), artifacts)
    return orjson.dumps(payload)


def _parameters(run: dict[str, Any]) -> dict[str, Any]:
    """A command of the event streaming protocol has the run's parameters under `params`."""
    parameters = run.get("params")
    return parameters if isinstance(parameters, dict) else run


def _set_durability(run: dict[str, Any]) -> None:
    if run.get("durability") is None and run.get("checkpoint_during") is None:
        run["durability"] = DEFAULT_DURABILITY


def _take_attachments(run: dict[str, Any], artifacts: SessionArtifacts) -> None:
    command = run.get("command")
    update = command.get("update") if isinstance(command, dict) else None
    for given in (run.get("input"), update):
        messages = given.get("messages") if isinstance(given, dict) else None
        for message in messages if isinstance(messages, list) else [messages]:
            if isinstance(message, dict) and has_attachments(message.get("content")):
                message["content"] = take_attachments(message["content"], artifacts)


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
