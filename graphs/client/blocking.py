"""The same calls for programs without asyncio."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from graphs.client import restore, resume

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def _blocking(
    function: Callable[Parameters, Coroutine[Any, Any, Result]],
) -> Callable[Parameters, Result]:
    """Run the coroutine to its end on a loop of its own, also when the caller's thread has one (Jupyter)."""

    @wraps(function)
    def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        with ThreadPoolExecutor(max_workers=1) as thread:
            return thread.submit(lambda: asyncio.run(function(*args, **kwargs))).result()

    return call


restore_session = _blocking(restore.restore_session)
resume_session = _blocking(resume.resume_session)
list_sessions = _blocking(restore.list_sessions)
