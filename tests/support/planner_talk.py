"""A conversation with the offline planner without a graph: its tool calls are answered at once, and kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.messages.tool import ToolCall

from graphs.kit.briefing import brief
from graphs.kit.file_tools import FILES as FILE_TOOLS
from graphs.kit.planner import OfflinePlanner
from graphs.kit.state import Artifact
from graphs.kit.subagent import SubAgent, handoff_to
from graphs.kit.tool import hints_of
from tests.support.planner_team import FILES, TEAM, artifact

_MAX_STEPS = 60

Call = tuple[str, dict[str, Any]]


def _planners(team: Sequence[SubAgent]) -> tuple[OfflinePlanner, dict[str, OfflinePlanner]]:
    """Return the supervisor, and the sub-agents by name; each team can handle files too."""
    whole = (*team, FILE_TOOLS)
    supervisor = OfflinePlanner().bind_tools([handoff_to(subagent) for subagent in whole])
    return supervisor, {each.name: OfflinePlanner().bind_tools(list(each.tools)) for each in whole}


@dataclass
class Talk:
    """What was said so far; `errors` are tools that fail with the text given, `made` what tools leave."""

    files: dict[str, Artifact] = field(default_factory=lambda: {file["name"]: file for file in FILES})
    errors: dict[str, str] = field(default_factory=dict)
    messages: list[BaseMessage] = field(default_factory=list)
    team: Sequence[SubAgent] = TEAM
    made: dict[str, str] = field(
        default_factory=lambda: {"repair_mesh": "repaired.stl", "draw_chart": "chart.png"}
    )

    def say(self, text: str | list[str | dict[str, Any]]) -> list[Call]:
        """Return the calls of tools that the person's message leads to, in order."""
        self.messages.append(HumanMessage(text))
        calls: list[Call] = []
        supervisor, subagents = _planners(self.team)
        planner = supervisor
        for _ in range(_MAX_STEPS):
            reply = planner.invoke([brief("You help.", self.files), *self.messages])
            assert isinstance(reply, AIMessage)
            self.messages.append(reply)
            if reply.tool_calls:
                call = reply.tool_calls[0]
                subagent = call["name"].removeprefix("transfer_to_")
                planner = subagents.get(subagent, planner)
                if subagent == call["name"]:
                    calls.append((call["name"], call["args"]))
                self.messages.append(self._result(call))
            elif planner is supervisor:
                return calls
            else:
                planner = supervisor
        raise AssertionError(f"no answer after {_MAX_STEPS} steps")

    @property
    def answer(self) -> str:
        """The agent's last words."""
        return self.messages[-1].text

    @property
    def _passing_on(self) -> set[str]:
        return {tool.name for each in self.team for tool in each.tools if hints_of(tool).of_answer}

    def _result(self, call: ToolCall) -> ToolMessage:
        made = [self.made[call["name"]]] if call["name"] in self.made else []
        self.files |= {name: artifact(name) for name in made}
        if call["name"] == "delete_file":
            self.files.pop(call["args"]["file"])
        error = self.errors.get(call["name"])
        return ToolMessage(
            error or f"<{call['name']}>",
            name=call["name"],
            tool_call_id=call["id"],
            status="error" if error else "success",
            artifact={"figures": {}, "files": made, "of_answer": call["name"] in self._passing_on},
        )


def calls_for(text: str) -> list[Call]:
    """Return the calls that a first message leads to."""
    return Talk().say(text)
