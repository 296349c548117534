"""Runs, streams and files through a load balancer as AWS's: TLS, forwarded headers, an idle timeout.

LangGraph's server sends something every 5 s while a run is silent (langgraph_api 0.16.7): the comment
`: heartbeat` in a stream (`sse.py`), a line break where a client waits for the result (`api/runs.py`).
SILENCE=300 has the silent run say nothing for that many seconds.
"""

import asyncio
import os
import re
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import httpx
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from graphs.client import (
    SessionStatus,
    Step,
    last_answer,
    restore_session,
    resume_session,
    stream_turn,
    upload_files,
)
from graphs.client.smoke import smoke
from graphs.server.process import PROJECT_ROOT, DevServer, isolated_project
from tests.support.eventually import eventually
from tests.support.load_balancer import LoadBalancer
from tests.support.model_server import Failure, HeldReply, ModelServer, Reply, model_server
from tests.support.postgres import PostgresInstance
from tests.support.waiting import START_SECONDS, wait_for_text

AGENT = "three_dp_custom"
BRACKET = PROJECT_ROOT / "graphs" / AGENT / "samples" / "bracket.stl"
SILENCE = float(os.environ.get("SILENCE", "25"))
IDLE_TIMEOUT = 15.0
"""Seconds: above the server's 5, with something over for a busy machine; far below the silence."""
SOON = 60.0
ANSWER = "It took a while to think of this."


@pytest.fixture(scope="module")
def model() -> Generator[ModelServer]:
    """The model of the module's server, which says what a test scripts."""
    with model_server() as model:
        yield model


@pytest.fixture(scope="module")
def server(
    postgres: PostgresInstance, model: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> Generator[DevServer]:
    """The real server with that model."""
    project = isolated_project(tmp_path_factory.mktemp("project"))
    server = DevServer(
        project,
        environment={
            **model.environment,
            "CHECKPOINT_POSTGRES_URI": postgres.uri,
            "ARTIFACTS_URL": str(project / "files"),
            "MODEL": "openai:gpt-5.5",
            "MODEL_TIMEOUT_SECONDS": str(SILENCE + 120),
            "MODEL_MAX_RETRIES": "0",
            "NO_PROXY": "127.0.0.1",
        },
        log=project / "server.log",
    )
    server.start()
    try:
        server.wait_ready(START_SECONDS)
        yield server
    finally:
        server.stop()


@pytest.fixture
async def balancer(server: DevServer, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[LoadBalancer]:
    """The load balancer before the server; clients that are made from here on trust it."""
    async with LoadBalancer(server.port, idle_timeout=IDLE_TIMEOUT) as balancer:
        monkeypatch.setenv("SSL_CERT_FILE", str(balancer.ca_file))
        yield balancer


@pytest.fixture
async def public(balancer: LoadBalancer) -> AsyncGenerator[LangGraphClient]:
    """The SDK's client, as a user outside has it."""
    async with get_client(url=balancer.url, api_key=None) as client:
        yield client


async def new_thread(client: LangGraphClient) -> str:
    return (await client.threads.create(graph_id=AGENT))["thread_id"]


async def new_run(client: LangGraphClient) -> tuple[str, str]:
    thread_id = await new_thread(client)
    run = await client.runs.create(thread_id, AGENT, input=question(), stream_resumable=True)
    return thread_id, run["run_id"]


def question() -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "Hello"}]}


async def by_stream(client: LangGraphClient) -> str:
    thread_id = await new_thread(client)
    async for _ in stream_turn(client, thread_id, AGENT, "Hello"):
        pass
    return last_answer((await restore_session(thread_id, client=client)).values)


async def by_wait(client: LangGraphClient) -> str:
    state = await client.runs.wait(await new_thread(client), AGENT, input=question())
    assert isinstance(state, dict)
    return last_answer(state)


async def by_join(client: LangGraphClient) -> str:
    return last_answer(await client.runs.join(*await new_run(client)))


async def by_joined_stream(client: LangGraphClient) -> str:
    states = [
        part.data
        async for part in client.runs.join_stream(*await new_run(client), last_event_id="-1")
        if part.event == "values"
    ]
    return last_answer(states[-1])


async def by_stream_of_the_thread(client: LangGraphClient) -> str:
    """It has no end: the reader leaves."""
    thread_id, _ = await new_run(client)
    async for part in await client.threads.join_stream(thread_id, last_event_id="-"):
        if part.event == "values" and (answer := last_answer(part.data)):
            return answer
    return ""


async def by_resume(client: LangGraphClient) -> str:
    """A session that a client finds running is waited for."""
    thread_id, _ = await new_run(client)
    session = await resume_session(thread_id, client=client)
    assert session.status is SessionStatus.IDLE
    return last_answer(session.values)


WAYS: tuple[Callable[[LangGraphClient], Awaitable[str]], ...] = (
    by_stream,
    by_wait,
    by_join,
    by_joined_stream,
    by_resume,
)
EVERY_WAY = (*WAYS, by_stream_of_the_thread)
"""The SDK does not ask for a thread's stream again when that is cut off."""


def held(reply: Reply, times: int = 1) -> tuple[threading.Event, list[HeldReply]]:
    """Return what releases the replies, and the replies."""
    released = threading.Event()
    return released, [HeldReply(reply, released)] * times


@pytest.mark.timeout(600 + SILENCE)
async def test_silent_runs_are_heard_to_their_end(
    balancer: LoadBalancer, public: LangGraphClient, model: ModelServer
) -> None:
    """However a client waits, it gets the answer of a model that is silent for longer than the timeout."""
    released, replies = held(Reply(ANSWER), len(EVERY_WAY))
    model.then(*replies)
    waiting = asyncio.gather(*(way(public) for way in EVERY_WAY))
    await eventually(lambda: balancer.streams == len(EVERY_WAY), within=SOON)
    await asyncio.sleep(SILENCE)
    released.set()

    assert await waiting == [ANSWER] * len(EVERY_WAY)
    assert balancer.timeouts == 0


@pytest.mark.filterwarnings("ignore:Request failed, attempting reconnect")
async def test_clients_that_are_cut_off_get_the_answer_all_the_same(
    balancer: LoadBalancer, public: LangGraphClient, model: ModelServer
) -> None:
    """The SDK asks again where the server's Location header says, as long as the run goes on."""
    released, replies = held(Reply(ANSWER), len(WAYS))
    model.then(*replies)
    before = len(model.received)
    waiting = asyncio.gather(*(way(public) for way in WAYS))
    await eventually(lambda: len(model.received) == before + len(WAYS), within=SOON)
    for _ in range(2):
        await eventually(lambda: balancer.streams == len(WAYS), within=SOON)
        balancer.cut()
    released.set()

    assert await waiting == [ANSWER] * len(WAYS)


async def test_a_stream_that_is_cut_off_tells_each_step_once(
    balancer: LoadBalancer, public: LangGraphClient, model: ModelServer
) -> None:
    """Also what happens while nobody listens is told, once, and in its order."""
    calling = Reply(calls=(("check_overhangs", {"file": BRACKET.name}),))
    first, [call] = held(calling)
    second, [summary] = held(Reply("It has overhangs."))
    handover = Reply(calls=(("transfer_to_printability", {"task": "Check the overhangs."}),))

    async def told() -> list[Step]:
        model.then(handover, call, summary, Reply(ANSWER))
        thread_id = await new_thread(public)
        await upload_files(public, thread_id, [BRACKET])
        return [step async for step in stream_turn(public, thread_id, AGENT, "Check the overhangs.")]

    before = len(model.received)

    async def silent_at(request: int) -> None:
        await eventually(lambda: len(model.received) == before + request, within=SOON)
        await eventually(lambda: balancer.streams == 1, within=SOON)

    telling = asyncio.create_task(told())
    for request, released in ((2, first), (3, second)):
        await silent_at(request)
        balancer.cut()
        released.set()
    cut_off = await telling

    assert await told() == cut_off, "the same turn in one go"
    assert [step.text for step in cut_off][:2] == [
        "hands over to printability",
        "check_overhangs(file='bracket.stl')",
    ]


async def test_a_stream_that_is_cut_off_before_its_first_step_tells_all(
    balancer: LoadBalancer, public: LangGraphClient, model: ModelServer
) -> None:
    """All has happened by the time the client asks again."""
    handover = Reply(calls=(("transfer_to_printability", {"task": "Say something."}),))
    model.then(handover, Reply("Something."), Reply(ANSWER))
    thread_id = await new_thread(public)
    balancer.cuts_to_come = 1
    told = [step.text async for step in stream_turn(public, thread_id, AGENT, "Say something.")]

    assert balancer.cuts_to_come == 0
    assert told == ["hands over to printability"]


async def test_links_lead_to_the_public_address(balancer: LoadBalancer, public: LangGraphClient) -> None:
    thread_id = await new_thread(public)
    uploaded = await upload_files(public, thread_id, [BRACKET])
    listed = (await public.http.client.get(f"/files/{thread_id}")).json()["files"]
    for [file] in (uploaded, listed):
        fetched = await public.http.client.get(urljoin(balancer.url, file["url"]))
        assert str(fetched.url).startswith(f"{balancer.url}/")
        assert fetched.content == BRACKET.read_bytes()


async def test_the_log_says_for_whom_a_request_was_forwarded(
    balancer: LoadBalancer, public: LangGraphClient, server: DevServer
) -> None:
    """The last address is the load balancer's word, what stands before it is the client's."""
    missing = f"/files/{uuid4()}/none.csv"
    await public.http.client.get(missing, headers={"x-forwarded-for": "203.0.113.7"})

    assert server.log
    await asyncio.to_thread(wait_for_text, server.log, "203.0.113.7")
    [line] = [line for line in server.log.read_text().splitlines() if missing in line]
    assert "{'x-forwarded-for': '203.0.113.7, 127.0.0.1'}" in re.sub(r"\x1b\[[0-9;]*m", "", line)


async def test_the_smoke_test_fails_for_a_model_that_does_not_answer(
    balancer: LoadBalancer, public: LangGraphClient, model: ModelServer
) -> None:
    model.then(Failure(401, "no such key"))
    checks = [check async for check in smoke(public)]

    assert [check.name for check in checks if check.passed] == ["health", "ready", "agents", "run"]
    assert checks[-1].name == "restore"
    assert "the model gave no answer: The model openai:gpt-5.5 could not answer" in checks[-1].seen
    assert "MODEL" in checks[-1].remedy


async def test_the_idle_timeout_is_real(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that says nothing is a 504, and one that falls silent is cut off."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await reader.readuntil(b"\r\n\r\n")).startswith(b"GET /half"):
            writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as target:
        port = target.sockets[0].getsockname()[1]
        async with LoadBalancer(port, idle_timeout=0.5) as balancer:
            monkeypatch.setenv("SSL_CERT_FILE", str(balancer.ca_file))
            async with httpx.AsyncClient(base_url=balancer.url) as client:
                assert (await client.get("/nothing")).status_code == httpx.codes.GATEWAY_TIMEOUT
                with pytest.raises(httpx.RemoteProtocolError):
                    await client.get("/half")
            assert balancer.timeouts == 2
