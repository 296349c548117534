"""What langgraph.json names as the checkpointer: the server's one, a saver for each event loop."""

import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from graphs.persistence.saver import HoldfastSaver
from graphs.persistence.settings import warn_of_unknown_variables
from graphs.persistence.start import open_saver
from graphs.server.dev_runtime import end_superseded_runs
from graphs.server.requeue import RunRequeued
from graphs.server.retention import thread_lifetime


@asynccontextmanager
async def checkpointer() -> AsyncGenerator[HoldfastSaver]:
    """Yield the saver of the running event loop; it lives until the server stops."""
    # the loops of jobs come later, when the queue is served
    starting = threading.current_thread() is threading.main_thread()
    if starting:
        warn_of_unknown_variables()
    async with open_saver(lifetime=thread_lifetime(), unavailable=RunRequeued) as saver:
        if starting:
            await end_superseded_runs(saver)
        yield saver
