"""Forecasts: models against published estimates, the backtest against its definitions, the tool as asked."""

from collections.abc import Generator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from graphs.analytics.graph import graph
from graphs.analytics.series.forecast_models import Adjusted, Arima, Ets, Naive
from graphs.analytics.series.forecasting import Forecast, forecast
from graphs.analytics.series.model_search import choose_arima, choose_ets
from graphs.analytics.series.seasonality import find_season, seasonal_strength
from graphs.analytics.series.time_series import TimeSeries, read_series
from graphs.analytics.tables.aggregate import open_table
from graphs.analytics.tables.selection import Selection
from tests.support.conversation import Conversation
from tests.support.kit_environment import clean_kit_environment

# Box, Jenkins and Reinsel, Time Series Analysis, series G: airline passengers in thousands, 1949 to 1960
PASSENGERS = np.array(
    [
        *(112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118),
        *(115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140),
        *(145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166),
        *(171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194),
        *(196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201),
        *(204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229),
        *(242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278),
        *(284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306),
        *(315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336),
        *(340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337),
        *(360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405),
        *(417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432),
    ],
    dtype=float,
)
QUARTERS = PASSENGERS.reshape(48, 3).sum(axis=1)
# Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 2nd ed., 7.1: Saudi Arabian oil, 1996-2013
OIL = np.array(
    [
        *(445.3641, 453.1950, 454.4096, 422.3789, 456.0371, 440.3866, 425.1944, 486.2052, 500.4291),
        *(521.2759, 508.9476, 488.8889, 509.8706, 456.7229, 473.8166, 525.9509, 549.8338, 542.3405),
    ]
)
NOTHING_ELSE = Selection()

# pytest sets the filters anew for each test: what forecast_models and model_search leave out is left out here
pytestmark = [
    pytest.mark.filterwarnings("ignore::statsmodels.tools.sm_exceptions.EstimationWarning"),
    pytest.mark.filterwarnings("ignore::statsmodels.tools.sm_exceptions.InterpolationWarning"),
]


def series_of(
    frame: pd.DataFrame, measure: str = "x", selection: Selection = NOTHING_ELSE, **options
) -> TimeSeries:
    with open_table("table.csv", frame) as table:
        return read_series(table, measure, options.pop("statistic", None), selection, **options)


def daily(days: int, first: str = "2024-01-01") -> pd.DataFrame:
    return pd.DataFrame({"day": pd.date_range(first, periods=days), "x": np.arange(days, dtype=float)})


# --- models


def test_airline_model_has_the_published_estimates() -> None:
    # Box, Jenkins and Reinsel, 9.2: theta 0.4018 and Theta 0.5569, with the signs of their notation
    fit = Arima((0, 1, 1), (0, 1, 1), 12, log=True).fit(PASSENGERS)

    assert fit.parameters["ma.L1"] == pytest.approx(-0.4018, abs=2e-4)
    assert fit.parameters["ma.S.L12"] == pytest.approx(-0.5569, abs=2e-4)
    assert fit.sound
    # R's predict(arima(log(AirPassengers), …), 3): 6.110186, 6.053775, 6.171715
    assert np.log(fit.predict(3).mean) == pytest.approx([6.110186, 6.053775, 6.171715], abs=2e-4)


def test_drift_between_seasons_is_given_by_period() -> None:
    # the differences of a season have 12 times the slope; here statsmodels estimates the whole model
    time = np.arange(96)
    noise = np.random.default_rng(3).normal(0, 1, 96)
    values = 50 + 0.7 * time + 20 * np.sin(2 * np.pi * time / 12) + noise
    fit = Arima((1, 0, 0), (0, 1, 1), 12, constant=True).fit(values)
    whole = sm.tsa.arima.ARIMA(values, order=(1, 0, 0), seasonal_order=(0, 1, 1, 12), trend="t").fit()

    assert fit.parameters["drift"] == pytest.approx(0.7, abs=0.02)
    assert fit.aicc == pytest.approx(whole.aicc, abs=0.05)
    assert fit.predict(24).mean == pytest.approx(whole.forecast(24), rel=2e-3)


def test_forecast_of_logarithms_is_a_median() -> None:
    assert Arima((0, 1, 1), log=True).fit(PASSENGERS).median
    assert not Arima((0, 1, 1)).fit(PASSENGERS).median
    assert Adjusted(Arima((0, 1, 1), log=True), 12).fit(PASSENGERS).median


def test_sunspot_autoregression_has_the_documented_estimates() -> None:
    # statsmodels' documentation, "Autoregressive Moving Average (ARMA): Sunspots data"
    sunspots = sm.datasets.sunspots.load_pandas().data["SUNACTIVITY"].to_numpy()
    fit = Arima((2, 0, 0), constant=True).fit(sunspots)

    assert fit.parameters["mean"] == pytest.approx(49.7462, rel=5e-4)
    assert fit.parameters["ar.L1"] == pytest.approx(1.390633, rel=5e-4)
    assert fit.parameters["ar.L2"] == pytest.approx(-0.688573, rel=5e-4)
    assert fit.parameters["sigma2"] == pytest.approx(274.727182, rel=5e-4)


def test_simple_exponential_smoothing_has_the_published_estimates() -> None:
    # Hyndman and Athanasopoulos, 7.1: alpha 0.8339, l0 446.5868, sigma 29.83; the forecast is 542.68 flat
    fit = Ets("A", "N", "N").fit(OIL)
    predicted = fit.predict(5)

    assert fit.parameters["alpha"] == pytest.approx(0.8339, abs=1e-3)
    assert fit.parameters["initial level"] == pytest.approx(446.5868, abs=0.05)
    assert predicted.mean == pytest.approx([542.68] * 5, abs=0.01)
    # table 7.2: 95 % interval of the first period; its sigma has n − 2 degrees of freedom, ours n
    half = 1.959964 * 29.8282 * np.sqrt(16 / 18)
    assert predicted.high[95][0] - predicted.mean[0] == pytest.approx(half, rel=1e-3)


def test_naive_forecast_repeats_the_last_season_with_widening_intervals() -> None:
    values = np.array([1.0, 5.0, 2.0, 7.0, 4.0, 9.0])
    predicted = Naive(2).fit(values).predict(5)
    sd = np.sqrt(np.mean(np.array([1.0, 2.0, 2.0, 2.0]) ** 2))

    assert predicted.mean.tolist() == [4, 9, 4, 9, 4]
    assert predicted.high[95] - predicted.mean == pytest.approx(
        1.959964 * sd * np.sqrt([1, 1, 2, 2, 3]), rel=1e-6
    )


def test_long_season_is_taken_out_and_put_back() -> None:
    season = np.tile(np.random.default_rng(4).normal(0, 10, 52), 5)
    fit = Adjusted(Naive(1), 52).fit(100 + season)

    assert fit.predict(60).mean == pytest.approx(100 + np.resize(season, 60), abs=1e-6)


def test_search_finds_the_airline_model_itself() -> None:
    choice = choose_arima(PASSENGERS, 12)

    assert choice is not None
    assert choice.form == Arima((0, 1, 1), (0, 1, 1), 12, constant=False, log=True)
    assert choice.tried <= 20


def test_exponential_smoothing_grows_with_the_level_where_the_season_does() -> None:
    choice = choose_ets(PASSENGERS[:72], 12)

    assert choice is not None
    assert isinstance(choice.form, Ets)
    assert (choice.form.error, choice.form.seasonal) == ("M", "M")
    assert choice.tried == 15


def test_multiplicative_forms_need_positive_values() -> None:
    choice = choose_ets(np.random.default_rng(2).normal(0, 1, 40), 1)

    assert choice is not None
    assert choice.tried == 3


# --- season


def test_season_is_found_in_passengers_and_not_in_noise() -> None:
    noise = np.random.default_rng(1).normal(0, 1, (200, 60))
    found = sum(find_season(each, "month").length > 1 for each in noise)

    assert find_season(PASSENGERS, "month").length == 12
    assert seasonal_strength(np.log(PASSENGERS), 12) > 0.9
    assert found <= 8  # the test's level is 1 %: 2 of 200 expected


def test_season_that_the_series_is_too_short_for_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 24 periods, and the series has 20"):
        find_season(np.arange(20.0), "month", 12)


# --- backtest and choice


@pytest.fixture(scope="module")
def quarters() -> Forecast:
    return forecast(QUARTERS[:44], "quarter", 4)


def test_backtest_scores_follow_their_definitions(quarters: Forecast) -> None:
    values, test = QUARTERS[:44], quarters.backtest
    errors, scaled, shares = [], [], []
    for origin in test.origins:
        known, held = values[:origin], values[origin : origin + test.horizon]
        guess = known[-4:]
        errors.extend(held - guess)
        # Hyndman and Koehler (2006): the scale is the mean error of the seasonal naive inside the known data
        scaled.extend(np.abs(held - guess) / np.mean(np.abs(known[4:] - known[:-4])))
        shares.extend(np.abs(held - guess) / held)
    naive = test.scores["naive"]

    assert quarters.season.length == 4
    assert test.origins == (32, 34, 36, 38, 40)
    assert test.points == 20
    assert naive.mae == pytest.approx(np.mean(np.abs(errors)))
    assert naive.rmse == pytest.approx(np.sqrt(np.mean(np.square(errors))))
    assert naive.mape == pytest.approx(100 * np.mean(shares))
    assert naive.mase == pytest.approx(np.mean(scaled))


def test_method_with_the_least_error_is_taken(quarters: Forecast) -> None:
    scores = {name: score.mase for name, score in quarters.backtest.scores.items()}

    assert set(scores) == {"naive", "ets", "arima"}
    assert quarters.method == min(scores, key=lambda name: scores[name] or 0.0) != "naive"
    actual = QUARTERS[44:]
    assert np.abs(quarters.prediction.mean / actual - 1).max() < 0.08
    assert (quarters.prediction.low[95] < actual).all()
    assert (actual < quarters.prediction.high[95]).all()


def test_random_walk_is_forecast_naively() -> None:
    walk = np.random.default_rng(6).normal(0, 1, 60).cumsum()
    found = forecast(walk, "year", 4)

    assert found.method == "naive" == found.backtest.best
    assert found.prediction.mean.tolist() == [walk[-1]] * 4


def test_no_percentage_of_zero() -> None:
    values = np.random.default_rng(3).poisson(0.7, 40).astype(float)
    score = forecast(values, "year", 4, method="naive").backtest.scores["naive"]

    assert score.mape is None
    assert score.mae > 0


def test_intervals_cover_what_they_say() -> None:
    # random walks, of which the naive method is the true model: 2,000 futures
    walks = np.random.default_rng(9).normal(0, 5, (2_000, 120)).cumsum(axis=1)
    inside = {80: 0, 95: 0}
    for walk in walks:
        predicted = Naive(1).fit(walk[:-3]).predict(3)
        for level in inside:
            inside[level] += bool(predicted.low[level][2] <= walk[-1] <= predicted.high[level][2])

    # four standard errors of a share of 2,000
    assert inside[80] / 2_000 == pytest.approx(0.80, abs=0.036)
    assert inside[95] / 2_000 == pytest.approx(0.95, abs=0.020)


@pytest.mark.parametrize(
    ("values", "horizon", "season", "message"),
    [
        (PASSENGERS, 0, None, "at least 1 period ahead, not 0"),
        (PASSENGERS, -3, None, "not -3"),
        (PASSENGERS[:36], 40, None, "Ask for 36 or fewer"),
        (PASSENGERS[:11], 3, None, "has 11 periods"),
        (np.full(30, 7.0), 3, None, "is 7 in all 30 periods"),
        (PASSENGERS[:24], 3, 12, "at least 27 periods are needed"),
        (PASSENGERS, 3, 0, "must be 1"),
    ],
)
def test_what_cannot_be_forecast_is_refused(
    values: np.ndarray, horizon: int, season: int | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        forecast(values, "month", horizon, season=season)


# --- the series behind it


def test_shortest_period_with_rows_is_found() -> None:
    assert series_of(daily(40)).period == "day"
    weekdays = daily(120)
    weekdays = weekdays[weekdays["day"].dt.dayofweek < 5]
    assert series_of(weekdays).period == "week"
    months = pd.DataFrame({"day": pd.date_range("2020-01-31", periods=30, freq="ME"), "x": 1.5})
    assert series_of(months).period == "month"
    years = pd.DataFrame({"year": range(1990, 2010), "x": np.arange(20.0)})
    assert (series_of(years).period, series_of(years).index[0].year) == ("year", 1990)


def test_weekends_without_rows_make_no_gaps_and_totals_are_exact() -> None:
    found = series_of(daily(70), selection=Selection(bucket="week"))

    assert found.values.tolist() == [float(sum(range(7 * week, 7 * week + 7))) for week in range(10)]
    assert found.statistic == "sum"
    assert found.assumed
    assert not found.filled


def test_incomplete_ends_are_left_out_unless_kept() -> None:
    frame = daily(200, "2024-01-12")  # to 29 July

    found = series_of(frame, selection=Selection(bucket="month"))
    assert [(str(each.period), each.days, each.at_start) for each in found.left_out] == [
        ("2024-01", 11, True)
    ]
    assert str(found.index[0]) == "2024-02"
    assert str(found.index[-1]) == "2024-07"  # two days short of its end, which tells nothing

    found = series_of(frame.head(190), selection=Selection(bucket="month"))
    assert [str(each.period) for each in found.left_out] == ["2024-01", "2024-07"]
    assert found.left_out[1].days == 12
    kept = series_of(frame, selection=Selection(bucket="month"), keep_ends=True)
    assert str(kept.index[0]) == "2024-01"
    assert not kept.left_out


def test_missing_period_is_on_the_line_between_its_neighbours() -> None:
    frame = daily(30).drop([10, 11])

    found = series_of(frame)
    assert found.values.tolist() == list(range(30))
    assert [each.start_time.date() for each in found.filled] == [date(2024, 1, 11), date(2024, 1, 12)]
    assert series_of(frame, gaps="zero").values[10] == 0


def test_period_without_rows_has_a_total_of_zero() -> None:
    twice = pd.concat([daily(30).drop(10)] * 2)

    found = series_of(twice, selection=Selection(bucket="day"))
    assert found.gaps == "zero"
    assert found.values[9:12].tolist() == [18, 0, 22]


@pytest.mark.parametrize(
    ("frame", "selection", "message"),
    [
        (daily(4000).iloc[[0, 1, 2, 3, 3500]], NOTHING_ELSE, "too irregular"),
        (daily(400).iloc[::5], Selection(bucket="day"), "too many gaps"),
        (daily(3), NOTHING_ELSE, "too few for a series"),
        (pd.DataFrame({"year": [1990, 5, 1992], "x": 1.0}), NOTHING_ELSE, "5, which is no year"),
        (pd.DataFrame({"year": [1990, 1991], "x": 1.0}), Selection(bucket="month"), "holds years"),
        (daily(9).assign(x=None).astype({"x": float}), NOTHING_ELSE, "No row has both"),
    ],
)
def test_dates_that_make_no_series_are_refused(
    frame: pd.DataFrame, selection: Selection, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        series_of(frame, selection=selection)


# --- the tool, asked in plain English


@pytest.fixture
def sales(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[Conversation]:
    """Monthly passengers to November 1957, a month missing, and December begun."""
    months = pd.date_range("1953-01-01", periods=60, freq="MS")
    frame = pd.DataFrame({"month": months.strftime("%Y-%m-%d"), "passengers": PASSENGERS[48:108].astype(int)})
    file = tmp_path / "air.csv"
    frame.drop(20).to_csv(file, index=False)
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield Conversation(graph, file)


async def test_forecast_is_answered_with_table_method_backtest_and_chart(sales: Conversation) -> None:
    reply = await sales.ask("Forecast passengers for the next 6 months with exponential smoothing.")

    assert reply.tools == ("forecast",)
    rows = reply.figures["forecast"]
    assert [row["period"] for row in rows] == [f"1958-{month:02d}" for month in range(1, 7)]
    assert reply.figures["method"] == "ets"
    assert all(row["low_95"] < row["low_80"] < row["forecast"] < row["high_80"] for row in rows)
    actual = PASSENGERS[108:114]
    assert [row["forecast"] for row in rows] == pytest.approx(actual, rel=0.15)
    assert f"{rows[0]['forecast']:.3f}" in reply.text
    assert (
        "- 1 month without a value, put on the line between their neighbours (marked in the data): 1954-09"
        in (reply.text)
    )
    assert "Season: 12 months, found by the Kruskal–Wallis test" in reply.text
    assert "| seasonal naive (season 12) |" in reply.text
    assert sales.artifacts.read(reply.figures["picture"]).startswith(b"\x89PNG")
    data = sales.artifacts.read(reply.figures["data_file"]).decode().splitlines()
    assert data[0] == "period,value,filled,forecast,low_80,high_80,low_95,high_95"
    assert len(data) == 1 + 60 + 6


async def test_forecast_that_is_too_long_is_refused_in_words(sales: Conversation) -> None:
    reply = await sales.ask("Forecast passengers for the next 90 months with the naive forecast.")

    assert "A horizon of 90 periods is longer than the series, which has 60" in reply.text
