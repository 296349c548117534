"""The offline planner's score over all questions: printed at the end of the run, and it must not fall."""

from collections.abc import Callable

import pytest

from tests.evaluation.evaluate import PAGE
from tests.evaluation.runner import TOPICS, ask_topic, talks_of
from tests.evaluation.score import fallen, recorded


@pytest.mark.parametrize("topic", TOPICS)
async def test_the_score_has_not_fallen(topic: str, record_property: Callable[[str, object], None]) -> None:
    outcomes = await ask_topic(topic)
    record_property("evaluation", (topic, sum(each.right for each in outcomes), len(outcomes)))
    wrong = [f"{each.question!r}: {'; '.join(each.problems)}" for each in outcomes if not each.right]
    assert fallen(outcomes) == [], "\n".join(wrong)


def test_there_are_questions_enough() -> None:
    """The issue's own measure: at least 60 questions over at least 5 real tables."""
    talks = [talk for topic in TOPICS for talk in talks_of(topic)]
    assert sum(len(talk.asks) for talk in talks) >= 60
    assert len({name for talk in talks for name in talk.file_names}) >= 5
    assert sorted(recorded()) == sorted(TOPICS)


def test_the_page_shows_the_recorded_score() -> None:
    """The committed page is the offline planner's; `make evaluate` writes it together with the record."""
    assert f"## Score: {sum(recorded().values())} of " in PAGE.read_text()
