"""OpenAI's chat completions: POST /v1/chat/completions (platform.openai.com, API reference, Chat)."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from tests.support.model_reply import Reply, plain

_FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MESSAGE_NAME = re.compile(r"[^\s<|\\/>]{1,64}")
_PARTS = {"text", "image_url", "input_audio", "file", "refusal"}
_USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
_numbers = count(1)


def has_key(headers: Mapping[str, str], key: str) -> bool:
    """Return whether the request carries the key."""
    return headers.get("authorization") == f"Bearer {key}"


def problem(body: dict[str, Any]) -> str | None:
    """Return why the API would refuse the request with a 400, or None."""
    for tool in body.get("tools", []):
        function = tool["function"]
        if tool["type"] != "function" or not _FUNCTION_NAME.fullmatch(function["name"]):
            return f"invalid tool {tool}"
        if why := schema_problem(function["parameters"]):
            return f"Invalid schema for function '{function['name']}': {why}"
    return _message_problem(body["messages"])


def schema_problem(schema: dict[str, Any]) -> str | None:
    """Return why the API would refuse the schema of a function's arguments, or None."""
    if schema["type"] != "object":
        return "schema must be of type 'object'"
    parts: list[Any] = [schema]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            if part.get("type") == "array" and "items" not in part:
                return "array schema missing items"
            parts.extend(part.values())
        elif isinstance(part, list):
            parts.extend(part)
    return None


def _message_problem(messages: list[dict[str, Any]]) -> str | None:
    open_calls: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_calls:
                return "messages with role 'tool' must be a response to a preceding message with 'tool_calls'"
            open_calls.remove(message["tool_call_id"])
            continue
        if open_calls:
            return f"an assistant message with 'tool_calls' must be followed by tool messages: {open_calls}"
        if not _MESSAGE_NAME.fullmatch(message.get("name", "x")):
            return f"invalid name {message['name']!r}"
        content = message.get("content")
        if isinstance(content, list) and not {part["type"] for part in content} <= _PARTS:
            return f"invalid content {content}"
        if content is None and not message.get("tool_calls"):
            return "invalid value for 'content': expected a string, got null"
        open_calls = {call["id"] for call in message.get("tool_calls") or []}
    return f"tool_call_ids did not have response messages: {open_calls}" if open_calls else None


def tools(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the schema of each tool's arguments, by the tool's name."""
    return {tool["function"]["name"]: tool["function"]["parameters"] for tool in body["tools"]}


def lines(body: dict[str, Any]) -> list[str]:
    """Return the conversation, a line for each text, call and result."""
    told = []
    for message in body["messages"]:
        if message["content"]:
            told.append(f"{message['role']}: {plain(message['content'])}")
        functions = [call["function"] for call in message.get("tool_calls", [])]
        told += [f"call: {function['name']} {function['arguments']}" for function in functions]
    return told


def reply(said: Reply, body: dict[str, Any]) -> dict[str, Any]:
    """Return the completion."""
    message: dict[str, Any] = {"role": "assistant", "content": said.text or None, "refusal": None}
    if said.calls:
        message["tool_calls"] = [
            {
                "id": f"call_{next(_numbers)}",
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
            for name, arguments in said.written_calls
        ]
    choice = {"index": 0, "message": message, "finish_reason": _finish_reason(said), "logprobs": None}
    return {**_head(body, "chat.completion"), "choices": [choice], "usage": _USAGE}


def events(said: Reply, body: dict[str, Any]) -> Iterator[str]:
    """Yield the completion as server-sent events."""
    head = _head(body, "chat.completion.chunk")

    def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return f"data: {json.dumps({**head, 'choices': [choice]})}\n\n"

    yield chunk({"role": "assistant", "content": ""})
    for word in said.words:
        yield chunk({"content": word})
    for index, (name, arguments) in enumerate(said.written_calls):
        call = {"index": index, "id": f"call_{next(_numbers)}", "type": "function"}
        yield chunk({"tool_calls": [{**call, "function": {"name": name, "arguments": ""}}]})
        middle = len(arguments) // 2
        for part in (arguments[:middle], arguments[middle:]):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    yield chunk({}, _finish_reason(said))
    if (body.get("stream_options") or {}).get("include_usage"):
        yield f"data: {json.dumps({**head, 'choices': [], 'usage': _USAGE})}\n\n"
    yield "data: [DONE]\n\n"


def _head(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{next(_numbers)}",
        "object": kind,
        "created": 1_700_000_000,
        "model": body["model"],
    }


def _finish_reason(said: Reply) -> str:
    if said.cut_off:
        return "length"
    return "tool_calls" if said.calls else "stop"
