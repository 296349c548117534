"""Arguments that the tools have in common, and how a tool reaches the table that they name."""

import csv
import io
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from graphs.kit.arguments import choice_argument, file_argument, quantity, text_argument
from graphs.kit.artifacts import TABLE_SUFFIXES
from graphs.kit.tool import Session

if TYPE_CHECKING:
    from graphs.analytics.tables.aggregate import OpenTable
    from graphs.kit.tables.load import TableFile

File = Annotated[
    str, file_argument("The table.", *TABLE_SUFFIXES, together="Join {first} and {second} on {key}")
]
Sheet = Annotated[
    str | None,
    text_argument("The sheet of an Excel workbook; the first when not given.", cues=("sheet", "worksheet")),
]
DayFirst = Annotated[
    bool | None,
    Field(
        description="Whether 03/04/2024 in text is 3 April (true) or March 4 (false); by the file's other "
        "dates when not given."
    ),
]
Where = Annotated[
    str | None,
    text_argument(
        "Keep only the rows that meet this: a column, =, !=, <, <=, >, >=, in or not in, and a value, with "
        "'and' between conditions, as in: region = North and units >= 10. Without a value: region is null.",
        cues=("where",),
    ),
]
Year = Annotated[
    int | None,
    quantity(
        "Keep only this calendar year.",
        cues=("in", "during", "for", "only", "just", "what about", "year"),
        ge=1000,
        le=2999,
    ),
]
DateColumn = Annotated[
    str | None,
    text_argument(
        "The column of dates that a period or a year refers to; needed when the table has several.",
        cues=("dated by", "date column"),
    ),
]
Bucket = Annotated[
    Literal["day", "week", "month", "quarter", "year", "weekday"] | None,
    choice_argument(
        "Group by this period; weekday is Monday to Sunday.",
        # "how many days of snow" and "within a week" group by neither
        not_by_name=("day", "week"),
        day=(
            *("daily", "by day", "per day", "each day", "every day", "for each day", "day by day", "by days"),
            *("which day", "what day", "busiest day", "best day", "worst day"),
        ),
        week=(
            *("weekly", "by week", "per week", "each week", "every week", "for each week", "week by week"),
            *("by weeks", "which week", "what week", "busiest week", "best week", "worst week"),
        ),
        weekday=(
            *("weekdays", "day of the week", "day of week", "days of the week", "by day of the week"),
            *("by day of week", "each day of the week", "per day of the week", "which day of the week"),
            *("what day of the week", "for each day of the week", "every day of the week"),
        ),
        month=("months", "monthly"),
        quarter=("quarters", "quarterly"),
        year=("years", "yearly", "annual", "annually"),
    ),
]


STATISTIC_WORDS = {
    "sum": ("total", "totals", "sum of", "overall", "altogether", "in all"),
    "mean": ("average", "avg", "averages", "means"),
    "median": ("medians", "middle"),
    "min": ("minimum", "lowest", "smallest"),
    "max": ("maximum", "highest", "largest", "biggest", "greatest"),
    "sd": ("standard deviation", "std", "spread", "variability"),
}
"""What people call each statistic."""

STATISTIC_CUES = (
    *("of", "total", "sum", "sum of", "mean", "average", "median", "standard deviation of"),
    *("highest", "lowest", "maximum", "minimum", "largest", "smallest"),
)
"""What stands before the column that a statistic is of."""

USUAL = (
    "when none is named, rates and levels by name (price, yield, rate, percent, score, temperature, age …) "
    "are averaged and all else is added up"
)
Statistic = Annotated[
    Literal["sum", "mean", "median", "min", "max", "count", "sd"] | None,
    choice_argument(
        f"The statistic of each group's rows; {USUAL}.",
        sum=("total", "totals", "sum of", "overall"),
        mean=("average", "avg", "means"),
        min=("minimum",),
        max=("maximum",),
        count=("number of", "counts"),
        sd=("standard deviation",),
    ),
]
"""What is drawn or exported of each group."""


def table_file(path: str, sheet: str | None, day_first: bool | None) -> "TableFile":
    """Return the table in a local file, as the arguments say that it is to be read."""
    from graphs.kit.tables.load import TableFile

    return TableFile(path, sheet, day_first)


@contextmanager
def opened(session: Session, file: str, sheet: str | None, day_first: bool | None) -> Generator["OpenTable"]:
    """Read a table of the session; ValueError when it is not there or can't be read."""
    from graphs.analytics.tables.aggregate import open_table

    session.report(f"reading {file}")
    with session.path(file) as path, open_table(file, table_file(str(path), sheet, day_first)) as table:
        yield table


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a table as CSV, UTF-8."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([columns, *rows])
    return buffer.getvalue().encode()


def kept_whole(
    session: Session, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> str | None:
    """Keep a result that is too long to be shown as a file, and return its name."""
    from graphs.analytics.tables.wording import ROWS_SHOWN

    return session.save(name, as_csv(columns, rows))["name"] if len(rows) > ROWS_SHOWN else None
