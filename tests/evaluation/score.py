"""The recorded score of the offline planner, which must not fall: `recorded_score.toml`.

`make evaluate` raises it. To lower it, edit the file, and say why in the commit.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.evaluation.runner import Outcome

RECORD = Path(__file__).with_name("recorded_score.toml")

_HEAD = "# Questions that the offline planner answers right, of each topic; `make evaluate` raises it.\n"


def recorded(record: Path = RECORD) -> Mapping[str, int]:
    """Return the recorded number of right answers of each topic."""
    return tomllib.loads(record.read_text())


def right_answers(outcomes: Iterable[Outcome]) -> Counter[str]:
    """Return how many questions of each topic were answered right; a topic without any counts 0."""
    found: Counter[str] = Counter()
    for outcome in outcomes:
        found[outcome.topic] += outcome.right
    return found


def fallen(outcomes: Iterable[Outcome], record: Path = RECORD) -> list[str]:
    """Return a sentence for each topic whose score is below the recorded one, or that is not recorded."""
    best = recorded(record)
    return [
        f"{topic}: {right} right, but {best.get(topic, 'nothing')} is recorded"
        for topic, right in right_answers(outcomes).items()
        if right < best.get(topic, right + 1)
    ]


def raise_record(outcomes: Iterable[Outcome], record: Path = RECORD) -> None:
    """Record what is better than before, and topics that are new."""
    best = dict(recorded(record)) if record.exists() else {}
    for topic, right in right_answers(outcomes).items():
        best[topic] = max(right, best.get(topic, 0))
    record.write_text(_HEAD + "".join(f"{topic} = {right}\n" for topic, right in sorted(best.items())))
