"""Which rows of a table count, and into which groups they fall."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from graphs.analytics.tables.conditions import parse_conditions
from graphs.analytics.tables.statements import Filter, Period
from graphs.kit.tables.load import TableInfo


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows count, and into which groups they fall.

    `by` are columns; `bucket` groups by day, week, month, quarter, year or weekday of `date_column` (by
    default the only column of dates). `where` holds conditions as `parse_conditions` reads them; `year` keeps
    one calendar year.
    """

    by: tuple[str, ...] = ()
    bucket: Period | None = None
    date_column: str | None = None
    where: str | None = None
    year: int | None = None


def number_columns(table: TableInfo) -> tuple[str, ...]:
    """Names of the columns of numbers."""
    return tuple(column.name for column in table.columns if column.is_number)


def spelt(table: TableInfo, name: str) -> str:
    """The column's name as the table spells it, given in any case; a name that the table lacks stays."""
    names = [column.name for column in table.columns]
    alike = [each for each in names if each.casefold() == name.casefold()]
    return alike[0] if name not in names and len(alike) == 1 else name


def date_column(table: TableInfo, given: str | None = None) -> str:
    """The column of dates that a period refers to: the one given, else the only one. Raises ValueError when
    it is open which is meant."""
    if given:
        return spelt(table, given)
    dates = [column.name for column in table.columns if column.is_time]
    if len(dates) != 1:
        held = f"several: {', '.join(dates)}" if dates else "none"
        raise ValueError(f"A period needs one column of dates, and the table has {held}. Name the column.")
    return dates[0]


def settled(table: TableInfo, selection: Selection) -> Selection:
    """The selection with columns spelt as in the table, and the dates that a period is of.

    A column called as the period (year) holds the periods already: it is what is grouped by then. Raises
    ValueError when it is open which dates are meant."""
    by = tuple(dict.fromkeys(spelt(table, name) for name in selection.by))
    bucket, given = selection.bucket, selection.date_column
    dates = [column.name for column in table.columns if column.is_time]
    if bucket and not given:
        own = [column.name for column in table.columns if column.name.lower() == bucket]
        if own and (own[0] in by or not dates):
            return replace(selection, by=tuple(dict.fromkeys([own[0], *by])), bucket=None)
        given = next((name for name in by if name in dates), None)
    if not bucket:
        return replace(selection, by=by)
    given = date_column(table, given)
    return replace(selection, by=tuple(name for name in by if name != given), date_column=given)


def filters_of(table: TableInfo, selection: Selection) -> tuple[Filter, ...]:
    """The filters that the selection's conditions and year set. Raises ValueError when it is open of
    which dates the year is."""
    filters = parse_conditions(selection.where) if selection.where else ()
    if selection.year is None:
        return filters
    own = [name for name in number_columns(table) if name.lower() == "year"]
    if own and not selection.date_column:
        return (*filters, Filter(own[0], "=", selection.year))
    column = date_column(table, selection.date_column)
    year = selection.year
    return (*filters, Filter(column, ">=", date(year, 1, 1)), Filter(column, "<=", date(year, 12, 31)))


def bucket_of(selection: Selection) -> tuple[str | None, Period | None]:
    """The dates that the periods are of, with the period; None twice when the groups are no periods."""
    return (selection.date_column, selection.bucket) if selection.bucket else (None, None)


def order_in_time(table: TableInfo, selection: Selection) -> str:
    """The dates, or the years, that values come first and last by."""
    years = [name for name in number_columns(table) if name.lower() == "year"]
    has_dates = selection.date_column or any(column.is_time for column in table.columns)
    return years[0] if years and not has_dates else date_column(table, selection.date_column)
