"""Effect sizes with 95 % intervals: how far groups lie apart, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import atanh, exp, inf, isnan, lgamma, log, sqrt, tanh

import numpy as np
from scipy import optimize, stats
from statsmodels.stats.oneway import confint_noncentrality

_LOW, _HIGH = 0.025, 0.975
_Z = float(stats.norm.ppf(_HIGH))
_LARGEST_T = 1e4
"""Beyond it the noncentral t distribution can't be computed."""


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect size with its 95 % interval, None where it has none. `basis` says what it is relative to and
    how the interval came about."""

    name: str
    value: float
    ci_low: float | None
    ci_high: float | None
    basis: str


def hedges_g(first: np.ndarray, second: np.ndarray) -> Effect:
    """The difference of two means in pooled standard deviations, corrected for small samples (Hedges, Journal
    of Educational Statistics 6, 1981); the interval inverts the noncentral t distribution (Cumming and Finch,
    Educational and Psychological Measurement 61, 2001)."""
    n, m = len(first), len(second)
    df = n + m - 2
    pooled = sqrt(((n - 1) * first.var(ddof=1) + (m - 1) * second.var(ddof=1)) / df)
    distance = (first.mean() - second.mean()) / pooled
    return _standardised(distance, sqrt(1 / n + 1 / m), df, "in pooled standard deviations")


def hedges_g_paired(differences: np.ndarray) -> Effect:
    """The mean difference in standard deviations of the differences, corrected and with an interval as
    above."""
    distance = differences.mean() / differences.std(ddof=1)
    n = len(differences)
    return _standardised(distance, sqrt(1 / n), n - 1, "in standard deviations of the differences")


def rank_biserial(first: np.ndarray, second: np.ndarray, u: float) -> Effect:
    """The share of pairs in which the first group's value is larger, less that in which the second's is, from
    the first group's `u`; the interval is by Fisher's z with the rank-sum statistic's variance, as in R's
    effectsize (Kerby, Comprehensive Psychology 3, 2014)."""
    n, m = len(first), len(second)
    basis = "from -1 to 1: of all pairs, those where the first group is larger less those where the second is"
    return _correlation_like(2 * u / (n * m) - 1, sqrt((n + m + 1) / (3 * n * m)), basis)


def rank_biserial_paired(differences: np.ndarray) -> Effect:
    """The ranks of the positive differences less those of the negative ones, as a share of all (Kerby,
    2014)."""
    changed = differences[differences != 0]
    n = len(changed)
    ranks = stats.rankdata(np.abs(changed))
    total = n * (n + 1) / 2
    deviation = sqrt((2 * n**3 + 3 * n**2 + n) / 6) / total
    basis = "from -1 to 1: the ranks of positive differences less those of negative ones, as a share of all"
    return _correlation_like(float((ranks * np.sign(changed)).sum() / total), deviation, basis)


def omega_squared(f: float, df: tuple[float, float], rows: int) -> Effect:
    """The share of the variance that lies between groups, without the bias of small samples (Hays,
    Statistics for Psychologists, 1963); the interval inverts the noncentral F distribution (Steiger,
    Psychological Methods 9, 2004). From Welch's F both are approximations."""
    value = df[0] * (f - 1) / (df[0] * (f - 1) + rows)
    low, high = map(float, confint_noncentrality(f, df))
    return _bounded("ω²", max(0.0, value), low / (low + rows), high / (high + rows), "of the variance")


def epsilon_squared(h: float, df: int, rows: int) -> Effect:
    """The share of the ranks' variance that lies between groups, H / (n - 1) of Kruskal and Wallis (Tomczak
    and Tomczak, Trends in Sport Sciences 1, 2014); the interval inverts the noncentral chi-square
    distribution, so that it holds 0 when the test finds nothing. For strong effects it is too wide: the
    percentiles of resamples would be too narrow, and never hold 0."""
    low, high = _noncentral_chi2(h, df)
    value, ci_low, ci_high = (min(1.0, each / (rows - 1)) for each in (h, low, high))
    return _bounded("ε²", value, ci_low, ci_high, "of the ranks' variance")


def cramers_v(chi2: float, rows: int, shape: tuple[int, int]) -> Effect:
    """The strength of association of a table of counts, from 0 to 1 (Cramér, Mathematical Methods of
    Statistics, 1946); the interval inverts the noncentral chi-square distribution (Smithson, Confidence
    Intervals, 2003)."""
    df, most = (shape[0] - 1) * (shape[1] - 1), min(shape) - 1
    low, high = _noncentral_chi2(chi2, df)
    value, ci_low, ci_high = (min(1.0, sqrt(each / (rows * most))) for each in (chi2, low, high))
    return _bounded("Cramér's V", value, ci_low, ci_high, "from 0, no association, to 1")


def _bounded(name: str, value: float, low: float, high: float, basis: str) -> Effect:
    """The effect with its interval, unless that lies below it: of a statistic smaller than chance makes it in
    97.5 of 100 samples, or larger than the noncentral distribution is known for."""
    if 0 < high >= value:
        return Effect(name, value, low, high, basis)
    why = "it is less than chance alone makes it" if low == 0 else "it is too large to compute one"
    return Effect(name, value, None, None, f"{basis}; no interval, for {why}")


def _noncentral_chi2(chi2: float, df: int) -> tuple[float, float]:
    return _noncentralities(lambda nc: float(stats.ncx2.cdf(chi2, df, nc)), chi2, least=0.0)


def _standardised(distance: float, scale: float, df: int, basis: str) -> Effect:
    t = distance / scale
    correction = exp(lgamma(df / 2) - log(sqrt(df / 2)) - lgamma((df - 1) / 2))
    value = float(correction * distance)
    if abs(t) > _LARGEST_T:
        return Effect("Hedges' g", value, None, None, basis)

    def probability(nc: float) -> float:
        # SciPy gives NaN far from t, where nothing is left of the one tail or the other
        found = float(stats.nct.cdf(t, df, nc))
        return float(nc < t) if isnan(found) else found

    low, high = _noncentralities(probability, t, least=-inf)
    return Effect("Hedges' g", value, correction * low * scale, correction * high * scale, basis)


def _correlation_like(value: float, deviation: float, basis: str) -> Effect:
    if abs(value) >= 1:
        return Effect("rank-biserial r", value, None, None, f"{basis}; no interval at the end of the scale")
    reach = _Z * deviation
    return Effect("rank-biserial r", value, tanh(atanh(value) - reach), tanh(atanh(value) + reach), basis)


def _noncentralities(
    probability: Callable[[float], float], start: float, *, least: float
) -> tuple[float, float]:
    """The noncentralities under which what was observed is the upper and the lower 2.5 % point; `probability`
    falls as they grow from `least`."""

    def solved(wanted: float) -> float:
        low, high, step = start, start, 1.0 + 0.1 * abs(start)
        while low > least and probability(low) < wanted:
            low, step = max(least, low - step), 2 * step
        if probability(low) < wanted:
            return least
        while probability(high) > wanted:
            high, step = high + step, 2 * step
        return float(optimize.brentq(lambda each: probability(each) - wanted, low, high))

    return solved(_HIGH), solved(_LOW)
