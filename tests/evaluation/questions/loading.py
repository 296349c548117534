"""What is in a file, and how good it is."""

from tests.evaluation.datasets import frame
from tests.evaluation.question import Ask, Talk, each


def talks() -> list[Talk]:
    """Return the conversations."""
    cars, co2, iris, wine = (frame(name) for name in ("cars.csv", "co2.csv", "iris.csv", "wine.xlsx"))
    barley = frame("barley.xlsx")
    harvest = barley[barley.year == 1932]
    mpg = cars.Miles_per_Gallon
    out_of_range = (cars.Horsepower < 50) | (cars.Horsepower > 200)
    # whatever the rule, these two are the first that it calls outliers
    slowest = cars.nlargest(2, "Acceleration").set_index("Name").Acceleration
    return [
        Talk("cars.csv", Ask("What's in this file?", {"rows": len(cars), "columns": cars.shape[1]})),
        Talk(
            "cars.csv",
            Ask(
                "Where are values missing, and how many?",
                {"Miles_per_Gallon": mpg.isna().sum(), "Horsepower": cars.Horsepower.isna().sum()},
            ),
        ),
        Talk(
            "seattle-weather.parquet",
            Ask(
                "Summarise the weather data. Which period does it cover?",
                {"rows": 1461},
                ("2012-01-01", "2015-12-31"),
            ),
        ),
        Talk(
            "wine.xlsx",
            Ask(
                "Give me summary statistics of wine.xlsx",
                {"rows": len(wine), "alcohol": wine.alcohol.mean(), "proline": wine.proline.max()},
            ),
        ),
        Talk(
            "barley.xlsx",
            Ask("Which sheets are in this workbook?", {"rows": 60}, ("harvest 1931", "harvest 1932")),
        ),
        Talk(
            "iris.csv",
            Ask(
                "Are there duplicate rows in the iris data?",
                {"duplicate|duplicates": iris.duplicated().sum()},
            ),
        ),
        Talk("stocks.tsv", Ask("How many different symbols are in there?", {"symbol": 5})),
        Talk(
            "co2.csv", Ask("Are there months without a co2 value? How many?", {"co2": co2.co2.isna().sum()})
        ),
        Talk(
            "sunspots.csv",
            Ask("Open the sunspot file and show me the first few rows.", {"rows": 309, "1701": 11}),
        ),
        Talk(
            "iowa-electricity.jsonl",
            Ask("Which columns does the electricity file have?", {"rows": 51}, ("source", "net_generation")),
        ),
        Talk("cars.csv", Ask("Any outliers in Acceleration?", each(slowest))),
        Talk(
            "cars.csv",
            Ask(
                "Check that Horsepower is between 50 and 200 everywhere.", {"Horsepower": out_of_range.sum()}
            ),
            Ask("And is Miles_per_Gallon never missing?", {"Miles_per_Gallon": mpg.isna().sum()}),
        ),
        Talk(
            "longley.csv", Ask("Is YEAR unique in longley.csv?", said=("unique|no duplicate|no repeat|key",))
        ),
        Talk(
            "cars.csv",
            Ask("How many missing Miles_per_Gallon are there?", {"Miles_per_Gallon": mpg.isna().sum()}),
            Ask(
                "How many rows have missing values?",
                {"missing value": cars.isna().any(axis="columns").sum(), "Horsepower": 6},
            ),
            Ask("How many cars have no Horsepower?", {"": cars.Horsepower.isna().sum()}),
            Ask(
                "Average Weight_in_lbs of cars without a Horsepower",
                {"Weight_in_lbs": cars.Weight_in_lbs[cars.Horsepower.isna()].mean()},
            ),
        ),
        Talk(
            "iris.csv",
            Ask("Show me the duplicate rows.", {"repeat|repeats": iris.duplicated().sum()}),
            Ask(
                'Remove the duplicates and give the mean "petal length (cm)"',
                {"petal length": iris.drop_duplicates()["petal length (cm)"].mean()},
            ),
        ),
        Talk(
            "barley.xlsx",
            Ask("Load the sheet harvest 1932", {"rows": len(harvest)}),
            Ask("Average yield", {"yield": harvest["yield"].mean()}),
            Ask("by site", each(harvest.groupby("site")["yield"].mean())),
        ),
        Talk(
            "barley.xlsx",
            Ask("Average yield in sheet harvest 1932", {"yield": harvest["yield"].mean()}),
        ),
        Talk(
            ("iris.csv", "stocks.tsv"),
            Ask("Which tables do I have?", {"iris": len(iris), "stocks": 560}),
        ),
    ]
