"""What the tools of a session have found so far, as its messages keep it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.messages.tool import ToolCall


@dataclass(frozen=True)
class Finding:
    """A tool's call that succeeded, and what it gave.

    `question` is the person's message that it was made for, `arguments` are the call's as the model gave
    them, and `files` are the names of those that it made. `of_answer` says that the tool worked on what was
    found before.
    """

    question: str
    tool: str
    arguments: dict[str, Any]
    text: str
    figures: dict[str, Any]
    files: tuple[str, ...]
    of_answer: bool = False

    @property
    def follows_another(self) -> bool:
        """Whether the question says little without the one before it ("now by month")."""
        from graphs.kit.planner.phrasing import (
            follows_on,
        )  # the planner itself imports tools, and these findings

        return follows_on(self.question)


def findings_of(messages: Sequence[BaseMessage]) -> Iterator[Finding]:
    """Yield the findings in the messages of a session, in the order of their calls."""
    results = {message.tool_call_id: message for message in messages if isinstance(message, ToolMessage)}
    question = ""
    for message in messages:
        if isinstance(message, HumanMessage):
            question = message.text
        for call in message.tool_calls if isinstance(message, AIMessage) else ():
            result = results.get(call["id"] or "")
            if result is not None and _is_finding(result):
                yield _finding(question, call, result)


def _is_finding(result: ToolMessage) -> bool:
    """Failed calls and handoffs carry no figures."""
    return result.status == "success" and isinstance(result.artifact, dict) and "figures" in result.artifact


def _finding(question: str, call: ToolCall, result: ToolMessage) -> Finding:
    return Finding(
        question=question,
        tool=call["name"],
        arguments=call["args"],
        text=result.text,
        figures=result.artifact["figures"],
        files=tuple(result.artifact.get("files", ())),
        of_answer=bool(result.artifact.get("of_answer")),
    )
