"""Files of a session over HTTP: upload, list, download.

POST /files/{thread_id}          multipart form, one or more parts named "file" → 201, their references
GET  /files/{thread_id}          → names and sizes
GET  /files/{thread_id}/{name}   → the bytes

Register `explain_input` as the app's handler of `InputError` beside the routes.
"""

from collections.abc import Iterator
from typing import IO
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from graphs.kit.artifacts import SessionArtifacts, media_type_of, safe_name, session_artifacts
from graphs.kit.errors import InputError, MissingFileError
from graphs.kit.settings import kit_settings

_CHUNK_BYTES = 1 << 18
_FORM_OVERHEAD_BYTES = 100_000
_MAX_FILES = 50
_PAGE_HEADERS = {
    "content-security-policy": "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
}
"""A page that a person uploaded or an agent wrote is shown with its own pictures and styles. It runs no
script, loads nothing else and has no part in this server's origin."""


async def upload_files(request: Request) -> Response:
    """Store the form's files for the session and answer with their references.

    All names are checked first, so that an upload with a name that can't be used stores nothing.
    """
    thread_id = request.path_params["thread_id"]
    artifacts = await run_in_threadpool(session_artifacts, thread_id)
    _check_length(request)
    async with request.form(max_files=_MAX_FILES) as form:
        uploads = [part for part in form.getlist("file") if isinstance(part, UploadFile)]
        if not uploads:
            raise InputError("The form has no file: send a multipart form with a part named 'file'.")
        names = [safe_name(part.filename or "") for part in uploads]
        saved = [
            await run_in_threadpool(artifacts.save, name, part.file)
            for name, part in zip(names, uploads, strict=True)
        ]
    files = [{**artifact, "url": _url(thread_id, artifact["name"])} for artifact in saved]
    return JSONResponse({"files": files}, status_code=201)


async def list_files(request: Request) -> Response:
    """Answer with the names, sizes in bytes and addresses of the session's files."""
    thread_id = request.path_params["thread_id"]
    artifacts = await run_in_threadpool(session_artifacts, thread_id)
    sizes = await run_in_threadpool(artifacts.sizes)
    files = [{"name": name, "size": size, "url": _url(thread_id, name)} for name, size in sizes.items()]
    return JSONResponse({"files": files})


async def download_file(request: Request) -> Response:
    """Answer with a file's bytes."""
    artifacts = await run_in_threadpool(session_artifacts, request.path_params["thread_id"])
    name = safe_name(request.path_params["name"])
    file, size = await run_in_threadpool(_open, artifacts, name)
    return StreamingResponse(
        _chunks(file),
        media_type=media_type_of(name),
        headers={
            "content-length": str(size),
            "content-disposition": f"inline; filename*=utf-8''{quote(name)}",
            "x-content-type-options": "nosniff",
            **(_PAGE_HEADERS if media_type_of(name) == "text/html" else {}),
        },
    )


async def explain_input(_: Request, error: Exception) -> Response:
    """Answer 400 with the message, which names the input and the remedy."""
    return JSONResponse({"detail": str(error)}, status_code=400)


def _check_length(request: Request) -> None:
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise HTTPException(411, "An upload needs a Content-Length header.")
    limit = kit_settings().artifacts_max_bytes
    if int(length) > limit + _FORM_OVERHEAD_BYTES:
        raise HTTPException(
            413,
            f"The upload of {int(length):,} bytes is over the limit of {limit:,} bytes: send files one "
            "by one or smaller ones, or raise ARTIFACTS_MAX_BYTES on the server.",
        )


def _open(artifacts: SessionArtifacts, name: str) -> tuple[IO[bytes], int]:
    try:
        return artifacts.open(name), artifacts.size(name)
    except MissingFileError as error:
        raise HTTPException(404, str(error)) from None


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _url(thread_id: str, name: str) -> str:
    return f"/files/{thread_id}/{quote(name)}"


routes = [
    Route("/files/{thread_id}", upload_files, methods=["POST"]),
    Route("/files/{thread_id}", list_files, methods=["GET"]),
    Route("/files/{thread_id}/{name}", download_file, methods=["GET"]),
]
