"""Files of threads that clients delete."""

import uuid
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from graphs.kit.artifacts import session_artifacts
from graphs.kit.settings import kit_settings
from graphs.server.thread_files import ThreadFilesMiddleware

MINE, OTHERS = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))


async def call(method: str, path: str, *, status: int = 204, json: object = None) -> int:
    """Send the request to a server that answers with the status, and return what the client gets."""

    async def answer(request: Request) -> Response:
        await request.body()
        return Response(status_code=status) if status == 204 else JSONResponse({}, status)

    app = Starlette(
        routes=[Route("/{path:path}", answer, methods=["GET", "POST", "DELETE"])],
        middleware=[Middleware(ThreadFilesMiddleware)],
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return (await client.request(method, path, json=json)).status_code


@pytest.fixture(autouse=True)
def _files() -> None:
    for thread_id in (MINE, OTHERS):
        session_artifacts(thread_id).save("a.txt", b"hello")


def left(store: Path) -> list[str]:
    return sorted(folder.name for folder in store.iterdir())


@pytest.mark.parametrize("path", [f"/threads/{MINE}", f"/threads/{MINE}/", f"/threads/{MINE.upper()}"])
async def test_a_deleted_thread_takes_its_files_along(store: Path, path: str) -> None:
    assert await call("DELETE", path) == 204
    assert left(store) == [OTHERS]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", f"/threads/{MINE}", 404),
        ("DELETE", f"/threads/{MINE}", 500),
        ("GET", f"/threads/{MINE}", 200),
        ("DELETE", f"/threads/{MINE}/runs/{OTHERS}", 204),
        ("DELETE", "/threads/no-uuid", 204),
        ("DELETE", f"/assistants/{MINE}", 204),
    ],
)
async def test_other_requests_delete_no_file(store: Path, method: str, path: str, status: int) -> None:
    assert await call(method, path, status=status) == status
    assert left(store) == [MINE, OTHERS]


@pytest.mark.parametrize(
    ("body", "status", "kept"),
    [
        ({"thread_ids": [MINE], "strategy": "delete"}, 200, [OTHERS]),
        ({"thread_ids": [MINE]}, 200, [OTHERS]),
        ({"thread_ids": [MINE], "strategy": "keep_latest"}, 200, [MINE, OTHERS]),
        ({}, 200, [MINE, OTHERS]),
        ({"thread_ids": [MINE]}, 422, [MINE, OTHERS]),
    ],
)
async def test_so_do_pruned_threads(store: Path, body: object, status: int, kept: list[str]) -> None:
    assert await call("POST", "/threads/prune", status=status, json=body) == status
    assert left(store) == kept


async def test_a_store_that_can_not_delete_is_told_to_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTIFACTS_URL", "ftp://127.0.0.1:9/files")
    kit_settings.cache_clear()

    assert await call("DELETE", f"/threads/{MINE}") == 204

    assert f"Thread {MINE} is deleted, and its files are left: " in caplog.text
