"""Totals, means and counts by groups; rankings, pivots, cohorts and funnels."""

import pandas as pd

from tests.evaluation.datasets import frame
from tests.evaluation.question import Ask, Label, Talk, cells, chart, each


def talks() -> list[Talk]:
    """Return the conversations."""
    return [
        *(*_cars(), *_weather(), *_electricity(), *_barley(), *_stocks(), *_democracies(), *_grunfeld()),
        *(*_statistics(), *_rows(), *_shares(), *_rankings()),
    ]


def _statistics() -> list[Talk]:
    """Percentiles, ranges, several at once, first and last values, different ones, days, what is no total."""
    cars, stocks, weather = frame("cars.csv"), _dated_stocks(), frame("seattle-weather.parquet")
    spells = frame("democracies.csv")
    prices = stocks.sort_values("date").groupby("symbol").price
    power = cars.groupby("Origin").Horsepower
    days = weather.groupby(weather.date.dt.day_name()).precipitation.sum()
    june = weather[weather.date.dt.strftime("%Y-%m") == "2012-06"]
    by_day = june.set_index(june.date.dt.strftime("%Y-%m-%d")).precipitation
    wet = by_day[by_day > 0]
    both = {**each(power.min(), "least|min|minimum"), **each(power.max(), "greatest|max|maximum")}
    countries = spells.groupby("un_continent_name").ctryname.nunique()
    return [
        Talk("stocks.tsv", Ask("90th percentile of price by symbol", each(prices.quantile(0.9)))),
        Talk(
            "cars.csv",
            Ask("What is the 75th percentile of Horsepower?", {"": cars.Horsepower.quantile(0.75)}),
        ),
        Talk("cars.csv", Ask("min and max Horsepower by Origin", both)),
        Talk("stocks.tsv", Ask("Range of price by symbol", each(prices.max() - prices.min()))),
        Talk(
            "cars.csv",
            Ask(
                "difference between max and min Weight_in_lbs",
                {"": cars.Weight_in_lbs.agg(lambda x: x.max() - x.min())},
            ),
        ),
        Talk("stocks.tsv", Ask("What was the last price of each symbol?", each(prices.last()))),
        Talk("democracies.csv", Ask("Number of distinct ctryname by un_continent_name", each(countries))),
        Talk(
            "seattle-weather.parquet",
            Ask("precipitation by weekday", each(days), order=("Monday", "Tuesday", "Sunday")),
        ),
        Talk("seattle-weather.parquet", Ask("precipitation per day in June 2012", each(wet))),
        Talk("stocks.tsv", Ask("price by symbol", each(prices.mean()), said=("averaged",))),
    ]


def _rows() -> list[Talk]:
    """Rows as they stand: sorted, filtered, the first of them."""
    cars, stocks = frame("cars.csv"), _dated_stocks()
    apple = stocks[stocks.symbol == "AAPL"]
    top = apple.loc[apple.price.idxmax()]
    strong = cars[cars.Horsepower > 220]
    light = cars.nsmallest(3, "Weight_in_lbs")
    return [
        Talk(
            "stocks.tsv",
            Ask("What was AAPL's highest price and when?", {"": top.price}, said=(f"{top.date:%Y-%m-%d}",)),
        ),
        Talk(
            "cars.csv",
            Ask("List the cars with Horsepower over 220", each(strong.set_index("Name").Horsepower)),
        ),
        Talk("cars.csv", Ask("Show me the first 10 rows", each(cars[:10].set_index("Name").Displacement))),
        Talk(
            "cars.csv",
            Ask(
                "List the 3 lightest cars by Weight_in_lbs with Name and Origin",
                each(light.set_index(["Name", "Origin"]).Weight_in_lbs),
                order=tuple(light.Name),
            ),
        ),
    ]


def _shares() -> list[Talk]:
    """What per cent the rows with a condition are."""
    cars, weather = frame("cars.csv"), frame("seattle-weather.parquet")
    rain = weather[weather.weather == "rain"].precipitation.sum() / weather.precipitation.sum()
    return [
        Talk(
            "cars.csv",
            Ask("What percentage of the rows are from Japan?", {"": (cars.Origin == "Japan").mean()}),
        ),
        Talk("seattle-weather.parquet", Ask("What's the share of rain in the precipitation?", {"": rain})),
    ]


def _rankings() -> list[Talk]:
    """Places other than the first, rankings within groups, and rates, which are not added up."""
    cars, stocks, barley = frame("cars.csv"), _dated_stocks(), frame("barley.xlsx")
    firms = frame("grunfeld.csv").groupby("firm").invest.sum().sort_values(ascending=False)
    years = stocks.assign(year=stocks.date.dt.year)
    yields = barley[barley.year == 1931].groupby("site")["yield"].mean().sort_values(ascending=False)
    best = (
        cars.groupby(["Origin", "Cylinders"])
        .Horsepower.mean()
        .groupby("Origin", group_keys=False)
        .nlargest(1)
    )
    return [
        Talk("barley.xlsx", Ask("Rank the sites by yield", each(yields), order=tuple(yields.index))),
        Talk(
            "barley.xlsx",
            Ask("Which variety has the best yield in sheet harvest 1931?", said=("Trebi",), order=("Trebi",)),
        ),
        Talk(
            "grunfeld.csv",
            Ask("Which firm has the second highest total invest?", {firms.index[1]: firms.iloc[1]}),
        ),
        Talk(
            "cars.csv",
            Ask("Top 1 Cylinders in each Origin by mean Horsepower", each(best)),
        ),
        Talk(
            "stocks.tsv",
            Ask(
                "Draw a heat map of price by symbol and year",
                files=chart(cells(years.pivot_table("price", "symbol", "year"))),
            ),
        ),
    ]


def _dated_stocks() -> pd.DataFrame:
    return frame("stocks.tsv").assign(date=lambda rows: pd.to_datetime(rows.date, format="%b %d %Y"))


def _cars() -> list[Talk]:
    cars = frame("cars.csv")
    heavy = cars.nlargest(5, "Weight_in_lbs")
    return [
        Talk(
            "cars.csv",
            Ask(
                "What's the average Miles_per_Gallon for each Origin?",
                each(cars.groupby("Origin").Miles_per_Gallon.mean()),
            ),
        ),
        Talk("cars.csv", Ask("How many cars have 8 cylinders?", {"": (cars.Cylinders == 8).sum()})),
        Talk(
            "cars.csv",
            Ask(
                "What's the median Horsepower of the cars from Japan?",
                {"": cars[cars.Origin == "Japan"].Horsepower.median()},
            ),
        ),
        Talk(
            "cars.csv",
            Ask(
                "How heavy are the cars on average, by number of Cylinders?",
                each(cars.groupby("Cylinders").Weight_in_lbs.mean()),
            ),
        ),
        Talk(
            "cars.csv",
            Ask(
                "List the 5 heaviest cars by Weight_in_lbs with their names",
                each(heavy.set_index("Name").Weight_in_lbs),
                order=tuple(heavy.Name.iloc[:2]),
            ),
        ),
        Talk(
            "cars.csv",
            Ask(
                "Rank the origins by mean Horsepower, weakest first",
                each(cars.groupby("Origin").Horsepower.mean()),
                order=("Japan", "Europe", "USA"),
            ),
        ),
        Talk(
            "cars.csv",
            Ask(
                "mean Acceleration of cars with Horsepower over 150",
                {"": cars[cars.Horsepower > 150].Acceleration.mean()},
            ),
        ),
    ]


def _weather() -> list[Talk]:
    weather = frame("seattle-weather.parquet")
    year, month = weather.date.dt.year, weather.date.dt.to_period("M")
    wettest = weather.groupby(month).precipitation.sum().nlargest(1)
    return [
        Talk(
            "seattle-weather.parquet",
            Ask(
                "How much precipitation was there per year?", each(weather.groupby(year).precipitation.sum())
            ),
        ),
        Talk(
            "seattle-weather.parquet",
            Ask(
                "How many days of snow did 2012 have?",
                {"": ((year == 2012) & (weather.weather == "snow")).sum()},
            ),
        ),
        Talk(
            "seattle-weather.parquet",
            Ask("Which month had the most precipitation?", each(wettest)),
        ),
        Talk(
            "seattle-weather.parquet",
            Ask("What was the highest temp_max?", {"": weather.temp_max.max()}),
        ),
        Talk(
            "seattle-weather.parquet",
            Ask(
                "standard deviation of wind for each kind of weather",
                each(weather.groupby("weather").wind.std()),
            ),
        ),
    ]


def _electricity() -> list[Talk]:
    electricity = frame("iowa-electricity.jsonl")
    year = electricity.year.str[:4]
    latest = electricity[year == "2017"].set_index("source").net_generation
    wide = electricity.assign(year=year).pivot_table("net_generation", "year", "source")
    return [
        Talk(
            "iowa-electricity.jsonl",
            Ask("How much net_generation came from each source in 2017?", each(latest)),
        ),
        Talk(
            "iowa-electricity.jsonl",
            Ask("Pivot the net_generation: one row per year, one column per source.", cells(wide)),
        ),
        Talk(
            "iowa-electricity.jsonl",
            Ask(
                "Total net_generation of Renewables since 2010?",
                {
                    "": electricity[
                        (year >= "2010") & (electricity.source == "Renewables")
                    ].net_generation.sum()
                },
            ),
        ),
    ]


def _barley() -> list[Talk]:
    barley = frame("barley.xlsx")
    first, second = (barley[barley.year == year] for year in (1931, 1932))
    best = second.groupby("variety")["yield"].mean().nlargest(3)
    return [
        Talk(
            "barley.xlsx",
            Ask(
                "Mean yield per site, from the sheet harvest 1931 of barley.xlsx",
                each(first.groupby("site")["yield"].mean()),
            ),
        ),
        Talk(
            "barley.xlsx",
            Ask(
                "Top 3 varieties by average yield in the sheet harvest 1932",
                each(best),
                order=tuple(best.index),
            ),
        ),
        Talk(
            "barley.xlsx",
            Ask(
                "Make a pivot table of yield by variety and site for sheet harvest 1932",
                cells(second.pivot_table("yield", "variety", "site")),
            ),
        ),
    ]


def _stocks() -> list[Talk]:
    stocks = _dated_stocks()
    year = stocks.date.dt.year
    first = stocks.groupby("symbol").date.transform("min").dt.year
    means = stocks.groupby("symbol").price.mean().sort_values(ascending=False)
    sizes = stocks.groupby([first.rename("cohort")]).symbol.nunique()
    return [
        Talk(
            "stocks.tsv",
            Ask(
                "What did each symbol cost on average in 2008? I mean the price.",
                each(stocks[year == 2008].groupby("symbol").price.mean()),
            ),
        ),
        Talk(
            "stocks.tsv",
            Ask(
                "Which symbol has the highest average price?",
                {means.index[0]: means.iloc[0]},
                order=("GOOG", "IBM"),
            ),
        ),
        Talk(
            "stocks.tsv",
            Ask("Do a cohort analysis of the symbols by year, by date.", each(sizes)),
        ),
    ]


def _democracies() -> list[Talk]:
    spells = frame("democracies.csv")
    return [
        Talk(
            "democracies.csv",
            Ask("How many rows are there for each regime?", each(spells.regime.value_counts())),
        ),
        Talk(
            "democracies.csv",
            Ask(
                "Break down the average duration by un_continent_name and democracy.",
                each(spells.groupby(["un_continent_name", "democracy"]).duration.mean()),
            ),
        ),
        Talk(
            "democracies.csv",
            Ask(
                "Show a funnel of the regimes Military Dict, Civilian Dict, Presidential Dem "
                "for each ctryname in the order of start_year",
                _funnel(spells, ("Military Dict", "Civilian Dict", "Presidential Dem")),
            ),
        ),
        Talk(
            "democracies.csv",
            Ask(
                "How many different countries (ctryname) are there per continent (un_continent_name)?",
                each(spells.groupby("un_continent_name").ctryname.nunique()),
            ),
        ),
    ]


def _funnel(spells: pd.DataFrame, stages: tuple[str, ...]) -> dict[Label, float]:
    """How many countries had the first stage, then after it the second, and after that the third."""
    reached: dict[Label, float] = dict.fromkeys(stages, 0.0)
    for _, rows in spells.groupby("ctryname"):
        year = float("-inf")
        for stage in stages:
            later = rows[(rows.regime == stage) & (rows.start_year > year)].start_year
            if later.empty:
                break
            year = later.min()
            reached[stage] += 1
    return reached


def _grunfeld() -> list[Talk]:
    firms = frame("grunfeld.csv")
    totals = firms.groupby("firm").invest.sum().sort_values(ascending=False)
    return [
        Talk(
            "grunfeld.csv",
            Ask(
                "Which three firms invested most in total? (invest)",
                each(totals[:3]),
                order=tuple(totals.index[:4]),
            ),
        ),
        Talk(
            "grunfeld.csv",
            Ask("What share of total invest does each firm have?", each(totals / totals.sum())),
        ),
        Talk(
            "grunfeld.csv",
            Ask(
                "sum of invest by firm between 1940 and 1945",
                each(firms[firms.year.between(1940, 1945)].groupby("firm").invest.sum()),
            ),
        ),
    ]
