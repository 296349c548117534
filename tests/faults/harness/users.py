"""Users of the served graph of steps, each of whom remembers what the server has shown."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from langgraph_sdk.client import LangGraphClient

from graphs.client import Session, SessionStatus, restore_session, resume_session
from tests.faults.harness.served import Served
from tests.faults.harness.steps_agent import GRAPH_ID
from tests.support.eventually import eventually
from tests.support.fleet import ended

RESTORE_DEADLINE = 3.0
"""Seconds that the users give `restore_session`."""
_BETWEEN_READS = 0.4
_BETWEEN_TRIES = 0.5
_HISTORY = 10
_END_SECONDS = 120.0
"""Within which the users' last runs end, once they start no new ones."""


class RunLostError(ConnectionError):
    """The server was killed while a user waited for a run, and knows it no more."""


@dataclass(frozen=True)
class UserRun:
    """A run that the server gave a user this id for, and how it ended."""

    thread_id: str
    run_id: str
    way: str
    """How the user waited for it: wait, stream or join."""
    status: str = ""


@dataclass(frozen=True)
class Restore:
    """One answer of `restore_session`."""

    status: SessionStatus
    seconds: float
    at: float
    """When it came; monotonic seconds."""


@dataclass(frozen=True)
class Shown:
    """What a client was shown of the state at one checkpoint."""

    checkpoint_id: str
    values: Mapping[str, Any]
    way: str
    """How: state, history, restore or stream. What is streamed may not be in the database yet."""

    @property
    def may_be_ahead(self) -> bool:
        """Whether the values may be those of the next checkpoint.

        LangGraph reads a thread's newest checkpoint with the writes that the step after it has stored.
        """
        return self.way in ("state", "restore")


@dataclass
class User:
    """One person on a thread of her own, who starts one run after the other and looks at it all the time.

    `forgives` are the errors that a test expects her to meet, such as those of a server that is killed: she
    tries again, and resumes the session. Any other error is noted and never forgiven.
    """

    client: LangGraphClient
    thread_id: str
    steps: int
    pause: float
    forgives: tuple[type[Exception], ...] = ()

    shown: dict[str, Shown] = field(default_factory=dict)
    """All that she was shown, in the order of the first time; the same thing is noted once."""
    newest: str = ""
    """The newest checkpoint that she was shown from the database."""
    contradictions: list[str] = field(default_factory=list)
    """Answers that can't be true after those before, such as an older state."""
    runs: list[UserRun] = field(default_factory=list)
    restores: list[Restore] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    interruptions: int = 0
    """How often she met an error that she forgives."""
    reads_begun: int = 0
    reads_answered: int = 0

    async def work(self, stopping: asyncio.Event) -> None:
        """Start runs and wait for their ends, each in another way."""
        ways = (self._wait, self._stream, self._join)
        started = 0
        while not stopping.is_set():
            way = ways[started % len(ways)]
            started += 1
            if not await self._tried(way):
                await self._tried(self._pick_up, until=True)

    async def read(self, stopping: asyncio.Event) -> None:
        """Read the thread's state and history in turn."""
        while not stopping.is_set():
            for ask in (self._read_state, self._read_history):
                await self._tried(ask)
                await asyncio.sleep(_BETWEEN_READS)

    async def restore(self, stopping: asyncio.Event) -> None:
        """Restore the session again and again: there is an answer each time, and within the deadline."""
        while not stopping.is_set():
            await self._tried(self._restore)
            await asyncio.sleep(_BETWEEN_READS)

    def see(self, checkpoint_id: str, values: Mapping[str, Any], way: str, newest: str) -> None:
        """Remember what was shown. `newest` is what she had seen when she asked: the answer is not older."""
        self._not_older(checkpoint_id, way, newest)
        if not checkpoint_id:
            return
        note = json.dumps([checkpoint_id, way, values])
        self.shown.setdefault(sha256(note.encode()).hexdigest(), Shown(checkpoint_id, values, way))
        if way != "stream":
            self.newest = max(self.newest, checkpoint_id)

    async def _tried(self, ask: Callable[[], Awaitable[None]], *, until: bool = False) -> bool:
        """Return whether it went well; with `until`, try again as long as errors are forgiven."""
        while True:
            try:
                await ask()
            except self.forgives:
                self.interruptions += 1
            except Exception as error:  # noqa: BLE001 (the test asserts that there is none, of any kind)
                self.errors.append(error)
                until = False
            else:
                return True
            await asyncio.sleep(_BETWEEN_TRIES)
            if not until:
                return False

    async def _wait(self) -> None:
        ids: list[str] = []
        values = await self.client.runs.wait(
            self.thread_id,
            GRAPH_ID,
            input=self._input,
            on_run_created=lambda run: ids.append(run["run_id"]),
            raise_error=False,  # the SDK would raise an Exception of no kind of its own
        )
        if isinstance(values, dict) and (error := values.get("__error__")):
            raise (RunLostError if "404" in error["message"] else RuntimeError)(error["message"])
        state = await self._ended(ids[0], "wait")
        if values != state["values"]:
            self.contradictions.append(f"{self.thread_id}: wait answered another state than the thread has")

    async def _stream(self) -> None:
        ids: list[str] = []
        stream = self.client.runs.stream(
            self.thread_id,
            GRAPH_ID,
            input=self._input,
            stream_mode=["checkpoints"],
            on_run_created=lambda run: ids.append(run["run_id"]),
        )
        async for part in stream:
            if part.event == "checkpoints":
                self.see(
                    part.data["config"]["configurable"]["checkpoint_id"], part.data["values"], "stream", ""
                )
        await self._ended(ids[0], "stream")

    async def _join(self) -> None:
        run = await self.client.runs.create(self.thread_id, GRAPH_ID, input=self._input)
        await self.client.runs.join(self.thread_id, run["run_id"])
        await self._ended(run["run_id"], "join")

    @property
    def _input(self) -> dict[str, Any]:
        return {"steps": self.steps, "pause": self.pause}

    async def _ended(self, run_id: str, way: str) -> Any:
        """Note how the run ended, and return the state after it."""
        # a run's waiting clients are told of its end a moment before its record is
        run = UserRun(self.thread_id, run_id, way)
        record = await ended(self.client, run, within=_END_SECONDS)
        self.runs.append(replace(run, status=record["status"]))
        return await self._read_state()

    async def _pick_up(self) -> None:
        """Finish what was interrupted, as the guide tells a caller to."""
        session = await resume_session(self.thread_id, client=self.client, deadline=RESTORE_DEADLINE)
        if session.status is not SessionStatus.IDLE:
            raise ConnectionError(f"not resumed yet: {session.status} ({session.reason})")
        self._see_session(session, "")

    async def _read_state(self) -> Any:
        newest = self.newest
        self.reads_begun += 1
        state = await self.client.threads.get_state(self.thread_id)
        self.reads_answered += 1
        # a thread without a checkpoint has none
        place = state["checkpoint"] or {}
        self.see(place.get("checkpoint_id") or "", state["values"], "state", newest)
        return state

    async def _read_history(self) -> None:
        newest = self.newest
        self.reads_begun += 1
        states = await self.client.threads.get_history(self.thread_id, limit=_HISTORY)
        self.reads_answered += 1
        first = states[0]["checkpoint"]["checkpoint_id"] if states else ""
        self._not_older(first or "", "history", newest)
        for state in reversed(states):
            self.see(state["checkpoint"]["checkpoint_id"] or "", state["values"], "history", "")

    async def _restore(self) -> None:
        newest = self.newest
        started = time.monotonic()
        session = await restore_session(self.thread_id, client=self.client, deadline=RESTORE_DEADLINE)
        now = time.monotonic()
        self.restores.append(Restore(session.status, now - started, now))
        self._see_session(session, newest)

    def _see_session(self, session: Session, newest: str) -> None:
        if session.status is SessionStatus.NOT_FOUND:
            self.contradictions.append(f"{self.thread_id}: restore_session does not know the session")
        if session.restored:
            self.see(session.checkpoint_id or "", session.values, "restore", newest)

    def _not_older(self, checkpoint_id: str, way: str, newest: str) -> None:
        if checkpoint_id < newest:
            self.contradictions.append(
                f"{self.thread_id}: {way} went back to checkpoint {checkpoint_id or 'none'}, after {newest}"
            )


@dataclass
class Users:
    """All users of one load."""

    everyone: list[User]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def count_shown(self) -> int:
        """Return how many states they were shown, all together."""
        return sum(len(user.shown) for user in self.everyone)

    async def at_work(self, *, within: float = 60) -> None:
        """Return once each of them has been shown three more states than now."""
        wanted = [len(user.shown) + 3 for user in self.everyone]
        await eventually(
            lambda: all(len(user.shown) >= count for user, count in zip(self.everyone, wanted, strict=True)),
            within=within,
        )


@asynccontextmanager
async def users_at_work(
    served: Served,
    *,
    count: int = 6,
    steps: int = 10,
    pause: float = 0.1,
    forgives: tuple[type[Exception], ...] = (),
    end_within: float = _END_SECONDS,
) -> AsyncGenerator[Users]:
    """Keep that many users at work; at the end of the block they finish their runs and go.

    Each of their runs takes `steps` steps of `pause` seconds. Raises TimeoutError if their last runs don't
    end within `end_within` seconds.
    """
    async with served.client() as client:
        users = Users([await _arrive(client, steps, pause, forgives) for _ in range(count)])
        tasks = [
            asyncio.create_task(activity(users.stopping))
            for user in users.everyone
            for activity in (user.work, user.read, user.restore)
        ]
        try:
            yield users
            users.stopping.set()
            async with asyncio.timeout(end_within):
                await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _arrive(
    client: LangGraphClient, steps: int, pause: float, forgives: tuple[type[Exception], ...]
) -> User:
    thread = await client.threads.create(graph_id=GRAPH_ID)
    return User(client, thread["thread_id"], steps, pause, forgives)
