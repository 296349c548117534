"""What columns of numbers are by their names: amounts, rates and levels, or identifiers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from graphs.analytics.tables.selection import number_columns
from graphs.kit.tables.load import TableInfo

_IDENTIFIERS = frozenset({"code", "id", "ids", "key", "no", "nr", "number", "uuid", "zip"})
_CALENDAR = frozenset({"day", "hour", "month", "quarter", "week", "weekday", "year"})
_LEVELS = frozenset(
    (
        *("age", "average", "avg", "balance", "density", "fraction", "grade", "humidity"),
        *("index", "lat", "latitude", "level", "lon", "longitude", "mean", "median", "mpg"),
        *("pct", "per", "percent", "percentage", "pressure", "price", "prices", "proportion"),
        *("rank", "rate", "rates", "rating", "ratio", "score", "scores", "share", "speed"),
        *("temp", "temperature", "unit", "yield"),
    )
)
"""Rates and states, of which the sum over rows stands for nothing: two prices of 10 are no price of 20."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def amount_columns(table: TableInfo) -> tuple[str, ...]:
    """Names of the columns of numbers that may be added up, as far as their names tell: no prices, rates,
    years or identifiers."""
    return tuple(
        name for name in number_columns(table) if not _words(name) & (_IDENTIFIERS | _CALENDAR | _LEVELS)
    )


def usual_statistic(measures: Sequence[str]) -> Literal["sum", "mean"]:
    """The statistic of columns when nobody names one: the mean of a rate or level (price, yield, rate,
    percent, temperature, score, miles per gallon …) and of a calendar's number, else the total.

    It goes by the words in the columns' names. Raises ValueError for an identifier, which is neither added up
    nor averaged, and for columns of both kinds.
    """
    names = [measure for measure in measures if is_identifier(measure)]
    if names:
        raise ValueError(
            f"'{names[0]}' names things, as its name says, so it is neither added up nor averaged. Ask for "
            f"the number of different {names[0]}, or name the statistic that you want of it."
        )
    averaged = [measure for measure in measures if _words(measure) & (_LEVELS | _CALENDAR)]
    if averaged and len(averaged) < len(measures):
        added = [measure for measure in measures if measure not in averaged]
        raise ValueError(
            f"{' and '.join(averaged)} would be averaged and {' and '.join(added)} added up. Name the "
            "statistic."
        )
    return "mean" if averaged else "sum"


def is_identifier(column: str) -> bool:
    """Whether a column of numbers names things, as its name tells: customer_id, zip code."""
    *_, last = [word.lower() for word in _WORD.findall(column)] or [""]
    return last in _IDENTIFIERS


def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(name))
