"""The rows of a table by its name."""

import pytest

from graphs.kit.planner.files import Desk
from graphs.kit.planner.things import in_rows
from tests.support.planner_team import artifact


def _desk(name: str, **columns: str) -> Desk:
    table = artifact(name, **columns)
    table["columns"][0]["values"] = ["web", "store"]
    return Desk({name: table})


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("how many orders per month", "how many rows per month"),
        ("what % of orders is late", "what percent of rows is late"),
        ("how many web orders in 2024", "how many rows web in 2024"),
        ("how many late orders in 2024", "how many late orders in 2024"),
        ("orders by channel", "number of rows by channel"),
        ("orders over 300", "orders over 300"),
        ("total of orders", "total of orders"),
    ],
)
def test_rows_are_counted_by_the_name_of_their_table(text: str, meant: str) -> None:
    assert in_rows(text, _desk("orders.csv", channel="VARCHAR", order_id="BIGINT", price="DOUBLE")) == meant


def test_what_could_be_added_up_is_not_counted_unasked() -> None:
    desk = _desk("sales.csv", region="VARCHAR", revenue="DOUBLE")
    assert in_rows("sales by region", desk) == "sales by region"
    assert in_rows("number of sales by region", desk) == "number of rows by region"
    assert in_rows("visits by region", _desk("visits.csv", region="VARCHAR")) == "number of rows by region"


def test_a_column_of_the_tables_name_is_that_column() -> None:
    desk = _desk("units.csv", region="VARCHAR", units="DOUBLE")
    assert in_rows("how many units by region", desk) == "how many units by region"


def test_with_several_tables_the_name_stays() -> None:
    desk = Desk({name: artifact(name, region="VARCHAR") for name in ("orders.csv", "shops.csv")})
    assert in_rows("how many orders by region", desk) == "how many orders by region"
