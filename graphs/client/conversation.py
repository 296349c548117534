"""One turn with an agent, told step by step while it happens."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from langgraph_sdk.client import LangGraphClient

_FROM_THE_BEGINNING = {"Last-Event-ID": "-1"}
"""For a stream that is cut off before its first event, which else would go on with what happens later."""


@dataclass(frozen=True)
class Step:
    """Something that happened: who did it and what, for a person to read."""

    actor: str
    text: str


async def stream_turn(client: LangGraphClient, thread_id: str, agent: str, text: str) -> AsyncIterator[Step]:
    """Send the text to the agent and yield what happens until the turn ends, or waits for a person.

    A connection that is lost is made again, and no step is missed or told twice. The run goes on at the
    server when the caller stops listening; `restore_session` then tells how it ended.
    """
    stream = client.runs.stream(
        thread_id,
        agent,
        input={"messages": [{"role": "user", "content": text}]},
        stream_mode=["updates", "custom"],
        stream_subgraphs=True,
        stream_resumable=True,
        on_disconnect="continue",
        durability="sync",
        headers=_FROM_THE_BEGINNING,
    )
    async for part in stream:
        event, _, path = part.event.partition("|")
        actor = path.partition(":")[0] or agent
        if event == "custom" and isinstance(part.data, Mapping) and "progress" in part.data:
            yield Step(actor, str(part.data["progress"]))
        elif event == "updates" and isinstance(part.data, Mapping):
            for step in _steps(actor, part.data, nested=bool(path)):
                yield step
        elif event == "error":
            raise RuntimeError(f"The run failed: {part.data}")


def _steps(actor: str, update: Mapping[str, Any], *, nested: bool) -> Iterator[Step]:
    """A sub-agent's own steps arrive nested; what it hands back to the supervisor would repeat them."""
    for node, change in update.items():
        if not isinstance(change, Mapping) or (not nested and node not in ("supervisor", "intake")):
            continue
        for message in change.get("messages") or []:
            yield from _told(actor, message)


def _told(actor: str, message: Mapping[str, Any]) -> Iterator[Step]:
    if message.get("type") != "ai":
        return
    for call in message.get("tool_calls") or []:
        if call["name"].startswith("transfer_to_"):
            yield Step(actor, f"hands over to {call['name'].removeprefix('transfer_to_')}")
        else:
            arguments = ", ".join(f"{key}={value!r}" for key, value in call["args"].items())
            yield Step(actor, f"{call['name']}({arguments})")


def last_answer(values: Mapping[str, Any]) -> str:
    """Return the text of the newest message of the agent, or ''."""
    for message in reversed(values.get("messages") or []):
        if message.get("type") == "ai" and not message.get("tool_calls"):
            return _text(message.get("content"))
    return ""


def model_failed(values: Mapping[str, Any]) -> bool:
    """Return whether a model gave no reply in this session; the agent's answer says why."""
    messages = values.get("messages") or []
    return any((message.get("response_metadata") or {}).get("model_failed") for message in messages)


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(block.get("text", "") for block in content or [] if isinstance(block, Mapping))
