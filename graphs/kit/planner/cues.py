"""Which argument a figure or column belongs to: by the words beside it, and by the best overall matching."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from graphs.kit.planner.declarations import Argument
from graphs.kit.planner.words import STOP_STEMS, Words, find_phrase, stem, stems, tokens, word_set

ADJACENT = 5.0
"""A score from here on says that the cue stands directly beside the value."""

EXPLICIT = 30.0
"""The score of a value that was given as the answer for this argument."""

_ENOUGH = 2.5
_REACH = 80
"""So many characters between a cue and its value hold more words than a cue reaches across."""

_BEFORE, _AFTER, _ASSIGNED = 6.0, 5.5, 9.0
_FILLERS = frozenset(
    map(
        stem,
        word_set(
            """a about an approximately around as at be by column columns equal equals exactly for has have in
            is least level limit most of on or per should than that the to up use using value values variable
            was were with"""
        ),
    )
)
_PREPOSITIONS = word_set("across against along by during for in of on over per versus vs")
"""What speaks of the words behind it; "x from 1 to 2" and "x between 1 and 2" speak of x too."""

_MAX_VALUES = 6


@dataclass(frozen=True)
class Place:
    """Where a cue of an argument stands (character offsets).

    `part` says that it is but a word of the argument's name, `forward` that it speaks of what follows.
    """

    start: int
    end: int
    part: bool
    forward: bool = False


def cue_places(
    text: str, arguments: Sequence[Argument], keywords: Sequence[tuple[str, ...]] = ()
) -> dict[str, list[Place]]:
    """Return the places of each argument's cues; one inside another argument's longer cue does not count.

    A mere word of an argument's name does not count inside a keyword of the tool either: the size in
    "sample size" is not the effect size.
    """
    words = tokens(text)
    places = {argument.name: _places_of(text, words, argument) for argument in arguments}
    everywhere = [place for found in places.values() for place in found]
    of_keywords = [
        Place(words[first].start, words[last - 1].end, part=True)
        for keyword in keywords
        for first, last in find_phrase(words, keyword)
    ]
    return {
        name: [
            place
            for place in found
            if not any(_inside(place, other) for other in everywhere)
            and not (place.part and any(_inside(place, other) for other in of_keywords))
        ]
        for name, found in places.items()
    }


def _places_of(text: str, words: Words, argument: Argument) -> list[Place]:
    found = []
    for cue, part in _cues(argument):
        for first, last in find_phrase(words, stems(cue)):
            place = Place(words[first].start, words[last - 1].end, part, _is_preposition(cue))
            single_letter = place.end - place.start == 1
            if not single_letter or re.match(
                r"\s*(?:[:=]|is\b|of\b)?\s*[-\u2212.\d]|\s*[:=]", text[place.end :]
            ):
                found.append(place)
    return found


def _is_preposition(cue: str) -> bool:
    return set(cue.lower().split()) <= _PREPOSITIONS


@lru_cache(maxsize=2048)
def _cues(argument: Argument) -> tuple[tuple[str, bool], ...]:
    """The declared cues and the name, then the single words of the name that say something."""
    whole = [(cue, False) for cue in argument.own_cues]
    parts = [part for part in argument.name.split("_") if len(part) >= 4 and stem(part) not in STOP_STEMS]
    return (*whole, *((part, True) for part in parts if part not in argument.own_cues))


def _inside(place: Place, other: Place) -> bool:
    longer = other.end - other.start > place.end - place.start
    return longer and other.start <= place.start and place.end <= other.end


def cue_score(
    text: str, places: Sequence[Place], start: int, end: int, values: Sequence[tuple[int, int]]
) -> float:
    """Return how strongly the cues claim the value at start…end; 0 when none is near.

    `values` are the places of the other values: a cue does not reach across one.
    """
    return max((_one_score(text, place, start, end, values) for place in places), default=0.0)


def _one_score(text: str, place: Place, start: int, end: int, values: Sequence[tuple[int, int]]) -> float:
    if start - place.end > _REACH or place.start - end > _REACH:
        return 0.0
    if place.end <= start:
        gap = text[place.end : start]
        if re.fullmatch(r"\s*[:=]\s*", gap):
            return _ASSIGNED
        score = _BEFORE - _distance(gap, comma=1.5)
        crossed = (place.end, start)
    elif end <= place.start and not place.forward:
        score = _AFTER - _distance(text[end : place.start], comma=4.0)
        crossed = (end, place.start)
    else:
        return 0.0
    score -= 3.0 * sum(crossed[0] <= first and last <= crossed[1] for first, last in values)
    if place.part:
        return score - 1.0 if score >= ADJACENT else 0.0
    return score if score >= _ENOUGH else 0.0


def _distance(gap: str, comma: float) -> float:
    words = [token.stem for token in tokens(gap)]
    unknown = sum(word not in _FILLERS and word != "and" for word in words)
    conjunctions = sum(word == "and" for word in words)
    stops = len(re.findall(r"[.!?](?:\s|$)|\n", gap))
    return unknown + comma * (gap.count(",") + conjunctions) + 3.0 * gap.count(";") + 4.0 * stops


def explicit_span(text: str, argument: Argument) -> tuple[int, int] | None:
    """Return where the value of a "(name: value)" stands that answers a question of the planner."""
    match = re.search(rf"\(({re.escape(argument.name)}|{re.escape(argument.label)}): ([^()\n]*)\)", text)
    return match.span(2) if match else None


def best_matching(scores: Sequence[Mapping[int, float]]) -> list[int | None]:
    """Return for each row the column it gets (None for none): the matching with the largest sum of scores.

    A column is given once. Of each row the best few columns are looked at.
    """
    rows = [dict(sorted(row.items(), key=lambda item: -item[1])[:_MAX_VALUES]) for row in scores]
    bits = {column: 1 << index for index, column in enumerate(sorted({c for row in rows for c in row}))}
    # a column that no later row could take need not be remembered as taken
    wanted_from = [sum({bits[c] for row in rows[index:] for c in row}) for index in range(len(rows) + 1)]

    @cache
    def best(row: int, taken: int) -> tuple[float, tuple[int | None, ...]]:
        if row == len(rows):
            return 0.0, ()
        later = wanted_from[row + 1]
        total, chosen = best(row + 1, taken & later)
        winner: tuple[float, tuple[int | None, ...]] = (total, (None, *chosen))
        for column, score in rows[row].items():
            if not taken & bits[column]:
                total, chosen = best(row + 1, (taken | bits[column]) & later)
                if total + score > winner[0] + 1e-9:
                    winner = (total + score, (column, *chosen))
        return winner

    return list(best(0, 0)[1])
