"""An agent's graph: its shape, and the forms that its schemas make."""

from typing import Any

import jsonschema_rs
import pytest
from langgraph.graph.state import CompiledStateGraph

from graphs.kit.supervisor import build_supervisor
from tests.support.geometry_agent import GEOMETRY, geometry_agent

Graph = CompiledStateGraph[Any, Any, Any, Any]


@pytest.fixture
def graph() -> Graph:
    return geometry_agent()


def test_graph_has_no_checkpointer_of_its_own(graph: Graph) -> None:
    assert graph.checkpointer is None
    for _, subgraph in graph.get_subgraphs():
        assert isinstance(subgraph, CompiledStateGraph)
        assert subgraph.checkpointer is None


def test_sub_agents_are_nodes_and_drawn_as_subgraphs(graph: Graph) -> None:
    assert list(graph.nodes) == ["__start__", "intake", "supervisor", "geometry", "files"]
    assert [name for name, _ in graph.get_subgraphs()] == ["geometry", "files"]

    drawing = graph.get_graph(xray=True)
    assert {"geometry:model", "geometry:tools", "files:model", "files:tools"} <= set(drawing.nodes)
    assert "subgraph geometry" in drawing.draw_mermaid()

    edges = {(edge.source, edge.target) for edge in graph.get_graph().edges}
    assert edges == {
        ("__start__", "intake"),
        ("intake", "supervisor"),
        ("supervisor", "geometry"),
        ("supervisor", "files"),
        ("supervisor", "__end__"),
        ("geometry", "supervisor"),
        ("files", "supervisor"),
    }


def test_graph_has_the_agents_name(graph: Graph) -> None:
    assert graph.get_name() == "shapes"


def test_input_form_asks_for_messages_only(graph: Graph) -> None:
    schema = graph.get_input_jsonschema()

    assert list(schema["properties"]) == ["messages"]
    assert schema["required"] == ["messages"]
    messages = schema["properties"]["messages"]
    assert messages["title"] == "Messages"
    assert "in plain English" in messages["description"]
    jsonschema_rs.validate(schema, {"messages": [{"type": "human", "content": "Hello"}]})
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(schema, {})


def test_context_form_asks_for_the_model(graph: Graph) -> None:
    schema = graph.get_context_jsonschema()
    assert schema is not None

    assert list(schema["properties"]) == ["model"]
    assert schema["properties"]["model"]["title"] == "Chat model"
    assert "provider:name" in schema["properties"]["model"]["description"]
    assert "required" not in schema
    for context in ({}, {"model": None}, {"model": "openai:gpt-5"}):
        jsonschema_rs.validate(schema, context)


def test_state_shows_messages_and_files(graph: Graph) -> None:
    properties = graph.get_output_jsonschema()["properties"]

    assert {"messages", "artifacts"} <= set(properties)
    assert properties["artifacts"]["additionalProperties"] == {"$ref": "#/$defs/Artifact"}


def test_agents_of_one_process_share_nothing() -> None:
    one, two = (build_supervisor(name=name, prompt=name, subagents=[GEOMETRY]) for name in ("one", "two"))

    assert one.get_name() == "one"
    assert two.get_name() == "two"
    assert one.nodes["geometry"] is not two.nodes["geometry"]
