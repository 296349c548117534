"""Exports and reports: files that leave the conversation."""

from tests.evaluation.datasets import frame
from tests.evaluation.question import Ask, InFile, Talk, each


def talks() -> list[Talk]:
    """Return the conversations."""
    cars, weather, electricity = map(frame, ("cars.csv", "seattle-weather.parquet", "iowa-electricity.jsonl"))
    mpg = each(cars.groupby("Origin").Miles_per_Gallon.mean())
    yearly = electricity.groupby(electricity.year.str[:4]).net_generation.sum()
    rain = each(weather.groupby(weather.date.dt.year).precipitation.sum())
    return [
        Talk(
            "cars.csv",
            Ask(
                "What's the mean Miles_per_Gallon by Origin?",
                mpg,
            ),
            Ask("Save that as an Excel file", files=(InFile(".xlsx", mpg, rows=3),)),
        ),
        Talk(
            "iowa-electricity.jsonl",
            Ask(
                "Export the total net_generation per year to a CSV file",
                files=(InFile(".csv", each(yearly), rows=len(yearly)),),
            ),
        ),
        Talk(
            "seattle-weather.parquet",
            Ask("How much precipitation fell per year?", rain),
            Ask("Put this into an HTML report.", files=(InFile(".html", rain),)),
        ),
        Talk("stocks.tsv", Ask("Convert stocks.tsv to Excel", files=(InFile(".xlsx", rows=560),))),
    ]
