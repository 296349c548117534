"""Which years, quarters and months a text speaks of: "since 2010", "between 1940 and 1945", "in May 2024"."""

import re
from collections.abc import Iterator, Sequence

from graphs.kit.planner.columns import is_whole
from graphs.kit.planner.dates import written_dates
from graphs.kit.planner.spans import written_spans
from graphs.kit.planner.words import stems
from graphs.kit.state import Column

_YEAR = r"((?:1[5-9]|20|21)\d\d)"
_END = r"(?![\w%]|[.,-]\d)"
_PERIODS = (
    (
        re.compile(rf"\b(?:between|from)\s+{_YEAR}\s+(?:and|to|until|till|through)\s+{_YEAR}{_END}", re.I),
        ">=<=",
    ),
    (re.compile(rf"(?<![\w.-]){_YEAR}\s?(?:-|\u2013|to)\s?{_YEAR}{_END}", re.I), ">=<="),
    (re.compile(rf"\b(?:since|starting(?:\s+(?:in|from))?)\s+{_YEAR}{_END}", re.I), ">="),
    (re.compile(rf"\b(?:from\s+)?{_YEAR}\s+(?:on|onwards?|or\s+later|and\s+later)\b", re.I), ">="),
    (re.compile(rf"\bafter\s+{_YEAR}{_END}", re.I), ">"),
    (re.compile(rf"\bbefore\s+{_YEAR}{_END}", re.I), "<"),
    (re.compile(rf"\b(?:until|till|up\s+to|through)\s+{_YEAR}{_END}", re.I), "<="),
)
_ONE_YEAR = re.compile(
    rf"\b(?:in|during|for|only|just|of|year|about)\s+(?:the\s+year\s+)?{_YEAR}{_END}", re.I
)


_BARE_YEAR = re.compile(rf"(?<![\w.,:/=<>-])((?:19|20)\d\d){_END}")
_NO_BARE_YEAR = re.compile(
    r"(?:\b(?:in|during|for|only|just|of|year|about|and|or|to|top|first|last|over|above|below|under|than|least"
    r"|most|by|on|at)|[=<>])\s*$",
    re.IGNORECASE,
)
"""What a tool's own arguments take a figure by, or what makes it one among several."""


def find_periods(text: str, columns: Sequence[Column]) -> Iterator[tuple[str, int, int]]:
    """Yield the conditions that spans of years, quarters and months set, and where these stand.

    They are on the only column of dates or, in a table without one, on the only one with whole years. A
    single year is left to tools that take one as such, where there are dates.
    """
    dates = [column["name"] for column in columns if column["type"].startswith(("DATE", "TIMESTAMP"))]
    years = [column["name"] for column in columns if _holds_years(column)]
    if len(dates) > 1 or (not dates and len(years) != 1):
        return
    taken: list[tuple[int, int]] = []
    for span in written_spans(text) if dates else ():
        taken.append((span.start, span.stop))
        limits = [
            f"{dates[0]} >= {span.first}" if span.first else "",
            f"{dates[0]} < {span.end}" if span.end else "",
        ]
        yield " and ".join(filter(None, limits)), span.start, span.stop
    whole = [*taken, *((date.start, date.end) for date in written_dates(text))]
    for match in _BARE_YEAR.finditer(text) if dates else ():
        inside = any(match.start() < end and start < match.end() for start, end in whole)
        if not inside and not _NO_BARE_YEAR.search(text[: match.start()]) and not _in_span(text, match):
            taken.append(match.span())
            yield _of_dates(dates[0], ">=<=", [int(match[1])]), *match.span()
    patterns = _PERIODS if dates else (*_PERIODS, (_ONE_YEAR, "="))
    for pattern, sign in patterns:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            taken.append(match.span())
            given = [int(year) for year in match.groups()]
            yield (
                (_of_dates(dates[0], sign, given) if dates else _of_years(years[0], sign, given)),
                *match.span(),
            )


def _in_span(text: str, year: re.Match[str]) -> bool:
    """Return whether the year belongs to "since 2010" or "2010 to 2015"."""
    spans = [match.span() for pattern, _ in _PERIODS for match in pattern.finditer(text)]
    return any(start <= year.start() < end for start, end in spans)


def _holds_years(column: Column) -> bool:
    return is_whole(column) and (stems(column["name"]) or ("",))[-1] == "year"


def _of_years(column: str, sign: str, given: Sequence[int]) -> str:
    if sign == ">=<=":
        return f"{column} >= {min(given)} and {column} <= {max(given)}"
    return f"{column} {sign} {given[0]}"


def _of_dates(column: str, sign: str, given: Sequence[int]) -> str:
    """A span of whole years, the end of which is the first day after it."""
    first, last = min(given), max(given)
    if sign == ">=<=":
        return f"{column} >= {first}-01-01 and {column} < {last + 1}-01-01"
    if sign in {">", "<="}:
        return f"{column} {'>=' if sign == '>' else '<'} {first + 1}-01-01"
    return f"{column} {sign} {first}-01-01"
