"""A repair of `langgraph dev`: threads that are deleted side by side do not take others with them.

The in-memory runtime (langgraph-runtime-inmem 0.36) notes a thread's place in its list, waits for the
checkpointer, and removes what is at that place by then. Each run without a thread of its own deletes one at
its end, so a few of them at once lose threads that are in use, and their clients wait for ever.
"""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")
_POLL_SECONDS = 0.005


def delete_threads_one_by_one() -> None:
    """Make the in-memory runtime delete one thread at a time; other runtimes are left alone."""
    if os.environ.get("LANGGRAPH_RUNTIME_EDITION") != "inmem":
        return
    from langgraph_runtime_inmem.ops import Threads

    Threads.delete = staticmethod(one_at_a_time(Threads.delete))  # ty: ignore[invalid-assignment] (the wrapped signature)


def one_at_a_time(function: Callable[_P, Awaitable[_T]]) -> Callable[_P, Awaitable[_T]]:
    """Return the function, of which one call runs at a time in the whole process.

    With BG_JOB_ISOLATED_LOOPS runs have event loops of their own, and an asyncio.Lock belongs to one loop:
    hence a thread's lock, asked for again and again so that no loop blocks on it.
    """
    lock = threading.Lock()

    @wraps(function)
    async def alone(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        while not lock.acquire(blocking=False):  # noqa: ASYNC110 (an asyncio.Event belongs to one loop too)
            await asyncio.sleep(_POLL_SECONDS)
        try:
            return await function(*args, **kwargs)
        finally:
            lock.release()

    return alone
