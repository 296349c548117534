"""The conversation as the planner reads it: this turn's message and work, and what came before."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.messages.tool import ToolCall

from graphs.kit.artifacts import is_table
from graphs.kit.briefing import ARTIFACTS_KEY
from graphs.kit.planner.declarations import as_list
from graphs.kit.planner.files import Desk, files_named
from graphs.kit.planner.phrasing import (
    asks_for_help,
    drops_conditions,
    follows_on,
    is_courtesy,
    takes_back,
)
from graphs.kit.planner.prose import Message, read_message
from graphs.kit.planner.questions import is_cancel
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
        called = (
            [call["name"] for call, result in self.calls(turn) if not _is_of_answer(result)]
            for turn in reversed(turns)
        )
        return next((names for names in called if names), [])

    def last_tool(self) -> str:
        """Return the name of the tool that was called last before this turn, '' for none.

        Like `last_call`, it is of what was asked last: the call may have gone wrong, and is to be completed.
        """
        return self._last_asked["name"] if self._last_asked else ""

    def last_call(self) -> dict[str, Any]:
        """Return the arguments of the last call before this turn, empty if there is none."""
        return dict(self._last_asked["args"]) if self._last_asked else {}

    @cached_property
    def _last_asked(self) -> ToolCall | None:
        asked = [call for call, result in self.calls(self.before) if self._is_of_a_file(call, result)]
        return asked[-1] if asked else None

    def _is_of_a_file(self, call: ToolCall, result: ToolMessage) -> bool:
        """Return whether the call is of data, and not of the answer before it."""
        return (result.status == "success" and not _is_of_answer(result)) or (
            result.status == "error" and any(value in self.files for value in _texts_in(call))
        )

    def unanswered(self, *, without_result: bool = False) -> str:
        """Return what the person asked last before this turn if no tool ran for it, '' when one did.

        `without_result` is for what needs an answer's figures: a call that went wrong gave none. What asks
        for nothing, as thanks, and what was to change the answer before it leave that answer standing.
        """
        for turn in reversed(self._earlier_turns):
            said = read_message(turn[0].text)
            made = [result.status for call, result in self.calls(turn) if self._is_of_a_file(call, result)]
            if "success" in made or (made and not without_result):
                return ""
            if made or not (_asks_for_nothing(said) or _was_to_change(turn) or any(self.calls(turn))):
                return said.text
        return ""

    @cached_property
    def _earlier_turns(self) -> list[list[BaseMessage]]:
        """The messages of each earlier turn, the person's first."""
        turns: list[list[BaseMessage]] = []
        for message in self.before:
            if isinstance(message, HumanMessage):
                turns.append([])
            if turns:
                turns[-1].append(message)
        return turns

    def call_before(self) -> tuple[str, dict[str, Any]]:
        """Return tool and arguments of the call that the last one took the place of ('' and none without).

        A call that went back to an earlier one takes that one's place.
        """
        places: list[ToolCall] = []
        for call in self._earlier_calls:
            if call["id"] in self._undoing and len(places) > 1:
                places.pop()
            else:
                places.append(call)
        return (places[-2]["name"], dict(places[-2]["args"])) if len(places) > 1 else ("", {})

    @cached_property
    def _undoing(self) -> set[str | None]:
        """The ids of the calls that went back to an earlier one."""
        found: set[str | None] = set()
        for message in self.before:
            notes = notes_of(message) if isinstance(message, AIMessage) else {}
            step, requests = notes.get("step"), notes.get("plan", {}).get("requests", [])
            if isinstance(message, AIMessage) and step is not None and requests[step]["keep"] == "undone":
                found.update(call["id"] for call in message.tool_calls)
        return found

    def passed_on(self) -> str:
        """Return the name of the tool that gave the last answer, when it worked on the answer before."""
        done = [each for each in self.calls(self.before) if each[1].status == "success"]
        return done[-1][0]["name"] if done and _is_of_answer(done[-1][1]) else ""

    @cached_property
    def _earlier_calls(self) -> list[ToolCall]:
        """The calls that succeeded, but those that passed on what another one had found."""
        return [
            call
            for call, result in self.calls(self.before)
            if result.status == "success" and not _is_of_answer(result)
        ]

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
            extracts=self._known(self._extracts()),
        )

    def _known(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name in names if name in self.files))

    def _pasted(self, message: Message) -> list[str]:
        return [name for name, file in self.files.items() if file["sha256"] in message.tables]

    def _extracts(self) -> Iterator[str]:
        """Yield the tables that calls before this turn wrote beside what they took."""
        for call, result in self.calls(self.before):
            kept = _successors(call, result)
            yield from (name for name in _files_made(result) if is_table(name) and name not in kept)

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


def _asks_for_nothing(said: Message) -> bool:
    patterns = (is_courtesy, asks_for_help, takes_back, drops_conditions)
    return is_cancel(said) or any(pattern(said.text) for pattern in patterns)


def _was_to_change(turn: Sequence[BaseMessage]) -> bool:
    """Return whether the turn's request was a few words that change the answer before it."""
    planned = [request for each in turn for request in notes_of(each).get("plan", {}).get("requests", [])]
    return any(request["keep"] != "nothing" for request in planned) or (
        not planned and follows_on(turn[0].text)
    )


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


def _is_of_answer(result: ToolMessage) -> bool:
    return isinstance(result.artifact, dict) and bool(result.artifact.get("of_answer"))


def _files_made(result: ToolMessage) -> list[str]:
    return list(result.artifact.get("files", [])) if isinstance(result.artifact, dict) else []


def _successors(call: ToolCall, result: ToolMessage) -> list[str]:
    """Return the one file that a call made in place of what it took, if there is one.

    Several files at once (a chart and its data), and a table out of a table (all rows of an answer that
    shows some), are by-products: the next request is about the original, unless the tool says otherwise.
    """
    named = result.artifact.get("successor") if isinstance(result.artifact, dict) else None
    if named:
        return [named]
    made = _files_made(result)
    if (
        len(made) != 1
        or _is_of_answer(result)
        or (is_table(made[0]) and any(map(is_table, _read(call, result, made[0]))))
    ):
        return []
    return made


def _read(call: ToolCall, result: ToolMessage, made: str) -> list[str]:
    """Return the files that the call took, or that its result says it read (as an SQL query does)."""
    figures = result.artifact.get("figures", {}) if isinstance(result.artifact, dict) else {}
    said = [name.strip("*") for name in as_list(figures.get("files")) if isinstance(name, str)]
    return [*_texts_in(call), *(name for name in said if name != made)]
