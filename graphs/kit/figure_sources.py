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
    r"(?<![\w.])(?P<whole>\d{1,3}(?:[,\u2009\u202f]\d{3})+(?!\d)|\d+)(?:\.(?P<fraction>\d+))?"
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
class _Figure:
    written: str
    value: float
    half_unit: float
    """Half of the last written place: what is rounded to the figure lies within it."""
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
    items, in code, in file names and in `names`, and levels of significance are no figures.
    """
    prose = masked(answer, names, quotes=False)
    for pattern, blank in ((_INLINE_CODE, " "), (_LIST_NUMBER, "\n"), (_SIGNIFICANCE, " ")):
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


def _values(source: Any) -> Iterator[float]:
    """Yield the numbers in a text, or in plain data at any depth."""
    if isinstance(source, str):
        for figure in _figures(source):
            yield figure.value
            if figure.percent:
                yield figure.value / 100
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


def _figures(text: str) -> Iterator[_Figure]:
    for match in _NUMBER.finditer(text):
        digits, fraction = re.sub(r"\D", "", match["whole"]), match["fraction"] or ""
        exponent = (match["power"] or match["caret"] or match["raised"] or "0").translate(_RAISED)
        factor = _SCALES.get(match["letter"] or (match["word"] or "").lower(), 1.0)
        value = float(f"{digits}.{fraction or 0}e{exponent}") * factor
        zeros = 0 if match[0].isdigit() and int(digits) in _YEARS else _zeros(digits)
        place = float(f"1e{-len(fraction) or zeros}") * float(f"1e{exponent}") * factor
        yield _Figure(match[0], value, place / 2, match["percent"] is not None)


def _zeros(digits: str) -> int:
    """Return how many zeros at the end stand for rounding: 12,000 may be 12,034, but 1,000 is no other."""
    significant = digits.rstrip("0")
    return len(digits) - len(significant) if len(significant) > 1 else 0


def _is_known(figure: _Figure, known: Sequence[float]) -> bool:
    if _holds(known, figure.value, figure.half_unit):
        return True
    return figure.percent and _holds(known, figure.value / 100, figure.half_unit / 100)


def _holds(known: Sequence[float], value: float, tolerance: float) -> bool:
    reach = tolerance + _CLOSE * value
    place = bisect_left(known, value - reach)
    return place < len(known) and known[place] <= value + reach
