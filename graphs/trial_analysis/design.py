"""Sample size and power of a two-arm parallel trial: means, proportions, time to event.

All tests are two-sided. Arm 1 is the reference arm; `ratio` is n2 / n1. The sizes found are the
smallest whole numbers that reach the power; the enrolled sizes are larger by the expected dropout.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, exp, isfinite, log, sqrt

from scipy.stats import f, ncf, norm

MAX_PER_ARM = 1_000_000


@dataclass(frozen=True)
class ArmSizes:
    """Participants per arm: to be analysed (n1, n2), to be enrolled, and the power that n1 and n2 reach."""

    n1: int
    n2: int
    enrolled1: int
    enrolled2: int
    power: float

    @property
    def total(self) -> int:
        return self.n1 + self.n2

    @property
    def enrolled(self) -> int:
        return self.enrolled1 + self.enrolled2


@dataclass(frozen=True)
class EventDriven:
    """An event-driven trial: the events that the log-rank test needs, and the participants to get them.

    `sizes.power` is the power at the whole number of events.
    """

    events: int
    event_probability: float
    sizes: ArmSizes


def cohens_d(difference: float, sd: float) -> float:
    """The standardised difference of two means, in standard deviations. Raises ValueError if sd ≤ 0."""
    if not sd > 0:
        raise ValueError(f"The standard deviation {sd:g} must be above 0, in the unit of the difference.")
    return difference / sd


def t_test_power(effect_size: float, n1: int, n2: int, *, alpha: float = 0.05) -> float:
    """Power of the two-sample t-test with equal variances, exact, from the noncentral t distribution.

    `effect_size` is Cohen's d. Both tails count. Cohen, Statistical Power Analysis for the Behavioral
    Sciences (2nd ed. 1988), ch. 2. Raises ValueError for d = 0 or fewer than 2 per arm.
    """
    _require_effect(effect_size)
    _require_level("alpha", alpha)
    _require_arms(n1, n2)
    return _t_power(abs(effect_size), n1, n2, alpha)


def t_test_sample_size(
    effect_size: float, *, alpha: float = 0.05, power: float = 0.8, ratio: float = 1, dropout: float = 0
) -> ArmSizes:
    """The smallest arms with which the two-sample t-test reaches `power` (see `t_test_power`)."""
    _require_effect(effect_size)
    _require_target(alpha, power)
    return _smallest(lambda n1, n2: _t_power(abs(effect_size), n1, n2, alpha), power, ratio, dropout)


def proportions_power(
    p1: float, p2: float, n1: int, n2: int, *, alpha: float = 0.05, continuity: bool = False
) -> float:
    """Power of the chi-squared test of two proportions, by the normal approximation.

    The variance is pooled under the null hypothesis and not under the alternative; the far tail is left
    out: Fleiss, Levin & Paik, Statistical Methods for Rates and Proportions (3rd ed. 2003), ch. 4, for
    equal arms the formula of R's `power.prop.test`. With `continuity` the power of the test with Yates'
    correction, which is close to that of Fisher's exact test: Fleiss, Tytun & Ury, Biometrics 36 (1980)
    343-346. Raises ValueError for equal proportions or ones outside 0 to 1.
    """
    _require_proportions(p1, p2)
    _require_level("alpha", alpha)
    _require_arms(n1, n2)
    return _proportions_power(p1, p2, n1, n2, alpha, continuity=continuity)


def proportions_sample_size(
    p1: float,
    p2: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    ratio: float = 1,
    dropout: float = 0,
    continuity: bool = False,
) -> ArmSizes:
    """The smallest arms with which the test of two proportions reaches `power` (see `proportions_power`)."""
    _require_proportions(p1, p2)
    _require_target(alpha, power)
    return _smallest(
        lambda n1, n2: _proportions_power(p1, p2, n1, n2, alpha, continuity=continuity), power, ratio, dropout
    )


def logrank_events(
    hazard_ratio: float, *, alpha: float = 0.05, power: float = 0.8, ratio: float = 1
) -> float:
    """Events, in both arms together, that the log-rank test needs; not rounded.

    (z_{1-alpha/2} + z_power)² / (π₁ π₂ ln² HR), where π₁ and π₂ are the shares of the arms: Schoenfeld,
    Biometrics 39 (1983) 499-503. Raises ValueError for a hazard ratio of 1 or one that is not above 0.
    """
    _require_hazard_ratio(hazard_ratio)
    _require_target(alpha, power)
    _require_ratio(ratio)
    z = norm.ppf(1 - alpha / 2) + norm.ppf(power)
    return float(z**2 / (_share_product(ratio) * log(hazard_ratio) ** 2))


def logrank_power(hazard_ratio: float, events: int, *, alpha: float = 0.05, ratio: float = 1) -> float:
    """Power of the log-rank test with so many events in both arms together (see `logrank_events`)."""
    _require_hazard_ratio(hazard_ratio)
    _require_level("alpha", alpha)
    _require_ratio(ratio)
    if events < 1:
        raise ValueError(f"The number of events {events} must be at least 1.")
    shift = sqrt(events * _share_product(ratio)) * abs(log(hazard_ratio))
    return float(norm.cdf(shift - norm.ppf(1 - alpha / 2)))


def logrank_sample_size(
    hazard_ratio: float,
    *,
    event_probability: float = 1,
    alpha: float = 0.05,
    power: float = 0.8,
    ratio: float = 1,
    dropout: float = 0,
) -> EventDriven:
    """Events and participants with which the log-rank test reaches `power`.

    `event_probability` is the share of all participants who will have had the event at the analysis; 1
    means that everyone is followed to the event. See `exponential_event_probability` for one way to get it.
    """
    if not 0 < event_probability <= 1:
        raise ValueError(f"The event probability {event_probability:g} must be above 0 and at most 1.")
    events = _whole(logrank_events(hazard_ratio, alpha=alpha, power=power, ratio=ratio))
    n1 = max(2, _whole(events / event_probability / (1 + ratio)))
    n2 = max(2, _whole(n1 * ratio))
    if max(n1, n2) > MAX_PER_ARM:
        raise ValueError(_TOO_SMALL)
    reached = logrank_power(hazard_ratio, events, alpha=alpha, ratio=ratio)
    return EventDriven(events, event_probability, _with_dropout(n1, n2, reached, dropout))


def exponential_event_probability(
    reference_median: float, hazard_ratio: float, *, accrual: float, follow_up: float, ratio: float = 1
) -> float:
    """The share of all participants who have had the event when the trial is analysed.

    Exponential survival, with the reference arm's median given; entry spread evenly over `accrual`, then
    `follow_up` after the last entry, all in one unit of time. Collett, Modelling Survival Data in Medical
    Research (3rd ed. 2015), ch. 15, with the integral in closed form.
    """
    if not reference_median > 0:
        raise ValueError(f"The median survival time {reference_median:g} must be above 0.")
    if hazard_ratio <= 0:
        raise ValueError(f"The hazard ratio {hazard_ratio:g} must be above 0.")
    if accrual < 0 or follow_up < 0 or accrual + follow_up == 0:
        raise ValueError(
            f"Accrual {accrual:g} and follow-up {follow_up:g} can't be negative, and one must be above 0."
        )
    _require_ratio(ratio)
    hazard = log(2) / reference_median
    reference = _event_probability(hazard, accrual, follow_up)
    treated = _event_probability(hazard * hazard_ratio, accrual, follow_up)
    return (reference + ratio * treated) / (1 + ratio)


_TOO_SMALL = (
    f"This effect is so small that the trial would need more than {MAX_PER_ARM:,} participants per arm. "
    "Give a larger effect, or a lower power."
)


def _t_power(effect_size: float, n1: int, n2: int, alpha: float) -> float:
    df = n1 + n2 - 2
    noncentrality = effect_size * sqrt(n1 * n2 / (n1 + n2))
    # t² is F with 1 and df degrees of freedom, so its upper tail holds both tails of t; SciPy's noncentral
    # t gives NaN for the far tail when the effect is large, its noncentral F does not.
    return float(ncf.sf(f.isf(alpha, 1, df), 1, df, noncentrality**2))


def _proportions_power(p1: float, p2: float, n1: int, n2: int, alpha: float, *, continuity: bool) -> float:
    difference = abs(p2 - p1)
    r = n2 / n1
    m = float(n1)
    if continuity:
        # Fleiss, Tytun & Ury's n with correction, solved for the n without it that has the same power.
        m *= max(0.0, 1 - (r + 1) / (2 * r * difference * n1)) ** 2
    pooled = (p1 + r * p2) / (1 + r)
    null_sd = sqrt((r + 1) * pooled * (1 - pooled))
    alternative_sd = sqrt(r * p1 * (1 - p1) + p2 * (1 - p2))
    z = (difference * sqrt(r * m) - norm.ppf(1 - alpha / 2) * null_sd) / alternative_sd
    return float(norm.cdf(z))


def _smallest(power_at: Callable[[int, int], float], target: float, ratio: float, dropout: float) -> ArmSizes:
    _require_ratio(ratio)

    def arms(n1: int) -> tuple[int, int]:
        return n1, max(2, _whole(n1 * ratio))

    low, high = 1, 2
    while power_at(*arms(high)) < target:
        if high == MAX_PER_ARM:
            raise ValueError(_TOO_SMALL)
        low, high = high, min(high * 2, MAX_PER_ARM)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power_at(*arms(middle)) >= target else (middle, high)
    return _with_dropout(*arms(high), power_at(*arms(high)), dropout)


def _with_dropout(n1: int, n2: int, power: float, dropout: float) -> ArmSizes:
    if not 0 <= dropout < 1:
        raise ValueError(f"The dropout {dropout:g} must be a share from 0 up to, but not including, 1.")
    return ArmSizes(n1, n2, _whole(n1 / (1 - dropout)), _whole(n2 / (1 - dropout)), power)


def _event_probability(hazard: float, accrual: float, follow_up: float) -> float:
    if accrual == 0:
        return 1 - exp(-hazard * follow_up)
    still_free = (exp(-hazard * follow_up) - exp(-hazard * (accrual + follow_up))) / (hazard * accrual)
    return 1 - still_free


def _share_product(ratio: float) -> float:
    return ratio / (1 + ratio) ** 2


def _whole(value: float) -> int:
    # 0.1 * 30 must stay 3, not become 4.
    return ceil(value - 1e-9 * max(1.0, value))


def _require_effect(effect_size: float) -> None:
    if effect_size == 0 or not isfinite(effect_size):
        raise ValueError(
            f"The effect size {effect_size:g} must be a number other than 0, in standard deviations."
        )


def _require_proportions(p1: float, p2: float) -> None:
    for p in (p1, p2):
        if not 0 < p < 1:
            raise ValueError(f"The proportion {p:g} must lie between 0 and 1 (write 40 % as 0.4).")
    if p1 == p2:
        raise ValueError(f"Both proportions are {p1:g}; there is no difference to detect.")


def _require_hazard_ratio(hazard_ratio: float) -> None:
    if not 0 < hazard_ratio < float("inf") or hazard_ratio == 1:
        raise ValueError(f"The hazard ratio {hazard_ratio:g} must be above 0 and other than 1.")


def _require_level(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"The value {value:g} of {name} must lie between 0 and 1.")


def _require_target(alpha: float, power: float) -> None:
    _require_level("alpha", alpha)
    _require_level("power", power)
    if power <= alpha:
        raise ValueError(f"The power {power:g} must be above alpha, {alpha:g}.")


def _require_arms(n1: int, n2: int) -> None:
    if min(n1, n2) < 2:
        raise ValueError(f"Arms of {n1} and {n2} are too small; each needs at least 2 participants.")


def _require_ratio(ratio: float) -> None:
    if not 0.01 <= ratio <= 100:
        raise ValueError(f"The allocation ratio {ratio:g} (arm 2 to arm 1) must be from 0.01 to 100.")
