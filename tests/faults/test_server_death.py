"""The server killed in the middle, and its memory of threads and runs gone."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from graphs.client import APPROVE, REJECT, SessionStatus, restore_session, resume_session, upload_files
from graphs.server.process import DevServer
from tests.support.fleet import FleetRun, all_in_flight, broken_links, ended, start_fleet
from tests.support.postgres import PostgresInstance
from tests.support.tasks import TASKS, AgentTask, told
from tests.support.waiting import START_SECONDS


async def lose_server_and_its_memory(server: DevServer, project: Path) -> None:
    """Kill the server as a power cut would, wipe what it kept in files, and start it anew."""

    def lose() -> None:
        server.kill()
        shutil.rmtree(project / ".langgraph_api", ignore_errors=True)
        server.start()
        server.wait_ready(START_SECONDS)

    await asyncio.to_thread(lose)


async def test_runs_of_a_killed_server_are_restored_and_resumed(
    server: DevServer, project: Path, postgres: PostgresInstance, undisturbed: dict[str, Any]
) -> None:
    async with get_client(url=server.url, api_key=None, timeout=60) as client:
        runs = await start_fleet(client, each=1)
        await all_in_flight(postgres, runs, within=60)
    await lose_server_and_its_memory(server, project)

    async with get_client(url=server.url, api_key=None, timeout=60) as client:
        for run in runs:
            # the thread id alone: the server does not know the thread any more
            session = await restore_session(run.thread_id, client=client)
            assert session.status is SessionStatus.INCOMPLETE, session
            assert session.graph_id == run.task.agent
            assert session.values["messages"]
            finished = await resume_session(run.thread_id, client=client)
            assert finished.status is SessionStatus.IDLE, finished.reason
            assert told(finished.values) == undisturbed[run.task.agent]
            assert await broken_links(client, run) == []


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.agent)
async def test_a_run_that_waits_for_a_person_keeps_waiting(
    task: AgentTask, server: DevServer, project: Path, postgres: PostgresInstance
) -> None:
    name = task.files[0].name
    async with get_client(url=server.url, api_key=None, timeout=60) as client:
        thread_ids = [await ask_to_delete(client, task) for _ in range(2)]
        await asyncio.to_thread(postgres.restart, "fast")
        for thread_id in thread_ids:
            await assert_waits_for_approval(client, thread_id, name)
    await lose_server_and_its_memory(server, project)

    async with get_client(url=server.url, api_key=None, timeout=60) as client:
        approved, rejected = thread_ids
        await assert_waits_for_approval(client, approved, name)
        with pytest.raises(ValueError, match="waits for a person"):
            await resume_session(approved, client=client)
        done = await resume_session(approved, answer=APPROVE, client=client)
        assert done.status is SessionStatus.IDLE
        assert done.graph_id == task.agent
        assert name not in done.values["artifacts"]
        assert (await client.http.get(f"/files/{approved}"))["files"] == []

        kept = await resume_session(rejected, answer=REJECT, client=client)
        assert kept.status is SessionStatus.IDLE
        assert name in kept.values["artifacts"]


async def ask_to_delete(client: LangGraphClient, task: AgentTask) -> str:
    thread_id = (await client.threads.create(graph_id=task.agent))["thread_id"]
    await upload_files(client, thread_id, task.files[:1])
    text = f"Delete {task.files[0].name}."
    await client.runs.wait(thread_id, task.agent, input={"messages": [{"role": "user", "content": text}]})
    return thread_id


async def assert_waits_for_approval(client: LangGraphClient, thread_id: str, name: str) -> None:
    session = await restore_session(thread_id, client=client, deadline=30)
    assert session.status is SessionStatus.WAITING, session
    [interrupt] = session.interrupts
    [action] = interrupt["value"]["action_requests"]
    assert action["name"] == "delete_file"
    assert action["args"] == {"file": name}


async def test_a_streaming_client_that_reconnects_gets_the_rest(
    server: DevServer, postgres: PostgresInstance, undisturbed: dict[str, Any]
) -> None:
    task = TASKS[1]
    async with get_client(url=server.url, api_key=None, timeout=60) as client:
        thread_id = (await client.threads.create(graph_id=task.agent))["thread_id"]
        await upload_files(client, thread_id, task.files)
        run_ids: list[str] = []
        seen: list[tuple[str, str]] = []
        stream = client.runs.stream(
            thread_id,
            task.agent,
            input={"messages": [{"role": "user", "content": task.text}]},
            stream_mode=["values"],
            stream_resumable=True,
            on_disconnect="continue",
            on_run_created=lambda run: run_ids.append(run["run_id"]),
        )
        async for part in stream:
            seen.append((part.id or "", part.event))
            if len(seen) >= 4:
                break
        await asyncio.to_thread(postgres.restart, "fast")

    async with get_client(url=server.url, api_key=None, timeout=60) as client:
        rest = [
            part
            async for part in client.runs.join_stream(
                thread_id, run_ids[0], stream_mode=["values"], last_event_id=seen[-1][0]
            )
        ]
        record = await ended(client, FleetRun(task, thread_id, run_ids[0]), within=60)
    assert record["status"] == "success"
    ids = [part_id for part_id, _ in seen] + [part.id for part in rest if part.id]
    assert len(ids) == len(set(ids)), "no event comes twice"
    values = [part.data for part in rest if part.event == "values"]
    assert values, "the rest of the run came after the reconnection"
    assert told(values[-1]) == undisturbed[task.agent]
