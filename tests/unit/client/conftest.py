"""A server that a test tells what to answer."""

from collections.abc import Generator

import pytest

from tests.support.odd_server import OddServer, odd_server


@pytest.fixture
def odd() -> Generator[OddServer]:
    """The server, with an idle session until the test says otherwise."""
    with odd_server() as server:
        yield server
