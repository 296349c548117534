"""The figures that a text shows, each with its value, its precision and the words beside it.

An evaluation must not trust what it evaluates, so this shares no code with the kit's own check of figures.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite
from typing import Any

_NUMBER = re.compile(
    r"(?P<below><\s?)?(?<![\w.])(?P<sign>(?<![\w)\]])[-−])?"
    r"(?P<whole>\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.(?P<fraction>\d+))?"
    r"(?:[eE](?P<exponent>[-+]?\d{1,3})|\s?[×x·]\s?10\^?\{?(?P<power>[-−]?\d{1,3}|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)\}?)?(?![\w])"
    r"(?:\s?(?P<percent>%|per ?cent\b)|\s(?P<scale>thousand|million|billion)\b)?"
)
_DATE = re.compile(r"\b\d{4}-\d\d(?:-\d\d)?(?:[ T]\d\d:\d\d(?::\d\d)?)?\b")
_CODE = re.compile(r"`[^`\n]*`")
_RULE = re.compile(r"\|(?:\s?:?-+:?\s?\|)+")
_BAR = re.compile(r"(?<!\\)\|")
_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9}


@dataclass(frozen=True)
class Shown:
    """A number as it is shown: anything that rounds to it lies within `half_unit`."""

    value: float
    half_unit: float
    percent: bool = False
    below: bool = False
    """It is a bound, as in p < 0.0001."""
    start: int = 0
    """Where it begins in its line."""


@dataclass(frozen=True)
class Line:
    """A line of prose, or a cell of a table: its figures, and the words that say what they are of."""

    figures: Sequence[Shown]
    text: str
    beside: Sequence[str] = ()
    """Of a cell in a table: the cells of its row and the head of its column."""


def lines(text: str) -> Iterator[Line]:
    """Yield the lines of a text; of a Markdown table, its cells. Code holds no figures."""
    head: list[str] = []
    rows = [*text.splitlines(), ""]
    for row, following in pairwise(rows):
        if not row.strip().startswith("|"):
            head = []
            yield Line(numbers(row), row)
        elif _RULE.fullmatch(following.strip()):
            head = split_row(row)
        elif not _RULE.fullmatch(row.strip()):
            yield from cells(split_row(row), head)


def cells(row: Sequence[str], head: Sequence[str]) -> Iterator[Line]:
    """Yield the cells of a table's row."""
    for place, cell in enumerate(row):
        column = head[place : place + 1]
        figures = numbers(cell)
        if any("%" in name for name in column):
            figures = [replace(figure, percent=True) for figure in figures]
        yield Line(figures, cell, (*row[:place], *row[place + 1 :], *column))


def split_row(line: str) -> list[str]:
    """Return the cells of a line of a Markdown table."""
    row = line.strip().removeprefix("|").removesuffix("|")
    return [cell.replace("\\|", "|").strip().strip("*").strip() for cell in _BAR.split(row)]


def numbers(text: str) -> list[Shown]:
    """Return the numbers in a line of text, but for those in code and in dates."""
    blank = _CODE.sub(_blank, _DATE.sub(_blank, text.replace("**", "  ")))
    return [_shown(match) for match in _NUMBER.finditer(blank)]


def without_dates(text: str) -> str:
    """Return the text, of the same length, with dates blanked."""
    return _DATE.sub(_blank, text)


def published(text: str) -> Shown:
    """Return a figure with the digits that were published."""
    return numbers(text)[0]


def values(data: Any) -> Iterator[float]:
    """Yield the numbers in plain data at any depth."""
    if isinstance(data, Mapping):
        for value in data.values():
            yield from values(value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from values(value)
    elif isinstance(data, int | float) and not isinstance(data, bool) and isfinite(data):
        yield float(data)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _shown(match: re.Match[str]) -> Shown:
    fraction = match["fraction"] or ""
    power = (match["exponent"] or match["power"] or "0").translate(_SUPERSCRIPTS)
    unit = _SCALES.get(match["scale"] or "", 1.0)
    value = float(f"{match['whole'].replace(',', '')}.{fraction or 0}e{power}") * unit
    return Shown(
        value=-value if match["sign"] else value,
        half_unit=float(f"0.5e{int(power) - len(fraction)}") * unit,
        percent=match["percent"] is not None,
        below=match["below"] is not None,
        start=match.start("whole"),
    )
