"""A person's answer is bound to the question that was asked.

A client may resume a run with an answer that names no question: `command={"resume": …}`, as Studio does it.
LangGraph gives it to whatever question is open when the run begins, and the server begins a run again from
its last checkpoint after a crash or a long outage, with the same answer. By then it may be about to ask the
next question, and would take the answer to the first one for it: an act that nobody approved.
"""

from typing import Any

import orjson
from langgraph_sdk import get_client
from langgraph_sdk.errors import APIStatusError

_OURS = 500
"""From this status on it is no fault of the request."""
_ID_LENGTH = 32
_HEX = frozenset("0123456789abcdef")


async def bind_answer(body: bytes, thread_id: str) -> bytes:
    """Return the body of a run request, with its answer under the id of the thread's one open question.

    A body without an answer, or with one that names its question, is returned as it is; so it is when there
    is no question, or several, of which the server's own validation tells.

    Raises:
        langgraph_sdk.errors.APIStatusError: the thread's state can't be read now.
    """
    if b'"resume"' not in body:
        return body
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    command = request.get("command") if isinstance(request, dict) else None
    if not isinstance(command, dict):
        return body
    answer = command.get("resume")
    if answer is None or _names_questions(answer):
        return body
    questions = await _open_questions(thread_id)
    if len(questions) != 1:
        return body
    command["resume"] = {questions[0]: answer}
    return orjson.dumps(request)


def _names_questions(answer: Any) -> bool:
    """LangGraph takes a mapping for one by question if all its keys look like ids of questions."""
    return isinstance(answer, dict) and all(len(key) == _ID_LENGTH and set(key) <= _HEX for key in answer)


async def _open_questions(thread_id: str) -> list[str]:
    async with get_client() as client:  # no address: this very server, without the network
        try:
            state = await client.threads.get_state(thread_id)
        except APIStatusError as error:
            if error.status_code >= _OURS:
                raise
            return []
    return [interrupt["id"] for interrupt in state["interrupts"]]
