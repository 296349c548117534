"""Credentials that change while the server runs: rotated passwords, and tokens that expire.

They are asked for anew for each connection, and connections that are open stay so. What can't be had is
waited for, as the database itself is.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from functools import cache
from inspect import isawaitable
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from graphs.persistence.outage import first_line
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.threads import in_daemon_thread

logger = logging.getLogger(__name__)

REFUSALS = frozenset({"authentication failed", "no password supplied"})
"""What messages say when other credentials would do. A failed connection has no SQLSTATE."""


class CredentialsUnavailable(psycopg.OperationalError):
    """The credentials of a new connection can't be had now. The message has no secret of ours."""


def concerns_credentials(error: psycopg.Error) -> bool:
    """Return whether the attempt to connect failed for its credentials."""
    return isinstance(error, CredentialsUnavailable) or any(text in str(error) for text in REFUSALS)


def advice(settings: PersistenceSettings) -> str:
    """Return what to check where credentials fail: the setting that says where they are."""
    if settings.password_file is not None:
        return (
            f"Check {settings.password_file}, the file that CHECKPOINT_POSTGRES_PASSWORD_FILE names: that it "
            "exists, that this process may read it, and that it holds the present password."
        )
    if settings.credentials is not None:
        return "Check the function that CHECKPOINT_POSTGRES_CREDENTIALS names."
    return "Check user and password in CHECKPOINT_POSTGRES_URI."


async def with_credentials(conninfo: str, settings: PersistenceSettings) -> str:
    """Return the connection string with the credentials of this moment, if a setting says where they are.

    Raises CredentialsUnavailable.
    """
    if settings.password_file is not None:
        source, ask = "CHECKPOINT_POSTGRES_PASSWORD_FILE", _reader_of(settings.password_file)
    elif settings.credentials is not None:
        source, ask = "CHECKPOINT_POSTGRES_CREDENTIALS", settings.credentials
    else:
        return conninfo
    connection = conninfo_to_dict(conninfo)
    connection.pop("password", None)
    limit = asyncio.timeout(settings.connect_timeout)
    try:
        async with limit:
            answer = await in_daemon_thread(ask, connection)
            if isawaitable(answer):
                answer = await answer
        return make_conninfo(conninfo, **_parameters(answer))
    except Exception as error:  # an operator's function may raise anything, and what fails now may work later
        problem = f"failed with {type(error).__name__}: {first_line(error)}"
        if limit.expired():
            problem = f"gave no answer within {settings.connect_timeout} s"
        raise CredentialsUnavailable(f"no credentials: {source} {problem}") from error


def _reader_of(file: Path) -> Callable[[Mapping[str, Any]], str]:
    def read(_: Mapping[str, Any]) -> str:
        return file.read_text(encoding="utf-8").rstrip("\r\n")

    return read


def _parameters(answer: object) -> Mapping[str, Any]:
    match answer:
        case "":
            raise ValueError("the password is empty")
        case str():
            return {"password": answer}
        case Mapping():
            return answer
    raise TypeError(
        f"it returned neither a password nor a mapping of connection parameters, but {type(answer).__name__}"
    )


class Lockout:
    """Whether the server that `target` names refuses this process new connections for their credentials.

    It writes one line to the log when that begins, and one when it is over: connections that are open go on,
    and so nothing else tells.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self._lock = threading.Lock()
        self._locked_out = False

    def note(self, error: psycopg.Error | None) -> None:
        """Note how an attempt to connect ended: with an error, or None if it went well."""
        refused = error is not None and concerns_credentials(error)
        with self._lock:
            if refused == self._locked_out or (error is not None and not refused):
                return
            self._locked_out = refused
        if error is None:
            logger.info("PostgreSQL at %s lets new connections in again.", self.target)
            return
        logger.warning(
            "PostgreSQL at %s lets no new connection in (%s). Those that are open go on.",
            self.target,
            first_line(error),
        )


@cache
def lockout_at(target: str) -> Lockout:
    """Return this process's record of that server."""
    return Lockout(target)
