"""What counts as an outage of PostgreSQL, and the record of one."""

import logging
from collections.abc import Iterator
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
        "53300",  # too_many_connections
        "57P01",  # admin_shutdown
        "57P02",  # crash_shutdown
        "57P03",  # cannot_connect_now
        "57P05",  # idle_session_timeout
    }
)
_OUTAGE_CLASS = "08"  # connection exception
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
    return Fault.CONFLICT if state in _CONFLICT_STATES else None


def pauses() -> Iterator[float]:
    """Yield the seconds to wait before each next attempt: exponential, capped, with jitter."""
    longest = _FIRST_PAUSE
    while True:
        yield uniform(longest / 2, longest)
        longest = min(2 * longest, _LONGEST_PAUSE)


class Outage:
    """Whether the server that `target` names is out of reach, since when, and why.

    It writes one line to the log when an outage begins and one when it is over.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.since: float | None = None
        self.reason = ""
        self.connect_error: psycopg.Error | None = None
        """Why connecting failed last, since PostgreSQL answered last."""
        self.answered_at = -inf
        """When PostgreSQL answered last; monotonic seconds."""

    def note_connect_failure(self, error: psycopg.Error) -> None:
        self.connect_error = error
        self.reason = first_line(error)

    def begin(self, error: Exception) -> None:
        self.reason = first_line(error)
        if self.since is not None:
            return
        self.since = monotonic()
        logger.warning("Lost PostgreSQL at %s (%s). Operations wait for it.", self.target, self.reason)

    def end(self, asked_at: float) -> None:
        """Note an answer on a connection taken from the pool at `asked_at` (monotonic seconds)."""
        # An answer to what was asked before the outage began doesn't end it.
        if self.since is not None and asked_at < self.since:
            return
        self.answered_at = monotonic()
        self.connect_error = None
        if self.since is None:
            return
        logger.info("PostgreSQL at %s answers again after %.1f s.", self.target, monotonic() - self.since)
        self.since = None


def first_line(error: Exception) -> str:
    """Return an error's text in one line, for a log or a message."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
