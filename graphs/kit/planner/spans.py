"""Months and quarters as people write them: "in march 2024", "since Q2 2024", "May to July 2024"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from graphs.kit.planner.dates import MONTH, MONTHS

_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_PART = re.compile(
    rf"(?<![\w.-])(?<!\d\s)(?<!\d(?:st|nd|rd|th)\s)(?:the\s+)?"
    rf"(?:(?P<month>{MONTH})\b\.?|q(?P<quarter>[1-4])\b|(?P<ordinal>{'|'.join(_ORDINALS)})\s+quarter\b)"
    rf"(?:,?\s+(?:of\s+)?(?P<year>(?:19|20)\d\d)(?![\w%]|[.,-]\d))?",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"\b(?:(?P<sign>since|starting(?:\s+(?:in|from))?|from|after|before|until|till|up\s+to|through|between)"
    r"|in|during|for|only|just|of)\s+$",
    re.IGNORECASE,
)
_TO = re.compile(r"\s*(?:-|\u2013|\bto\b|\buntil\b|\btill\b|\bthrough\b)\s*|\s+and\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Span:
    """What a text says of the dates: not before `first`, before `end` (None: open), and where it says so."""

    first: date | None
    end: date | None
    start: int
    stop: int


@dataclass(frozen=True)
class _Part:
    """A month or quarter: its first month, its length in months, its year if it has one, and its place."""

    month: int
    length: int
    year: int | None
    start: int
    stop: int

    def begins(self, year: int) -> date:
        return date(year, self.month, 1)

    def ends(self, year: int) -> date:
        """The first day after it."""
        month = self.month + self.length
        return date(year + (month > 12), (month - 1) % 12 + 1, 1)


def written_spans(text: str) -> Iterator[Span]:
    """Yield the spans of time that months and quarters with a year stand for, in order."""
    parts = [_part(match) for match in _PART.finditer(text)]
    for place, part in enumerate(parts):
        if part.year is None:
            continue
        before = parts[place - 1] if place else None
        after = parts[place + 1] if place + 1 < len(parts) else None
        if after and after.year is not None and _TO.fullmatch(text[part.stop : after.start]):
            continue  # the beginning of a range
        if before and _TO.fullmatch(text[before.stop : part.start]):
            first = before.begins(before.year or part.year)
            yield Span(first, part.ends(part.year), _lead(text, before.start)[1], part.stop)
        else:
            yield _single(text, part, part.year)


def _single(text: str, part: _Part, year: int) -> Span:
    sign, start = _lead(text, part.start)
    first, end = part.begins(year), part.ends(year)
    if sign in {"since", "from"} or sign.startswith("starting"):
        return Span(first, None, start, part.stop)
    if sign == "after":
        return Span(end, None, start, part.stop)
    if sign == "before":
        return Span(None, first, start, part.stop)
    if sign in {"until", "till", "up to", "through"}:
        return Span(None, end, start, part.stop)
    return Span(first, end, start, part.stop)


def _lead(text: str, start: int) -> tuple[str, int]:
    """The word before that says on which side of it the dates are, and where its phrase begins."""
    match = _LEAD.search(text, 0, start)
    if not match:
        return "", start
    return " ".join((match["sign"] or "").lower().split()), match.start()


def _part(match: re.Match[str]) -> _Part:
    year = int(match["year"]) if match["year"] else None
    if match["month"]:
        return _Part(MONTHS[match["month"][:3].lower()], 1, year, *match.span())
    quarter = int(match["quarter"]) if match["quarter"] else _ORDINALS[match["ordinal"].lower()]
    return _Part(3 * quarter - 2, 3, year, *match.span())
