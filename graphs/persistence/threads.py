"""Threads of the persistence's own.

The event loop's default executor has few threads, and a tool that computes may keep them all busy: what a
database operation needs a thread for would wait for tools to end.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# What runs here serializes values, which holds the interpreter's lock, or looks up a host.
_executor = ThreadPoolExecutor(max_workers=4, thread_name_prefix="holdfast")


async def in_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what the function returns, run in a thread: `asyncio.to_thread` beside the default executor."""
    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(
        _executor, lambda: context.run(function, *args, **kwargs)
    )
