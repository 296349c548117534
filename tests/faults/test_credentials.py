"""The password changes while users are at work: the server is not restarted, and nobody sees an error."""

import asyncio
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from random import Random
from uuid import uuid4

import httpx
import pytest

from tests.faults.harness.faults import Scene
from tests.faults.harness.scenario import RECOVERY, outlive
from tests.faults.harness.scrape import scraped_when
from tests.faults.harness.served import Served, serve
from tests.support import secrets
from tests.support.eventually import eventually
from tests.support.postgres import PostgresInstance
from tests.support.secrets import ask_for_passwords, rotate, uri_of, write_secret

REFUSED, LET_IN = "lets no new connection in", "lets new connections in again"


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
    changed = partial(rotate, scene.postgres, "hunter-unknown")
    troubles: dict[str, list[Callable[[], object]]] = {
        "file": [changed, secret.unlink],
        "function": [changed, *(partial(write_secret, secret, how) for how in (secrets.RAISE, secrets.HANG))],
    }

    async def rotate_and_fail(scene: Scene, _: Random) -> None:
        for begin in troubles[source]:
            refused, let_in = (times(served, text) for text in (REFUSED, LET_IN))
            await asyncio.to_thread(begin)
            # the password is the old one still, unless that is the trouble: who reads it just now is let in
            await asyncio.to_thread(scene.postgres.terminate_backends)
            await logged(served, REFUSED, refused + 1)
            new = f"hunter-{uuid4()}"
            await asyncio.to_thread(rotate, scene.postgres, new)
            write_secret(secret, new)
            await logged(served, LET_IN, let_in + 1)
            await all_let_in(served)

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


async def logged(served: Served, text: str, number: int) -> None:
    """Return once the server's log has the text so many times."""
    await eventually(lambda: times(served, text) >= number, within=60)


async def all_let_in(served: Served) -> None:
    """Return once no attempt to connect is left that may have an old password."""
    async with httpx.AsyncClient(base_url=served.server.url, timeout=60, trust_env=False) as http:
        await scraped_when(
            http,
            lambda now: (
                now['holdfast_pool_connections{state="connecting"}'] == 0
                and times(served, LET_IN) == times(served, REFUSED)
            ),
        )


def times(served: Served, text: str) -> int:
    return served.log.read_text(errors="replace").count(text)
