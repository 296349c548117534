"""Files over HTTP, with real multipart forms."""

import asyncio
import hashlib
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fsspec.implementations.local import LocalFileSystem
from starlette.applications import Starlette
from starlette.schemas import SchemaGenerator

from graphs.kit.artifacts import SessionArtifacts
from graphs.kit.errors import InputError
from graphs.server.file_routes import explain_input, routes
from tests.support.kit_environment import THREAD_ID, forget_settings

PNG = b"\x89PNG\r\n\x1a\n picture"
ADDRESS = f"/files/{THREAD_ID}"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=routes, exception_handlers={InputError: explain_input})
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as http:
        yield http


def form(*files: tuple[str, bytes]) -> dict[str, Any]:
    return {"files": [("file", (name, content, "application/octet-stream")) for name, content in files]}


def stored(store: Path) -> list[str]:
    return sorted(path.relative_to(store).as_posix() for path in store.rglob("*") if path.is_file())


def test_docstrings_are_no_broken_yaml() -> None:
    # LangGraph's server reads those of the routes as YAML, and logs a traceback for one that is not
    assert SchemaGenerator({}).get_schema(routes=routes)["paths"] == {}


async def test_upload_list_and_download(client: httpx.AsyncClient) -> None:
    response = await client.post(ADDRESS, **form(("sales.csv", b"x,y\n1,2\n"), ("plot.png", PNG)))

    assert response.status_code == 201
    first, second = response.json()["files"]
    assert first == {
        "name": "sales.csv",
        "media_type": "text/csv",
        "size": 8,
        "sha256": hashlib.sha256(b"x,y\n1,2\n").hexdigest(),
        "url": f"{ADDRESS}/sales.csv",
    }
    assert second["media_type"] == "image/png"

    listing = await client.get(ADDRESS)
    assert listing.status_code == 200
    assert listing.json() == {
        "files": [
            {"name": "plot.png", "size": len(PNG), "url": f"{ADDRESS}/plot.png"},
            {"name": "sales.csv", "size": 8, "url": f"{ADDRESS}/sales.csv"},
        ]
    }

    download = await client.get(second["url"])
    assert download.status_code == 200
    assert download.content == PNG


async def test_download_headers(client: httpx.AsyncClient, artifacts: SessionArtifacts) -> None:
    artifacts.save("Größe (1).csv", b"x,y\n1,2\n")
    listing = (await client.get(ADDRESS)).json()["files"]
    response = await client.get(listing[0]["url"])

    assert listing[0]["url"] == f"{ADDRESS}/Gr%C3%B6%C3%9Fe%20%281%29.csv"
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == "inline; filename*=utf-8''Gr%C3%B6%C3%9Fe%20%281%29.csv"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-length"] == "8"
    assert response.content == b"x,y\n1,2\n"


async def test_large_file_comes_back_whole(client: httpx.AsyncClient) -> None:
    content = bytes(range(256)) * 12_000
    await client.post(ADDRESS, **form(("large.txt", content)))

    assert (await client.get(f"{ADDRESS}/large.txt")).content == content


async def test_session_without_files(client: httpx.AsyncClient) -> None:
    response = await client.get(ADDRESS)

    assert response.status_code == 200
    assert response.json() == {"files": []}


async def test_taken_name_gets_a_number(client: httpx.AsyncClient) -> None:
    names = []
    for content in (b"1", b"2", b"1"):
        response = await client.post(ADDRESS, **form(("a.csv", content)))
        names.append(response.json()["files"][0]["name"])

    assert names == ["a.csv", "a-2.csv", "a.csv"]


async def test_uploads_side_by_side(client: httpx.AsyncClient, artifacts: SessionArtifacts) -> None:
    contents = [f"{number}".encode() for number in range(8)]
    responses = await asyncio.gather(
        *(client.post(ADDRESS, **form(("a.csv", content))) for content in contents)
    )

    names = [response.json()["files"][0]["name"] for response in responses]
    assert len(set(names)) == 8
    assert [artifacts.read(name) for name in names] == contents


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../../etc/passwd.txt", "passwd.txt"),
        ("/etc/cron.d/job.txt", "job.txt"),
        ("..\\..\\boot.txt", "boot.txt"),
        ("%2e%2e%2fboot.txt", "_2e_2e_2fboot.txt"),
        ("a\x00.txt", "a_.txt"),
    ],
)
async def test_uploaded_names_can_not_escape(
    client: httpx.AsyncClient, store: Path, name: str, kept: str
) -> None:
    # httpx would escape the name; browsers and attackers need not
    body = (
        b'--b\r\ncontent-disposition: form-data; name="file"; filename="'
        + name.replace("\\", "\\\\").encode()
        + b'"\r\n\r\nx\r\n--b--\r\n'
    )
    response = await client.post(
        ADDRESS, content=body, headers={"content-type": "multipart/form-data; boundary=b"}
    )

    assert response.status_code == 201
    assert stored(store) == [f"{THREAD_ID}/{kept}"]


@pytest.mark.parametrize(
    "path",
    [
        "/files/{thread}/..%2f..%2fsecret.txt",
        "/files/{thread}/%2e%2e%2fsecret.txt",
        "/files/{thread}/..%5csecret.txt",
        "/files/{thread}/%2fsecret.txt",
        "/files/{thread}/%00secret.txt",
        "/files/..%2f{thread}/secret.txt",
    ],
)
async def test_download_can_not_escape(client: httpx.AsyncClient, store: Path, path: str) -> None:
    for folder in (store, store.parent):
        SessionArtifacts(LocalFileSystem(), str(folder)).save("secret.txt", b"classified")
    response = await client.get(path.format(thread=THREAD_ID))

    assert response.status_code in {400, 404}
    assert "classified" not in response.text


async def test_unknown_file(client: httpx.AsyncClient, artifacts: SessionArtifacts) -> None:
    artifacts.save("a.csv", b"1")
    response = await client.get(f"{ADDRESS}/b.csv")

    assert response.status_code == 404
    assert "There is no file 'b.csv' in this session. Its files: a.csv." in response.text


async def test_page_runs_no_script_on_this_origin(client: httpx.AsyncClient) -> None:
    # CSP level 3, section 6.3.2: "sandbox" without allow-scripts and allow-same-origin permits neither
    await client.post(ADDRESS, **form(("page.html", b"<script>fetch('/threads')</script>"), ("a.csv", b"1")))
    page = await client.get(f"{ADDRESS}/page.html")
    table = await client.get(f"{ADDRESS}/a.csv")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = [part.strip() for part in page.headers["content-security-policy"].split(";")]
    assert {"sandbox", "default-src 'none'"} <= set(policy)
    assert not [part for part in policy if "script" in part or part.startswith("sandbox ")]
    assert "content-security-policy" not in table.headers


async def test_download_of_another_type(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{ADDRESS}/run.exe")

    assert response.status_code == 400
    assert "'run.exe' can't be used: it must end in one of" in response.json()["detail"]


@pytest.mark.parametrize("thread_id", ["1", "..", "%2e%2e", "-" * 36, "latest"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_bad_thread_id(client: httpx.AsyncClient, store: Path, thread_id: str, method: str) -> None:
    response = await client.request(method, f"/files/{thread_id}", **form(("a.csv", b"1")))

    assert response.status_code in {400, 404}
    if response.status_code == 400:
        assert "is not a UUID" in response.json()["detail"]
    assert stored(store) == []


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("run.exe", b"MZ", "'run.exe' can't be used: it must end in one of .3mf, .csv"),
        ("page.svg", b"<script>", "'page.svg' can't be used: it must end in one of"),
        ("a.png", b"GIF89a", "'a.png' is not what its name says: give it its true ending"),
        ("a.csv", b"", "'a.csv' is empty: send one with content"),
    ],
)
async def test_file_that_can_not_be_taken(
    client: httpx.AsyncClient, store: Path, name: str, content: bytes, reason: str
) -> None:
    response = await client.post(ADDRESS, **form((name, content)))

    assert response.status_code == 400
    assert reason in response.json()["detail"]
    assert stored(store) == []


@pytest.mark.parametrize(
    "request_parts",
    [
        {"content": b""},
        {"data": {"file": "text, not a file"}},
        {"json": {"file": "a.csv"}},
        {"files": [("upload", ("a.csv", b"1"))]},
        {"files": [("file", ("", b"1"))]},
    ],
    ids=["empty", "text field", "json", "other field", "no name"],
)
async def test_form_without_a_file(
    client: httpx.AsyncClient, store: Path, request_parts: dict[str, Any]
) -> None:
    response = await client.post(ADDRESS, **request_parts)

    assert response.status_code == 400
    assert "file" in response.json()["detail"]
    assert stored(store) == []


async def test_broken_form(client: httpx.AsyncClient) -> None:
    response = await client.post(
        ADDRESS, content=b"--b\r\nnonsense", headers={"content-type": "multipart/form-data; boundary=b"}
    )

    assert response.status_code == 400


async def test_upload_over_the_limit(
    client: httpx.AsyncClient, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTIFACTS_MAX_BYTES", "1000")
    forget_settings()

    over = await client.post(ADDRESS, **form(("a.txt", b"x" * 200_000)))
    assert over.status_code == 413
    assert "is over the limit of 1,000 bytes: send files one by one or smaller ones" in over.text

    # small enough to be read, and over the limit all the same
    little_over = await client.post(ADDRESS, **form(("a.txt", b"x" * 1001)))
    assert little_over.status_code == 400
    assert "'a.txt' is larger than the limit of 1,000 bytes" in little_over.json()["detail"]
    assert stored(store) == []

    assert (await client.post(ADDRESS, **form(("a.txt", b"x" * 1000)))).status_code == 201


async def test_body_over_the_limit_is_not_read(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTIFACTS_MAX_BYTES", "1000")
    forget_settings()

    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("nothing of the body may be asked for")
        yield b""

    headers = {"content-length": "1000000", "content-type": "multipart/form-data; boundary=b"}
    response = await client.post(ADDRESS, content=body(), headers=headers)

    assert response.status_code == 413


@pytest.mark.parametrize("length", [None, "", "many", "-1", "\u00b2"])
async def test_upload_without_a_length(client: httpx.AsyncClient, store: Path, length: str | None) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\nx\r\n--b--\r\n'

    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    if length is not None:
        headers.append((b"content-length", length.encode("latin-1")))
    response = await client.post(ADDRESS, content=body(), headers=headers)

    assert response.status_code == 411
    assert "needs a Content-Length header" in response.text
    assert stored(store) == []


async def test_upload_with_one_bad_name_stores_nothing(client: httpx.AsyncClient, store: Path) -> None:
    response = await client.post(ADDRESS, **form(("sales.csv", b"x,y\n1,2\n"), ("virus.exe", b"MZ")))

    assert response.status_code == 400
    assert "'virus.exe'" in response.json()["detail"]
    assert stored(store) == []


async def test_too_many_files(client: httpx.AsyncClient, store: Path) -> None:
    response = await client.post(ADDRESS, **form(*((f"{number}.txt", b"x") for number in range(51))))

    assert response.status_code == 400
    assert "Maximum number of files is 50" in response.text
    assert stored(store) == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods(client: httpx.AsyncClient, artifacts: SessionArtifacts, method: str) -> None:
    artifacts.save("a.csv", b"1")

    assert (await client.request(method, f"{ADDRESS}/a.csv")).status_code == 405
    assert artifacts.read("a.csv") == b"1"


async def test_a_large_upload_goes_to_the_disk_as_it_comes(client: httpx.AsyncClient, store: Path) -> None:
    size = 64_000_000
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="large.csv"\r\n\r\nx,y\n'
    tail = b"\r\n--b--\r\n"
    line = b"1,2\n" * 16_000

    async def body() -> AsyncIterator[bytes]:
        yield head
        for _ in range(size // len(line)):
            yield line
        yield tail

    tracemalloc.start()
    try:
        response = await client.post(
            ADDRESS,
            content=body(),
            headers={
                "content-type": "multipart/form-data; boundary=b",
                "content-length": str(len(head) + size + len(tail)),
            },
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert response.status_code == 201
    assert response.json()["files"][0]["size"] == len(b"x,y\n") + size
    assert stored(store) == [f"{THREAD_ID}/large.csv"]
    assert peak < 20_000_000
