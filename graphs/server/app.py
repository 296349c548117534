"""What langgraph.json names as the HTTP app: Holdfast's own routes beside the server's."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware

from graphs.kit.errors import InputError
from graphs.kit.model import chat_model
from graphs.kit.settings import kit_settings
from graphs.persistence.encryption import DecryptionError
from graphs.persistence.outage import DatabaseUnavailable
from graphs.persistence.settings import load_settings
from graphs.persistence.start import shared_database
from graphs.server import file_routes, session_routes
from graphs.server.dev_runtime import delete_threads_one_by_one
from graphs.server.private_network import PrivateNetworkMiddleware
from graphs.server.queue_depth import logging_queue_depth
from graphs.server.requeue import RunRequeued, log_requeued_runs_briefly
from graphs.server.retention import sweeping
from graphs.server.run_requests import RunRequestMiddleware
from graphs.server.thread_files import ThreadFilesMiddleware


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncGenerator[None]:
    """Hold the database of the server's main loop for the routes; refuse to start with an unusable model."""
    await asyncio.to_thread(chat_model, kit_settings().model)
    delete_threads_one_by_one()
    log_requeued_runs_briefly()
    async with shared_database(load_settings(), unavailable=RunRequeued) as database:
        app.state.database = database
        async with sweeping(database), logging_queue_depth():
            yield


app = Starlette(
    routes=[*session_routes.routes, *file_routes.routes],
    middleware=[
        Middleware(PrivateNetworkMiddleware),
        Middleware(RunRequestMiddleware),
        Middleware(ThreadFilesMiddleware),
    ],
    exception_handlers={
        InputError: file_routes.explain_input,
        DatabaseUnavailable: session_routes.explain_unavailable,
        DecryptionError: session_routes.explain_undecryptable,
    },
    lifespan=lifespan,
)
