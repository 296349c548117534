"""Conversations: what a message leaves out, the one before it said."""

import pandas as pd
from scipy import stats

from tests.evaluation.datasets import frame
from tests.evaluation.question import Ask, InFile, Talk, chart, each


def talks() -> list[Talk]:
    """Return the conversations."""
    cars, weather, iris = map(frame, ("cars.csv", "seattle-weather.parquet", "iris.csv"))
    spells, economy = frame("democracies.csv"), frame("longley.csv")
    japan, abroad, usa = (
        cars[rows] for rows in (cars.Origin == "Japan", cars.Origin != "Japan", cars.Origin == "USA")
    )
    heaviest = cars.groupby("Cylinders").Weight_in_lbs.mean().nlargest(2)
    year = weather.date.dt.year
    of_2013 = weather[year == 2013]
    stocks = frame("stocks.tsv")
    of_2005 = stocks[stocks.date.str.endswith("2005")].groupby("symbol").price.mean()
    means = stocks.groupby("symbol").price.mean()
    petal = iris.groupby("species")[["petal length (cm)", "petal width (cm)"]].mean()
    anova = stats.f_oneway(*(rows["petal width (cm)"] for _, rows in iris.groupby("species")))
    democratic = spells[spells.democracy == "Democracy"]
    gnp = stats.linregress(economy.GNP, economy.TOTEMP)
    return [
        Talk(
            "cars.csv",
            Ask("average Miles_per_Gallon by Origin", each(cars.groupby("Origin").Miles_per_Gallon.mean())),
            Ask("Now by Cylinders", each(cars.groupby("Cylinders").Miles_per_Gallon.mean())),
            Ask("Only the cars from Japan", each(japan.groupby("Cylinders").Miles_per_Gallon.mean())),
            Ask("as a bar chart", files=chart(each(japan.groupby("Cylinders").Miles_per_Gallon.mean()))),
        ),
        Talk(
            "seattle-weather.parquet",
            Ask("Total precipitation by year", each(weather.groupby(year).precipitation.sum())),
            Ask(
                "and per month, only 2013?",
                each(of_2013.groupby(of_2013.date.dt.to_period("M")).precipitation.sum()),
            ),
            Ask(
                "What about the mean instead?",
                each(of_2013.groupby(of_2013.date.dt.to_period("M")).precipitation.mean()),
            ),
        ),
        Talk(
            "stocks.tsv",
            Ask("mean price per symbol", each(means)),
            Ask("only 2005", each(of_2005)),
            Ask("which one was lowest?", order=(of_2005.idxmin(), of_2005.idxmax())),
        ),
        Talk(
            "democracies.csv",
            Ask("Count the rows by un_continent_name", each(spells.un_continent_name.value_counts())),
            Ask(
                "Now only those where democracy is Democracy",
                each(democratic.un_continent_name.value_counts()),
            ),
            Ask("by regime", each(democratic.regime.value_counts())),
        ),
        Talk(
            "iris.csv",
            Ask("Mean petal length (cm) by species", each(petal["petal length (cm)"])),
            Ask("And petal width (cm)?", each(petal["petal width (cm)"])),
            Ask("Is that difference significant? Use ANOVA.", {"F": float(anova.statistic)}),
        ),
        Talk(
            "longley.csv",
            Ask("Regress TOTEMP on GNP", {"GNP": gnp.slope, "Intercept|const": gnp.intercept}),
            Ask(
                "now on POP",
                {"POP": stats.linregress(economy.POP, economy.TOTEMP).slope},
            ),
        ),
        Talk(
            "cars.csv",
            Ask("Total Horsepower by Origin", each(cars.groupby("Origin").Horsepower.sum())),
            Ask("only Japan", each(japan.groupby("Origin").Horsepower.sum())),
            Ask("without Japan", each(abroad.groupby("Origin").Horsepower.sum())),
            Ask(
                "export it to Excel",
                files=(InFile(".xlsx", each(abroad.groupby("Origin").Horsepower.sum())),),
            ),
            Ask(
                "Mean Miles_per_Gallon by Cylinders", each(cars.groupby("Cylinders").Miles_per_Gallon.mean())
            ),
            Ask("only USA", each(usa.groupby("Cylinders").Miles_per_Gallon.mean())),
            Ask("undo that", each(cars.groupby("Cylinders").Miles_per_Gallon.mean())),
            Ask("export to parquet", refused=True),
        ),
        Talk(
            "cars.csv",
            Ask(
                "SELECT Origin, max(Horsepower) AS strongest FROM cars GROUP BY Origin",
                each(cars.groupby("Origin").Horsepower.max()),
            ),
            Ask("plot that", files=chart(each(cars.groupby("Origin").Horsepower.max()))),
            Ask("Top 2 Cylinders by mean Weight_in_lbs", order=("8", "6")),
            Ask("draw that as a bar chart", files=chart(each(heaviest))),
        ),
        Talk(
            "seattle-weather.parquet",
            Ask("Forecast precipitation by month for 3 months", said=("forecast",)),
            Ask("now by weather", refused=True),
        ),
        Talk(
            ("cars.csv", "seattle-weather.parquet"),
            Ask("How many rows has cars.csv?", {"": len(cars)}),
            Ask("and seattle-weather.parquet?", {"": len(weather)}),
        ),
        Talk(
            "cars.csv",
            Ask(
                "Mean Horsepower by Origin, and how many cars are there per Origin?",
                {**each(cars.groupby("Origin").Horsepower.mean()), **_counts(cars)},
            ),
        ),
        Talk(
            "stocks.tsv",
            Ask(
                "What is the maximum price of each symbol? "
                "Then draw the mean price by symbol as a bar chart.",
                each(stocks.groupby("symbol").price.max()),
                files=chart(each(means)),
            ),
        ),
    ]


def _counts(cars: pd.DataFrame) -> dict[str | tuple[str, ...], float]:
    return {
        (origin, "number|count|n|rows|cars"): count for origin, count in cars.Origin.value_counts().items()
    }
