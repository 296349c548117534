"""The analytics agent as a person meets it: requests in plain words through the whole graph, no model.

Figures are compared with those that decimal arithmetic and pandas give for the same file.
"""

import csv
import io
import subprocess
import sys
from collections import defaultdict
from collections.abc import Generator
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from graphs.analytics.graph import graph
from graphs.analytics.subagents import SUBAGENTS
from graphs.kit.planner.declarations import profile
from tests.support.conversation import Conversation, Reply
from tests.support.kit_environment import clean_kit_environment

SAMPLES = Path(__file__).parents[3] / "graphs" / "analytics" / "samples"
SALES, LONGLEY, ANSCOMBE = (SAMPLES / name for name in ("sales.csv", "longley.csv", "anscombe.csv"))
PNG = b"\x89PNG\r\n\x1a\n"
BY_PRODUCT = "sales-bar-chart-total-revenue_usd-by-product"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


async def ask(text: str, *files: Path) -> Reply:
    return await Conversation(graph, *(files or [SALES, LONGLEY])).ask(text)


def rows(reply: Reply) -> list[list[str]]:
    """The cells of the answer's tables, without their heads and rules."""
    lines = reply.text.splitlines()
    return [
        line.strip("| ").split(" | ")
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if line.startswith("| ") and not following.startswith("|---")
    ]


def totals(key: str, value: str, year: str = "") -> dict[str, Decimal]:
    """The exact sums of a column of sales.csv by another, from the largest down."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    with SALES.open() as file:
        for row in csv.DictReader(file):
            if row["date"].startswith(year):
                sums[row[key]] += Decimal(row[value])
    return dict(sorted(sums.items(), key=lambda item: -item[1]))


def monthly(value: str) -> dict[str, Decimal]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for day, amount in totals("date", value).items():
        sums[day[:7]] += amount
    return dict(sorted(sums.items()))


def money(amounts: dict[str, Decimal]) -> list[list[str]]:
    """The rows that an answer shows of exact sums."""
    return [[name, f"{amount:,.2f}"] for name, amount in amounts.items()]


def saved(conversation: Conversation, name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(conversation.artifacts.read(name).decode())))


# --- query: aggregate, count, rank


@pytest.mark.parametrize(
    "text",
    [
        "Total revenue_usd by region in sales.csv.",
        "total revenue by region",
        "What is the sum of revenue_usd for each region?",
        "Revenue per region, in total, please",
        "How much revenue in each region?",
    ],
)
async def test_total_by_region(text: str) -> None:
    reply = await ask(text)

    assert reply.tools == ("aggregate",)
    assert rows(reply) == [
        ["North", "279,854.69"],
        ["West", "205,089.19"],
        ["South", "180,246.94"],
        ["East", "158,547.24"],
    ]
    assert rows(reply) == money(totals("region", "revenue_usd"))
    assert "in **sales.csv** (all 300 rows)" in reply.text
    assert "- SQL: `SELECT" in reply.text
    assert [row["sum_revenue_usd"] for row in reply.figures["table"]] == pytest.approx(
        [float(total) for total in totals("region", "revenue_usd").values()], abs=1e-9
    )


@pytest.mark.parametrize(
    ("text", "statistic", "column", "key"),
    [
        ("Mean units by product in sales.csv.", "mean", "units", "product"),
        ("average units per product", "mean", "units", "product"),
        ("Median unit_price_usd by product in sales.csv", "median", "unit_price_usd", "product"),
        ("What is the standard deviation of units by region?", "std", "units", "region"),
        ("Maximum revenue_usd by region in sales.csv", "max", "revenue_usd", "region"),
    ],
)
async def test_statistic_by_group_is_that_of_pandas(text: str, statistic: str, column: str, key: str) -> None:
    reply = await ask(text)
    expected = pd.read_csv(SALES).groupby(key)[column].agg(statistic).sort_values(ascending=False)

    assert reply.tools == ("aggregate",)
    assert [row[0] for row in rows(reply)] == list(expected.index)
    assert [float(row[1].replace(",", "")) for row in rows(reply)] == pytest.approx(
        list(expected), rel=5e-5, abs=5e-5
    )
    (value,) = set(reply.figures["table"][0]) - {key}
    assert [row[value] for row in reply.figures["table"]] == pytest.approx(list(expected), rel=1e-12)


@pytest.mark.parametrize(
    "text", ["Total revenue by month", "monthly revenue", "Revenue by month in sales.csv"]
)
async def test_total_by_month(text: str) -> None:
    reply = await ask(text)

    assert reply.tools == ("aggregate",)
    assert rows(reply) == money(monthly("revenue_usd"))
    assert len(rows(reply)) == 24


async def test_total_of_a_year_names_the_filter() -> None:
    reply = await ask("Total revenue by region in 2024")

    assert rows(reply) == money(totals("region", "revenue_usd", "2024"))
    assert "(151 of 300 rows: date >= 2024-01-01 and date <= 2024-12-31)" in reply.text


async def test_condition_keeps_the_rows_that_meet_it() -> None:
    reply = await ask("Total revenue_usd by product where region = North in sales.csv")
    sales = pd.read_csv(SALES)
    expected = sales[sales.region == "North"].groupby("product").revenue_usd.sum()

    assert "(79 of 300 rows: region = North)" in reply.text
    assert {row[0]: row[1] for row in rows(reply)} == {
        str(name): f"{value:,.2f}" for name, value in expected.items()
    }


async def test_quoted_condition_may_have_parts() -> None:
    reply = await ask('Total units by product in sales.csv where "region = North and units > 20"')
    sales = pd.read_csv(SALES)
    chosen = sales[(sales.region == "North") & (sales.units > 20)]

    assert f"({len(chosen)} of 300 rows: region = North and units > 20)" in reply.text
    assert {row[0]: int(row[1].replace(",", "")) for row in rows(reply)} == chosen.groupby(
        "product"
    ).units.sum().to_dict()


async def test_several_columns_and_groups() -> None:
    reply = await ask("Total units and revenue_usd by region and product in sales.csv")
    expected = pd.read_csv(SALES).groupby(["region", "product"])[["units", "revenue_usd"]].sum()

    assert len(rows(reply)) == 24
    assert {(row[0], row[1]): (row[2], row[3]) for row in rows(reply)} == {
        key: (f"{units:,.0f}", f"{revenue:,.2f}") for key, units, revenue in expected.itertuples(name=None)
    }


async def test_long_result_is_kept_whole() -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask("Total revenue_usd by date in sales.csv")
    expected = dict(sorted(totals("date", "revenue_usd").items()))

    assert rows(reply) == money(expected)[:30]
    assert "30 of 245 groups are shown. **sales-result.csv** has all of them." in reply.text
    header, *lines = saved(conversation, "sales-result.csv")
    assert header == ["date", "sum_revenue_usd"]
    assert {day: float(total) for day, total in lines} == pytest.approx(
        {day: float(total) for day, total in expected.items()}
    )


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("How many rows are there in sales.csv?", []),
        (
            "Count the rows of sales.csv by region",
            [["North", "79"], ["West", "77"], ["East", "72"], ["South", "72"]],
        ),
        ("how many sales per region?", [["North", "79"], ["West", "77"], ["East", "72"], ["South", "72"]]),
    ],
)
async def test_rows_are_counted(text: str, groups: list[list[str]]) -> None:
    reply = await ask(text)

    assert reply.tools == ("count_rows",)
    assert rows(reply) == groups
    assert "Number of rows" in reply.text
    assert groups or "**300**" in reply.text


@pytest.mark.parametrize(
    "text",
    [
        "top 3 products by revenue",
        "Which are the top 3 products by revenue_usd?",
        "Show the best 3 products by total revenue",
    ],
)
async def test_top_products(text: str) -> None:
    reply = await ask(text)
    expected = money(totals("product", "revenue_usd"))[:3]

    assert reply.tools == ("rank_groups",)
    assert rows(reply) == [[str(place), *row] for place, row in enumerate(expected, 1)]
    assert f"**Down jacket** has the highest total revenue_usd: **{expected[0][1]}**" in reply.text
    assert "3 of 6 groups by product" in reply.text


async def test_who_sold_most_is_answered_by_each_column_of_amounts() -> None:
    reply = await ask("Which region sold most?")

    assert reply.tools == ("rank_groups",)
    assert "**North** has the highest total units: **2,949**" in reply.text
    assert "**North** has the highest total revenue_usd: **279,854.69**" in reply.text
    # prices are not added up, but it is said that they are there
    assert "total unit_price_usd" not in reply.text
    assert "The columns of numbers are units, unit_price_usd, revenue_usd" in reply.text
    assert totals("region", "units")["North"] == 2949


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Which product sold least units?", "**Tent** has the lowest total units: **310**"),
        (
            "Which month had the highest revenue?",
            "**2025-11** has the highest total revenue_usd: **47,743.40**",
        ),
        (
            "Which product has the highest mean units in sales.csv?",
            "**Head torch** has the highest mean units: **54.0741**",
        ),
        (
            "worst product by revenue in 2025",
            "**Water filter** has the lowest total revenue_usd: **45,588.41**",
        ),
        ("What is the highest revenue_usd in sales.csv?", "Greatest revenue_usd: **11,349.56**"),
    ],
)
async def test_questions_for_the_best_and_worst(text: str, answer: str) -> None:
    sales = pd.read_csv(SALES)
    months = sales.groupby(sales.date.str[:7]).revenue_usd.sum()
    facts = {
        "310": sales.groupby("product").units.sum().min(),
        "47,743.40": months["2025-11"],
        "54.0741": sales.groupby("product").units.mean().max(),
        "45,588.41": sales[sales.date.str.startswith("2025")].groupby("product").revenue_usd.sum().min(),
        "11,349.56": sales.revenue_usd.max(),
    }
    reply = await ask(text)

    assert answer in reply.text
    figure = answer.rpartition(": **")[2].strip("*")
    assert float(figure.replace(",", "")) == pytest.approx(facts[figure], abs=5e-5)


# --- query: SQL


@pytest.mark.parametrize(
    "text",
    [
        "SELECT region, sum(units) FROM sales GROUP BY region",
        "Run this on my data:\n```sql\nSELECT region, sum(units) FROM sales GROUP BY region;\n```",
        "select region, sum(units) from sales group by region",
    ],
)
async def test_sql_of_the_person_is_run(text: str) -> None:
    reply = await ask(text)

    assert reply.tools == ("run_sql",)
    assert {row[0]: int(row[1].replace(",", "")) for row in rows(reply)} == totals("region", "units")
    assert "4 rows from **sales.csv**" in reply.text


async def test_long_sql_result_is_kept_whole_and_can_be_queried() -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask("SELECT * FROM sales WHERE units > 20 ORDER BY date, product")

    assert len(rows(reply)) == 30
    assert "30 of 168 rows are shown. **query-result.csv** has all of them." in reply.text
    assert len(saved(conversation, "query-result.csv")) == 169
    again = await conversation.ask("SELECT count(*) AS n, min(units) AS least FROM query_result")
    assert rows(again) == [["168", "21"]]


async def test_sql_joins_files(tmp_path: Path) -> None:
    targets = tmp_path / "Regional targets.csv"
    targets.write_text("region,target\nNorth,250000\nEast,200000\n")
    reply = await ask(
        "SELECT t.region, sum(revenue_usd) - target AS over FROM sales s JOIN regional_targets t "
        "ON s.region = t.region GROUP BY t.region, target ORDER BY 1",
        SALES,
        targets,
    )

    assert rows(reply) == [["East", "-41,452.76"], ["North", "29,854.69"]]
    assert "from **Regional targets.csv** and **sales.csv**" in reply.text


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DELETE FROM sales", "Only reading is allowed"),
        ("DROP TABLE sales", "Only reading is allowed"),
        ("COPY sales TO 'out.csv'", "Only reading is allowed"),
        ("SELECT * FROM read_csv('/etc/passwd')", "no files, no network"),
        ("SELECT 1; DROP TABLE sales", "exactly one SQL statement"),
        (
            "SELECT profit FROM sales",
            "There is no column 'profit'. Columns that exist: 'sales' has 'date', 'region'",
        ),
        ("SELECT * FROM orders", "There is no table 'orders'. The tables are: 'longley', 'sales'"),
        ("SELECT FROM WHERE sales", "can't be run"),
    ],
)
async def test_sql_that_writes_or_fails_is_refused_with_the_reason(statement: str, reason: str) -> None:
    conversation = Conversation(graph, SALES, LONGLEY)
    reply = await conversation.ask(f"```sql\n{statement}\n```")

    assert reply.tools == ("run_sql",)
    assert reason in reply.text
    assert reply.files == {"sales.csv", "longley.csv"}
    assert conversation.artifacts.read("sales.csv") == SALES.read_bytes()


# --- statistics


@pytest.mark.parametrize(
    "text",
    [
        "Regress employed_thousands on all other columns of longley.csv",
        "Linear regression of employed_thousands in longley.csv",
        "Fit a linear model of employed_thousands on everything else in longley.csv",
    ],
)
async def test_longley(text: str) -> None:
    # NIST StRD, Longley: certified values.
    reply = await ask(text)
    terms = {each["term"]: each["estimate"] for each in reply.figures["coefficients"]}

    assert reply.tools == ("fit_linear_regression",)
    assert terms["intercept"] == pytest.approx(-3482258.63459582, rel=1e-9)
    assert terms["gnp_deflator"] == pytest.approx(15.0618722713733, rel=1e-9)
    assert terms["year"] == pytest.approx(1829.15146461355, rel=1e-9)
    assert reply.figures["residual_sd"] == pytest.approx(304.854073561965, rel=1e-9)
    assert reply.figures["r_squared"] == pytest.approx(0.995479004577296, rel=1e-12)
    cells = {row[0]: row[1] for row in rows(reply)}
    assert cells["gnp_deflator"] == "**15.0618723**"
    assert cells["intercept"] == "**-3,482,258.63**"
    assert "Residual standard deviation **304.854074** on 9 df" in reply.text
    assert "The predictors overlap" in reply.text


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_anscombe(number: int) -> None:
    # Anscombe (1973): y = 3.00 + 0.500 x, R² .67, in each of the four sets.
    reply = await ask(f"Regress y{number} on x{number} in anscombe.csv", ANSCOMBE)
    intercept, slope = reply.figures["coefficients"]

    assert slope["term"] == f"x{number}"
    assert intercept["estimate"] == pytest.approx(3.0, abs=0.005)
    assert slope["estimate"] == pytest.approx(0.5, abs=0.0005)
    assert reply.figures["r_squared"] == pytest.approx(0.67, abs=0.005)
    assert reply.figures["rows"] == 11


@pytest.mark.parametrize(
    "text",
    [
        "How does revenue_usd depend on units and unit_price_usd in sales.csv?",
        "Regress revenue_usd on units and unit_price_usd",
    ],
)
async def test_regression_on_chosen_columns(text: str) -> None:
    reply = await ask(text)

    assert [each["term"] for each in reply.figures["coefficients"]] == [
        "intercept",
        "units",
        "unit_price_usd",
    ]
    assert "from 300 rows of **sales.csv**" in reply.text


async def test_regression_names_what_it_leaves_out(tmp_path: Path) -> None:
    table = tmp_path / "trees.csv"
    table.write_text("kind,height_m,girth_m\na,1,2\nb,2,3.5\nc,3,\nd,4,8.5\ne,5,9\n")
    reply = await ask("Regress girth_m on all other columns", table)

    assert "- Left out: 1 row with a missing value" in reply.text
    assert "- Not used, for they hold no numbers: kind" in reply.text


# --- report


async def test_bar_chart_adds_up_and_keeps_its_data() -> None:
    conversation = Conversation(graph, SALES, LONGLEY)
    reply = await conversation.ask("Bar chart of revenue_usd by product in sales.csv.")

    assert reply.tools == ("draw_bar_chart",)
    assert reply.files == {"sales.csv", "longley.csv", f"{BY_PRODUCT}.png", f"{BY_PRODUCT}.csv"}
    assert conversation.artifacts.read(f"{BY_PRODUCT}.png").startswith(PNG)
    assert rows(reply) == money(totals("product", "revenue_usd"))
    assert "No statistic was named: the rows of a group are added up" in reply.text
    header, *lines = saved(conversation, f"{BY_PRODUCT}.csv")
    assert header == ["product", "sum_revenue_usd"]
    assert [f"{float(total):,.2f}" for _, total in lines] == [total for _, total in rows(reply)]


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (
            "Bar chart of the total revenue_usd by region in sales.csv.",
            "bar",
            totals("region", "revenue_usd"),
        ),
        ("Draw a bar chart of total units per product", "bar", totals("product", "units")),
        ("chart revenue by region", "bar", totals("region", "revenue_usd")),
        ("Plot revenue by month", "line", monthly("revenue_usd")),
        ("Line chart of monthly units", "line", monthly("units")),
    ],
)
async def test_chart_of_a_total(text: str, kind: str, expected: dict[str, Decimal]) -> None:
    reply = await ask(text)

    assert reply.tools == (f"draw_{kind}_chart",)
    assert {row[0]: Decimal(row[1].replace(",", "")) for row in rows(reply)} == expected


async def test_line_chart_by_date_tells_the_range_of_many_points() -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask("Line chart of revenue_usd by date in sales.csv.")
    expected = totals("date", "revenue_usd")

    name = "sales-line-chart-total-revenue_usd-by-date"
    assert reply.files == {"sales.csv", f"{name}.png", f"{name}.csv"}
    assert "- 245 points: date 2024-01-01 to 2025-12-28; total revenue_usd 114.20 to 12,263.45" in reply.text
    assert (min(expected.values()), max(expected.values())) == (Decimal("114.20"), Decimal("12263.45"))
    assert len(saved(conversation, f"{name}.csv")) == 246


async def test_line_for_each_value_of_a_column() -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask("Line chart of monthly revenue for each region")
    sales = pd.read_csv(SALES)
    expected = sales.groupby([sales.date.str[:7], "region"]).revenue_usd.sum()

    lines = saved(conversation, "sales-line-chart-total-revenue_usd-by-month-and-region.csv")[1:]
    assert reply.tools == ("draw_line_chart",)
    assert {(day[:7], region): float(total) for day, total, region in lines} == pytest.approx(
        expected.to_dict()
    )


async def test_filtered_chart_differs_from_the_whole() -> None:
    # the picture itself must say that it shows a part: another title, so other bytes
    conversation = Conversation(graph, SALES)
    await conversation.ask("Bar chart of the total revenue_usd by product in sales.csv.")
    reply = await conversation.ask(
        "Bar chart of the top 3 products by total revenue_usd in sales.csv in 2024."
    )

    assert rows(reply) == money(totals("product", "revenue_usd", "2024"))[:3]
    assert "- Only the 3 largest of 6 groups are drawn" in reply.text
    assert "(151 of 300 rows: date >= 2024-01-01 and date <= 2024-12-31)" in reply.text
    assert f"{BY_PRODUCT}-2.png" in reply.files


async def test_rows_that_need_no_adding_are_drawn_as_they_stand() -> None:
    reply = await ask("Line chart of employed_thousands by year in longley.csv")

    assert reply.tools == ("draw_line_chart",)
    assert rows(reply)[0] == ["1947", "60,323"]
    assert len(rows(reply)) == 16
    assert "added up" not in reply.text


async def test_scatter_plot_with_a_line() -> None:
    # Anscombe (1973): r = .816, y = 3.00 + 0.500 x.
    reply = await ask("Scatter plot of y1 against x1 in anscombe.csv with a trend line", ANSCOMBE)

    assert reply.tools == ("draw_scatter_plot",)
    assert "Pearson's correlation r = 0.8164 over 11 points" in reply.text
    assert "y1 = 3.00009 + 0.500091 × x1; R² 0.6665" in reply.text


async def test_slash_in_the_name_of_a_column_is_no_folder(tmp_path: Path) -> None:
    table = tmp_path / "runs.csv"
    table.write_text("car,km/h\na,100\nb,120\na,110\n")
    reply = await ask('Box plot of "km/h" by car in runs.csv', table)

    assert reply.files == {"runs.csv", "runs-box-plot-km-h-by-car.png", "runs-box-plot-km-h-by-car.csv"}


async def test_query_without_rows_says_so() -> None:
    reply = await ask("SELECT * FROM sales WHERE units > 1000")

    assert "No rows from **sales.csv**.\n- SQL: `SELECT * FROM sales WHERE units > 1000`" in reply.text


async def test_histogram_and_boxes() -> None:
    sales = pd.read_csv(SALES)
    histogram = await ask("Histogram of revenue_usd with 10 bins in sales.csv")
    boxes = await ask("Box plot of revenue by region")

    assert (histogram.tools, boxes.tools) == (("draw_histogram",), ("draw_box_plot",))
    counts = pd.cut(sales.revenue_usd, 10).value_counts(sort=False)
    assert [int(row[2]) for row in rows(histogram)] == list(counts)
    medians = sales.groupby("region").revenue_usd.median()
    assert {row[0]: float(row[4].replace(",", "")) for row in rows(boxes)} == pytest.approx(
        medians.to_dict(), abs=0.005
    )


async def test_chart_of_the_same_data_is_the_same_file() -> None:
    conversation = Conversation(graph, SALES)
    first = await conversation.ask("Bar chart of revenue_usd by product in sales.csv.")
    again = await conversation.ask("Bar chart of revenue_usd by product in sales.csv.")

    assert again.files == first.files


# --- data


@pytest.mark.parametrize(
    "text", ["Profile sales.csv.", "Summarise sales.csv", "Are there gaps or outliers in sales.csv?"]
)
async def test_profile(text: str) -> None:
    reply = await ask(text)
    cells = {row[0]: row for row in rows(reply)}

    assert reply.tools == ("profile_table",)
    assert "**sales.csv**: 300 rows, 6 columns; 0 duplicate rows" in reply.text
    assert cells["date"][1:5] == ["date", "0", "245", "2024-01-01 to 2025-12-28"]
    assert cells["region"][4] == "North (79), West (77), East (72), South (72)"
    assert cells["units"][3:6] == ["71", "1 to 234", "26.31 ± 23.48"]
    units = pd.read_csv(SALES).units
    assert (f"{units.mean():.4g}", f"{units.std():.4g}") == ("26.31", "23.48")


async def test_profile_of_longley() -> None:
    reply = await ask("Profile longley.csv.")

    assert "**longley.csv**: 16 rows, 7 columns" in reply.text
    assert [row[0] for row in rows(reply)] == list(pd.read_csv(LONGLEY).columns)


async def test_loading_tells_columns_and_first_rows() -> None:
    reply = await ask("Which columns does sales.csv have?")

    assert reply.tools == ("load_table",)
    assert "**300 rows** and **6 columns**" in reply.text
    assert "date DATE, region VARCHAR, product VARCHAR, units BIGINT" in reply.text
    assert rows(reply)[0] == ["2024-01-01", "South", "Backpack", "19", "129.00", "2,451.00"]
    assert "- In SQL: `sales`" in reply.text


async def test_workbook_has_sheets(tmp_path: Path) -> None:
    book = tmp_path / "Budget 2024.xlsx"
    with pd.ExcelWriter(book) as writer:
        pd.DataFrame({"region": ["N", "S"], "amount": [1, 2]}).to_excel(
            writer, sheet_name="Actual", index=False
        )
        pd.DataFrame({"region": ["N", "S"], "target": [10, 20]}).to_excel(
            writer, sheet_name="Plan 2", index=False
        )
    conversation = Conversation(graph, book)
    first = await conversation.ask("Load Budget 2024.xlsx.")
    second = await conversation.ask('Load Budget 2024.xlsx, sheet "Plan 2".')
    joined = await conversation.ask(
        "SELECT region, amount, target FROM budget_2024 JOIN budget_2024_plan_2 USING (region) ORDER BY 1"
    )

    assert "Sheet Actual of **Budget 2024.xlsx** has **2 rows**" in first.text
    assert "sheet Plan 2 is `budget_2024_plan_2`" in first.text
    assert "Note: Sheet 'Actual' was read; the others are: Plan 2." in first.text
    assert "Sheet Plan 2 of **Budget 2024.xlsx**" in second.text
    assert rows(joined) == [["N", "1", "10"], ["S", "2", "20"]]


async def test_order_of_day_and_month_is_said_or_chosen(tmp_path: Path) -> None:
    table = tmp_path / "visits.csv"
    table.write_text("seen,visits\n03/04/2024,5\n05/06/2024,7\n")
    assumed = await ask("Load visits.csv.", table)
    told = await ask("Load visits.csv with day first: no", table)

    assert "Dates in 'seen' were read as day/month; the other order would fit too." in assumed.text
    assert [row[0] for row in rows(assumed)] == ["2024-04-03", "2024-06-05"]
    assert "other order" not in told.text
    assert [row[0] for row in rows(told)] == ["2024-03-04", "2024-05-06"]


async def test_parquet(tmp_path: Path) -> None:
    file = tmp_path / "sales.parquet"
    pd.read_csv(SALES, parse_dates=["date"]).to_parquet(file)
    reply = await ask("Total revenue_usd by region in sales.parquet", file)

    assert rows(reply) == money(totals("region", "revenue_usd"))


async def test_pasted_table_is_a_file_of_the_session() -> None:
    reply = await Conversation(graph).ask("Total score by team\n\nteam,score\nred,3\nblue,4.5\nred,5\n")

    assert reply.tools == ("aggregate",)
    assert rows(reply) == [["red", "8.0"], ["blue", "4.5"]]
    assert "**pasted-table.csv** (all 3 rows)" in reply.text


async def test_rows_without_a_value_are_counted(tmp_path: Path) -> None:
    table = tmp_path / "gaps.csv"
    table.write_text("team,score\nred,3\nblue,4\nred,\nblue,\nblue,2\n")
    reply = await ask("Mean score by team in gaps.csv", table)

    assert rows(reply) == [["red", "3.0"], ["blue", "3.0"]] or rows(reply) == [["blue", "3"], ["red", "3"]]
    assert "- Left out: 2 rows without a value in score" in reply.text


# --- what can't be done


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Total profit_usd by region in sales.csv", "sales.csv has units, unit_price_usd and revenue_usd"),
        ("Total revenue_usd by country in sales.csv", "no column 'country'"),
        (
            "Total revenue_usd by product where regoin = North in sales.csv",
            "no column 'regoin'. Its columns are: 'date', 'region'",
        ),
        (
            "Total revenue_usd by product where region = Nrth in sales.csv",
            "'region' holds 'East', 'North', 'South', 'West'",
        ),
        ("Total revenue_usd in sales.csv where region", "can't be read. Write it as a column"),
        (
            "Bar chart of revenue_usd by date in sales.csv",
            "245 values of 'date' are too many for bars. Draw a line.",
        ),
        (
            "Stacked bar chart of mean revenue_usd by month and region in sales.csv",
            "Parts of a stack must add up to the whole, and only totals and counts do. Draw grouped bars.",
        ),
        ("Pie chart of revenue_usd by region in sales.csv", "I draw no pie charts"),
        ("Bar chart of revenue_usd in sales.csv", "Say what the bars stand for"),
        (
            "Regress revenue_usd on advertising in sales.csv",
            "sales.csv has date, region, product, units, unit_price_usd and revenue_usd",
        ),
        ("Total revenue_usd by region in orders.csv", "There is no file 'orders.csv'"),
        ("Total employed_thousands by month in longley.csv", "A period needs one column of dates"),
    ],
)
async def test_request_that_does_not_fit_the_table_says_what_there_is(text: str, said: str) -> None:
    reply = await ask(text)

    assert said in reply.text
    assert reply.files == {"sales.csv", "longley.csv"}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("broken.csv", bytes(range(256)) * 4, "broken.csv is not a text table"),
        ("broken.parquet", b"PAR1 and no more", "broken.parquet is not a Parquet file, or it is damaged"),
        ("broken.xlsx", b"PK\x03\x04 and no more", "broken.xlsx is not an Excel workbook, or it is damaged"),
        ("headonly.csv", b"a,b\n", "no rows"),
    ],
)
async def test_damaged_file_is_named_and_harms_no_other(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    conversation = Conversation(graph, SALES, tmp_path / name)
    damaged = await conversation.ask(f"Profile {name}")
    sound = await conversation.ask("SELECT count(*) AS n FROM sales")

    assert said in damaged.text
    assert rows(sound) == [["300"]]


# --- the whole


async def test_six_requests_in_one_message() -> None:
    requests = [
        "Profile sales.csv.",
        "Total revenue_usd by region in sales.csv.",
        "Bar chart of revenue_usd by product in sales.csv.",
        "Profile longley.csv.",
        "Mean units by product in sales.csv.",
        "Line chart of revenue_usd by date in sales.csv.",
    ]
    apart = [await Conversation(graph, SALES, LONGLEY).ask(request) for request in requests]
    together = await Conversation(graph, SALES, LONGLEY).ask("\n".join(requests))

    assert together.tools == tuple(tool for reply in apart for tool in reply.tools)
    assert together.tools == (
        *("profile_table", "aggregate", "draw_bar_chart"),
        *("profile_table", "aggregate", "draw_line_chart"),
    )
    assert together.text == "\n\n".join(reply.text for reply in apart)


@pytest.mark.parametrize(
    ("tool", "example"),
    [
        (tool.name, example)
        for subagent in SUBAGENTS
        for tool in subagent.tools
        for example in profile(tool, subagent.name).examples
    ],
)
async def test_each_example_reaches_its_tool(tool: str, example: str) -> None:
    # "which column?" and "there is no such file" are answers too
    reply = await ask(example, SALES, LONGLEY, ANSCOMBE)

    assert reply.tools == (tool,) or (not reply.tools and "?" in reply.text)
    assert "in more than one way" not in reply.text


async def test_sub_agents_say_what_they_are_for() -> None:
    assert [subagent.name for subagent in SUBAGENTS] == ["data", "query", "statistics", "report"]
    drawing = graph.get_graph(xray=True)
    assert {"data:tools", "query:tools", "statistics:tools", "report:tools"} <= set(drawing.nodes)


def test_server_start_stays_light() -> None:
    tables = "'pandas', 'numpy', 'duckdb', 'sqlglot', 'openpyxl', 'pyarrow'"
    heavy = f"{{{tables}, 'scipy', 'matplotlib', 'statsmodels'}}"
    code = f"import sys, graphs.analytics.graph; sys.exit(str({heavy} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert loaded.stderr.strip() == "set()"
