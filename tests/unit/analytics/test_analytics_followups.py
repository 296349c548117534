"""Pivot tables, cohorts, funnels and shares as a person asks for them, and what is said after that.

Figures are compared with those that pandas gives for the same file.
"""

import csv
import io
from collections.abc import Generator
from pathlib import Path

import pandas as pd
import pytest

from graphs.analytics.graph import graph
from tests.support.conversation import Conversation, Reply
from tests.support.kit_environment import clean_kit_environment

SALES = Path(__file__).parents[3] / "graphs" / "analytics" / "samples" / "sales.csv"
ORDERS = """order_id,customer_id,order_date,amount,status
1,a,2024-01-05,10,paid
2,a,2024-02-07,20,paid
3,b,2024-01-09,30,returned
4,b,2024-03-01,40,paid
5,c,2024-02-11,50,paid
6,c,2024-03-15,60,returned
"""
EVENTS = """user_id,event,time
1,visit,2024-01-01 10:00
1,cart,2024-01-01 11:00
1,buy,2024-01-02 11:00
2,visit,2024-01-01 10:00
2,cart,2024-01-01 12:00
3,visit,2024-01-01 10:00
4,cart,2024-01-01 10:00
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    (tmp_path / "orders.csv").write_text(ORDERS)
    return tmp_path / "orders.csv"


@pytest.fixture
def events(tmp_path: Path) -> Path:
    (tmp_path / "events.csv").write_text(EVENTS)
    return tmp_path / "events.csv"


@pytest.fixture(scope="module")
def sales() -> pd.DataFrame:
    return pd.read_csv(SALES, parse_dates=["date"])


def rows(reply: Reply) -> dict[str, list[str]]:
    """The cells of the answer's table by their first, without head and rule."""
    lines = [line.strip("| ").split(" | ") for line in reply.text.splitlines() if line.startswith("| ")]
    return {first.strip(): [cell.strip(" |") for cell in cells] for first, *cells in lines[1:]}


def numbers(cells: list[str]) -> list[float]:
    return [float(cell.replace(",", "")) for cell in cells]


def saved(conversation: Conversation, name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(conversation.artifacts.read(name).decode())))


async def test_a_query_names_its_tables_even_where_with_takes_their_names(sales: pd.DataFrame) -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask(
        "WITH sales AS (SELECT * FROM sales WHERE units > 50) SELECT count(*) AS n FROM sales"
    )
    assert reply.figures["table"] == [{"n": (sales.units > 50).sum()}]
    assert "- Limits: 30 s, and 100,000 rows kept" in reply.text
    meant = await conversation.ask("SELECT * FROM sale")
    assert "There is no table 'sale'. Did you mean 'sales'? The tables are: 'sales'." in meant.text


async def test_pivot_table_and_what_follows_it(sales: pd.DataFrame) -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask("Pivot table of revenue_usd by region and product in sales.csv.")
    expected = sales.pivot_table("revenue_usd", "region", "product", aggfunc="sum", margins=True)

    assert reply.tools == ("pivot_table",)
    table = rows(reply)
    products = [*expected.loc["All"].drop("All").sort_values(ascending=False).index, "All"]
    assert list(table) == [*expected["All"].drop("All").sort_values(ascending=False).index, "total"]
    assert numbers(table["North"]) == pytest.approx(list(expected.loc["North", products]), abs=0.005)
    assert numbers(table["total"]) == pytest.approx(list(expected.loc["All", products]), abs=0.005)
    assert reply.figures["total"] == pytest.approx(sales.revenue_usd.sum())

    await conversation.ask("only 2024")
    mean = await conversation.ask("and the mean?")
    only = sales[sales.date.dt.year == 2024]
    assert mean.tools == ("pivot_table",)
    assert "(151 of 300 rows: date >= 2024-01-01 and date <= 2024-12-31)" in mean.text
    assert "- 'all' is the mean of all rows there, not of the cells." in mean.text
    assert numbers(rows(mean)["all"])[-1] == pytest.approx(only.revenue_usd.mean(), abs=0.005)


async def test_wide_pivot_is_cut_with_a_word_and_kept_whole(sales: pd.DataFrame) -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask("Pivot table of units with region in rows and date in columns")
    days = sales.date.nunique()

    assert (
        f"- 12 of {days} columns are shown, and the totals of all. **sales-pivot.csv** has all of them."
        in (reply.text)
    )
    missing = 4 * days - len(sales.groupby(["region", "date"]))
    assert f"- – marks {missing} of {4 * days} combinations that have no rows." in reply.text
    heads, *lines = saved(conversation, "sales-pivot.csv")
    assert (len(heads), len(lines)) == (days + 2, 5)
    assert lines[-1][-1] == str(sales.units.sum())


async def test_periods_run_down_beside_a_column() -> None:
    reply = await Conversation(graph, SALES).ask("Pivot table of revenue by region and quarter")

    assert "by quarter (down) and region (across)" in reply.text
    assert list(rows(reply)) == [f"{y} Q{q}" for y in (2024, 2025) for q in (1, 2, 3, 4)] + ["total"]


@pytest.mark.parametrize(
    "text",
    [
        "Monthly retention cohorts by customer_id in orders.csv.",
        "Cohort table of customers by month",
        "What is the retention of customers?",
    ],
)
async def test_cohorts(text: str, orders: Path) -> None:
    reply = await Conversation(graph, orders).ask(text)

    assert reply.tools == ("cohort_table",)
    # a and b begin in January: a comes in February, b in March; c begins in February and comes in March,
    # in which the data end, on the 15th
    assert rows(reply) == {
        "2024-01": ["2", "1 (50.0 %)", "1 (50.0 %)*"],
        "2024-02": ["1", "1 (100.0 %)*"],
        "all": ["3", "1 (50.0 %)"],
    }
    assert "The data end on 2024-03-15, before that month is over" in reply.text
    assert reply.figures["last_period_complete"] is False


async def test_what_follows_a_cohort_table(orders: Path) -> None:
    conversation = Conversation(graph, orders)
    await conversation.ask("Monthly retention cohorts by customer_id in orders.csv.")
    paid = await conversation.ask("without returned")
    quarterly = await conversation.ask("now by quarter")

    assert "(4 of 6 rows: status != returned)" in paid.text
    assert {key: cells[0] for key, cells in rows(paid).items()} == {
        "2024-01": "1",
        "2024-02": "1",
        "2024-03": "1",
        "all": "3",
    }
    assert rows(quarterly) == {"2024 Q1": ["3"], "all": ["3"]}
    assert "status != returned" in quarterly.text


async def test_many_cohorts_are_kept_whole(tmp_path: Path) -> None:
    file = tmp_path / "visits.csv"
    days = pd.date_range("2023-01-02", periods=60, freq="7D")
    pd.DataFrame({"user_id": [n // 2 for n in range(60)], "day": days}).to_csv(file, index=False)
    conversation = Conversation(graph, file)
    reply = await conversation.ask("Weekly cohorts by user_id in visits.csv")

    assert (
        "29 of 30 cohorts and 12 of 59 weeks after their first are shown. **visits-cohorts.csv**"
        in reply.text
    )
    heads, *lines = saved(conversation, "visits-cohorts.csv")
    assert heads == ["cohort", "weeks_later", "active", "size", "percent", "complete"]
    assert lines[:2] == [
        ["2023-01-02", "0", "1", "1", "100.0", "True"],
        ["2023-01-02", "1", "1", "1", "100.0", "True"],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Funnel visit > cart > buy by user_id in events.csv.",
        "Conversion funnel with the steps visit, cart and buy per user",
        "Show me the funnel from visit to cart to buy",
        'Funnel of "visit", "cart", "buy" per user_id',
    ],
)
async def test_funnel(text: str, events: Path) -> None:
    reply = await Conversation(graph, events).ask(text)

    assert reply.tools == ("funnel",)
    assert [(step["step"], step["reached"]) for step in reply.figures["table"]] == [
        ("visit", 3),
        ("cart", 2),
        ("buy", 1),
    ]
    lines = list(rows(reply).values())
    assert lines[1] == ["cart", "2", "66.7 %", "66.7 %", "1.5 hours"]
    assert lines[2] == ["buy", "1", "50.0 %", "33.3 %", "1 day"]
    assert "is later than the step before was reached; the same time does not count as later" in reply.text


async def test_shares_add_up_and_say_of_what(sales: pd.DataFrame) -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask("Share of the total revenue by region.")
    totals = sales.groupby("region").revenue_usd.sum().sort_values(ascending=False)

    assert reply.tools == ("aggregate",)
    assert [numbers(cells)[1] for cells in rows(reply).values()] == pytest.approx(
        list(100 * totals / totals.sum()), abs=5e-5
    )
    assert "- 100 % of the total revenue_usd is **823,738.06**, of all groups" in reply.text
    assert sum(row["percent_of_sum_revenue_usd"] for row in reply.figures["table"]) == pytest.approx(100)
    counted = await Conversation(graph, SALES).ask("Count the rows by region in percent")
    assert rows(counted)["North"] == ["79", "26.3333"]


@pytest.mark.parametrize(
    ("content", "text", "said"),
    [
        ("g,v\na,1\nb,-2\n", "Total v by g as a percentage", "'sum_v' has negative values, so shares"),
        ("g,v\na,0\nb,0\n", "Total v by g as a percentage", "'sum_v' has a total of 0"),
        (
            "g,v\na,1\nb,2\n",
            "Mean v by g as a percentage",
            "A share is of a sum or a count; the mean of groups",
        ),
        ("g,v\na,1\nb,2\n", "Total v as a percentage", "A share needs groups"),
    ],
)
async def test_shares_that_would_mislead_are_refused(
    tmp_path: Path, content: str, text: str, said: str
) -> None:
    (tmp_path / "t.csv").write_text(content)
    reply = await Conversation(graph, tmp_path / "t.csv").ask(text)
    assert said in reply.text


async def test_an_analyst_asks_on(sales: pd.DataFrame) -> None:
    conversation = Conversation(graph, SALES)
    await conversation.ask("Total revenue by product")
    by_region = await conversation.ask("now by region")
    assert by_region.tools == ("aggregate",)
    only = await conversation.ask("only 2024")
    kept = sales[sales.date.dt.year == 2024]
    assert {k: numbers(v)[0] for k, v in rows(only).items()} == pytest.approx(
        kept.groupby("region").revenue_usd.sum().round(2).to_dict()
    )
    median = await conversation.ask("and the median?")
    assert {k: numbers(v)[0] for k, v in rows(median).items()} == pytest.approx(
        kept.groupby("region").revenue_usd.median().to_dict(), abs=5e-3
    )
    top = await conversation.ask("top 2 instead")
    assert top.tools == ("rank_groups",)
    assert "2 of 4 groups by region" in top.text
    assert "highest median revenue_usd" in top.text
    march = await conversation.ask("in march 2025")
    assert f"({(sales.date.dt.strftime('%Y-%m') == '2025-03').sum()} of 300 rows" in march.text
    north = await conversation.ask("only North")
    assert "date < 2025-04-01 and region = North" in north.text


async def test_counting_goes_on_as_counting(sales: pd.DataFrame) -> None:
    conversation = Conversation(graph, SALES)
    await conversation.ask("How many sales per product?")
    await conversation.ask("now by region")
    without = await conversation.ask("without North")
    share = await conversation.ask("as a percentage")

    assert without.tools == share.tools == ("count_rows",)
    others = sales[sales.region != "North"].region.value_counts()
    assert {k: numbers(v)[0] for k, v in rows(share).items()} == others.to_dict()
    assert numbers(rows(share)["West"])[1] == pytest.approx(100 * others["West"] / others.sum(), abs=5e-3)
