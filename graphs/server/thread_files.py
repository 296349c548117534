"""The files of a thread go with it: LangGraph's server knows nothing of the artifact store."""

import asyncio
import logging
import re
from contextlib import suppress
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphs.kit.artifacts import session_artifacts
from graphs.kit.errors import InputError

logger = logging.getLogger(__name__)

_THREAD_PATH = re.compile(r"/threads/(?P<thread_id>[^/]+)/?")
_PRUNE_PATH = re.compile(r"/threads/prune/?")


class ThreadFilesMiddleware:
    """ASGI middleware that deletes the files of threads that a client deletes, before it has its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        method = scope["method"] if scope["type"] == "http" else ""
        thread = _THREAD_PATH.fullmatch(scope["path"]) if method == "DELETE" else None
        prunes = method == "POST" and _PRUNE_PATH.fullmatch(scope["path"])
        if not thread and not prunes:
            await self.app(scope, receive, send)
            return
        body: list[bytes] = []

        async def noted() -> Message:
            message = await receive()
            body.append(message.get("body", b""))
            return message

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 300:
                for thread_id in [thread["thread_id"]] if thread else _pruned(b"".join(body)):
                    await _delete_files_or_tell(thread_id)
            await send(message)

        await self.app(scope, noted, sent)


def delete_files(thread_id: str) -> None:
    """Delete the thread's files for good. Blocks, and raises what the artifact store raises."""
    # A thread that isn't a session of this server may have any id, and has no files.
    with suppress(InputError):
        session_artifacts(thread_id).delete_all()


async def _delete_files_or_tell(thread_id: str) -> None:
    # Whatever stops the store: the thread is gone by then, and the client's answer says so.
    [error] = await asyncio.gather(asyncio.to_thread(delete_files, thread_id), return_exceptions=True)
    if error is not None:
        logger.warning("Thread %s is deleted, and its files are left: %s", thread_id, error, exc_info=error)


def _pruned(body: bytes) -> list[str]:
    """Return the threads that a request deletes as a whole; one that the server has taken is well-formed."""
    request: dict[str, Any] = orjson.loads(body)
    return request.get("thread_ids", []) if request.get("strategy", "delete") == "delete" else []
