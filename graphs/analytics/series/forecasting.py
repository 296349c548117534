"""Forecasts of a series: the method that forecast its own past best, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from graphs.analytics.series.forecast_models import LEVELS, Fit, Form, Naive, Prediction
from graphs.analytics.series.model_search import Choice, choose_arima, choose_ets
from graphs.analytics.series.seasonality import Season, find_season
from graphs.analytics.tables.statements import Bucket

Method = Literal["auto", "ets", "arima", "naive"]

MOST_PERIODS = 240
FEWEST_PERIODS = 12
_MOST_ORIGINS = 5
_FEWEST_TO_FIT = 8


@dataclass(frozen=True, slots=True)
class Score:
    """How a method forecast the past. `mae` and `rmse` are in the measure's unit, `mape` and `smape` in %
    (None where a value is zero). `mase` is the error relative to that of the seasonal naive forecast, one
    season ahead, inside the data before each forecast (Hyndman and Koehler, International Journal of
    Forecasting 22, 2006); None when those data repeat exactly. `inside` counts the values inside the
    intervals, by level in %.
    """

    method: str
    mae: float
    rmse: float
    mape: float | None
    smape: float | None
    mase: float | None
    inside: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Backtest:
    """Forecasts of the last periods from the data before them: `horizon` periods ahead from each of
    `origins`, the numbers of periods known then; `points` forecasts in all. `scores` begin with that of the
    naive method.

    The form of a model is chosen from the data before the first origin, and estimated anew at each.
    `failed` says which methods could not be estimated.
    """

    origins: tuple[int, ...]
    horizon: int
    points: int
    scores: Mapping[str, Score]
    failed: Mapping[str, str]

    @property
    def best(self) -> str:
        """The method with the least MASE (MAE, where that is not defined), to three digits after the point:
        the simpler one of equals."""
        return min(self.scores, key=self._error)

    def _error(self, method: str) -> float:
        score = self.scores[method]
        return score.mae if score.mase is None else round(score.mase, 3)


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """The forecast of a series of which the last `fitted` periods were used.

    `method` made it, as `fit`; `asked` says that it was asked for. `choice` is how its form was found, None
    for the naive one. `below_zero` says that an interval goes below zero and no value does.
    """

    method: str
    asked: bool
    season: Season
    fit: Fit
    choice: Choice | None
    prediction: Prediction
    backtest: Backtest
    fitted: int
    below_zero: bool


_SEARCHES: Mapping[str, Callable[[np.ndarray, int], Choice | None]] = {
    "ets": choose_ets,
    "arima": choose_arima,
}


def forecast(
    values: np.ndarray,
    period: Bucket,
    horizon: int,
    *,
    method: Method = "auto",
    season: int | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Forecast:
    """Return the forecast of the next `horizon` periods by the method asked for, or the best in a backtest.

    The longest history used is 240 periods. Raises ValueError for a horizon below 1 or longer than the
    series, fewer than 12 periods or too few for the season, and a series that never changes.
    """
    _check(values, horizon)
    used = values[-MOST_PERIODS:]
    found = find_season(used, period, season)
    methods = ("ets", "arima") if method == "auto" else (method,) if method != "naive" else ()
    backtest = _backtest(used, found.length, horizon, methods, report)
    wanted = backtest.best if method == "auto" else method
    if wanted in backtest.failed:
        raise ValueError(
            f"{wanted} can't be estimated for this series: {backtest.failed[wanted]}. Choose auto or naive."
        )
    report("estimating the forecast")
    choice = _SEARCHES[wanted](used, found.length) if wanted in _SEARCHES else None
    if choice is None and method not in ("auto", "naive"):
        raise ValueError(f"No form of {method} can be estimated for the whole series. Choose auto or naive.")
    wanted = wanted if choice else "naive"
    fit = (choice.form if choice else Naive(found.length)).fit(used)
    prediction = fit.predict(horizon)
    lowest = min(float(bound.min()) for bound in prediction.low.values())
    return Forecast(
        method=wanted,
        asked=method != "auto",
        season=found,
        fit=fit,
        choice=choice,
        prediction=prediction,
        backtest=backtest,
        fitted=len(used),
        below_zero=bool((used >= 0).all()) and lowest < 0,
    )


def _check(values: np.ndarray, horizon: int) -> None:
    if horizon < 1:
        raise ValueError(f"The horizon must be at least 1 period ahead, not {horizon}.")
    if len(values) < FEWEST_PERIODS:
        raise ValueError(
            f"The series has {len(values)} periods, and a forecast that can be tested needs at least "
            f"{FEWEST_PERIODS}. Take a shorter period, or a longer history."
        )
    if horizon > len(values):
        raise ValueError(
            f"A horizon of {horizon} periods is longer than the series, which has {len(values)}. Ask for "
            f"{len(values)} or fewer."
        )
    if np.ptp(values) == 0:
        raise ValueError(
            f"The series is {values[0]:g} in all {len(values)} periods, so there is nothing to estimate: "
            "its forecast is that value, and no interval can be given."
        )


def _backtest(
    values: np.ndarray, season: int, horizon: int, methods: Sequence[str], report: Callable[[str], None]
) -> Backtest:
    origins, ahead = _origins(len(values), season, horizon)
    scores = {"naive": _score(values, Naive(season), season, origins, ahead)}
    failed = {}
    for method in methods:
        report(f"backtest of {method} from {len(origins)} origins")
        try:
            choice = _SEARCHES[method](values[: origins[0]], season)
            if choice is None:
                failed[method] = "no form of it converged"
            else:
                scores[method] = _score(values, choice.form, season, origins, ahead)
        except (np.linalg.LinAlgError, ValueError) as error:
            failed[method] = str(error)
    return Backtest(origins, ahead, len(origins) * ahead, scores, failed)


def _origins(periods: int, season: int, horizon: int) -> tuple[tuple[int, ...], int]:
    """From how many known periods the past is forecast, the earliest first, and how far ahead: as far as the
    horizon, but no more than a third of the series."""
    fewest = max(_FEWEST_TO_FIT, 2 * season + 2)
    ahead = min(horizon, periods // 3, periods - fewest)
    if ahead < 1:
        raise ValueError(
            f"With a season of {season} periods at least {fewest + 1} periods are needed to test a forecast, "
            f"and the series has {periods}. Take a shorter season, or 1 for none."
        )
    step = -(-ahead // 2)
    last = periods - ahead
    first = max(fewest, last - step * (_MOST_ORIGINS - 1))
    return tuple(range(last, first - 1, -step))[::-1], ahead


def _score(values: np.ndarray, form: Form, season: int, origins: Sequence[int], ahead: int) -> Score:
    errors, sizes, actuals, forecasts = [], [], [], []
    inside = dict.fromkeys(LEVELS, 0)
    for origin in origins:
        known, held = values[:origin], values[origin : origin + ahead]
        found = form.fit(known).predict(ahead)
        errors.append(held - found.mean)
        sizes.append(np.full(ahead, np.abs(known[season:] - known[:-season]).mean()))
        actuals.append(held)
        forecasts.append(found.mean)
        for level in LEVELS:
            inside[level] += int(((found.low[level] <= held) & (held <= found.high[level])).sum())
    error, size, actual, guess = (np.concatenate(part) for part in (errors, sizes, actuals, forecasts))
    absolute = np.abs(error)
    both = np.abs(actual) + np.abs(guess)
    return Score(
        method=form.name,
        mae=float(absolute.mean()),
        rmse=float(np.sqrt((error**2).mean())),
        mape=float(100 * (absolute / np.abs(actual)).mean()) if (actual != 0).all() else None,
        smape=float(200 * (absolute / both).mean()) if (both != 0).all() else None,
        mase=float((absolute / size).mean()) if (size != 0).all() else None,
        inside=inside,
    )
