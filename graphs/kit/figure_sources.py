"""Which figures of an answer have no source: neither a tool's result nor the person's words hold them.

A model may compute in its head or make figures up. What a tool said, rounded or as a percentage, has a
source; a sum, a difference or a converted unit of the model's own has none. Signs are not compared: "fell
by 3.2" may say what a tool gave as -3.2.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

from graphs.kit.planner.prose import masked
from graphs.kit.subagent import HANDOFF_PREFIX

UNSOURCED_KEY = "figures_without_source"
"""Where a marked answer lists these figures, as written, for clients."""

_NUMBER = re.compile(
    r"(?<![\w.])(?:"
    r"(?<!\d,)(?P<points>\d{1,3}(?:\.\d{3})+|\d+),(?P<decimals>\d{1,2}|\d{4,}|(?<=\b0,)\d{3})(?![,.]?\d)"
    r"|(?P<pointed>\d{1,3}(?:\.\d{3}){2,})(?!\d)"
    r"|(?P<whole>\d{1,3}(?:[,\u2009\u202f]\d{3})+(?!\d)|\d+)(?:\.(?P<fraction>\d+))?)"
    r"(?:[eE](?P<power>[-+\u2212]?\d{1,3})|\s?[×x·]\s?10(?:\^(?P<caret>[-+\u2212]?\d{1,3})|(?P<raised>[⁺⁻]?[⁰¹²³⁴-⁹]+)))?"
    r"(?!\.?\d|D\b|(?:st|nd|rd|th)\b)"  # 3D and 2nd are no figures
    r"(?:\s?(?P<percent>%|per\s?cent\b|(?=(?:[-\u2013]|(?:to|and)\s)\s?\d+(?:\.\d+)?\s?(?:%|per\s?cent\b)))"
    r"|(?P<letter>[kMB])\b|\s?(?P<word>(?i:thousand|million|billion|bn))\b)?"
)
_SCALES = {"k": 1e3, "M": 1e6, "B": 1e9, "thousand": 1e3, "million": 1e6, "billion": 1e9, "bn": 1e9}
_RAISED = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹\u2212", "+-0123456789-")
_LIST_NUMBER = re.compile(
    r"^[ \t]*(?:#+\s*|[-*>]\s+)?(?:\*\*)?\d{1,2}[.)](?:\*\*)?\s|^[ \t]*\|\s*\d{1,2}\s*(?=\|)", re.MULTILINE
)
"""Of an item, or of a table's row."""

_REFERENCE = re.compile(
    r"(?<![\w&])#\d{1,2}\b(?![.,]\d)"
    r"|\b(?:[Ss]tep|[Ss]ection|[Qq]uestion|[Oo]ption|Table|Figure|Fig\.|Chart)\s\d{1,2}\b(?![.,]\d|\s?%)"
)
"""A rank or a part of the answer: #1, Step 2."""

_TWO_YEARS = re.compile(r"\b((?:19|20)(\d\d))[/\u2013-](\d\d)\b(?![/\u2013-]?\d)")
"""Of a season or a financial year, as 2018/19."""

_SIGNIFICANCE = re.compile(
    r"\bp(?:[-\s]?values?)?\s*(?:<|≤|>|below|under|less\s+than|above)\s*0?\.(?:1|0{1,3}[15])\b"
    r"|\b(?:α|alpha)\s*=\s*0?\.(?:1|0{1,3}[15])\b|\b(?:10|5|1|0\.1)\s?%\s+(?:significance\s+)?level\b",
    re.IGNORECASE,
)
"""What a p-value is held against by convention; no result."""

_YEARS = range(1900, 2100)
_INLINE_CODE = re.compile(r"`[^`\n]+`")
_CLOSE = 1e-9
"""Relative; what floating-point numbers lose on their way through text."""


@dataclass(frozen=True)
class _Reading:
    value: float
    half_unit: float
    """Half of the last written place: what is rounded to the figure lies within it."""


@dataclass(frozen=True)
class _Figure:
    written: str
    readings: tuple[_Reading, ...]
    """More than one where the text leaves open which of comma and point stands before the decimals."""
    pair: tuple[float, ...]
    """Two numbers that a comma may keep apart instead, as in the point (12,5)."""
    percent: bool


def marked(reply: AIMessage, conversation: Sequence[AnyMessage], files: Iterable[str]) -> AIMessage:
    """Return the reply, with a note at its end if it states figures that have no source.

    `conversation` is what the reply answers, with the tools' results; `files` are names that may hold digits.
    """
    missing = unsourced_figures(reply.text, _sources(conversation), files)
    if not missing:
        return reply
    note = f"\n\n⚠ No tool result has these figures, so check them before you use them: {', '.join(missing)}."
    content = reply.content
    return reply.model_copy(
        update={
            "content": content + note
            if isinstance(content, str)
            else [*content, {"type": "text", "text": note}],
            "additional_kwargs": {**reply.additional_kwargs, UNSOURCED_KEY: missing},
        }
    )


def unsourced_figures(answer: str, sources: Iterable[Any], names: Iterable[str] = ()) -> list[str]:
    """Return the figures of the answer, as written and each once, that none of the sources has.

    Sources are texts and plain data; how many entries a list in them has is a source too. Numbers of a list's
    items, references such as Step 2, in code, in file names and in `names`, and levels of significance are no
    figures. A decimal comma (1.234,5) is read as well as a decimal point.
    """
    prose = masked(answer, names, quotes=False)
    for pattern, blank in (
        *((_INLINE_CODE, " "), (_LIST_NUMBER, "\n"), (_SIGNIFICANCE, " ")),
        *((_REFERENCE, " "), (_TWO_YEARS, _first_year)),
    ):
        prose = pattern.sub(blank, prose)
    known = sorted({abs(value) for source in sources for value in _values(source)})
    return list(dict.fromkeys(each.written for each in _figures(prose) if not _is_known(each, known)))


def _sources(conversation: Sequence[AnyMessage]) -> Iterator[Any]:
    for message in conversation:
        if isinstance(message, HumanMessage):
            yield message.text
        if isinstance(message, ToolMessage) and not (message.name or "").startswith(HANDOFF_PREFIX):
            yield message.text
            yield message.artifact


def _first_year(match: re.Match[str]) -> str:
    """The second year of 2018/19 says no more than the first."""
    follows = int(match[3]) == (int(match[2]) + 1) % 100
    return match[1] if follows else match[0]


def _values(source: Any) -> Iterator[float]:
    """Yield the numbers in a text, or in plain data at any depth."""
    if isinstance(source, str):
        for figure in _figures(source):
            yield from figure.pair
            for reading in figure.readings:
                yield reading.value
                if figure.percent:
                    yield reading.value / 100
    elif isinstance(source, Mapping):
        for key, value in source.items():
            yield from _values(str(key))
            yield from _values(value)
    elif isinstance(source, list | tuple):
        yield float(len(source))
        for value in source:
            yield from _values(value)
    elif isinstance(source, int | float) and isfinite(source):
        yield float(source)


def _figures(text: str) -> list[_Figure]:
    matches = list(_NUMBER.finditer(text))
    decimal_commas = any(match["points"] for match in matches)
    return [_figure(match, decimal_commas=decimal_commas) for match in matches]


def _figure(match: re.Match[str], *, decimal_commas: bool) -> _Figure:
    if match["points"]:
        pair = (float(match["decimals"]), float(match["points"])) if "." not in match["points"] else ()
        readings = [_reading(match, match["points"], match["decimals"])]
        return _Figure(match[0], tuple(readings), pair, match["percent"] is not None)
    whole, fraction = match["pointed"] or match["whole"], match["fraction"] or ""
    readings = [_reading(match, whole, fraction)]
    if decimal_commas and len(fraction) == 3:
        readings.append(_reading(match, whole + fraction, ""))
    if decimal_commas and whole.count(",") == 1 and not fraction:
        readings.append(_reading(match, *whole.split(",")))
    return _Figure(match[0], tuple(readings), (), match["percent"] is not None)


def _reading(match: re.Match[str], whole: str, fraction: str) -> _Reading:
    digits = re.sub(r"\D", "", whole)
    exponent = (match["power"] or match["caret"] or match["raised"] or "0").translate(_RAISED)
    factor = _SCALES.get(match["letter"] or (match["word"] or "").lower(), 1.0)
    value = float(f"{digits}.{fraction or 0}e{exponent}") * factor
    zeros = 0 if match[0].isdigit() and int(digits) in _YEARS else _zeros(digits)
    place = float(f"1e{-len(fraction) or zeros}") * float(f"1e{exponent}") * factor
    return _Reading(value, place / 2)


def _zeros(digits: str) -> int:
    """Return how many zeros at the end stand for rounding: 12,000 may be 12,034, but 1,000 is no other."""
    significant = digits.rstrip("0")
    return len(digits) - len(significant) if len(significant) > 1 else 0


def _is_known(figure: _Figure, known: Sequence[float]) -> bool:
    if figure.pair and all(_holds(known, value, 0) for value in figure.pair):
        return True
    scales = (1, 100) if figure.percent else (1,)
    return any(
        _holds(known, reading.value / scale, reading.half_unit / scale)
        for reading in figure.readings
        for scale in scales
    )


def _holds(known: Sequence[float], value: float, tolerance: float) -> bool:
    reach = tolerance + _CLOSE * value
    place = bisect_left(known, value - reach)
    return place < len(known) and known[place] <= value + reach
