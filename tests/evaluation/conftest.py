from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.kit_environment import clean_kit_environment


@pytest.fixture(autouse=True)
def kit_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "files"):
        yield
