"""The page that says what analytics understands: each of its examples is asked of the offline planner."""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from graphs.analytics.graph import graph
from graphs.analytics.subagents import SUBAGENTS
from tests.support.conversation import Conversation
from tests.support.kit_environment import clean_kit_environment

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "analytics.md").read_text(encoding="utf-8")
SAMPLES = ROOT / "graphs" / "analytics" / "samples"
ABOUT = re.compile(r"^About (?P<files>`.+?)(?P<follows>, one after the other)?:$")
CSV = re.compile(r"^```csv (\S+)\n(.+?)^```$", re.MULTILINE | re.DOTALL)
TOOLS = {tool.name for subagent in SUBAGENTS for tool in subagent.tools}
NOT_WHOLLY_HEARD = "I had no use for"


@dataclass(frozen=True)
class Talk:
    """Messages of one session about the files, each with the cell beside it in the page."""

    files: tuple[str, ...]
    asked: tuple[tuple[str, str], ...]


def talks() -> Iterator[Talk]:
    files, follows, rows = (), False, []
    for line in [*PAGE.splitlines(), ""]:
        if about := ABOUT.match(line):
            files, follows = tuple(re.findall(r"`(.+?)`", about["files"])), bool(about["follows"])
        elif line.startswith("| ") and files:
            rows.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
        elif rows:
            asked = rows[1:] if rows[0][0] in {"ask", "say"} else rows
            yield from [Talk(files, tuple(asked))] if follows else [Talk(files, (each,)) for each in asked]
            rows = []


def name(talk: Talk) -> str:
    return " / ".join(text for text, _ in talk.asked)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


@pytest.mark.parametrize("talk", list(talks()), ids=name)
async def test_an_example_is_answered_as_the_page_says(talk: Talk, tmp_path: Path) -> None:
    shown = dict(CSV.findall(PAGE))
    for file, text in shown.items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    conversation = Conversation(
        graph, *(tmp_path / file if file in shown else SAMPLES / file for file in talk.files)
    )
    for text, expected in talk.asked:
        reply = await conversation.ask(text)

        if expected in TOOLS:
            assert reply.tools == (expected,)
            assert reply.results
        else:
            assert expected in reply.text
            assert not reply.results
        assert NOT_WHOLLY_HEARD not in reply.text


def test_the_page_names_every_tool() -> None:
    assert [tool for tool in sorted(TOOLS) if not re.search(rf"\b{tool}\b", PAGE)] == []


def test_the_page_has_examples_of_nearly_every_tool() -> None:
    shown = {expected for talk in talks() for _, expected in talk.asked}

    # these need a database, a column of dates as text, or an outcome of two values
    without = {"convert_dates", "list_database_tables", "load_database_table", "fit_logistic_regression"}
    assert TOOLS - shown == without
