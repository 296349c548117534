"""Cohorts against a table worked out by hand, and against pandas on random orders."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from graphs.analytics.query.cohort import Period, Retention, retention
from graphs.analytics.tables.aggregate import open_table
from graphs.analytics.tables.selection import Selection

ORDERS = """customer_id,ordered,region
a,2024-01-05,North
a,2024-01-20,North
a,2024-03-02,North
b,2024-01-31,North
b,2024-02-01,South
c,2024-02-10,South
c,2024-04-15,South
d,2024-03-31,North
,2024-03-31,North
e,,North
"""


def retained(tmp_path: Path, content: str, period: Period, **selection: object) -> Retention:
    file = tmp_path / "orders.csv"
    file.write_text(content)
    with open_table("orders.csv", file) as table:
        return retention(table, "customer_id", period, Selection(**selection))


def test_by_hand(tmp_path: Path) -> None:
    result = retained(tmp_path, ORDERS, "month")

    # a and b begin in January: in February only b comes, in March only a, in April none
    assert [(each.start, each.size, each.active) for each in result.cohorts] == [
        (date(2024, 1, 1), 2, (2, 1, 1, 0)),
        (date(2024, 2, 1), 1, (1, 0, 1)),
        (date(2024, 3, 1), 1, (1, 0)),
    ]
    assert (result.entities, result.rows_used, result.left_out) == (4, 8, 2)
    assert (result.first_day, result.last_day, result.cut_off) == (date(2024, 1, 5), date(2024, 4, 15), True)
    # April is cut off, so +1 is over for January (1 of 2) and February (0 of 1), not for March
    assert [result.overall(age) for age in range(4)] == [(4, 4), (1, 3), (1, 2), None]
    january, february, march = result.cohorts
    assert not result.is_complete(march, 1)
    assert result.is_complete(february, 1)
    assert not result.is_complete(january, 3)


def test_last_day_of_a_period_is_its_end(tmp_path: Path) -> None:
    content = "customer_id,ordered\na,2024-01-01\na,2024-02-29\n"
    assert not retained(tmp_path, content, "month").cut_off
    assert retained(tmp_path, content, "quarter").cut_off
    assert retained(tmp_path, "customer_id,ordered\na,2024-01-01\na,2024-02-25\n", "week").cut_off is False


def test_filter_changes_who_is_first_but_not_where_the_data_end(tmp_path: Path) -> None:
    result = retained(tmp_path, ORDERS, "month", where="region = South")

    # b's first order in the South is that of February; the data still end in April
    assert [(each.start, each.active) for each in result.cohorts] == [(date(2024, 2, 1), (2, 0, 1))]
    assert result.last_day == date(2024, 4, 15)
    north = retained(tmp_path, ORDERS, "month", where="region = North", year=2024)
    assert [len(each.active) for each in north.cohorts] == [4, 2]


@pytest.mark.parametrize(
    ("period", "freq"), [("week", "W-SUN"), ("month", "M"), ("quarter", "Q"), ("year", "Y")]
)
def test_random_orders_agree_with_pandas(tmp_path: Path, period: Period, freq: str) -> None:
    rng = np.random.default_rng(4)
    days = rng.integers(0, 900, 3000)
    orders = pd.DataFrame(
        {
            "customer_id": rng.integers(0, 200, 3000),
            "ordered": [date(2023, 1, 10) + timedelta(int(day)) for day in days],
        }
    )
    result = retained(tmp_path, orders.to_csv(index=False), period)

    active = pd.PeriodIndex(pd.to_datetime(orders.ordered), freq=freq)
    first = active.to_series(index=orders.index).groupby(orders.customer_id).transform("min")
    age = [(a - f).n for a, f in zip(active, first, strict=True)]
    counts = orders.groupby([first, pd.Series(age)]).customer_id.nunique()
    expected = {(start.start_time.date(), k): n for (start, k), n in counts.items()}
    found = {(cohort.start, k): n for cohort in result.cohorts for k, n in enumerate(cohort.active) if n}
    assert found == expected
    assert result.entities == orders.customer_id.nunique()
    assert all(
        len(cohort.active) == (active.max() - pd.Period(cohort.start, freq)).n + 1
        for cohort in result.cohorts
    )


def test_columns_are_checked(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no column 'customer_id'\. Its columns are: 'who', 'day'"):
        retained(tmp_path, "who,day\na,2024-01-01\n", "month")
    with pytest.raises(ValueError, match="one column of dates, and the table has none"):
        retained(tmp_path, "customer_id,day\na,b\n", "month")
    with pytest.raises(ValueError, match="several: ordered, paid"):
        retained(tmp_path, "customer_id,ordered,paid\na,2024-01-01,2024-01-02\n", "month")
    with pytest.raises(ValueError, match="No row has both a value in 'customer_id' and a date in 'ordered'"):
        retained(tmp_path, "customer_id,ordered\n,2024-01-01\na,\n", "month")
