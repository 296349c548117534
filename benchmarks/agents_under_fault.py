"""Five agents and their users while PostgreSQL fails: what each user was told, and what is left."""

import asyncio
import operator
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from time import monotonic
from typing import Annotated, Any, Protocol, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import START, StateGraph

AGENTS = 5
_USERS_OF_EACH = 2
_BETWEEN_TURNS = 0.5
_BETWEEN_CHECKS = 0.5
_LAST_ANSWER = 3.0


class Fleet(Protocol):
    """Five agents, and how they reach PostgreSQL."""

    async def answer(self, agent: int, thread_id: str, turn: int) -> list[int]:
        """Take the turn in the session, and return all turns that the agent knows of."""

    async def check_health(self) -> None:
        """Do what this way does again and again to keep its connections well."""


class Conversation(TypedDict):
    turns: Annotated[list[int], operator.add]


def _reply(state: Conversation) -> dict[str, Any]:
    return {"turns": []}


def agent_with(saver: BaseCheckpointSaver | None) -> Any:
    """Return an agent that keeps its sessions with the saver; None: it keeps none."""
    graph = StateGraph(Conversation)  # ty: ignore[invalid-argument-type] (it takes no TypedDict for one)
    graph.add_node("reply", _reply)
    graph.add_edge(START, "reply")
    return graph.compile(checkpointer=saver)


async def take_turn(agent: Any, thread_id: str, turn: int) -> list[int]:
    """Return all turns of the session, with this one."""
    config = _config(thread_id)
    durability = "sync" if agent.checkpointer else None
    return (await agent.ainvoke({"turns": [turn]}, config, durability=durability))["turns"]


@dataclass
class User:
    """Takes one turn after the other in a session, and an unanswered one again."""

    agent: int
    thread_id: str
    answered: list[int] = field(default_factory=list)
    answers: list[tuple[float, float]] = field(default_factory=list)
    """When each answered request began and ended; monotonic seconds."""
    errors: Counter[str] = field(default_factory=Counter)
    forgetful_answers: int = 0
    """Answers that did not know of turns answered before."""

    async def talk(self, fleet: Fleet, until: asyncio.Event) -> None:
        while not until.is_set():
            turn, began = len(self.answered), monotonic()
            try:
                known = await fleet.answer(self.agent, self.thread_id, turn)
            except Exception as error:  # noqa: BLE001 (whatever a user is told is counted)
                self.errors[type(error).__name__] += 1
            else:
                self.forgetful_answers += not set(self.answered) <= set(known)
                self.answered.append(turn)
                self.answers.append((began, monotonic()))
            await asyncio.sleep(_BETWEEN_TURNS)


@dataclass(frozen=True)
class Outcome:
    """What came of one fault."""

    answers: int
    errors: Counter[str]
    forgetful_answers: int
    lost_turns: int
    """Answered, and not in PostgreSQL afterwards."""
    damaged_sessions: int
    """With a lost turn or a forgetful answer."""
    sessions: int
    agents_after: int
    """Agents that answered a request which began after the fault."""
    first_answer: float | None
    """Seconds from the end of the fault to the first answer; None: there was none."""


async def under_fault(
    fleet: Fleet,
    uri: str,
    name: str,
    fault: Awaitable[None],
    *,
    after: float,
) -> Outcome:
    """Return what came of the fault, during which the users talk, and for `after` seconds after it."""
    users = [
        User(agent, f"{name}-{agent}-{number}") for agent in range(AGENTS) for number in range(_USERS_OF_EACH)
    ]
    over = asyncio.Event()
    talking = [asyncio.create_task(user.talk(fleet, over)) for user in users]
    checking = asyncio.create_task(_check_health(fleet))
    try:
        await fault
        ended = monotonic()
        await asyncio.sleep(after)
        over.set()
        _, waiting = await asyncio.wait(talking, timeout=_LAST_ANSWER)
    finally:
        for task in (checking, *talking):
            task.cancel()
        await asyncio.gather(checking, *talking, return_exceptions=True)
    return await _outcome(users, uri, ended, still_waiting=len(waiting))


async def _check_health(fleet: Fleet) -> None:
    while True:
        await fleet.check_health()
        await asyncio.sleep(_BETWEEN_CHECKS)


async def _outcome(users: list[User], uri: str, ended: float, *, still_waiting: int) -> Outcome:
    lost = {user.thread_id: len(set(user.answered) - await _stored_turns(uri, user)) for user in users}
    after = [(user.agent, end - ended) for user in users for began, end in user.answers if end > ended]
    return Outcome(
        answers=sum(len(user.answered) for user in users),
        errors=sum((user.errors for user in users), Counter({"no answer": still_waiting})),
        forgetful_answers=sum(user.forgetful_answers for user in users),
        lost_turns=sum(lost.values()),
        damaged_sessions=sum(bool(lost[user.thread_id] or user.forgetful_answers) for user in users),
        sessions=len(users),
        agents_after=len({user.agent for user in users if any(began > ended for began, _ in user.answers)}),
        first_answer=min((seconds for _, seconds in after), default=None),
    )


async def _stored_turns(uri: str, user: User) -> set[int]:
    async with AsyncPostgresSaver.from_conn_string(uri) as saver:
        state = await agent_with(saver).aget_state(_config(user.thread_id))
    return set(state.values.get("turns", []))


def _config(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}}
