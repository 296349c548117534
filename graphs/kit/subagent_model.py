"""How a sub-agent asks its model: the model of the run's context, briefed on the session's files."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolMessage

from graphs.kit.briefing import brief
from graphs.kit.context import Context
from graphs.kit.malformed_calls import with_malformed_calls_answered
from graphs.kit.model_reply import reply_or_explanation
from graphs.kit.subagent import HANDOFF_PREFIX

_MAX_REPLIES = 30
"""Of a sub-agent to one task; a model that calls tools without end is stopped with an answer."""


class ContextModel(AgentMiddleware[Any, Context]):
    """Lets a sub-agent answer with the model of the run's context, briefed on the session's files."""

    async def awrap_model_call(
        self,
        request: ModelRequest[Context],
        handler: Callable[[ModelRequest[Context]], Awaitable[ModelResponse]],
    ) -> ModelResponse | AIMessage:
        """Return the model's response, or a message that explains its failure."""
        if _replies_to_task(request.messages) >= _MAX_REPLIES:
            return AIMessage(f"I stopped after {_MAX_REPLIES} steps: ask for the rest in smaller parts.")
        system = brief(
            request.system_message.text if request.system_message else "", request.state.get("artifacts", {})
        )
        response = await reply_or_explanation(
            request.runtime.context,
            lambda model: handler(request.override(model=model, system_message=system)),
        )
        return response if isinstance(response, AIMessage) else _mended(response)


def _replies_to_task(messages: Sequence[AnyMessage]) -> int:
    count = 0
    for message in reversed(messages):
        handed_over = isinstance(message, ToolMessage) and (message.name or "").startswith(HANDOFF_PREFIX)
        if handed_over or isinstance(message, HumanMessage):
            break
        count += isinstance(message, AIMessage)
    return count


def _mended(response: ModelResponse) -> ModelResponse:
    result: list[BaseMessage] = []
    for message in response.result:
        if isinstance(message, AIMessage):
            reply, errors = with_malformed_calls_answered(message)
            result += [reply, *errors]
        else:
            result.append(message)
    return replace(response, result=result)
