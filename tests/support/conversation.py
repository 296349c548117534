"""A conversation with an agent in process: its graph, the offline planner, a checkpointer in memory."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph

from graphs.kit.artifacts import session_artifacts
from graphs.kit.subagent import HANDOFF_PREFIX
from tests.support.kit_environment import THREAD_ID


@dataclass(frozen=True)
class Reply:
    """What one message brought about: the answer, the tools in the order of their calls, the figures of those
    that gave some, the files that the session holds now, and the tokens that a model's provider counted."""

    text: str
    tools: tuple[str, ...]
    results: tuple[dict[str, Any], ...]
    files: frozenset[str]
    tokens: int

    @property
    def figures(self) -> dict[str, Any]:
        """The figures of the last tool."""
        return self.results[-1] if self.results else {}


class Conversation:
    """One session with an agent; the environment must be clean (see `kit_environment`)."""

    def __init__(
        self, graph: CompiledStateGraph[Any, Any, Any, Any], *files: Path, thread_id: str = THREAD_ID
    ) -> None:
        self._graph = graph.copy({"checkpointer": InMemorySaver()})
        self._config: Any = {"configurable": {"thread_id": thread_id}}
        self.artifacts = session_artifacts(thread_id)
        for file in files:
            self.artifacts.save(file.name, file.read_bytes())

    async def ask(self, text: str) -> Reply:
        """Send the message and return what came of it; figures must be plain data that JSON can hold."""
        state = await self._graph.ainvoke({"messages": [HumanMessage(text)]}, self._config)
        messages = state["messages"]
        start = max(index for index, message in enumerate(messages) if isinstance(message, HumanMessage))
        calls = [
            call["name"]
            for message in messages[start:]
            if isinstance(message, AIMessage)
            for call in message.tool_calls
            if not call["name"].startswith(HANDOFF_PREFIX)
        ]
        results = tuple(
            json.loads(json.dumps(message.artifact["figures"], allow_nan=False))
            for message in messages[start:]
            if isinstance(message, ToolMessage) and message.artifact
        )
        tokens = sum(
            message.usage_metadata["total_tokens"]
            for message in messages[start:]
            if isinstance(message, AIMessage) and message.usage_metadata
        )
        return Reply(messages[-1].text, tuple(calls), results, frozenset(state["artifacts"]), tokens)
