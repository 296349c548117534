"""Files attached to messages as content blocks, in the forms that Studio, agent-chat-ui and the SDKs send.

    {"type": "file" | "image", "mime_type": "text/csv", "data" | "base64": "…", "metadata": {"filename": "…"}}
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,…"}}
    {"type": "file", "file": {"filename": "a.csv", "file_data": "data:text/csv;base64,…"}}

Their bytes go to the artifact store; the message keeps a line "[attached: name]". The functions block on
the store: call them from a worker thread.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphs.kit.artifacts import SessionArtifacts, suffix_of_media_type
from graphs.kit.errors import InputError

Content = str | list[str | dict[str, Any]]


def has_attachments(content: object) -> bool:
    """Return whether a message's content holds a file or picture with its bytes."""
    return isinstance(content, list) and any(_payload(block) for block in content)


def take_attachments(content: Sequence[str | dict[str, Any]], artifacts: SessionArtifacts) -> Content:
    """Return the content with each attached file stored and replaced by a line that names it.

    A file that can't be taken becomes a line "[not taken: reason]": the rest of the message still counts.
    """
    return list(_replaced(content, artifacts))


def _replaced(
    content: Sequence[str | dict[str, Any]], artifacts: SessionArtifacts
) -> Iterator[str | dict[str, Any]]:
    for block in content:
        payload = _payload(block)
        if payload is None:
            yield block
            continue
        try:
            artifact = artifacts.save(*_named_bytes(*payload))
        except InputError as error:
            yield {"type": "text", "text": f"\n[not taken: {error}]"}
        else:
            yield {"type": "text", "text": f"\n[attached: {artifact['name']}]"}


def _payload(block: object) -> tuple[str, str, str] | None:
    """Return (file name or '', media type, base64 text) of a block that carries bytes, else None."""
    if not isinstance(block, Mapping):
        return None
    nested = block.get("file") or block.get("image_url")
    inner = nested if isinstance(nested, Mapping) else {"url": nested}
    url = inner.get("file_data") or inner.get("url") or block.get("url") or ""
    if isinstance(url, str) and url.startswith("data:"):
        header, _, data = url.partition(",")
        media_type = header.removeprefix("data:").partition(";")[0]
    else:
        data = block.get("base64") or block.get("data") or ""
        media_type = str(block.get("mime_type") or block.get("mimeType") or block.get("media_type") or "")
    if not data or not isinstance(data, str):
        return None
    return _file_name(block, inner), media_type, data


def _file_name(block: Mapping[str, Any], inner: Mapping[str, Any]) -> str:
    metadata = block.get("metadata") or block.get("extras") or {}
    for source in (block, inner, metadata):
        for key in ("filename", "name", "title"):
            if isinstance(name := source.get(key), str) and name:
                return name
    return ""


def _named_bytes(name: str, media_type: str, data: str) -> tuple[str, bytes]:
    suffix = suffix_of_media_type(media_type)
    if not name and not suffix:
        raise InputError(
            f"An attachment of type {media_type or 'unknown'!r} has no file name: attach it with one."
        )
    try:
        content = base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise InputError(f"The attachment {name or media_type!r} is not valid base64: {error}.") from None
    return name or f"attachment{suffix}", content
