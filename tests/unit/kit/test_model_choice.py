"""Which model answers, and what a person reads when it can't be had."""

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_aws import ChatBedrockConverse
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_openai import ChatOpenAI
from langgraph.errors import GraphInterrupt

from graphs.kit import model_reply
from graphs.kit.context import Context
from graphs.kit.errors import InputError
from graphs.kit.model import chat_model, model_name, offline_planner
from graphs.kit.model_reply import reply_or_explanation
from graphs.kit.planner import OfflinePlanner
from graphs.kit.settings import kit_settings
from tests.support.geometry_agent import geometry_agent
from tests.support.kit_environment import THREAD_ID, forget_settings

CONFIG: Any = {"configurable": {"thread_id": THREAD_ID}}


@pytest.mark.parametrize(
    ("setting", "context", "chosen"),
    [
        (None, None, None),
        (None, Context(), None),
        ("", Context(model=""), None),
        ("openai:a", None, "openai:a"),
        ("openai:a", Context(), "openai:a"),
        ("openai:a", Context(model=""), "openai:a"),
        ("openai:a", Context(model="anthropic:b"), "anthropic:b"),
        (None, Context(model="anthropic:b"), "anthropic:b"),
    ],
)
def test_context_goes_before_the_setting(
    monkeypatch: pytest.MonkeyPatch, setting: str | None, context: Context | None, chosen: str | None
) -> None:
    if setting is not None:
        monkeypatch.setenv("MODEL", setting)
    forget_settings()

    assert model_name(context) == chosen


def test_without_a_name_the_offline_planner_answers() -> None:
    assert isinstance(chat_model(None), OfflinePlanner)
    assert isinstance(chat_model(""), OfflinePlanner)
    assert chat_model(None, 3) is offline_planner()


def test_clients_get_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(variable, "key")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("MODEL_TIMEOUT_SECONDS", "7")
    monkeypatch.setenv("MODEL_MAX_RETRIES", "2")
    forget_settings()

    openai = chat_model("openai:gpt-5.5")
    assert isinstance(openai, ChatOpenAI)
    assert (openai.model_name, openai.request_timeout, openai.max_retries) == ("gpt-5.5", 7.0, 2)

    anthropic = chat_model("anthropic:claude-sonnet-5-5")
    assert isinstance(anthropic, ChatAnthropic)
    assert (anthropic.model, anthropic.default_request_timeout, anthropic.max_retries) == (
        "claude-sonnet-5-5",
        7.0,
        2,
    )

    google = chat_model("google_genai:gemini-2.5-flash")
    assert isinstance(google, ChatGoogleGenerativeAI)
    assert google.model.endswith("gemini-2.5-flash")
    assert (google.timeout, google.max_retries) == (7.0, 2)

    bedrock = chat_model("bedrock_converse:amazon.nova-pro-v1:0")
    assert isinstance(bedrock, ChatBedrockConverse)
    client = bedrock.client.meta.config
    assert bedrock.model_id == "amazon.nova-pro-v1:0"
    assert client.read_timeout == 7.0
    assert client.retries == {"total_max_attempts": 3, "mode": "standard"}


@pytest.mark.parametrize("variable", ["GOOGLE_API_KEY", "GEMINI_API_KEY"])
def test_either_key_of_google_will_do(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "key")

    assert isinstance(chat_model("google_genai:gemini-2.5-flash"), ChatGoogleGenerativeAI)


@pytest.mark.parametrize(
    "name",
    ["gpt-5.5", "openai", "openai:", ":gpt-5.5", "open ai:gpt-5.5", "mistralai:large", "OPENAI:gpt-5.5"],
)
def test_unknown_provider(name: str) -> None:
    with pytest.raises(
        InputError,
        match=f"The model '{name}' is unknown: write provider:name with one of the providers "
        "anthropic, bedrock_converse, google_genai, openai, or leave MODEL empty for the offline planner",
    ):
        chat_model(name)


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("openai:gpt-5.5", "OPENAI_API_KEY"),
        ("anthropic:claude-sonnet-5-5", "ANTHROPIC_API_KEY"),
        ("google_genai:gemini-2.5-flash", "GOOGLE_API_KEY or GEMINI_API_KEY"),
    ],
)
@pytest.mark.parametrize("value", [None, ""])
def test_missing_key(monkeypatch: pytest.MonkeyPatch, name: str, variables: str, value: str | None) -> None:
    if value is not None:
        monkeypatch.setenv(variables.split(" ")[0], value)

    with pytest.raises(InputError, match=f"needs a key: set {variables} in the environment or in .env"):
        chat_model(name)


MISSING_PACKAGES = """
import os, sys
from graphs.kit.model import InputError, chat_model

os.environ |= {"OPENAI_API_KEY": "key", "ANTHROPIC_API_KEY": "key", "GOOGLE_API_KEY": "key"}
for package in ("langchain_openai", "langchain_anthropic", "langchain_google_genai", "langchain_aws"):
    sys.modules[package] = None
sys.modules["botocore"] = None
for name in ("openai:a", "anthropic:b", "google_genai:c", "bedrock_converse:d"):
    try:
        chat_model(name)
    except InputError as error:
        print(error)
"""


def test_missing_packages() -> None:
    """In a process of its own: what was imported once can't be taken away."""
    told = subprocess.run(
        [sys.executable, "-c", MISSING_PACKAGES], capture_output=True, text=True, check=True, timeout=60
    )

    assert told.stdout.splitlines() == [
        "The model 'openai:a' needs a package: pip install 'holdfast[openai]'.",
        "The model 'anthropic:b' needs a package: pip install 'holdfast[anthropic]'.",
        "The model 'google_genai:c' needs a package: pip install 'holdfast[google]'.",
        "The model 'bedrock_converse:d' needs a package: pip install 'holdfast[bedrock]'.",
    ]


def test_settings_that_the_client_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))

    with pytest.raises(
        InputError, match=r"'bedrock_converse:nova' can't be used: .*You must specify a region"
    ):
        chat_model("bedrock_converse:nova")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MODEL_TIMEOUT_SECONDS", "0"),
        ("MODEL_TIMEOUT_SECONDS", "inf"),
        ("MODEL_MAX_RETRIES", "-1"),
        ("ARTIFACTS_MAX_BYTES", "much"),
        ("ARTIFACTS_MAX_BYTES", "-1"),
        ("ARTIFACTS_URL", "foo://bar"),
        ("ANALYTICS_DATABASE_TIMEOUT_SECONDS", "-5"),
    ],
)
def test_unusable_settings_are_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    forget_settings()

    with pytest.raises(ValueError, match=rf"^{variable} is '{value}': .*\. Correct it or unset it\.$"):
        kit_settings()


def test_a_store_with_an_unknown_protocol_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ARTIFACTS_URL", "sftpp://app:hunter2@files/folder")
    forget_settings()

    with pytest.raises(ValueError, match="fsspec knows no protocol 'sftpp'") as caught:
        kit_settings()

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["mistralai:large", "openai:gpt-5.5"])
async def test_model_that_can_not_be_had_is_told_in_the_thread(name: str) -> None:
    graph = geometry_agent()
    given = {"messages": [HumanMessage("Hello")]}
    state = await graph.ainvoke(given, CONFIG, context={"model": name})

    assert len(state["messages"]) == 2
    assert state["messages"][1].text.startswith(f"The model '{name}' ")
    assert state["messages"][1].name == "shapes"


async def explained(error: Exception) -> str:
    async def ask(_: BaseChatModel) -> AIMessage:
        raise error

    reply = await reply_or_explanation(None, ask)
    return reply.text


class StatusError(Exception):
    """As the providers' clients raise it."""

    def __init__(self, status_code: int, body: object) -> None:
        super().__init__(f"Error code: {status_code} - {body}\nand more")
        self.status_code = status_code
        self.body = body


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            StatusError(529, {"type": "error", "error": {"type": "x", "message": "Overloaded"}}),
            "HTTP 529: Overloaded",
        ),
        (StatusError(429, {"message": "Slow down\nplease", "code": None}), "HTTP 429: Slow down"),
        (StatusError(500, "<html>"), "HTTP 500: <html>"),
        (StatusError(500, {}), "HTTP 500: Error code: 500 - {}"),
        (StatusError(500, None), "HTTP 500: Error code: 500 - None"),
        (ConnectionError("refused"), "ConnectionError: refused"),
        (RuntimeError(), "RuntimeError"),
        (RuntimeError("x" * 1000), "RuntimeError: " + "x" * 300),
        (TimeoutError(), "no answer within 340 seconds"),
    ],
)
async def test_reasons_are_short_and_clear(error: Exception, reason: str) -> None:
    assert (await explained(error)).startswith(f"The offline planner could not answer ({reason}). Nothing")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_error_that_stays_has_another_remedy(status: int) -> None:
    assert "ask who runs this server" in await explained(StatusError(status, {"message": "no"}))


async def test_interrupt_is_no_failure() -> None:
    async def ask(_: BaseChatModel) -> AIMessage:
        raise GraphInterrupt(())

    with pytest.raises(GraphInterrupt):
        await reply_or_explanation(None, ask)


async def test_cancellation_is_no_failure() -> None:
    async def ask(_: BaseChatModel) -> AIMessage:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await reply_or_explanation(None, ask)


def test_each_event_loop_has_its_own_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL", "openai:gpt-5.5")
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    forget_settings()
    asked: list[BaseChatModel] = []

    async def ask(model: BaseChatModel) -> AIMessage:
        asked.append(model)
        return AIMessage("Hello.")

    async def twice() -> None:
        for _ in range(2):
            await reply_or_explanation(None, ask)

    for _ in range(2):
        asyncio.run(twice())

    one, again, other, other_again = asked
    assert one is again
    assert other is other_again
    assert one is not other
    assert isinstance(one, ChatOpenAI)
    assert isinstance(other, ChatOpenAI)
    assert one.root_async_client._client is not other.root_async_client._client


async def test_answer_that_never_comes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_reply, "_BACKOFF_SECONDS", 0.0)
    monkeypatch.setenv("MODEL_TIMEOUT_SECONDS", "0.05")
    monkeypatch.setenv("MODEL_MAX_RETRIES", "1")
    forget_settings()

    async def ask(_: BaseChatModel) -> AIMessage:
        await asyncio.sleep(30)
        return AIMessage("too late")

    assert "no answer within 0.1 seconds" in (await reply_or_explanation(None, ask)).text
