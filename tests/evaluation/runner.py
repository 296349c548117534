"""Asks the questions through the real graph, and grades the answers.

The model is the product's own setting: `MODEL`, and without it the offline planner.
"""

import asyncio
import importlib
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from langgraph.errors import GraphRecursionError

from graphs.analytics.graph import graph
from tests.evaluation import datasets, grading
from tests.evaluation.question import Ask, Talk
from tests.support.conversation import Conversation, Reply

TOPICS = tuple(sorted(file.stem for file in (Path(__file__).parent / "questions").glob("[a-z]*.py")))


@dataclass(frozen=True)
class Outcome:
    """A question with its answer; `problems` say what is wrong with it."""

    topic: str
    question: str
    answer: str
    tools: tuple[str, ...]
    tokens: int
    problems: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether nothing is wrong with the answer."""
        return not self.problems


def talks_of(topic: str) -> Sequence[Talk]:
    """Return the conversations of a topic: a file in `questions/`."""
    return importlib.import_module(f"tests.evaluation.questions.{topic}").talks()


async def ask_topic(topic: str, *, at_once: int = 1) -> list[Outcome]:
    """Hold the topic's conversations, `at_once` side by side, and return the outcome of each question."""
    return await ask_all(topic, talks_of(topic), at_once=at_once)


async def ask_all(topic: str, talks: Sequence[Talk], *, at_once: int = 1) -> list[Outcome]:
    """Hold the conversations, each in a session and a folder of its own."""
    free = asyncio.Semaphore(at_once)

    async def hold(talk: Talk) -> list[Outcome]:
        async with free:
            return await _hold(topic, talk)

    return [outcome for outcomes in await asyncio.gather(*map(hold, talks)) for outcome in outcomes]


async def _hold(topic: str, talk: Talk) -> list[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        files = [datasets.write(name, Path(folder)) for name in talk.file_names]
        conversation = Conversation(graph, *files, thread_id=str(uuid.uuid4()))
        given = {file.name: file.read_bytes() for file in files}
    return [await _ask(topic, ask, conversation, given) for ask in talk.asks]


async def _ask(topic: str, ask: Ask, conversation: Conversation, given: dict[str, bytes]) -> Outcome:
    before = set(conversation.artifacts.sizes())
    try:
        reply = await conversation.ask(ask.text)
    except GraphRecursionError as error:
        return Outcome(topic, ask.text, "", (), 0, (f"came to no end: {error}",))
    found = grading.problems(ask, _answer(reply, conversation, before))
    found += [
        f"{name} has changed"
        for name, content in given.items()
        if conversation.artifacts.read(name) != content
    ]
    return Outcome(topic, ask.text, reply.text, reply.tools, reply.tokens, tuple(found))


def _answer(reply: Reply, conversation: Conversation, before: set[str]) -> grading.Answer:
    new = {name: conversation.artifacts.read(name) for name in sorted(reply.files - before)}
    return grading.Answer(reply.text, reply.results, new, sorted(reply.files))
