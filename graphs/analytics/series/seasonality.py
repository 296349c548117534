"""Whether a series has a season, and the series without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.tsa.seasonal import STL

from graphs.analytics.tables.statements import Bucket

_USUAL: Mapping[Bucket, int] = {"day": 7, "week": 52, "month": 12, "quarter": 4, "year": 1}
_CYCLES_TO_FIND, _CYCLES_TO_USE = 3, 2
_LEVEL = 0.01


@dataclass(frozen=True, slots=True)
class Season:
    """The season's `length` in periods, 1 for none, and why: the season was `asked` for, or `p` is that of
    the test which found it or didn't. `p` is None too when the series is too short for the test of
    `tried`."""

    length: int
    tried: int
    asked: bool = False
    p: float | None = None


def find_season(values: np.ndarray, period: Bucket, asked: int | None = None) -> Season:
    """Return the season that was asked for, or the usual one of the period (7 days, 52 weeks, 12 months, 4
    quarters) when a test finds it at the 1 % level.

    The test is that of Kruskal and Wallis, with the places in the season as groups, on the series less its
    moving average over one season, as in X-12-ARIMA (US Census Bureau, reference manual, section 7). It goes
    by ranks, so that single outliers neither make nor hide a season. Raises ValueError for a season that is
    not at least twice in the series.
    """
    usual = _USUAL[period]
    if asked is not None:
        _check_asked(asked, len(values))
        return Season(asked, asked, asked=True)
    if usual == 1 or len(values) < _CYCLES_TO_FIND * usual:
        return Season(1, usual)
    p = _seasonal_p(values, usual)
    return Season(usual if p < _LEVEL else 1, usual, p=p)


def decompose(values: np.ndarray, length: int, *, robust: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return the trend and the season by STL (Cleveland et al., Journal of Official Statistics 6, 1990).

    The season is the same in every cycle: a smoother that follows it from cycle to cycle would take part of
    the noise, and of an anomaly, for season.
    """
    cycles = len(values) // length
    fit = STL(
        values,
        period=length,
        seasonal=10 * len(values) + 1,
        seasonal_deg=0,
        seasonal_jump=max(1, cycles // 4),
        robust=robust,
    ).fit()
    return np.asarray(fit.trend), np.asarray(fit.seasonal)


def pattern(values: np.ndarray, length: int, *, robust: bool = False) -> np.ndarray:
    """Return trend and season together."""
    trend, seasonal = decompose(values, length, robust=robust)
    return trend + seasonal


def seasonal_strength(values: np.ndarray, length: int) -> float:
    """Return how much of the series without its trend is season, from 0 to 1: 1 − Var(R) / Var(S + R) (Wang,
    Smith and Hyndman, Data Mining and Knowledge Discovery 13, 2006)."""
    trend, season = decompose(values, length)
    detrended = values - trend
    whole = float(np.var(detrended))
    return max(0.0, 1 - float(np.var(detrended - season)) / whole) if whole else 0.0


def _check_asked(asked: int, periods: int) -> None:
    if asked < 1:
        raise ValueError(f"The season length must be 1 (no season) or more periods, not {asked}.")
    if asked > 1 and periods < _CYCLES_TO_USE * asked:
        raise ValueError(
            f"A season of {asked} periods needs at least {_CYCLES_TO_USE * asked} periods, and the series "
            f"has {periods}. Take a shorter season, or 1 for none."
        )


def _seasonal_p(values: np.ndarray, length: int) -> float:
    weights = np.full(length, 1 / length)
    if length % 2 == 0:
        weights = np.convolve(weights, [0.5, 0.5])
    trend = np.convolve(values, weights, mode="valid")
    first = len(weights) // 2
    detrended = pd.Series(values[first : first + len(trend)] - trend)
    if np.allclose(detrended, 0):
        return 1.0
    places = (np.arange(len(detrended)) + first) % length
    groups = [group.to_numpy() for _, group in detrended.groupby(places)]
    return float(stats.kruskal(*groups).pvalue)
