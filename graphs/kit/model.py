"""Which chat model answers: the one that the run's context or the server's setting names, or the planner."""

import os
from functools import lru_cache
from typing import Any

from langchain_core.language_models import BaseChatModel
from pydantic import ValidationError

from graphs.kit.context import Context
from graphs.kit.errors import InputError
from graphs.kit.planner import OfflinePlanner
from graphs.kit.settings import kit_settings

_KEY_VARIABLES = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "google_genai": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "bedrock_converse": (),
}
"""Provider → the variables of which one must hold its key; Bedrock takes AWS's own credentials."""


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
