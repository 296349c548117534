"""What the real server keeps: encrypted, of known types only, and no longer than it is told to."""

import asyncio
import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ormsgpack
import pytest
from langgraph.checkpoint.serde.jsonplus import EXT_CONSTRUCTOR_POS_ARGS
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import InternalServerError, NotFoundError

from graphs.client import APPROVE, Session, SessionStatus, restore_session, resume_session, upload_files
from graphs.server.demo import TASKS, Task
from tests.faults.harness.served import Served, make_served, running, steps_project
from tests.faults.harness.steps_agent import GRAPH_ID, payload
from tests.support.eventually import eventually
from tests.support.legible import legible
from tests.support.postgres import PostgresInstance

OLD_KEY, NEW_KEY = "0f" * 16, "f0" * 32
MISSING_KEY = "0badc0de"
"""The id of a key that no server has."""
TTL_MINUTES = 0.05
ASKED = TASKS[:2]
WITHIN = 120.0


@dataclass(frozen=True)
class Before:
    """What was done on the first server, and what was seen there."""

    turns: list[str]
    """Threads in which an agent did a task of `ASKED`."""
    stored: str
    """What could be read in the database then."""
    counted: str
    """A thread of seven steps."""
    counted_values: dict[str, Any]
    """What it said at its end."""
    approved: Session
    """A session that waited for a person until it was pruned, after the person approved."""
    crafted_value: Any
    """What the server read of a value that calls a function."""
    trace: Path
    """The file that the function makes."""
    in_flight: tuple[str, str]
    """A thread and its run, whose only step takes longer than the time to live."""
    locked: tuple[str, str]
    """What a client was told of a thread whose key is missing: for its state, and for a run on it."""
    abandoned: str
    """A thread whose checkpoints are gone."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return steps_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def before(postgres: PostgresInstance, folder: Path) -> Before:
    """A server that encrypts and keeps the latest checkpoints, used and stopped."""
    ttl = {"strategy": "keep_latest", "default_ttl": TTL_MINUTES, "sweep_interval_minutes": 0.01}
    served = make_served(
        postgres.uri, folder, CHECKPOINT_ENCRYPTION_KEYS=OLD_KEY, LANGGRAPH_THREAD_TTL=json.dumps(ttl)
    )
    with running(served):
        return asyncio.run(use(served, postgres))


@pytest.fixture(scope="module")
def afterwards(before: Before, postgres: PostgresInstance, folder: Path) -> Generator[Served]:
    """The same server with a new key before the old one, which deletes what has expired."""
    file = folder / "langgraph.json"
    config = json.loads(file.read_text())
    # in the file, LangGraph takes the interval in whole minutes
    ttl = {"strategy": "delete", "default_ttl": TTL_MINUTES, "sweep_interval_minutes": 1}
    config["checkpointer"]["ttl"] = ttl
    file.write_text(json.dumps(config))
    served = make_served(postgres.uri, folder, CHECKPOINT_ENCRYPTION_KEYS=f"{NEW_KEY},{OLD_KEY}")
    with running(served):
        yield served


async def use(served: Served, postgres: PostgresInstance) -> Before:
    async with served.client() as client:
        turns = await asyncio.gather(*(take_turn(client, task) for task in ASKED))
        counted = await count(client, steps=7)
        crafted = await count(client, steps=1)
        abandoned = await count(client, steps=1)
        counted_values = await values_of(client, counted)
        waiting = await ask_to_delete(client, TASKS[0])

        trace = served.project / "trace"
        postgres.execute(
            "UPDATE checkpoint_blobs SET type = 'msgpack', blob = '\\x"
            f"{touching(trace).hex()}' WHERE thread_id = '{crafted}' AND channel = 'payload'"
        )
        crafted_value = (await values_of(client, crafted))["payload"]

        locked = await use_without_its_key(client, postgres)
        for thread_id in (counted, waiting):
            await have_checkpoints(postgres, thread_id, 1)
        assert await values_of(client, counted) == counted_values
        approved = await approve(client, waiting)
        postgres.execute(f"DELETE FROM checkpoints WHERE thread_id = '{abandoned}'")
        return Before(
            turns=turns,
            stored=legible(postgres),
            counted=counted,
            counted_values=counted_values,
            approved=approved,
            crafted_value=crafted_value,
            trace=trace,
            locked=locked,
            in_flight=await start_long_step(client, postgres),
            abandoned=abandoned,
        )


async def use_without_its_key(client: LangGraphClient, postgres: PostgresInstance) -> tuple[str, str]:
    """Read a thread whose values need a key that the server doesn't have, and run it; return the errors."""
    thread_id = await count(client, steps=1)
    postgres.execute(
        f"UPDATE checkpoint_blobs SET type = 'msgpack+aes-gcm-{MISSING_KEY}' "
        f"WHERE thread_id = '{thread_id}' AND blob IS NOT NULL"
    )
    with pytest.raises(InternalServerError) as caught:
        await client.threads.get_state(thread_id)
    ended = await client.runs.wait(thread_id, GRAPH_ID, input={"steps": 1}, raise_error=False)
    await client.threads.delete(thread_id)
    assert isinstance(ended, dict)
    return str(caught.value.body), str(ended["__error__"])


async def take_turn(client: LangGraphClient, task: Task) -> str:
    """Ask the agent in a new thread, and return that."""
    thread_id = (await client.threads.create(graph_id=task.agent))["thread_id"]
    await upload_files(client, thread_id, task.paths)
    turn = {"messages": [{"role": "user", "content": task.text}]}
    await client.runs.wait(thread_id, task.agent, input=turn)
    return thread_id


async def count(client: LangGraphClient, *, steps: int) -> str:
    """Let the graph of steps count in a new thread, and return that."""
    thread_id = (await client.threads.create(graph_id=GRAPH_ID))["thread_id"]
    await client.runs.wait(thread_id, GRAPH_ID, input={"steps": steps, "pause": 0.01, "size": 100})
    return thread_id


async def start_long_step(client: LangGraphClient, postgres: PostgresInstance) -> tuple[str, str]:
    """Start a run whose step outlasts the time to live; return its thread and its id once it is at work."""
    thread_id = (await client.threads.create(graph_id=GRAPH_ID))["thread_id"]
    run = await client.runs.create(thread_id, GRAPH_ID, input={"steps": 1, "pause": 2 * 60 * TTL_MINUTES})
    await eventually(lambda: checkpoints(postgres, thread_id) >= 2, within=WITHIN)
    return thread_id, run["run_id"]


async def ask_to_delete(client: LangGraphClient, task: Task) -> str:
    """Ask for what needs a person's approval in a new thread, and return that."""
    thread_id = (await client.threads.create(graph_id=task.agent))["thread_id"]
    await upload_files(client, thread_id, task.paths)
    turn = {"messages": [{"role": "user", "content": f"Delete {task.files[0]}."}]}
    await client.runs.wait(thread_id, task.agent, input=turn)
    return thread_id


async def approve(client: LangGraphClient, thread_id: str) -> Session:
    waiting = await restore_session(thread_id, client=client, deadline=30)
    assert waiting.status is SessionStatus.WAITING, waiting
    return await resume_session(thread_id, answer=APPROVE, client=client)


async def values_of(client: LangGraphClient, thread_id: str) -> dict[str, Any]:
    state = await client.threads.get_state(thread_id)
    assert isinstance(state["values"], dict)
    return state["values"]


def checkpoints(postgres: PostgresInstance, thread_id: str) -> int:
    """Return how many checkpoints of its root graph the thread has."""
    [(number,)] = postgres.execute(
        f"SELECT count(*) FROM checkpoints WHERE thread_id = '{thread_id}' AND checkpoint_ns = ''"
    )
    return number


def touching(file: Path) -> bytes:
    """Return the stored form of a value that makes the file where every type is read back."""
    call = ("subprocess", "check_call", [["touch", str(file)]])
    return ormsgpack.packb(ormsgpack.Ext(EXT_CONSTRUCTOR_POS_ARGS, ormsgpack.packb(call)))


def test_nothing_that_was_said_is_legible(before: Before) -> None:
    assert before.turns[0] in before.stored
    for task in ASKED:
        assert task.text not in before.stored
        assert not any(name in before.stored for name in task.files)


def test_a_value_that_calls_a_function_calls_none(before: Before, folder: Path) -> None:
    assert before.crafted_value == [["touch", str(before.trace)]]
    assert not before.trace.exists()
    blocked = [line for line in (folder / "server.log").read_text().splitlines() if "Blocked deser" in line]
    assert len(blocked) == 1
    assert "subprocess.check_call" in blocked[0]


def test_a_missing_key_is_told_to_the_client_with_the_remedy(before: Before) -> None:
    for told in before.locked:
        assert f"encrypted with the key '{MISSING_KEY}'" in told
        assert "Add that key to the end of CHECKPOINT_ENCRYPTION_KEYS" in told
        assert OLD_KEY not in told


def test_a_pruned_thread_says_what_it_said_and_waits_as_it_did(before: Before) -> None:
    assert before.counted_values["number"] == 7
    assert before.approved.status is SessionStatus.IDLE
    assert before.approved.values["artifacts"] == {}


async def test_a_run_in_flight_outlives_its_threads_time_and_expired_threads_are_gone(
    before: Before, afterwards: Served, postgres: PostgresInstance
) -> None:
    """In this order: the run's thread expires as well, and is gone with the second sweep."""
    thread_id, run_id = before.in_flight
    async with afterwards.client() as client:
        values = await client.runs.join(thread_id, run_id)
    assert isinstance(values, dict)
    assert values["number"] == 1
    assert values["payload"] == payload(thread_id, 1)

    gone = [*before.turns, before.counted, before.approved.thread_id, before.abandoned]
    files = afterwards.project / "files"
    async with afterwards.client() as client:
        for thread_id in gone:
            await have_checkpoints(postgres, thread_id, 0)
            await be_gone(files / thread_id)
            await be_unknown(client, thread_id)
            assert (await restore_session(thread_id, client=client)).status is SessionStatus.NOT_FOUND
            assert thread_id not in legible(postgres)


async def have_checkpoints(postgres: PostgresInstance, thread_id: str, number: int) -> None:
    await eventually(lambda: checkpoints(postgres, thread_id) == number, within=WITHIN)


async def be_gone(folder: Path) -> None:
    await eventually(lambda: not folder.exists(), within=WITHIN)


async def be_unknown(client: LangGraphClient, thread_id: str) -> None:
    async with asyncio.timeout(WITHIN):
        while True:
            try:
                await client.threads.get(thread_id)
            except NotFoundError:
                return
            await asyncio.sleep(0.1)


async def test_a_thread_that_a_client_deletes_takes_its_files_along(afterwards: Served) -> None:
    async with afterwards.client() as client:
        thread_id = (await client.threads.create(graph_id=GRAPH_ID))["thread_id"]
        await upload_files(client, thread_id, TASKS[0].paths)
        assert (afterwards.project / "files" / thread_id).exists()

        await client.threads.delete(thread_id)

    assert not (afterwards.project / "files" / thread_id).exists()
