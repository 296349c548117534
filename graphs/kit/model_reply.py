"""A chat model's reply, or what a person reads when there is none."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import TypeVar
from weakref import WeakKeyDictionary

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langgraph.errors import GraphBubbleUp

from graphs.kit.context import Context
from graphs.kit.errors import InputError
from graphs.kit.model import chat_model, model_name
from graphs.kit.settings import kit_settings

logger = logging.getLogger(__name__)

_BACKOFF_SECONDS = 8.0
"""The longest that the providers' clients wait between two tries when the provider names no time."""

_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, int] = WeakKeyDictionary()
_loop_numbers = count()

Reply = TypeVar("Reply")


async def reply_or_explanation(
    context: Context | None, ask: Callable[[BaseChatModel], Awaitable[Reply]]
) -> Reply | AIMessage:
    """Return what `ask` gets from the chosen model, or a message that says why the model can't answer.

    The thread stays usable: the explanation is an ordinary answer, and the next message tries again. Programs
    tell it by `model_failed` in its `response_metadata`.
    """
    name = model_name(context)
    try:
        model = await asyncio.to_thread(chat_model, name, _loop_number())
        async with asyncio.timeout(_longest_wait()):
            return await ask(model)
    except GraphBubbleUp:
        raise
    except InputError as error:
        return _explanation(str(error))
    except Exception as error:  # the providers' clients share no base class
        asked = f"The model {name}" if name else "The offline planner"
        logger.warning("%s gave no answer", asked, exc_info=error)
        return _explanation(
            f"{asked} could not answer ({_reason(error)}). "
            f"Nothing of this conversation is lost: {_remedy(error)}."
        )


def _explanation(text: str) -> AIMessage:
    return AIMessage(text, response_metadata={"model_failed": True})


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


def _loop_number() -> int:
    """Return the number of the running event loop, in the order in which loops asked for one."""
    loop = asyncio.get_running_loop()
    if loop not in _loops:
        _loops[loop] = next(_loop_numbers)
    return _loops[loop]
