"""A sub-agent, and the tool with which a supervisor hands it a task."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.tools import BaseTool
from pydantic import BaseModel, Field

HANDOFF_PREFIX = "transfer_to_"
"""How the names of the supervisor's tools begin; the sub-agent's name follows."""


@dataclass(frozen=True)
class SubAgent:
    """What a supervisor knows of a specialist."""

    name: str
    purpose: str
    prompt: str
    tools: Sequence[BaseTool]


class HandoffTask(BaseModel):
    """What the sub-agent is to do."""

    task: str = Field(
        description="The whole task in plain English, with the files, figures and units it needs."
    )


class Handoff(BaseTool):
    """Hands a task to one sub-agent; the supervisor's graph then goes to that sub-agent's node."""

    subagent: SubAgent
    args_schema: Any = HandoffTask

    def _run(self, task: str) -> str:
        return f"{self.subagent.name} takes over: {task}"


def handoff_to(subagent: SubAgent) -> Handoff:
    """Return the supervisor's tool for handing a task to the sub-agent."""
    return Handoff(name=f"{HANDOFF_PREFIX}{subagent.name}", description=subagent.purpose, subagent=subagent)
