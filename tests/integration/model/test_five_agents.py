"""The five agents' own prompts, names and tools on the providers' wire protocols."""

import importlib
import json
import logging
from typing import Any

import pytest
from langchain_aws import ChatBedrockConverse
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableBinding
from langchain_core.tools import BaseTool
from langchain_google_genai import ChatGoogleGenerativeAI
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt import ToolNode

from tests.support.kit_environment import THREAD_ID
from tests.support.model_server import ModelServer, Reply

CONFIG: Any = {"configurable": {"thread_id": THREAD_ID}}
AGENTS = ["analytics", "three_dp_custom", "project_bodhi", "trial_analysis", "formulation"]


@pytest.fixture(params=AGENTS)
def graph(request: pytest.FixtureRequest) -> CompiledStateGraph[Any, Any, Any, Any]:
    return importlib.import_module(f"graphs.{request.param}.graph").graph


def tools_of(graph: CompiledStateGraph[Any, Any, Any, Any]) -> dict[str, dict[str, BaseTool]]:
    """Return the tools of each sub-agent, by name."""
    found = {}
    for name, subagent in graph.get_subgraphs():
        assert isinstance(subagent, CompiledStateGraph)
        node = subagent.nodes["tools"].bound
        assert isinstance(node, ToolNode)
        found[name] = node.tools_by_name
    return found


async def test_each_sub_agent_is_reached_and_its_tools_are_taken(
    server: ModelServer, graph: CompiledStateGraph[Any, Any, Any, Any], model: str
) -> None:
    """The server refuses names, schemas and conversations that the providers refuse."""
    team = tools_of(graph)
    for name in team:
        server.then(Reply(calls=((f"transfer_to_{name}", {"task": "Go."}),)), Reply(f"{name} is done."))
    server.then(Reply("All is done."))
    given = {"messages": [HumanMessage("Go.")]}
    state = await graph.ainvoke(given, CONFIG, context={"model": model})

    assert state["messages"][-1].text == "All is done."
    to_supervisor, to_subagents = server.received[::2], server.received[1::2]
    assert {tuple(received.tools) for received in to_supervisor} == {
        tuple(f"transfer_to_{name}" for name in team)
    }
    assert [list(received.tools) for received in to_subagents] == [list(tools) for tools in team.values()]
    for received in to_subagents:
        for tool, schema in received.tools.items():
            for argument, described in schema["properties"].items():
                assert described.get("description"), f"{tool} says nothing of {argument}"
    assert "x-planner" not in json.dumps([received.body for received in server.received])


def test_tools_convert_for_google_and_amazon(
    graph: CompiledStateGraph[Any, Any, Any, Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With the providers' own converters; Google's warns of each key that it has to leave out."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    models: list[BaseChatModel] = [
        ChatGoogleGenerativeAI(model="gemini-2.5-flash", google_api_key="none"),
        ChatBedrockConverse(model="amazon.nova-pro-v1:0"),
    ]
    for tools in tools_of(graph).values():
        for model in models:
            bound = model.bind_tools(list(tools.values()))
            assert isinstance(bound, RunnableBinding)
            sent = json.dumps(bound.kwargs["tools"], default=lambda tool: tool.model_dump(mode="json"))
            assert all(name in sent for name in tools)
            assert "x-planner" not in sent
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
