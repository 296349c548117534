"""Effect sizes with 95 % intervals: how far groups lie apart, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import atanh, exp, inf, isnan, lgamma, log, sqrt, tanh

import numpy as np
from scipy import optimize, stats
from statsmodels.stats.oneway import confint_noncentrality

_LOW, _HIGH = 0.025, 0.975
_Z = float(stats.norm.ppf(_HIGH))
_RESAMPLES, _SEED = 2_000, 1
_MOST_RESAMPLED = 20_000_000
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
    return _correlation_like(2 * u / (n * m) - 1, sqrt((n + m + 1) / (3 * n * m)))


def rank_biserial_paired(differences: np.ndarray) -> Effect:
    """The ranks of the positive differences less those of the negative ones, as a share of all (Kerby,
    2014)."""
    changed = differences[differences != 0]
    n = len(changed)
    ranks = stats.rankdata(np.abs(changed))
    total = n * (n + 1) / 2
    deviation = sqrt((2 * n**3 + 3 * n**2 + n) / 6) / total
    return _correlation_like(float((ranks * np.sign(changed)).sum() / total), deviation)


def omega_squared(f: float, df: tuple[float, float], rows: int) -> Effect:
    """The share of the variance that lies between groups, without the bias of small samples (Hays,
    Statistics for Psychologists, 1963); the interval inverts the noncentral F distribution (Steiger,
    Psychological Methods 9, 2004). From Welch's F both are approximations."""
    value = df[0] * (f - 1) / (df[0] * (f - 1) + rows)
    low, high = map(float, confint_noncentrality(f, df))
    return Effect("ω²", max(0.0, value), low / (low + rows), high / (high + rows), "of the variance")


def epsilon_squared(samples: Sequence[np.ndarray]) -> Effect:
    """The share of the ranks' variance that lies between groups, H / (n - 1) of Kruskal and Wallis (Tomczak
    and Tomczak, Trends in Sport Sciences 1, 2014); the interval takes the percentiles of resamples within
    groups."""
    value = float(_between_ranks(np.concatenate(samples)[np.newaxis], [len(each) for each in samples])[0])
    rows = sum(map(len, samples))
    resamples = min(_RESAMPLES, _MOST_RESAMPLED // rows)
    if resamples < 200:
        return Effect("ε²", value, None, None, "of the ranks' variance; too many rows to resample")
    random = np.random.default_rng(_SEED)
    drawn = np.hstack([random.choice(each, (resamples, len(each))) for each in samples])
    low, high = np.nanquantile(_between_ranks(drawn, [len(each) for each in samples]), [_LOW, _HIGH])
    basis = f"of the ranks' variance; interval from {resamples:,} resamples"
    return Effect("ε²", value, float(low), float(high), basis)


def cramers_v(chi2: float, rows: int, shape: tuple[int, int]) -> Effect:
    """The strength of association of a table of counts, from 0 to 1 (Cramér, Mathematical Methods of
    Statistics, 1946); the interval inverts the noncentral chi-square distribution (Smithson, Confidence
    Intervals, 2003)."""
    df, most = (shape[0] - 1) * (shape[1] - 1), min(shape) - 1
    low, high = _noncentralities(lambda nc: float(stats.ncx2.cdf(chi2, df, nc)), chi2, least=0.0)
    value, ci_low, ci_high = (min(1.0, sqrt(each / (rows * most))) for each in (chi2, low, high))
    return Effect("Cramér's V", value, ci_low, ci_high, "from 0, no association, to 1")


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


def _correlation_like(value: float, deviation: float) -> Effect:
    basis = "from -1 to 1: how much more often one is larger than the other"
    if abs(value) >= 1:
        return Effect("rank-biserial r", value, value, value, basis)
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


def _between_ranks(rows: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """For each row of values, group by group: the share of its ranks' sum of squares between the groups."""
    ranks = stats.rankdata(rows, axis=1) - (rows.shape[1] + 1) / 2
    parts = np.split(ranks, np.cumsum(sizes)[:-1], axis=1)
    between = sum(part.sum(axis=1) ** 2 / part.shape[1] for part in parts)
    whole = (ranks**2).sum(axis=1)
    return np.divide(between, whole, out=np.full(len(rows), np.nan), where=whole > 0)
