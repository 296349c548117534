"""The addresses of a session's files."""

import httpx
import pytest

from graphs.client.files import files_path


@pytest.mark.parametrize(
    "name", ["sales.csv", "a b.csv", "#1.csv", "50%.csv", "what?.csv", "../up.csv", "é.csv"]
)
def test_a_name_is_one_part_of_the_path(name: str) -> None:
    url = httpx.URL("http://server/" + files_path("some-id", name).lstrip("/"))
    assert url.raw_path.count(b"/") == 3
    assert url.path == f"/files/some-id/{name}"
    assert (url.query, url.fragment) == (b"", "")


def test_without_a_name_it_is_the_list() -> None:
    assert files_path("../some id") == "/files/..%2Fsome%20id"
