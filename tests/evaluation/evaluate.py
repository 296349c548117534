"""Ask every question of the model that `MODEL` names, or of the offline planner, and write the page.

python -m tests.evaluation.evaluate
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dotenv import load_dotenv

from graphs.kit.errors import InputError
from graphs.kit.model import chat_model
from graphs.kit.settings import kit_settings
from graphs.server.process import PROJECT_ROOT
from tests.evaluation.page import page, score
from tests.evaluation.question import Talk
from tests.evaluation.runner import TOPICS, Outcome, ask_all, talks_of
from tests.evaluation.score import RECORD, fallen, raise_record

PAGE = PROJECT_ROOT / "docs" / "evaluation.md"

_AT_ONCE = 4
"""Conversations with a real model side by side; the planner computes, and gains nothing by it."""


def main() -> int:
    """Evaluate; return the process's exit code, which says whether the offline planner's score has fallen."""
    load_dotenv(PROJECT_ROOT / ".env")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ARTIFACTS_URL"] = folder
        model = kit_settings().model
        try:
            chat_model(model)
        except InputError as error:
            sys.exit(str(error))
        outcomes = asyncio.run(evaluate({topic: talks_of(topic) for topic in TOPICS}, model))
    PAGE.write_text(page(model, outcomes))
    return 0 if model else keep_score(outcomes)


async def evaluate(talks: dict[str, Sequence[Talk]], model: str | None) -> list[Outcome]:
    """Ask the questions of each topic; say on standard output how they went."""
    found: list[Outcome] = []
    for topic, of_topic in talks.items():
        outcomes = await ask_all(topic, of_topic, at_once=_AT_ONCE if model else 1)
        for outcome in outcomes:
            if not outcome.right:
                _say(f"  ✗ {outcome.question}\n    {'; '.join(outcome.problems)}")
        _say(f"{topic}: {score(outcomes)}")
        found += outcomes
    _say(f"{model or 'Offline planner'}: {score(found)}")
    return found


def keep_score(outcomes: Sequence[Outcome], record: Path = RECORD) -> int:
    """Raise the record where it can be; return 1 when a topic has fallen below it."""
    worse = fallen(outcomes, record) if record.exists() else []
    raise_record(outcomes, record)
    for sentence in worse:
        _say(sentence)
    return 1 if worse else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
