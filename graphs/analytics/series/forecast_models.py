"""Models of a series that forecast it: seasonal naive, exponential smoothing, seasonal ARIMA.

A form says what is estimated, `fit` estimates it, and the fit predicts with intervals.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.tools.sm_exceptions import EstimationWarning
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from threadpoolctl import ThreadpoolController

from graphs.analytics.series.seasonality import decompose

LEVELS = (80, 95)
_PATHS = 2000
_SEED = 20_241_120
_STEPS = 200
_LARGEST_LOG = 700.0
_SMALLEST_ROOT = 1.001

# BLAS in several threads takes ten times as long for the small matrices of a state space model.
_one_thread = ThreadpoolController().wrap(limits=1, user_api="blas")

# Zeros are the starting values then, which slows the search down and changes nothing else.
warnings.filterwarnings("ignore", "Non-(stationary|invertible) starting|Too few obs", EstimationWarning)


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """The forecast of each period ahead, and the lower and upper bound of its interval, by level in %."""

    mean: np.ndarray
    low: Mapping[int, np.ndarray]
    high: Mapping[int, np.ndarray]

    def changed(self, change: Callable[[np.ndarray], np.ndarray]) -> Prediction:
        """The prediction with each figure changed by an increasing function."""
        return Prediction(
            change(self.mean),
            {level: change(bound) for level, bound in self.low.items()},
            {level: change(bound) for level, bound in self.high.items()},
        )


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A form with its estimates. `parameters` are the smoothing parameters or coefficients, by the field's
    own names; `aicc` is None for a form without a likelihood. `sound` says that the search for the largest
    likelihood came to an end, and not at a root on the unit circle; `median` that what is predicted is the
    median of each period, not its mean."""

    name: str
    parameters: Mapping[str, float]
    predict: Callable[[int], Prediction]
    aicc: float | None = None
    sound: bool = True
    median: bool = False


class Form(Protocol):
    """What can be fitted to a series."""

    @property
    def name(self) -> str:
        """As the field writes it: ETS(M,Ad,M), ARIMA(0,1,1)(0,1,1)12."""
        ...

    def fit(self, values: np.ndarray) -> Fit:
        """Return the form with its estimates for the series."""
        ...


@dataclass(frozen=True, slots=True)
class Naive:
    """The value of one season ago; of the last period when the season is 1.

    The intervals take normal errors with the variance of the series' own seasonal differences, which grows
    with each season ahead (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.5).
    """

    season: int

    @property
    def name(self) -> str:
        return "naive" if self.season == 1 else f"seasonal naive (season {self.season})"

    def fit(self, values: np.ndarray) -> Fit:
        last = values[-self.season :]
        errors = values[self.season :] - values[: -self.season]
        sd = float(np.sqrt(np.mean(errors**2)))

        def predict(horizon: int) -> Prediction:
            ahead = np.arange(horizon)
            return _normal(last[ahead % self.season], sd * np.sqrt(ahead // self.season + 1.0))

        return Fit(self.name, {"sd of the differences": sd}, predict)


@dataclass(frozen=True, slots=True)
class Ets:
    """Exponential smoothing as a state space model with `error` A or M, `trend` N, A or Ad and `seasonal` N,
    A or M (Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential Smoothing, 2008).

    Intervals follow from the model's variance where a formula is known, else from 2,000 simulated paths with
    a fixed seed.
    """

    error: str
    trend: str
    seasonal: str
    season: int = 1

    @property
    def name(self) -> str:
        return f"ETS({self.error},{self.trend},{self.seasonal})"

    @_one_thread
    def fit(self, values: np.ndarray) -> Fit:
        words = {"A": "add", "M": "mul"}
        model = ETSModel(
            pd.Series(values),
            error=words[self.error],
            trend=None if self.trend == "N" else "add",
            damped_trend=self.trend == "Ad",
            seasonal=words.get(self.seasonal),
            seasonal_periods=None if self.seasonal == "N" else self.season,
        )
        result = model.fit(disp=False, maxiter=_STEPS, warn_convergence=False)
        names = {
            "smoothing_level": "alpha",
            "smoothing_trend": "beta",
            "smoothing_seasonal": "gamma",
            "damping_trend": "phi",
            "initial_level": "initial level",
            "initial_trend": "initial trend",
        }
        estimates = dict(zip(model.param_names, result.params, strict=True))
        parameters = {named: float(estimates[name]) for name, named in names.items() if name in estimates}

        def predict(horizon: int) -> Prediction:
            exact = self.error == "A" and self.seasonal != "M"
            options = {} if exact else {"simulate_repetitions": _PATHS, "rng": np.random.default_rng(_SEED)}
            ahead = result.get_prediction(
                start=len(values),
                end=len(values) + horizon - 1,
                method="exact" if exact else "simulated",
                **options,
            )
            frames = {level: ahead.summary_frame(alpha=1 - level / 100) for level in LEVELS}
            return Prediction(
                frames[LEVELS[0]]["mean"].to_numpy(),
                {level: frame["pi_lower"].to_numpy() for level, frame in frames.items()},
                {level: frame["pi_upper"].to_numpy() for level, frame in frames.items()},
            )

        return Fit(self.name, parameters, predict, float(result.aicc), _converged(result))


@dataclass(frozen=True, slots=True)
class Arima:
    """Seasonal ARIMA (p,d,q)(P,D,Q) by exact maximum likelihood (Box and Jenkins), of the logarithms if
    `log`.

    `constant` is a mean without differences, a drift with one. On logarithms the forecast is the median.
    """

    order: tuple[int, int, int]
    seasonal_order: tuple[int, int, int] = (0, 0, 0)
    season: int = 1
    constant: bool = False
    log: bool = False

    @property
    def name(self) -> str:
        text = f"ARIMA({','.join(map(str, self.order))})"
        if any(self.seasonal_order):
            text += f"({','.join(map(str, self.seasonal_order))}){self.season}"
        if self.constant:
            text += " with drift" if self.differences else " with mean"
        return text + (" of the logarithms" if self.log else "")

    @property
    def differences(self) -> int:
        return self.order[1] + self.seasonal_order[1]

    @_one_thread
    def fit(self, values: np.ndarray) -> Fit:
        series = np.log(values) if self.log else values
        # The differenced series has the same likelihood, and a far smaller state: a quarter of the time.
        estimated = replace(self, order=(self.order[0], 0, self.order[2]), seasonal_order=self._undifferenced)
        search = estimated._model(self._differenced(series)).fit(
            cov_type="none", method_kwargs={"maxiter": _STEPS, "warn_convergence": False}
        )
        params = np.array(search.params)
        if self.constant and self.seasonal_order[1]:
            params[0] /= self.season  # the drift is by period, the mean of the differences by season
        model = self._model(series)
        result = model.filter(params, cov_type="none")
        names = {"const": "mean", "x1": "drift"}
        parameters = {
            names.get(name, name): float(estimate)
            for name, estimate in zip(model.param_names, result.params, strict=True)
        }

        parameters["sigma2"] = float(result.scale)

        def predict(horizon: int) -> Prediction:
            ahead = result.get_forecast(horizon)
            found = _normal(np.asarray(ahead.predicted_mean), np.asarray(ahead.se_mean))
            return found.changed(_exponential) if self.log else found

        roots = np.abs(np.concatenate([result.arroots, result.maroots]))
        sound = _converged(search) and bool((roots > _SMALLEST_ROOT).all())
        return Fit(self.name, parameters, predict, float(result.aicc), sound, median=self.log)

    @property
    def _undifferenced(self) -> tuple[int, int, int]:
        return self.seasonal_order[0], 0, self.seasonal_order[2]

    def _model(self, series: np.ndarray) -> ARIMA:
        return ARIMA(
            series,
            order=self.order,
            seasonal_order=(*self.seasonal_order, self.season) if any(self.seasonal_order) else (0, 0, 0, 0),
            trend="n" if not self.constant else "t" if self.differences else "c",
            concentrate_scale=True,  # the variance follows from the rest: a fifth of the steps
        )

    def _differenced(self, series: np.ndarray) -> np.ndarray:
        for _ in range(self.seasonal_order[1]):
            series = series[self.season :] - series[: -self.season]
        return np.diff(series, self.order[1])


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Another form for the series without its season, which STL takes out and the forecast gets back as it
    was in the last cycle: for seasons too long for the models' own (Forecasting: Principles and Practice,
    13.1). The intervals leave out that the season is an estimate too."""

    form: Form
    season: int

    @property
    def name(self) -> str:
        return f"STL (season {self.season}) + {self.form.name}"

    def fit(self, values: np.ndarray) -> Fit:
        _, seasonal = decompose(values, self.season)
        inner = self.form.fit(values - seasonal)
        last = seasonal[-self.season :]

        def predict(horizon: int) -> Prediction:
            back = last[np.arange(horizon) % self.season]
            return inner.predict(horizon).changed(lambda figures: figures + back)

        return replace(inner, name=self.name, predict=predict)


def _normal(mean: np.ndarray, sd: np.ndarray) -> Prediction:
    reach = {level: stats.norm.ppf(0.5 + level / 200) * sd for level in LEVELS}
    return Prediction(
        mean,
        {level: mean - half for level, half in reach.items()},
        {level: mean + half for level, half in reach.items()},
    )


def _exponential(figures: np.ndarray) -> np.ndarray:
    return np.exp(np.minimum(figures, _LARGEST_LOG))


def _converged(result: Any) -> bool:
    return bool(result.mle_retvals["converged"])
