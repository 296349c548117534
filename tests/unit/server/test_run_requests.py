"""What becomes of a request that starts a run before the server sees it."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import Message
from starlette.websockets import WebSocket

from graphs.kit.artifacts import SessionArtifacts
from graphs.server.run_requests import RunRequestMiddleware, rewrite_run_request
from tests.support.kit_environment import THREAD_ID

CSV = b"x,y\n1,2\n3,4\n" * 40
CSV_64 = base64.b64encode(CSV).decode()
ATTACHED = {"type": "text", "text": "\n[attached: a.csv]"}


def block() -> dict[str, Any]:
    return {"type": "file", "data": CSV_64, "mime_type": "text/csv", "metadata": {"filename": "a.csv"}}


def message(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": "Profile it."}, *blocks]}


def rewritten(run: Any, thread_id: str | None = THREAD_ID) -> Any:
    return json.loads(rewrite_run_request(json.dumps(run).encode(), thread_id))


@pytest.mark.parametrize(
    ("run", "durability"),
    [
        ({"assistant_id": "analytics"}, "sync"),
        ({"durability": None}, "sync"),
        ({"durability": "async"}, "async"),
        ({"durability": "exit"}, "exit"),
        ({"durability": "sync"}, "sync"),
    ],
)
def test_durability_is_sync_unless_chosen(run: dict[str, Any], durability: str) -> None:
    assert rewritten(run)["durability"] == durability
    assert rewritten({**run, "on_completion": "keep"}, None)["durability"] == durability


def test_a_run_whose_thread_goes_with_it_is_left_alone() -> None:
    # it has no checkpointer: LangGraph fails when such a run is to be durable
    assert rewritten({"assistant_id": "a"}, None) == {"assistant_id": "a"}


@pytest.mark.parametrize("chosen", [True, False])
def test_older_way_to_choose_durability_is_kept(chosen: bool) -> None:
    assert rewritten({"checkpoint_during": chosen}) == {"checkpoint_during": chosen}


def test_each_run_of_a_batch_gets_it() -> None:
    kept = {"on_completion": "keep"}
    assert rewritten([kept, {**kept, "durability": "exit"}, {}], None) == [
        {**kept, "durability": "sync"},
        {**kept, "durability": "exit"},
        {},
    ]


def test_nothing_else_changes() -> None:
    run = {
        "assistant_id": "analytics",
        "input": {"messages": [{"role": "user", "content": "Größe, 3.0 and 1e400 and 12345678901234567"}]},
        "command": {"resume": {"decisions": [{"type": "approve"}]}},
        "config": {"configurable": {"x": [1, 2.5, None, True]}},
        "stream_mode": ["values", "messages-tuple"],
    }

    assert rewritten(run) == {**run, "durability": "sync"}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"not json", b"\xff\xfe", b'{"a": NaN}', b'{"a": 1', json.dumps({"a": "\ud800"}).encode()],
)
def test_body_that_is_no_json_is_left_to_the_server(body: bytes) -> None:
    assert rewrite_run_request(body, THREAD_ID) == body


@pytest.mark.parametrize(
    "payload",
    [
        None,
        17,
        "text",
        [],
        [1, "x", None],
        {"input": None},
        {"input": "text"},
        {"input": []},
        {"input": {}},
        {"input": {"messages": None}},
        {"input": {"messages": "text"}},
        {"input": {"messages": [None, 3, "text", ["user", "text"]]}},
        {"input": {"messages": [{"role": "user"}, {"role": "user", "content": None}]}},
        {"input": {"messages": [{"role": "user", "content": [None, 3, "x", {}, {"type": None}]}]}},
    ],
)
def test_odd_payloads_pass(payload: Any) -> None:
    expected = {**payload, "durability": "sync"} if isinstance(payload, dict) else payload

    assert rewritten(payload) == expected


def test_attachment_becomes_a_file_and_no_bytes_stay(artifacts: SessionArtifacts) -> None:
    run = {"input": {"messages": [{"role": "user", "content": "Hello"}, message(block())]}}
    body = rewrite_run_request(json.dumps(run).encode(), THREAD_ID)

    assert json.loads(body)["input"]["messages"][1]["content"] == [
        {"type": "text", "text": "Profile it."},
        ATTACHED,
    ]
    assert CSV_64[:40].encode() not in body
    assert artifacts.read("a.csv") == CSV


def test_single_message_instead_of_a_list(artifacts: SessionArtifacts) -> None:
    assert rewritten({"input": {"messages": message(block())}})["input"]["messages"]["content"][1] == ATTACHED
    assert artifacts.read("a.csv") == CSV


@pytest.mark.parametrize("key", ["values", "update"])
def test_attachment_in_what_is_written_into_the_state(artifacts: SessionArtifacts, key: str) -> None:
    body = json.dumps({key: {"messages": [message(block())]}}).encode()
    written = json.loads(rewrite_run_request(body, THREAD_ID, starts_run=False))

    assert written[key]["messages"][0]["content"][1] == ATTACHED
    assert artifacts.read("a.csv") == CSV


@pytest.mark.parametrize("depth", [300, 900])
def test_body_deeper_than_can_be_written_is_left_to_the_server(depth: int) -> None:
    body = b'{"assistant_id":"a","input":' + b'{"a":' * depth + b"1" + b"}" * (depth + 1)

    assert rewrite_run_request(body, THREAD_ID) == body


def test_attachment_in_an_update_of_the_state(artifacts: SessionArtifacts) -> None:
    run = rewritten({"command": {"update": {"messages": [message(block())]}, "goto": "intake"}})

    assert run["command"]["update"]["messages"][0]["content"][1] == ATTACHED
    assert artifacts.read("a.csv") == CSV


def test_refused_attachment_says_so_and_the_message_goes_on(artifacts: SessionArtifacts) -> None:
    bad = {"type": "file", "data": "día", "mime_type": "text/csv", "metadata": {"filename": "a.csv"}}
    run = rewritten({"input": {"messages": [message(bad)]}})

    first, second = run["input"]["messages"][0]["content"]
    assert first["text"] == "Profile it."
    assert second["text"].startswith("\n[not taken: The attachment 'a.csv' is not valid base64")
    assert artifacts.sizes() == {}


def test_request_sent_twice_leaves_one_file(artifacts: SessionArtifacts) -> None:
    for _ in range(2):
        rewritten({"input": {"messages": [message(block())]}})

    assert artifacts.sizes() == {"a.csv": len(CSV)}


def test_run_without_a_thread_keeps_its_attachments() -> None:
    """The server makes a thread for it; the graph's own intake stores them there."""
    run = rewritten({"input": {"messages": [message(block())]}}, None)

    assert run["input"]["messages"][0]["content"][1] == block()


async def echo(request: Request) -> Response:
    body = await request.body()
    length = request.headers.get("content-length")
    return JSONResponse({"body": body.decode("latin-1"), "length": length, "path": request.url.path})


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    routes = [Route("/{path:path}", echo, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])]
    app = Starlette(routes=routes, middleware=[Middleware(RunRequestMiddleware)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://server") as http:
        yield http


@pytest.mark.parametrize(
    "path",
    [
        "/runs",
        "/runs/",
        "/runs/stream",
        "/runs/wait",
        "/runs/batch",
        "/runs/crons",
        f"/threads/{THREAD_ID}/runs",
        f"/threads/{THREAD_ID}/runs/stream",
        f"/threads/{THREAD_ID}/runs/wait",
        f"/threads/{THREAD_ID}/runs/crons",
        f"/threads/{THREAD_ID.upper()}/runs",
        f"/threads/{THREAD_ID.replace('-', '')}/runs",
    ],
)
async def test_requests_that_start_runs_are_rewritten(client: httpx.AsyncClient, path: str) -> None:
    run = {"assistant_id": "a", "on_completion": "keep"}
    received = (await client.post(path, json=run)).json()

    assert json.loads(received["body"]) == {**run, "durability": "sync"}
    assert received["length"] == str(len(received["body"]))
    assert received["path"] == path


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/threads"),
        ("POST", "/threads/search"),
        ("POST", "/runs/cancel"),
        ("POST", "/runs/crons/search"),
        ("POST", f"/threads/{THREAD_ID}/runs/{THREAD_ID}/cancel"),
        ("POST", f"/threads/{THREAD_ID}/history"),
        ("GET", f"/threads/{THREAD_ID}/state"),
        ("POST", f"/threads/{THREAD_ID}/state/checkpoint"),
        ("POST", f"/other/threads/{THREAD_ID}/runs"),
        ("POST", "/runs/stream/extra"),
        ("GET", f"/threads/{THREAD_ID}/runs"),
        ("PUT", "/runs"),
    ],
)
async def test_other_requests_pass_untouched(client: httpx.AsyncClient, method: str, path: str) -> None:
    body = b'{"assistant_id":   "a"}'
    received = (await client.request(method, path, content=body)).json()

    assert received["body"].encode() == body


async def test_attachment_over_http(client: httpx.AsyncClient, artifacts: SessionArtifacts) -> None:
    run = {"assistant_id": "analytics", "input": {"messages": [message(block())]}}
    received = (await client.post(f"/threads/{THREAD_ID}/runs/stream", json=run)).json()

    assert json.loads(received["body"])["input"]["messages"][0]["content"][1] == ATTACHED
    assert artifacts.read("a.csv") == CSV


async def test_attachment_in_a_command_of_event_streaming(
    client: httpx.AsyncClient, artifacts: SessionArtifacts
) -> None:
    parameters = {"assistant_id": "analytics", "input": {"messages": [message(block())]}}
    command = {"id": 1, "method": "run.start", "params": parameters}
    received = (await client.post(f"/threads/{THREAD_ID}/commands", json=command)).json()

    sent = json.loads(received["body"])
    assert sent["params"]["input"]["messages"][0]["content"][1] == ATTACHED
    assert sent.keys() == command.keys(), "the protocol has no durability"
    assert artifacts.read("a.csv") == CSV


def test_a_kept_run_without_a_thread_has_its_files_refused() -> None:
    run = {"on_completion": "keep", "input": {"messages": [message(block())]}}
    text = rewritten(run, None)["input"]["messages"][0]["content"][1]["text"]

    assert text == "\n[not taken: there is no thread yet to keep it: create one, and run on it.]"


def test_attachment_in_a_command_over_the_websocket(artifacts: SessionArtifacts) -> None:
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text())
        await socket.close()

    app = Starlette(
        routes=[WebSocketRoute("/threads/{thread_id}/stream/events", echo)],
        middleware=[Middleware(RunRequestMiddleware)],
    )
    command = {"id": 1, "method": "run.start", "params": {"input": {"messages": [message(block())]}}}
    with TestClient(app).websocket_connect(f"/threads/{THREAD_ID}/stream/events") as socket:
        socket.send_text(json.dumps(command))
        sent = json.loads(socket.receive_text())

    assert sent["params"]["input"]["messages"][0]["content"][1] == ATTACHED
    assert sent.keys() == command.keys()
    assert artifacts.read("a.csv") == CSV


async def test_attachment_in_a_write_of_the_state(
    client: httpx.AsyncClient, artifacts: SessionArtifacts
) -> None:
    written = {"values": {"messages": [message(block())]}, "as_node": "intake"}
    received = (await client.post(f"/threads/{THREAD_ID}/state", json=written)).json()

    sent = json.loads(received["body"])
    assert sent["values"]["messages"][0]["content"][1] == ATTACHED
    assert sent.keys() == written.keys()
    assert artifacts.read("a.csv") == CSV


@pytest.mark.parametrize("thread_id", ["-" * 36, "latest", "0" * 36, "..", "%20"])
async def test_bad_thread_id_is_left_to_the_server(client: httpx.AsyncClient, thread_id: str) -> None:
    run = {"assistant_id": "analytics", "input": {"messages": [message(block())]}}
    response = await client.post(f"/threads/{thread_id}/runs", json=run)

    assert response.status_code == 200
    assert json.loads(response.json()["body"])["input"] == run["input"]


async def test_body_in_parts(client: httpx.AsyncClient) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b'{"assis', b'tant_id": ', b'"a"}'):
            yield part

    received = (await client.post(f"/threads/{THREAD_ID}/runs/wait", content=parts())).json()

    assert json.loads(received["body"]) == {"assistant_id": "a", "durability": "sync"}


async def call(messages: list[Message]) -> tuple[list[Message], list[Message]]:
    """Send ASGI messages for a run through the middleware; return what the app received and sent."""
    received: list[Message] = []
    sent: list[Message] = []

    async def app(_: Any, receive: Any, send: Any) -> None:
        while (received.append(await receive()) or received[-1])["type"] != "http.disconnect":
            pass
        await send({"type": "http.response.start", "status": 204})

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": f"/threads/{THREAD_ID}/runs", "headers": []}
    await RunRequestMiddleware(app)(scope, receive, send)
    return received, sent


async def test_app_sees_the_client_hang_up_later() -> None:
    received, _ = await call(
        [{"type": "http.request", "body": b"{}", "more_body": False}, {"type": "http.disconnect"}]
    )

    assert received == [
        {"type": "http.request", "body": b'{"durability":"sync"}', "more_body": False},
        {"type": "http.disconnect"},
    ]


async def test_nothing_starts_when_the_client_hangs_up_early() -> None:
    received, sent = await call(
        [{"type": "http.request", "body": b'{"a":', "more_body": True}, {"type": "http.disconnect"}]
    )

    assert received == []
    assert sent == []


async def test_other_protocols_pass() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    async def nothing(*_: Any) -> Any:
        raise AssertionError("nothing is to be read or sent")

    for kind in ("lifespan", "websocket"):
        await RunRequestMiddleware(app)({"type": kind, "path": "/runs"}, nothing, nothing)

    assert seen == ["lifespan", "websocket"]
