"""The same calls for programs without asyncio."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from functools import wraps
from threading import Thread
from typing import Any, ParamSpec, TypeVar

from graphs.client import restore, resume

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class _DaemonThreads(ThreadPoolExecutor):
    """A daemon thread for each call, which neither the loop's end nor the program's waits for.

    A resolver that doesn't answer holds its thread for longer than the deadline that the loop has kept.
    """

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        future: Future[Result] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - the future hands it to who waits, as any executor does
                future.set_exception(error)
            else:
                future.set_result(result)

        Thread(target=work, daemon=True).start()
        return future


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run the coroutine to its end on a loop of its own, and wait for nothing else."""

    async def main() -> Result:
        asyncio.get_running_loop().set_default_executor(_DaemonThreads())
        return await work

    return asyncio.run(main())


def _blocking(
    function: Callable[Parameters, Coroutine[Any, Any, Result]],
) -> Callable[Parameters, Result]:
    """Give the coroutine a thread of its own, since the caller's may have a running loop (Jupyter)."""

    @wraps(function)
    def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        with ThreadPoolExecutor(max_workers=1) as thread:
            return thread.submit(lambda: run(function(*args, **kwargs))).result()

    return call


restore_session = _blocking(restore.restore_session)
resume_session = _blocking(resume.resume_session)
list_sessions = _blocking(restore.list_sessions)
