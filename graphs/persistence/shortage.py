"""What PostgreSQL lacks while it answers: room on a disk, memory, a lock that somebody else holds, time."""

import logging
import threading
from collections.abc import Hashable
from functools import cache
from time import monotonic

from graphs.persistence.outage import first_line

logger = logging.getLogger(__name__)


class Shortage:
    """The operations of all event loops that wait for what the server that `target` names lacks.

    It writes one line to the log when the first of them has to wait, and one when none waits any more.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self._lock = threading.Lock()
        self._waiting: set[Hashable] = set()
        self._began_at = 0.0

    def begin(self, operation: Hashable, error: Exception) -> None:
        with self._lock:
            first = not self._waiting
            self._waiting.add(operation)
            if first:
                self._began_at = monotonic()
        if first:
            reason = first_line(error)
            logger.warning(
                "PostgreSQL at %s answers, but lacks something (%s). Operations wait for it.",
                self.target,
                reason,
                extra={"shortage": "begin", "target": self.target, "reason": reason},
            )

    def end(self, operation: Hashable) -> None:
        """Note that the operation succeeded or gave up; nothing happens if it did not wait."""
        if operation not in self._waiting:
            return
        with self._lock:
            self._waiting.remove(operation)
            last = not self._waiting
        if last:
            seconds = monotonic() - self._began_at
            logger.info(
                "No operation waits any more for what PostgreSQL at %s lacked, after %.1f s.",
                self.target,
                seconds,
                extra={"shortage": "end", "target": self.target, "seconds": round(seconds, 3)},
            )


@cache
def shortage_at(target: str) -> Shortage:
    """Return this process's record of what that server lacks."""
    return Shortage(target)
