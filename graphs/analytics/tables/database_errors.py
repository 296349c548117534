"""What a PostgreSQL driver's messages say to a person, without the secrets in them."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

CONNECT_TIMEOUT_S = 10

_REASONS = {
    "password authentication failed": "its user or password is wrong",
    "no password supplied": "it asks for a password, and ANALYTICS_DATABASE_URI has none",
    "role ": "its user does not exist",
    "database ": "there is no database of that name on the server",
    "Connection refused": "nothing listens at its host and port",
    "could not translate host name": "its host is unknown",
    "timeout expired": f"it did not answer within {CONNECT_TIMEOUT_S} s",
    "unsupported startup parameter": "its pooler takes no options: name the server itself",
}


def why_not(message: str) -> str:
    """Why the database can't be reached, from the driver's message."""
    reason = next((reason for part, reason in _REASONS.items() if part in message), "the connection failed")
    return f"{reason} (ANALYTICS_DATABASE_URI)"


def explain(error: str, uri: str, timeout: float) -> str:
    """What went wrong while the database was read, from the driver's message; `timeout` is in seconds.
    No part of the URI's password is in it."""
    if "due to statement timeout" in error:
        return (
            f"The database gave no answer within {timeout:g} s, and the statement was stopped. Take "
            "fewer rows or columns, or raise ANALYTICS_DATABASE_TIMEOUT_SECONDS."
        )
    _, _, message = error.partition("ERROR:")
    reason = message.strip().partition("\n")[0]
    password = urlsplit(uri).password or ""
    for secret in filter(None, (password, unquote(password))):
        reason = reason.replace(secret, "***")
    return f"The database could not be read: {reason or 'the connection was lost; try again'}."
