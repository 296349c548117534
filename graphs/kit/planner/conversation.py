"""The conversation as the planner reads it: this turn's message and work, and what came before."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.messages.tool import ToolCall

from graphs.kit.artifacts import is_table
from graphs.kit.briefing import ARTIFACTS_KEY
from graphs.kit.planner.files import Desk, files_named
from graphs.kit.planner.prose import Message, read_message
from graphs.kit.state import Artifact
from graphs.kit.subagent import HANDOFF_PREFIX

NOTES = "planner"
"""The key of `additional_kwargs` under which the planner's messages carry its plan and its questions."""


@dataclass(frozen=True)
class Conversation:
    """The messages of a model call, without the system message, and the files that it briefs on."""

    messages: Sequence[BaseMessage]
    files: dict[str, Artifact]

    @classmethod
    def of(cls, messages: Sequence[BaseMessage]) -> "Conversation":
        """Return the conversation in a model call's messages."""
        said = [message for message in messages if not isinstance(message, SystemMessage)]
        briefed = [
            m.additional_kwargs.get(ARTIFACTS_KEY, []) for m in messages if isinstance(m, SystemMessage)
        ]
        return cls(said, {artifact["name"]: artifact for files in briefed for artifact in files})

    @cached_property
    def _turn_start(self) -> int:
        """The index of the last human message; the number of messages when there is none."""
        places = [index for index, message in enumerate(self.messages) if isinstance(message, HumanMessage)]
        return places[-1] if places else len(self.messages)

    @cached_property
    def request(self) -> Message:
        """What the person wrote last."""
        return (
            read_message(self.messages[self._turn_start].text)
            if self._turn_start < len(self.messages)
            else Message("")
        )

    @property
    def turn(self) -> Sequence[BaseMessage]:
        """What happened since the person wrote."""
        return self.messages[self._turn_start + 1 :]

    @property
    def before(self) -> Sequence[BaseMessage]:
        """What happened until then."""
        return self.messages[: self._turn_start]

    @property
    def last_answer(self) -> AIMessage | None:
        """The agent's message that the person replied to."""
        last = self.before[-1] if self.before else None
        return last if isinstance(last, AIMessage) else None

    @property
    def handoff(self) -> int | None:
        """The index in `turn` of the last message that hands a task to a sub-agent, if there is one."""
        places = [index for index, message in enumerate(self.turn) if is_handoff(message)]
        return places[-1] if places else None

    @property
    def task_work(self) -> Sequence[BaseMessage]:
        """What the sub-agent at work did since its task was handed over (or since the person wrote)."""
        return self.turn if self.handoff is None else self.turn[self.handoff + 1 :]

    def calls(self, messages: Sequence[BaseMessage]) -> Iterator[tuple[ToolCall, ToolMessage]]:
        """Yield the calls of sub-agents' tools in these messages, with their results."""
        results = {m.tool_call_id: m for m in messages if isinstance(m, ToolMessage)}
        for message in messages:
            for call in message.tool_calls if isinstance(message, AIMessage) else []:
                result = results.get(call["id"] or "")
                if result and not call["name"].startswith(HANDOFF_PREFIX):
                    yield call, result

    def last_arguments(self, tool: str) -> dict[str, Any]:
        """Return the arguments of the tool's last call, empty if there is none; it may have gone wrong."""
        done = [call["args"] for call, _ in self.calls(self.messages) if call["name"] == tool]
        return dict(done[-1]) if done else {}

    def last_tools(self) -> list[str]:
        """Return the names of the tools that were called in the last turn with calls, in order."""
        turns: list[list[BaseMessage]] = [[]]
        for message in self.before:
            if isinstance(message, HumanMessage):
                turns.append([])
            turns[-1].append(message)
        called = ([call["name"] for call, _ in self.calls(turn)] for turn in reversed(turns))
        return next((names for names in called if names), [])

    def earlier_tools(self) -> list[str]:
        """Return the names of the tools called with success before this turn, the last called first."""
        return list(dict.fromkeys(call["name"] for call in reversed(self._earlier_calls)))

    def last_call(self) -> dict[str, Any]:
        """Return the arguments of the last call before this turn that succeeded, empty if there is none."""
        return dict(self._earlier_calls[-1]["args"]) if self._earlier_calls else {}

    @cached_property
    def _earlier_calls(self) -> list[ToolCall]:
        return [call for call, result in self.calls(self.before) if result.status == "success"]

    @cached_property
    def desk(self) -> Desk:
        """The files, with what this conversation says of their use."""
        done = list(self.calls(self.turn))
        return Desk(
            files=self.files,
            turn_text=self.request.text,
            handed=self._known([*self.request.attached, *self._pasted(self.request)]),
            made=self._known(name for _, result in done for name in _files_made(result)),
            successors=self._known(name for call, result in done for name in _successors(call, result)),
            used=self._known(value for call, _ in done for value in _texts_in(call)),
            recent=self._known(self._recent()),
        )

    def _known(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name in names if name in self.files))

    def _pasted(self, message: Message) -> list[str]:
        return [name for name, file in self.files.items() if file["sha256"] in message.tables]

    def _recent(self) -> Iterator[str]:
        """Yield files of the earlier conversation, newest first: what a call made, then what it took.

        What is no successor is a by-product: what the call took goes before it.
        """
        results = {call["id"]: result for call, result in self.calls(self.before)}
        for message in reversed(self.before):
            if isinstance(message, AIMessage):
                for call in reversed(message.tool_calls):
                    result = results.get(call["id"])
                    if result:
                        yield from [*_successors(call, result), *_texts_in(call), *_files_made(result)]
            elif isinstance(message, HumanMessage):
                said = read_message(message.text)
                yield from (*said.attached, *self._pasted(said), *files_named(said.text, Desk(self.files)))


def is_handoff(message: BaseMessage) -> bool:
    """Return whether the message hands a task to a sub-agent."""
    return isinstance(message, AIMessage) and any(
        call["name"].startswith(HANDOFF_PREFIX) for call in message.tool_calls
    )


def notes_of(message: BaseMessage | None) -> dict[str, Any]:
    """Return the planner's notes on a message, empty for a message without."""
    return message.additional_kwargs.get(NOTES, {}) if message else {}


def _texts_in(call: ToolCall) -> list[str]:
    return [value for value in call["args"].values() if isinstance(value, str)]


def _files_made(result: ToolMessage) -> list[str]:
    return list(result.artifact.get("files", [])) if isinstance(result.artifact, dict) else []


def _successors(call: ToolCall, result: ToolMessage) -> list[str]:
    """Return the one file that a call made in place of what it took, if there is one.

    Several files at once (a chart and its data), and a table out of a table (all rows of an answer that
    shows some), are by-products: the next request is about the original.
    """
    made = _files_made(result)
    if len(made) != 1 or (is_table(made[0]) and any(is_table(name) for name in _texts_in(call))):
        return []
    return made
