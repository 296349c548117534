"""Threads of the persistence's own.

The event loop's default executor has few threads, and a tool that computes may keep them all busy: what a
database operation needs a thread for would wait for tools to end.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
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


# How many functions that may hang have a thread of theirs at a time.
_HANGING = 8
_hanging = threading.BoundedSemaphore(_HANGING)
_POLL_SECONDS = 0.01


async def in_daemon_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what the function returns, run in a thread of its own, as it may hang.

    If it does, it holds up neither others, nor the end of the process. Where too many run, it waits for
    one of them to end, so callers set a time limit.
    """
    while not _hanging.acquire(blocking=False):  # noqa: ASYNC110 (an asyncio.Event belongs to one loop)
        await asyncio.sleep(_POLL_SECONDS)
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # who waits may leave; the function goes on

    def run() -> None:
        try:
            result = function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 (whatever it is, it goes to who waits)
            future.set_exception(error)
        else:
            future.set_result(result)
        finally:
            _hanging.release()

    threading.Thread(target=run, name="holdfast-daemon", daemon=True).start()
    return await asyncio.wrap_future(future)
