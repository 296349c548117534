"""Figures in a text: numbers with their units, in runs and ranges, each with its place."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from graphs.kit.planner.dates import written_dates
from graphs.kit.planner.units import UNITS, unit_named

_TIMESTAMP = re.compile(r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?\b")
_NUMBER = re.compile(
    r"(?:(?<![^\W_])(?<![_.\d])|(?<=\d[x×]))(?P<money>[$€£]\s?)?"
    r"(?P<sign>(?<![\w)\]%])[-\u2212+](?=[\d.]))?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?P<power>[eE][-+]?\d{1,2})?(?![\d])"
)
_RATIO = re.compile(r"(?<![\w.:])(\d+(?:\.\d+)?)\s?:\s?(\d+(?:\.\d+)?)(?![\w:]|\.\d)")
_WORDS: dict[str, int] = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 1
    )
}
SCALES = {"hundred": 100, "k": 1000, "thousand": 1000, "million": 10**6, "billion": 10**9}
"""What is written behind a number to mean so many times it."""

_SCALE = re.compile(r"(?:(?P<letter>k)|\s?(?P<word>hundred|thousand|million|billion))(?!\w)", re.IGNORECASE)
_WORD_NUMBER = re.compile(
    rf"(?<![\w\-])({'|'.join(_WORDS)})(?![\w]|-(?!\w*(?:day|week|month|hour|year)))", re.IGNORECASE
)
_RUN_GAP = re.compile(r"\s*(?:,|;|/|x|×|\*|by|and|, and|-|\u2013|\u2014|to|up to)?\s*", re.IGNORECASE)
_PRODUCT_GAP = re.compile(r"\s*(?:x|×|\*|by)\s*", re.IGNORECASE)
_RANGE_GAP = re.compile(r"\s*(?:-|\u2013|\u2014|to|up to|until|\.\.\.?)\s*", re.IGNORECASE)
_LOW_WORDS = re.compile(
    r"(?:\b(?:at least|no less than|not less than|no fewer than|minimum(?: of)?|above|over|from)"
    r"|(?<!no )(?<!not )\bmore than|>=|≥|>)\s*$",
    re.IGNORECASE,
)
_HIGH_WORDS = re.compile(
    r"(?:\b(?:at most|no more than|not more than|maximum(?: of)?|up to|under|below|within)"
    r"|(?<!no )(?<!not )\bless than|<=|≤|<)\s*$",
    re.IGNORECASE,
)
_INCH_FOLLOWS = re.compile(
    r"\s*(?:$|[.,;:!?)\]x×*]|by\b|wide|long|tall|high|deep|thick|in (?:diameter|length|width))"
)
ORDINAL = "th"
"""The unit of an ordinal number: 90th, 1st."""
_MAX_DIGITS = 25
_MAX_FIGURES = 60
"""A request with more figures than this carries data, not arguments."""


@dataclass(frozen=True)
class Figure:
    """A number as written. `end` includes its unit.

    `loose` marks one that is a figure only beside a cue or unit ("two", "2-sided", a year). `run` numbers the
    sequence that it belongs to ("220 x 220 x 250 mm"); `bound` is 'low' or 'high' in a range or after words
    such as "at least".
    """

    value: Decimal
    unit: str
    start: int
    end: int
    loose: bool = False
    ratio: bool = False
    run: int = -1
    bound: str = ""


@lru_cache(maxsize=256)
def figures(text: str, units: tuple[str, ...] = ()) -> tuple[Figure, ...]:
    """Return the figures of the text in order; `units` are names of units beyond the usual ones."""
    taken = [match.span() for match in _TIMESTAMP.finditer(text)]
    taken += [(date.start, date.end) for date in written_dates(text)]
    found: list[Figure] = []
    for match in _RATIO.finditer(text):
        if Decimal(match[2]) and not _overlaps(match.span(), taken):
            value = Decimal(match[1]) / Decimal(match[2])
            found.append(Figure(value, "", match.start(), match.end(), loose=True, ratio=True))
            taken.append(match.span())
    for match in _NUMBER.finditer(text):
        figure = None if _overlaps(match.span(), taken) else _numeral(text, match, units)
        if figure:
            found.append(figure)
    for match in _WORD_NUMBER.finditer(text):
        factor, position = _scale_after(text, match.end())
        unit, end = _unit_after(text, position, units)
        value = Decimal(_WORDS[match[1].lower()]) * factor
        found.append(Figure(value, unit, match.start(), end, loose=factor == 1))
    ordered = sorted(found, key=lambda figure: figure.start)
    return tuple(_with_runs(text, ordered)) if len(ordered) <= _MAX_FIGURES else ()


def _overlaps(span: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _numeral(text: str, match: re.Match[str], units: tuple[str, ...]) -> Figure | None:
    digits = match["digits"].replace(",", "")
    if len(digits) > _MAX_DIGITS:
        return None
    sign = "-" if match["sign"] in {"-", "\u2212"} else ""
    factor, position = _scale_after(text, match.end())
    value = Decimal(f"{sign}{digits}{match['power'] or ''}") * factor
    unit, end = _unit_after(text, position, units)
    glued = re.match(r"[^\W\d_]+", text[position:])
    if glued and not unit and not re.match(r"[x×]\s?\d", text[position:]):
        return None
    hyphened = not unit and re.match(r"-[^\W\d_]", text[position:]) is not None
    is_year = re.fullmatch(r"(?:19|20)\d\d", match[0].strip()) is not None
    money = (match["money"] or "").strip()
    return Figure(value, money or unit, match.start(), end, loose=hyphened or (is_year and factor == 1))


def _scale_after(text: str, position: int) -> tuple[int, int]:
    """Return the factor of "10 million" or "2k" (1 for none) and where its word ends."""
    match = _SCALE.match(text, position)
    if not match:
        return 1, position
    return SCALES[(match["letter"] or match["word"]).lower()], match.end()


def _unit_after(text: str, position: int, units: tuple[str, ...]) -> tuple[str, int]:
    """Return the unit that follows ('' for none) and where it ends."""
    rest = text[position : position + 40]
    if ORDINAL in units and re.match(r"(?:st|nd|rd|th)(?!\w)", rest):
        return ORDINAL, position + 2
    for unit in sorted(units, key=len, reverse=True):
        match = re.match(rf"\s*-?\s*{re.escape(unit)}(?!\w)", rest, re.IGNORECASE)
        if match and unit.lower() not in UNITS:
            return unit, position + match.end()
    match = re.match(
        r"\s*-?\s*(per cent(?!\w)|°\s?[CF](?!\w)|%|[$€£°]|[^\W\d_]+(?:\^[23]|[23²³])?(?!\w))", rest
    )
    if not match:
        return "", position
    if len(match[1]) == 1 and match[1].isupper():
        return "", position
    name = match[1].lower().replace("per cent", "%").replace(" ", "")
    if name not in UNITS or (name == "in" and not _INCH_FOLLOWS.match(rest[match.end() :])):
        return "", position
    return name, position + match.end()


def _with_runs(text: str, found: list[Figure]) -> list[Figure]:
    """Number the runs, mark the ends of ranges, and let "220 x 220 x 250 mm" mean millimetres throughout."""
    result: list[Figure] = []
    run = -1
    for index, figure in enumerate(found):
        gap = text[found[index - 1].end : figure.start] if index else None
        if gap is None or not _RUN_GAP.fullmatch(gap) or figure.loose or found[index - 1].loose:
            run += 1
        result.append(replace(figure, run=run, bound=_bound_before(text[: figure.start])))
    for index in reversed(range(len(result) - 1)):
        first, second = result[index], result[index + 1]
        gap = text[first.end : second.start]
        is_range = _is_range(text, first, second)
        if is_range:
            first, second = replace(first, bound="low"), replace(second, bound="high")
        if not first.unit and second.unit and (is_range or (_PRODUCT_GAP.fullmatch(gap) and not first.loose)):
            first = replace(first, unit=second.unit)
        result[index], result[index + 1] = first, second
    return result


def _is_range(text: str, first: Figure, second: Figure) -> bool:
    gap = text[first.end : second.start]
    if first.run != second.run or first.bound == "high":
        return False
    between = gap.strip() == "and" and re.search(r"\bbetween\s*$", text[: first.start], re.IGNORECASE)
    return bool(between or _RANGE_GAP.fullmatch(gap))


def _bound_before(before: str) -> str:
    tail = before[-24:]
    return "low" if _LOW_WORDS.search(tail) else "high" if _HIGH_WORDS.search(tail) else ""


def unit_before(text: str, figure: Figure) -> str:
    """Return the unit in "week 12", '' for none."""
    word = re.search(r"([^\W\d_]{3,})\s*$", text[: figure.start])
    return word[1] if word and unit_named(word[1]) else ""
