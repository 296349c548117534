"""Passwords that rotate and tokens that expire, while PostgreSQL asks each new connection for them."""

import asyncio
import logging
import time
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest

from graphs.persistence.outage import DatabaseUnavailable
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from tests.support.checkpoints import put
from tests.support.eventually import eventually
from tests.support.load import load, missing
from tests.support.postgres import PostgresInstance, settings_for
from tests.support.secrets import ask_for_passwords, rotate, uri_of, write_secret

_passwords = (f"hunter-{number}" for number in count())


@pytest.fixture(scope="module")
def strict():
    """A server that asks for the password."""
    with PostgresInstance() as instance:
        ask_for_passwords(instance, next(_passwords))
        yield instance


@pytest.fixture
def password(strict):
    """The password of this moment, for an empty database."""
    strict.terminate_backends()
    strict.empty()
    strict.execute("GRANT ALL ON SCHEMA public TO app")
    current = next(_passwords)
    rotate(strict, current)
    return current


@pytest.fixture
def file(tmp_path, password):
    """A file that holds it."""
    file = tmp_path / "password"
    write_secret(file, password + "\n")
    return file


@pytest.fixture
def make_settings(strict):
    def make(**values: Any) -> PersistenceSettings:
        return PersistenceSettings(**{**settings_for(uri_of(strict)), **values})

    return make


async def test_a_start_without_the_file_names_the_file(make_settings, tmp_path):
    missing_file = tmp_path / "no-such-file"

    with pytest.raises(DatabaseUnavailable) as caught:
        async with open_saver(make_settings(password_file=missing_file, outage_budget=0.5)):
            pass

    advice = str(caught.value).partition("The last error was: ")[2]
    assert f"Check {missing_file}, the file that CHECKPOINT_POSTGRES_PASSWORD_FILE names" in advice
    assert "CHECKPOINT_POSTGRES_URI" not in advice


async def test_a_password_rotated_under_load_is_a_pause(make_settings, strict, file, caplog):
    caplog.set_level(logging.INFO)
    async with open_saver(make_settings(password_file=file)) as saver:
        async with load(saver, workers=8) as state:
            await state.grows(by=20, within=20)
            for _ in range(2):
                new = next(_passwords)
                rotate(strict, new)
                # Connections that are open need no password.
                await state.grows(by=20, within=20)
                strict.terminate_backends()
                await asyncio.sleep(1)
                write_secret(file, new)
                await state.grows(by=20, within=30)
        assert state.errors == []
        assert await missing(saver, state) == set()
    told = [record.message for record in caplog.records if "new connection" in record.message]
    refused = next(n for n, message in enumerate(told) if "lets no new connection in (connection" in message)
    assert "password authentication failed" in told[refused]
    assert "lets new connections in again" in told[refused + 1]
    assert "hunter" not in caplog.text


async def test_tokens_that_expire_are_asked_for_anew(make_settings, strict, password):
    given: list[str] = []

    async def issue(connection: Mapping[str, Any]) -> str:
        assert "password" not in connection
        token = next(_passwords)
        await asyncio.to_thread(rotate, strict, token, valid_seconds=2)
        given.append(token)
        return token

    settings = make_settings(uri=uri_of(strict, "never-used"), credentials=issue, connection_budget=1)
    async with open_saver(settings) as saver, load(saver, workers=2) as state:
        for _ in range(3):
            await asyncio.sleep(1)
            strict.terminate_backends()
            await state.grows(by=5, within=30)
    assert state.errors == []
    assert len(given) >= 4


async def test_user_and_password_may_change_together(make_settings, strict, password):
    secret = {"user": "app", "password": password}
    strict.execute("DROP ROLE IF EXISTS app_clone")
    strict.execute("CREATE ROLE app_clone LOGIN PASSWORD 'hunter-clone' IN ROLE app")

    async with open_saver(make_settings(credentials=lambda _: secret)) as saver:
        await put(saver, "t")
        secret = {"user": "app_clone", "password": "hunter-clone"}
        strict.execute("ALTER ROLE app NOLOGIN")
        try:
            strict.terminate_backends()
            await put(saver, "t")
        finally:
            strict.execute("ALTER ROLE app LOGIN")


async def test_a_function_that_blocks_or_fails_is_waited_for(make_settings, strict, password, caplog):
    answers: list[Any] = []

    def blocks(_: Mapping[str, Any]) -> Any:
        answer = answers.pop() if answers else password
        if isinstance(answer, Exception):
            raise answer
        if answer == "hang":
            time.sleep(60)
        return answer

    async with open_saver(make_settings(credentials=blocks, outage_budget=60)) as saver:
        await put(saver, "t")
        answers[:] = ["", None, {"no_such_parameter": "x"}, "hang", PermissionError("not allowed to read it")]
        strict.terminate_backends()
        writing = asyncio.create_task(put(saver, "t"))
        longest = 0.0
        while not writing.done():
            before = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - before)
        await writing
        await eventually(lambda: not answers, within=60)

    assert longest < 30, "the event loop went on while the function hung"
    assert "hunter" not in caplog.text


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("", "ValueError: the password is empty"),
        (None, "TypeError: it returned neither a password nor a mapping .*, but NoneType"),
        ({"username": "app"}, 'ProgrammingError: .*"username"'),
        (PermissionError("may not read the secret"), "PermissionError: may not read the secret"),
        ("hang", "gave no answer within 2 s"),
    ],
)
async def test_what_keeps_the_password_away_is_told(make_settings, strict, answer, problem):
    def fails(_: Mapping[str, Any]) -> Any:
        if isinstance(answer, Exception):
            raise answer
        if answer == "hang":
            time.sleep(30)
        return answer

    settings = make_settings(credentials=fails, outage_budget=0.1)
    with pytest.raises(
        DatabaseUnavailable, match=f"no credentials: CHECKPOINT_POSTGRES_CREDENTIALS .*{problem}"
    ):
        async with open_saver(settings):
            pass


async def test_a_server_that_starts_in_a_rotation_waits_for_it(make_settings, strict, file, password, caplog):
    rotate(strict, "hunter-after-the-rotation")
    starting = asyncio.create_task(_start(make_settings(password_file=file)))
    await eventually(lambda: "password authentication failed" in caplog.text, within=60)
    file.unlink()
    await asyncio.sleep(0.3)
    assert not starting.done()
    write_secret(file, "hunter-after-the-rotation")
    async with asyncio.timeout(20):
        await starting
    assert "hunter" not in caplog.text


@pytest.mark.parametrize(
    ("given", "reason"), [("wrong", "password authentication failed"), (None, "no password supplied")]
)
async def test_a_password_that_stays_wrong_is_an_error_at_once(
    make_settings, strict, password, given, reason
):
    async with asyncio.timeout(30):
        with pytest.raises(ValueError, match=f"{reason}.*Correct user, password, database"):
            await _start(make_settings(uri=uri_of(strict, given)))


async def _start(settings: PersistenceSettings) -> None:
    async with open_saver(settings) as saver:
        await put(saver, "t")
