"""Runs over HTTP as users start them: durability, files, pasted tables, the model of an assistant."""

import asyncio
import base64
from pathlib import Path

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from graphs.client import SessionStatus, last_answer, restore_session, upload_files
from graphs.server.process import PROJECT_ROOT, DevServer
from tests.support.postgres import PostgresInstance

BRACKET = PROJECT_ROOT / "graphs" / "three_dp_custom" / "samples" / "bracket.stl"


async def ask(client: LangGraphClient, agent: str, content: object, thread_id: str | None = None) -> str:
    thread_id = thread_id or (await client.threads.create(graph_id=agent))["thread_id"]
    await client.runs.wait(thread_id, agent, input={"messages": [{"role": "user", "content": content}]})
    return thread_id


@pytest.mark.parametrize("chosen", [None, "async", "exit"])
async def test_durability_is_sync_unless_chosen(client: LangGraphClient, chosen: str | None) -> None:
    thread_id = (await client.threads.create(graph_id="trial_analysis"))["thread_id"]
    choice = {"durability": chosen} if chosen else {}
    run = await client.runs.create(
        thread_id, "trial_analysis", input={"messages": [{"role": "user", "content": "Hello"}]}, **choice
    )
    await client.runs.join(thread_id, run["run_id"])
    record = await client.runs.get(thread_id, run["run_id"])
    assert record["status"] == "success"
    assert record["kwargs"]["durability"] == (chosen or "sync")


async def test_bytes_of_an_attachment_are_in_no_checkpoint(
    client: LangGraphClient, postgres: PostgresInstance
) -> None:
    content = BRACKET.read_bytes()
    block = {
        "type": "file",
        "mime_type": "model/stl",
        "data": base64.b64encode(content).decode(),
        "metadata": {"filename": "bracket.stl"},
    }
    text = {"type": "text", "text": "What is the volume of this part?"}
    thread_id = await ask(client, "three_dp_custom", [text, block])
    session = await restore_session(thread_id, client=client)
    assert "34,935.867 mm³" in last_answer(session.values)
    assert session.values["artifacts"]["bracket.stl"]["size"] == len(content)
    written = {"messages": [{"role": "user", "content": [text, block]}]}
    await client.threads.update_state(thread_id, written, as_node="intake")
    assert "[attached: bracket.stl]" in str(
        (await client.threads.get_state(thread_id))["values"]["messages"][-1]
    )
    rows = await asyncio.to_thread(
        postgres.execute,
        "SELECT blob FROM checkpoint_blobs UNION ALL SELECT blob FROM checkpoint_writes "
        "UNION ALL SELECT convert_to(checkpoint::text, 'UTF8') FROM checkpoints",
    )
    stored = b"".join(bytes(row[0]) for row in rows if row[0])
    assert b"bracket.stl" in stored, "the reference is there"
    assert content[84:284] not in stored
    assert base64.b64encode(content)[120:320] not in stored


async def test_what_an_agent_made_can_be_downloaded(client: LangGraphClient, server: DevServer) -> None:
    thread_id = (await client.threads.create(graph_id="three_dp_custom"))["thread_id"]
    await upload_files(client, thread_id, [BRACKET])
    await ask(client, "three_dp_custom", "Check the overhangs of bracket.stl.", thread_id)
    async with httpx.AsyncClient(base_url=server.url) as http:
        listed = (await http.get(f"/files/{thread_id}")).json()["files"]
        picture = next(file for file in listed if file["name"] == "bracket-overhangs.png")
        answer = await http.get(picture["url"])
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(answer.content) == picture["size"]


async def test_a_pasted_table_is_a_file_of_the_session(client: LangGraphClient) -> None:
    text = "Total revenue by region:\n\nregion,revenue\nNorth,10\nSouth,20\nNorth,5\n"
    thread_id = await ask(client, "analytics", text)
    session = await restore_session(thread_id, client=client)
    assert "pasted-table.csv" in session.values["artifacts"]
    answer = last_answer(session.values)
    assert "15" in answer
    assert "20" in answer


async def test_an_assistant_can_choose_its_model(client: LangGraphClient) -> None:
    assistant = await client.assistants.create(
        "formulation", context={"model": "nobody:nothing"}, name="formulation with another model"
    )
    thread_id = (await client.threads.create(graph_id="formulation"))["thread_id"]
    await client.runs.wait(
        thread_id, assistant["assistant_id"], input={"messages": [{"role": "user", "content": "Hello"}]}
    )
    session = await restore_session(thread_id, client=client)
    assert session.status is SessionStatus.IDLE
    assert "'nobody:nothing' is unknown" in last_answer(session.values)
    assert session.assistant_id == assistant["assistant_id"]
    await ask(client, "formulation", "Hello", thread_id)
    usable = await restore_session(thread_id, client=client)
    assert "This is what I can do" in last_answer(usable.values)
    await client.assistants.delete(assistant["assistant_id"])


async def test_a_second_turn_knows_the_files_of_the_first(client: LangGraphClient) -> None:
    thread_id = (await client.threads.create(graph_id="three_dp_custom"))["thread_id"]
    await upload_files(client, thread_id, [BRACKET])
    await ask(client, "three_dp_custom", "Is it watertight?", thread_id)
    await ask(client, "three_dp_custom", "Does it fit on a Prusa MK4S?", thread_id)
    session = await restore_session(thread_id, client=client)
    assert "fits the Prusa MK4S" in last_answer(session.values)


async def test_ready_and_live(server: DevServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        assert (await http.get("/ready")).json() == {"ready": True}
        assert (await http.get("/live")).json() == {"live": True}
        refused = await http.get("/ready", params={"deadline": "soon"})
    assert refused.status_code == 400
    assert "deadline='soon' is not a number" in refused.json()["detail"]


def test_a_missing_key_stops_the_start(project: Path, postgres: PostgresInstance, tmp_path: Path) -> None:
    server = DevServer(
        project,
        environment={
            "CHECKPOINT_POSTGRES_URI": postgres.uri,
            "MODEL": "openai:gpt-5",
            "OPENAI_API_KEY": "",
            "LANGGRAPH_DISABLE_FILE_PERSISTENCE": "true",
        },
        log=tmp_path / "server.log",
    )
    server.start()
    try:
        assert server.process
        assert server.process.wait(120) != 0
    finally:
        server.stop()
    assert "The model 'openai:gpt-5' needs a key: set OPENAI_API_KEY" in (tmp_path / "server.log").read_text()


async def test_runs_without_a_thread_side_by_side_lose_no_thread(client: LangGraphClient) -> None:
    # langgraph dev deletes their threads side by side, and lost others' on the way
    kept = [(await client.threads.create(graph_id="formulation"))["thread_id"] for _ in range(10)]
    question = {"messages": [{"role": "user", "content": "Hello"}]}
    async with asyncio.timeout(100):
        states = await asyncio.gather(
            *(client.runs.wait(None, "formulation", input=question) for _ in range(30))
        )
    assert all("This is what I can do" in last_answer(state) for state in states)
    for thread_id in kept:
        assert (await client.threads.get(thread_id))["thread_id"] == thread_id
