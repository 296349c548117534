"""Which values of a table's columns a text names: "cars from Japan", "days of snow"."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from graphs.kit.planner.mentions import STEMMED, Mention, mentions
from graphs.kit.planner.words import STOP_STEMS, Token, Words, find_phrase, stems, tokens
from graphs.kit.state import Column

_ADJECTIVE_ENDINGS = ("an", "ean", "ian", "ese", "n", "ish", "y")
_SHORTEST_NAME = 3


@dataclass(frozen=True)
class ValueMention:
    """A value of a column as a text names it, and where."""

    column: str
    value: str
    start: int
    end: int


def value_mentions(text: str, columns: Sequence[Column], plain: Collection[str] = ()) -> list[ValueMention]:
    """Return the values that the text names, in order, without overlaps.

    Longer ones win over those inside them, and names of columns over values. What is a value of several
    columns is meant where one of them is named. `plain` are stems of words that say something else unless
    they are written as the value is, with its capitals.
    """
    words = tokens(text)
    named = [mention for mention in mentions(text, columns) if mention.quality >= STEMMED]
    found = [
        ValueMention(column["name"], value, start, end)
        for column in columns
        for value in column.get("values", [])
        for start, end in _places(text, words, value)
        if _is_meant(text[start:end], value, plain) or _stands_behind(text, column["name"], start, named)
    ]
    kept: list[ValueMention] = []
    for mention in sorted(found, key=lambda each: (each.start - each.end, each.start, *_unlike(text, each))):
        if any(mention.start < other.end and other.start < mention.end for other in kept):
            continue
        if not _is_column(text, mention, named) and _owner(mention, found, named):
            kept += [mention, *_spelt_otherwise(text, mention, columns)]
    return sorted(kept, key=lambda each: each.start)


def _unlike(text: str, mention: ValueMention) -> tuple[bool, bool]:
    """What is written exactly so comes first, then what differs in capitals and spaces only."""
    written = text[mention.start : mention.end]
    return written != mention.value, _bare(written) != _bare(mention.value)


def _bare(value: str) -> str:
    return value.strip().casefold()


def _spelt_otherwise(text: str, mention: ValueMention, columns: Sequence[Column]) -> list[ValueMention]:
    """Return the values that the text means as well, since it has none's exact spelling: "offen", "OFFEN"."""
    written = text[mention.start : mention.end]
    if written == mention.value:
        return []
    values = next(column.get("values", []) for column in columns if column["name"] == mention.column)
    same = [value for value in values if _bare(value) == _bare(written) and value != mention.value]
    return [replace(mention, value=value) for value in same]


def compared_column(text: str, columns: Sequence[Column], plain: Collection[str] = ()) -> str:
    """Return the only column of which the text names several values, '' when there is none."""
    named = {(each.column, each.value) for each in value_mentions(text, columns, plain)}
    owners = [column for column, _ in named]
    several = {column for column in owners if owners.count(column) > 1}
    return several.pop() if len(several) == 1 else ""


def value_at(text: str, start: int, column: Column) -> ValueMention | None:
    """Return the column's value that the text names from this place on, if it does; quotes may be around."""
    quote = re.compile(r"[\s\"'`\u201c\u2018]*").match(text, start)
    begin = quote.end() if quote else start
    exact_first = sorted(
        column.get("values", []), key=lambda each: (-len(each), each != text[begin : begin + len(each)])
    )
    for value in exact_first:
        end = begin + len(value)
        if text[begin:end].casefold() == value.casefold() and not text[end : end + 1].isalnum():
            closing = end + (text[end : end + 1] in {'"', "'", "`", "”", "’"} and begin > start)
            return ValueMention(column["name"], value, start, closing)
    return None


def _places(text: str, words: Words, value: str) -> list[tuple[int, int]]:
    found = [(words[first].start, words[last - 1].end) for first, last in find_phrase(words, stems(value))]
    if len(value) >= _SHORTEST_NAME and value.isalpha():
        found += [(word.start, word.end) for word in words if _is_adjective(text, word, value)]
    return found


def _is_adjective(text: str, word: Token, value: str) -> bool:
    """ "Japanese", "European", "rainy" and "sunny" name Japan, Europe, rain and sun."""
    written = text[word.start : word.end]
    stemmed = value.removesuffix("e").removesuffix("a").removesuffix("y")
    doubled = f"{value}{value[-1]}y"
    return written == doubled or any(
        written in {value + ending, stemmed + ending} for ending in _ADJECTIVE_ENDINGS
    )


def _is_meant(written: str, value: str, plain: Collection[str]) -> bool:
    """A value of one letter, or a common word written otherwise, is not meant by the word alone."""
    if len(value) == 1:
        return False
    if written == value and any(sign.isupper() or sign.isdigit() for sign in value):
        return True
    return len(value) > 2 and not set(stems(written)) <= STOP_STEMS | set(plain)


def _stands_behind(text: str, column: str, start: int, named: Sequence[Mention]) -> bool:
    """ "Series I": the column's name stands directly before it."""
    return any(
        mention.column == column and mention.end < start and not text[mention.end : start].strip(" =:\"'")
        for mention in named
    )


def _is_column(text: str, mention: ValueMention, named: Sequence[Mention]) -> bool:
    """The same word may name a column and a value; it is the value where only that is written so."""
    return any(
        other.start <= mention.start
        and mention.end <= other.end
        and not (text[mention.start : mention.end] == mention.value != other.column)
        for other in named
    )


def _owner(mention: ValueMention, found: Sequence[ValueMention], named: Sequence[Mention]) -> bool:
    """Return whether the value is this column's alone, or the text names this column."""
    rivals = {o.column for o in found if (o.start, o.end) == (mention.start, mention.end)}
    said = {other.column for other in named} & rivals
    return rivals == {mention.column} or said == {mention.column}
