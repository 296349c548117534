"""Running totals, changes to earlier periods and moving averages: the figures of pandas, and what lacks."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from graphs.analytics.query.changes import Calculation, Changes, changes
from graphs.analytics.query.changes_wording import changed
from graphs.analytics.tables.aggregate import open_table
from graphs.analytics.tables.selection import Selection

DAYS = pd.date_range("2022-01-01", "2024-02-20", freq="D")
SALES = pd.DataFrame(
    {
        "day": DAYS,
        "shop": np.where(np.arange(len(DAYS)) % 3 == 0, "a", "b"),
        "units": (np.arange(len(DAYS)) * 7919 % 101).astype(float),
    }
)
MONTHLY = SALES.groupby(SALES.day.dt.to_period("M")).units.sum()
YEARLY = pd.DataFrame({"year": [1950, 1951, 1953], "kg": [4.0, 6.0, 9.0]})


def along(
    calculation: Calculation, *, table: pd.DataFrame = SALES, measure: str | None = "units", **options: object
) -> Changes:
    given = {key: options.pop(key) for key in ("compared", "window") if key in options}
    selection = Selection(**{"bucket": "month", **options})  # ty: ignore[invalid-argument-type]
    with open_table("sales.csv", table) as opened:
        return changes(opened, calculation, "sum" if measure else "count", measure, selection, **given)  # ty: ignore[invalid-argument-type]


def test_running_total_is_that_of_pandas() -> None:
    result = along("running_total")

    assert [row[-1] for row in result.rows] == pytest.approx(list(MONTHLY.cumsum()))
    assert result.rows[0][0] == date(2022, 1, 1)


def test_running_total_goes_on_within_each_group() -> None:
    result = along("running_total", by=("shop",), bucket="year")

    totals = SALES.groupby(["shop", SALES.day.dt.year]).units.sum().groupby("shop").cumsum()
    assert {(row[1], row[0].year): row[-1] for row in result.rows} == pytest.approx(totals.to_dict())


def test_running_total_of_rows() -> None:
    assert along("running_total", measure=None).rows[-1][-1] == len(SALES)


@pytest.mark.parametrize(("compared", "periods"), [("period_before", 1), ("year_before", 12)])
def test_change_is_that_of_pandas(compared: str, periods: int) -> None:
    result = along("change", compared=compared)

    expected = (100 * MONTHLY.pct_change(periods)).to_numpy()
    found = np.array([np.nan if row[-1] is None else row[-1] for row in result.rows])
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert [row[-2] for row in result.rows[periods:]] == pytest.approx(list(MONTHLY.diff(periods)[periods:]))


def test_moving_average_is_that_of_pandas() -> None:
    result = along("moving_average", window=4)

    expected = MONTHLY.rolling(4).mean().to_numpy()
    found = np.array([np.nan if row[-1] is None else row[-1] for row in result.rows])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_week_of_the_year_before_is_52_weeks_before() -> None:
    result = along("change", compared="year_before", bucket="week")

    values = {row[0]: row[1] for row in result.rows}
    week = date(2024, 1, 1)
    assert next(row for row in result.rows if row[0] == week)[2] == values[date(2023, 1, 2)]


def test_month_without_rows_is_no_period_before() -> None:
    gappy = SALES[SALES.day.dt.to_period("M") != "2022-05"]
    result = along("change", table=gappy)

    assert next(row for row in result.rows if row[0] == date(2022, 6, 1))[2] is None
    assert result.empty == 1
    assert "1 month between the first and the last has no rows" in changed("sales.csv", result, None, [])


def test_day_before_is_the_last_one_that_has_rows() -> None:
    workdays = SALES[SALES.day.dt.dayofweek < 5]
    result = along("change", table=workdays, bucket="day")

    monday = next(row for row in result.rows if row[0] == date(2022, 1, 10))
    assert monday[2] == SALES.set_index("day").units["2022-01-07"]


def test_change_of_what_is_not_above_zero_has_no_percentage() -> None:
    table = pd.DataFrame(
        {"day": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"]), "units": [0.0, 5, -1]}
    )

    assert [row[-1] for row in along("change", table=table).rows] == [None, None, pytest.approx(-120)]


def test_last_period_that_goes_on_is_named() -> None:
    text = changed("sales.csv", along("change"), None, [])

    assert "The data end on 2024-02-20, so 2024-02 may not be whole" in text


def test_figures_on_the_first_of_a_month_are_whole() -> None:
    table = SALES[SALES.day.dt.day == 1]

    assert not along("change", table=table).cut_off
    assert along("change", table=table, bucket="year").cut_off


def test_rows_without_a_date_are_left_out_and_counted() -> None:
    undated = pd.concat([SALES, pd.DataFrame({"day": [pd.NaT], "shop": ["a"], "units": [5.0]})])
    result = along("running_total", table=undated)

    assert result.undated == 1
    assert result.rows[-1][-1] == pytest.approx(SALES.units.sum())


def test_years_may_be_numbers() -> None:
    result = along("change", table=YEARLY, measure="kg", bucket="year")

    assert result.rows == (
        (1950, 4.0, None, None, None),
        (1951, 6.0, 4.0, 2.0, 50.0),
        (1953, 9.0, None, None, None),
    )
    assert result.empty == 1


@pytest.mark.parametrize(
    ("calculation", "statistic", "options", "said"),
    [
        ("running_total", "mean", {}, "A running total is of a sum or a count"),
        ("change", "sum", {"bucket": "weekday"}, "a period that goes on in time"),
        ("moving_average", "sum", {"window": 1}, "over at least 2 periods, not 1"),
    ],
)
def test_what_makes_no_sense_along_time_is_refused(
    calculation: Calculation, statistic: str, options: dict[str, object], said: str
) -> None:
    window = options.pop("window", 3)
    selection = Selection(**{"bucket": "month", **options})  # ty: ignore[invalid-argument-type]
    with open_table("sales.csv", SALES) as table, pytest.raises(ValueError, match=said):
        changes(table, calculation, statistic, "units", selection, window=window)  # ty: ignore[invalid-argument-type]


def test_a_group_that_is_called_as_a_figure_keeps_its_name() -> None:
    result = along("change", table=SALES.rename(columns={"shop": "change"}), by=("change",))

    assert result.columns == ("day_month", "change", "sum_units", "period_before", "change_", "percent")
    assert {row[1] for row in result.rows} == {"a", "b"}
