"""Statistics by groups and periods: which rows count, and in what order groups come."""

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from graphs.analytics.charts.drawing import along_axis, by_groups
from graphs.analytics.query.pivot import pivot
from graphs.analytics.query.ranking import ranked
from graphs.analytics.tables.aggregate import Aggregate, open_table
from graphs.analytics.tables.measures import amount_columns
from graphs.analytics.tables.selection import Selection, date_column, number_columns
from graphs.analytics.tables.statements import Statistic

ORDERS = pd.DataFrame(
    {
        "day": pd.to_datetime(
            ["2023-12-31", "2024-01-01", "2024-01-31", "2024-02-29", "2024-02-29", "2024-12-31"]
        ),
        "shop": ["a", "b", "a", "b", "c", None],
        "size": [1, 2, 1, 2, 1, 2],
        "units": [5, 7, 1, 1, None, 4],
        "unit_price_usd": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    }
)
YEARLY = pd.DataFrame({"Year": [1950, 1951, 1951], "kg": [1.0, 2.0, 4.0]})


def aggregated(
    statistic: Statistic = "sum", *measures: str, table: pd.DataFrame = ORDERS, **selection: object
) -> Aggregate:
    with open_table("orders.csv", table) as opened:
        return opened.aggregate(statistic, measures, Selection(**selection))  # ty: ignore[invalid-argument-type]


def test_groups_come_from_the_largest_value_down() -> None:
    result = aggregated("sum", "units", by=("shop",))

    assert (result.keys, result.values) == (("shop",), ("sum_units",))
    assert result.rows == (("b", 8), ("a", 6), (None, 4), ("c", None))
    assert (result.rows_used, result.missing) == (6, (1,))


def test_groups_of_numbers_come_in_their_own_order() -> None:
    assert aggregated("sum", "units", by=("size",)).rows == ((1, 6), (2, 12))


def test_column_names_may_be_in_any_case() -> None:
    result = aggregated("mean", "UNITS", by=("Shop", "shop"))

    assert (result.measures, result.keys) == (("units",), ("shop",))


def test_several_measures_stand_side_by_side() -> None:
    result = aggregated("max", "unit_price_usd", "units", by=("shop",))

    assert result.columns == ("shop", "max_unit_price_usd", "max_units")
    assert result.rows == ((None, 6.0, 4), ("c", 5.0, None), ("b", 4.0, 7), ("a", 3.0, 5))
    assert result.missing == (0, 1)


def test_rows_are_counted_without_a_measure() -> None:
    result = aggregated("count", bucket="month")

    assert result.columns == ("day_month", "count")
    assert result.rows == (
        (date(2023, 12, 1), 1),
        (date(2024, 1, 1), 2),
        (date(2024, 2, 1), 2),
        (date(2024, 12, 1), 1),
    )


def test_year_keeps_its_first_and_last_day() -> None:
    result = aggregated("sum", "units", year=2024)

    assert (result.rows, result.rows_used) == (((13,),), 5)


def test_year_may_be_a_column_of_numbers() -> None:
    assert aggregated("sum", "kg", table=YEARLY, year=1951).rows == ((6.0,),)


@pytest.mark.parametrize("selection", [{"bucket": "year"}, {"bucket": "year", "by": ("Year",)}])
def test_column_called_as_the_period_holds_the_periods(selection: dict[str, object]) -> None:
    result = aggregated("sum", "kg", table=YEARLY, **selection)

    assert result.rows == ((1950, 1.0), (1951, 6.0))
    assert result.keys == ("Year",)


def test_date_column_among_the_groups_is_what_the_period_is_of() -> None:
    two_dates = ORDERS.assign(paid=ORDERS.day + pd.Timedelta(days=31))
    result = aggregated("count", table=two_dates, by=("paid", "shop"), bucket="year")

    assert result.keys == ("paid_year", "shop")
    with pytest.raises(ValueError, match=r"has several: day, paid\. Name the column"):
        aggregated("count", table=two_dates, bucket="year")


@pytest.mark.parametrize(
    ("table", "said"), [(YEARLY, "has none. Name the column"), (ORDERS[["shop", "units"]], "has none")]
)
def test_period_without_dates_is_refused(table: pd.DataFrame, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        aggregated("count", table=table, bucket="month")


def test_condition_that_no_row_meets_names_the_values() -> None:
    with pytest.raises(ValueError, match=r"No row of the table has shop = z\. 'shop' holds 'a', 'b', 'c'\."):
        aggregated("sum", "units", where="shop = z")


def test_many_values_are_not_all_named() -> None:
    table = pd.DataFrame({"name": [f"n{number:02}" for number in range(11)], "x": range(11)})
    with pytest.raises(ValueError, match=r"'n00', .*'n09' and more"):
        aggregated("sum", "x", table=table, where="name = other")


def test_sums_of_floats_are_exact_whatever_their_order() -> None:
    # 0.1 + 0.2 + … in floats gives 99.9999999999986; compensated summation does not drift
    table = pd.DataFrame({"x": [0.1] * 1000})
    assert aggregated("sum", "x", table=table).rows == ((pytest.approx(100.0, abs=1e-13),),)


def test_ranking_keeps_ties_in_mind_and_leaves_out_groups_without_a_value() -> None:
    result = aggregated("sum", "units", by=("unit_price_usd",))

    assert ranked(result, 2) == (((2.0, 7), (1.0, 5)), 0)
    assert ranked(result, 1, smallest=True) == (((3.0, 1),), 1)
    assert len(ranked(result, 10)[0]) == 5


def test_ranking_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="'units' has no value in these rows"):
        ranked(aggregated("sum", "units", by=("shop",), where="shop = c"), 3)


def test_columns_by_what_they_hold() -> None:
    with open_table("orders.csv", ORDERS) as table:
        assert number_columns(table.info) == ("size", "units", "unit_price_usd")
        assert amount_columns(table.info) == ("size", "units")
        assert date_column(table.info) == "day"


# --- what a chart draws


def test_rows_are_drawn_as_they_stand_when_each_group_has_one() -> None:
    with open_table("orders.csv", ORDERS) as table:
        alone = by_groups(table, ["units"], Selection(by=("unit_price_usd",)), None)
        added = by_groups(table, ["units"], Selection(by=("shop",)), None)
        asked = by_groups(table, ["units"], Selection(by=("unit_price_usd",)), "mean")

    assert (alone.result, alone.keys, alone.values) == (None, ("unit_price_usd",), ("units",))
    assert (added.values, added.assumed, added.additive) == (("sum_units",), True, True)
    assert (asked.values, asked.assumed, asked.additive) == (("mean_units",), False, False)


def test_column_is_not_drawn_along_itself() -> None:
    with open_table("orders.csv", ORDERS) as table:
        drawing = by_groups(table, ["size", "units"], Selection(by=("size",)), None)
        assert drawing.values == ("sum_units",)
        with pytest.raises(ValueError, match="Name a column to draw by size"):
            by_groups(table, ["Size"], Selection(by=("size",)), None)


def test_largest_groups_keep_their_order() -> None:
    with open_table("orders.csv", ORDERS) as table:
        drawing = by_groups(table, ["units"], Selection(bucket="month"), "sum")
    cut = drawing.largest(2)

    assert list(cut.frame["sum_units"]) == [5, 8]
    assert cut.cut_from == 4
    assert drawing.largest(4) is drawing


@pytest.mark.parametrize(
    ("along", "series", "bucket", "by", "lines"),
    [
        (None, None, None, ("day",), None),
        (None, None, "month", (), None),
        ("shop", None, "month", ("shop",), "shop"),
        ("DAY", "SHOP", None, ("day", "shop"), "shop"),
        ("day", "shop", "year", ("shop",), "shop"),
        ("size", None, None, ("size",), None),
    ],
)
def test_what_runs_along_a_line_chart(
    along: str | None, series: str | None, bucket: str | None, by: tuple[str, ...], lines: str | None
) -> None:
    with open_table("orders.csv", ORDERS) as table:
        selection, split = along_axis(table.info, along, series, Selection(bucket=bucket))  # ty: ignore[invalid-argument-type]

    assert (selection.by, split, selection.bucket) == (by, lines, bucket)


def test_nan_is_missing_and_one_group_with_null(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    duckdb.sql(
        "COPY (FROM (VALUES ('nan'::DOUBLE, 1, 2), ('nan', 3, 4), (2, 5, 6), (NULL, 7, 8)) t(k, x, y)) "
        f"TO '{file}'"
    )
    with open_table("t.parquet", file) as table:
        rows = table.aggregate("sum", ["x", "y"], Selection(by=("k",))).rows
        crossed = pivot(table, "sum", "x", "k", "y", Selection())

    assert rows == ((2.0, 5, 6), (None, 11, 14))
    assert sorted(map(str, crossed.grid()[1])) == ["1", "3", "7", "None"]
