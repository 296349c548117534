"""Spans of time as people write them: "since Q2 2024", "May to July 2024", "in 2023 and 2024"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from graphs.kit.planner.dates import MONTH, MONTHS, written_dates

_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_END = r"(?![\w%]|[.,:/-]\d)"
_PART_OF_YEAR = re.compile(
    rf"(?<![\w.-])(?<!\d\s)(?<!\d(?:st|nd|rd|th)\s)(?:the\s+)?"
    rf"(?:(?P<month>{MONTH})\b\.?|q(?P<quarter>[1-4])\b|(?P<ordinal>{'|'.join(_ORDINALS)})\s+quarter\b"
    rf"|h(?P<half>[12])\b|(?P<which_half>first|1st|second|2nd)\s+half\b)"
    rf"(?:,?\s+(?:of\s+)?(?P<year>(?:19|20)\d\d){_END})?",
    re.IGNORECASE,
)
_DAY_OF_MONTH = re.compile(
    rf"(?<![\w.-])(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{MONTH})\b\.?", re.IGNORECASE
)
_TIME_OF_DAY = re.compile(r"[T\s]\d{1,2}:\d\d")
_YEAR = re.compile(
    rf"(?<![\w.,:/=<>$€£-])(?P<year>1[5-9]\d\d|2[01]\d\d)(?:{_END}|(?=\s?[-\u2013]\s?\d{{4}}\b))"
)
_SECOND_YEAR = re.compile(rf"(?<=[-\u2013])(?P<year>(?:1[5-9]|20|21)\d\d){_END}")
_LEAD = re.compile(
    r"\b(?:(?P<sign>since|starting(?:\s+(?:in|from|on))?|from|after|before|until|till|up\s+to|through|between)"
    r"|(?P<plain>in|during|for|only|just|year|about|of|on))\s+(?:the\s+)?(?:year\s+)?$",
    re.IGNORECASE,
)
_ONWARDS = re.compile(r"\s+(?:on|onwards?|or\s+later|and\s+later)\b", re.IGNORECASE)
_NO_BARE_YEAR = re.compile(
    r"(?:\b(?:and|or|to|top|bottom|best|first|last|over|above|below|under|than|least|most|by|at|exceed(?:s|ing)?)"
    r"|[=<>])\s*$",
    re.IGNORECASE,
)
"""What makes a figure another one than a year, or one among several."""

_RANGE = re.compile(r"\s*(?:-|\u2013|\bto\b|\buntil\b|\btill\b|\bthrough\b)\s*", re.IGNORECASE)
_LIST = re.compile(
    r"\s*(?:,|&|,?\s*\band\b|\bor\b|\bvs\b\.?|\bversus\b|\bagainst\b|\bthan\b|\bwith\b|"
    r"\bcompared\s+(?:to|with)\b)\s*(?:(?:in|of|the|for)\s+)*",
    re.IGNORECASE,
)
_COMPARING = re.compile(r"\b(?:compar\w+|vs|versus|against|differ\w*|chang\w+|than)\b", re.IGNORECASE)
_PLAIN_YEAR = frozenset({"in", "during", "for", "only", "just", "year", "about"})


@dataclass(frozen=True)
class Span:
    """What a text says of the dates: not before `first`, before `end` (None: open), and where it says so.

    `unit` is what it is written in (year, half, quarter, month or day), `years` are those that are written
    out. `listed` says that several such are named, and not their range. `plain_year` marks one year as
    tools take it by themselves ("in 2024"), and `sign` holds the word before that opens the span; `led` says
    that any word for times is before it.
    """

    first: date | None
    end: date | None
    start: int
    stop: int
    unit: str
    years: tuple[int, ...] = ()
    listed: bool = False
    plain_year: bool = False
    sign: str = ""
    led: bool = False


@dataclass(frozen=True)
class _Part:
    """A span as it is named: its unit, first month, length in months, year and day if it has these, and
    where it stands."""

    unit: str
    month: int
    length: int
    year: int | None
    start: int
    stop: int
    day: int | None = None

    def begins(self) -> date:
        return date(self.year or 1, self.month, self.day or 1)

    def ends(self) -> date:
        """The first day after it."""
        if self.day:
            return self.begins() + timedelta(days=1)
        month = self.month + self.length
        return date((self.year or 1) + (month > 12), (month - 1) % 12 + 1, 1)


def compares(text: str) -> bool:
    """Return whether the text sets things against each other."""
    return _COMPARING.search(text) is not None


def parts_of_year(text: str) -> Iterator[tuple[int, int]]:
    """Yield where parts of a year are named, surely and with their year if they have one."""
    for match in _PART_OF_YEAR.finditer(text):
        if match["year"] or not match["month"]:
            yield match.span()


def written_spans(text: str) -> Iterator[Span]:
    """Yield the spans of time that the text names, in order.

    Several that are listed ("2023 and 2024") make one span where each begins when the one before ends; others
    are none, since no span holds them and nothing else.
    """
    for chain, links in _chains(text):
        chain = _dated(chain)
        if chain is None:
            continue
        sign, plain, start = _lead(text, chain[0].start)
        place = (start, chain[-1].stop)
        if len(chain) == 1:
            if chain[0].unit != "year" or sign or plain or _is_bare_year(text, chain[0]):
                yield _single(text, chain[0], sign, plain, start)
        elif len(chain) == 2 and _is_range(text, links[0], sign, start):
            if chain[0].begins() < chain[1].ends():
                years = tuple(part.year for part in chain if part.year) if _all_years(chain) else ()
                yield Span(chain[0].begins(), chain[1].ends(), *place, chain[1].unit, years)
        elif (len(chain) == 2 or "range" not in links) and sign in {"", "from"}:
            yield from _listed(chain, place)


def _is_range(text: str, link: str, sign: str, start: int) -> bool:
    """ "compare 2022 to 2024" names two years, "from 2022 to 2024" and "between 2022 and 2024" three."""
    if link == "list" or sign:
        return link == "range" or sign == "between"
    return re.search(r"\bcompar\w+\b", text[:start], re.IGNORECASE) is None


def _listed(chain: Sequence[_Part], place: tuple[int, int]) -> Iterator[Span]:
    ordered = sorted(chain, key=_Part.begins)
    years = tuple(part.year for part in ordered if part.year) if _all_years(chain) else ()
    touching = all(before.ends() == after.begins() for before, after in pairwise(ordered))
    if touching or years:
        first, end = (ordered[0].begins(), ordered[-1].ends()) if touching else (None, None)
        yield Span(first, end, *place, chain[0].unit, years, listed=True)


def _all_years(chain: Sequence[_Part]) -> bool:
    return all(part.unit == "year" for part in chain)


def _single(text: str, part: _Part, sign: str, plain: str, start: int) -> Span:
    first, end = part.begins(), part.ends()
    years = (part.year,) if part.unit == "year" and part.year else ()
    onwards = _ONWARDS.match(text, part.stop) if sign in {"", "from"} else None
    stop = onwards.end() if onwards else part.stop
    whole = Span(first, end, start, stop, part.unit, years, sign=sign, led=bool(sign or plain))
    if onwards or sign in {"since", "from"} or sign.startswith("starting"):
        return replace(whole, end=None, sign="since")
    if sign == "after":
        return replace(whole, first=end, end=None)
    if sign == "before":
        return replace(whole, first=None, end=first)
    if sign in {"until", "till", "up to", "through"}:
        return replace(whole, first=None, sign="until")
    return replace(whole, plain_year=bool(years) and plain in _PLAIN_YEAR, sign="")


def _lead(text: str, start: int) -> tuple[str, str, int]:
    """The word before that says on which side of it the dates are, or else a plain one ("in"), and where its
    phrase begins."""
    match = _LEAD.search(text, 0, start)
    if not match:
        return "", "", start
    return " ".join((match["sign"] or "").lower().split()), (match["plain"] or "").lower(), match.start()


def _is_bare_year(text: str, part: _Part) -> bool:
    return part.year is not None and part.year >= 1900 and not _NO_BARE_YEAR.search(text[: part.start])


def _chains(text: str) -> Iterator[tuple[list[_Part], list[str]]]:
    """Yield runs of parts that a range's or a list's words stand between, and of which kind these are."""
    chain: list[_Part] = []
    links: list[str] = []
    for part in _parts(text):
        gap = text[chain[-1].stop : part.start] if chain else ""
        link = "range" if _RANGE.fullmatch(gap) else "list" if _LIST.fullmatch(gap) else ""
        if chain and link:
            chain.append(part)
            links.append(link)
            continue
        if chain:
            yield chain, links
        chain, links = [part], []
    if chain:
        yield chain, links


def _dated(chain: list[_Part]) -> list[_Part] | None:
    """Return the parts with their years: one without has that of the part behind it, in a range over a new
    year's day the one before. None where there is none."""
    year = None
    found: list[_Part] = []
    for part in reversed(chain):
        if part.year is None and year is not None and found:
            over_new_year = len(chain) == 2 and (part.month, part.day or 1) > (
                found[0].month,
                found[0].day or 1,
            )
            part = replace(part, year=year - over_new_year)
        year = part.year
        found.insert(0, part)
    known = [part for part in found if part.year is not None and _exists(part)]
    return found if len(known) == len(chain) else None


def _exists(part: _Part) -> bool:
    try:
        part.begins()
    except ValueError:
        return False
    return True


def _parts(text: str) -> list[_Part]:
    found = [
        _Part("day", day.month, 0, day.year, each.start, each.end, day.day)
        for each in written_dates(text)
        if (day := date.fromisoformat(each.iso)) and not _TIME_OF_DAY.match(text, each.end)
    ]
    dates = [(each.start, each.end) for each in written_dates(text)]
    for match in _DAY_OF_MONTH.finditer(text):
        month = MONTHS[match["month"][:3].lower()]
        found.append(_Part("day", month, 0, None, *match.span(), int(match["day"])))
    found += [_part_of_year(match) for match in _PART_OF_YEAR.finditer(text)]
    for match in (*_YEAR.finditer(text), *_SECOND_YEAR.finditer(text)):
        found.append(_Part("year", 1, 12, int(match["year"]), *match.span()))
    kept: list[_Part] = []
    for part in found:
        of_date = part.unit != "day" or part.year is None
        if of_date and any(part.start < end and start < part.stop for start, end in dates):
            continue
        if not any(part.start < other.stop and other.start < part.stop for other in kept):
            kept.append(part)
    return sorted(kept, key=lambda part: part.start)


def _part_of_year(match: re.Match[str]) -> _Part:
    year = int(match["year"]) if match["year"] else None
    if match["month"]:
        return _Part("month", MONTHS[match["month"][:3].lower()], 1, year, *match.span())
    if match["half"] or match["which_half"]:
        half = int(match["half"]) if match["half"] else _ORDINALS[match["which_half"].lower()]
        return _Part("half", 6 * half - 5, 6, year, *match.span())
    quarter = int(match["quarter"]) if match["quarter"] else _ORDINALS[match["ordinal"].lower()]
    return _Part("quarter", 3 * quarter - 2, 3, year, *match.span())
