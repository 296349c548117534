"""The password changes while users are at work: the server is not restarted, and nobody sees an error."""

import asyncio
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest

from tests.faults.harness.faults import Scene
from tests.faults.harness.scenario import outlive
from tests.faults.harness.served import Served, serve
from tests.support import secrets
from tests.support.eventually import eventually
from tests.support.postgres import PostgresInstance
from tests.support.secrets import ask_for_passwords, rotate, uri_of, write_secret

RECOVERY = 20.0
"""Seconds within which all waiting operations are done, on a busy machine."""


@pytest.fixture(params=["file", "function"])
def source(request: pytest.FixtureRequest) -> str:
    """Where the server has the password from."""
    return request.param


@pytest.fixture(scope="module")
def strict(postgres: PostgresInstance) -> PostgresInstance:
    """The module's PostgreSQL, which asks for a password."""
    ask_for_passwords(postgres, "hunter")
    return postgres


@pytest.fixture
def secret(strict: PostgresInstance, tmp_path: Path) -> Path:
    """The file with the password of the moment, which the server or the function reads."""
    file = tmp_path / "password"
    write_secret(file, "hunter")
    rotate(strict, "hunter")
    return file


@pytest.fixture
def served(strict: PostgresInstance, secret: Path, source: str, tmp_path: Path) -> Generator[Served]:
    """The real server, as the role that has to show a password."""
    variables = {
        "file": {"CHECKPOINT_POSTGRES_PASSWORD_FILE": str(secret)},
        "function": {
            "CHECKPOINT_POSTGRES_CREDENTIALS": f"{secrets.__name__}:{secrets.token.__name__}",
            secrets.TOKEN_VARIABLE: str(secret),
        },
    }
    with serve(uri_of(strict), tmp_path, **variables[source]) as served:
        yield served


async def test_users_outlive_rotations_expiring_tokens_and_a_source_that_fails(
    scene: Scene, served: Served, secret: Path, source: str
) -> None:
    """The server loses its connections with the old password only, with an expiring one, and with none."""
    troubles: dict[str, list[Callable[[], object]]] = {
        "file": [secret.unlink],
        "function": [partial(write_secret, secret, content) for content in (secrets.RAISE, secrets.HANG)],
    }

    async def rotate_and_fail(scene: Scene, _: Random) -> None:
        for times, begin in enumerate([lambda: None, *troubles[source]], start=1):
            new = f"hunter-{uuid4()}"
            begin()
            await asyncio.to_thread(rotate, scene.postgres, new)
            await asyncio.to_thread(scene.postgres.terminate_backends)
            await logged(served, "lets no new connection in", times)
            await asyncio.sleep(1)
            write_secret(secret, new)
            await logged(served, "lets new connections in again", times)
            await asyncio.sleep(1)  # in which the pool becomes whole: none asks for the old password then

    async def renew_tokens(scene: Scene, _: Random) -> None:
        for _ in range(3):
            token = f"hunter-{uuid4()}"
            await asyncio.to_thread(rotate, scene.postgres, token, valid_seconds=2)
            write_secret(secret, token)
            await asyncio.to_thread(scene.postgres.terminate_backends)
            await asyncio.sleep(1.5)
        await asyncio.to_thread(rotate, scene.postgres, "hunter-last")
        write_secret(secret, "hunter-last")

    for fault in (rotate_and_fail, renew_tokens):
        assert await outlive(fault, scene, served) < RECOVERY, fault.__name__
    log = served.log.read_text()
    assert "password authentication failed" in log
    told = {
        "file": "CHECKPOINT_POSTGRES_PASSWORD_FILE failed with FileNotFoundError",
        "function": "CHECKPOINT_POSTGRES_CREDENTIALS failed with PermissionError: not authorized",
    }
    assert f"no credentials: {told[source]}" in log
    assert "hunter" not in log


async def logged(served: Served, text: str, times: int) -> None:
    """Return once the server's log has the text so many times."""
    await eventually(lambda: served.log.read_text(errors="replace").count(text) >= times, within=60)
