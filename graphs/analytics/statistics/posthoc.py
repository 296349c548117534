"""Which groups differ, once a test says that some do: all pairs, corrected for their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from scipy import stats
from statsmodels.stats.multicomp import pairwise_tukeyhsd
from statsmodels.stats.multitest import multipletests

from graphs.analytics.statistics.groups import Samples

LEAST_P = 1e-10


@dataclass(frozen=True, slots=True)
class Difference:
    """Two groups: how much larger `first` is than `second`, with a 95 % interval where the method has one,
    and the p value corrected for all pairs."""

    first: str
    second: str
    difference: float
    ci_low: float | None
    ci_high: float | None
    p: float


def of_means(samples: Samples, variances: Literal["equal", "unequal"]) -> tuple[Difference, ...]:
    """Differences of means with simultaneous intervals: Tukey's honestly significant difference, in Kramer's
    form for groups of different size, for equal variances; Games and Howell (Journal of Educational
    Statistics 1, 1976) for unequal ones."""
    codes = np.repeat(np.arange(len(samples.groups)), [len(each) for each in samples.values])
    found = pairwise_tukeyhsd(np.concatenate(samples.values), codes, use_var=variances)
    # statsmodels takes the first group from the second
    return tuple(
        Difference(
            samples.names[a],
            samples.names[b],
            float(-mean),
            float(-high),
            float(-low),
            max(LEAST_P, float(p)),
        )
        for (a, b), mean, (low, high), p in zip(
            combinations(range(len(samples.groups)), 2),
            found.meandiffs,
            found.confint,
            found.pvalues,
            strict=True,
        )
    )


def of_ranks(samples: Samples) -> tuple[Difference, ...]:
    """Differences of mean ranks by Dunn (Technometrics 6, 1964), ties allowed for, p values by Holm."""
    return tuple(
        Difference(first, second, difference, None, None, p)
        for (first, second), difference, p in zip(
            combinations(samples.names, 2), *_dunn(samples.values), strict=True
        )
    )


def _dunn(samples: Sequence[np.ndarray]) -> tuple[list[float], list[float]]:
    ranks = stats.rankdata(np.concatenate(samples))
    sizes = np.array([len(each) for each in samples])
    n = len(ranks)
    means = [part.mean() for part in np.split(ranks, np.cumsum(sizes)[:-1])]
    _, ties = np.unique(ranks, return_counts=True)
    variance = n * (n + 1) / 12 - (ties**3 - ties).sum() / (12 * (n - 1))
    pairs = list(combinations(range(len(samples)), 2))
    differences = [float(means[a] - means[b]) for a, b in pairs]
    errors = [np.sqrt(variance * (1 / sizes[a] + 1 / sizes[b])) for a, b in pairs]
    p = 2 * stats.norm.sf(np.abs(differences) / errors)
    return differences, [float(each) for each in multipletests(p, method="holm")[1]]
