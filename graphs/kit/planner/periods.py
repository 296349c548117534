"""Which days, months and years a text speaks of: "since 2010", "between March and May 2024"."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from graphs.kit.planner.columns import is_date, is_whole
from graphs.kit.planner.mentions import column_words
from graphs.kit.planner.negation import negation_before
from graphs.kit.planner.spans import Span, compares, written_spans
from graphs.kit.state import Column

_SIGNS = {"since": ">=", "after": ">", "before": "<", "until": "<="}


def find_periods(text: str, columns: Sequence[Column], dated_by: str = "") -> Iterator[tuple[str, int, int]]:
    """Yield the conditions that spans of time set, and where these stand.

    They are on the column `dated_by`, else on the only column of dates or, in a table without one, on the
    only one with whole years. A single year ("in 2024") is left to tools that take one as such, where there
    are dates. Spans between which there is a gap, and what a span leaves over, can't be said by conditions
    that all hold: they are left.
    """
    dates, years = date_columns(columns), year_columns(columns)
    dates = [dated_by] if dated_by in dates else dates
    if len(dates) > 1 or (not dates and len(years) != 1):
        return
    spans = list(written_spans(text))
    if any(negation_before(text, span.start) for span in spans):
        return
    if not dates:
        for span in spans:
            if span.years and (span.led or len(span.years) > 1):
                yield _of_years(years[0], span), span.start, span.stop
        return
    if len(spans) == 1 and spans[0].plain_year:
        return
    closed = sorted((each for each in spans if each.first and each.end), key=lambda each: str(each.first))
    opened = [each for each in spans if bool(each.first) != bool(each.end)]
    if any(before.end != after.first for before, after in pairwise(closed)):
        return
    if closed:
        yield _of_dates(dates[0], closed[0], closed[-1]), closed[0].start, closed[0].stop
    for span in closed[1:]:
        yield "", span.start, span.stop
    for span in opened:
        yield _of_dates(dates[0], span, span), span.start, span.stop


def compared_unit(text: str) -> str:
    """Return what the spans of time are that a text sets against each other ("2022 vs 2023"): year, quarter
    or month; '' for none."""
    spans = [span for span in written_spans(text) if not span.sign]
    units = {span.unit for span in spans}
    several = len(spans) > 1 or any(span.listed for span in spans)
    return units.pop() if several and len(units) == 1 and compares(text) else ""


def date_columns(columns: Sequence[Column]) -> list[str]:
    """Return the columns that hold dates."""
    return [column["name"] for column in columns if is_date(column)]


def year_columns(columns: Sequence[Column]) -> list[str]:
    """Return the columns that hold whole years, by their names."""
    return [
        column["name"]
        for column in columns
        if is_whole(column) and (column_words(column["name"]) or ("",))[-1] == "year"
    ]


def _of_years(column: str, span: Span) -> str:
    if span.listed:
        return f"{column} in ({', '.join(map(str, span.years))})"
    if len(span.years) > 1:
        return f"{column} >= {min(span.years)} and {column} <= {max(span.years)}"
    return f"{column} {_SIGNS.get(span.sign, '=')} {span.years[0]}"


def _of_dates(column: str, first: Span, last: Span) -> str:
    limits = [
        f"{column} >= {first.first}" if first.first else "",
        f"{column} < {last.end}" if last.end else "",
    ]
    return " and ".join(filter(None, limits))
