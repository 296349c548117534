"""Whether the shares of one column of groups differ between the groups of another: a table of counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.contingency_tables import Table2x2

from graphs.analytics.statistics import effects
from graphs.analytics.statistics.effects import Effect
from graphs.analytics.tables.columns import check_different, groups

MOST_LEVELS = 30
_LEAST_EXPECTED = 5.0
_RESAMPLES, _SEED = 9_999, 1


@dataclass(frozen=True, slots=True)
class OddsRatio:
    """How many times as high the odds of `outcome` are in group `group` as in group `reference`, by the
    sample's cross product with Woolf's 95 % interval (Annals of Human Genetics 19, 1955)."""

    outcome: str
    group: str
    reference: str
    value: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True)
class Contingency:
    """Counts of `outcome` (the columns) in the groups of `by` (the rows), and the test of their independence.

    `shares` are those of each row. `statistic` is chi-square, None for Fisher's test; `small_cells` counts
    the cells where fewer than 5 rows are expected and `least_expected` is the smallest such number. `dropped`
    rows lacked one of the two values.
    """

    outcome: str
    by: str
    outcomes: tuple[str, ...]
    groups: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    shares: tuple[tuple[float, ...], ...]
    test: str
    reason: str
    statistic: float | None
    df: int | None
    p: float
    least_expected: float
    small_cells: int
    effect: Effect
    odds_ratio: OddsRatio | None
    rows: int
    dropped: int


def compare_shares(frame: pd.DataFrame, outcome: str, by: str) -> Contingency:
    """Test whether the shares of `outcome` differ between the groups of `by`.

    Pearson's chi-square without a continuity correction when Cochran's rule holds (Biometrics 10, 1954: no
    expected count under 1, and at most a fifth of them under 5); else Fisher's exact test for two by two, and
    chi-square with a p value from 9,999 seeded permutations for larger tables.

    Raises ValueError for columns that don't exist, are empty or the same, have fewer than two values or more
    than 30.
    """
    check_different([outcome, by], "a comparison of shares")
    table = pd.crosstab(groups(frame, by), groups(frame, outcome))
    for name, size in zip((by, outcome), table.shape, strict=True):
        if not 2 <= size <= MOST_LEVELS:
            raise ValueError(
                f"A comparison of shares takes columns with 2 to {MOST_LEVELS} values, and '{name}' has "
                f"{size}. Choose another column, or compare its mean between groups."
            )
    counts = table.to_numpy()
    expected = stats.contingency.expected_freq(counts)
    small = int((expected < _LEAST_EXPECTED).sum())
    fits = expected.min() >= 1 and small <= counts.size / 5
    chi2 = stats.chi2_contingency(counts, correction=False)
    test, reason, p = _test(counts, small, fits)
    rows = int(counts.sum())
    return Contingency(
        outcome=outcome,
        by=by,
        outcomes=tuple(map(str, table.columns)),
        groups=tuple(map(str, table.index)),
        counts=tuple(tuple(map(int, row)) for row in counts),
        shares=tuple(tuple(map(float, row / row.sum())) for row in counts),
        test=test,
        reason=reason,
        statistic=None if test.startswith("Fisher") else float(chi2.statistic),
        df=None if test.startswith("Fisher") else int(chi2.dof),
        p=float(chi2.pvalue) if p is None else p,
        least_expected=float(expected.min()),
        small_cells=small,
        effect=effects.cramers_v(float(chi2.statistic), rows, (counts.shape[0], counts.shape[1])),
        odds_ratio=_odds_ratio(table) if counts.shape == (2, 2) and counts.min() > 0 else None,
        rows=rows,
        dropped=len(frame) - rows,
    )


def _test(counts: np.ndarray, small: int, fits: bool) -> tuple[str, str, float | None]:
    """The test, the reason, and its p value unless it is chi-square's own."""
    if fits:
        enough = (
            f"fewer than 5 rows are expected in {small} of {counts.size} cells only, fewer than 1 in none"
        )
        return "Pearson's chi-square test", enough if small else "enough rows are expected in each cell", None
    reason = f"fewer than 5 rows are expected in {small} of {counts.size} cells"
    if counts.shape == (2, 2):
        return "Fisher's exact test", reason, float(stats.fisher_exact(counts).pvalue)
    # tables with these totals are what permuted rows give; drawing them takes no longer for more rows
    method = stats.MonteCarloMethod(n_resamples=_RESAMPLES, rng=np.random.default_rng(_SEED))
    found = stats.chi2_contingency(counts, correction=False, method=method)
    return "chi-square test with 9,999 permutations", reason, float(found.pvalue)


def _odds_ratio(table: pd.DataFrame) -> OddsRatio:
    """Of the second outcome, in the second group against the first."""
    found = Table2x2(table.to_numpy())
    low, high = found.oddsratio_confint(0.05)
    reference, group = map(str, table.index)
    return OddsRatio(str(table.columns[1]), group, reference, float(found.oddsratio), float(low), float(high))
