"""Every example that a tool of the five agents declares leads to that tool, beside all tools of its agent."""

from collections.abc import Sequence
from importlib import import_module

import pytest

from graphs.kit.file_tools import FILES
from graphs.kit.planner.declarations import ToolProfile, profiles_of_team
from graphs.kit.planner.files import Desk
from graphs.kit.planner.routing import Choice, Router
from graphs.kit.subagent import SubAgent

AGENTS = ("analytics", "three_dp_custom", "project_bodhi", "trial_analysis", "formulation")


def team_of(agent: str) -> Sequence[SubAgent]:
    values = vars(import_module(f"graphs.{agent}.subagents")).values()
    return next(value for value in values if isinstance(value, tuple) and isinstance(value[0], SubAgent))


def examples(agent: str) -> list[tuple[ToolProfile, str]]:
    tools = profiles_of_team([*team_of(agent), FILES])
    return [(tool, example) for tool in tools for example in tool.examples]


@pytest.mark.parametrize("agent", AGENTS)
def test_example_leads_to_its_tool(agent: str) -> None:
    router = Router(profiles_of_team([*team_of(agent), FILES]), Desk({}))
    chosen = {example: router.choose(example) for _, example in examples(agent)}
    assert chosen == {example: Choice(tool) for tool, example in examples(agent)}


@pytest.mark.parametrize("agent", AGENTS)
def test_tools_declare_examples_and_keywords(agent: str) -> None:
    tools = profiles_of_team(team_of(agent))
    assert tools
    assert [tool.name for tool in tools if not (tool.examples and tool.keywords)] == []
