"""A PostgreSQL that asks for a password, and a function that gives tokens as a cloud's does."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.support.postgres import PostgresInstance

ROLE = "app"
TOKEN_VARIABLE = "HOLDFAST_TEST_TOKEN_FILE"
"""The environment variable that names the file in which `token` finds what it gives."""

RAISE = "(raise)"
HANG = "(hang)"
_A_LONG_TIME = 3_600.0

_RULES = """\
host all postgres all trust
host all all all scram-sha-256
"""


def token(connection: Mapping[str, Any]) -> str:
    """Return the token of this moment: what `CHECKPOINT_POSTGRES_CREDENTIALS` names in a test."""
    assert connection["user"] == ROLE
    content = Path(os.environ[TOKEN_VARIABLE]).read_text()
    if content == RAISE:
        raise PermissionError("not authorized to perform: secretsmanager:GetSecretValue")
    if content == HANG:
        time.sleep(_A_LONG_TIME)
    return content


def ask_for_passwords(postgres: PostgresInstance, password: str) -> None:
    """Let nobody but the superuser in without a password, and make a role that has one."""
    (postgres.cluster.data / "pg_hba.conf").write_text(_RULES)
    postgres.execute("SELECT pg_reload_conf()")
    postgres.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{password}'")
    postgres.execute(f"GRANT ALL ON SCHEMA public TO {ROLE}")


def rotate(postgres: PostgresInstance, password: str, *, valid_seconds: float | None = None) -> None:
    """Give the role another password, which new connections have to show; open ones stay."""
    end = "infinity"
    if valid_seconds is not None:
        [(end,)] = postgres.execute(f"SELECT (now() + interval '{valid_seconds} s')::text")
    postgres.execute(f"ALTER ROLE {ROLE} PASSWORD '{password}' VALID UNTIL '{end}'")


def write_secret(file: Path, secret: str) -> None:
    """Replace the file's content at once, as secret stores do."""
    draft = file.with_suffix(".new")
    draft.write_text(secret)
    draft.rename(file)


def uri_of(postgres: PostgresInstance, password: str | None = None) -> str:
    """Return the URI of the role, with a password if there is one."""
    secret = f":{quote(password)}" if password else ""
    return f"postgresql://{ROLE}{secret}@{postgres.host}:{postgres.port}/postgres"
