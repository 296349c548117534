"""Whose PostgreSQL `make demo URL=…` may restart."""

import pytest

from graphs.server import demo


@pytest.mark.parametrize(
    ("url", "served", "ours"),
    [
        ("http://127.0.0.1:2024", "http://127.0.0.1:2024", True),
        ("http://localhost:2024/", "http://127.0.0.1:2024", True),
        ("http://127.0.0.1:2025", "http://127.0.0.1:2024", False),
        ("http://127.0.0.1:2024", None, False),
        ("http://localhost", None, False),
        ("https://holdfast.example:2024", "http://127.0.0.1:2024", False),
        ("https://holdfast.example", "http://127.0.0.1:2024", False),
        ("127.0.0.1:2024", "http://127.0.0.1:2024", False),
    ],
)
def test_only_the_server_of_this_checkout_is_ours(
    monkeypatch: pytest.MonkeyPatch, url: str, served: str | None, ours: bool
) -> None:
    monkeypatch.setattr(demo, "served_url", lambda: served)

    assert demo.is_of_this_checkout(url) is ours
