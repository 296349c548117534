"""Whole questions and follow-ups, and what is done with the last answer: drawn, exported, reported.

Figures are compared with those that pandas gives for the same file.
"""

import io
from collections.abc import Generator
from pathlib import Path

import pandas as pd
import pytest
from scipy import stats

from graphs.analytics.graph import graph
from graphs.analytics.report.meaning import in_words
from graphs.analytics.tools.reproduce import check_record, record_of
from tests.support.conversation import Conversation, Reply
from tests.support.kit_environment import clean_kit_environment

SALES = Path(__file__).parents[3] / "graphs" / "analytics" / "samples" / "sales.csv"
YIELDS = """variety,site,year,yield
Svansota,Morris,1931,35.1
Svansota,Morris,1932,24.3
Velvet,Morris,1931,39.9
Velvet,Morris,1932,32.2
Svansota,Duluth,1931,25.7
Svansota,Duluth,1932,19.5
Velvet,Duluth,1931,26.3
Velvet,Duluth,1932,22.5
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


@pytest.fixture(scope="module")
def sales() -> pd.DataFrame:
    return pd.read_csv(SALES, parse_dates=["date"])


@pytest.fixture
def yields(tmp_path: Path) -> Path:
    (tmp_path / "yields.csv").write_text(YIELDS)
    return tmp_path / "yields.csv"


async def told(conversation: Conversation, *texts: str) -> Reply:
    """The reply to the last of the messages."""
    for text in texts[:-1]:
        await conversation.ask(text)
    return await conversation.ask(texts[-1])


def table(conversation: Conversation, name: str) -> pd.DataFrame:
    content = io.BytesIO(conversation.artifacts.read(name))
    return pd.read_excel(content) if name.endswith(".xlsx") else pd.read_csv(content)


def made(reply: Reply, suffix: str) -> str:
    return next(name for name in sorted(reply.files) if name.endswith(suffix) and f"**{name}**" in reply.text)


async def test_a_question_after_an_export_is_answered_and_keeps_no_filter(sales: pd.DataFrame) -> None:
    conversation = Conversation(graph, SALES)
    await told(conversation, "Total revenue by region", "only 2024", "export it to Excel")

    reply = await conversation.ask("units per month in 2025")
    only = sales[sales.date.dt.year == 2025]
    assert reply.tools == ("aggregate",)
    assert [row["sum_units"] for row in reply.figures["table"]] == list(
        only.groupby(only.date.dt.month).units.sum()
    )

    mean = await conversation.ask("Average units by product")
    assert mean.tools == ("aggregate",)
    assert {row["product"]: row["mean_units"] for row in mean.figures["table"]} == pytest.approx(
        sales.groupby("product").units.mean().to_dict()
    )


async def test_exported_is_what_was_answered_and_a_change_of_it_is_exported_too(sales: pd.DataFrame) -> None:
    conversation = Conversation(graph, SALES)
    reply = await told(conversation, "Mean revenue by region", "only 2024", "export it to Excel")
    only = sales[sales.date.dt.year == 2024]
    expected = only.groupby("region").revenue_usd.mean()

    assert reply.tools == ("export_answer",)
    exported = table(conversation, made(reply, ".xlsx"))
    assert list(exported.columns) == ["region", "mean_revenue_usd"]
    assert dict(exported.values) == pytest.approx(expected.to_dict())

    changed = await conversation.ask("without North")
    assert changed.tools == ("aggregate", "export_answer")
    rest = dict(table(conversation, made(changed, ".xlsx")).values)
    assert rest == pytest.approx(expected.drop("North").to_dict())


async def test_result_of_sql_is_exported_and_drawn(sales: pd.DataFrame) -> None:
    conversation = Conversation(graph, SALES)
    await conversation.ask("SELECT region, max(units) AS most FROM sales GROUP BY region")
    exported = await conversation.ask("export it")
    expected = sales.groupby("region").units.max().to_dict()

    assert dict(table(conversation, made(exported, ".csv")).values) == expected
    for text in ("plot that", "draw that as a bar chart"):
        drawn = await conversation.ask(text)
        assert drawn.tools == ("draw_answer",)
        assert " is a bar chart of most by region" in drawn.text
        assert dict(table(conversation, made(drawn, ".csv")).values) == expected


async def test_ranking_and_groups_of_text_are_drawn_as_bars(sales: pd.DataFrame) -> None:
    conversation = Conversation(graph, SALES)
    totals = sales.groupby("product").revenue_usd.sum().nlargest(2)
    ranking = await told(conversation, "Top 2 products by revenue", "plot that")
    assert dict(table(conversation, made(ranking, ".csv")).values) == pytest.approx(totals.to_dict())

    counts = await told(conversation, "Count the rows by region", "draw it")
    assert dict(table(conversation, made(counts, ".csv")).values) == sales.region.value_counts().to_dict()

    months = await told(conversation, "Total units by month", "plot it")
    assert " is a line chart of total units by month" in months.text


async def test_export_of_a_chart_is_the_data_behind_it() -> None:
    conversation = Conversation(graph, SALES)
    chart = await conversation.ask("Line chart of total revenue by month")
    named = await conversation.ask("export this chart")
    assert f"**{made(chart, '.csv')}** has it already" in named.text
    assert named.files == chart.files

    excel = await conversation.ask("to Excel")
    data = table(conversation, made(chart, ".csv"))
    assert table(conversation, made(excel, ".xlsx")).iloc[:, 1].tolist() == data.iloc[:, 1].tolist()


async def test_formats_that_are_not_written_are_named_with_those_that_are() -> None:
    conversation = Conversation(graph, SALES)
    for before in ("Load sales.csv", "Total units by region"):
        reply = await told(conversation, before, "export to parquet")
        assert "I can't write 'parquet'." in reply.text
        assert "There are csv and xlsx." in reply.text
        assert reply.files == {"sales.csv"}


async def test_a_conversion_to_another_format_is_no_conversion_of_dates() -> None:
    reply = await Conversation(graph, SALES).ask("Convert sales.csv to Parquet")
    assert "There are csv and xlsx." in reply.text
    assert reply.files == {"sales.csv"}


async def test_what_is_no_export_writes_nothing() -> None:
    reply = await Conversation(graph, SALES).ask("Convert region to a number")
    assert reply.files == {"sales.csv"}
    assert "No value of 'region' can be read as a date" in reply.text


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (
            ("Forecast units for 2 months", "now by region"),
            "“region” changes in the last answer, which is of forecast",
        ),
        (
            ("Pivot table of units by region and product", "as a percentage of each row"),
            "percentage of each row",
        ),
    ],
)
async def test_no_older_answer_is_changed_than_the_last(texts: tuple[str, ...], said: str) -> None:
    reply = await told(Conversation(graph, SALES), *texts)
    assert said in reply.text
    assert reply.results == ()


async def test_the_highest_of_the_last_answer(sales: pd.DataFrame) -> None:
    reply = await told(Conversation(graph, SALES), "Mean units by product", "which is highest?")
    means = sales.groupby("product").units.mean()
    assert f"**{means.idxmax()}** has the highest mean units" in reply.text


@pytest.mark.parametrize(
    "question", ["Total revenue by colour", "Scatter plot of units"], ids=("groups", "column")
)
async def test_a_whole_question_is_no_answer_to_an_open_one(question: str, sales: pd.DataFrame) -> None:
    conversation = Conversation(graph, SALES)
    asked = await conversation.ask(question)
    assert asked.tools == ()
    assert asked.text.endswith(".")
    reply = await conversation.ask("Mean units by region")
    assert reply.tools == ("aggregate",)
    assert {row["region"]: row["mean_units"] for row in reply.figures["table"]} == pytest.approx(
        sales.groupby("region").units.mean().to_dict()
    )


async def test_a_table_that_a_tool_wrote_is_not_the_next_questions_table() -> None:
    conversation = Conversation(graph, SALES)
    checked = await conversation.ask("Check that units is at most 10")
    assert any(name != "sales.csv" for name in checked.files)
    reply = await conversation.ask("How many rows are there?")
    assert "**300**, in **sales.csv**" in reply.text


async def test_years_of_a_column_of_years_follow_one_another(yields: Path) -> None:
    data = pd.read_csv(yields)
    conversation = Conversation(graph, yields)
    reply = await told(conversation, "Mean yield by site", "and 1931?", "and 1932?")
    expected = data[data.year == 1932].groupby("site")["yield"].mean()
    assert {row["site"]: row["mean_yield"] for row in reply.figures["table"]} == pytest.approx(dict(expected))

    back = await conversation.ask("forget the filter")
    assert "(all 8 rows)" in back.text
    compared = await conversation.ask("compare yield between 1931 and 1932")
    welch = stats.ttest_ind(*(rows["yield"] for _, rows in data.groupby("year")), equal_var=False)
    assert f"t = **{welch.statistic:.6g}**" in compared.text


async def test_means_that_are_named_after_the_question(yields: Path) -> None:
    reply = await told(
        Conversation(graph, yields), "Mean yield by variety", "Is that difference significant? Use ANOVA."
    )
    data = pd.read_csv(yields)
    assert reply.tools == ("anova",)
    expected = stats.f_oneway(*(rows["yield"] for _, rows in data.groupby("variety")))
    assert f"{expected.statistic:.6g}" in reply.text


async def test_report_says_what_follow_ups_meant_and_can_be_computed_again(tmp_path: Path) -> None:
    conversation = Conversation(graph, SALES)
    await told(conversation, "Total revenue by product", "plot it", "now by region", "only 2024", "plot it")
    await conversation.ask("Write a report")
    page = conversation.artifacts.read("report.html").decode()

    assert "now by region → total revenue_usd by region" in page
    assert "only 2024 → total revenue_usd by region in 2024" in page
    assert page.count("plot it → draw answer, of total revenue_usd by ") >= 2
    assert all(check.same for check in check_record(record_of(page), SALES.parent))


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("count_rows", {"groups": ["a"], "bucket": "month"}, "number of rows by a and month"),
        (
            "aggregate",
            {"measures": ["x", "y"], "statistic": ["mean"], "groups": ["a"], "where": "b = 1", "year": 2024},
            "mean x and y by a in 2024 where b = 1",
        ),
        ("aggregate", {"measures": ["units"], "groups": ["a"]}, "total units by a"),
        ("aggregate", {"measures": ["price"], "groups": ["a"]}, "mean price by a"),
        (
            "aggregate",
            {"measures": ["x"], "statistic": ["max", "percentile"], "percentiles": [90.0]},
            "greatest and 90th percentile of x",
        ),
        ("count_rows", {"distinct": "x", "groups": ["a"]}, "number of different x by a"),
        ("pivot_table", {"rows": "a", "columns": "b", "measure": "x"}, "pivot table: x by a and b"),
        (
            "rank_groups",
            {"category": "a", "measure": "x", "order": "lowest", "top": 3},
            "rank groups: x by a (lowest 3)",
        ),
        ("describe_columns", {"columns": ["x"]}, "describe columns: x"),
        ("write_report", {}, "write report"),
    ],
)
def test_calls_in_words(tool: str, arguments: dict[str, object], words: str) -> None:
    assert in_words(tool, arguments) == words


async def test_a_period_is_of_the_column_that_is_named_and_groups_nothing(tmp_path: Path) -> None:
    orders = pd.DataFrame(
        {
            "order_id": range(1, 9),
            "ordered_at": pd.date_range("2023-11-05", periods=8, freq="30D"),
            "shipped_at": pd.date_range("2023-12-20", periods=8, freq="30D"),
            "status": ["paid", "refunded"] * 4,
            "price": [10.0, 20, 30, 40, 50, 60, 70, 80],
        }
    )
    orders.to_csv(tmp_path / "orders.csv", index=False)
    of_2024 = orders[orders.ordered_at.dt.year == 2024]
    conversation = Conversation(graph, tmp_path / "orders.csv")

    total = await conversation.ask("Total price in 2024 dated by ordered_at")
    assert total.figures["table"] == [{"sum_price": of_2024.price.sum()}]
    part = await conversation.ask("What % of orders was refunded in 2024, dated by ordered_at")
    assert part.figures["percent"] == pytest.approx([100 * (of_2024.status == "refunded").mean()])
    several = await conversation.ask("how many orders with price between 30 and 60")
    assert several.figures["table"] == [{"count": 4}]


async def test_rows_that_are_left_out_are_not_the_ones_taken(sales: pd.DataFrame) -> None:
    reply = await told(
        Conversation(graph, SALES), "total units where region != North and product not in (Tent, Backpack)"
    )
    left = sales[(sales.region != "North") & ~sales["product"].isin(["Tent", "Backpack"])]
    assert reply.figures["table"] == [{"sum_units": left.units.sum()}]


async def test_growth_after_a_total_is_of_what_was_totalled(sales: pd.DataFrame) -> None:
    reply = await told(Conversation(graph, SALES), "Total revenue by year", "growth in % by product")
    assert reply.tools == ("change_over_time",)
    assert "revenue_usd" in reply.text.splitlines()[0]


@pytest.mark.parametrize(
    "text",
    [
        "total revenue by region but not North and not in 2025",
        "revenue / units by product",
        "how many rows where units < 5 or units > 40",
        "revenue by year and growth",
        "total revenue on mondays",
        "show the 5 most expensive sales",
    ],
)
async def test_what_would_be_half_heard_is_refused(text: str) -> None:
    reply = await told(Conversation(graph, SALES), text)
    assert reply.tools == ()
    assert "I don't know what" in reply.text


async def test_after_a_refused_question_nothing_older_is_changed_or_drawn() -> None:
    conversation = Conversation(graph, SALES)
    await told(conversation, "Total revenue by region", "total revenue minus units by product")
    for text in ("only 2024", "line chart of it"):
        reply = await conversation.ask(text)
        assert reply.tools == ()
        assert "has no answer" in reply.text
