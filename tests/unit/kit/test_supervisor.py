"""What the supervisor and its sub-agents do with good and bad replies of a model."""

import logging
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage
from langchain_core.messages.tool import invalid_tool_call
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from graphs.kit.artifacts import SessionArtifacts
from graphs.kit.errors import InputError
from tests.support.geometry_agent import geometry_agent
from tests.support.kit_environment import THREAD_ID
from tests.support.scripted_model import answers_to_calls, calls, hand_over, use_script

Graph = CompiledStateGraph[Any, Any, Any, Any]
CONFIG: Any = {"configurable": {"thread_id": THREAD_ID}}
DONE = AIMessage("It is done.")


@pytest.fixture
def graph() -> Graph:
    return geometry_agent()


@pytest.fixture
def kept(graph: Graph) -> Graph:
    """The graph with a checkpointer, as the server runs it."""
    return graph.copy({"checkpointer": InMemorySaver()})


def ask(text: str) -> dict[str, Any]:
    return {"messages": [HumanMessage(text)]}


async def test_task_goes_through_a_sub_agent_and_its_tool(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, artifacts: SessionArtifacts
) -> None:
    script = use_script(
        monkeypatch,
        hand_over("geometry", "The volume of a cube of 3 mm."),
        calls(("cube_volume", {"side": 3})),
        AIMessage("27 mm³."),
        AIMessage("The cube has 27 mm³."),
    )
    state = await graph.ainvoke(ask("How big is a cube of 3 mm?"), CONFIG)

    assert [message.content for message in state["messages"]] == [
        "How big is a cube of 3 mm?",
        "",
        "geometry takes over: The volume of a cube of 3 mm.",
        "",
        "The volume is 27 mm³.",
        "27 mm³.",
        "The cube has 27 mm³.",
    ]
    assert [message.name for message in state["messages"] if isinstance(message, AIMessage)] == [
        "shapes",
        "geometry",
        "geometry",
        "shapes",
    ]
    assert state["artifacts"] == {"volume.txt": artifacts.reference("volume.txt")}
    handoffs, tools = ["transfer_to_geometry", "transfer_to_files"], ["cube_volume", "describe_column"]
    assert script.offered == [handoffs, tools, tools, handoffs]


async def test_models_are_briefed_on_the_files(
    kept: Graph, monkeypatch: pytest.MonkeyPatch, artifacts: SessionArtifacts
) -> None:
    artifacts.save("sales.csv", b"region,amount\nnorth,1.5\nsouth,2.5\n")
    script = use_script(monkeypatch, hand_over("geometry"), AIMessage("Nothing."), DONE)
    await kept.ainvoke(ask("Look."), CONFIG)

    files = (
        "\n\nFiles of this session:\n- sales.csv (text/csv, 34 bytes); columns: region VARCHAR, amount DOUBLE"
    )
    to_supervisor, to_subagent, _ = [asked[0] for asked in script.asked]
    assert isinstance(to_supervisor, SystemMessage)
    assert to_supervisor.text == "You lead a team that measures." + files
    assert to_subagent.text == "You measure shapes with the tools." + files
    assert [artifact["name"] for artifact in to_subagent.additional_kwargs["artifacts"]] == ["sales.csv"]


async def test_files_of_earlier_turns_and_gone_files(
    kept: Graph, monkeypatch: pytest.MonkeyPatch, artifacts: SessionArtifacts
) -> None:
    script = use_script(monkeypatch, DONE, endless=True)
    artifacts.save("a.csv", b"x,y\n1,2\n")
    await kept.ainvoke(ask("One."), CONFIG)
    artifacts.delete("a.csv")
    artifacts.save("b.csv", b"x,y\n1,2\n")
    state = await kept.ainvoke(ask("Two."), CONFIG)

    assert list(state["artifacts"]) == ["b.csv"]
    assert "a.csv" in script.asked[0][0].text
    assert "a.csv" not in script.asked[1][0].text
    assert "b.csv" in script.asked[1][0].text


async def test_pasted_table_becomes_a_file_of_the_session(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, artifacts: SessionArtifacts
) -> None:
    use_script(monkeypatch, DONE)
    state = await graph.ainvoke(ask("Fit this, please:\nx,y\n1,2.5\n2,3.5\nThanks!"), CONFIG)

    assert artifacts.read("pasted-table.csv") == b"x,y\n1,2.5\n2,3.5\n"
    assert state["artifacts"]["pasted-table.csv"]["columns"] == [
        {"name": "x", "type": "BIGINT"},
        {"name": "y", "type": "DOUBLE"},
    ]


@pytest.mark.parametrize(
    "messages", [[], [AIMessage("I spoke last.")], [HumanMessage("Hi"), AIMessage("Hello")]]
)
async def test_turn_without_a_message_of_a_person(graph: Graph, messages: list[AnyMessage]) -> None:
    with pytest.raises(InputError, match="no message to answer: send messages="):
        await graph.ainvoke({"messages": messages}, CONFIG)


async def test_unknown_handoff_is_answered_and_tried_again(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_script(monkeypatch, hand_over("chemistry"), DONE)
    state = await graph.ainvoke(ask("Go."), CONFIG)

    (answer,) = answers_to_calls(state["messages"])
    assert (
        answer.content
        == "There is no 'transfer_to_chemistry'; there are transfer_to_geometry, transfer_to_files."
    )
    assert answer.status == "error"
    assert state["messages"][-1].content == "It is done."


async def test_parallel_handoffs_are_worked_one_after_the_other(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = calls(
        ("transfer_to_nobody", {"task": "a"}),
        ("transfer_to_geometry", {"task": "b"}),
        ("transfer_to_files", {"task": "c"}),
    )
    use_script(
        monkeypatch, both, AIMessage("b is done"), hand_over("files", "c"), AIMessage("c is done"), DONE
    )
    state = await graph.ainvoke(ask("Go."), CONFIG)

    answers = answers_to_calls(state["messages"])
    assert [(answer.name, answer.status) for answer in answers] == [
        ("transfer_to_nobody", "error"),
        ("transfer_to_geometry", "success"),
        ("transfer_to_files", "error"),
        ("transfer_to_files", "success"),
    ]
    assert answers[2].content == "One sub-agent works at a time: hand this over again afterwards."
    assert [message.content for message in state["messages"][-1:]] == ["It is done."]


@pytest.mark.parametrize("arguments", [{}, {"task": 3}, {"tasks": "x"}, {"task": None}])
async def test_handoff_with_arguments_that_do_not_fit(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any]
) -> None:
    bad = calls(("transfer_to_geometry", arguments))
    use_script(monkeypatch, bad, hand_over("geometry"), AIMessage("ok"), DONE)
    state = await graph.ainvoke(ask("Go."), CONFIG)

    first, second = answers_to_calls(state["messages"])
    assert first.status == "error"
    assert "The arguments of transfer_to_geometry don't fit: " in first.text
    assert first.text.endswith("It takes a task, as text.")
    assert second.status == "success"


def malformed(name: str | None, call_id: str | None) -> AIMessage:
    call = invalid_tool_call(name=name, args='{"task": "half', id=call_id, error="cut off")
    return AIMessage("", invalid_tool_calls=[call])


@pytest.mark.parametrize(
    ("name", "call_id"), [("transfer_to_geometry", "call_a"), (None, None), ("nobody", "call_a")]
)
async def test_malformed_handoff_is_answered_and_tried_again(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, name: str | None, call_id: str | None
) -> None:
    """A call without an answer would make every provider refuse the thread from then on."""
    use_script(monkeypatch, malformed(name, call_id), DONE)
    state = await graph.ainvoke(ask("Go."), CONFIG)

    (answer,) = answers_to_calls(state["messages"])
    assert answer.status == "error"
    assert "malformed or cut off" in answer.text
    assert state["messages"][-1].content == "It is done."


async def test_malformed_tool_call_is_answered_and_tried_again(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = malformed("cube_volume", "call_b").model_copy(
        update={"tool_calls": calls(("cube_volume", {"side": 2})).tool_calls}
    )
    use_script(monkeypatch, hand_over("geometry"), half, AIMessage("8 mm³."), DONE)
    state = await graph.ainvoke(ask("Go."), CONFIG)

    texts = {answer.text: answer.status for answer in answers_to_calls(state["messages"])}
    assert texts == {
        "geometry takes over: Do it.": "success",
        "The arguments came malformed or cut off: call the tool again with all of them, as JSON.": "error",
        "The volume is 8 mm³.": "success",
    }
    assert state["messages"][-1].content == "It is done."


@pytest.mark.parametrize("target", ["geometry", "nobody"])
async def test_supervisor_that_never_ends_is_stopped_with_an_answer(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    script = use_script(monkeypatch, hand_over(target), endless=True)
    if target == "geometry":
        # the sub-agent, asked with its own tools, answers; the supervisor hands over again
        replies = [reply for _ in range(50) for reply in (hand_over(target), AIMessage("Done."))]
        script.replies = replies
    state = await graph.ainvoke(ask("Go."), CONFIG)

    answers_to_calls(state["messages"])
    last = state["messages"][-1]
    assert last.content == "I stopped after 40 steps: ask for the rest in smaller parts."
    own = [message for message in state["messages"] if message.name == "shapes"]
    assert len(own) == 41


async def test_handoffs_are_counted_for_each_turn(kept: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    turn = [hand_over("nobody") for _ in range(25)]
    use_script(monkeypatch, *turn, DONE, *turn, DONE)
    await kept.ainvoke(ask("One."), CONFIG)
    state = await kept.ainvoke(ask("Two."), CONFIG)

    assert state["messages"][-1].content == "It is done."


async def test_sub_agent_that_calls_tools_for_ever_is_stopped(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = [calls(("cube_volume", {"side": 2})) for _ in range(30)]
    use_script(monkeypatch, hand_over("geometry"), *loop, DONE)
    state = await graph.ainvoke(ask("Go."), CONFIG)

    assert len(answers_to_calls(state["messages"])) == 31
    assert [message.content for message in state["messages"][-2:]] == [
        "I stopped after 30 steps: ask for the rest in smaller parts.",
        "It is done.",
    ]


async def test_input_error_of_a_tool_is_told_and_the_work_goes_on(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_script(
        monkeypatch,
        hand_over("geometry"),
        calls(("cube_volume", {"side": 2000})),
        calls(("cube_volume", {"side": -1})),
        calls(("weigh", {"side": 1})),
        calls(("describe_column", {"file": "a.csv", "column": "x"})),
        AIMessage("It can't be done."),
        DONE,
    )
    state = await graph.ainvoke(ask("Go."), CONFIG)

    _, over, negative, unknown, missing = answers_to_calls(state["messages"])
    assert over.content == "A side of 2000 mm is over the printer's 1000 mm: give a smaller one."
    assert "side: Input should be greater than 0" in negative.text
    assert "weigh is not a valid tool" in unknown.text
    assert missing.text == "There is no file 'a.csv' in this session. Its files: none yet."
    assert {answer.status for answer in (over, negative, unknown, missing)} == {"error"}
    assert state["messages"][-1].content == "It is done."


async def test_defect_of_a_tool_is_logged_whole_and_told_in_short(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    use_script(
        monkeypatch, hand_over("geometry"), calls(("cube_volume", {"side": 13})), AIMessage("No."), DONE
    )
    state = await graph.ainvoke(ask("Go."), CONFIG)

    answer = answers_to_calls(state["messages"])[-1]
    assert answer.status == "error"
    assert answer.text == (
        "cube_volume stopped with an unexpected ZeroDivisionError; the session is unharmed. "
        "Try other input, or report it together with the file that shows it."
    )
    (record,) = [record for record in caplog.records if record.name == "graphs.kit.supervisor"]
    assert record.levelno == logging.ERROR
    assert record.exc_info
    assert str(record.exc_info[1]) == "secret detail"


async def test_parallel_tool_calls_keep_all_their_files(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, artifacts: SessionArtifacts
) -> None:
    both = calls(*(("cube_volume", {"side": side}) for side in (1, 2, 3, 4)))
    use_script(monkeypatch, hand_over("geometry"), both, AIMessage("All."), DONE)
    state = await graph.ainvoke(ask("Go."), CONFIG)

    assert sorted(state["artifacts"]) == ["volume-2.txt", "volume-3.txt", "volume-4.txt", "volume.txt"]
    assert {artifacts.read(name) for name in state["artifacts"]} == {b"1 mm3", b"8 mm3", b"27 mm3", b"64 mm3"}
    for answer in answers_to_calls(state["messages"])[1:]:
        (name,) = answer.artifact["files"]
        assert artifacts.read(name).decode() == f"{answer.artifact['figures']['volume_mm3']:g} mm3"


async def test_deletion_waits_for_a_person(
    kept: Graph, monkeypatch: pytest.MonkeyPatch, artifacts: SessionArtifacts
) -> None:
    artifacts.save("old.csv", b"x,y\n1,2\n")
    delete = calls(("delete_file", {"file": "old.csv"}))
    use_script(
        monkeypatch,
        hand_over("files"),
        delete,
        AIMessage("Kept."),
        DONE,
        hand_over("files"),
        delete,
        DONE,
        DONE,
    )

    state = await kept.ainvoke(ask("Delete old.csv."), CONFIG)
    (interrupt,) = state["__interrupt__"]
    assert interrupt.value["action_requests"][0]["description"] == (
        "This deletes the file for good. Approve or reject."
    )
    assert interrupt.value["review_configs"][0]["allowed_decisions"] == ["approve", "reject"]
    assert list(artifacts.sizes()) == ["old.csv"]

    state = await kept.ainvoke(Command(resume={"decisions": [{"type": "reject", "message": "No."}]}), CONFIG)
    assert list(artifacts.sizes()) == ["old.csv"]
    assert list(state["artifacts"]) == ["old.csv"]

    await kept.ainvoke(ask("Delete it all the same."), CONFIG)
    state = await kept.ainvoke(Command(resume={"decisions": [{"type": "approve"}]}), CONFIG)
    assert artifacts.sizes() == {}
    assert state["artifacts"] == {}
    answers_to_calls(state["messages"])


async def test_conversation_for_a_provider_ends_with_a_message_to_answer(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claude 4.6 and later refuse one that ends with the model's own words; earlier ones go on with them."""
    script = use_script(monkeypatch, hand_over("geometry"), AIMessage("27 mm³."), DONE)
    state = await graph.ainvoke(ask("Go."), CONFIG, context={"model": "openai:any"})

    assert [asked[-1].type for asked in script.asked] == ["human", "tool", "human"]
    assert "answer the person" in script.asked[-1][-1].text
    assert [message.type for message in state["messages"]] == ["human", "ai", "tool", "ai", "ai"]


async def test_offline_planner_sees_the_conversation_as_it_is(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = use_script(monkeypatch, hand_over("geometry"), AIMessage("27 mm³."), DONE)
    await graph.ainvoke(ask("Go."), CONFIG)

    assert script.asked[-1][-1].text == "27 mm³."
