"""Providers that are busy, broken, slow or not there: tried again, then told in the thread, which goes on."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph

from graphs.kit import model_reply
from tests.support.geometry_agent import geometry_agent
from tests.support.kit_environment import THREAD_ID
from tests.support.model_server import Failure, HalfReply, ModelServer, Reply, Silence

Graph = CompiledStateGraph[Any, Any, Any, Any]
CONFIG: Any = {"configurable": {"thread_id": THREAD_ID}}
SOON = {"retry-after-ms": "10"}
UNHARMED = "Nothing of this conversation is lost: "
LATER = UNHARMED + "send your message again in a while, or choose another model."
NOT_BY_ITSELF = UNHARMED + "choose another model, or ask who runs this server to look at it."


@pytest.fixture
def graph() -> Graph:
    return geometry_agent().copy({"checkpointer": InMemorySaver()})


async def answer(graph: Graph, model: str, text: str = "Hello") -> str:
    """Return the text of the last message after a turn."""
    given = {"messages": [HumanMessage(text)]}
    state = await graph.ainvoke(given, CONFIG, context={"model": model})
    last = state["messages"][-1]
    assert isinstance(last, AIMessage)
    return last.text


async def test_busy_provider_is_asked_again_when_it_says(
    server: ModelServer, graph: Graph, model: str
) -> None:
    server.then(Failure(429, "rate limit", {"retry-after": "0.3"}), Reply("Hello."))

    assert await answer(graph, model) == "Hello."
    first, second = server.received
    assert 0.3 <= second.at - first.at < 1.5
    assert first.body == second.body


@pytest.mark.parametrize("status", [408, 500, 503, 529])
async def test_passing_errors_are_tried_again(
    server: ModelServer, graph: Graph, model: str, status: int
) -> None:
    server.then(Failure(status, headers=SOON), Failure(status, headers=SOON), Reply("Hello."))

    assert await answer(graph, model) == "Hello."
    assert len(server.received) == 3


async def test_waiting_grows_when_the_provider_names_no_time(server: ModelServer, graph: Graph) -> None:
    server.then(Failure(500), Failure(500), Reply("Hello."))

    assert await answer(graph, "openai:gpt-5.5") == "Hello."
    first, second, third = [received.at for received in server.received]
    assert 0.3 < second - first < third - second


async def test_lasting_error_is_told_and_the_next_turn_works(
    server: ModelServer, graph: Graph, model: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.then(*[Failure(503, "overloaded", SOON)] * 5, Reply("Hello again."))

    assert await answer(graph, model) == f"The model {model} could not answer (HTTP 503: overloaded). {LATER}"
    assert len(server.received) == 5
    (record,) = [record for record in caplog.records if record.name == "graphs.kit.model_reply"]
    assert record.levelno == logging.WARNING
    assert record.exc_info

    assert await answer(graph, model, "And now?") == "Hello again."
    assert server.received[-1].lines[1:] == [
        "user: Hello",
        f"assistant: The model {model} could not answer (HTTP 503: overloaded). {LATER}",
        "user: And now?",
    ]


async def test_error_in_a_sub_agent_is_told_and_the_next_turn_works(
    server: ModelServer, graph: Graph, model: str
) -> None:
    hand_over = Reply(calls=(("transfer_to_geometry", {"task": "Go."}),))
    call = Reply(calls=(("cube_volume", {"side": 3}),))
    server.then(hand_over, call, *[Failure(500, "broken", SOON)] * 5, Reply("The volume is known."))
    given = {"messages": [HumanMessage("Go.")]}
    state = await graph.ainvoke(given, CONFIG, context={"model": model})

    assert [message.text for message in state["messages"][-3:]] == [
        "The volume is 27 mm³.",
        f"The model {model} could not answer (HTTP 500: broken). {LATER}",
        "The volume is known.",
    ]
    server.then(hand_over, call, Reply("27."), Reply("Done."))
    assert await answer(graph, model, "Once more.") == "Done."


async def test_retries_are_a_setting(
    server: ModelServer, graph: Graph, model: str, settings: Callable[..., None]
) -> None:
    settings(MODEL_MAX_RETRIES="0")
    server.then(Failure(500, "broken", SOON), Reply("Hello."))

    assert "HTTP 500: broken" in await answer(graph, model)
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("status", "message"),
    [(400, "context too long"), (403, "no access"), (404, "no such model"), (413, "large")],
)
async def test_errors_that_stay_are_not_tried_again(
    server: ModelServer, graph: Graph, model: str, status: int, message: str
) -> None:
    server.then(Failure(status, message), Reply("Hello."))

    expected = f"The model {model} could not answer (HTTP {status}: {message}). {NOT_BY_ITSELF}"
    assert await answer(graph, model) == expected
    assert len(server.received) == 1
    assert await answer(graph, model, "And now?") == "Hello."


async def test_wrong_key(
    server: ModelServer, graph: Graph, model: str, settings: Callable[..., None]
) -> None:
    settings(OPENAI_API_KEY="wrong", ANTHROPIC_API_KEY="wrong")
    server.then(Reply("Never sent."))

    expected = f"The model {model} could not answer (HTTP 401: invalid api key). {NOT_BY_ITSELF}"
    assert await answer(graph, model) == expected
    assert len(server.received) == 1


async def test_silent_provider(
    server: ModelServer, graph: Graph, model: str, settings: Callable[..., None]
) -> None:
    settings(MODEL_TIMEOUT_SECONDS="0.2", MODEL_MAX_RETRIES="1")
    server.then(Silence(5), Silence(5), Reply("Hello."))

    begin = time.monotonic()
    told = await answer(graph, model)
    assert time.monotonic() - begin < 3
    assert "imed out" in told
    assert told.endswith(LATER)
    assert len(server.received) == 2
    assert await answer(graph, model, "And now?") == "Hello."


async def test_slow_once(
    server: ModelServer, graph: Graph, model: str, settings: Callable[..., None]
) -> None:
    settings(MODEL_TIMEOUT_SECONDS="0.2")
    server.then(Silence(1), Reply("Hello."))

    assert await answer(graph, model) == "Hello."


async def test_provider_that_asks_to_come_back_in_an_hour(
    server: ModelServer,
    graph: Graph,
    model: str,
    settings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """OpenAI's client gives up at once; Anthropic's would wait for the whole hour."""
    monkeypatch.setattr(model_reply, "_BACKOFF_SECONDS", 0.0)
    settings(MODEL_TIMEOUT_SECONDS="0.3", MODEL_MAX_RETRIES="1")
    server.then(Failure(429, "tokens of the day are used up", {"retry-after": "3600"}), Reply("Hello."))

    begin = time.monotonic()
    told = await answer(graph, model)
    assert time.monotonic() - begin < 3
    assert told.startswith(f"The model {model} could not answer (")
    assert "used up" in told or "no answer within 0.6 seconds" in told
    assert told.endswith(LATER)


async def test_connection_that_ends_without_an_answer(
    server: ModelServer, graph: Graph, model: str, settings: Callable[..., None]
) -> None:
    settings(MODEL_MAX_RETRIES="1")
    server.then(Silence(0), Reply("Hello."))

    assert await answer(graph, model) == "Hello."
    assert len(server.received) == 2


async def test_stream_that_breaks(server: ModelServer, graph: Graph, model: str) -> None:
    """What was streamed is not repeated: a half answer does not stay in the thread."""
    server.then(HalfReply("one two three four five six"), Reply("Hello."))
    given = {"messages": [HumanMessage("Hello")]}
    parts: AsyncIterator[Any] = graph.astream(given, CONFIG, context={"model": model}, stream_mode="messages")
    pieces = [message.text async for message, _ in parts]

    assert "one" in pieces
    assert pieces[-1].startswith(f"The model {model} could not answer (")
    assert pieces[-1].endswith(LATER)
    state = await graph.aget_state(CONFIG)
    assert [message.text for message in state.values["messages"]] == ["Hello", pieces[-1]]
    assert await answer(graph, model, "And now?") == "Hello."


async def test_nobody_listens(
    graph: Graph, model: str, settings: Callable[..., None], closed_port: int
) -> None:
    settings(
        OPENAI_BASE_URL=f"http://127.0.0.1:{closed_port}/v1",
        ANTHROPIC_BASE_URL=f"http://127.0.0.1:{closed_port}",
        OPENAI_API_KEY="key",
        ANTHROPIC_API_KEY="key",
        MODEL_MAX_RETRIES="0",
    )
    told = await answer(graph, model)

    assert told.startswith(f"The model {model} could not answer (")
    assert "Connection error" in told
    assert told.endswith(LATER)


async def test_cancelled_run_asks_no_more(server: ModelServer, graph: Graph, model: str) -> None:
    server.then(Silence(30))
    task = asyncio.create_task(answer(graph, model))
    await asyncio.to_thread(server.asked.wait, 10)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(server.received) == 1


def test_event_loops_one_after_the_other(server: ModelServer, model: str) -> None:
    """A connection of a loop that is gone must not be used again."""
    server.then(*[Reply("Hello.")] * 3)

    for _ in range(3):
        assert asyncio.run(answer(geometry_agent(), model)) == "Hello."
    assert len(server.received) == 3


def test_event_loops_side_by_side(server: ModelServer, model: str) -> None:
    """As the server runs them with BG_JOB_ISOLATED_LOOPS."""
    server.then(*[Reply("Hello.")] * 40)
    graph = geometry_agent()

    async def ten() -> list[str]:
        return await asyncio.gather(*(answer(graph, model) for _ in range(10)))

    with ThreadPoolExecutor(4) as threads:
        answers = [each.result() for each in [threads.submit(asyncio.run, ten()) for _ in range(4)]]

    assert answers == [["Hello."] * 10] * 4
    assert len(server.received) == 40
