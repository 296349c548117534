"""What langgraph.json names as the checkpointer: the server's one, a saver for each event loop."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from graphs.persistence.saver import HoldfastSaver
from graphs.persistence.start import open_saver
from graphs.server.requeue import RunRequeued


@asynccontextmanager
async def checkpointer() -> AsyncGenerator[HoldfastSaver]:
    """Yield the saver of the running event loop; it lives until the server stops."""
    async with open_saver(unavailable=RunRequeued) as saver:
        yield saver
