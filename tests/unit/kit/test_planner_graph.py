"""The offline planner as the model of a whole agent: supervisor, sub-agents, tools, approval, files."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from graphs.kit.artifacts import SessionArtifacts
from graphs.kit.supervisor import build_supervisor
from tests.support.kit_environment import THREAD_ID
from tests.support.planner_team import TEAM

CONFIG: Any = {"configurable": {"thread_id": THREAD_ID}}
BOX = b"""solid open box
facet normal 0 0 1
outer loop
vertex 0 0 0
vertex 1 0 0
vertex 0 1 0
endloop
endfacet
endsolid open box
"""
SALES = b"month,region,revenue_usd\n2024-01-01,North,1.5\n2024-02-01,South,2.5\n2024-03-01,North,3.5\n"


@pytest.fixture
def agent() -> CompiledStateGraph[Any, Any, Any, Any]:
    return build_supervisor(name="agent", prompt="You help.", subagents=TEAM).copy(
        {"checkpointer": InMemorySaver()}
    )


@pytest.fixture(autouse=True)
def files(artifacts: SessionArtifacts) -> None:
    artifacts.save("open_box.stl", BOX)
    artifacts.save("sales.csv", SALES)


async def say(agent: CompiledStateGraph[Any, Any, Any, Any], text: str) -> dict[str, Any]:
    return await agent.ainvoke({"messages": [HumanMessage(text)]}, CONFIG)


def calls(state: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The calls since the last message of the person, handoffs too."""
    places = [index for index, message in enumerate(state["messages"]) if isinstance(message, HumanMessage)]
    said = [message for message in state["messages"][places[-1] :] if isinstance(message, AIMessage)]
    return [(call["name"], call["args"]) for message in said for call in message.tool_calls]


async def test_two_steps_go_through_their_sub_agents(agent: CompiledStateGraph[Any, Any, Any, Any]) -> None:
    state = await say(agent, "Repair open_box.stl and then check its overhangs at 50 degrees.")
    assert calls(state) == [
        ("transfer_to_mesh", {"task": "Repair open_box.stl"}),
        ("repair_mesh", {"file": "open_box.stl"}),
        ("transfer_to_printability", {"task": "check its overhangs at 50 degrees"}),
        ("check_overhangs", {"file": "open_box_repaired.stl", "angle": 50.0}),
    ]
    assert state["messages"][-1].name == "agent"
    assert state["messages"][-1].text == (
        "repair_mesh: file='open_box.stl', made='open_box_repaired.stl'\n\n"
        "check_overhangs: file='open_box_repaired.stl', angle=50.0"
    )


async def test_deletion_waits_for_approval(
    agent: CompiledStateGraph[Any, Any, Any, Any], artifacts: SessionArtifacts
) -> None:
    state = await say(agent, "Delete sales.csv, then list my files")
    request = state["__interrupt__"][0].value["action_requests"][0]
    assert (request["name"], request["args"]) == ("delete_file", {"file": "sales.csv"})
    assert "sales.csv" in artifacts.sizes()

    state = await agent.ainvoke(Command(resume={"decisions": [{"type": "approve"}]}), CONFIG)
    assert list(artifacts.sizes()) == ["open_box.stl"]
    assert state["messages"][-1].text.startswith(
        "sales.csv is deleted.\n\nFiles of this session:\n- open_box.stl"
    )


async def test_rejection_is_told_and_nothing_deleted(
    agent: CompiledStateGraph[Any, Any, Any, Any], artifacts: SessionArtifacts
) -> None:
    await say(agent, "Delete sales.csv")
    decision = {"type": "reject", "message": "I need it."}
    state = await agent.ainvoke(Command(resume={"decisions": [decision]}), CONFIG)
    assert "sales.csv" in artifacts.sizes()
    assert state["messages"][-1].text == (
        "You did not approve “Delete sales.csv”, so it was not done. Your reason: I need it."
    )


async def test_rejection_without_reason_is_told(agent: CompiledStateGraph[Any, Any, Any, Any]) -> None:
    await say(agent, "Delete sales.csv")
    state = await agent.ainvoke(Command(resume={"decisions": [{"type": "reject"}]}), CONFIG)
    assert state["messages"][-1].text == "You did not approve “Delete sales.csv”, so it was not done."


async def test_question_is_answered_in_the_next_turn(agent: CompiledStateGraph[Any, Any, Any, Any]) -> None:
    state = await say(agent, "What power do 64 patients per arm give?")
    assert state["messages"][-1].text == "What is the effect size (Cohen's d), above 0?"
    state = await say(agent, "0.5")
    assert state["messages"][-1].text == "trial_power: effect_size=0.5, n_per_arm=64, alpha=0.05"
    state = await say(agent, "and with 100 patients?")
    assert state["messages"][-1].text == "trial_power: effect_size=0.5, n_per_arm=100, alpha=0.05"


async def test_pasted_table_is_the_file(agent: CompiledStateGraph[Any, Any, Any, Any]) -> None:
    state = await say(agent, "Average score by team:\n\nteam,score\nred,3\nblue,5\ngreen,7\n")
    assert calls(state)[-1] == (
        "aggregate",
        {"file": "pasted-table.csv", "value": "score", "group_by": ["team"], "statistic": "mean"},
    )


async def test_deletion_that_happened_meanwhile_is_no_error(
    agent: CompiledStateGraph[Any, Any, Any, Any], artifacts: SessionArtifacts
) -> None:
    await say(agent, "Delete sales.csv and list my files")
    artifacts.delete("sales.csv")
    state = await agent.ainvoke(Command(resume={"decisions": [{"type": "approve"}]}), CONFIG)
    assert state["messages"][-1].text.startswith(
        "sales.csv is deleted.\n\nFiles of this session:\n- open_box"
    )


async def test_supervisor_stops_at_its_limit_of_requests(
    agent: CompiledStateGraph[Any, Any, Any, Any],
) -> None:
    text = "\n".join(f"- sample size for d = 0.{number}" for number in range(10, 35))
    state = await say(agent, text)
    assert len(calls(state)) == 21
    assert state["messages"][-1].text.endswith("I left out 5 more requests: send them in another message.")
