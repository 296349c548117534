"""An answer that names no question gets the name of the one that is open."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import InternalServerError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from graphs.server import answers
from graphs.server.answers import bind_answer
from graphs.server.run_requests import RunRequestMiddleware
from tests.support.kit_environment import THREAD_ID

FIRST, SECOND = "ef6c079b336ce4e11887bf296a0c84ef", "69d2341cce7af747213bd5f4829384d4"
APPROVAL = {"decisions": [{"type": "approve"}]}

ServeState = Callable[..., None]


@pytest.fixture
def serve_state(monkeypatch: pytest.MonkeyPatch) -> ServeState:
    """Let the server itself say that these questions are open, or answer with another status."""

    def serve(*questions: str, status: int = 200) -> None:
        async def state(_: Request) -> JSONResponse:
            return JSONResponse({"interrupts": [{"id": question} for question in questions]}, status)

        app = Starlette(routes=[Route(f"/threads/{THREAD_ID}/state", state)])
        transport = httpx.ASGITransport(app)
        monkeypatch.setattr(
            answers,
            "get_client",
            lambda: LangGraphClient(httpx.AsyncClient(transport=transport, base_url="http://api")),
        )

    return serve


async def bound(answer: Any) -> Any:
    body = json.dumps({"command": {"resume": answer}, "durability": "sync"}).encode()
    request = json.loads(await bind_answer(body, THREAD_ID))
    assert request["durability"] == "sync"
    return request["command"]["resume"]


@pytest.mark.parametrize("answer", ["yes", APPROVAL, ["a"], 0, False, {"f" * 31: "x"}])
async def test_an_answer_gets_the_name_of_the_one_question(answer: Any, serve_state: ServeState) -> None:
    serve_state(FIRST)
    assert await bound(answer) == {FIRST: answer}


@pytest.mark.parametrize("answer", [{SECOND: "yes"}, {}, None])
async def test_an_answer_that_names_its_question_stays(answer: Any, serve_state: ServeState) -> None:
    serve_state(FIRST)
    assert await bound(answer) == answer


@pytest.mark.parametrize("questions", [(), (FIRST, SECOND)])
async def test_without_one_question_the_answer_stays(
    questions: tuple[str, ...], serve_state: ServeState
) -> None:
    serve_state(*questions)
    assert await bound("yes") == "yes"


@pytest.mark.parametrize("status", [404, 422])
async def test_a_thread_that_the_server_refuses_is_left_to_its_validation(
    status: int, serve_state: ServeState
) -> None:
    serve_state(status=status)
    assert await bound("yes") == "yes"


@pytest.mark.parametrize(
    "body", [b'{"input": {}}', b'{"resume": ', b'["resume"]', b'{"command": {"goto": "resume"}}']
)
async def test_other_requests_ask_nothing(body: bytes, serve_state: ServeState) -> None:
    serve_state(status=500)
    assert await bind_answer(body, THREAD_ID) == body


async def test_no_answer_is_taken_while_the_question_is_not_known(serve_state: ServeState) -> None:
    """Bound to nothing, it could be taken for an answer to another question later."""
    serve_state(status=500)
    with pytest.raises(InternalServerError):
        await bound("yes")

    async def never(_: Request) -> JSONResponse:
        raise AssertionError("the run was started")

    app = Starlette(
        routes=[Route("/threads/{thread_id}/runs", never, methods=["POST"])],
        middleware=[Middleware(RunRequestMiddleware)],
    )
    refused = TestClient(app).post(f"/threads/{THREAD_ID}/runs", json={"command": {"resume": "yes"}})
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "5"
    assert "the question can't be read now" in refused.json()["detail"]
