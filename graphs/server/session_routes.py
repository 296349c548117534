"""What the database says of sessions and of itself, each within a deadline.

    GET /sessions?limit=20&offset=0   → recent sessions
    GET /sessions/{thread_id}         → the session's agent and newest checkpoint; 404; 503 with Retry-After
    GET /ready                        → 200 while the checkpointer's database answers, else 503
    GET /live                         → 200 while this process serves requests

The server's own /ok says ok while the checkpointer's database is down.
"""

import logging
from dataclasses import asdict
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from graphs.kit.errors import InputError
from graphs.persistence.database import Database
from graphs.persistence.outage import DatabaseUnavailable
from graphs.persistence.sessions import find_session, recent_sessions

logger = logging.getLogger(__name__)

_DEFAULT_DEADLINE = 5.0
_LONGEST_DEADLINE = 60.0
_ANSWER_SHARE = 0.8
"""The part of a caller's deadline that the database gets; the rest is for the answer to travel."""
_LONGEST_PAGE = 1000


async def session(request: Request) -> Response:
    """Answer with a session's facts."""
    thread_id = request.path_params["thread_id"]
    if "\0" in thread_id:  # PostgreSQL has no text with it, and psycopg raises
        raise HTTPException(404, f"there is no session {thread_id!r}")
    found = await find_session(_database(request), thread_id, **_deadline(request))
    if found is None:
        raise HTTPException(404, f"there is no session {thread_id!r}")
    return _json(asdict(found))


async def sessions(request: Request) -> Response:
    """Answer with recent sessions, the one that changed last first."""
    limit = _number(request, "limit", 20, 1, _LONGEST_PAGE)
    offset = _number(request, "offset", 0, 0, 10**9)
    lines = await recent_sessions(
        _database(request), limit=int(limit), offset=int(offset), **_deadline(request)
    )
    return _json({"sessions": [asdict(line) for line in lines]})


async def ready(request: Request) -> Response:
    """Answer whether the checkpointer's database takes queries."""
    database = _database(request)

    async def query() -> None:
        async with database.connection() as connection:
            await connection.execute("SELECT v FROM checkpoint_migrations LIMIT 1")

    await database.run(query, name="ready", **_deadline(request))
    return JSONResponse({"ready": True})


async def live(_: Request) -> Response:
    """Answer that the process serves."""
    return JSONResponse({"live": True})


async def explain_unavailable(_: Request, error: Exception) -> Response:
    """Answer 503 for a database that did not answer in time, on these routes and on the server's own."""
    retry_after = error.retry_after if isinstance(error, DatabaseUnavailable) else 1.0
    return JSONResponse(
        {"detail": str(error)}, status_code=503, headers={"retry-after": str(max(1, round(retry_after)))}
    )


async def explain_undecryptable(_: Request, error: Exception) -> Response:
    """Answer 500 with the message, which names the setting that lacks a key, on the server's own routes."""
    logger.error("%s", error)
    return JSONResponse({"detail": str(error)}, status_code=500)


def _database(request: Request) -> Database:
    return request.app.state.database


def _deadline(request: Request) -> dict[str, float]:
    """Return the seconds that the database gets, and those that the request asked for, as arguments."""
    asked = _number(request, "deadline", _DEFAULT_DEADLINE, 0.01, _LONGEST_DEADLINE)
    return {"within": _ANSWER_SHARE * asked, "asked": asked}


def _number(request: Request, name: str, default: float, least: float, most: float) -> float:
    text = request.query_params.get(name, str(default))
    try:
        number = float(text)
    except ValueError:
        raise InputError(f"{name}={text!r} is not a number: give one from {least:g} to {most:g}.") from None
    if not least <= number <= most:
        raise InputError(f"{name}={text} is out of range: give a number from {least:g} to {most:g}.")
    return number


def _json(content: dict[str, Any]) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")


routes = [
    Route("/sessions", sessions, methods=["GET"]),
    Route("/sessions/{thread_id}", session, methods=["GET"]),
    Route("/ready", ready, methods=["GET"]),
    Route("/live", live, methods=["GET"]),
]
