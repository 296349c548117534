"""Waiting for what happens soon."""

import asyncio
from collections.abc import Callable

_POLL = 0.01


async def eventually(condition: Callable[[], bool], *, within: float) -> None:
    """Return once the condition holds; TimeoutError if it doesn't within that many seconds."""
    async with asyncio.timeout(within):
        while True:
            if condition():
                return
            await asyncio.sleep(_POLL)
