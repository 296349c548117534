"""Rows that a request means by naming values of a column, or years."""

import pytest

from graphs.kit.planner.conditions import conditions_on_unknown, find_conditions
from graphs.kit.planner.mentions import mentions
from graphs.kit.planner.values import compared_column
from graphs.kit.state import Column

CARS = [
    Column(name="Name", type="VARCHAR"),
    Column(name="Horsepower", type="DOUBLE"),
    Column(name="Cylinders", type="BIGINT"),
    Column(name="Origin", type="VARCHAR", values=["Europe", "Japan", "USA"]),
    Column(name="fuel", type="VARCHAR", values=["diesel", "sun", "unleaded petrol"]),
    Column(name="Series", type="VARCHAR", values=["I", "II", "IV"]),
]
WEATHER = [
    Column(name="date", type="DATE"),
    Column(name="price", type="DOUBLE"),
    Column(name="firm", type="VARCHAR", values=["IBM", "US Steel"]),
]
YEARS = [Column(name="year", type="BIGINT"), *WEATHER[1:]]


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("median Horsepower of cars from Japan", "Origin = Japan"),
        ("Only Japanese cars", "Origin = Japan"),
        ("European and Japanese ones", "Origin in (Europe, Japan)"),
        ("compare USA with Japan", "Origin in (USA, Japan)"),
        ("all but not Japan", "Origin != Japan"),
        ("How many run on unleaded petrol?", "fuel = 'unleaded petrol'"),
        ("sunny ones", "fuel = sun"),
        ("where fuel is diesel", "fuel = diesel"),
        ("fuel is unleaded petrol", "fuel = 'unleaded petrol'"),
        ("only for Series I", "Series = I"),
        ("series II and IV", "Series in (II, IV)"),
        ("cars with 8 cylinders", "Cylinders = 8"),
        ("Horsepower between 50 and 100", "Horsepower >= 50 and Horsepower <= 100"),
        ("I want the mean Horsepower by Origin", ""),
        ("japan", "Origin = Japan"),
    ],
)
def test_values_are_conditions(text: str, conditions: str) -> None:
    assert find_conditions(text, CARS).text == conditions


def test_a_word_of_the_tool_is_no_value_unless_it_is_written_like_one() -> None:
    columns = [Column(name="kind", type="VARCHAR", values=["Mean", "Total"])]
    assert find_conditions("the mean by kind", columns, {"mean", "total"}).text == ""
    assert find_conditions("the rows of Mean", columns, {"mean", "total"}).text == "kind = Mean"


def test_a_value_of_two_columns_needs_the_name_of_one() -> None:
    columns = [Column(name=name, type="VARCHAR", values=["North", "South"]) for name in ("home", "away")]
    assert find_conditions("games in the North", columns).text == ""
    assert find_conditions("games with home in the North", columns).text == "home = North"


@pytest.mark.parametrize(
    ("text", "of_dates", "of_years"),
    [
        ("since 2010", "date >= 2010-01-01", "year >= 2010"),
        ("before 1990", "date < 1990-01-01", "year < 1990"),
        ("after 2005", "date >= 2006-01-01", "year > 2005"),
        ("until 2005", "date < 2006-01-01", "year <= 2005"),
        ("from 1998 to 2001", "date >= 1998-01-01 and date < 2002-01-01", "year >= 1998 and year <= 2001"),
        (
            "by firm between 1940 and 1945",
            "date >= 1940-01-01 and date < 1946-01-01",
            "year >= 1940 and year <= 1945",
        ),
        ("in 2005", "", "year = 2005"),
        ("on 5 January 2024", "date >= 2024-01-05 and date < 2024-01-06", ""),
        (
            "from 1 April 2023 to 30 June 2023",
            "date >= 2023-04-01 and date < 2023-07-01",
            "",
        ),
        ("between March and May 2023", "date >= 2023-03-01 and date < 2023-06-01", ""),
        ("from November to February 2024", "date >= 2023-11-01 and date < 2024-03-01", ""),
        ("in the first half of 2023", "date >= 2023-01-01 and date < 2023-07-01", ""),
        ("each quarter of 2023", "date >= 2023-01-01 and date < 2024-01-01", "year = 2023"),
        ("in 2003 and 2004", "date >= 2003-01-01 and date < 2005-01-01", "year in (2003, 2004)"),
        ("2003 vs 2004", "date >= 2003-01-01 and date < 2005-01-01", "year in (2003, 2004)"),
        # no one span holds these and nothing between them
        ("in 2003 and 2005", "", "year in (2003, 2005)"),
        ("in Q1 and Q3 2024", "", ""),
        ("compare 2003 to 2005", "", "year in (2003, 2005)"),
        ("what did 2012 have", "date >= 2012-01-01 and date < 2013-01-01", ""),
    ],
)
def test_years_are_conditions(text: str, of_dates: str, of_years: str) -> None:
    """A single year after "in" is left to the tools' own argument where there are dates."""
    assert find_conditions(text, WEATHER).text == of_dates
    assert find_conditions(text, YEARS).text == of_years


def test_the_column_whose_values_are_compared() -> None:
    assert compared_column("Compare Horsepower of USA and Japan", CARS) == "Origin"
    assert compared_column("Horsepower of Japan", CARS) == ""
    assert compared_column("USA and Japan on diesel and sun", CARS) == ""


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("How heavy are they on average?", ["Weight_in_lbs"]),
        ("What did each firm cost?", ["firm", "price"]),
        ("the oldest", []),
        ("the price of the cheapest", ["price"]),
    ],
)
def test_everyday_words_name_a_measure(text: str, named: list[str]) -> None:
    columns = [Column(name=name, type="DOUBLE") for name in ("Weight_in_lbs", "firm", "price")]
    assert [mention.column for mention in mentions(text, columns)] == named


def test_an_everyday_word_of_two_columns_names_none() -> None:
    columns = [Column(name=name, type="DOUBLE") for name in ("net_weight", "gross_weight")]
    assert mentions("How heavy are they?", columns) == []


@pytest.mark.parametrize(
    ("clause", "conditions"),
    [
        ("region = North and units >= 8.", "region = North and units >= 8"),
        ("region is North and units above 8, at most 5 rows", "region = North and units > 8"),
        ("city = New York and units<3; then the total", "city = New York and units < 3"),
        ("region in (North, South) and a is not b and then count", "region in (North, South) and a != b"),
        ("name = 'Salt and pepper' and x between 3 and 5", "name = 'Salt and pepper' and x >= 3 and x <= 5"),
        # what can't be read stays as it stands, for the tool to refuse: less would keep more rows
        ("region = North and units like 8", "region = North and units like 8"),
        ("region North", "region North"),
    ],
)
def test_conditions_on_columns_that_nobody_knows_are_all_taken(clause: str, conditions: str) -> None:
    assert conditions_on_unknown(f"Load the table orders where {clause}").text == conditions
