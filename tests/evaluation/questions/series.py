"""Forecasts and anomalies in time series."""

import pandas as pd
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from tests.evaluation.datasets import frame
from tests.evaluation.question import Ask, Near, Talk, each, month


def talks() -> list[Talk]:
    """Return the conversations."""
    co2 = frame("co2.csv").set_index("month").co2.asfreq("MS").interpolate()
    ahead = ExponentialSmoothing(co2, trend="add", seasonal="add").fit().forecast(12)
    jobs = frame("us-employment.csv")
    nonfarm = jobs.set_index(pd.DatetimeIndex(jobs.month, freq="MS")).nonfarm
    yearly = frame("co2.csv").groupby(frame("co2.csv").month.dt.year).co2.mean()
    return [
        *_along_time(),
        Talk(
            "co2.csv",
            # another method stays within half a ppm of exponential smoothing so near ahead
            Ask(
                "Use the data since 1995 and forecast co2 for the next 12 months.",
                {month(ahead.index[0]): Near(ahead.iloc[0], 0.5)},
            ),
        ),
        Talk("co2.csv", Ask("Yearly mean of co2 since 1998", each(yearly.loc[1998:]))),
        Talk(
            "us-employment.csv",
            # the trend of 2015 goes on: some 200 thousand a month
            Ask(
                "Predict nonfarm for the next 3 months",
                {"2016-01|January 2016|Jan 2016": Near(nonfarm.iloc[-1] + 220, 250)},
            ),
        ),
        Talk(
            "us-employment.csv",
            # the 2010 census: its interviewers were employed by government in May
            Ask("Were there unusual months in government?", {"2010-05|May 2010": 22996}),
        ),
        Talk(
            "sunspots.csv",
            Ask("Which YEAR had the highest SUNACTIVITY?", {"1957": "190.2"}),
        ),
    ]


def _along_time() -> list[Talk]:
    """Running totals, growth, moving averages."""
    weather = frame("seattle-weather.parquet")
    rain = weather.groupby(weather.date.dt.to_period("M")).precipitation.sum()
    power = frame("iowa-electricity.jsonl")
    solid = power[power.source == "Fossil Fuels"].set_index("year").net_generation
    growth = solid.pct_change()
    stocks = frame("stocks.tsv").assign(date=lambda rows: pd.to_datetime(rows.date, format="%b %d %Y"))
    google = stocks[stocks.symbol == "GOOG"].set_index("date").price
    jobs = frame("us-employment.csv").assign(month=lambda rows: pd.to_datetime(rows.month))
    yearly = jobs.set_index("month").nonfarm.diff(12).dropna()
    return [
        Talk(
            "seattle-weather.parquet",
            Ask("Running total of precipitation by month in 2012", each(rain["2012"].cumsum())),
        ),
        Talk(
            "seattle-weather.parquet",
            Ask("3-month moving average of precipitation", each(rain.rolling(3).mean().dropna()[:12])),
        ),
        Talk(
            "iowa-electricity.jsonl",
            Ask(
                "Growth of net_generation by year for Fossil Fuels",
                each(growth["2002-01-01":].rename(lambda day: day[:4])),
            ),
        ),
        Talk(
            "stocks.tsv",
            Ask("12-month moving average of price for GOOG", each(google.rolling(12).mean().dropna()[:12])),
        ),
        Talk(
            "us-employment.csv",
            Ask("Change of nonfarm by month compared to the year before", each(yearly[:12])),
        ),
    ]
