"""Rows, shares, rankings within groups, growth and funnels with a time limit as a person asks for them.

Figures are compared with those that pandas gives for the same file.
"""

from collections.abc import Generator
from pathlib import Path

import pandas as pd
import pytest

from graphs.analytics.graph import graph
from graphs.analytics.query.cohort import retention
from graphs.analytics.tables.aggregate import open_table
from graphs.analytics.tables.selection import Selection
from tests.support.conversation import Conversation, Reply
from tests.support.kit_environment import clean_kit_environment

SALES = Path(__file__).parents[3] / "graphs" / "analytics" / "samples" / "sales.csv"
EVENTS = """user_id,event,time
1,visit,2024-01-01 10:00
1,cart,2024-01-01 11:00
1,buy,2024-01-02 11:00
2,visit,2024-01-01 10:00
2,cart,2024-01-03 12:00
3,visit,2024-01-01 10:00
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


@pytest.fixture(scope="module")
def sales() -> pd.DataFrame:
    return pd.read_csv(SALES, parse_dates=["date"])


async def ask(text: str, *files: Path) -> Reply:
    return await Conversation(graph, *(files or [SALES])).ask(text)


async def test_rows_with_a_condition_are_listed(sales: pd.DataFrame) -> None:
    reply = await ask("List region, product and units of the rows with units over 95")

    wanted = sales[sales.units > 95][["region", "product", "units"]]
    assert reply.tools == ("show_rows",)
    assert [tuple(row.values()) for row in reply.figures["table"]] == list(
        wanted.itertuples(index=False, name=None)
    )


async def test_rows_that_are_not_shown_are_in_a_file(sales: pd.DataFrame) -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask("List the rows with units over 20")

    there = int((sales.units > 20).sum())
    assert f"All {there} rows with units > 20" in reply.text
    assert f"30 of {there} rows are shown. **sales-rows.csv** has all of them" in reply.text
    assert len(conversation.artifacts.read("sales-rows.csv").splitlines()) == there + 1


async def test_what_rows_are_in_the_order_of_is_shown(sales: pd.DataFrame) -> None:
    reply = await ask("List the 5 largest sales by revenue_usd with their product")

    top = sales.nlargest(5, "revenue_usd")
    assert reply.tools == ("show_rows",)
    assert [list(row) for row in reply.figures["table"]] == [["product", "revenue_usd"]] * 5
    assert [row["revenue_usd"] for row in reply.figures["table"]] == list(top.revenue_usd)
    assert "The first 5 of 300 rows" in reply.text


async def test_share_of_rows_with_a_value(sales: pd.DataFrame) -> None:
    reply = await ask("What percentage of the sales are from the North?")

    assert reply.tools == ("count_rows",)
    assert reply.figures["percent"] == pytest.approx([100 * (sales.region == "North").mean()])


async def test_share_of_a_total_with_a_value(sales: pd.DataFrame) -> None:
    reply = await ask("What's the share of Tent revenue_usd?")

    part = sales[sales["product"] == "Tent"].revenue_usd.sum() / sales.revenue_usd.sum()
    assert reply.tools == ("aggregate",)
    assert reply.figures["percent"] == pytest.approx([100 * part])


async def test_top_within_each_group(sales: pd.DataFrame) -> None:
    reply = await ask("Top 2 products in each region by revenue_usd")

    totals = sales.groupby(["region", "product"]).revenue_usd.sum()
    expected = totals.groupby("region", group_keys=False).nlargest(2)
    found = {(row["region"], row["product"]): row["sum_revenue_usd"] for row in reply.figures["table"]}
    assert reply.tools == ("rank_groups",)
    assert found == pytest.approx(expected.to_dict())


async def test_second_best_is_named_first(sales: pd.DataFrame) -> None:
    reply = await ask("Which region is second best by revenue_usd?")

    second = sales.groupby("region").revenue_usd.sum().nlargest(2).index[1]
    assert reply.text.startswith(f"**{second}** has the second highest total revenue_usd")


async def test_rates_are_averaged_and_the_answer_says_so(sales: pd.DataFrame) -> None:
    reply = await ask("Rank the products by unit_price_usd")

    best = sales.groupby("product").unit_price_usd.mean().idxmax()
    assert reply.text.startswith(f"**{best}** has the highest mean unit_price_usd")
    assert "No statistic was named: unit_price_usd is a rate or level by name" in reply.text


async def test_named_statistic_stays_without_remark() -> None:
    reply = await ask("Total revenue_usd by region")

    assert "No statistic was named" not in reply.text


async def test_moving_average_is_of_totals(sales: pd.DataFrame) -> None:
    reply = await ask("3-month moving average of revenue_usd")

    monthly = sales.groupby(sales.date.dt.to_period("M")).revenue_usd.sum().rolling(3).mean()
    assert reply.tools == ("change_over_time",)
    assert [row["moving_average"] for row in reply.figures["table"]][2:] == pytest.approx(list(monthly[2:]))


async def test_growth_to_the_year_before(sales: pd.DataFrame) -> None:
    reply = await ask("Growth of revenue_usd by quarter compared to the year before")

    quarters = sales.groupby(sales.date.dt.to_period("Q")).revenue_usd.sum().pct_change(4)
    assert reply.tools == ("change_over_time",)
    assert [row["percent"] for row in reply.figures["table"]][4:] == pytest.approx(list(100 * quarters[4:]))


async def test_funnel_with_a_time_limit(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(EVENTS)
    reply = await ask("Funnel visit, cart, buy by user_id within 1 day", tmp_path / "events.csv")

    # user 1 buys 25 hours after the visit, user 2 has the cart after two days
    assert reply.figures["within_hours"] == 24
    assert [row["reached"] for row in reply.figures["table"]] == [3, 1, 0]
    assert "up to 1 day after the first step's first row" in reply.text


async def test_dates_are_nobody_to_follow(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(EVENTS)
    reply = await ask("Cohort table by time in events.csv", tmp_path / "events.csv")

    assert reply.text.startswith("3 values of user_id in 1 monthly cohort by their first time")
    with (
        open_table("events.csv", pd.DataFrame({"day": pd.to_datetime(["2024-01-01"])})) as table,
        pytest.raises(ValueError, match="'day' holds dates, so it names nobody to follow"),
    ):
        retention(table, "day", "month", Selection())


async def test_column_that_is_called_like_a_file_names_no_file(tmp_path: Path) -> None:
    orders, customers = tmp_path / "orders.csv", tmp_path / "customers.csv"
    orders.write_text("customer_id,day\n1,2024-01-05\n1,2024-02-07\n2,2024-02-09\n")
    customers.write_text("customer_id,joined\n1,2023-01-05\n2,2023-01-05\n")
    reply = await ask("Cohort analysis by customer_id in orders.csv", orders, customers)

    assert [each["file"] for each in reply.results] == ["orders.csv"]


@pytest.mark.parametrize("text", ["What is the second highest revenue?", "Top 5 revenue"])
async def test_a_place_among_single_rows_is_no_ranking_of_groups(text: str) -> None:
    reply = await ask(text)

    assert "Say what is ranked: a column or a period" in reply.text
    assert not reply.results


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Number of sales per month as a line chart", ["month"]),
        ("Line chart of the number of rows by month for each region", ["month", "region"]),
    ],
)
async def test_lines_of_numbers_of_rows(sales: pd.DataFrame, text: str, keys: list[str]) -> None:
    reply = await ask(text)

    groups = sales.assign(month=sales.date.dt.to_period("M")).groupby(keys).size()
    assert reply.tools == ("draw_line_chart",)
    # more points than 30 stand in the file only
    assert [row["count"] for row in reply.figures["data"]] == groups.tolist()[:30]
