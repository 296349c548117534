"""What LangGraph Studio, MCP clients and A2A clients need of the server."""

from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from graphs.server.process import DevServer

SUBAGENTS = {
    "analytics": {"data", "query", "report", "files"},
    "three_dp_custom": {"mesh", "printability", "files"},
    "project_bodhi": {"plan", "schedule", "report", "files"},
    "trial_analysis": {"design", "endpoint", "survival", "files"},
    "formulation": {"design", "model", "optimise", "files"},
}
AGENTS = sorted(SUBAGENTS)


async def assistants(client: LangGraphClient) -> dict[str, Any]:
    return {found["graph_id"]: found for found in await client.assistants.search(limit=100)}


async def test_five_assistants_are_there_with_descriptions(client: LangGraphClient) -> None:
    found = await assistants(client)
    assert sorted(found) == AGENTS
    assert all(len(assistant["description"]) > 40 for assistant in found.values())


@pytest.mark.parametrize("agent", AGENTS)
async def test_sub_agents_are_drawn_as_nodes(client: LangGraphClient, agent: str) -> None:
    assistant_id = (await assistants(client))[agent]["assistant_id"]
    flat = await client.assistants.get_graph(assistant_id)
    names = {node["id"] for node in flat["nodes"]}
    assert names >= {"intake", "supervisor", *SUBAGENTS[agent]}
    deep = await client.assistants.get_graph(assistant_id, xray=True)
    inside = {node["id"] for node in deep["nodes"]}
    for subagent in SUBAGENTS[agent]:
        assert {f"{subagent}:model", f"{subagent}:tools"} <= inside


@pytest.mark.parametrize("agent", AGENTS)
async def test_schemas_make_a_form(client: LangGraphClient, agent: str) -> None:
    assistant_id = (await assistants(client))[agent]["assistant_id"]
    schemas = await client.assistants.get_schemas(assistant_id)
    assert schemas["graph_id"] == agent
    messages = schemas["input_schema"]["properties"]["messages"]
    assert messages["type"] == "array"
    assert messages["description"]
    assert set(schemas["state_schema"]["properties"]) >= {"messages", "artifacts"}
    model = schemas["context_schema"]["properties"]["model"]
    assert model["title"] == "Chat model"
    assert "provider:name" in model["description"]


async def test_a_page_of_studio_may_call_the_server(server: DevServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.options(
            "/assistants/search",
            headers={
                "origin": "https://smith.langchain.com",
                "access-control-request-method": "POST",
                "access-control-request-headers": "content-type",
                "access-control-request-private-network": "true",
            },
        )
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] in ("*", "https://smith.langchain.com")
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-private-network"] == "true"


async def test_mcp_lists_and_calls_the_agents(server: DevServer) -> None:
    headers = {"accept": "application/json, text/event-stream"}
    async with httpx.AsyncClient(base_url=server.url, timeout=60, headers=headers) as http:
        listed = await http.post(
            "/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        )
        tools = {tool["name"]: tool for tool in listed.json()["result"]["tools"]}
        assert sorted(tools) == AGENTS
        assert all(len(tool["description"]) > 40 for tool in tools.values())
        text = "Sample size for a t-test with effect size 0.5 and power 0.8."
        called = await http.post(
            "/mcp",
            json={
                "jsonrpc": "2.0",
                "id": 2,
                "method": "tools/call",
                "params": {
                    "name": "trial_analysis",
                    "arguments": {"messages": [{"role": "user", "content": text}]},
                },
            },
        )
    # G*Power: d = 0.5, two-sided alpha .05, power .80 → 64 per arm
    assert "64" in called.text


async def test_a2a_cards_name_the_agents(server: DevServer, client: LangGraphClient) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        for agent, assistant in (await assistants(client)).items():
            card = await http.get(
                "/.well-known/agent-card.json", params={"assistant_id": assistant["assistant_id"]}
            )
            assert card.status_code == 200
            assert card.json()["name"] == agent
            assert card.json()["description"] == assistant["description"]
