"""Statistics as a person asks for them: plain words through the whole graph, no model.

Figures are those of R, NIST and textbooks, as the tests of each domain module say.
"""

from collections.abc import Generator
from pathlib import Path

import pandas as pd
import pytest
import statsmodels.api as sm
from vega_datasets import local_data

import graphs.analytics
from graphs.analytics.graph import graph
from tests.support.conversation import Conversation, Reply
from tests.support.kit_environment import clean_kit_environment
from tests.support.published_data import motor_cars, sleep, tooth_growth

SAMPLES = Path(graphs.analytics.__file__).parent / "samples"
SALES, LONGLEY = SAMPLES / "sales.csv", SAMPLES / "longley.csv"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tables of published results."""
    folder = tmp_path_factory.mktemp("tables")
    iris = local_data.iris()
    iris.columns = ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]
    cars = motor_cars().rename(columns={"wt": "weight"})
    people = pd.DataFrame(
        {
            "sex": ["male", "female"] * 20,
            "smoker": ["yes", "no", "no", "no"] * 10,
            "weight": [80 + i % 7 - i % 2 * 12 + i / 10 for i in range(40)],
        }
    )
    frames = {
        "iris": iris,
        "cars": cars.assign(gearbox=cars.am.map({0: "automatic", 1: "manual"})).drop(columns="am"),
        "people": people,
        "sleep": sleep(),
        "teeth": tooth_growth(),
        "spector": sm.datasets.spector.load_pandas().data.rename(columns=str.lower),
    }
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


async def ask(text: str, *files: Path) -> Reply:
    return await Conversation(graph, *files).ask(text)


async def test_anova_of_iris_shows_every_digit_of_the_p_value(tables: Path) -> None:
    reply = await ask("One-way ANOVA of sepal_length by species", tables / "iris.csv")

    assert reply.tools == ("anova",)
    assert "| species | 63.21213 | 2 | 31.60607 | **119.2645** | **1.67e-31** |" in reply.text
    assert reply.figures["sources"][0]["p"] == pytest.approx(1.67e-31, rel=1e-3)
    assert "| versicolor less virginica | -0.652 |" in reply.text
    assert "Brown–Forsythe speaks against the assumptions" in reply.text


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Does sepal length differ between species?", "(all 150 rows)"),
        ("Compare sepal_length by species", "(all 150 rows)"),
        (
            "Does sepal_length differ between species where sepal_width > 3?",
            "(67 of 150 rows: sepal_width > 3)",
        ),
        (
            "Is there a difference in sepal length between setosa and virginica?",
            "(100 of 150 rows: species in (setosa, virginica))",
        ),
        (
            "Does sepal length differ between the species setosa and virginica?",
            "(100 of 150 rows: species in (setosa, virginica))",
        ),
    ],
)
async def test_groups_are_compared_in_the_rows_that_were_meant(tables: Path, text: str, rows: str) -> None:
    reply = await ask(text, tables / "iris.csv")

    assert reply.tools == ("compare_groups",)
    assert "**sepal_length** by species differs at the 5 % level" in reply.text
    assert rows in reply.text
    assert [group["group"] for group in reply.figures["groups"]][-1] == "virginica"


async def test_groups_named_by_other_words_are_found(tables: Path) -> None:
    reply = await ask("Is there a difference in weight between men and women?", tables / "people.csv")

    assert reply.tools == ("compare_groups",)
    assert (reply.figures["by"], reply.figures["test"]) == ("sex", "Welch's t test")
    assert "- Difference of the means, female less male: **-11.95** (95 % interval" in reply.text
    assert "Hedges' g = **-4.866**" in reply.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Is there a difference in weight between cats and dogs?",
            "No column has 'cats' and 'dogs' among its values. sex has female, male; smoker has",
        ),
        ("Does weight differ?", "Say which column tells the groups of weight apart"),
    ],
)
async def test_groups_that_are_not_there_are_asked_for(tables: Path, text: str, said: str) -> None:
    assert said in (await ask(text, tables / "people.csv")).text


async def test_paired_test_names_the_doubt(tables: Path) -> None:
    reply = await ask("Paired t-test of extra by drug, paired by patient", tables / "sleep.csv")

    assert reply.tools == ("compare_groups",)
    assert "t = **-4.06213** on 9 df, p-value **0.002833**" in reply.text
    assert "(95 % interval -2.45989 to -0.700114)" in reply.text
    assert "as asked, though not normal: the differences, with 10 values" in reply.text


async def test_two_way_anova_takes_the_type_asked_for(tables: Path) -> None:
    reply = await ask(
        "Two-way ANOVA of len by supp and dose with type III sums of squares", tables / "teeth.csv"
    )

    assert reply.tools == ("anova",)
    assert reply.figures["squares_type"] == "III"
    assert "| supp × dose | 108.319 | 2 | 54.1595 | **4.106991** | **0.02186** |" in reply.text


@pytest.mark.parametrize(
    "text",
    [
        "Is mpg correlated with weight?",
        "Correlation of mpg and weight in cars.csv",
        "What is the relationship between mpg and weight?",
    ],
)
async def test_correlation(tables: Path, text: str) -> None:
    reply = await ask(text, tables / "cars.csv")

    assert reply.tools == ("correlate",)
    assert "**-0.8677** (95 % interval -0.9338 to -0.7441), p-value **1.294e-10**" in reply.text
    assert "says nothing of cause" in reply.text
    assert "no use for" not in reply.text


async def test_correlation_with_several_columns_and_by_ranks() -> None:
    reply = await ask("Spearman correlation of employed_thousands with gnp_deflator and year", LONGLEY)

    assert [(pair["first"], pair["second"]) for pair in reply.figures["pairs"]] == [
        ("employed_thousands", "gnp_deflator"),
        ("employed_thousands", "year"),
    ]
    assert reply.figures["method"] == "spearman"
    assert "p-value (Holm)" in reply.text


async def test_logistic_regression(tables: Path) -> None:
    reply = await ask("Logistic regression of grade on gpa, tuce and psi", tables / "spector.csv")

    assert reply.tools == ("fit_logistic_regression",)
    assert [each["estimate"] for each in reply.figures["terms"]] == pytest.approx(
        [-13.021, 2.826, 0.095, 2.379], abs=5e-4
    )
    assert "The odds of **grade = 1** (against 0)" in reply.text
    assert "McFadden's R² **0.374**; AUC **0.8831**" in reply.text
    assert "11 of the rarer outcome for 3 terms" in reply.text


async def test_question_for_factors_is_a_logistic_regression_on_all_others(tables: Path) -> None:
    reply = await ask("Which factors predict grade?", tables / "spector.csv")

    assert reply.tools == ("fit_logistic_regression",)
    assert [each["term"] for each in reply.figures["terms"]] == ["intercept", "gpa", "tuce", "psi"]


async def test_separation_is_said_with_the_remedy(tables: Path) -> None:
    reply = await ask("Logistic regression of smoker on sex", tables / "people.csv")

    assert "sex tells the values of 'smoker' apart" in reply.text
    assert "Leave such a predictor out" in reply.text


async def test_regression_with_groups_names_their_reference() -> None:
    reply = await ask("Regress revenue_usd on units and region", SALES)

    assert [each["term"] for each in reply.figures["coefficients"]] == [
        *("intercept", "units", "region = North", "region = South", "region = West")
    ]
    assert "- Terms of region are against region = East" in reply.text
    assert "Rows that weigh much" in reply.text


async def test_regression_of_years_checks_the_neighbours() -> None:
    reply = await ask("Regress employed on all others.", LONGLEY)

    assert reply.tools == ("fit_linear_regression",)
    assert "Durbin–Watson along year: 2.559" in reply.text
    assert "p-value 4.984e-10" in reply.text
    assert "| 1,829.15146" not in reply.text  # estimates are bold
    assert "| year | **1,829.15146** |" in reply.text


async def test_regression_keeps_the_rows_that_meet_a_condition() -> None:
    reply = await ask("Regress revenue_usd on units where region = North", SALES)

    assert reply.figures["rows"] == 79
    assert "(79 of 300 rows: region = North)" in reply.text
    assert "weightiest, counted among the rows that met the condition:" in reply.text


async def test_exact_regression_is_said_to_be_one(tmp_path: Path) -> None:
    pd.DataFrame({"x": range(1, 21), "y": [2 * x + 1 for x in range(1, 21)]}).to_csv(tmp_path / "line.csv")
    reply = await ask("Regress y on x", tmp_path / "line.csv")

    assert "| x | **2** |" in reply.text
    assert "The fit is exact but for the rounding of floating point" in reply.text
    assert "Residuals are not" not in reply.text
    assert "Rows that weigh much" not in reply.text


async def test_description_by_groups(tables: Path) -> None:
    reply = await ask("Describe sepal_length and petal_width by species", tables / "iris.csv")

    assert reply.tools == ("describe_columns",)
    assert "| sepal_length | setosa | 50 | 0 | 5.006 | 4.90582 to 5.10618 | 0.35249 |" in reply.text
    assert len(reply.figures["table"]) == 6


async def test_description_counts_the_rows_without_a_group(tmp_path: Path) -> None:
    (tmp_path / "gaps.csv").write_text("team,points\nred,1\nred,2\n,3\nblue,4\nblue,\n")
    reply = await ask("Describe points by team", tmp_path / "gaps.csv")

    assert "- Left out: 1 row without a value in team" in reply.text


async def test_description_of_many_groups_is_kept_whole() -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask("Descriptive statistics of units by date")

    assert "30 of 245 rows are shown. **sales-description.csv** has all of them." in reply.text
    assert len(conversation.artifacts.read("sales-description.csv").splitlines()) == 246


@pytest.mark.parametrize("text", ["Describe sales.csv.", "Profile sales.csv.", "Summary of sales.csv"])
async def test_description_of_a_whole_table_is_its_profile(text: str) -> None:
    assert (await ask(text, SALES)).tools == ("profile_table",)


@pytest.mark.parametrize(
    "text",
    [
        "Is there an association between region and product?",
        "Do the shares of region differ between products?",
        "Chi-square test of region and product",
    ],
)
async def test_shares(text: str) -> None:
    # scipy.stats.chi2_contingency of the table's crosstab
    reply = await ask(text, SALES)

    assert reply.tools == ("compare_shares",)
    assert "are not shown to differ at the 5 % level (p-value **0.6018**)" in reply.text
    assert "Pearson's chi-square test = **13.0069** on 15 df" in reply.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("One-way ANOVA of units by date", "'date' has 245 values, too many groups to compare"),
        ("Two-way ANOVA of revenue_usd by region and date", "'date' has 245 in the rows that can be used"),
        ("Chi-square test of region and date", "'date' has 245. Choose another column"),
        ("Logistic regression of region on units", "'region' has 4: East, North, South, West"),
        ("Logistic regression of units on revenue_usd", "explains a column of two values, and 'units' has"),
    ],
)
async def test_columns_that_do_not_fit_are_named_with_the_remedy(text: str, said: str) -> None:
    assert said in (await ask(text, SALES)).text
