"""Charts: the data behind the picture is checked."""

import pandas as pd

from tests.evaluation.datasets import frame
from tests.evaluation.question import Ask, InFile, Talk, cells, chart, each


def talks() -> list[Talk]:
    """Return the conversations."""
    cars, weather, barley = map(frame, ("cars.csv", "seattle-weather.parquet", "barley.xlsx"))
    stocks, electricity = frame("stocks.tsv"), frame("iowa-electricity.jsonl")
    google = stocks[stocks.symbol == "GOOG"].set_index("date").price
    google.index = pd.to_datetime(google.index, format="%b %d %Y")
    latest = electricity[electricity.year.str[:4] == "2017"].set_index("source").net_generation
    monthly = weather.groupby(weather.date.dt.to_period("M")).precipitation.sum()
    first = barley[barley.year == 1931]
    medians = cars.groupby("Origin").Horsepower.median()
    counts = pd.crosstab(cars.Origin, cars.Cylinders)
    powers = cars.pivot_table("Horsepower", "Origin", "Cylinders")
    american = InFile(".csv", total=("USA", cars.Horsepower[cars.Origin == "USA"].count()))
    return [
        Talk(
            "cars.csv",
            Ask(
                "Draw a bar chart of mean Miles_per_Gallon by Origin",
                files=chart(each(cars.groupby("Origin").Miles_per_Gallon.mean()), rows=3),
            ),
        ),
        Talk(
            "stocks.tsv",
            Ask(
                "Plot the price over date as a line, only where symbol is GOOG",
                files=chart(each(google), rows=len(google)),
            ),
        ),
        Talk(
            "seattle-weather.parquet",
            Ask("line chart of total precipitation per month", files=chart(each(monthly), rows=len(monthly))),
        ),
        Talk(
            "cars.csv",
            Ask(
                "Histogram of Horsepower please",
                {"without|missing": cars.Horsepower.isna().sum()},
                files=(InFile(".png"), InFile(".csv", total=("count", cars.Horsepower.count()))),
            ),
        ),
        Talk(
            "iris.csv",
            Ask(
                "Scatter plot of petal length (cm) against petal width (cm), coloured by species",
                files=chart(rows=150),
            ),
        ),
        Talk(
            "cars.csv",
            Ask("Show me box plots of Horsepower for each Origin", each(medians), files=(InFile(".png"),)),
        ),
        Talk(
            "barley.xlsx",
            Ask(
                "Draw a heat map of mean yield by variety and site from sheet harvest 1931",
                files=chart(cells(first.pivot_table("yield", "variety", "site"))),
            ),
        ),
        Talk(
            "cars.csv",
            Ask("Count by Origin and Cylinders as a heat map", files=chart(cells(counts[counts > 0]))),
        ),
        Talk(
            "cars.csv",
            Ask(
                "Grouped bar chart of mean Horsepower by Origin and Cylinders",
                files=chart(cells(powers), rows=3),
            ),
        ),
        Talk("cars.csv", Ask("Histogram of Horsepower by Origin", files=(InFile(".png"), american))),
        Talk(
            "cars.csv",
            Ask("Pie chart of Horsepower by Origin", said=("no pie charts", "bar chart"), refused=True),
        ),
        Talk(
            "iowa-electricity.jsonl",
            Ask("Bar chart of net_generation by source in 2017", files=chart(each(latest), rows=3)),
        ),
    ]
