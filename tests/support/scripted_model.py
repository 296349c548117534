"""A chat model that says what a test tells it to, and keeps what it was asked."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, ToolMessage
from langchain_core.messages.tool import tool_call
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from graphs.kit import model_reply

_numbers = itertools.count(1)


def calls(*named: tuple[str, dict[str, Any]], text: str = "") -> AIMessage:
    """Return a reply that calls tools: (name, arguments) each."""
    return AIMessage(
        text,
        tool_calls=[tool_call(name=name, args=args, id=f"call_{next(_numbers)}") for name, args in named],
    )


def hand_over(subagent: str, task: str = "Do it.") -> AIMessage:
    """Return a supervisor's reply that hands a task to the sub-agent."""
    return calls((f"transfer_to_{subagent}", {"task": task}))


class ScriptedModel(BaseChatModel):
    """Replies from a list, one after the other; the last one again and again when `endless`."""

    replies: list[AIMessage]
    endless: bool = False
    asked: list[list[BaseMessage]] = Field(default_factory=list)
    offered: list[list[str]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        return self.bind(offered=[tool.name for tool in tools], **kwargs)

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        self.asked.append(list(messages))
        self.offered.append(kwargs.get("offered", []))
        number = len(self.asked) - 1
        if number >= len(self.replies):
            assert self.endless, (
                f"the script has {len(self.replies)} replies; asked once more: {messages[-1]}"
            )
            number = -1
        reply = self.replies[number].model_copy(update={"id": f"reply_{next(_numbers)}"})
        if self.endless and reply.tool_calls:
            fresh = [{**call, "id": f"call_{next(_numbers)}"} for call in reply.tool_calls]
            reply = reply.model_copy(update={"tool_calls": fresh})
        return ChatResult(generations=[ChatGeneration(message=reply)])


def use_script(monkeypatch: pytest.MonkeyPatch, *replies: AIMessage, endless: bool = False) -> ScriptedModel:
    """Make every agent answer from the replies; return the model, to see what it was asked."""
    scripted = ScriptedModel(replies=list(replies), endless=endless)
    monkeypatch.setattr(model_reply, "chat_model", lambda *_: scripted)
    return scripted


def answers_to_calls(messages: Sequence[AnyMessage]) -> list[ToolMessage]:
    """Return the tool messages, after checking that each call has one, directly after it."""
    answers: list[ToolMessage] = []
    open_calls: list[str | None] = []
    for message in messages:
        if isinstance(message, ToolMessage):
            open_calls.remove(message.tool_call_id)
            answers.append(message)
            continue
        assert open_calls == []
        if isinstance(message, AIMessage):
            assert message.invalid_tool_calls == []
            open_calls = [call["id"] for call in message.tool_calls]
    assert open_calls == []
    return answers
