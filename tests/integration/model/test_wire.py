"""A whole agent on the providers' real client libraries, over their wire protocols."""

import base64
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from langchain_core.messages import AnyMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from graphs.kit.artifacts import SessionArtifacts, session_artifacts
from tests.support.geometry_agent import geometry_agent
from tests.support.kit_environment import THREAD_ID
from tests.support.model_server import ModelServer, Reply

Graph = CompiledStateGraph[Any, Any, Any, Any]
CONFIG: Any = {"configurable": {"thread_id": THREAD_ID}}
HAND_OVER = Reply(calls=(("transfer_to_geometry", {"task": "A cube of 3 mm."}),))
NUDGE = (
    "user: The sub-agent has answered, above. "
    "Hand over what is still to be done; if nothing is, answer the person."
)


@pytest.fixture
def graph() -> Graph:
    return geometry_agent().copy({"checkpointer": InMemorySaver()})


@pytest.fixture
def artifacts() -> SessionArtifacts:
    return session_artifacts(THREAD_ID)


async def ask(graph: Graph, model: str, text: str | Command[Any]) -> dict[str, Any]:
    given = {"messages": [HumanMessage(text)]} if isinstance(text, str) else text
    return await graph.ainvoke(given, CONFIG, context={"model": model})


async def stream(graph: Graph, model: str, text: str) -> tuple[list[str], dict[str, Any]]:
    """Return the streamed pieces of the supervisor's texts, and the final state."""
    pieces: list[str] = []
    state: dict[str, Any] = {}
    given = {"messages": [HumanMessage(text)]}
    parts: AsyncIterator[Any] = graph.astream(
        given, CONFIG, context={"model": model}, stream_mode=["messages", "values"]
    )
    async for mode, part in parts:
        if mode == "values":
            state = part
        elif part[1]["langgraph_node"] == "supervisor" and part[0].text:
            pieces.append(part[0].text)
    return pieces, state


def texts(messages: Sequence[AnyMessage]) -> list[str]:
    return [f"{message.type}: {message.text}" for message in messages]


def script(server: ModelServer) -> None:
    """A task of four requests: hand over, call the tool, answer, sum up."""
    server.then(
        HAND_OVER,
        Reply("Let me compute.", calls=(("cube_volume", {"side": 3, "copies": 2}),)),
        Reply("It is 54 mm³."),
        Reply("Two such cubes have 54 mm³."),
    )


FINAL = [
    "human: How big are two cubes of 3 mm?",
    "ai: ",
    "tool: geometry takes over: A cube of 3 mm.",
    "ai: Let me compute.",
    "tool: The volume is 54 mm³.",
    "ai: It is 54 mm³.",
    "ai: Two such cubes have 54 mm³.",
]


@pytest.mark.parametrize("streamed", [False, True])
async def test_task_from_the_question_to_the_answer(
    server: ModelServer, graph: Graph, model: str, artifacts: SessionArtifacts, streamed: bool
) -> None:
    script(server)
    question = "How big are two cubes of 3 mm?"
    if streamed:
        pieces, state = await stream(graph, model, question)
        assert pieces[-6:] == ["Two", " such", " cubes", " have", " 54", " mm³."]
    else:
        state = await ask(graph, model, question)

    assert texts(state["messages"]) == FINAL
    assert artifacts.read("volume.txt") == b"54 mm3"
    assert state["artifacts"] == {"volume.txt": artifacts.reference("volume.txt")}

    no_files = "\n\nFiles of this session:\n(none yet)"
    volume = "\n\nFiles of this session:\n- volume.txt (text/plain, 6 bytes)"
    handed_over = [
        "user: How big are two cubes of 3 mm?",
        'call: transfer_to_geometry {"task": "A cube of 3 mm."}',
        "tool: geometry takes over: A cube of 3 mm.",
    ]
    computed = [
        "assistant: Let me compute.",
        'call: cube_volume {"side": 3, "copies": 2}',
        "tool: The volume is 54 mm³.",
    ]
    lead, measure = "system: You lead a team that measures.", "system: You measure shapes with the tools."
    assert [received.lines for received in server.received] == [
        [lead + no_files, handed_over[0]],
        [measure + no_files, *handed_over],
        [measure + volume, *handed_over, *computed],
        [lead + volume, *handed_over, *computed, "assistant: It is 54 mm³.", NUDGE],
    ]


async def test_tools_as_the_provider_gets_them(server: ModelServer, graph: Graph, model: str) -> None:
    script(server)
    await ask(graph, model, "Go.")
    to_supervisor, to_subagent, _, _ = [received.tools for received in server.received]

    assert list(to_supervisor) == ["transfer_to_geometry", "transfer_to_files"]
    task = to_supervisor["transfer_to_geometry"]["properties"]["task"]
    assert task["type"] == "string"
    assert task["description"].startswith("The whole task in plain English")

    assert list(to_subagent) == ["cube_volume", "describe_column"]
    assert to_subagent["cube_volume"] == {
        "type": "object",
        "properties": {
            "side": {
                "type": "number",
                "exclusiveMinimum": 0,
                "description": "The side of the cube. Unit: mm.",
            },
            "copies": {
                "type": "integer",
                "minimum": 1,
                "default": 1,
                "description": "How many cubes. Unit: none.",
            },
        },
        "required": ["side"],
    }
    assert to_subagent["describe_column"]["properties"]["statistic"]["enum"] == ["mean", "median"]
    assert "x-planner" not in str([received.body for received in server.received])


@pytest.mark.parametrize("streamed", [False, True])
async def test_nothing_of_the_state_but_the_conversation_travels(
    server: ModelServer, graph: Graph, model: str, streamed: bool, artifacts: SessionArtifacts
) -> None:
    """The checksums, the figures beside a tool's answer and the briefing as data are for the server alone."""
    script(server)
    await (stream if streamed else ask)(graph, model, "Go.")

    sent = str([received.body for received in server.received])
    assert artifacts.reference("volume.txt")["sha256"] not in sent
    assert "volume_mm3" not in sent
    assert "additional_kwargs" not in sent
    assert all(bool(received.body.get("stream")) == streamed for received in server.received)


async def test_next_turn_has_the_whole_conversation(server: ModelServer, graph: Graph, model: str) -> None:
    script(server)
    server.then(Reply("You asked for two cubes."))
    await ask(graph, model, "How big are two cubes of 3 mm?")
    state = await ask(graph, model, "What did I ask?")

    assert texts(state["messages"]) == [*FINAL, "human: What did I ask?", "ai: You asked for two cubes."]
    assert server.received[-1].lines[-3:] == [
        "assistant: It is 54 mm³.",
        "assistant: Two such cubes have 54 mm³.",
        "user: What did I ask?",
    ]


async def test_model_may_change_from_turn_to_turn(server: ModelServer, graph: Graph) -> None:
    """Each provider leaves its own form of content in the thread; each must take the others'."""
    models = ["openai:gpt-6.1-sol", "anthropic:claude-sonnet-5-5", "openai:gpt-5.5"]
    turns = [*models, *models[::-1], models[0]]
    for model in turns:
        script(server)
        await ask(graph, model, "How big are two cubes of 3 mm?")
        script(server)
        _, state = await stream(graph, model, "How big are two cubes of 3 mm?")

    assert texts(state["messages"]) == FINAL * 2 * len(turns)
    assert len(server.received) == 4 * 2 * len(turns)


@pytest.mark.parametrize("streamed", [False, True])
async def test_handoffs_that_can_not_be_and_calls_side_by_side(
    server: ModelServer, graph: Graph, model: str, streamed: bool
) -> None:
    """The server refuses a call without a result, so the answer at the end shows that each has one."""
    task = {"task": "Go."}
    server.then(
        Reply(calls=(("transfer_to_nobody", task), ("transfer_to_geometry", {"wish": "x"}))),
        Reply(calls=(("transfer_to_geometry", task), ("transfer_to_files", task))),
        Reply(calls=(("cube_volume", {"side": 1}), ("cube_volume", {"side": -1}), ("weigh", {}))),
        Reply("Some of it is done."),
        Reply("Done."),
    )
    _, state = await stream(graph, model, "Go.") if streamed else (None, await ask(graph, model, "Go."))

    assert state["messages"][-1].text == "Done."
    results = [line for line in server.received[-1].lines if line.startswith("tool: ")]
    assert len(results) == 7
    assert results[0] == (
        "tool: There is no 'transfer_to_nobody'; there are transfer_to_geometry, transfer_to_files."
    )
    assert any("side: Input should be greater than 0" in result for result in results)


@pytest.mark.parametrize("where", ["supervisor", "sub-agent"])
@pytest.mark.parametrize("end", [": oh}", ": 30"])
async def test_malformed_arguments_do_not_break_the_thread(
    server: ModelServer, graph: Graph, model: str, where: str, end: str
) -> None:
    """Streamed, because Anthropic's other form has no malformed arguments.

    Of those that are cut off, LangChain would take what there is: a side of 30 mm instead of 300 mm.
    """
    cut_off = end == ": 30"
    if where == "supervisor":
        half = ("transfer_to_geometry", '{"task": "A cube", "side"' + end)
        server.then(Reply(calls=(half,), cut_off=cut_off))
    server.then(HAND_OVER)
    if where == "sub-agent":
        server.then(Reply(calls=(("cube_volume", '{"side"' + end),), cut_off=cut_off))
    server.then(Reply("Nothing."), Reply("Done."), Reply("Still here."))

    _, state = await stream(graph, model, "Go.")
    assert state["messages"][-1].text == "Done."
    results = [line for line in server.received[-1].lines if line.startswith("tool: ")]
    told = "tool: The arguments came malformed or cut off: call the tool again with all of them, as JSON."
    handed_over = "tool: geometry takes over: A cube of 3 mm."
    assert sorted(results) == sorted([told, handed_over])

    _, state = await stream(graph, model, "And now?")
    assert state["messages"][-1].text == "Still here."


async def test_error_of_a_tool_is_marked(server: ModelServer, graph: Graph) -> None:
    server.then(
        HAND_OVER,
        Reply(calls=(("cube_volume", {"side": 5000}),)),
        Reply("Too big."),
        Reply("It is too big."),
    )
    await ask(graph, "anthropic:claude-sonnet-5-5", "Go.")

    result = server.received[2].body["messages"][-1]["content"][0]
    assert result["is_error"] is True
    assert result["content"] == "A side of 5000 mm is over the printer's 1000 mm: give a smaller one."


async def test_deletion_is_asked_for_and_rejected(
    server: ModelServer, graph: Graph, model: str, artifacts: SessionArtifacts
) -> None:
    artifacts.save("old.csv", b"x,y\n1,2\n")
    server.then(
        Reply(calls=(("transfer_to_files", {"task": "Delete old.csv."}),)),
        Reply(calls=(("delete_file", {"file": "old.csv"}),)),
        Reply("It stays."),
        Reply("I kept it."),
    )
    state = await ask(graph, model, "Delete old.csv.")
    assert state["__interrupt__"]

    state = await ask(
        graph, model, Command(resume={"decisions": [{"type": "reject", "message": "Keep it."}]})
    )
    assert state["messages"][-1].text == "I kept it."
    assert any(line.startswith("tool: ") and "Keep it." in line for line in server.received[-1].lines)
    assert list(artifacts.sizes()) == ["old.csv"]


async def test_attachments_reach_the_store_and_not_the_provider(
    server: ModelServer, graph: Graph, model: str, artifacts: SessionArtifacts
) -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
    blocks: list[str | dict[str, Any]] = [
        {"type": "text", "text": "Look."},
        {"type": "image", "mimeType": "image/png", "data": base64.b64encode(png).decode()},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
        {"type": "file", "file": {"file_id": "file-1"}},
    ]
    server.then(Reply("I see a file."))
    state = await graph.ainvoke({"messages": [HumanMessage(blocks)]}, CONFIG, context={"model": model})

    assert state["messages"][-1].text == "I see a file."
    assert artifacts.read("attachment.png") == png
    asked = "".join(server.received[0].lines[1:]).replace("user: ", "")
    assert asked.startswith("Look.\n[attached: attachment.png]\n[not taken: The attachment 'https://")
    assert "<image" not in asked
    assert base64.b64encode(png).decode()[:40] not in str(server.received[0].body)
