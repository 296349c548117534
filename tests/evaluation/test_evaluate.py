"""`make evaluate`: with a real model, over its provider's wire protocol, and what it writes."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.evaluation.datasets import frame
from tests.evaluation.evaluate import evaluate, keep_score
from tests.evaluation.page import page
from tests.evaluation.question import Ask, Talk, each
from tests.evaluation.runner import Outcome
from tests.evaluation.score import recorded
from tests.support.kit_environment import forget_settings
from tests.support.model_server import ModelServer, Reply, model_server

MODEL = "openai:gpt-5.5"
BY_ORIGIN = {"measures": ["Miles_per_Gallon"], "groups": ["Origin"], "statistic": "mean", "file": "cars.csv"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Generator[ModelServer]:
    """A provider's API, and MODEL set to one of its models."""
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
    with model_server() as running:
        for name, value in {**running.environment, "MODEL": MODEL}.items():
            monkeypatch.setenv(name, value)
        forget_settings()
        yield running


async def test_a_model_answers_the_same_questions(server: ModelServer) -> None:
    """The tool is called and computes; of the model's two answers the second says another figure."""
    cars = frame("cars.csv")
    question = Ask("Mean Miles_per_Gallon by Origin?", each(cars.groupby("Origin").Miles_per_Gallon.mean()))
    right = "USA 20.08, Europe 27.89, Japan 30.45."
    for answer in (right, "USA 21.08, Europe 27.89, Japan 30.45."):
        server.then(
            Reply(calls=(("transfer_to_query", {"task": question.text}),)),
            Reply(calls=(("aggregate", BY_ORIGIN),)),
            Reply(right),
            Reply(answer),
        )

    outcomes = await evaluate({"totals": [Talk("cars.csv", question, question)]}, MODEL)

    first, second = outcomes
    assert first.right
    assert first.tools == second.tools == ("aggregate",)
    assert first.tokens == 4 * 15
    assert second.problems == ("no 20.083534 for USA",)
    written = page(MODEL, outcomes)
    assert f"## Score: 1 of 2, `{MODEL}`" in written
    assert "| totals | 1 of 2 | 2 | 120 |" in written
    assert "> USA 21.08, Europe 27.89, Japan 30.45." in written
    results = [line for line in server.received[2].lines if line.startswith("tool: ")]
    assert "20.08" in results[-1]


def test_the_record_rises_and_does_not_fall(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = tmp_path / "score.toml"
    good, bad = (Outcome("sql", "?", "!", (), 0, problems) for problems in ((), ("no 1 for the answer",)))

    assert keep_score([good, bad], record) == 0
    assert recorded(record) == {"sql": 1}
    assert keep_score([good, good], record) == 0
    assert recorded(record) == {"sql": 2}
    assert keep_score([good, bad], record) == 1
    assert recorded(record) == {"sql": 2}
    assert "sql: 1 right, but 2 is recorded" in capsys.readouterr().out


def test_the_page_shows_what_fails() -> None:
    outcomes = [
        Outcome("sql", "How many?", "Two\n| a | b |", ("run_sql",), 0, ()),
        Outcome("charts", "Draw | it", "I can't.", (), 0, ("makes no .png file",)),
    ]
    written = page(None, outcomes)
    assert "## Score: 1 of 2, the offline planner" in written
    assert "**“Draw | it”** (charts): makes no .png file.\n\n> I can't.\n" in written
    assert "| “Draw \\| it” | – | 0 | **wrong** |" in written
    assert "How many?”**" not in written
