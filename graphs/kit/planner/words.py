"""Words of a text: tokens with their places, light stems, and phrases found among them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+")
_LONGEST_RUN = 8
_VOWEL = re.compile(r"[aeiouy]")


def word_set(text: str) -> frozenset[str]:
    """Return the words of the text, as it stands."""
    return frozenset(text.split())


STOP_WORDS = word_set(
    """a about all also an and any are as at be been but by can could data do does down every file files for
    from get give has have here how i if in into is it its just let like make many may me might more much must
    my need no not now of off on once one only or our out over please should show so some than thank thanks
    that the their them then there these they this those to too up us use used using very want was we were
    what when where which who why will with would you your"""
)
"""Words that say little about which tool is meant."""


@dataclass(frozen=True)
class Token:
    """A word or whole number of a text: its stem and its place (character offsets)."""

    stem: str
    start: int
    end: int


class Words(tuple[Token, ...]):
    """The words of a text in order, with an index of the runs of up to eight of them."""

    @cached_property
    def runs(self) -> dict[str, list[tuple[int, int]]]:
        """Where runs stand, as ranges of indices, by their stems written together."""
        found: dict[str, list[tuple[int, int]]] = {}
        for first in range(len(self)):
            joined = ""
            for last in range(first, min(first + _LONGEST_RUN, len(self))):
                joined += self[last].stem
                found.setdefault(joined, []).append((first, last + 1))
        return found


@lru_cache(maxsize=128)
def tokens(text: str) -> Words:
    """Return the words and whole numbers of the text, in order; hyphens and underscores part words."""
    return Words(Token(stem(match[0]), match.start(), match.end()) for match in _WORD.finditer(text))


@lru_cache(maxsize=16_384)
def stems(text: str) -> tuple[str, ...]:
    """Return the stems of the text's words, in order; also as a phrase, to be searched with `find_phrase`."""
    return tuple(stem(word) for word in _WORD.findall(text))


def content_stems(text: str) -> frozenset[str]:
    """Return the stems of the words that say something: no stop words, no numbers, no single letters."""
    return frozenset(
        token.stem
        for token in tokens(text)
        if len(token.stem) > 1 and not token.stem.isdigit() and token.stem not in STOP_STEMS
    )


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return a light stem: lower case, British spelling, no plural, -ing, -ed, -ion or final -e."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    if len(word) <= 3:
        return word
    word = re.sub(r"(?<=[a-z]{2})iz(?=(e|ed|er|es|ing|ation|ations)$)", "is", word)
    word = re.sub(r"(?<=[a-z]{2}is)ation$", "", _singular(word))
    for ending in ("ing", "ed"):
        base = word.removesuffix(ending)
        if base != word and len(base) >= 3 and base[-1] != "e" and _VOWEL.search(base):
            return _undoubled(base)
    if word.endswith("ion") and len(word) > 6:
        word = word.removesuffix("ion")
    return word.removesuffix("e")


def _singular(word: str) -> str:
    if word == "series":
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _undoubled(base: str) -> str:
    """'plotted' comes from 'plot' and 'modelling' from 'model', but 'filling' from 'fill'."""
    doubled = len(base) > 3 and base[-1] == base[-2] and base[-1] not in "aeiousl"
    doubled_l = len(base) > 4 and base.endswith("ll")
    return base[:-1] if doubled or doubled_l else base


STOP_STEMS = STOP_WORDS | {stem(word) for word in STOP_WORDS}


def find_phrase(words: Words, wanted: Sequence[str]) -> list[tuple[int, int]]:
    """Return where the phrase stands, as ranges of token indices.

    Words may be written together or apart: "log-rank", "log rank" and "logrank" are the same.
    """
    return words.runs.get("".join(wanted), [])


def corrected(word: str, vocabulary: frozenset[str]) -> str:
    """Return the one word of the vocabulary that a long word differs from by one slip, else the word."""
    if len(word) < 6 or word in vocabulary:
        return word
    near = [known for known in vocabulary if len(known) >= 5 and _one_slip_apart(word, known)]
    return near[0] if len(near) == 1 else word


def _one_slip_apart(left: str, right: str) -> bool:
    """A letter too many, missing, wrong, or two neighbours swapped."""
    if abs(len(left) - len(right)) > 1 or left[0] != right[0]:
        return False
    start = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), None)
    if start is None:
        return True
    a, b = left[start:], right[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
