"""What PostgreSQL's errors mean for an operation, and the record of outages."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from math import inf
from random import uniform
from time import monotonic

import psycopg
from psycopg.errors import PipelineAborted

logger = logging.getLogger(__name__)

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_OUTAGE_STATES = frozenset(
    {
        "25006",  # read_only_sql_transaction: a failover demoted this server
        "25P03",  # idle_in_transaction_session_timeout
        "25P04",  # transaction_timeout: it ends the connection, unlike statement_timeout
        "53300",  # too_many_connections
        "57P01",  # admin_shutdown
        "57P02",  # crash_shutdown
        "57P03",  # cannot_connect_now
        "57P05",  # idle_session_timeout
    }
)
_OUTAGE_CLASS = "08"  # connection exception
# The connection is well, and the same operation may succeed on it later: a person makes room, storage grows
# by itself, a lock is released, the load passes. It is waited for as an outage is, but nothing is renewed.
_SHORTAGE_STATES = frozenset(
    {
        "53000",  # insufficient_resources: no file descriptor left
        "53100",  # disk_full: reads go on, writes wait for room
        "53200",  # out_of_memory: also of the lock table, which other transactions fill
        "55P03",  # lock_not_available (lock_timeout): somebody alters or locks the table
        "57014",  # query_canceled (statement_timeout): a lock or the load slows what is quick alone
        "58030",  # io_error: network storage may be back in a moment
    }
)
_CONFLICT_STATES = frozenset(
    {
        "40001",  # serialization_failure
        "40P01",  # deadlock_detected
    }
)

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0


class Fault(Enum):
    """Why an operation may be run again."""

    OUTAGE = auto()
    """The connection or the server is gone, or doesn't accept writes."""

    CONFLICT = auto()
    """The server is well, but this transaction lost against another one."""

    SHORTAGE = auto()
    """The server answers, but lacks what this operation needs: disk, memory, a lock, or time."""


class DatabaseUnavailable(Exception):  # noqa: N818 (a state to wait out, rather than an error)
    """PostgreSQL couldn't be reached within the time given. No session is lost: try again later.

    `retry_after` is in seconds.
    """

    def __init__(self, message: str, *, retry_after: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ConnectionLost(psycopg.OperationalError):
    """The connection broke under an operation whose own error doesn't say so."""


class NoAnswer(psycopg.OperationalError):
    """The server didn't answer before the operation's deadline, and the connection was abandoned."""


def fault_of(error: psycopg.Error) -> Fault | None:
    """Return why the operation may be run again, or None if the error is its own and would come back."""
    if isinstance(error, PipelineAborted):
        return None
    state = error.sqlstate
    if state is None:
        # Without a server's verdict it is a connection that broke, or that the pool couldn't give.
        return Fault.OUTAGE if isinstance(error, psycopg.OperationalError) else None
    if state in _OUTAGE_STATES or state.startswith(_OUTAGE_CLASS):
        return Fault.OUTAGE
    if state in _SHORTAGE_STATES:
        return Fault.SHORTAGE
    # All others come back however often it is tried. 53400 (configuration_limit_exceeded) and 58P01
    # (undefined_file) are among them: a person set that limit, and waiting brings no file back.
    return Fault.CONFLICT if state in _CONFLICT_STATES else None


def pauses() -> Iterator[float]:
    """Yield the seconds to wait before each next attempt: exponential, capped, with jitter."""
    longest = _FIRST_PAUSE
    while True:
        yield uniform(longest / 2, longest)
        longest = min(2 * longest, _LONGEST_PAUSE)


class Outage:
    """Whether one event loop has lost the server that `target` names, since when, and why."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.since: float | None = None
        self.reason = ""
        self.connect_error: psycopg.Error | None = None
        """Why connecting failed last, since PostgreSQL answered last."""
        self.answered_at = -inf
        """When PostgreSQL answered last; monotonic seconds."""
        self.operations = 0
        """Operations of the loop that are at work or wait. Who runs them keeps count."""
        self._over = asyncio.Event()

    def note_connect_failure(self, error: psycopg.Error) -> None:
        self.connect_error = error
        self.reason = first_line(error)

    def begin(self, error: Exception, *, made_at: float = inf) -> None:
        """Note that the server is lost, as seen on a connection made at `made_at` (monotonic seconds)."""
        # An event loop that had no work meanwhile finds its connections broken by an outage that is over.
        if self.since is None and made_at < outages.last_began(self.target):
            return
        self.reason = first_line(error)
        if self.since is not None:
            return
        self.since = monotonic()
        self._over.clear()
        outages.begin(self, self.since)

    def end(self, asked_at: float) -> None:
        """Note an answer on a connection taken from the pool at `asked_at` (monotonic seconds)."""
        since = self.since
        # An answer to what was asked before the outage began doesn't end it.
        if since is not None and asked_at < since:
            return
        self.answered_at = monotonic()
        self.connect_error = None
        if since is not None:
            self.since = None
            self._over.set()
            outages.end(self)

    async def pause(self, seconds: float) -> None:
        """Sleep between two attempts, until soon after the outage is over if that is earlier."""
        if self.since is None:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
                # Not all at once, and never without a pause.
                await asyncio.sleep(uniform(_FIRST_PAUSE / 2, _FIRST_PAUSE))

    def forget(self) -> None:
        """Leave the record of outages, as the event loop ends and will ask no more."""
        if self.since is not None:
            self.since = None
            outages.drop(self)


@dataclass
class _Loss:
    """An outage that goes on."""

    began: float
    by: set[Outage]
    """The event loops that have lost the server."""


class Outages:
    """The outages of this process, over all its event loops: counted, and told to the log in two lines each.

    One begins when the first event loop loses the server. It is over when none that has something to ask
    waits for it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._losses: dict[str, _Loss] = {}
        self._last_began: dict[str, float] = {}
        self._seconds = 0.0
        self.count = 0

    def begin(self, outage: Outage, now: float) -> None:
        with self._lock:
            if loss := self._losses.get(outage.target):
                loss.by.add(outage)
                return
            self._losses[outage.target] = _Loss(now, {outage})
            self.count += 1
        logger.warning(
            "Lost PostgreSQL at %s (%s). Operations wait for it.",
            outage.target,
            outage.reason,
            extra={"outage": "begin", "target": outage.target, "reason": outage.reason},
        )

    def end(self, outage: Outage) -> None:
        seconds = self._leave(outage, answered=True)
        if seconds is None:
            return
        logger.info(
            "PostgreSQL at %s answers again after %.1f s.",
            outage.target,
            seconds,
            extra={
                "outage": "end",
                "target": outage.target,
                "reason": outage.reason,
                "seconds": round(seconds, 3),
            },
        )

    def drop(self, outage: Outage) -> None:
        self._leave(outage, answered=False)

    def last_began(self, target: str) -> float:
        """Return when the last outage that is over began; monotonic seconds."""
        return self._last_began.get(target, -inf)

    @property
    def going_on(self) -> int:
        """How many servers are out of reach now."""
        return len(self._losses)

    @property
    def seconds(self) -> float:
        """Seconds of all outages, with what goes on now."""
        with self._lock:
            now = monotonic()
            return self._seconds + sum(now - loss.began for loss in self._losses.values())

    def _leave(self, outage: Outage, *, answered: bool) -> float | None:
        """Return the seconds of the outage if it is over with this event loop's leaving."""
        with self._lock:
            loss = self._losses.get(outage.target)
            if loss is None or outage not in loss.by:
                return None
            loss.by.remove(outage)
            if answered:
                # A loop without work would learn it from its next operation only, whenever that comes.
                for idle in [other for other in loss.by if not other.operations]:
                    idle.since = None
                    loss.by.remove(idle)
            if loss.by:
                return None
            del self._losses[outage.target]
            self._last_began[outage.target] = loss.began
            seconds = monotonic() - loss.began
            self._seconds += seconds
            return seconds


outages = Outages()
"""Those of this process."""


def first_line(error: Exception) -> str:
    """Return an error's text in one line, for a log or a message."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
