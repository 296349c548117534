"""Which tool a request is for: by declared keywords, likeness to examples, and fitting arguments."""

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import PurePosixPath

from graphs.kit.planner.columns import mentions
from graphs.kit.planner.cues import ADJACENT, cue_places, cue_score
from graphs.kit.planner.declarations import ToolProfile
from graphs.kit.planner.figures import figures
from graphs.kit.planner.files import Desk
from graphs.kit.planner.options import find_option
from graphs.kit.planner.prose import masked, named_files, sql_in, unknown_files
from graphs.kit.planner.words import Token, content_stems, corrected, find_phrase, phrase, stem, tokens

_EVIDENCE = 0.6
"""A keyword, or an example that is much alike, reaches this; arguments alone never do."""

_FAINT_EVIDENCE, _WITH_ARGUMENTS, _CLEAR_LEAD = 0.35, 0.75, 0.2
"""Words that say less will do when the arguments fit too, and no other tool comes near."""

_MARGIN = 0.12
"""The best tool must lead the next by this share of its score."""

_SAME_WORDS = 1.5
"""What a request gets that says the same as an example."""


@dataclass(frozen=True)
class Score:
    """How well a tool fits a request: the words' part, and the total with the arguments' part."""

    tool: ToolProfile
    words: float
    total: float


@dataclass(frozen=True)
class Choice:
    """The tool for a request (None when nothing points to one) and the tools that are nearly as likely."""

    tool: ToolProfile | None
    rivals: tuple[ToolProfile, ...] = ()


class Router:
    """Chooses among declared tools; `desk` holds the files that a request may speak of."""

    def __init__(self, tools: Sequence[ToolProfile], desk: Desk) -> None:
        self.tools = tools
        self._desk = desk

    def choose(self, text: str) -> Choice:
        """Return the tool that the text asks for."""
        ranked = self.scores(text)
        if not ranked or not _is_evidence(ranked[0], ranked[1:2]):
            return Choice(None)
        best = ranked[0]
        rivals = tuple(
            score.tool
            for score in ranked[1:]
            if score.words >= _EVIDENCE and score.total > best.total * (1 - _MARGIN)
        )
        return Choice(best.tool, rivals)

    def scores(self, text: str) -> list[Score]:
        """Return the scores of all tools, the best first; equal ones in the order of their declaration."""
        named = next((tool for tool in self.tools if tool.name in text), None)
        if named:
            return [Score(named, 10.0, 10.0)]
        words = self._tokens(text)
        places = [place for keyword in self._owners for place in find_phrase(words, keyword)]
        scores = [self._score(tool, text, words, places) for tool in self.tools]
        return sorted(scores, key=lambda score: -score.total)

    def _tokens(self, text: str) -> tuple[Token, ...]:
        words = tokens(masked(text, self._desk.files))
        return tuple(Token(corrected(word.stem, self._keyword_stems), word.start, word.end) for word in words)

    def _score(
        self, tool: ToolProfile, text: str, words: Sequence[Token], places: Sequence[tuple[int, int]]
    ) -> Score:
        bare = masked(text, self._desk.files)
        is_query = tool.takes_sql and bool(sql_in(text))
        labels = _labels_of_others(tool, text, words)
        by_words = _keyword_score(tool, words, places, labels, self._owners) + self._example_score(
            tool, words
        )
        by_words += 3.0 * is_query
        by_words += min(0.6, 0.4 * sum(bool(find_option(bare, a)) for a in tool.of_kind("choice")))
        by_words += self._name_score(tool, {word.stem for word in words})
        if tool.approval and not any(find_phrase(words, keyword) for keyword in tool.keywords):
            by_words = 0.0
        return Score(tool, by_words, by_words + self._arguments_score(tool, text))

    def _example_score(self, tool: ToolProfile, words: Sequence[Token]) -> float:
        """The likeness (cosine of idf-weighted words) to the tool's most alike example; the same words count most."""
        said = {word.stem for word in words} & self._rarity.keys()
        length = math.sqrt(sum(self._rarity[word] ** 2 for word in said))
        best = 0.0
        for example in map(_example_stems, tool.examples):
            shared = sum(self._rarity[word] ** 2 for word in said & example)
            if shared:
                best = max(
                    best, shared / (length * math.sqrt(sum(self._rarity[word] ** 2 for word in example)))
                )
        return best + (_SAME_WORDS if best > 0.97 else 0.0)

    def _arguments_score(self, tool: ToolProfile, text: str) -> float:
        return self._file_score(tool, text) + self._column_score(tool, text) + self._value_score(tool, text)

    def _file_score(self, tool: ToolProfile, text: str) -> float:
        named = [*named_files(text, self._desk.files), *unknown_files(text, self._desk.files)]
        if not named:
            return 0.0
        return 0.5 if any(tool.takes_file(PurePosixPath(name).suffix) for name in named) else -1.0

    def _column_score(self, tool: ToolProfile, text: str) -> float:
        columns = [column for name in self._desk.files for column in self._desk.columns(name)]
        named = (
            {m.column for m in mentions(masked(text, self._desk.files, quotes=False), columns)}
            if columns
            else {}
        )
        if not named:
            return 0.0
        wanted = tool.of_kind("column")
        return min(0.3, 0.15 * len(named)) if wanted else -0.15

    def _value_score(self, tool: ToolProfile, text: str) -> float:
        bare = masked(text, self._desk.files)
        numbers, found = tool.of_kind("number"), figures(bare)
        places = cue_places(bare, numbers, tool.keywords)
        cued = sum(
            any(cue_score(bare, places[a.name], f.start, f.end, ()) >= ADJACENT for a in numbers)
            for f in found
        )
        return min(0.6, 0.25 * cued)

    def _name_score(self, tool: ToolProfile, said: set[str]) -> float:
        """Words of the tool's name and description, above all the verb that the description begins with."""
        verb, *others = _description_stems(tool.description) or ("",)
        by_name = 0.3 * len(said & _name_stems(tool))
        by_verb = 0.5 / self._verbs[verb] if verb in said else 0.0
        by_description = sum(0.12 for word in set(others) & said if word in self._rarity)
        return by_name + by_verb + min(0.36, by_description)

    @cached_property
    def _owners(self) -> Counter[tuple[str, ...]]:
        return Counter(keyword for tool in self.tools for keyword in tool.keywords)

    @cached_property
    def _keyword_stems(self) -> frozenset[str]:
        keywords = {word for keyword in self._owners for word in keyword}
        examples = {
            word for tool in self.tools for example in tool.examples for word in _example_stems(example)
        }
        return frozenset(keywords | examples)

    @cached_property
    def _rarity(self) -> dict[str, float]:
        """The inverse frequency over tools of the words in their examples and keywords."""
        counts: Counter[str] = Counter()
        for tool in self.tools:
            used = {word for example in tool.examples for word in _example_stems(example)}
            counts.update(used | {word for keyword in tool.keywords for word in keyword})
        return {word: math.log(1 + len(self.tools) / count) for word, count in counts.items()}

    @cached_property
    def _verbs(self) -> Counter[str]:
        """How many tools' descriptions begin with each word."""
        return Counter(words[0] for tool in self.tools if (words := _description_stems(tool.description)))


def _is_evidence(best: Score, next_best: Sequence[Score]) -> bool:
    if best.words >= _EVIDENCE:
        return True
    lead = best.total - max((score.total for score in next_best), default=0.0)
    return best.words >= _FAINT_EVIDENCE and best.total >= _WITH_ARGUMENTS and lead >= _CLEAR_LEAD


def _name_stems(tool: ToolProfile) -> set[str]:
    return {stem(word) for word in tool.name.split("_") if len(word) > 3}


@lru_cache(maxsize=512)
def _description_stems(description: str) -> tuple[str, ...]:
    """Return the stems of the description's first sentence that say something, in order."""
    sentence = re.split(r"(?<=[.!?])\s|\n\n", description.strip())[0]
    said = content_stems(sentence)
    return tuple(token.stem for token in tokens(sentence) if token.stem in said)


@lru_cache(maxsize=1024)
def _example_stems(example: str) -> frozenset[str]:
    return content_stems(masked(example))


def _keyword_score(
    tool: ToolProfile,
    words: Sequence[Token],
    places: Sequence[tuple[int, int]],
    labels: Collection[int],
    owners: Mapping[tuple[str, ...], int],
) -> float:
    """A longer keyword counts more and a shared one less.

    Inside another tool's longer keyword (`places`), or as the label of a figure that the tool does not take
    (`labels`), it counts little.
    """
    found: dict[tuple[int, int], float] = {}
    for keyword in tool.keywords:
        for first, last in find_phrase(words, keyword):
            weight = (1.0 + 0.6 * (len(keyword) - 1)) / math.sqrt(owners[keyword])
            inside = any(a <= first and last <= b and b - a > last - first for a, b in places)
            found[first, last] = weight * (0.35 if inside or first in labels else 1.0)
    apart: dict[tuple[int, int], float] = {}
    for (first, last), weight in sorted(found.items(), key=lambda item: (item[0][0] - item[0][1], -item[1])):
        if not any(first < end and start < last for start, end in apart):
            apart[first, last] = weight
    ranked = sorted(apart.values(), reverse=True)
    return sum(weight * 0.6**rank for rank, weight in enumerate(ranked))


def _labels_of_others(tool: ToolProfile, text: str, words: Sequence[Token]) -> set[int]:
    """Return the words directly behind a figure ("64 patients") that are no cue of the tool's own numbers."""
    own = {phrase(cue)[0] for argument in tool.of_kind("number") for cue in argument.own_cues if phrase(cue)}
    return {
        index
        for index in range(1, len(words))
        if words[index - 1].stem.isdigit()
        and words[index].stem not in own
        and text[words[index - 1].end : words[index].start] in {" ", "-"}
    }
