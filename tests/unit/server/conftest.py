from collections.abc import Generator
from pathlib import Path

import pytest

from graphs.kit.artifacts import SessionArtifacts, session_artifacts
from tests.support.kit_environment import THREAD_ID, clean_kit_environment


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The folder of the artifact store."""
    return tmp_path / "files"


@pytest.fixture(autouse=True)
def kit_environment(monkeypatch: pytest.MonkeyPatch, store: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, store):
        yield


@pytest.fixture
def artifacts() -> SessionArtifacts:
    """The artifacts of one session."""
    return session_artifacts(THREAD_ID)
