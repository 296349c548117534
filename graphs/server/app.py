"""What langgraph.json names as the HTTP app: Holdfast's own routes beside the server's."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from graphs.kit.errors import InputError
from graphs.kit.model import chat_model
from graphs.kit.settings import kit_settings
from graphs.persistence.outage import DatabaseUnavailable
from graphs.persistence.settings import load_settings
from graphs.persistence.start import shared_database
from graphs.server import file_routes, session_routes
from graphs.server.private_network import PrivateNetworkMiddleware
from graphs.server.requeue import RunRequeued
from graphs.server.run_requests import RunRequestMiddleware


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncGenerator[None]:
    """Hold the database of the server's main loop for the routes; refuse to start with an unusable model."""
    await asyncio.to_thread(chat_model, kit_settings().model)
    async with shared_database(load_settings(), unavailable=RunRequeued) as database:
        app.state.database = database
        yield


async def explain_input(_: Request, error: Exception) -> Response:
    """Answer 400 with the message, which names the input and the remedy."""
    return JSONResponse({"detail": str(error)}, status_code=400)


app = Starlette(
    routes=[*session_routes.routes, *file_routes.routes],
    middleware=[Middleware(PrivateNetworkMiddleware), Middleware(RunRequestMiddleware)],
    exception_handlers={
        InputError: explain_input,
        DatabaseUnavailable: session_routes.explain_unavailable,
    },
    lifespan=lifespan,
)
