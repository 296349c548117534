"""Sessions as LangGraph writes them: at each step a checkpoint with new values, then a task's writes."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata

_MESSAGE = 400
TASK = "7b3c0f5e-52f4-5d6a-9a51-0d5a3c5f3f5d"
_RUN = "1f0c5c1e-7d3b-6c55-8d2f-8c7b6a5d4e3f"
_WORDS = re.findall(
    r"\w+",
    "the a of to in is for with that as are on by this from it be or at an model data sample value result "
    "table column figure which schedule task critical path float part wall print volume arm trial hazard "
    "ratio median survival blend component fraction fit strength yarn revenue region product mean total",
)

FIRST_STEP = 100_000
"""Steps are numbered with six digits, so that all rows of a size are alike in length."""


@dataclass(frozen=True, eq=False)
class Payload:
    """The values of a session: a list of messages, of which each step adds one."""

    name: str
    messages: Sequence[Any]

    @property
    def newest(self) -> Any:
        """What one step adds."""
        return self.messages[-1]


def plain_payload(kilobytes: int) -> Payload:
    """Return messages as dictionaries, of about that size when serialized."""
    texts = _texts(kilobytes * 1000 // (_MESSAGE + 70))
    messages = [{"type": "ai", "content": text, "id": _message_id(n)} for n, text in enumerate(texts)]
    return Payload(f"{kilobytes} kB", messages)


def langchain_payload(kilobytes: int) -> Payload:
    """Return messages as LangChain's objects, of about that size when serialized."""
    texts = _texts(kilobytes * 1000 // (_MESSAGE + 270))
    messages = [AIMessage(text, id=_message_id(n)) for n, text in enumerate(texts)]
    return Payload(f"{kilobytes} kB of LangChain messages", messages)


@dataclass(frozen=True)
class Step:
    """What LangGraph hands a checkpointer at one superstep."""

    config: RunnableConfig
    checkpoint: Checkpoint
    metadata: CheckpointMetadata
    new_versions: ChannelVersions
    stored: RunnableConfig
    """The config of the checkpoint, once it is stored."""
    writes: Sequence[tuple[str, Any]]
    task_id: str = TASK


class Session:
    """A thread that makes one step after the other."""

    def __init__(self, name: str, number: int, payload: Payload) -> None:
        self.thread_id = f"{name}-{number}"
        self.number = number
        self.payload = payload
        self.steps = 0
        self._metadata = {
            "run_id": _RUN,
            "graph_id": "analytics",
            "assistant_id": "fe096781-5601-53d2-b2f6-0d3403f7e9ca",
            "thread_id": self.thread_id,
            "user_id": "",
        }

    def next_number(self) -> int:
        """Return the number of the step to make now."""
        self.steps += 1
        return FIRST_STEP + self.steps

    def step(self, number: int) -> Step:
        """Return the step of that number, in the present format (v4: reads need no second query)."""
        first = version_of(1)
        changed: ChannelVersions = dict.fromkeys(("messages", "step", "branch:to:agent"), version_of(number))
        checkpoint: Checkpoint = {
            "v": 4,
            "ts": "2026-01-01T00:00:00.000000+00:00",
            "id": checkpoint_id_of(number),
            "channel_values": {"messages": self.payload.messages, "step": number},
            "channel_versions": {"__start__": first, **changed},
            "versions_seen": {
                "__input__": {},
                "__start__": {"__start__": first},
                "agent": {"branch:to:agent": version_of(number - 1)},
            },
            "updated_channels": sorted(changed),
        }
        return Step(
            config=self._config(checkpoint_id_of(number - 1)),
            checkpoint=checkpoint,
            metadata={"source": "loop", "step": number, "parents": {}},
            new_versions=changed,
            stored=self._config(checkpoint["id"]),
            writes=(("messages", [self.payload.newest]), ("step", number), ("branch:to:agent", None)),
        )

    def latest(self) -> RunnableConfig:
        """Return the config that asks for the thread's latest checkpoint."""
        return {"configurable": {"thread_id": self.thread_id, "checkpoint_ns": ""}}

    def _config(self, checkpoint_id: str) -> RunnableConfig:
        return {
            "configurable": {
                "thread_id": self.thread_id,
                "checkpoint_ns": "",
                "checkpoint_id": checkpoint_id,
            },
            "metadata": self._metadata,
        }


def checkpoint_id_of(number: int) -> str:
    """Return an id as long as LangGraph's, in the order of the numbers."""
    return f"1f0c{number:08d}-6a5d-8c7b6a5d4e3f-{0:06d}"


def version_of(number: int) -> str:
    """Return a channel's version as AsyncPostgresSaver makes it."""
    return f"{number:032}.0.4827163519{number:06d}"


def _message_id(number: int) -> str:
    return f"run--0197a5c2-7d3b-7c55-8d2f-{number:012d}"


def _texts(count: int) -> list[str]:
    words = random.Random(count)
    return [" ".join(words.choices(_WORDS, k=_MESSAGE * 2 // 11))[:_MESSAGE] for _ in range(max(1, count))]
