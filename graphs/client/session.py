"""What a caller learns of a session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class SessionStatus(StrEnum):
    """The six answers of `restore_session`."""

    IDLE = "idle"
    """Restored; its last run ended. It takes the next message."""
    RUNNING = "running"
    """A run is at work or queued; join it, or wait."""
    WAITING = "waiting"
    """A person is asked; `Session.interrupts` says what. `resume_session` takes the answer."""
    INCOMPLETE = "incomplete"
    """Its last run failed or its server died; `resume_session` finishes it from the last checkpoint."""
    NOT_FOUND = "not_found"
    """There is no such session."""
    UNAVAILABLE = "unavailable"
    """The server or its database can't be reached or understood now; nothing is lost. Try again after
    `retry_after` s."""


@dataclass(frozen=True)
class Session:
    """A session as it is now: a thread and its newest checkpoint."""

    thread_id: str
    status: SessionStatus
    graph_id: str | None = None
    assistant_id: str | None = None
    checkpoint_id: str | None = None
    """The newest checkpoint; ids of a thread grow with time, so a later one compares greater."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """The state: `messages`, and `artifacts` by name."""
    next: Sequence[str] = ()
    """The nodes that the session would go on with."""
    interrupts: Sequence[Mapping[str, Any]] = ()
    """What a person is asked, each with `value` and `id`; `resume_session` takes the id with the answer."""
    run_id: str | None = None
    """The thread's newest run that the server knows."""
    retry_after: float | None = None
    """Seconds; set when unavailable."""
    reason: str = ""
    """Why it is incomplete, unavailable or not found, or was not answered, for a person to read."""

    @property
    def restored(self) -> bool:
        """Whether the state was read, so that `values` can be trusted."""
        return self.status not in (SessionStatus.NOT_FOUND, SessionStatus.UNAVAILABLE)


@dataclass(frozen=True)
class SessionSummary:
    """A line in the list of sessions."""

    thread_id: str
    graph_id: str | None
    updated_at: str
    checkpoints: int
