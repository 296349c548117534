"""A repair of `langgraph dev`: threads that are deleted side by side do not take others with them.

The in-memory runtime (langgraph-runtime-inmem 0.36) notes a thread's place in its list, waits for the
checkpointer, and removes what is at that place by then. Each run without a thread of its own deletes one at
its end, so a few of them at once lose threads that are in use, and their clients wait for ever.
"""

import asyncio
import os
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


def delete_threads_one_by_one() -> None:
    """Make the in-memory runtime delete one thread at a time; other runtimes are left alone."""
    if os.environ.get("LANGGRAPH_RUNTIME_EDITION") != "inmem":
        return
    from langgraph_runtime_inmem.ops import Threads

    delete = Threads.delete

    @wraps(delete)
    async def delete_alone(*args: Any, **kwargs: Any) -> Any:
        async with _locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            return await delete(*args, **kwargs)

    Threads.delete = staticmethod(delete_alone)  # ty: ignore[invalid-assignment] (the wrapped signature)
