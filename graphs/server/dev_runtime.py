"""Repairs of `langgraph dev`, whose in-memory runtime (langgraph-runtime-inmem 0.36) loses or repeats work.

- Threads that are deleted side by side take others with them. It notes a thread's place in its list, waits
  for the checkpointer, and removes what is at that place by then. Each run without a thread of its own
  deletes one at its end, so a few of them at once lose threads that are in use, and their clients wait.
- A run that had ended is done once more. It writes its runs to a file every 10 s, so after a SIGKILL a run
  may be in the file as at work that ended since, with the thread's next run behind it. The run is queued
  again; and as the thread's newest checkpoint is another run's, LangGraph takes its input for new: the
  person's message would come twice, and with it all that was done about it.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from graphs.persistence.saver import HoldfastSaver

_P = ParamSpec("_P")
_T = TypeVar("_T")
_POLL_SECONDS = 0.005

logger = logging.getLogger(__name__)


def in_memory_runtime() -> bool:
    """Return whether this process is `langgraph dev`: other runtimes keep their records in a database."""
    return os.environ.get("LANGGRAPH_RUNTIME_EDITION") == "inmem"


def delete_threads_one_by_one() -> None:
    """Make the in-memory runtime delete one thread at a time; other runtimes are left alone."""
    if not in_memory_runtime():
        return
    from langgraph_runtime_inmem.ops import Threads

    Threads.delete = staticmethod(one_at_a_time(Threads.delete))  # ty: ignore[invalid-assignment] (the wrapped signature)


async def end_superseded_runs(saver: HoldfastSaver) -> None:
    """Take runs that a later run has followed off the in-memory runtime's queue, before it serves that.

    Other runtimes are left alone: they write each run's end when it ends.
    """
    if not in_memory_runtime():
        return
    from langgraph_runtime_inmem.database import GLOBAL_STORE

    queued = [run for run in GLOBAL_STORE["runs"] if run["status"] == "pending"]
    for run in [run for run in queued if await _is_superseded(saver, run)]:
        logger.warning("Run %s had ended before the server was killed: it is not run again.", run["run_id"])
        # a thread's runs come one after the other, so this one had ended; whatever became of it, what is left
        # to do on its thread is in the checkpoints
        run["status"] = "success"
        for thread in GLOBAL_STORE["threads"]:
            if thread["thread_id"] == run["thread_id"]:
                thread["status"] = "idle"


async def _is_superseded(saver: HoldfastSaver, run: dict[str, Any]) -> bool:
    """Return whether the run wrote checkpoints, and another one wrote to the thread after it."""
    run_id = str(run["run_id"])
    root: Any = {"configurable": {"thread_id": str(run["thread_id"]), "checkpoint_ns": ""}}
    newest = await saver.aget_tuple(root)
    if newest is None or newest.metadata.get("run_id") == run_id:
        return False
    async for _ in saver.alist(root, filter={"run_id": run_id}, limit=1):
        return True
    return False


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
