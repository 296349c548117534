import socket
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.support.kit_environment import clean_kit_environment, forget_settings
from tests.support.model_server import ModelServer, model_server

OPENAI_CHAT = "openai:gpt-5.5"
OPENAI_RESPONSES = "openai:gpt-6.1-sol"
ANTHROPIC = "anthropic:claude-sonnet-5-5"


@pytest.fixture(autouse=True)
def kit_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
    with clean_kit_environment(monkeypatch, tmp_path / "files"):
        yield


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that sets environment variables and makes the kit read them."""

    def set_variables(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        forget_settings()

    return set_variables


@pytest.fixture
def server(settings: Callable[..., None]) -> Generator[ModelServer]:
    """A model server with an empty script, to which the providers' clients are pointed."""
    with model_server() as running:
        settings(**running.environment)
        yield running


@pytest.fixture
def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


@pytest.fixture(params=[OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC])
def model(request: pytest.FixtureRequest) -> str:
    """Each way in which the providers are spoken to."""
    return request.param
