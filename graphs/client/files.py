"""Hand files to a session, and take files from it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from langgraph_sdk.client import LangGraphClient


async def upload_files(
    client: LangGraphClient, thread_id: str, paths: Sequence[Path]
) -> list[dict[str, Any]]:
    """Upload local files to the session and return their references (`name`, `size`, `media_type`, `url`).

    Raises:
        OSError: a file can't be read.
        httpx.HTTPStatusError: the server refused one; `error.response.json()["detail"]` says why.
    """
    contents = [(path.name, await asyncio.to_thread(path.read_bytes)) for path in paths]
    response = await client.http.client.post(
        files_path(thread_id), files=[("file", content) for content in contents]
    )
    response.raise_for_status()
    return response.json()["files"]


async def download_file(client: LangGraphClient, thread_id: str, name: str, folder: Path) -> Path:
    """Write a file of the session into the folder and return its path.

    Raises:
        httpx.HTTPStatusError: there is no such file.
    """
    response = await client.http.client.get(files_path(thread_id, name))
    response.raise_for_status()
    target = folder / Path(name).name
    await asyncio.to_thread(_write, target, response.content)
    return target


def files_path(thread_id: str, *name: str) -> str:
    """Return the server's path of a session's files, or of the file of that name."""
    return "/".join(["/files", *(quote(part, safe="") for part in (thread_id, *name))])


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
