"""Two-arm comparison of a continuous or a binary endpoint, with confidence intervals.

Every difference and ratio is the treatment arm against the reference arm.
"""

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from math import exp, log, sqrt

import numpy as np
import pandas as pd
from scipy.special import gammaln
from scipy.stats import chi2_contingency, fisher_exact, mannwhitneyu, norm, ttest_ind
from statsmodels.stats.proportion import confint_proportions_2indep

from graphs.trial_analysis.columns import (
    arms_of,
    complete_rows,
    events,
    label,
    numbers,
    reference_first,
    require_confidence,
)

# Above this the table of all pairwise differences would take more than 80 MB.
MAX_PAIRS = 10_000_000
# The exact distribution of the rank-sum statistic is used below this size, as R's wilcox.test does.
EXACT_BELOW = 50

Interval = tuple[float, float]


@dataclass(frozen=True)
class ArmMean:
    """One arm of a continuous endpoint, in the endpoint's unit."""

    arm: str
    n: int
    mean: float
    sd: float
    median: float


@dataclass(frozen=True)
class MeanComparison:
    """Welch's t-test: difference of means (treatment - reference) in the endpoint's unit."""

    treatment: ArmMean
    reference: ArmMean
    difference: float
    difference_ci: Interval
    t: float
    df: float
    p_value: float
    hedges_g: float
    hedges_g_ci: Interval
    confidence: float
    excluded: int


@dataclass(frozen=True)
class RankComparison:
    """The Wilcoxon-Mann-Whitney test.

    `superiority` is the chance that a participant of the treatment arm has a higher value than one of the
    reference arm (ties count half). `shift` is the Hodges-Lehmann estimate in the endpoint's unit; it and its
    interval are None when there are too many pairs to form.
    """

    treatment: ArmMean
    reference: ArmMean
    u: float
    p_value: float
    exact: bool
    superiority: float
    shift: float | None
    shift_ci: Interval | None
    confidence: float
    excluded: int


@dataclass(frozen=True)
class ArmRisk:
    """One arm of a binary endpoint."""

    arm: str
    n: int
    events: int

    @property
    def risk(self) -> float:
        return self.events / self.n


@dataclass(frozen=True)
class RiskComparison:
    """A two-by-two table. A ratio and its interval are None when an empty cell leaves them undefined.

    `chi2` is Pearson's, 1 degree of freedom, without continuity correction; `smallest_expected` is the
    smallest expected count: below 5, `fisher_p` is the one to read.
    """

    treatment: ArmRisk
    reference: ArmRisk
    difference: float
    difference_ci: Interval
    risk_ratio: float | None
    risk_ratio_ci: Interval | None
    odds_ratio: float | None
    odds_ratio_ci: Interval | None
    chi2: float
    chi2_p: float
    fisher_p: float
    smallest_expected: float
    confidence: float
    excluded: int


def compare_means(
    table: pd.DataFrame,
    endpoint: str,
    arm: str,
    *,
    reference: str | None = None,
    treatment: str | None = None,
    confidence: float = 0.95,
) -> MeanComparison:
    """Compares the arms' means by Welch's t-test (unequal variances).

    Hedges' g is the standardised difference with the exact small-sample correction; its interval is the
    normal one of Borenstein et al., Introduction to Meta-Analysis (2009), ch. 4. With more than two arms,
    both `reference` and `treatment` must be named. Raises ValueError for unusable columns (see `columns`)
    and when both arms are constant.
    """
    require_confidence(confidence)
    treated, control, excluded = _continuous_arms(table, endpoint, arm, reference, treatment)
    x, y = treated[1], control[1]
    if np.ptp(x) == 0 and np.ptp(y) == 0:
        raise ValueError(f"Column {endpoint!r} does not vary within either arm, so no t-test is possible.")
    test = ttest_ind(x, y, equal_var=False)
    interval = test.confidence_interval(confidence)
    g, g_ci = _hedges_g(x, y, confidence)
    return MeanComparison(
        treatment=_arm_mean(*treated),
        reference=_arm_mean(*control),
        difference=float(x.mean() - y.mean()),
        difference_ci=(float(interval.low), float(interval.high)),
        t=float(test.statistic),
        df=float(test.df),
        p_value=float(test.pvalue),
        hedges_g=g,
        hedges_g_ci=g_ci,
        confidence=confidence,
        excluded=excluded,
    )


def compare_ranks(
    table: pd.DataFrame,
    endpoint: str,
    arm: str,
    *,
    reference: str | None = None,
    treatment: str | None = None,
    confidence: float = 0.95,
) -> RankComparison:
    """Compares the arms by the Wilcoxon-Mann-Whitney test, for an endpoint that is far from normal.

    Exact when no two values tie and both arms have fewer than 50, else by the normal approximation with
    corrections for ties and continuity. The shift and its interval are those of Hodges & Lehmann and Moses:
    Hollander & Wolfe, Nonparametric Statistical Methods (2nd ed. 1999), sections 4.2 and 4.3. Arguments and
    errors as in `compare_means`.
    """
    require_confidence(confidence)
    treated, control, excluded = _continuous_arms(table, endpoint, arm, reference, treatment)
    x, y = treated[1], control[1]
    if np.ptp(np.r_[x, y]) == 0:
        raise ValueError(f"Every value of column {endpoint!r} is the same, so the arms can't be ranked.")
    exact = max(len(x), len(y)) < EXACT_BELOW and len(np.unique(np.r_[x, y])) == len(x) + len(y)
    test = mannwhitneyu(x, y, method="exact" if exact else "asymptotic")
    shift, shift_ci = _hodges_lehmann(x, y, confidence, exact=exact)
    return RankComparison(
        treatment=_arm_mean(*treated),
        reference=_arm_mean(*control),
        u=float(test.statistic),
        p_value=float(test.pvalue),
        exact=exact,
        superiority=float(test.statistic) / (len(x) * len(y)),
        shift=shift,
        shift_ci=shift_ci,
        confidence=confidence,
        excluded=excluded,
    )


def compare_risks(
    table: pd.DataFrame,
    endpoint: str,
    arm: str,
    *,
    event_value: object = None,
    reference: str | None = None,
    treatment: str | None = None,
    confidence: float = 0.95,
) -> RiskComparison:
    """Compares the arms' risks of an event.

    Risk difference with Newcombe's hybrid score interval (method 10: Newcombe, Statistics in Medicine 17
    (1998) 873-890); risk ratio with Katz's and odds ratio with Woolf's log interval (Agresti, Categorical
    Data Analysis, 2nd ed. 2002, section 3.1). `event_value` says which value of the column is the event when
    it does not hold 1 and 0. Raises ValueError for unusable columns (see `columns`) and when nobody or
    everybody had the event.
    """
    require_confidence(confidence)
    rows, excluded = complete_rows(table, [endpoint, arm])
    happened = events(rows, endpoint, event_value=event_value)
    arms, treated, control = _arm_pair(rows, arm, reference, treatment)
    exposed, compared = (
        ArmRisk(name, int((arms == name).sum()), int(happened[arms == name].sum()))
        for name in (treated, control)
    )
    return _risk_comparison(exposed, compared, confidence, excluded)


def _risk_comparison(treated: ArmRisk, control: ArmRisk, confidence: float, excluded: int) -> RiskComparison:
    counts = np.array([[risk.events, risk.n - risk.events] for risk in (treated, control)])
    if not counts.sum(axis=0).all():
        who = "Nobody" if counts[:, 0].sum() == 0 else "Everybody"
        raise ValueError(
            f"{who} in the arms {treated.arm!r} and {control.arm!r} had the event, so there is no difference "
            "to test. Check the endpoint's column and which value means that the event happened."
        )
    (a, b), (c, d) = counts.tolist()
    pearson = chi2_contingency(counts, correction=False)
    z = norm.ppf(0.5 + confidence / 2)
    # A ratio to nothing is undefined, and so is the log interval with an empty cell.
    risk_ratio = treated.risk / control.risk if c else None
    odds_ratio = a * d / (b * c) if b and c else None
    low, high = confint_proportions_2indep(
        a, treated.n, c, control.n, method="newcomb", compare="diff", alpha=1 - confidence
    )
    return RiskComparison(
        treatment=treated,
        reference=control,
        difference=treated.risk - control.risk,
        difference_ci=(float(low), float(high)),
        risk_ratio=risk_ratio,
        risk_ratio_ci=(
            _log_interval(risk_ratio, z * sqrt(1 / a - 1 / treated.n + 1 / c - 1 / control.n))
            if risk_ratio
            else None
        ),
        odds_ratio=odds_ratio,
        odds_ratio_ci=(
            _log_interval(odds_ratio, z * sqrt(1 / a + 1 / b + 1 / c + 1 / d)) if odds_ratio else None
        ),
        chi2=float(pearson.statistic),
        chi2_p=float(pearson.pvalue),
        fisher_p=float(fisher_exact(counts).pvalue),
        smallest_expected=float(pearson.expected_freq.min()),
        confidence=confidence,
        excluded=excluded,
    )


def _arm_pair(
    rows: pd.DataFrame, arm: str, reference: str | None, treatment: str | None
) -> tuple[pd.Series, str, str]:
    arms = arms_of(rows, arm)
    ordered = reference_first(arms, reference)
    if treatment is None:
        if len(ordered) > 2:
            found = ", ".join(repr(name) for name in ordered)
            raise ValueError(f"Column {arm!r} holds {len(ordered)} arms ({found}). Name the two to compare.")
        return arms, ordered[1], ordered[0]
    if label(treatment) not in ordered or label(treatment) == ordered[0]:
        others = ", ".join(repr(name) for name in ordered[1:])
        raise ValueError(
            f"{treatment!r} can't be compared with the reference arm {ordered[0]!r}. Choose from: {others}."
        )
    return arms, label(treatment), ordered[0]


def _continuous_arms(
    table: pd.DataFrame, endpoint: str, arm: str, reference: str | None, treatment: str | None
) -> tuple[tuple[str, np.ndarray], tuple[str, np.ndarray], int]:
    rows, excluded = complete_rows(table, [endpoint, arm])
    values = numbers(rows, endpoint)
    arms, treated, control = _arm_pair(rows, arm, reference, treatment)
    return (
        (treated, values[arms == treated].to_numpy()),
        (control, values[arms == control].to_numpy()),
        excluded,
    )


def _arm_mean(arm: str, values: np.ndarray) -> ArmMean:
    return ArmMean(
        arm, len(values), float(values.mean()), float(values.std(ddof=1)), float(np.median(values))
    )


def _hedges_g(x: np.ndarray, y: np.ndarray, confidence: float) -> tuple[float, Interval]:
    n1, n2 = len(x), len(y)
    df = n1 + n2 - 2
    pooled_sd = sqrt(((n1 - 1) * x.var(ddof=1) + (n2 - 1) * y.var(ddof=1)) / df)
    d = float(x.mean() - y.mean()) / pooled_sd
    correction = exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / sqrt(df / 2)
    half = norm.ppf(0.5 + confidence / 2) * correction * sqrt(1 / n1 + 1 / n2 + d**2 / (2 * (n1 + n2)))
    g = correction * d
    return g, (float(g - half), float(g + half))


def _hodges_lehmann(
    x: np.ndarray, y: np.ndarray, confidence: float, *, exact: bool
) -> tuple[float | None, Interval | None]:
    pairs = len(x) * len(y)
    if pairs > MAX_PAIRS:
        return None, None
    differences = np.sort(np.subtract.outer(x, y), axis=None)
    rank = _moses_rank(len(x), len(y), 1 - confidence, exact=exact)
    # With very small arms not even the extreme differences reach the level; they are the best there is.
    rank = max(rank, 1)
    return float(np.median(differences)), (float(differences[rank - 1]), float(differences[pairs - rank]))


def _moses_rank(m: int, n: int, alpha: float, *, exact: bool) -> int:
    """The interval runs from the rank-th smallest to the rank-th largest pairwise difference."""
    if not exact:
        spread = sqrt(m * n * (m + n + 1) / 12)
        return round(m * n / 2 - norm.ppf(1 - alpha / 2) * spread)
    cumulative = list(accumulate(_rank_sum_counts(m, n)))
    return bisect_left(cumulative, alpha / 2 * cumulative[-1])


def _rank_sum_counts(m: int, n: int) -> list[int]:
    """How many orderings of m and n values give U = 0, 1, …, mn: the Gaussian binomial's coefficients."""
    # Whole numbers throughout: with floats the alternating steps lose the small counts in the tails.
    counts = [1] + [0] * (m * n)
    for i in range(1, m + 1):
        for u in range(m * n, n + i - 1, -1):
            counts[u] -= counts[u - n - i]
        for u in range(i, m * n + 1):
            counts[u] += counts[u - i]
    return counts


def _log_interval(ratio: float, half: float) -> Interval:
    return exp(log(ratio) - half), exp(log(ratio) + half)
