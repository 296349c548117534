"""What langgraph.json names as the store: long-term memory, on the same pool as the checkpointer."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from graphs.persistence.start import open_store
from graphs.persistence.store import HoldfastStore
from graphs.server.requeue import RunRequeued


@asynccontextmanager
async def store() -> AsyncGenerator[HoldfastStore]:
    """Yield the store of the running event loop; it lives until the server stops."""
    async with open_store(unavailable=RunRequeued) as opened:
        yield opened
