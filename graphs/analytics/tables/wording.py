"""The results of an analysis in words: short Markdown with every figure that a reader needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import floor, isfinite, log10
from typing import TYPE_CHECKING, Any

from graphs.analytics.tables.conditions import describe_conditions
from graphs.analytics.tables.statements import Figure, Percentile
from graphs.kit.tables.markdown import markdown_table

if TYPE_CHECKING:
    from graphs.analytics.query.cohort import Retention
    from graphs.analytics.query.funnel import Funnel
    from graphs.analytics.query.shares import Shares
    from graphs.analytics.tables.aggregate import Aggregate
    from graphs.analytics.tables.sql import QueryResult
    from graphs.analytics.tables.subset import Subset
    from graphs.kit.tables.load import TableInfo

ROWS_SHOWN = 30
_DIGITS, _MAX_DECIMALS = 6, 10
_LONGEST_CELL = 80
_YEARS = range(1500, 2201)

STATISTICS = {
    "sum": "total",
    "mean": "mean",
    "median": "median",
    "min": "least",
    "max": "greatest",
    "count": "number of values in",
    "sd": "standard deviation of",
    "range": "range of",
    "distinct": "number of different",
    "first": "first",
    "last": "last",
}
"""Each statistic as it stands before the name of its column."""


def aggregated(file: str, result: Aggregate, whole: str | None, shares: Shares | None = None) -> str:
    """A statistic by groups; `whole` is the file that holds all groups when not all are shown."""
    if not result.keys:
        values = zip(value_names(result), text_cells(result.rows)[0], strict=True)
        figures = "; ".join(f"{name}: **{value}**" for name, value in values)
        return "\n".join([f"{capital(figures)}, in {rows_of(file, result)}.", *method(result)])
    lines = [
        f"{capital(' and '.join(value_names(result)))} by {' and '.join(key_names(result))}, in "
        f"{rows_of(file, result)}:",
        "",
        *value_table(
            [*column_names(result), *(share_names(result) if shares else [])],
            readable_rows(with_shares(result.rows, shares), len(result.keys), result.selection.bucket),
        ),
        *hidden(len(result.rows), "groups", whole),
        "",
        *(_share_totals(result, shares) if shares else []),
        *method(result),
    ]
    return "\n".join(lines)


def share_names(result: Aggregate) -> list[str]:
    """What the shares are called: percentages of each statistic's total."""
    return [f"% of {name}" for name in value_names(result)]


def with_shares(rows: Sequence[Sequence[Any]], shares: Shares | None) -> list[tuple[Any, ...]]:
    """The rows of an aggregate, each with its shares."""
    if shares is None:
        return [tuple(row) for row in rows]
    return [(*row, *percent) for row, percent in zip(rows, shares.percent, strict=True)]


def _share_totals(result: Aggregate, shares: Shares) -> list[str]:
    totals = zip(value_names(result), text_cells([shares.totals])[0], strict=True)
    return [f"- 100 % of the {name} is **{total}**, of all groups" for name, total in totals]


def queried(
    files: Sequence[str], result: QueryResult, whole: str | None, reading: Sequence[str], limits: str
) -> str:
    """The rows of a query over files; `whole` is the file that holds those that are not shown, `reading` what
    was assumed in reading the files, `limits` those that the query ran under."""
    origins = listed(files) if files else "no table"
    method = [*reading, f"- SQL: `{' '.join(result.sql.split())}`", f"- Limits: {limits}"]
    if not result.rows:
        return "\n".join([f"No rows from {origins}.", *method])
    lines = [
        f"{many(result.total_rows, 'row')} from {origins}:",
        "",
        *value_table(result.columns, result.rows),
        *hidden(result.total_rows, "rows", whole, kept=len(result.rows)),
        "",
        *method,
    ]
    return "\n".join(lines)


def origin(file: str, table: TableInfo) -> str:
    """The file, with the sheet that was read."""
    return (f"sheet {table.sheet} of " if table.sheet else "") + f"**{file}**"


def rows_of(file: str, result: Aggregate | Funnel | Retention | Subset) -> str:
    """The file, and which of its rows the figures are of."""
    table = result.table
    if not result.filters:
        return f"{origin(file, table)} (all {table.rows:,} rows)"
    conditions = describe_conditions(result.filters)
    return f"{origin(file, table)} ({result.rows_used:,} of {table.rows:,} rows: {conditions})"


def method(result: Aggregate) -> list[str]:
    """What was left out and assumed, and the SQL."""
    missing = [
        f"- Left out: {many(count, 'row')} without a value in {measure}"
        for measure, count in zip(result.measures, result.missing, strict=True)
        if count
    ]
    along = [f"- First and last are by {result.along}"] if result.along else []
    statements = [f"- SQL: `{' '.join(statement.split())}`" for statement in result.sql]
    return [*missing, *along, *notes(result.table), *statements]


def notes(table: TableInfo) -> list[str]:
    """What was assumed in reading the file, as far as it could have been read in another way."""
    return [f"- Note: {note}" for note in table.doubts]


def all_notes(table: TableInfo) -> list[str]:
    """All that is to be said on how the file was read."""
    return [f"- Note: {note}" for note in table.notes]


def key_names(result: Aggregate) -> list[str]:
    """The keys of the groups as a reader would call them: a period by its own name."""
    period = result.selection.bucket
    return [period, *result.keys[1:]] if period else list(result.keys)


def value_names(result: Aggregate) -> list[str]:
    """The statistic of each measure as a reader would call it."""
    names = [f"{statistic_name(each)} {measure}" for measure in result.measures for each in result.statistics]
    return names or ["number of rows"]


def statistic_name(statistic: Figure) -> str:
    """The statistic as it stands before the name of its column: mean, standard deviation of."""
    if not isinstance(statistic, Percentile):
        return STATISTICS[statistic]
    number = f"{statistic.percent:g}"
    ending = {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")
    return f"{number}{'th' if number[-2:] in ('11', '12', '13') else ending} percentile of"


def assumed(statistic: Figure, measures: Sequence[str]) -> list[str]:
    """Which statistic was taken since none was named, and why."""
    names = listed(measures)
    if statistic == "mean":
        are = "is a rate or level" if len(measures) == 1 else "are rates or levels"
        return [
            f"- No statistic was named: {names} {are} by name, so the rows of a group are averaged. Ask for "
            "the total to add them up"
        ]
    return ["- No statistic was named: the rows of a group are added up"]


def column_names(result: Aggregate) -> list[str]:
    """All columns of the result as a reader would call them."""
    return [*key_names(result), *value_names(result)]


def readable_rows(rows: Sequence[Sequence[Any]], keys: int, bucket: str | None) -> list[tuple[Any, ...]]:
    """The rows, with names in place of the first cells, which are keys: 1962 is no amount, and the first day
    of a period stands for it."""
    return [
        (*(_key(cell, bucket if place == 0 else None) for place, cell in enumerate(row[:keys])), *row[keys:])
        for row in rows
    ]


def value_table(
    heads: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[bool] = ()
) -> list[str]:
    """At most 30 rows as a Markdown table; to the right are `right`, by default the columns of numbers."""
    shown = list(rows)[:ROWS_SHOWN]
    right = right or [_holds_numbers(column) for column in zip(*shown, strict=True)]
    return markdown_table([cell(head) for head in heads], text_cells(shown), right=right)


def hidden(total: int, what: str, whole: str | None = None, kept: int | None = None) -> list[str]:
    """How many of the rows are not shown, and that the file `whole` has them (or the first `kept`)."""
    if total <= ROWS_SHOWN:
        return []
    line = f"{ROWS_SHOWN} of {total:,} {what} are shown."
    if whole:
        line += f" **{whole}** has {'all of them' if kept in (None, total) else f'the first {kept:,}'}."
    return ["", line]


def column_cells(values: Sequence[Any]) -> list[str]:
    """The values of a column as text; its numbers have the same number of decimals, cents at least."""
    if all(type(value) is int and value in _YEARS for value in values):
        return [str(value) for value in values]
    sizes = [abs(value) for value in values if isinstance(value, float) and isfinite(value) and value]
    decimals = _decimals(sizes) if sizes else 0
    return [
        f"{value:,.{decimals}f}"
        if isinstance(value, float) and isfinite(value) and decimals <= _MAX_DECIMALS
        else cell(value)
        for value in values
    ]


def cell(value: object) -> str:
    """The value as the text of a table's cell."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return significant(value)
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    flat = " ".join(str(value).split())
    return flat if len(flat) <= _LONGEST_CELL else f"{flat[: _LONGEST_CELL - 1]}…"


def significant(number: float, digits: int = _DIGITS) -> str:
    """The number with so many significant digits, with thousands separators."""
    return f"{number:,.{digits}g}" if abs(number) < 10**digits or not isfinite(number) else f"{number:,.0f}"


def plain_data(data: Any) -> Any:
    """The data as JSON has it: objects, lists, numbers, text, true, false and null."""
    if isinstance(data, Mapping):
        return {str(key): plain_data(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [plain_data(value) for value in data]
    if isinstance(data, float | Decimal):
        return float(data) if isfinite(data) else None
    return data if data is None or isinstance(data, bool | int | str) else str(data)


def records(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """At most 30 rows as plain data."""
    return plain_data([dict(zip(columns, row, strict=True)) for row in list(rows)[:ROWS_SHOWN]])


def period_name(first_day: date, period: str) -> str:
    """What a reader calls the period that begins on this day: 2024, 2024 Q3, 2024-08, or the day itself."""
    quarter = f"{first_day:%Y} Q{(first_day.month + 2) // 3}"
    names = {"year": f"{first_day:%Y}", "quarter": quarter, "month": f"{first_day:%Y-%m}"}
    return names.get(period, f"{first_day:%Y-%m-%d}")


def many(count: int, noun: str) -> str:
    """The count with the noun, in the plural unless it is one."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _key(value: object, bucket: str | None) -> object:
    if bucket and isinstance(value, date):
        return period_name(value, bucket)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def text_cells(rows: Sequence[Sequence[Any]]) -> list[tuple[str, ...]]:
    """The rows as text; the numbers of a column have the same number of decimals."""
    columns = [column_cells(column) for column in zip(*rows, strict=True)]
    return list(zip(*columns, strict=True))


def _decimals(sizes: Sequence[float]) -> int:
    """How many decimals show cents, six significant digits of the largest and three of the smallest; none
    that would be zero throughout."""
    wanted = max(2, _DIGITS - 1 - floor(log10(max(sizes))), 2 - floor(log10(min(sizes))))
    if wanted > _MAX_DECIMALS:
        return wanted
    return max(len(f"{size:.{wanted}f}".rstrip("0").partition(".")[2]) for size in sizes)


def _holds_numbers(column: Sequence[object]) -> bool:
    present = [value for value in column if value is not None]
    return bool(present) and all(
        isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in present
    )


def listed(names: Sequence[str], most: int = 5) -> str:
    """The names as a sentence has them: a, b and c; of many the first, and how many more there are."""
    shown = [*names[:most], *([f"{len(names) - most} more"] if len(names) > most else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def capital(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]
