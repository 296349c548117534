"""What a run meets when the database stayed away longer than the outage budget."""

import logging
import threading
from collections import deque

from langgraph_api.logging import worker_config
from langgraph_runtime.retry import RetryableException

from graphs.persistence.metrics import RUNS_REQUEUED
from graphs.persistence.outage import DatabaseUnavailable

_counted: deque[tuple[str, int]] = deque(maxlen=1_000)
_count_lock = threading.Lock()


class RunRequeued(DatabaseUnavailable, RetryableException):
    """The server queues the run again under its own id instead of ending it in an error."""

    def __init__(self, message: str, *, retry_after: float = 5.0) -> None:
        super().__init__(message, retry_after=retry_after)
        _count_run()


class OneLineForEachRun(logging.Filter):
    """Drops the tracebacks that LangGraph's server logs of a run that is queued again, three for each.

    They say where a step waited for its checkpoint. Its own line "Background run failed, will retry" stays,
    with the reason.
    """

    _LAST_ERROR = f"\n{RunRequeued.__module__}.{RunRequeued.__qualname__}: "

    def filter(self, record: logging.LogRecord) -> bool:
        # structlog hands its event over as the message, with the traceback in text
        event = record.msg
        traceback = event.get("exception") if isinstance(event, dict) else None
        if not isinstance(traceback, str):
            return True
        return self._LAST_ERROR not in traceback.rpartition("Traceback (most recent call last)")[2]


def log_requeued_runs_briefly() -> None:
    """Keep the tracebacks of runs that are queued again out of this process's log."""
    for handler in logging.getLogger().handlers:
        if not any(isinstance(each, OneLineForEachRun) for each in handler.filters):
            handler.addFilter(OneLineForEachRun())


def _count_run() -> None:
    """Count the run at work, once for each of its attempts: several of its operations may give up."""
    run = worker_config.get()
    if run is None or "run_id" not in run:
        return  # a request's own
    attempt = (run["run_id"], run["run_attempt"])
    with _count_lock:  # with BG_JOB_ISOLATED_LOOPS runs are at work in several threads
        if attempt in _counted:
            return
        _counted.append(attempt)
    RUNS_REQUEUED.inc()
