"""Files attached to messages as content blocks, in the forms that Studio, agent-chat-ui and the SDKs send.

    {"type": "file" | "image", "mime_type": "text/csv", "data" | "base64": "…", "metadata": {"filename": "…"}}
    {"type": "text-plain", "text": "…", "title": "…"}
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,…"}}
    {"type": "file", "file": {"filename": "a.csv", "file_data": "data:text/csv;base64,…"}}
    {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "…"}}

Their bytes go to the artifact store; the message keeps a line "[attached: name]". No such block stays in the
conversation: it would weigh down each checkpoint, and a provider that does not know its form would refuse
every later turn. The functions block on the store: call them from a worker thread.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from graphs.kit.artifacts import MEDIA_TYPES, SessionArtifacts, has_known_suffix, suffix_of_media_type
from graphs.kit.errors import InputError

Content = str | list[str | dict[str, Any]]

_BLOCK_TYPES = (
    *("file", "image", "audio", "video", "text-plain"),  # LangChain
    *("image_url", "input_file", "input_image", "input_audio"),  # OpenAI
    *("document", "media"),  # Anthropic, Google
)
_MAX_BYTES = 50_000_000
"""A message is held in memory, several times over; an upload goes to the disk as it comes."""
_NESTED_KEYS = ("file", "image_url", "input_audio", "source", "metadata", "extras")
_LINK = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def has_attachments(content: object) -> bool:
    """Return whether a message's content holds a file or picture."""
    return isinstance(content, list) and any(map(_is_attachment, content))


def take_attachments(content: Sequence[str | dict[str, Any]], artifacts: SessionArtifacts | None) -> Content:
    """Return the content with each attached file stored and replaced by a line that names it.

    A file that can't be taken becomes a line "[not taken: reason]": the rest of the message still counts. No
    file is taken without a session (`artifacts` is None).
    """
    return list(_replaced(content, artifacts))


def _replaced(
    content: Sequence[str | dict[str, Any]], artifacts: SessionArtifacts | None
) -> Iterator[str | dict[str, Any]]:
    for block in content:
        if isinstance(block, str) or not _is_attachment(block):
            yield block
            continue
        try:
            if artifacts is None:
                raise InputError("there is no thread yet to keep it: create one, and run on it.")
            name, file = _named_bytes(block)
            if len(file) > _MAX_BYTES:
                raise InputError(
                    f"The attachment {name!r} has {len(file):,} bytes, and a message carries at most "
                    f"{_MAX_BYTES:,}: upload it (POST /files/{{thread_id}})."
                )
            artifact = artifacts.save(name, file)
        except InputError as error:
            yield {"type": "text", "text": f"\n[not taken: {error}]"}
        else:
            yield {"type": "text", "text": f"\n[attached: {artifact['name']}]"}


def _is_attachment(block: object) -> bool:
    return isinstance(block, Mapping) and block.get("type") in _BLOCK_TYPES


def _named_bytes(block: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return the file's name and content, wherever the block's form keeps them."""
    parts = [block, *(part for key in _NESTED_KEYS if isinstance(part := block.get(key), Mapping))]
    name = _first_text(parts, "filename", "file_name", "name", "title")
    media_type = _first_text(parts, "mime_type", "mimeType", "media_type")
    data = _first_text(parts, "file_data", "data", "base64", "image_url", "url")
    if data.startswith("data:"):
        header, _, data = data.removeprefix("data:").partition(",")
        media_type = header.partition(";")[0]
        content = _decoded(name or media_type, data) if header.endswith(";base64") else unquote_to_bytes(data)
    elif _LINK.match(data):
        raise InputError(
            f"The attachment {name or data!r} is a link, and links are not followed: attach the file."
        )
    elif _is_plain_text(block):
        content = data.encode(errors="replace")
    elif data:
        content = _decoded(name or media_type, data)
    else:
        content = _first_text(parts, "text").encode(errors="replace")
    return _file_name(name, media_type), content


def _first_text(parts: Sequence[Mapping[str, Any]], *keys: str) -> str:
    values = (part.get(key) for part in parts for key in keys)
    return next((value for value in values if isinstance(value, str) and value), "")


def _is_plain_text(block: Mapping[str, Any]) -> bool:
    """Anthropic's text source keeps the text itself where the other sources keep base64."""
    source = block.get("source")
    return isinstance(source, Mapping) and source.get("type") == "text"


def _decoded(label: str, data: str) -> bytes:
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except ValueError as error:
        raise InputError(f"The attachment {label!r} is not valid base64: {error}.") from None


def _file_name(name: str, media_type: str) -> str:
    suffix = suffix_of_media_type(media_type)
    if name:
        return name if has_known_suffix(name) else name + suffix
    if not suffix:
        raise InputError(
            f"An attachment of type {media_type or 'unknown'!r} without a file name can't be taken: "
            f"attach it with a name that ends in one of {', '.join(sorted(MEDIA_TYPES))}."
        )
    return f"attachment{suffix}"
