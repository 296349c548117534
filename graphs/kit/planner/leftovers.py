"""What a request names that no argument took: columns, dates, and names of values."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from graphs.kit.artifacts import MEDIA_TYPES
from graphs.kit.planner.columns import fits
from graphs.kit.planner.conditions import takes_conditions
from graphs.kit.planner.dates import MONTH_OF_YEAR, written_dates
from graphs.kit.planner.declarations import Argument, ToolProfile, declared_words
from graphs.kit.planner.mentions import folded, mentioned_exactly, mentions
from graphs.kit.planner.phrasing import is_statement
from graphs.kit.planner.prose import sentences
from graphs.kit.planner.spans import parts_of_year
from graphs.kit.planner.units import unit_named
from graphs.kit.planner.words import STOP_STEMS, stems
from graphs.kit.state import Column

_PREPOSITION = (
    r"\b(?i:for|in|of|from|on|at|about|since|until|during|before|after)\s+"
    r"(?i:(?:all|only|just)\s+)?(?i:the\s+)?"
)
_CAPITALISED = re.compile(rf"{_PREPOSITION}([A-Z][\w\-]*(?:\s+[A-Z][\w\-]*)*)")
_QUOTED = re.compile(rf"{_PREPOSITION}[\"'\u201c\u2018]([^\"'\u201d\u2019\n]+)[\"'\u201d\u2019]")


@dataclass(frozen=True)
class Request:
    """A request without file names and code: `text` without quotes too, `quoting` of the same length with.

    `given` holds the values of the arguments, `files` are the names of the session's files, and
    `open_columns` are the arguments for columns that have none.
    """

    text: str
    quoting: str
    columns: Sequence[Column]
    tool: ToolProfile
    given: str
    files: Iterable[str]
    open_columns: Sequence[Argument] = ()


def leftovers(request: Request) -> list[str]:
    """Return what the request names in vain, as written: columns in full, dates, and names of values.

    Names are looked for where a table is at hand: there, a word with a capital or in quotes behind a
    preposition ("for Tent") sets a condition on the rows.
    """
    dates = [date for date in written_dates(request.text) if date.iso not in request.given]
    found = [request.text[date.start : date.end] for date in dates]
    if request.columns:
        whole = [(date.start, date.end) for date in written_dates(request.text)]
        found += [name for name, start in _names(request) if not any(s <= start < e for s, e in whole)]
    taken = request.given.lower()
    columns = [
        name
        for name in mentioned_exactly(request.text, request.columns)
        if name not in request.given and not _is_found_by_the_tool(name, request)
    ]
    parts = [request.text[start:end] for start, end in parts_of_year(request.text)] if request.columns else []
    return [*columns, *(name for name in [*found, *parts] if name.lower() not in taken)]


def _is_found_by_the_tool(name: str, request: Request) -> bool:
    """Return whether the tool, which takes the table as a whole, finds what each column is by itself: nobody
    says that the participants' arm is the column called arm."""
    column = next(column for column in request.columns if column["name"] == name)
    takes_rows = any(takes_conditions(argument) for argument in request.tool.arguments)
    return not takes_rows and any(fits(each, column) for each in request.open_columns)


def _names(request: Request) -> Iterator[tuple[str, int]]:
    """Yield the names of values in the request's orders and questions, and where they stand."""
    columns = [(mention.start, mention.end) for mention in mentions(request.quoting, request.columns)]
    known = {folded(PurePosixPath(name).stem) for name in request.files}
    for sentence in sentences(request.quoting):
        if is_statement(sentence[0]):
            continue
        start, end = sentence.span()
        matches = [
            *_QUOTED.finditer(request.quoting, start, end),
            *MONTH_OF_YEAR.finditer(request.text, start, end),
        ]
        if any(sign.islower() for sign in sentence[0]):
            matches += _CAPITALISED.finditer(request.text, start, end)
        for match in sorted(matches, key=lambda match: match.start(1)):
            is_column = any(match.start(1) < e and s < match.end(1) for s, e in columns)
            if not is_column and folded(match[1]) not in known and not _says_nothing(match[1], request.tool):
                yield match[1], match.start(1)


def _says_nothing(name: str, tool: ToolProfile) -> bool:
    """Words of the tool's own, units and formats ("in Weeks", "in PNG") name no values."""
    plain = declared_words(tool) | STOP_STEMS
    return all(
        set(stems(word)) <= plain or unit_named(word) or f".{word.lower()}" in MEDIA_TYPES
        for word in name.split()
    )
