"""Which tool a request is for: by declared keywords, likeness to examples, and fitting arguments."""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from graphs.kit.planner.cues import ADJACENT, cue_places, cue_score
from graphs.kit.planner.declarations import ToolProfile
from graphs.kit.planner.figures import Figure, figures
from graphs.kit.planner.files import Desk
from graphs.kit.planner.mentions import mentions
from graphs.kit.planner.options import find_option
from graphs.kit.planner.prose import BLANK, masked, named_files, sql_in, unknown_files
from graphs.kit.planner.spans import parts_of_year
from graphs.kit.planner.vocabulary import description_stems, name_stems, vocabulary
from graphs.kit.planner.words import Token, Words, corrected, find_phrase, stems, tokens

_EVIDENCE = 0.6
"""A keyword, or an example that is much alike, reaches this; arguments alone never do."""

_FAINT_EVIDENCE, _WITH_ARGUMENTS, _CLEAR_LEAD = 0.35, 0.75, 0.2
"""Words that say less will do when the arguments fit too, and no other tool comes near."""

_MARGIN = 0.12
"""The best tool must lead the next by this share of its score."""

_SAME_WORDS = 1.5
"""What a request gets that says the same as an example."""

_QUERY = 3.0
"""What a tool for SQL gets for a request that holds a query."""

_NAMED = 10.0
"""What a tool gets that is called by its name."""


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


@dataclass(frozen=True)
class _Reading:
    """A request as all tools see it; `keyword_places` are where any tool's keywords stand."""

    text: str
    words: Words
    said: frozenset[str]
    keyword_places: Sequence[tuple[int, int]]
    suffixes: frozenset[str]
    columns: int
    figures: tuple[Figure, ...]
    is_query: bool


class Router:
    """Chooses among declared tools; `desk` holds the files that a request may speak of."""

    def __init__(self, tools: Sequence[ToolProfile], desk: Desk) -> None:
        self._tools = tuple(tools)
        self._desk = desk
        self._vocabulary = vocabulary(self._tools)
        self._choices: dict[str, Choice] = {}

    def choose(self, text: str) -> Choice:
        """Return the tool that the text asks for."""
        if text not in self._choices:
            self._choices[text] = _choice(self.scores(text))
        return self._choices[text]

    def candidates(self, text: str) -> list[ToolProfile]:
        """Return the tools that the words of the text point to, the best first."""
        return [score.tool for score in self.scores(text) if score.words >= _EVIDENCE]

    def scores(self, text: str) -> list[Score]:
        """Return the scores of all tools, the best first; equal ones in the order of their declaration."""
        reading = self._read(text)
        return sorted((self._score(tool, reading) for tool in self._tools), key=lambda score: -score.total)

    def _read(self, text: str) -> _Reading:
        bare = masked(text, self._desk.files)
        known = self._vocabulary.stems
        for start, end in parts_of_year(bare):  # the second half of a year is second to nothing
            bare = bare[:start] + BLANK * (end - start) + bare[end:]
        words = Words(Token(corrected(word.stem, known), word.start, word.end) for word in tokens(bare))
        files = [*named_files(text, self._desk.files), *unknown_files(text, self._desk.files)]
        columns = self._desk.all_columns()
        named = mentions(masked(text, self._desk.files, quotes=False), columns)
        return _Reading(
            text=bare,
            words=words,
            said=frozenset(word.stem for word in words),
            keyword_places=[p for keyword in self._vocabulary.owners for p in find_phrase(words, keyword)],
            suffixes=frozenset(PurePosixPath(name).suffix for name in files),
            columns=len({mention.column for mention in named}),
            figures=figures(bare),
            is_query=bool(sql_in(text)),
        )

    def _score(self, tool: ToolProfile, reading: _Reading) -> Score:
        is_named = "_" in tool.name and re.search(rf"\b{re.escape(tool.name)}\b", reading.text)
        has_keyword = any(find_phrase(reading.words, keyword) for keyword in tool.keywords)
        if tool.approval and not (has_keyword or is_named):
            return Score(tool, 0.0, 0.0)
        by_words = (
            _keyword_score(tool, reading, self._vocabulary.owners)
            + self._example_score(tool, reading)
            + self._description_score(tool, reading)
            + self._half_keyword_score(tool, reading)
            + _option_score(tool, reading)
            + (_QUERY if tool.takes_sql and reading.is_query else 0.0)
            + (_NAMED if is_named else 0.0)
        )
        by_arguments = (
            _file_score(tool, reading) + _column_score(tool, reading) + _figure_score(tool, reading)
        )
        return Score(tool, by_words, by_words + by_arguments)

    def _example_score(self, tool: ToolProfile, reading: _Reading) -> float:
        """The likeness to the tool's most alike example; the same words count most, but not when the request
        names columns and the tool takes none."""
        best = max((self._vocabulary.likeness(reading.said, e) for e in tool.examples), default=0.0)
        says_more = reading.columns and not tool.of_kind("column")
        return best + (_SAME_WORDS if best > 0.97 and not says_more else 0.0)

    def _half_keyword_score(self, tool: ToolProfile, reading: _Reading) -> float:
        """A word of a longer keyword that no other tool's keywords have ("finish" of "finish in time")."""
        in_part = {
            word
            for keyword in tool.keywords
            if len(keyword) > 1 and not find_phrase(reading.words, keyword)
            for word in keyword
        }
        return _FAINT_EVIDENCE if in_part & reading.said & self._vocabulary.single_owners else 0.0

    def _description_score(self, tool: ToolProfile, reading: _Reading) -> float:
        """Words of the tool's name and description, above all the verb that the description begins with."""
        verb, *others = description_stems(tool.description) or ("",)
        by_name = 0.3 * len(reading.said & name_stems(tool.name))
        by_verb = 0.5 / self._vocabulary.verbs[verb] if verb in reading.said else 0.0
        by_others = sum(0.12 for word in set(others) & reading.said if word in self._vocabulary.stems)
        return by_name + by_verb + min(0.36, by_others)


def _choice(ranked: Sequence[Score]) -> Choice:
    if not ranked or not _is_evidence(ranked[0], ranked[1:2]):
        return Choice(None)
    best = ranked[0]
    rivals = [s.tool for s in ranked[1:] if s.words >= _EVIDENCE and s.total > best.total * (1 - _MARGIN)]
    return Choice(best.tool, tuple(rivals))


def _is_evidence(best: Score, next_best: Sequence[Score]) -> bool:
    if best.words >= _EVIDENCE:
        return True
    lead = best.total - max((score.total for score in next_best), default=0.0)
    return best.words >= _FAINT_EVIDENCE and best.total >= _WITH_ARGUMENTS and lead >= _CLEAR_LEAD


def _keyword_score(tool: ToolProfile, reading: _Reading, owners: Mapping[tuple[str, ...], int]) -> float:
    """A longer keyword counts more and a shared one less.

    Inside another tool's longer keyword, or as the label of a figure that the tool does not take ("64
    patients per arm"), it counts little.
    """
    labels = _labels_of_others(tool, reading)
    found: dict[tuple[int, int], float] = {}
    for keyword in tool.keywords:
        for first, last in find_phrase(reading.words, keyword):
            weight = (1.0 + 0.6 * (len(keyword) - 1)) / math.sqrt(owners[keyword])
            inside = any(a <= first and last <= b and b - a > last - first for a, b in reading.keyword_places)
            found[first, last] = weight * (0.35 if inside or first in labels else 1.0)
    ranked = sorted(_without_overlaps(found).values(), reverse=True)
    return sum(weight * 0.6**rank for rank, weight in enumerate(ranked))


def _without_overlaps(found: Mapping[tuple[int, int], float]) -> dict[tuple[int, int], float]:
    """Keep the longest of keywords that overlap."""
    kept: dict[tuple[int, int], float] = {}
    for (first, last), weight in sorted(found.items(), key=lambda item: (item[0][0] - item[0][1], -item[1])):
        if not any(first < end and start < last for start, end in kept):
            kept[first, last] = weight
    return kept


def _labels_of_others(tool: ToolProfile, reading: _Reading) -> Collection[int]:
    """Return the words directly behind a figure ("64 patients") that are no cue of the tool's own numbers."""
    own = {stems(cue)[0] for argument in tool.of_kind("number") for cue in argument.own_cues if stems(cue)}
    words = reading.words
    return {
        index
        for index in range(1, len(words))
        if words[index - 1].stem.isdigit()
        and words[index].stem not in own
        and reading.text[words[index - 1].end : words[index].start] in {" ", "-"}
    }


def _option_score(tool: ToolProfile, reading: _Reading) -> float:
    named = sum(bool(find_option(reading.text, argument)) for argument in tool.of_kind("choice"))
    return min(0.6, 0.4 * named)


def _file_score(tool: ToolProfile, reading: _Reading) -> float:
    if not reading.suffixes:
        return 0.0
    return 0.5 if any(tool.takes_file(suffix) for suffix in reading.suffixes) else -1.0


def _column_score(tool: ToolProfile, reading: _Reading) -> float:
    if not reading.columns:
        return 0.0
    return min(0.3, 0.15 * reading.columns) if tool.of_kind("column") else -0.15


def _figure_score(tool: ToolProfile, reading: _Reading) -> float:
    """Figures beside which a cue of the tool stands."""
    numbers = tool.of_kind("number")
    places = cue_places(reading.text, numbers, tool.keywords)
    cued = sum(
        any(cue_score(reading.text, places[a.name], f.start, f.end, ()) >= ADJACENT for a in numbers)
        for f in reading.figures
    )
    return min(0.6, 0.25 * cued)
