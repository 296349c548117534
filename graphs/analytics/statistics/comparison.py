"""Whether a column of numbers differs between groups: the test that fits the data, and why it was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.oneway import anova_oneway

from graphs.analytics.statistics import effects, posthoc
from graphs.analytics.statistics.effects import Effect
from graphs.analytics.statistics.groups import (
    Check,
    GroupSummary,
    Sample,
    Samples,
    equal_spread,
    normality,
    split,
    summarised,
)
from graphs.analytics.statistics.posthoc import Difference
from graphs.analytics.tables.columns import existing, groups, numbers

Method = Literal["auto", "means", "ranks"]
LARGE_GROUP = 30
"""From so many values on, a mean is near enough to normal whatever the values are (central limit theorem)."""

_LEAST_PAIRS = 3
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Comparison:
    """The answer to whether groups differ.

    `statistic` (called `symbol`) has `df` degrees of freedom, none for tests of ranks of two groups. With two
    groups `difference` is the first one's mean less the second one's (paired: the mean of the differences),
    in the measure's unit, with its 95 % interval in tests of means. `pairs_of` is the column that pairs the
    rows. `dropped` rows had no value, no group or no partner.
    """

    measure: str
    by: str
    pairs_of: str | None
    groups: tuple[GroupSummary, ...]
    checks: tuple[Check, ...]
    test: str
    reason: str
    symbol: str
    statistic: float
    df: tuple[float, ...]
    p: float
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    effect: Effect
    post_hoc: str
    differences: tuple[Difference, ...]
    rows: int
    dropped: int


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a test found, before it is set beside its groups and checks."""

    test: str
    symbol: str
    statistic: float
    df: tuple[float, ...]
    p: float
    effect: Effect
    ci: tuple[float | None, float | None] = (None, None)
    post_hoc: str = ""
    differences: tuple[Difference, ...] = ()


def compare_groups(frame: pd.DataFrame, measure: str, by: str, method: Method = "auto") -> Comparison:
    """Compare `measure` between the groups of `by`.

    By default means are compared without assuming equal variances (Welch, Biometrika 34, 1947, and 38, 1951;
    Delacre, Lakens and Leys, International Review of Social Psychology 30, 2017, on why by default), but
    ranks (Mann and Whitney, 1947; Kruskal and Wallis, 1952) when a group is not normal and one has fewer than
    30 values, or when one of three or more doesn't vary.
    For three groups or more the pairs follow: Games and Howell's after means, Dunn's after ranks.

    Raises ValueError as `groups.split` does, and when a group without spread leaves means with no test.
    """
    samples = split(frame, measure, by)
    checks = [normality(each.values, each.name) for each in samples.groups]
    two = len(samples.groups) == 2
    flat = [each.name for each in samples.groups if not np.ptp(each.values)]
    if method == "auto" and flat and not two:
        by_ranks, reason = True, f"all values of {flat[0]} are the same, and means need spread in each group"
    else:
        by_ranks, reason = _chosen(method, checks, min(len(each) for each in samples.values))
        reason += "" if by_ranks or method != "auto" else ". Equal variances are not assumed"
    if by_ranks:
        found = _mann_whitney(*samples.values) if two else _kruskal_wallis(samples)
    else:
        if flat and not two:
            raise ValueError(
                f"All values of '{measure}' in group '{flat[0]}' of '{by}' are the same, and Welch's test "
                f"needs spread in each. Compare ranks, or leave the group out: where {by} != {flat[0]}."
            )
        found = _welch_t(*samples.values) if two else _welch_anova(samples)
    checks.append(equal_spread(samples.values))
    difference = float(samples.values[0].mean() - samples.values[1].mean()) if two else None
    return _comparison(measure, by, None, samples, tuple(checks), reason, found, difference)


def compare_pairs(
    frame: pd.DataFrame, measure: str, by: str, pairs_of: str, method: Method = "auto"
) -> Comparison:
    """Compare `measure` between the two groups of `by` within the pairs of rows that share a value of
    `pairs_of`.

    By default Student's paired t test, but Wilcoxon's signed ranks (Biometrics 1, 1945; zeros dropped; exact
    up to 50 pairs without ties and 13 with) when fewer than 30 differences are not normal.

    Raises ValueError for columns that don't exist, are empty or of the wrong type, for more or less than two
    groups, for two rows of one group in a pair, fewer than 3 pairs, and differences that are all the same.
    """
    values, keys = numbers(frame, measure, "A comparison"), groups(frame, by)
    names = list(keys.cat.categories)
    if len(names) != 2:
        raise ValueError(
            f"Pairs are compared between two groups, and '{by}' has {len(names)}. Keep two of them: where "
            f"{by} in (one, other)."
        )
    rows = pd.DataFrame({"value": values, "group": keys, "pair": existing(frame, pairs_of)}).dropna()
    twice = rows[rows.duplicated(["group", "pair"])]
    if len(twice):
        raise ValueError(
            f"{pairs_of} {twice['pair'].iloc[0]} has more than one row in group '{twice['group'].iloc[0]}' "
            f"of '{by}', and a pair has one in each. Name the column that says which rows belong together."
        )
    pairs = rows.pivot_table("value", "pair", "group", observed=False, dropna=False).dropna()
    if len(pairs) < _LEAST_PAIRS:
        raise ValueError(
            f"{len(pairs)} values of '{pairs_of}' have a row in both groups of '{by}', and at least "
            f"{_LEAST_PAIRS} are needed."
        )
    first, second = (pairs[name].to_numpy() for name in names)
    differences = _differences(first, second)
    if not np.ptp(differences):
        raise ValueError(
            f"All differences of '{measure}' within pairs are {differences[0]:g}, so chance can't be told "
            "from them."
        )
    check = normality(differences, "the differences")
    by_ranks, reason = _chosen(method, [check], len(differences))
    unchanged = int((differences == 0).sum())
    if by_ranks and unchanged:
        reason += f". The {unchanged} of {len(differences)} pairs without a difference have no rank"
    found = _wilcoxon(differences) if by_ranks else _paired_t(differences)
    samples = Samples((Sample(names[0], first), Sample(names[1], second)), len(frame) - 2 * len(pairs))
    return _comparison(measure, by, pairs_of, samples, (check,), reason, found, float(differences.mean()))


def _differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The differences to 12 digits of the largest value: 0.3 - 0.2 and 0.2 - 0.1 are tied."""
    largest = float(max(np.abs(first).max(), np.abs(second).max())) or 1.0
    return np.round((first - second) / largest, _DIGITS) * largest


def _chosen(method: Method, checks: Sequence[Check], smallest: int) -> tuple[bool, str]:
    """Whether ranks are compared, and why; `smallest` is the size of the smallest group."""
    failing = [check.of for check in checks if check.fails]
    if method == "means" and failing and smallest < LARGE_GROUP:
        return (
            False,
            f"as asked, though not normal: {', '.join(failing)}, with {smallest} values; compare ranks too",
        )
    if method != "auto":
        return method == "ranks", "as asked"
    if failing and smallest < LARGE_GROUP:
        return True, (
            f"not normal: {', '.join(failing)}; and {smallest} values, the fewest, are too few (under "
            f"{LARGE_GROUP}) for means to be near normal all the same"
        )
    if failing:
        return False, (
            f"not normal: {', '.join(failing)}; but from {LARGE_GROUP} values on means are near normal all "
            "the same"
        )
    if any(check.p is None for check in checks):
        return False, "nothing speaks against normal values, as far as that could be checked (see Checks)"
    return False, "nothing speaks against normal values"


def _welch_t(first: np.ndarray, second: np.ndarray) -> _Outcome:
    found = stats.ttest_ind(first, second, equal_var=False)
    ci = found.confidence_interval(0.95)
    return _Outcome(
        "Welch's t test",
        "t",
        float(found.statistic),
        (float(found.df),),
        float(found.pvalue),
        effects.hedges_g(first, second),
        (float(ci.low), float(ci.high)),
    )


def _paired_t(differences: np.ndarray) -> _Outcome:
    found = stats.ttest_1samp(differences, 0.0)
    ci = found.confidence_interval(0.95)
    return _Outcome(
        "Student's paired t test",
        "t",
        float(found.statistic),
        (float(found.df),),
        float(found.pvalue),
        effects.hedges_g_paired(differences),
        (float(ci.low), float(ci.high)),
    )


def _mann_whitney(first: np.ndarray, second: np.ndarray) -> _Outcome:
    found = stats.mannwhitneyu(first, second)
    u = float(found.statistic)
    effect = effects.rank_biserial(first, second, u)
    return _Outcome("Mann–Whitney test", "U", u, (), float(found.pvalue), effect)


def _wilcoxon(differences: np.ndarray) -> _Outcome:
    found = stats.wilcoxon(differences, correction=True)
    effect = effects.rank_biserial_paired(differences)
    return _Outcome("Wilcoxon signed-rank test", "W", float(found.statistic), (), float(found.pvalue), effect)


def _welch_anova(samples: Samples) -> _Outcome:
    found = anova_oneway(samples.values, use_var="unequal", welch_correction=True)
    df = (float(found.df_num), float(found.df_denom))
    f = float(found.statistic)
    return _Outcome(
        "Welch's ANOVA",
        "F",
        f,
        df,
        float(found.pvalue),
        effects.omega_squared(f, df, samples.rows),
        post_hoc="Games–Howell",
        differences=posthoc.of_means(samples, "unequal"),
    )


def _kruskal_wallis(samples: Samples) -> _Outcome:
    found = stats.kruskal(*samples.values)
    return _Outcome(
        "Kruskal–Wallis test",
        "H",
        float(found.statistic),
        (float(len(samples.groups) - 1),),
        float(found.pvalue),
        effects.epsilon_squared(float(found.statistic), len(samples.groups) - 1, samples.rows),
        post_hoc="Dunn with Holm's correction",
        differences=posthoc.of_ranks(samples),
    )


def _comparison(
    measure: str,
    by: str,
    pairs_of: str | None,
    samples: Samples,
    checks: tuple[Check, ...],
    reason: str,
    found: _Outcome,
    difference: float | None,
) -> Comparison:
    return Comparison(
        measure=measure,
        by=by,
        pairs_of=pairs_of,
        groups=summarised(samples),
        checks=checks,
        test=found.test,
        reason=reason,
        symbol=found.symbol,
        statistic=found.statistic,
        df=found.df,
        p=found.p,
        difference=difference,
        ci_low=found.ci[0],
        ci_high=found.ci[1],
        effect=found.effect,
        post_hoc=found.post_hoc,
        differences=found.differences,
        rows=samples.rows,
        dropped=samples.dropped,
    )
