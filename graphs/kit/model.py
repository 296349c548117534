"""Which chat model answers, and what a person reads when it can't."""

import asyncio
import logging
import os
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import count
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.messages.tool import tool_call
from langgraph.errors import GraphBubbleUp
from pydantic import ValidationError

from graphs.kit.briefing import brief
from graphs.kit.context import Context
from graphs.kit.errors import InputError
from graphs.kit.planner import OfflinePlanner
from graphs.kit.settings import kit_settings
from graphs.kit.subagent import HANDOFF_PREFIX

logger = logging.getLogger(__name__)

_KEY_VARIABLES = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "google_genai": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "bedrock_converse": (),
}
"""Provider → the variables of which one must hold its key; Bedrock takes AWS's own credentials."""

_MAX_REPLIES = 30
"""Of a sub-agent to one task; a model that calls tools without end is stopped with an answer."""

_BACKOFF_SECONDS = 8.0
"""The longest that the providers' clients wait between two tries when the provider names no time."""

_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, int] = WeakKeyDictionary()
_loop_numbers = count()

Reply = TypeVar("Reply")


def model_name(context: Context | None) -> str | None:
    """Return the chosen model's `provider:name`; None stands for the offline planner."""
    return (context.model if context else None) or kit_settings().model


@lru_cache(maxsize=1)
def offline_planner() -> BaseChatModel:
    """Return the chat model that needs no key and no network."""
    return OfflinePlanner()


@lru_cache(maxsize=128)
def chat_model(name: str | None, loop_number: int = 0) -> BaseChatModel:
    """Return the chat model for `provider:name`, or the offline planner for None.

    One for each event loop: a provider's client keeps connections, which belong to the loop that made them.
    Importing a provider's client blocks: call it from a worker thread.

    Raises:
        InputError: unknown provider, its package is not installed, its key is missing, or the provider's
            client refuses its settings.
    """
    if not name:
        return offline_planner()
    provider = _checked_provider(name)
    from langchain.chat_models import init_chat_model

    try:
        return init_chat_model(name, **_client_options(provider, loop_number))
    except ImportError as error:
        raise InputError(
            f"The model {name!r} needs a package: pip install 'holdfast[{_extra(provider)}]'."
        ) from error
    except ValueError as error:
        reasons = [each["msg"] for each in error.errors()] if isinstance(error, ValidationError) else [error]
        raise InputError(f"The model {name!r} can't be used: {'; '.join(map(str, reasons))}") from error


def _checked_provider(name: str) -> str:
    provider, _, model = name.partition(":")
    if provider not in _KEY_VARIABLES or not model:
        raise InputError(
            f"The model {name!r} is unknown: write provider:name with one of the providers "
            f"{', '.join(sorted(_KEY_VARIABLES))}, or leave MODEL empty for the offline planner."
        )
    variables = _KEY_VARIABLES[provider]
    if variables and not any(os.environ.get(variable) for variable in variables):
        raise InputError(
            f"The model {name!r} needs a key: set {' or '.join(variables)} in the environment or in .env, "
            "or leave MODEL empty for the offline planner."
        )
    return provider


def _extra(provider: str) -> str:
    return {"google_genai": "google", "bedrock_converse": "bedrock"}.get(provider, provider)


def _client_options(provider: str, loop_number: int) -> dict[str, Any]:
    """The provider's own client retries 429, 5xx and timeouts with backoff and honours Retry-After."""
    settings = kit_settings()
    # LangChain shares one pool of connections among clients of the same address and timeout, also between
    # event loops; a microsecond for each loop keeps them apart
    timeout = settings.model_timeout_seconds + loop_number * 1e-6
    if provider == "bedrock_converse":
        from botocore.config import Config

        retries = {"total_max_attempts": settings.model_max_retries + 1, "mode": "standard"}
        return {"config": Config(read_timeout=timeout, retries=retries)}
    return {"timeout": timeout, "max_retries": settings.model_max_retries}


def _loop_number() -> int:
    """Return the number of the running event loop, in the order in which loops asked for one."""
    loop = asyncio.get_running_loop()
    if loop not in _loops:
        _loops[loop] = next(_loop_numbers)
    return _loops[loop]


async def reply_or_explanation(
    context: Context | None, ask: Callable[[BaseChatModel], Awaitable[Reply]]
) -> Reply | AIMessage:
    """Return what `ask` gets from the chosen model, or a message that says why the model can't answer.

    The thread stays usable: the explanation is an ordinary answer, and the next message tries again.
    """
    name = model_name(context)
    try:
        model = await asyncio.to_thread(chat_model, name, _loop_number())
        async with asyncio.timeout(_longest_wait()):
            return await ask(model)
    except GraphBubbleUp:
        raise
    except InputError as error:
        return AIMessage(str(error))
    except Exception as error:  # the providers' clients share no base class
        asked = f"The model {name}" if name else "The offline planner"
        logger.warning("%s gave no answer", asked, exc_info=error)
        return AIMessage(
            f"{asked} could not answer ({_reason(error)}). "
            f"Nothing of this conversation is lost: {_remedy(error)}."
        )


def _longest_wait() -> float:
    """Return the seconds after which a reply is given up: a provider may ask to come back in some hours."""
    settings = kit_settings()
    return (settings.model_timeout_seconds + _BACKOFF_SECONDS) * (settings.model_max_retries + 1)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {_longest_wait():g} seconds"
    status = getattr(error, "status_code", None)
    # OpenAI keeps {"message": …} as the body of the error, Anthropic {"error": {"message": …}}
    told = getattr(error, "body", None)
    while isinstance(told, Mapping):
        told = told.get("error") or told.get("message")
    text = str(told or error).partition("\n")[0][:300]
    kind = f"HTTP {status}" if status else type(error).__name__
    return f"{kind}: {text}" if text else kind


def _remedy(error: Exception) -> str:
    status = getattr(error, "status_code", None)
    if status is None or status in (408, 409, 429) or status >= 500:
        return "send your message again in a while, or choose another model"
    return "choose another model, or ask who runs this server to look at it"


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
