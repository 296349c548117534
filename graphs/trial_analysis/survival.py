"""Time-to-event endpoints: Kaplan-Meier curves and the log-rank test (the Cox model is in `cox`).

A participant's time runs from entry to the event or to the end of observation (censored), in one unit
of the caller's choice; the event column holds 1 for the event and 0 for censored.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test

from graphs.trial_analysis.columns import (
    arms_of,
    complete_rows,
    events,
    numbers,
    reference_first,
    require_confidence,
)

TIME, EVENT, ARM = "time", "event", "arm"


@dataclass(frozen=True)
class SurvivalData:
    """Checked rows of one analysis.

    `rows` has the columns time (float, 0 or more), event (bool) and, when there are arms, arm (str), and
    is indexed by the row's number in the caller's table, from 1. `arms` has the reference arm first and is
    empty without arms. `excluded` counts the rows left out because of a blank.
    """

    rows: pd.DataFrame
    arms: tuple[str, ...]
    excluded: int

    @property
    def events(self) -> int:
        return int(self.rows[EVENT].sum())


@dataclass(frozen=True)
class SurvivalStep:
    """The estimate from `time` on. `se` is Greenwood's.

    Where everyone has had the event, neither `se` nor the interval is defined: they are None.
    """

    time: float
    at_risk: int
    events: int
    censored: int
    survival: float
    se: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class SurvivalCurve:
    """The Kaplan-Meier estimate of one arm (`arm` is "all" without arms), from time 0 on.

    `median` is the first time at which survival is 0.5 or less, None when that is not reached; so are the
    limits of its interval.
    """

    arm: str
    n: int
    events: int
    steps: tuple[SurvivalStep, ...]
    median: float | None
    median_ci: tuple[float | None, float | None]
    confidence: float

    def at_risk(self, time: float) -> int:
        """How many are still under observation, without the event, just before `time`."""
        return next((step.at_risk for step in self.steps if step.time >= time), 0)

    def survival_at(self, time: float) -> float:
        """The estimated survival at `time` (0 or later)."""
        return [step.survival for step in self.steps if step.time <= time][-1]


@dataclass(frozen=True)
class ArmEvents:
    """Observed events of one arm, and those expected if all arms had the same hazard."""

    arm: str
    n: int
    observed: int
    expected: float


@dataclass(frozen=True)
class LogRankTest:
    """The log-rank test of equal hazards in all arms; `df` is the number of arms less 1."""

    arms: tuple[ArmEvents, ...]
    chi2: float
    df: int
    p_value: float


def survival_data(
    table: pd.DataFrame,
    time: str,
    event: str,
    arm: str | None = None,
    *,
    event_value: object = None,
    reference: str | None = None,
) -> SurvivalData:
    """Reads and checks the columns of a survival analysis.

    `event_value` says which value of the event column is the event when it does not hold 1 and 0;
    `reference` names the reference arm. Raises ValueError for unusable columns (see `columns`), negative
    times and when nobody had the event.
    """
    rows, excluded = complete_rows(table, [time, event] if arm is None else [time, event, arm])
    checked = pd.DataFrame(
        {TIME: numbers(rows, time, minimum=0), EVENT: events(rows, event, event_value=event_value)}
    )
    if not checked[EVENT].any():
        raise ValueError(
            f"Column {event!r} has no event: all {len(checked)} participants are censored, so survival can't "
            "be estimated. Check which value means that the event happened."
        )
    if arm is None:
        return SurvivalData(checked, (), excluded)
    checked[ARM] = arms_of(rows, arm)
    return SurvivalData(checked, reference_first(checked[ARM], reference), excluded)


def kaplan_meier(data: SurvivalData, *, confidence: float = 0.95) -> tuple[SurvivalCurve, ...]:
    """The Kaplan-Meier curve of each arm, the reference arm first, or one curve without arms.

    Intervals are pointwise, on the log(-log) scale with Greenwood's variance; the median's interval is that
    of Brookmeyer & Crowley, Biometrics 38 (1982) 29-41, on the same scale: Collett, Modelling Survival Data
    in Medical Research (3rd ed. 2015), ch. 2.
    """
    require_confidence(confidence)
    if not data.arms:
        return (_curve("all", data.rows, confidence),)
    return tuple(_curve(arm, data.rows[data.rows[ARM] == arm], confidence) for arm in data.arms)


def logrank_test(data: SurvivalData) -> LogRankTest:
    """The log-rank test over all arms: Mantel, Cancer Chemotherapy Reports 50 (1966) 163-170.

    Raises ValueError for data without arms.
    """
    if not data.arms:
        raise ValueError("The log-rank test compares arms. Name the column that holds the arm.")
    rows = data.rows
    test = multivariate_logrank_test(rows[TIME], rows[ARM], rows[EVENT])
    expected = _expected_events(data)
    return LogRankTest(
        arms=tuple(
            ArmEvents(arm, int(own.size), int(own.sum()), expected[arm])
            for arm in data.arms
            for own in [rows.loc[rows[ARM] == arm, EVENT]]
        ),
        chi2=float(test.test_statistic),
        df=len(data.arms) - 1,
        p_value=float(test.p_value),
    )


def _curve(arm: str, rows: pd.DataFrame, confidence: float) -> SurvivalCurve:
    fitter = KaplanMeierFitter(alpha=1 - confidence).fit(rows[TIME], rows[EVENT])
    table = fitter.event_table
    survival = fitter.survival_function_.iloc[:, 0].to_numpy()
    limits = fitter.confidence_interval_.to_numpy()
    at_risk, observed = table["at_risk"].to_numpy(float), table["observed"].to_numpy(float)
    surviving = at_risk - observed
    hazard_variance = np.divide(
        observed, at_risk * surviving, out=np.zeros_like(observed), where=surviving > 0
    ).cumsum()
    steps = []
    for i, time in enumerate(table.index):
        defined = survival[i] > 0
        steps.append(
            SurvivalStep(
                time=float(time),
                at_risk=int(at_risk[i]),
                events=int(observed[i]),
                censored=int(table["censored"].iloc[i]),
                survival=float(survival[i]),
                se=float(survival[i] * np.sqrt(hazard_variance[i])) if defined else None,
                lower=float(limits[i, 0]) if defined else None,
                upper=float(limits[i, 1]) if defined else None,
            )
        )
    return SurvivalCurve(
        arm=arm,
        n=len(rows),
        events=int(rows[EVENT].sum()),
        steps=tuple(steps),
        median=_first_half((step.time, step.survival) for step in steps),
        median_ci=(
            _first_half((step.time, step.lower) for step in steps),
            _first_half((step.time, step.upper) for step in steps),
        ),
        confidence=confidence,
    )


def _first_half(points: Iterable[tuple[float, float | None]]) -> float | None:
    # The tolerance keeps a product such as 0.9 * 5 / 9 from missing one half by its last digit.
    return next((time for time, share in points if share is not None and share <= 0.5 + 1e-12), None)


def _expected_events(data: SurvivalData) -> dict[str, float]:
    rows = data.rows
    event_times, deaths = np.unique(rows.loc[rows[EVENT], TIME], return_counts=True)
    hazard = deaths / _still_at_risk(rows[TIME], event_times)
    return {
        arm: float(hazard @ _still_at_risk(rows.loc[rows[ARM] == arm, TIME], event_times))
        for arm in data.arms
    }


def _still_at_risk(times: pd.Series, at: np.ndarray) -> np.ndarray:
    return len(times) - np.searchsorted(np.sort(times), at, side="left")
