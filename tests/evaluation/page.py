"""The page `docs/evaluation.md`: the score by topic, the failures, and what each question took."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from graphs.kit.tables.markdown import markdown_table
from tests.evaluation.datasets import DATASETS
from tests.evaluation.runner import Outcome

_LONGEST_ANSWER = 1200

_INTRODUCTION = """\
# Evaluation of the analytics agent

<!-- written by: make evaluate -->

Questions as analysts type them, about real tables, asked in conversations through the whole graph. An answer
is right when every expected figure is in it, beside the right words, at the precision shown; when the file of
a chart or an export holds them too; and, for what can't be answered, when it says so and gives no figure.
Expected figures come from pandas, SciPy and statsmodels, or are published. The
[questions](../tests/evaluation/questions) and the [grading](../tests/evaluation/grading.py) are in
`tests/evaluation`.

`make test` asks them of the offline planner and fails when a topic's
[recorded score](../tests/evaluation/recorded_score.toml) falls. `make evaluate` asks them again, raises the
record and writes this page; `make evaluate MODEL=provider:name` asks that model instead (its key in the
environment or in `.env`; a run costs money).
"""


def page(model: str | None, outcomes: Sequence[Outcome]) -> str:
    """Return the page as Markdown; `model` is `provider:name`, or None for the offline planner."""
    failures = [outcome for outcome in outcomes if not outcome.right]
    return "\n".join(
        [
            _INTRODUCTION,
            f"## Score: {score(outcomes)}, {f'`{model}`' if model else 'the offline planner'}",
            "",
            *_by_topic(outcomes),
            "",
            "## What fails",
            "",
            *(line for failure in failures for line in _failure(failure)),
            *([] if failures else ["Nothing.", ""]),
            "## Every question",
            "",
            *_questions(outcomes),
            "",
            "## The tables",
            "",
            *markdown_table(
                ["file", "from"], [(f"`{name}`", dataset.source) for name, dataset in DATASETS.items()]
            ),
            "",
        ]
    )


def score(outcomes: Sequence[Outcome]) -> str:
    """Return how many questions were answered right, of how many."""
    return f"{sum(outcome.right for outcome in outcomes)} of {len(outcomes)}"


def _by_topic(outcomes: Sequence[Outcome]) -> list[str]:
    rows = [
        (
            topic.replace("_", " "),
            score(group),
            str(sum(len(outcome.tools) for outcome in group)),
            f"{sum(outcome.tokens for outcome in group):,}",
        )
        for topic, group in _topics(outcomes)
    ]
    return markdown_table(["topic", "right", "tool calls", "tokens"], rows, right=[False, True, True, True])


def _topics(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, list[Outcome]]]:
    for topic, group in groupby(outcomes, key=lambda outcome: outcome.topic):
        yield topic, list(group)


def _failure(outcome: Outcome) -> list[str]:
    answer, topic = outcome.answer, outcome.topic.replace("_", " ")
    if len(answer) > _LONGEST_ANSWER:
        answer = f"{answer[:_LONGEST_ANSWER]}\n… ({len(outcome.answer):,} characters in all)"
    return [
        f"**{_quoted(outcome.question)}** ({topic}): {'; '.join(outcome.problems)}.",
        "",
        *(f"> {line}".rstrip() for line in answer.splitlines() or ["(no answer)"]),
        "",
    ]


def _questions(outcomes: Sequence[Outcome]) -> list[str]:
    rows = [
        (
            _quoted(outcome.question),
            ", ".join(outcome.tools) or "–",
            f"{outcome.tokens:,}",
            "right" if outcome.right else "**wrong**",
        )
        for outcome in outcomes
    ]
    return markdown_table(["question", "tools", "tokens", ""], rows, right=[False, False, True, False])


def _quoted(question: str) -> str:
    return f"“{' '.join(question.split())}”"
