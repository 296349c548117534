"""Read the server's answers, and make sure that they are its own.

Anything may answer at an address: a proxy's login page, another server, a newer version. Such an answer says
nothing of a session, so it must not pass for "not found" or for an empty state.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

import httpx
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import NotFoundError

Kind = TypeVar("Kind")


class UnexpectedAnswerError(RuntimeError):
    """What came is no answer of Holdfast's server; the text says what is wrong with it."""


async def get(client: LangGraphClient, path: str, kind: type[Kind], **params: float) -> Kind:
    """Return the JSON value at the path.

    Raises:
        UnexpectedAnswerError: the answer is not a 200 with JSON of that kind.
        langgraph_sdk.errors.APIStatusError: the server refused.
        httpx.HTTPError: the server can't be reached.
    """
    try:
        answer = await client.http.get(path, params=params, on_response=_check_status)
    except json.JSONDecodeError:
        raise UnexpectedAnswerError(f"{path} is not JSON") from None
    return _checked(answer, kind, path)


async def find(client: LangGraphClient, path: str, **params: float) -> dict[str, Any] | None:
    """Return the JSON object at the path, or None when the server itself says that there is none.

    Raises:
        UnexpectedAnswerError: the answer is neither a 200 with an object nor the server's own 404.
        langgraph_sdk.errors.APIStatusError: the server refused.
        httpx.HTTPError: the server can't be reached.
    """
    try:
        return await get(client, path, dict, **params)
    except NotFoundError as error:
        if isinstance(error.body, dict) and "detail" in error.body:
            return None
        raise UnexpectedAnswerError(
            f"404 for {path} without a JSON detail, as a proxy gives it; is the address right?"
        ) from None


def field(answer: Mapping[str, Any], name: str, kind: type[Kind]) -> Kind | None:
    """Return a field of that kind; None when it is missing or null.

    Raises:
        UnexpectedAnswerError: it is of another kind.
    """
    value = answer.get(name)
    return None if value is None else _checked(value, kind, name)


def items(answer: Mapping[str, Any], name: str, kind: type[Kind]) -> list[Kind]:
    """Return a field that is a list of that kind; empty when it is missing or null.

    Raises:
        UnexpectedAnswerError: it is no list, or an item is of another kind.
    """
    return [_checked(item, kind, f"an item of {name}") for item in field(answer, name, list) or []]


def detail(error: httpx.HTTPStatusError) -> str | None:
    """Return what the server says of its refusal; None when it says nothing, or something else refused."""
    try:
        body = error.response.json()
    except (ValueError, httpx.ResponseNotRead):
        return None
    told = body.get("detail") if isinstance(body, dict) else None
    return str(told) if told else None


def cause(error: Exception) -> str:
    """Return why the server can't be reached; failed attempts at a host's addresses come in a group."""
    if isinstance(error, ExceptionGroup):
        return "; ".join(cause(each) for each in error.exceptions)
    return str(error) or type(error).__name__


def _check_status(response: httpx.Response) -> None:
    """The SDK raises for 400 and above, and takes the rest for an answer."""
    if response.status_code < httpx.codes.BAD_REQUEST and response.status_code != httpx.codes.OK:
        target = response.headers.get("location")
        raise UnexpectedAnswerError(
            f"{response.status_code} for {response.url.path}" + (f", on to {target}" if target else "")
        )


def _checked(value: Any, kind: type[Kind], name: str) -> Kind:
    if isinstance(value, kind):
        return value
    raise UnexpectedAnswerError(f"{name} is a JSON {type(value).__name__}, not a {kind.__name__}")
