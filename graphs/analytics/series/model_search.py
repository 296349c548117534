"""Which form of exponential smoothing, or of seasonal ARIMA, suits a series: the one with the least AICc."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from statsmodels.base.transform import BoxCox
from statsmodels.tools.sm_exceptions import InterpolationWarning
from statsmodels.tsa.stattools import kpss

from graphs.analytics.series.forecast_models import Adjusted, Arima, Ets, Form
from graphs.analytics.series.seasonality import decompose, seasonal_strength

LONGEST_SEASON = 24
"""Of the models' own; longer ones are taken out by STL first."""
_MOST_ARIMA = 20
_MAX_ORDER = (2, 2, 1, 1)
_KPSS_5_PERCENT = 0.463
_STRONG_SEASON = 0.64
_LEAST_GROUPS = 4
_NOTHING = Arima((0, 0, 0))
_STEPS = (
    *((1, 0, 0, 0), (-1, 0, 0, 0), (0, 1, 0, 0), (0, -1, 0, 0), (1, 1, 0, 0), (-1, -1, 0, 0)),
    *((0, 0, 1, 0), (0, 0, -1, 0), (0, 0, 0, 1), (0, 0, 0, -1), (0, 0, 1, 1), (0, 0, -1, -1)),
)

# Only the statistic is used: that its p value lies outside a table doesn't matter.
warnings.filterwarnings("ignore", category=InterpolationWarning)


@dataclass(frozen=True, slots=True)
class Choice:
    """The form with the least AICc of `tried` ones; `unsound` of these were left out because their estimation
    did not converge, or ended at a root on the unit circle."""

    form: Form
    tried: int
    unsound: int


def choose_ets(values: np.ndarray, season: int) -> Choice | None:
    """Return the exponential smoothing with the least AICc: additive or multiplicative errors; no, additive
    or damped trend; no, additive or multiplicative season. None when none can be estimated.

    As `ets` in R's forecast package, multiplicative parts are tried for positive values only, and never
    with additive errors (Hyndman, Koehler, Snyder and Grose, International Journal of Forecasting 18, 2002).
    """
    if season > LONGEST_SEASON:
        return _adjusted(values, season, choose_ets)
    positive = bool((values > 0).all())
    forms = [
        Ets(error, trend, seasonal, season)
        for error, trend, seasonal in product(
            "AM" if positive else "A", ("N", "A", "Ad"), ("N", "A", "M") if season > 1 else ("N",)
        )
        if not (error == "A" and seasonal == "M")
    ]
    return _least(values, [form for form in forms if _parameters(form) < len(values) - 2])


def choose_arima(values: np.ndarray, season: int) -> Choice | None:
    """Return the seasonal ARIMA with the least AICc, searched stepwise from four usual ones (Hyndman and
    Khandakar, Journal of Statistical Software 27(3), 2008): p and q to 2, P and Q to 1, at most 20 models.

    A strong season (0.64 and more) is differenced once; further differences are taken until the KPSS test no
    longer rejects a level (5 %), at most two. Logarithms are taken when Guerrero's (1993) Box–Cox parameter
    is below a half. None when none can be estimated.
    """
    if season > LONGEST_SEASON:
        return _adjusted(values, season, choose_arima)
    log = _needs_logarithms(values, season)
    scaled = np.log(values) if log else values
    seasonal = season > 1
    d_season = int(seasonal and seasonal_strength(scaled, season) > _STRONG_SEASON)
    rest = scaled[season:] - scaled[:-season] if d_season else scaled
    d = _differences(rest)
    start = replace(_NOTHING, season=season, constant=d + d_season < 2, log=log)
    search = _Stepwise(values, d, d_season, seasonal)
    return search.run(start)


class _Stepwise:
    """Hyndman and Khandakar's search: from the best so far to its neighbours, until none is better."""

    def __init__(self, values: np.ndarray, d: int, d_season: int, seasonal: bool) -> None:
        self._values = values
        self._d, self._d_season, self._seasonal = d, d_season, seasonal
        self._found: dict[Arima, float] = {}

    def run(self, start: Arima) -> Choice | None:
        for orders in ((2, 2, 1, 1), (0, 0, 0, 0), (1, 0, 1, 0), (0, 1, 0, 1)):
            self._try(self._with(start, orders))
        best = None
        while (least := min(self._found, key=lambda form: self._found[form])) != best:
            best = least
            for form in self._neighbours(best):
                self._try(form)
        unsound = sum(not np.isfinite(aicc) for aicc in self._found.values())
        return Choice(best, len(self._found), unsound) if np.isfinite(self._found[best]) else None

    def _with(self, form: Arima, orders: Sequence[int]) -> Arima:
        p, q, p_season, q_season = orders
        seasonal = (p_season, self._d_season, q_season) if self._seasonal else (0, 0, 0)
        return replace(form, order=(p, self._d, q), seasonal_order=seasonal)

    def _neighbours(self, form: Arima) -> Iterator[Arima]:
        here = (form.order[0], form.order[2], form.seasonal_order[0], form.seasonal_order[2])
        for steps in _STEPS:
            orders = [order + step for order, step in zip(here, steps, strict=True)]
            if all(0 <= order <= most for order, most in zip(orders, _MAX_ORDER, strict=True)):
                yield self._with(form, orders)
        if self._d + self._d_season < 2:
            yield replace(form, constant=not form.constant)

    def _try(self, form: Arima) -> None:
        if form not in self._found and len(self._found) < _MOST_ARIMA:
            self._found[form] = _aicc(form, self._values)


def _least(values: np.ndarray, forms: list[Ets]) -> Choice | None:
    found = {form: _aicc(form, values) for form in forms}
    unsound = sum(not np.isfinite(aicc) for aicc in found.values())
    if unsound == len(found):
        return None
    return Choice(min(found, key=lambda form: found[form]), len(found), unsound)


def _aicc(form: Form, values: np.ndarray) -> float:
    """The form's AICc for the series; infinite when it can't be estimated soundly."""
    try:
        fit = form.fit(values)
    except (np.linalg.LinAlgError, ValueError):  # too few values for so many parameters
        return np.inf
    known = fit.sound and fit.aicc is not None and np.isfinite(fit.aicc)
    return float(fit.aicc) if known and fit.aicc is not None else np.inf


def _parameters(form: Ets) -> int:
    trend = {"N": 0, "A": 2, "Ad": 3}[form.trend]
    return 3 + trend + (0 if form.seasonal == "N" else 1 + form.season)


def _adjusted(
    values: np.ndarray, season: int, choose: Callable[[np.ndarray, int], Choice | None]
) -> Choice | None:
    _, seasonal = decompose(values, season)
    choice = choose(values - seasonal, 1)
    return choice and replace(choice, form=Adjusted(choice.form, season))


def _needs_logarithms(values: np.ndarray, season: int) -> bool:
    window = max(season, 2)
    if not (values > 0).all() or len(values) < _LEAST_GROUPS * window:
        return False
    _, exponent = BoxCox().transform_boxcox(values, method="guerrero", window_length=window)
    return bool(exponent < 0.5)


def _differences(values: np.ndarray) -> int:
    for d in range(2):
        if np.ptp(values) == 0:
            return d
        lags = int(3 * np.sqrt(len(values)) / 13)
        if kpss(values, regression="c", nlags=lags, result_object=False)[0] < _KPSS_5_PERCENT:
            return d
        values = np.diff(values)
    return 2
