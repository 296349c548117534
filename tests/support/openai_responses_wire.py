"""OpenAI's responses: POST /v1/responses (platform.openai.com, API reference, Responses)."""

import json
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from tests.support.model_reply import Reply, plain
from tests.support.openai_chat_wire import schema_problem

_USAGE = {
    "input_tokens": 10,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 15,
}
_numbers = count(1)


def has_key(headers: Mapping[str, str], key: str) -> bool:
    """Return whether the request carries the key."""
    return headers.get("authorization") == f"Bearer {key}"


def problem(body: dict[str, Any]) -> str | None:
    """Return why the API would refuse the request with a 400, or None."""
    for tool in body.get("tools", []):
        if tool["type"] != "function":
            return f"invalid tool {tool}"
        if why := schema_problem(tool["parameters"]):
            return f"Invalid schema for function '{tool['name']}': {why}"
    called = [item["call_id"] for item in body["input"] if item.get("type") == "function_call"]
    answered = [item["call_id"] for item in body["input"] if item.get("type") == "function_call_output"]
    if unanswered := set(called) - set(answered):
        return f"No tool output found for function call {unanswered}"
    if orphans := set(answered) - set(called):
        return f"No tool call found for function call output with call_id {orphans}"
    return None


def tools(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the schema of each tool's arguments, by the tool's name."""
    return {tool["name"]: tool["parameters"] for tool in body["tools"]}


def lines(body: dict[str, Any]) -> list[str]:
    """Return the conversation, a line for each text, call and result."""
    told = []
    for item in body["input"]:
        if item["type"] == "function_call":
            told.append(f"call: {item['name']} {item['arguments']}")
        elif item["type"] == "function_call_output":
            told.append(f"tool: {item['output']}")
        else:
            told.append(f"{item['role']}: {plain(item['content'])}")
    return told


def reply(said: Reply, body: dict[str, Any]) -> dict[str, Any]:
    """Return the response."""
    return {**_head(body), **_end(said), "output": _items(said), "usage": _USAGE}


def events(said: Reply, body: dict[str, Any]) -> Iterator[str]:
    """Yield the response as server-sent events."""
    numbers = count()

    def event(kind: str, **fields: Any) -> str:
        payload = {"type": kind, "sequence_number": next(numbers), **fields}
        return f"event: {kind}\ndata: {json.dumps(payload)}\n\n"

    head = _head(body)
    items = _items(said)
    yield event("response.created", response={**head, "status": "in_progress", "output": []})
    for index, item in enumerate(items):
        place = {"output_index": index, "item_id": item["id"]}
        if item["type"] == "message":
            part = item["content"][0]
            yield event("response.output_item.added", output_index=index, item={**item, "content": []})
            empty = {**part, "text": ""}
            yield event("response.content_part.added", **place, content_index=0, part=empty)
            for word in said.words:
                yield event("response.output_text.delta", **place, content_index=0, delta=word, logprobs=[])
            yield event("response.output_text.done", **place, content_index=0, text=said.text, logprobs=[])
            yield event("response.content_part.done", **place, content_index=0, part=part)
        else:
            arguments = item["arguments"]
            yield event("response.output_item.added", output_index=index, item={**item, "arguments": ""})
            yield event("response.function_call_arguments.delta", **place, delta=arguments)
            yield event("response.function_call_arguments.done", **place, arguments=arguments)
        yield event("response.output_item.done", output_index=index, item=item)
    end = _end(said)
    yield event(f"response.{end['status']}", response={**head, **end, "output": items, "usage": _USAGE})


def _end(said: Reply) -> dict[str, Any]:
    if said.cut_off:
        return {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    return {"status": "completed"}


def _head(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"resp_{next(_numbers)}",
        "object": "response",
        "created_at": 1_700_000_000,
        "model": body["model"],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
    }


def _items(said: Reply) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    status = _end(said)["status"]
    if said.text:
        part = {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}
        message = {"type": "message", "role": "assistant", "status": status, "content": [part]}
        items.append({"id": f"msg_{next(_numbers)}", **message})
    for name, arguments in said.written_calls:
        number = next(_numbers)
        call = {"type": "function_call", "name": name, "arguments": arguments, "status": status}
        items.append({"id": f"fc_{number}", "call_id": f"call_{number}", **call})
    return items
