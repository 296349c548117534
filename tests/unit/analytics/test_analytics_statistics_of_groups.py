"""Percentiles, ranges, different values, first and last values, weekdays, and what is taken when nobody names
a statistic. Expected figures are those of pandas for the same table."""

import pandas as pd
import pytest

from graphs.analytics.query.pivot import pivot
from graphs.analytics.query.ranking import ranked_within
from graphs.analytics.query.shares import part_of_whole
from graphs.analytics.tables import wording
from graphs.analytics.tables.aggregate import Aggregate, open_table
from graphs.analytics.tables.measures import usual_statistic
from graphs.analytics.tables.selection import Selection
from graphs.analytics.tables.statements import Figure, Percentile

PRICES = pd.DataFrame(
    {
        "day": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-06", "2024-01-08", "2024-01-14", None]),
        "shop": ["a", "b", "a", "a", "b", "a"],
        "item": ["x", "x", "y", "x", "z", None],
        "price": [3.0, 10.0, 5.5, 4.0, 20.0, 99.0],
        "units": [1, 2, 3, 4, 5, 6],
    }
)


def computed(statistic: Figure | list[Figure], *measures: str, **selection: object) -> Aggregate:
    with open_table("prices.csv", PRICES) as table:
        return table.aggregate(statistic, measures, Selection(**selection))  # ty: ignore[invalid-argument-type]


def by_shop(result: Aggregate) -> dict[str, float]:
    return {row[0]: row[1] for row in result.rows}


@pytest.mark.parametrize("percent", [0, 12.5, 50, 90, 100])
@pytest.mark.parametrize("measure", ["price", "units"])
def test_percentiles_are_those_of_pandas(percent: float, measure: str) -> None:
    result = computed(Percentile(percent), measure, by=("shop",))

    expected = PRICES.groupby("shop")[measure].quantile(percent / 100)
    assert by_shop(result) == pytest.approx(expected.to_dict(), rel=1e-12)


@pytest.mark.parametrize(
    ("percent", "name"),
    [
        (1, "1st"),
        (2, "2nd"),
        (23, "23rd"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (90, "90th"),
        (2.5, "2.5th"),
    ],
)
def test_percentiles_are_named_as_people_do(percent: float, name: str) -> None:
    assert wording.statistic_name(Percentile(percent)) == f"{name} percentile of"


def test_percentile_beyond_100_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 100, not 101"):
        Percentile(101)


def test_several_statistics_stand_side_by_side() -> None:
    result = computed(["min", "max", "range", Percentile(25)], "price", by=("shop",))

    assert result.columns == ("shop", "min_price", "max_price", "range_price", "p25_price")
    groups = PRICES.groupby("shop").price
    for shop, low, high, span, quarter in result.rows:
        assert (low, high, span) == (
            groups.min()[shop],
            groups.max()[shop],
            groups.max()[shop] - groups.min()[shop],
        )
        assert quarter == pytest.approx(groups.quantile(0.25)[shop])
    assert wording.value_names(result) == [
        "least price",
        "greatest price",
        "range of price",
        "25th percentile of price",
    ]


def test_different_values_of_text_are_counted() -> None:
    assert (
        by_shop(computed("distinct", "item", by=("shop",))) == PRICES.groupby("shop").item.nunique().to_dict()
    )


@pytest.mark.parametrize("end", ["first", "last"])
def test_first_and_last_values_are_by_date(end: Figure) -> None:
    result = computed(end, "price", by=("shop",))

    dated = PRICES.dropna(subset=["day"]).sort_values("day").groupby("shop").price
    assert by_shop(result) == getattr(dated, str(end))().to_dict()
    assert "- First and last are by day" in wording.method(result)


def test_last_value_that_several_rows_share_is_refused() -> None:
    table = pd.DataFrame({"year": [1950, 1951, 1951], "kg": [1.0, 2.0, 4.0]})
    with open_table("kg.csv", table) as opened:
        assert opened.aggregate("first", ["kg"], Selection()).rows == ((1.0,),)
        with pytest.raises(ValueError, match="2 rows of a group share its last year"):
            opened.aggregate("last", ["kg"], Selection())


def test_first_value_within_periods_is_that_of_each_period() -> None:
    result = computed("last", "price", bucket="week", date_column="day", where="shop = a")

    assert [row[1] for row in result.rows][:2] == [5.5, 4.0]


def test_weekdays_come_from_monday_on() -> None:
    result = computed("sum", "units", bucket="weekday")

    assert result.rows == (("Monday", 5), ("Tuesday", 2), ("Saturday", 3), ("Sunday", 5), (None, 6))
    assert wording.key_names(result) == ["weekday"]


def test_weekdays_run_across_a_pivot_table() -> None:
    with open_table("prices.csv", PRICES) as table:
        result = pivot(table, "sum", "units", "shop", None, Selection(bucket="weekday"))

    assert result.columns == ("Monday", "Tuesday", "Saturday", "Sunday", None)


def test_range_needs_numbers() -> None:
    with pytest.raises(ValueError, match="'range' needs numbers, and 'item' holds VARCHAR"):
        computed("range", "item")


@pytest.mark.parametrize(
    "name",
    [
        "price",
        "unit_price_usd",
        "Miles_per_Gallon",
        "yield",
        "interest rate",
        "score",
        "tempMax",
        "pct",
        "age",
        "year",
    ],
)
def test_rates_and_levels_are_averaged(name: str) -> None:
    assert usual_statistic([name]) == "mean"


@pytest.mark.parametrize(
    "name", ["revenue", "units", "precipitation", "Weight_in_lbs", "net_generation", "x1"]
)
def test_all_else_is_added_up(name: str) -> None:
    assert usual_statistic([name]) == "sum"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["customer_id"], "names things.*number of different customer_id"),
        (["zip code"], "names things"),
        (["revenue", "price"], "price would be averaged and revenue added up"),
    ],
)
def test_what_has_no_usual_statistic_is_refused(names: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        usual_statistic(names)


def test_ranking_within_groups_keeps_the_first_of_each() -> None:
    best = ranked_within(computed("sum", "units", by=("shop", "item"), where="item != q"), 1)

    assert [(each.key, each.rows, each.tied, each.groups) for each in best] == [
        ("a", (("a", "x", 5),), 0, 2),
        ("b", (("b", "z", 5),), 0, 2),
    ]


def test_ranking_within_groups_says_what_is_tied() -> None:
    tied = pd.DataFrame({"shop": ["a"] * 3, "item": ["x", "y", "z"], "units": [1, 2, 1]})
    with open_table("tied.csv", tied) as table:
        result = table.aggregate("sum", ["units"], Selection(by=("shop", "item")))

    (first,) = ranked_within(result, 1, smallest=True)
    assert (len(first.rows), first.tied) == (1, 1)


def test_share_of_the_rows_with_a_condition_is_of_all_within_the_dates() -> None:
    with open_table("prices.csv", PRICES) as table:
        rows = part_of_whole(table, "count", (), Selection(where="shop = a and day >= 2024-01-02"))
        units = part_of_whole(table, "sum", ["units"], Selection(where="shop = a"))

    assert rows.percent == pytest.approx((50.0,))
    assert (rows.part.rows[0], rows.whole.rows[0]) == ((2,), (4,))
    assert units.percent == pytest.approx((100 * 14 / 21,))


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (None, "A share needs groups"),
        ("day >= 2024-01-02", "A share needs groups"),
        ("shop = a and item = x", "It is open what 100 % is"),
    ],
)
def test_share_without_one_condition_is_refused(where: str | None, said: str) -> None:
    with open_table("prices.csv", PRICES) as table, pytest.raises(ValueError, match=said):
        part_of_whole(table, "count", (), Selection(where=where))


def test_share_of_a_mean_is_refused() -> None:
    with open_table("prices.csv", PRICES) as table, pytest.raises(ValueError, match="A share is of a sum"):
        part_of_whole(table, "mean", ["price"], Selection(where="shop = a"))
