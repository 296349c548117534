"""A clean environment for tests of the kit: no model, no keys, and an artifact store of their own."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from graphs.kit.model import chat_model, offline_planner
from graphs.kit.settings import kit_settings

THREAD_ID = "8f14e45f-ceea-467f-9b2d-5b1f4a2c7d10"

_PREFIXES = (
    "MODEL",
    "ARTIFACTS_",
    "TABLE_",
    "ANALYTICS_",
    "OPENAI_",
    "ANTHROPIC_",
    "GOOGLE_",
    "GEMINI_",
    "AWS_",
    "LANGSMITH_",
)
_CACHED = (kit_settings, chat_model, offline_planner)


@contextmanager
def clean_kit_environment(monkeypatch: pytest.MonkeyPatch, store: Path) -> Generator[None]:
    """Set ARTIFACTS_URL to the folder, unset what the machine may have set, and forget what was read."""
    for variable in [name for name in os.environ if name.startswith(_PREFIXES)]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("ARTIFACTS_URL", str(store))
    forget_settings()
    yield
    forget_settings()


def forget_settings() -> None:
    """Make the next use read the environment anew."""
    for cached in _CACHED:
        cached.cache_clear()
