"""How figures are written: digits, names of groups, and what is not shown."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from graphs.analytics.tables.wording import (
    column_cells,
    hidden,
    plain_data,
    readable_rows,
    significant,
    value_table,
)


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ([279854.69, 158547.2], ["279,854.69", "158,547.20"]),
        ([1234567.891, 2.0], ["1,234,567.89", "2.00"]),
        ([54.0740740, 6.888888888], ["54.0741", "6.8889"]),
        ([1e6, 0.00123], ["1,000,000.00000", "0.00123"]),
        ([0.00000012345, 0.5], ["0.000000123", "0.500000000"]),
        ([1e-12, 2.0], ["1e-12", "2"]),
        ([3.0, 4.0], ["3", "4"]),
        ([0.0, None], ["0", "–"]),
        ([float("nan"), 2.5], ["nan", "2.5"]),
        ([1947, 1962], ["1947", "1962"]),
        ([1947, 12000], ["1,947", "12,000"]),
        ([Decimal("1234.50"), None], ["1,234.50", "–"]),
        ([True, False], ["true", "false"]),
        ([date(2024, 5, 1), datetime(2024, 5, 1, 13, 30)], ["2024-05-01", "2024-05-01 13:30:00"]),
        (["a|b\nc", "x" * 100], ["a|b c", "x" * 79 + "…"]),
    ],
)
def test_cells_of_a_column(values: list[object], cells: list[str]) -> None:
    assert column_cells(values) == cells


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [
        (15.0618722713733, 9, "15.0618723"),
        (-3482258.63459582, 9, "-3,482,258.63"),
        (123456789.4, 6, "123,456,789"),
        (0.0358191793, 6, "0.0358192"),
        (float("inf"), 6, "inf"),
    ],
)
def test_significant_digits(number: float, digits: int, text: str) -> None:
    assert significant(number, digits) == text


def test_keys_are_names_not_amounts() -> None:
    rows = [(date(2024, 5, 1), 10023, 10023), (None, True, 1.5)]

    assert readable_rows(rows, 2, "month") == [("2024-05", "10023", 10023), (None, True, 1.5)]
    assert readable_rows([(date(2024, 5, 1), 1)], 1, "quarter") == [("2024 Q2", 1)]
    assert readable_rows([(date(2024, 5, 1), 1)], 1, None) == [(date(2024, 5, 1), 1)]


def test_table_shows_thirty_rows_and_says_so() -> None:
    table = value_table(["name", "n"], [("x", number) for number in range(31)])

    assert table[:3] == ["| name | n |", "|---|---:|", "| x | 0 |"]
    assert len(table) == 32
    assert hidden(31, "rows", "all.csv") == ["", "30 of 31 rows are shown. **all.csv** has all of them."]
    assert hidden(200_000, "rows", "a.csv", kept=100_000)[1].endswith("**a.csv** has the first 100,000.")
    assert hidden(30, "rows", "all.csv") == []


def test_figures_are_plain_data() -> None:
    data = {"a": (1, Decimal("2.5"), float("nan")), "b": {"day": date(2024, 5, 1), "on": True, "none": None}}

    assert plain_data(data) == {
        "a": [1, 2.5, None],
        "b": {"day": "2024-05-01", "on": True, "none": None},
    }
