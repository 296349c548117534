"""PostgreSQL's credentials on AWS, for CHECKPOINT_POSTGRES_CREDENTIALS: asked for with each connection."""

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import get_session

_SECRET = "DATABASE_SECRET_ARN"
# two attempts within CHECKPOINT_CONNECT_TIMEOUT_SECONDS; then the connection is tried again anyway
_PATIENCE = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 2})


def password_of_secret(_: Mapping[str, Any]) -> dict[str, str]:
    """Return user and password of the secret in AWS Secrets Manager that DATABASE_SECRET_ARN names.

    The secret is JSON with `username` and `password`, as RDS's own are. Its present version is read each
    time, so a rotated password needs no restart.

    Raises:
        ValueError: DATABASE_SECRET_ARN is unset, or the secret isn't such JSON.
        botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: AWS can't be asked, or refuses.
    """
    name = os.environ.get(_SECRET)
    if not name:
        raise ValueError(f"{_SECRET} is unset: name the secret that holds the user and the password")
    text = _client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    try:
        secret = json.loads(text)
        return {"user": secret["username"], "password": secret["password"]}
    except (ValueError, TypeError, KeyError):
        raise ValueError(f"the secret {name} isn't JSON with username and password") from None


def iam_token(connection: Mapping[str, Any]) -> str:
    """Return a token that RDS takes as the user's password for 15 minutes.

    It is signed here, without asking AWS. The user needs `GRANT rds_iam`, and this process's role
    `rds-db:connect` for it.

    Raises:
        botocore.exceptions.BotoCoreError: no credentials of AWS, or no region.
    """
    return _client("rds").generate_db_auth_token(
        DBHostname=connection["host"], Port=int(connection.get("port", 5432)), DBUsername=connection["user"]
    )


@cache
def _client(service: str) -> Any:
    return get_session().create_client(service, config=_PATIENCE)
