"""Which columns of a table a text names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphs.kit.planner.figures import figures
from graphs.kit.planner.words import STOP_STEMS, Token, Words, find_phrase, stem, stems, tokens
from graphs.kit.state import Column

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_RUN_GAP = re.compile(r"[\s\"'`]*(?:,|;|/|and|&|\+|, and|or|plus)?[\s\"'`]*", re.IGNORECASE)
_COLUMN_BEFORE = re.compile(r"(?:[,=+*\"'`]|\band|\bcolumns?)\s*$")
_NO_NOUN_BEHIND = re.compile(r"\s*(?:$|[,.;:?!)\]=+*\"'`]|(?:and|or|by|per|against|versus|vs|on|is|as)\b)")
_YEAR_DIGITS = 4
_EVERYDAY = {
    stem(word): frozenset(map(stem, names.split()))
    for words, names in {
        "heavy light weigh": "weight mass",
        "cost expensive cheap": "price cost",
        "old young": "age",
        "tall": "height",
        "long": "length duration",
        "fast": "speed",
        "warm hot cold": "temperature temp",
    }.items()
    for word in words.split()
}
"""What people ask for when they say how something is: "how heavy" for a weight; "heaviest" asks for more."""

_EXACT, _FOLDED, STEMMED, _PREFIX, PART, EVERYDAY = 3.0, 2.5, 2.0, 1.0, 0.6, 0.5
"""How surely a column is meant, from its exact name to a word inside it and an everyday word for it."""


@dataclass(frozen=True)
class Mention:
    """A column as a text names it; `quality` says how surely. `run` numbers the list it stands in."""

    column: str
    start: int
    end: int
    quality: float
    run: int = -1


def mentions(text: str, columns: Sequence[Column]) -> list[Mention]:
    """Return the columns that the text names, in order, without overlaps.

    Exact names win over names with folded case, spaces and underscores, those over plurals, and those
    over a first or other word of the name that only one column has, or an everyday word for it ("heavy").
    The months of "11 months" are a unit.
    """
    found = [mention for column in columns for mention in _mentions_of(text, column["name"])]
    found += _partial_mentions(text, columns)
    units = [(figure.start, figure.end) for figure in figures(text) if figure.unit]
    found = [m for m in found if not any(start < m.start and m.end <= end for start, end in units)]
    chosen: list[Mention] = []
    for mention in sorted(found, key=lambda m: (-m.quality, m.start - m.end, m.start)):
        if not any(mention.start < other.end and other.start < mention.end for other in chosen):
            chosen.append(mention)
    return _with_runs(text, sorted(chosen, key=lambda m: m.start))


def column_words(name: str) -> tuple[str, ...]:
    """Return the stems of the words in a column's name: the same ones in unit_price and UnitPrice."""
    return stems(_CAMEL.sub(" ", name))


def _mentions_of(text: str, name: str) -> list[Mention]:
    words = tokens(text)
    wanted = column_words(name)
    joined = "".join(wanted)
    if joined.isdigit() and len(joined) < _YEAR_DIGITS:
        return []
    found = []
    for first, last in find_phrase(words, wanted):
        start, end = words[first].start, words[last - 1].end
        if len(joined) > 1 or (text[start:end] == name and _stands_for_itself(text, name, start, end)):
            found.append(Mention(name, start, end, _quality(text[start:end], name)))
    return found


def _quality(written: str, name: str) -> float:
    if written.lower() == name.lower():
        return _EXACT
    return _FOLDED if folded(written) == folded(name) else STEMMED


def _stands_for_itself(text: str, letter: str, start: int, end: int) -> bool:
    """A single letter is a column, not an article or pronoun: quoted, in a list, or no word behind it."""
    if letter not in {"a", "A", "I", "i"}:
        return True
    return bool(_COLUMN_BEFORE.search(text[:start]) or _NO_NOUN_BEHIND.match(text[end:]))


def folded(name: str) -> str:
    """Return the name in lower case, without spaces, underscores and other signs."""
    return re.sub(r"[\W_]+", "", name).lower()


def _partial_mentions(text: str, columns: Sequence[Column]) -> list[Mention]:
    """Return the columns named by a part of their name, where only one column has that part."""
    words = tokens(text)
    names = {column["name"]: column_words(column["name"]) for column in columns}
    owners: dict[str, list[str]] = {}
    for name, parts in names.items():
        for run in {"".join(parts[i:j]) for i in range(len(parts)) for j in range(i + 2, len(parts) + 1)}:
            owners.setdefault(run, []).append(name)
    found = [
        Mention(names_of_run[0], words[first].start, words[last - 1].end, STEMMED)
        for run, names_of_run in owners.items()
        if len(names_of_run) == 1 and run != "".join(names[names_of_run[0]])
        for first, last in find_phrase(words, (run,))
    ]
    return found + _single_words(words, names)


def _single_words(words: Words, names: Mapping[str, tuple[str, ...]]) -> list[Mention]:
    beginnings: dict[str, list[str]] = {}
    insides: dict[str, list[str]] = {}
    for name, parts in names.items():
        beginnings.setdefault(parts[0] if parts else "", []).append(name)
        for part in set(parts[1:]):
            insides.setdefault(part, []).append(name)
    found = []
    for token in words:
        if len(token.stem) < 3 or token.stem in STOP_STEMS or token.stem.isdigit():
            continue
        begun = [name for part, begun in beginnings.items() if _begins(part, token) for name in begun]
        owners, quality = (begun, _PREFIX) if begun else (insides.get(token.stem, []), PART)
        if not owners:
            owners, quality = _asked_for(token.stem, names), EVERYDAY
        if len(owners) == 1:
            found.append(Mention(owners[0], token.start, token.end, quality))
    return found


def measured_by(said: str, columns: Sequence[Column]) -> str:
    """Return the only column of what an everyday word ("heavy") measures, '' for none or several."""
    owners = _asked_for(said, {column["name"]: column_words(column["name"]) for column in columns})
    return owners[0] if len(owners) == 1 else ""


def _asked_for(said: str, names: Mapping[str, tuple[str, ...]]) -> list[str]:
    wanted = _EVERYDAY.get(said, frozenset())
    return [name for name, parts in names.items() if wanted.intersection(parts)]


def _begins(word: str, token: Token) -> bool:
    """'revenue' names revenue_usd, and 'temperature' names temp."""
    return word == token.stem or (len(word) >= 4 and token.stem.startswith(word))


def _with_runs(text: str, found: list[Mention]) -> list[Mention]:
    result: list[Mention] = []
    run = -1
    for index, mention in enumerate(found):
        gap = text[found[index - 1].end : mention.start] if index else None
        if gap is None or not _RUN_GAP.fullmatch(gap) or mention.quality == EVERYDAY:
            run += 1
        result.append(Mention(mention.column, mention.start, mention.end, mention.quality, run))
    return result


def mentioned_exactly(text: str, columns: Sequence[Column]) -> list[str]:
    """Return the columns that the text names by their full name, each once."""
    found = [m.column for m in mentions(text, columns) if m.quality >= _FOLDED and len(m.column) > 1]
    return list(dict.fromkeys(found))
