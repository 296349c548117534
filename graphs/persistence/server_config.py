"""What langgraph.json says of the checkpointer: how long threads are kept, and which types it reads back.

LangGraph's server hands `checkpointer` of that file over in LANGGRAPH_CHECKPOINTER. LANGGRAPH_THREAD_TTL,
LangGraph's own as well, goes before its `ttl`.
"""

import os
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from graphs.environment import problem_of

_CHECKPOINTER = "LANGGRAPH_CHECKPOINTER"
_THREAD_TTL = "LANGGRAPH_THREAD_TTL"

_OBJECT = TypeAdapter(dict[str, Any])


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ThreadTTL(_Section):
    """When threads expire and what happens to them then. Times are in minutes, as in langgraph.json."""

    strategy: Literal["delete", "keep_latest"] = "delete"
    """Delete the thread, or all its checkpoints but the latest."""

    default_ttl: float | None = Field(None, gt=0, allow_inf_nan=False)
    """Since its newest checkpoint; None keeps threads for good."""

    sweep_interval_minutes: float = Field(5, ge=0.001, le=44_640, allow_inf_nan=False)

    sweep_limit: int = Field(10_000, ge=1)
    """Threads that one sweep takes."""


class Serde(_Section):
    """Which types the checkpointer reads back."""

    allowed_msgpack_modules: tuple[tuple[str, str], ...] | None = None
    """Beside LangGraph's own list: the module and the name of each."""


class CheckpointerConfig(_Section):
    """The part of `checkpointer` in langgraph.json that is left to the checkpointer."""

    ttl: ThreadTTL | None = None
    serde: Serde = Serde()

    @property
    def known_types(self) -> tuple[tuple[str, str], ...]:
        """Types to read back beside LangGraph's own list, each as its module and its name."""
        return self.serde.allowed_msgpack_modules or ()


def load_checkpointer_config() -> CheckpointerConfig:
    """Read what langgraph.json says of the checkpointer, and LANGGRAPH_THREAD_TTL.

    Raises:
        ValueError: a value is unusable; the message names it and the place where to correct it.
    """
    given = _mapping(_CHECKPOINTER, os.environ.get(_CHECKPOINTER) or "{}")
    config = {name: value for name, value in given.items() if value is not None}
    if ttl := os.environ.get(_THREAD_TTL):
        config["ttl"] = _thread_ttl(ttl)
    try:
        return CheckpointerConfig.model_validate(config)
    except ValidationError as error:
        problems = "; ".join(map(_in_words, error.errors()))
        raise ValueError(f"Correct checkpointer in langgraph.json: {problems}.") from None


def _thread_ttl(text: str) -> ThreadTTL:
    """Return the section that the variable stands for: a number is the time to live in minutes."""
    section = _mapping(_THREAD_TTL, text) if text.lstrip().startswith("{") else {"default_ttl": text}
    try:
        return ThreadTTL.model_validate(section)
    except ValidationError as error:
        problems = "; ".join(map(_in_words, error.errors()))
        raise ValueError(
            f"{_THREAD_TTL} is {text!r}: {problems}. Set it to a number of minutes above 0, or to JSON with "
            "what checkpointer.ttl of langgraph.json may have, or unset it."
        ) from None


def _mapping(variable: str, text: str) -> dict[str, Any]:
    try:
        return _OBJECT.validate_json(text)
    except ValidationError:
        raise ValueError(
            f"{variable} is {text!r}, which is no JSON object. Correct it or unset it."
        ) from None


def _in_words(problem: ErrorDetails) -> str:
    name = ".".join(map(str, problem["loc"]))
    return f"{name} is {problem['input']!r}: {problem_of(problem)}"
