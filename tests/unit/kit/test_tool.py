"""How tools are declared: what models read, what the planner reads, and what becomes of errors."""

import io
import json
import logging
import threading
from typing import Annotated, Any

import pytest
from langchain.tools import ToolRuntime
from langchain_anthropic.chat_models import convert_to_anthropic_tool
from langchain_aws import ChatBedrockConverse
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableBinding
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_google_genai import ChatGoogleGenerativeAI
from langgraph.types import Command

from graphs.kit.arguments import quantity
from graphs.kit.artifacts import SessionArtifacts
from graphs.kit.errors import InputError, MissingFileError
from graphs.kit.file_tools import list_files
from graphs.kit.findings import Finding, findings_of
from graphs.kit.state import Column
from graphs.kit.tool import Answer, Session, agent_tool, call_tool, hints_of
from tests.support.geometry_agent import cube_volume, describe_column
from tests.support.kit_environment import THREAD_ID

TOOLS = [cube_volume, describe_column]


def tool_call(
    tool: BaseTool, written: list[Any], thread_id: str, arguments: dict[str, Any]
) -> dict[str, Any]:
    """The call that a graph makes of a tool; what the tool streams is added to `written`."""
    runtime = ToolRuntime(
        state={},
        context=None,
        config={"configurable": {"thread_id": thread_id}},
        stream_writer=written.append,
        tool_call_id="call_1",
        store=None,
    )
    args = {"runtime": runtime, **arguments}
    return {"name": tool.name, "args": args, "id": "call_1", "type": "tool_call"}


def call(tool: BaseTool, thread_id: str = THREAD_ID, **arguments: Any) -> Command[Any]:
    command = tool.invoke(tool_call(tool, [], thread_id, arguments))
    assert isinstance(command, Command)
    return command


def bound_tools(model: BaseChatModel, tools: list[BaseTool]) -> list[Any]:
    """The tools as the model's own client would send them."""
    bound = model.bind_tools(tools)
    assert isinstance(bound, RunnableBinding)
    return bound.kwargs["tools"]


def test_model_reads_name_purpose_and_described_arguments() -> None:
    function = convert_to_openai_tool(cube_volume)["function"]

    assert function["name"] == "cube_volume"
    assert function["description"] == "Compute the volume of a cube (mm³) and keep it as a file."
    assert function["parameters"] == {
        "type": "object",
        "properties": {
            "side": {
                "type": "number",
                "description": "The side of the cube. Unit: mm.",
                "exclusiveMinimum": 0,
            },
            "copies": {
                "type": "integer",
                "description": "How many cubes. Unit: none.",
                "minimum": 1,
                "default": 1,
            },
        },
        "required": ["side"],
    }


def test_model_reads_which_files_and_columns_fit() -> None:
    properties = convert_to_openai_tool(describe_column)["function"]["parameters"]["properties"]

    assert (
        properties["file"]["description"] == "The table. The name of a file of this session (.csv or .xlsx)."
    )
    assert properties["column"]["description"] == "What to describe. A column that exists in the file."
    assert properties["statistic"]["enum"] == ["mean", "median"]
    assert "session" not in properties
    assert "runtime" not in properties


def test_planner_reads_its_part_from_the_schema() -> None:
    properties = describe_column.get_input_jsonschema()["properties"]

    assert {name: schema["x-planner"] for name, schema in properties.items()} == {
        "file": {"kind": "file", "suffixes": [".csv", ".xlsx"]},
        "column": {"kind": "column", "cues": ["of"], "numeric": True, "many": False},
        "by": {"kind": "column", "cues": ["by"], "numeric": None, "many": True},
        "statistic": {"kind": "choice", "words": {"mean": ["average"]}},
        "title": {"kind": "text", "cues": ["titled"]},
    }
    assert cube_volume.get_input_jsonschema()["properties"]["side"]["x-planner"] == {
        "kind": "number",
        "unit": "mm",
        "cues": ["side"],
    }


def test_planners_part_never_travels_to_a_provider(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Gemini and Bedrock take only the schema keys that they know; each provider's own converter is asked."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    gemini = ChatGoogleGenerativeAI(model="gemini-2.5-flash", google_api_key="none")
    bedrock = ChatBedrockConverse(model="amazon.nova-pro-v1:0")
    converted = [
        *map(convert_to_openai_tool, TOOLS),
        *map(convert_to_anthropic_tool, TOOLS),
        *bound_tools(gemini, TOOLS),
        *bound_tools(bedrock, TOOLS),
    ]

    sent = json.dumps(converted, default=lambda tool: tool.model_dump(mode="json"), ensure_ascii=False)
    assert sent.count("The side of the cube. Unit: mm.") == 4
    assert "x-planner" not in sent
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_tool_without_arguments(artifacts: SessionArtifacts, monkeypatch: pytest.MonkeyPatch) -> None:
    artifacts.save("a.csv", b"1")
    update = call(list_files).update
    assert isinstance(update, dict)

    assert update["messages"][0].content == "Files of this session:\n- a.csv (1 bytes)"
    assert list_files.get_input_jsonschema()["properties"] == {}
    assert convert_to_openai_tool(list_files)["function"]["parameters"] == {
        "type": "object",
        "properties": {},
    }
    assert convert_to_anthropic_tool(list_files)["input_schema"] == {"type": "object", "properties": {}}
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    gemini = ChatGoogleGenerativeAI(model="gemini-2.5-flash", google_api_key="none")
    for model in (gemini, ChatBedrockConverse(model="amazon.nova-pro-v1:0")):
        assert "runtime" not in repr(bound_tools(model, [list_files]))


def test_hints_are_kept_beside_the_tool() -> None:
    hints = hints_of(cube_volume)

    assert hints.keywords == ("volume", "cube")
    assert hints.examples == ("What is the volume of a cube of 3 mm?",)
    assert hints.approval is None


def test_answer_goes_to_the_model_and_its_figures_and_files_beside_it(artifacts: SessionArtifacts) -> None:
    update = call(cube_volume, side=3).update
    assert isinstance(update, dict)
    (message,) = update["messages"]

    assert message.content == "The volume is 27 mm³."
    assert message.name == "cube_volume"
    assert message.tool_call_id == "call_1"
    assert message.status == "success"
    assert message.artifact == {"figures": {"volume_mm3": 27.0}, "files": ["volume.txt"]}
    assert update["artifacts"] == {"volume.txt": artifacts.reference("volume.txt")}
    assert artifacts.read("volume.txt") == b"27 mm3"


def test_step_that_runs_twice_leaves_one_file(artifacts: SessionArtifacts) -> None:
    assert call(cube_volume, side=3).update == call(cube_volume, side=3).update
    assert artifacts.sizes() == {"volume.txt": 6}


def test_defaults_and_conversions() -> None:
    update = call(cube_volume, side="2", copies="3").update
    assert isinstance(update, dict)

    assert update["messages"][0].content == "The volume is 24 mm³."


@pytest.mark.parametrize("arguments", [{"side": 0}, {"side": "wide"}, {}, {"side": 1, "copies": 0.5}])
def test_arguments_outside_their_limits_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"side|copies"):
        call(cube_volume, **arguments)


def test_missing_file_is_an_input_error() -> None:
    with pytest.raises(MissingFileError, match=r"no file 'a\.csv'"):
        call(describe_column, file="a.csv", column="x")


def test_bad_thread_id_is_an_input_error() -> None:
    with pytest.raises(InputError, match="not a UUID"):
        call(cube_volume, thread_id="../other", side=3)


def test_progress_is_written_to_the_stream() -> None:
    written: list[Any] = []
    cube_volume.invoke(tool_call(cube_volume, written, THREAD_ID, {"side": 1}))

    assert written == [{"progress": "computing"}]


def test_deleted_file_leaves_the_state(artifacts: SessionArtifacts) -> None:
    artifacts.save("old.csv", b"1")
    session = Session(artifacts, "key")
    session.delete("old.csv")
    kept = session.save("new.csv", b"2")

    assert session.changes == {"old.csv": None, "new.csv": kept}
    assert artifacts.sizes() == {"new.csv": 1}


async def test_tool_runs_in_a_worker_thread() -> None:
    threads: list[int] = []

    @agent_tool(keywords=(), examples=())
    def where(session: Session, number: Annotated[int, quantity("Any.")] = 0) -> Answer:
        """Note the thread."""
        threads.append(threading.get_ident())
        return Answer("noted")

    await where.ainvoke(tool_call(where, [], THREAD_ID, {}))

    assert threads
    assert threads[0] != threading.get_ident()


def test_a_table_that_a_tool_saves_is_known_with_its_columns(artifacts: SessionArtifacts) -> None:
    session = Session(artifacts, "key")
    session.save("totals.csv", b"region,revenue\nNorth,10.5\nSouth,20.5\n")

    assert session.changes["totals.csv"] is not None
    assert session.changes["totals.csv"]["columns"] == [
        {"name": "region", "type": "VARCHAR"},
        {"name": "revenue", "type": "DOUBLE"},
    ]


def test_a_deletion_that_runs_again_finds_its_work_done(artifacts: SessionArtifacts) -> None:
    saved = artifacts.save("a.csv", b"x,y\n1,2\n")
    Session(artifacts, "key", known={"a.csv": saved}).delete("a.csv")
    again = Session(artifacts, "key", known={"a.csv": saved})
    again.delete("a.csv")

    assert again.changes == {"a.csv": None}
    with pytest.raises(MissingFileError, match=r"no file 'b\.csv'"):
        again.delete("b.csv")


def asked(call_id: str, tool: str, **arguments: Any) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": tool, "args": arguments, "id": call_id, "type": "tool_call"}])


def told(call_id: str, text: str, artifact: Any, status: Any = "success") -> ToolMessage:
    return ToolMessage(text, tool_call_id=call_id, artifact=artifact, status=status)


CONVERSATION = [
    HumanMessage("How large is it?"),
    asked("1", "transfer_to_geometry", task="How large is it?"),
    ToolMessage("geometry takes over", tool_call_id="1"),
    asked("2", "cube_volume", side=3),
    told("2", "The volume is 27 mm³.", {"figures": {"volume_mm3": 27.0}, "files": ["volume.txt"]}),
    asked("3", "describe_column", file="b.csv"),
    told("3", "There is no file 'b.csv'.", None, status="error"),
    AIMessage("27 mm³."),
    HumanMessage("And now?"),
    asked("4", "list_files"),
]


def test_findings_are_the_calls_that_succeeded_with_their_questions() -> None:
    assert list(findings_of(CONVERSATION)) == [
        Finding(
            question="How large is it?",
            tool="cube_volume",
            arguments={"side": 3},
            text="The volume is 27 mm³.",
            figures={"volume_mm3": 27.0},
            files=("volume.txt",),
        )
    ]


def test_tool_sees_what_was_found_before_it() -> None:
    @agent_tool(keywords=(), examples=())
    def recall(session: Session, number: Annotated[int, quantity("Any.")] = 0) -> Answer:
        """Name the tools of the findings."""
        return Answer(", ".join(finding.tool for finding in session.findings) or "nothing")

    message = tool_call(recall, [], THREAD_ID, {})
    nothing = recall.invoke(message)
    message["args"]["runtime"].state["messages"] = CONVERSATION
    something = recall.invoke(message)

    assert nothing.update["messages"][0].content == "nothing"
    assert something.update["messages"][0].content == "cube_volume"


def test_tool_can_be_called_outside_of_a_conversation(artifacts: SessionArtifacts) -> None:
    found = call_tool(cube_volume, THREAD_ID, {"side": 2})

    assert found == Finding(
        "", "cube_volume", {"side": 2}, "The volume is 8 mm³.", {"volume_mm3": 8.0}, ("volume.txt",)
    )
    assert artifacts.read("volume.txt") == b"8 mm3"
    with pytest.raises(ValueError, match="side"):
        call_tool(cube_volume, THREAD_ID, {"side": 0})


def test_columns_that_the_tool_gives_are_not_read_from_the_file(artifacts: SessionArtifacts) -> None:
    session = Session(artifacts, "key")
    columns = [Column(name="a", type="BIGINT")]
    saved = session.save("a.csv", io.BytesIO(b"a\n1\n"), columns)

    assert saved["columns"] == columns
    assert session.changes == {"a.csv": saved}
    assert artifacts.read("a.csv") == b"a\n1\n"
