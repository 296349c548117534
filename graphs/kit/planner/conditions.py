"""Conditions on the rows of a table, as people write them: "units above 50", "region = North"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from graphs.kit.planner.declarations import Argument
from graphs.kit.planner.figures import SCALES
from graphs.kit.planner.mentions import mentions
from graphs.kit.state import Column

_NUMBER = r"[-\u2212]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?"
_SCALED = rf"{_NUMBER}(?:\s?(?:{'|'.join(SCALES)})\b)?"
_SIGNS = (
    (r"<=|≤|at most|no more than|up to", "<="),
    (r">=|≥|at least|no less than", ">="),
    (r"!=|<>|≠|is not|not equal to", "!="),
    (r"<|below|under|less than|lower than|smaller than|fewer than", "<"),
    (r">|above|over|more than|greater than|higher than|larger than|exceeds?|exceeding", ">"),
    (r"==?|equals?|equal to|is", "="),
)
_NUMERIC_CONDITION = tuple(
    (re.compile(rf"\s*(?:(?:is|are|was|were|of)\s+)?(?:{words})\s*({_SCALED})(?![\w%])", re.IGNORECASE), sign)
    for words, sign in _SIGNS
)
_TEXT_CONDITION = tuple(
    (
        re.compile(rf"\s*(?:{words})\s*(\"[^\"\n]+\"|'[^'\n]+'|“[^”\n]+”|(?-i:[A-Z])[\w\-]*)", re.IGNORECASE),
        sign,
    )
    for words, sign in _SIGNS
    if sign in {"=", "!="}
)
_WHERE = re.compile(r"\bwhere\s+(.+?)(?=[.;?!](?:\s|$)|\n|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Conditions:
    """What rows must meet: `column sign value`, joined by "and" ('' for none), and where that stands."""

    text: str
    spans: tuple[tuple[int, int], ...]


def takes_conditions(argument: Argument) -> bool:
    """Return whether the argument is text that says which rows are meant."""
    return argument.kind == "text" and "where" in argument.cues


def find_conditions(text: str, columns: Sequence[Column]) -> Conditions:
    """Return the conditions that the text sets on columns, or else what follows "where" as it stands."""
    names = {column["name"].lower() for column in columns}
    found: list[str] = []
    spans: list[tuple[int, int]] = []
    for mention in mentions(text, columns):
        for pattern, sign in (*_NUMERIC_CONDITION, *_TEXT_CONDITION):
            match = pattern.match(text, mention.end)
            if match and match[1].lower() not in names:
                found.append(f"{mention.column} {sign} {_value(match[1])}")
                spans.append((mention.start, match.end()))
                break
    where = _WHERE.search(text)
    if where and not found:
        return Conditions(where[1].strip(), (where.span(),))
    return Conditions(" and ".join(found), tuple(spans))


def _value(written: str) -> str:
    bare = written.strip("\"'“”")
    number = re.fullmatch(rf"({_NUMBER})(?:\s?({'|'.join(SCALES)}))?", bare, re.IGNORECASE)
    if number:
        digits = number[1].replace(",", "").replace("\u2212", "-")
        return f"{Decimal(digits) * SCALES[number[2].lower()]:f}" if number[2] else digits
    return bare if re.fullmatch(r"[\w\-]+", bare) else f"'{bare}'"
