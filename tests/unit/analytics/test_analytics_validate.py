"""Rules checked on tables: figures are counted by hand or by pandas."""

from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.analytics.quality.rules import parse_rules
from graphs.analytics.quality.validate import RuleResult, Validation, validate_table
from graphs.analytics.tables.aggregate import open_table
from graphs.kit.tables.load import Source

ORDERS = pd.DataFrame(
    {
        "id": pd.array([1, 2, 2, 4, None], "Int64"),
        "line": [1, 1, 1, 2, 1],
        "code": ["a", "b", None, "xx", "A"],
        "day": pd.to_datetime(["2024-01-01"] * 4 + ["2025-01-01"]),
        "x": [1.0, None, float("inf"), -3.0, 10.0],
    }
)
CUSTOMERS = pd.DataFrame({"key": [1, 2, 2, None], "name": ["Ann", "Bob", "Cy", "Di"]})


def validated(rules: str, source: Source = ORDERS) -> Validation:
    with open_table("orders", source) as table:
        return validate_table(table, parse_rules(rules), {"customers.csv": CUSTOMERS})


def one(rule: str) -> RuleResult:
    (result,) = validated(rule).results
    return result


@pytest.mark.parametrize(
    ("rule", "rows", "missing"),
    [
        ("id is unique", [2, 3], 1),
        ("ID is unique", [2, 3], 1),
        ("line is unique", [1, 2, 3, 5], 0),
        ("(id, line) is unique", [2, 3], 1),
        ("(id, code) is unique", [], 2),
        ("id is not null", [5], 1),
        ("code is not null", [3], 1),
        ("x is not null", [2], 1),
        ("x is between 1 and 10", [3, 4], 1),
        ("x >= -3", [], 1),
        ("x < 10", [3, 5], 1),
        ("day is between 2024-01-01 and 2024-12-31", [5], 0),
        ("day is before 2025-01-01", [5], 0),
        ("code matches '[a-z]'", [4, 5], 1),
        ("id matches '\\d'", [], 1),
        ("code is one of (a, b, A)", [4], 1),
        ("line is one of (1, 3)", [4], 0),
        ("id exists in customers.csv.key", [4], 1),
        ("id exists in customers.csv.KEY", [4], 1),
    ],
)
def test_rows_that_break_a_rule_are_counted_and_numbered(rule: str, rows: list[int], missing: int) -> None:
    result = one(rule)

    assert [number for number, *_ in result.first] == rows[:5]
    assert (result.failed, result.missing, result.passed) == (len(rows), missing, not rows)


def test_a_rule_on_every_column_is_one_for_each() -> None:
    results = validated("every column is not null").results

    assert [(each.rule.columns[0], each.failed) for each in results] == [
        *(("id", 1), ("line", 0), ("code", 1), ("day", 0), ("x", 1))
    ]


def test_each_failing_row_is_kept_once_with_the_rules_that_it_breaks() -> None:
    result = validated("id is unique; x is between 1 and 10; id is not null")

    assert result.columns == ("row", "id", "line", "code", "day", "x", "broken rules")
    assert [(row[0], row[-1]) for row in result.failing] == [
        (2, "id is unique"),
        (3, "id is unique; x is between 1 and 10"),
        (4, "x is between 1 and 10"),
        (5, "id is not null"),
    ]
    assert (result.failing_rows, result.rows) == (4, 5)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (
            "nosuch is unique",
            "there is no column 'nosuch'. The columns are: 'id', 'line', 'code', 'day', 'x'",
        ),
        ("code is between 1 and 2", "'code' holds VARCHAR, and a range is one of numbers or dates"),
        ("x is between 5 and 1", "its lower end is above its upper end"),
        ("day is between 2025-01-01 and 2024-01-01", "its lower end is above its upper end"),
        (
            "day is after tomorrow",
            "'day' holds dates; compare it with one such as 2024-12-31, not 'tomorrow'",
        ),
        ("line is one of (a)", "'line' holds numbers, so it can't be compared with 'a'"),
        ("code matches '('", "'(' is no regular expression"),
        ("x matches '1'", "'x' was read as DOUBLE, and a pattern is one of text or whole numbers"),
        ("id exists in nosuch.csv.id", "there is no table file 'nosuch.csv'"),
        ("id exists in customers.csv.nosuch", "there is no column 'nosuch'. The columns are: 'key', 'name'"),
        ("id exists in customers.csv.name", "'id' holds BIGINT and 'name' of customers.csv VARCHAR"),
    ],
)
def test_a_rule_that_cant_be_checked_says_why(rule: str, why: str) -> None:
    with pytest.raises(ValueError, match="can't be checked") as raised:
        validated(rule)

    assert why in str(raised.value)


def test_rows_keep_their_numbers_in_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "large.parquet"
    with duckdb.connect() as connection:
        connection.sql(
            "SELECT i AS id, CASE WHEN i % 100000 = 7 THEN -1 ELSE i END AS v FROM range(500000) t(i)"
        ).write_parquet(str(path))

    result = validated("v is never negative; id is unique", path)

    assert [row[0] for row in result.failing] == [8, 100_008, 200_008, 300_008, 400_008]
    assert [each.failed for each in result.results] == [5, 0]


VALUES = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 6)), st.integers(0, 3)), min_size=1, max_size=30
)


@settings(max_examples=25, deadline=None)
@given(VALUES)
def test_counts_are_those_of_pandas(values: list[tuple[int | None, int]]) -> None:
    frame = pd.DataFrame(values, columns=["a", "b"]).astype({"a": "Int64"})
    present = frame[frame.a.notna()]

    results = validated(
        "a is not null; a is unique; (a, b) is unique; a is between 2 and 4; b is one of (1, 2)", frame
    ).results

    assert [each.failed for each in results] == [
        frame.a.isna().sum(),
        present.duplicated("a", keep=False).sum(),
        present.duplicated(["a", "b"], keep=False).sum(),
        (~present.a.between(2, 4)).sum(),
        (~frame.b.isin([1, 2])).sum(),
    ]


def test_columns_may_be_called_as_those_of_the_check() -> None:
    table = pd.DataFrame(
        {"number of the row": [7, 7, 8], "Breaks rule 0": [True, True, True], "x": [1, 2, 3]}
    )
    result = validated("'number of the row' is unique; x is between 2 and 3", table)

    assert [each.failed for each in result.results] == [2, 1]
    assert [row[0] for row in result.results[0].first] == [1, 2]
    assert result.failing_rows == 2
