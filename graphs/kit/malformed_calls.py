"""Tool calls that a model got wrong: each still needs an answer, or providers refuse the thread."""

import uuid

from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.messages.tool import tool_call


def with_malformed_calls_answered(reply: AIMessage) -> tuple[AIMessage, list[ToolMessage]]:
    """Return the reply with its malformed tool calls among the others, and an error message for each of them.

    Left as they are, they would have no answer in the thread, and every provider refuses such a thread. Of a
    reply that was cut off the last call counts as malformed, though LangChain reads what there is of it:
    half a number is another number.
    """
    calls = reply.tool_calls[:-1] if _is_cut_off(reply) else reply.tool_calls
    malformed = [
        tool_call(name=call["name"] or "unknown", args={}, id=call["id"] or f"call_{uuid.uuid4().hex}")
        for call in [*reply.tool_calls[len(calls) :], *reply.invalid_tool_calls]
    ]
    if not malformed:
        return reply, []
    errors = [
        ToolMessage(
            "The arguments came malformed or cut off: call the tool again with all of them, as JSON.",
            name=call["name"],
            tool_call_id=call["id"],
            status="error",
        )
        for call in malformed
    ]
    update = {"tool_calls": [*calls, *malformed], "invalid_tool_calls": []}
    return reply.model_copy(update=update), errors


def _is_cut_off(reply: AIMessage) -> bool:
    """Return whether the reply met the limit of its length, as OpenAI (two ways) and Anthropic say it."""
    told = reply.response_metadata
    return (
        told.get("finish_reason") == "length"
        or told.get("stop_reason") == "max_tokens"
        or told.get("status") == "incomplete"
    )
