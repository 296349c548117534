"""Anthropic's messages: POST /v1/messages (docs.anthropic.com, API reference, Messages and its streaming)."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from tests.support.model_reply import Reply, plain

_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_TOOL_ID = re.compile(r"[a-zA-Z0-9_-]+")
_numbers = count(1)


def has_key(headers: Mapping[str, str], key: str) -> bool:
    """Return whether the request carries the key, in either of its headers, and the API's version."""
    keys = {headers.get("x-api-key"), headers.get("authorization", "").removeprefix("Bearer ")}
    return key in keys and "anthropic-version" in headers


def problem(body: dict[str, Any]) -> str | None:
    """Return why the API would refuse the request with a 400, or None."""
    if body["max_tokens"] < 1:
        return "max_tokens: must be greater than or equal to 1"
    for tool in body.get("tools", []):
        if not _TOOL_NAME.fullmatch(tool["name"]) or tool["input_schema"]["type"] != "object":
            return f"invalid tool {tool}"
    messages = [(message["role"], _blocks(message["content"])) for message in body["messages"]]
    if messages[0][0] != "user":
        return "messages: first message must use the user role"
    if messages[-1][0] != "user":
        return (
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message."
        )
    return _block_problem(messages, has_tools=bool(body.get("tools")))


def _block_problem(messages: list[tuple[str, list[dict[str, Any]]]], *, has_tools: bool) -> str | None:
    open_calls: set[str] = set()
    for _, blocks in messages:
        if not blocks:
            return "messages: all messages must have non-empty content"
        if any(block["type"] == "text" and not block["text"].strip() for block in blocks):
            return "messages: text content blocks must contain non-whitespace text"
        results = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if missing := open_calls - results:
            return f"tool_use ids were found without tool_result blocks immediately after: {missing}"
        if orphans := results - open_calls:
            return f"unexpected tool_use_id found in tool_result blocks: {orphans}"
        open_calls = {block["id"] for block in blocks if block["type"] == "tool_use"}
        if not all(map(_TOOL_ID.fullmatch, open_calls)):
            return f"tool_use.id: should match pattern '^[a-zA-Z0-9_-]+$': {open_calls}"
        if open_calls and not has_tools:
            return "Requests which include tool_use or tool_result blocks must define tools"
    return None


def _blocks(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def tools(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the schema of each tool's arguments, by the tool's name."""
    return {tool["name"]: tool["input_schema"] for tool in body["tools"]}


def lines(body: dict[str, Any]) -> list[str]:
    """Return the conversation, a line for each text, call and result."""
    told = [f"system: {plain(body['system'])}"]
    for message in body["messages"]:
        for block in _blocks(message["content"]):
            if block["type"] == "tool_use":
                told.append(f"call: {block['name']} {json.dumps(block['input'])}")
            elif block["type"] == "tool_result":
                told.append(f"tool: {plain(block['content'])}")
            else:
                told.append(f"{message['role']}: {plain([block])}")
    return told


def reply(said: Reply, body: dict[str, Any]) -> dict[str, Any]:
    """Return the message."""
    return {**_head(body), "content": _content(said), "stop_reason": _stop_reason(said)}


def events(said: Reply, body: dict[str, Any]) -> Iterator[str]:
    """Yield the message as server-sent events."""

    def event(kind: str, **fields: Any) -> str:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"

    yield event("message_start", message={**_head(body), "content": [], "stop_reason": None})
    yield event("ping")
    for index, block in enumerate(_content(said)):
        if block["type"] == "text":
            yield event("content_block_start", index=index, content_block={"type": "text", "text": ""})
            deltas = [{"type": "text_delta", "text": word} for word in said.words]
        else:
            _, raw = said.written_calls[index - bool(said.text)]
            yield event("content_block_start", index=index, content_block={**block, "input": {}})
            middle = len(raw) // 2
            parts = ("", raw[:middle], raw[middle:])
            deltas = [{"type": "input_json_delta", "partial_json": part} for part in parts]
        for delta in deltas:
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    end = {"stop_reason": _stop_reason(said), "stop_sequence": None}
    yield event("message_delta", delta=end, usage={"output_tokens": 5})
    yield event("message_stop")


def _head(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"msg_{next(_numbers)}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 5},
    }


def _content(said: Reply) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": said.text}] if said.text else []
    for name, arguments in said.calls:
        given = arguments if isinstance(arguments, dict) else {}
        blocks.append({"type": "tool_use", "id": f"toolu_{next(_numbers)}", "name": name, "input": given})
    return blocks


def _stop_reason(said: Reply) -> str:
    if said.cut_off:
        return "max_tokens"
    return "tool_use" if said.calls else "end_turn"
