"""Dates and times that arrive as text, in ISO 8601 or as people write them.

DuckDB's own sniffer takes 25.12.24 for 24 December 2025 and 03/04/24 for 24 April 2003. Here a column is
judged by all its values, years of two digits come last, as in speech, and when day and month could
change places it is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from duckdb import DuckDBPyConnection

from graphs.kit.tables.duck import filled_text, hold_throughout, literal, one_row, quote

_ISO_DATE = r"\d{4}-\d{1,2}-\d{1,2}"
_ISO_TIME = r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
_ISO_TYPES = (
    ("DATE", _ISO_DATE),
    ("TIMESTAMP", rf"{_ISO_DATE}({_ISO_TIME})?"),
    ("TIMESTAMPTZ", rf"{_ISO_DATE}({_ISO_TIME}(Z|[+-]\d{{2}}(:?\d{{2}})?)?)?"),
)
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_DAYS = (
    *(
        order.replace("/", sign)
        for sign in "/.-"
        for order in ("%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y")
    ),
    *("%Y/%m/%d", "%Y.%m.%d"),
    *("%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%d-%b-%y"),
)
_FORMATS = tuple(day + time for day in _DAYS for time in _TIMES)
_YEAR_FIRST = tuple(form for form in _FORMATS if form.startswith("%Y"))
_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_SHAPE = (
    r"(?i)^(\d{1,4}\s*[-/. ]\s*\d{1,2}\s*[-/. ]\s*\d{1,4}(\D|$)"
    rf"|\d{{1,2}}\s*-?\s*{_MONTH}\s*-?\s*\d{{2}}|{_MONTH}\s*\d{{1,2}}\s*,?\s*\d{{2}})"
)
"""What all dates begin like: other text is told from them at once, and not tried against every format."""


def date_conversions(
    connection: DuckDBPyConnection, table: str, columns: Sequence[str], *, day_first: bool | None = None
) -> tuple[dict[str, str], tuple[str, ...]]:
    """SQL for the values of those of the text `columns` that hold dates or times, by name, and notes.

    Whether 03/04/2024 is in April or March goes by `day_first`, else by the other dates in the column, else
    by those in the other columns, else it is April. There is a note for each column where the last was so.
    """
    conversions: dict[str, str] = {}
    readings: dict[str, list[str]] = {}
    for name in columns:
        iso = _iso_type(connection, table, name)
        if iso:
            conversions[name] = f"CAST({filled_text(name)} AS {iso})"
        else:
            readings[name] = _fitting_formats(connection, table, name)
    settled = day_first if day_first is not None else _order_elsewhere(readings)
    notes = []
    for name, formats in readings.items():
        if not formats:
            continue
        form = _choose(formats, day_first=settled is not False)
        kind = "TIMESTAMP" if ":" in form else "DATE"
        conversions[name] = f"CAST(strptime({filled_text(name)}, '{form}') AS {kind})"
        if settled is None and _is_ambiguous(formats):
            notes.append(f"Dates in '{name}' were read as day/month; the other order would fit too.")
    return conversions, tuple(notes)


def date_sql(column: str, *, day_first: bool = True) -> str:
    """SQL for the time that a value of a text column stands for, each read by its own form: NULL for one that
    is none. `day_first` settles those such as 03/04/2024 that fit two."""
    value = filled_text(column)
    # Nobody writes the month first before a point; strptime's %Y would take 24 for the year 24.
    kept = [form for form in _FORMATS if not form.startswith(("%m.", "%Y"))]
    ordered = sorted(kept, key=lambda form: form.startswith("%m" if day_first else "%d"))
    long, short = ([form for form in ordered if year in form] for year in ("%Y", "%y"))
    iso = rf"{_ISO_DATE}({_ISO_TIME})?"
    return (
        f"(CASE WHEN NOT regexp_matches({value}, '{_SHAPE}') THEN NULL "
        f"WHEN regexp_full_match({value}, '{iso}') THEN TRY_CAST({value} AS TIMESTAMP) "
        rf"WHEN regexp_matches({value}, '^\d{{4}}[/.]') THEN try_strptime({value}, {_listed(_YEAR_FIRST)}) "
        rf"WHEN regexp_matches({value}, '\d{{4}}') THEN try_strptime({value}, {_listed(long)}) "
        f"ELSE try_strptime({value}, {_listed(short)}) END)"
    )


def _listed(formats: Sequence[str]) -> str:
    return f"[{', '.join(map(literal, formats))}]"


def _iso_type(connection: DuckDBPyConnection, table: str, name: str) -> str | None:
    value = filled_text(name)
    conditions = [
        f"CASE WHEN {value} IS NOT NULL "
        f"THEN regexp_full_match({value}, '{pattern}') AND TRY_CAST({value} AS {kind}) IS NOT NULL END"
        for kind, pattern in _ISO_TYPES
    ]
    fits = hold_throughout(connection, table, conditions)
    return next((kind for (kind, _), fit in zip(_ISO_TYPES, fits, strict=True) if fit), None)


def _fitting_formats(connection: DuckDBPyConnection, table: str, name: str) -> list[str]:
    """Formats that all values of a column have. One value rules out nearly all of them without a scan."""
    value = filled_text(name)
    (sample,) = one_row(
        connection, f"SELECT any_value({value}) FROM {quote(table)} WHERE {value} IS NOT NULL"
    )
    able = [form for form in _FORMATS if sample is not None and _parses(sample, form)]
    # strptime's %Y would take 24 for the year 24.
    conditions = [
        f"CASE WHEN {value} IS NOT NULL THEN try_strptime({value}, '{form}') IS NOT NULL"
        + (f" AND regexp_matches({value}, '\\d{{4}}') END" if "%Y" in form else " END")
        for form in able
    ]
    fits = hold_throughout(connection, table, conditions)
    return [form for form, fit in zip(able, fits, strict=True) if fit]


def _parses(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def _is_ambiguous(formats: Sequence[str]) -> bool:
    # Nobody writes the month first before a point.
    orders = {form[:2] for form in formats if "." not in form}
    return {"%d", "%m"} <= orders


def _order_elsewhere(readings: Mapping[str, Sequence[str]]) -> bool | None:
    """Whether the day comes first in the columns that leave no doubt; None if none does, or they differ."""
    orders = {
        formats[0].startswith("%d")
        for formats in readings.values()
        if formats and not _is_ambiguous(formats) and formats[0][:2] + formats[0][3:5] in ("%d%m", "%m%d")
    }
    return orders.pop() if len(orders) == 1 else None


def _choose(formats: Sequence[str], *, day_first: bool) -> str:
    wanted = "%d" if day_first or not _is_ambiguous(formats) else "%m"
    return next((form for form in formats if form.startswith(wanted)), formats[0])
