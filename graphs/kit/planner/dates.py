"""Dates as people write them: 2026-01-05, 5 January 2026, January 5, 2026."""

import datetime
import re
from dataclasses import dataclass

_ISO = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
MONTHS = {
    month: index
    for index, month in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY_MONTH = re.compile(
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{MONTH})\.?,?\s+(?P<year>\d{{4}})\b",
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(
    rf"\b(?P<month>{MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})\b", re.IGNORECASE
)
MONTH_OF_YEAR = re.compile(rf"\b({MONTH})(?=\.?,?\s+(?:19|20)\d\d\b)", re.IGNORECASE)
"""A month before a year; group 1 is the month."""


@dataclass(frozen=True)
class WrittenDate:
    """A date that a text names, in ISO 8601, and where it stands (character offsets)."""

    iso: str
    start: int
    end: int


def written_dates(text: str) -> list[WrittenDate]:
    """Return the dates in the text, in order; days that no calendar has are none."""
    found = [WrittenDate(_valid(match[0]), *match.span()) for match in _ISO.finditer(text)]
    for pattern in (_DAY_MONTH, _MONTH_DAY):
        for match in pattern.finditer(text):
            month = MONTHS[match["month"][:3].lower()]
            iso = _valid(f"{match['year']}-{month:02d}-{int(match['day']):02d}")
            found.append(WrittenDate(iso, *match.span()))
    return sorted((date for date in found if date.iso), key=lambda date: date.start)


def _valid(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        return ""
