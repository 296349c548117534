"""What a person hands over: kept as files, described, and never as bytes in a checkpoint."""

import base64
import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from graphs.kit.artifacts import SessionArtifacts
from graphs.kit.briefing import ARTIFACTS_KEY, brief
from graphs.kit.intake import intake
from graphs.kit.state import Artifact, Column, State, merge_artifacts, note_changes
from graphs.server.run_requests import rewrite_run_request
from tests.support.geometry_agent import geometry_agent
from tests.support.kit_environment import THREAD_ID, forget_settings
from tests.support.scripted_model import calls, hand_over, use_script

CONFIG: Any = {"configurable": {"thread_id": THREAD_ID}}
CSV = b"region,amount\n" + b"north,1.5\nsouth,2.5\n" * 50
CSV_64 = base64.b64encode(CSV).decode()


def attached() -> list[str | dict[str, Any]]:
    return [
        {"type": "text", "text": "Profile it."},
        {"type": "file", "mimeType": "text/csv", "data": CSV_64, "metadata": {"filename": "sales.csv"}},
    ]


def state(*messages: HumanMessage, **artifacts: Artifact) -> State:
    return State(messages=list(messages), artifacts=artifacts)


async def test_attachment_becomes_a_described_file(artifacts: SessionArtifacts) -> None:
    changes = await intake(state(HumanMessage(attached(), id="1")), CONFIG)

    (message,) = changes["messages"]
    assert message.id == "1"
    assert message.text == "Profile it.\n[attached: sales.csv]"
    assert changes["artifacts"] == {
        "sales.csv": {
            **artifacts.reference("sales.csv"),
            "columns": [
                {"name": "region", "type": "VARCHAR", "values": ["north", "south"]},
                {"name": "amount", "type": "DOUBLE"},
            ],
        }
    }


async def test_plain_message_stays_as_it_is() -> None:
    changes = await intake(state(HumanMessage("Hello, there.")), CONFIG)

    assert "messages" not in changes
    assert changes["artifacts"] == {}


async def test_files_that_are_known_are_not_read_again(
    artifacts: SessionArtifacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = artifacts.save("a.csv", b"x,y\n1,2\n")
    artifacts.save("part.stl", b"solid part")
    read: list[str] = []
    reference = SessionArtifacts.reference
    monkeypatch.setattr(
        SessionArtifacts, "reference", lambda self, name: (read.append(name), reference(self, name))[1]
    )
    changes = await intake(state(HumanMessage("Go."), **{"a.csv": known}), CONFIG)

    assert read == ["part.stl"]
    assert changes["artifacts"] == {"part.stl": reference(artifacts, "part.stl")}


async def test_damaged_table_is_a_file_without_columns(artifacts: SessionArtifacts) -> None:
    artifacts.save("broken.xlsx", b"PK\x03\x04 and no more")
    changes = await intake(state(HumanMessage("Go.")), CONFIG)

    assert changes["artifacts"] == {"broken.xlsx": artifacts.reference("broken.xlsx")}


async def test_table_pasted_twice_is_one_file(artifacts: SessionArtifacts) -> None:
    for text in ("x,y\n1,2\n3,4", "Again:\nx,y\n1,2\n3,4", "x,y\n1,2\n3,5"):
        await intake(state(HumanMessage(text)), CONFIG)

    assert list(artifacts.sizes()) == ["pasted-table-2.csv", "pasted-table.csv"]


async def test_pasted_table_over_the_limit_does_not_stop_the_turn(
    artifacts: SessionArtifacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTIFACTS_MAX_BYTES", "20")
    forget_settings()
    changes = await intake(state(HumanMessage("Fit:\n" + "x,y\n" + "1,2\n" * 20, id="1")), CONFIG)

    assert artifacts.sizes() == {}
    (message,) = changes["messages"]
    assert message.id == "1"
    assert "[not taken: The file 'pasted-table.csv' is larger than the limit of 20 bytes" in message.text


def kept_bytes(saver: InMemorySaver) -> bytes:
    """Everything that the checkpointer holds, as it holds it."""
    return repr((saver.storage, saver.writes, saver.blobs)).encode()


async def run(content: Any, monkeypatch: pytest.MonkeyPatch) -> InMemorySaver:
    use_script(monkeypatch, AIMessage("Done."))
    saver = InMemorySaver()
    graph = geometry_agent().copy({"checkpointer": saver})
    await graph.ainvoke({"messages": [{"role": "user", "content": content}]}, CONFIG, durability="sync")
    return saver


async def test_no_bytes_in_a_checkpoint_after_the_http_middleware(
    artifacts: SessionArtifacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = {"input": {"messages": [{"role": "user", "content": attached()}]}}
    body = json.loads(rewrite_run_request(json.dumps(request).encode(), THREAD_ID))
    saver = await run(body["input"]["messages"][0]["content"], monkeypatch)

    assert artifacts.read("sales.csv") == CSV
    kept = kept_bytes(saver)
    assert b"[attached: sales.csv]" in kept
    assert CSV_64[:60].encode() not in kept
    assert CSV[:60] not in kept.replace(b"\\n", b"\n")


async def test_why_the_middleware_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The graph's own intake comes after the first checkpoint, which holds the input as it came."""
    saver = await run(attached(), monkeypatch)

    assert CSV_64[:60].encode() in kept_bytes(saver)


A = Artifact(name="a.csv", media_type="text/csv", size=1, sha256="a")
B = Artifact(name="b.csv", media_type="text/csv", size=2, sha256="b")


def test_changes_of_artifacts() -> None:
    assert merge_artifacts(None, None) == {}
    assert merge_artifacts({"a.csv": A}, {"b.csv": B}) == {"a.csv": A, "b.csv": B}
    assert merge_artifacts({"a.csv": A, "b.csv": B}, {"a.csv": None, "c.csv": None}) == {"b.csv": B}
    assert note_changes({"a.csv": A}, {"a.csv": None, "b.csv": B}) == {"a.csv": None, "b.csv": B}
    assert note_changes(None, None) == {}


def test_briefing_says_how_few_values_are_spelt() -> None:
    columns = [
        Column(name="origin", type="VARCHAR", values=["Japan", "USA"]),
        Column(name="region", type="VARCHAR", values=[f"r{number}" for number in range(12)]),
        Column(name="size", type="BIGINT"),
    ]
    text = brief("You are kind.", {"a.csv": Artifact(**{**A, "columns": columns})}).text

    assert "columns: origin VARCHAR (Japan | USA), region VARCHAR (r0 | r1 | " in text
    assert "r9 | …), size BIGINT" in text


def test_briefing_lists_files_and_columns() -> None:
    columns = [Column(name=f"c{number}", type="DOUBLE") for number in range(62)]
    wide = Artifact(name="wide.csv", media_type="text/csv", size=12345, sha256="w", columns=columns)
    message = brief("You are kind.", {"a.csv": A, "gone.csv": None, "wide.csv": wide})
    lines = message.text.splitlines()

    assert lines[:4] == ["You are kind.", "", "Files of this session:", "- a.csv (text/csv, 1 bytes)"]
    assert lines[4].startswith("- wide.csv (text/csv, 12,345 bytes); columns: c0 DOUBLE, c1 DOUBLE, ")
    assert lines[4].endswith("c59 DOUBLE and 2 more")
    assert len(lines) == 5
    assert message.additional_kwargs[ARTIFACTS_KEY] == [A, wide]
    assert brief("Hi.", {}).text == "Hi.\n\nFiles of this session:\n(none yet)"


@pytest.mark.parametrize(
    ("files", "answer"),
    [
        ({}, "This session has no files yet: attach one, or paste a table."),
        (
            {"b.csv": b"x" * 1234, "a.txt": b"1"},
            "Files of this session:\n- a.txt (1 bytes)\n- b.csv (1,234 bytes)",
        ),
    ],
)
async def test_files_are_listed_with_their_sizes(
    artifacts: SessionArtifacts, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes], answer: str
) -> None:
    for name, content in files.items():
        artifacts.save(name, content)
    use_script(monkeypatch, hand_over("files"), calls(("list_files", {})), AIMessage("So."), AIMessage("So."))
    result = await geometry_agent().ainvoke({"messages": [HumanMessage("Which files?")]}, CONFIG)

    (told,) = [message for message in result["messages"] if message.name == "list_files"]
    assert told.text == answer
