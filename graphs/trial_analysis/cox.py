"""The Cox proportional hazards model: hazard ratios, the model's test, and the check of proportionality."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.exceptions import ConvergenceError
from scipy.stats import chi2, norm

from graphs.trial_analysis.columns import (
    complete_rows,
    events,
    label,
    numbers,
    reference_first,
    require_confidence,
)

MAX_LEVELS = 10
# Per standard deviation of the covariate. Beyond these the likelihood has no maximum (the covariate
# separates events from non-events; the fit merely stopped) or is flat (it nearly copies another covariate).
MAX_COEFFICIENT = 7
MAX_SE = 30

_TIME, _EVENT = "__time__", "__event__"


@dataclass(frozen=True)
class HazardRatio:
    """One coefficient (log hazard ratio per unit of the covariate) with Wald test and interval.

    A covariate of text has one for each level but its reference, named "arm: 6-MP vs placebo".
    """

    covariate: str
    coefficient: float
    se: float
    hazard_ratio: float
    hazard_ratio_ci: tuple[float, float]
    z: float
    p_value: float


@dataclass(frozen=True)
class ProportionalityTest:
    """Small p-values say that the covariate's hazard ratio changes over time."""

    covariate: str
    chi2: float
    df: int
    p_value: float


@dataclass(frozen=True)
class CoxModel:
    """A fitted model. The likelihood ratio test compares it with the model without covariates.

    `proportionality` has one test for each coefficient; `proportionality_global` covers all of them. When
    all events fall at one time there is nothing to test: it is empty, and the other None.
    """

    coefficients: tuple[HazardRatio, ...]
    n: int
    events: int
    log_likelihood: float
    likelihood_ratio: float
    df: int
    p_value: float
    concordance: float
    proportionality: tuple[ProportionalityTest, ...]
    proportionality_global: ProportionalityTest | None
    confidence: float
    excluded: int


def cox_regression(
    table: pd.DataFrame,
    time: str,
    event: str,
    covariates: Sequence[str],
    *,
    event_value: object = None,
    references: Mapping[str, str] | None = None,
    confidence: float = 0.95,
) -> CoxModel:
    """Fits Cox's model by partial likelihood with Efron's handling of ties.

    A covariate of numbers enters as it is; one of text enters as indicators against its reference level
    (`references[covariate]`, or the level that is named like a control arm, or the first). Cox, Journal of
    the Royal Statistical Society B 34 (1972) 187-220; Efron, JASA 72 (1977) 557-565; proportionality by
    Grambsch & Therneau, Biometrika 81 (1994) 515-526, against Kaplan-Meier time, as R's `cox.zph` up to
    survival 2. Raises ValueError for unusable columns (see `columns`), covariates that are constant or depend
    on each other, and a covariate for which no finite estimate exists.
    """
    require_confidence(confidence)
    if not covariates:
        raise ValueError("A Cox model needs at least one covariate. Name the columns to put in.")
    rows, excluded = complete_rows(table, [time, event, *covariates])
    design = _design(rows, covariates, references or {})
    times = numbers(rows, time, minimum=0)
    happened = events(rows, event, event_value=event_value)
    if happened.sum() <= len(design.columns):
        raise ValueError(
            f"There are {happened.sum()} events for {len(design.columns)} coefficients; a Cox model needs "
            "more events than coefficients, and some 10 for each to be trusted. Leave covariates out."
        )
    _require_independent(design)
    fitter = _fit(design, times, happened)
    test = fitter.log_likelihood_ratio_test()
    per_covariate, overall = _proportionality(fitter, design, times, happened)
    return CoxModel(
        coefficients=tuple(_hazard_ratios(fitter, confidence)),
        n=len(design),
        events=int(happened.sum()),
        log_likelihood=float(fitter.log_likelihood_),
        likelihood_ratio=float(test.test_statistic),
        df=len(design.columns),
        p_value=float(test.p_value),
        concordance=float(fitter.concordance_index_),
        proportionality=per_covariate,
        proportionality_global=overall,
        confidence=confidence,
        excluded=excluded,
    )


def _design(rows: pd.DataFrame, covariates: Sequence[str], references: Mapping[str, str]) -> pd.DataFrame:
    parts = []
    for name in covariates:
        if name in references or pd.to_numeric(rows[name], errors="coerce").isna().any():
            parts.append(_indicators(rows[name].map(label), name, references.get(name)))
            continue
        parts.append(numbers(rows, name).rename(name))
    design = pd.concat(parts, axis=1)
    constant = [str(name) for name in design.columns if design[name].nunique() < 2]
    if constant:
        raise ValueError(f"Covariate {constant[0]!r} has the same value in every usable row; leave it out.")
    return design


def _indicators(levels: pd.Series, name: str, reference: str | None) -> pd.DataFrame:
    first, *others = reference_first(levels, reference)
    if not others:
        raise ValueError(
            f"Covariate {name!r} has the same value, {first!r}, in every usable row; leave it out."
        )
    if len(others) >= MAX_LEVELS:
        raise ValueError(
            f"Covariate {name!r} holds {len(others) + 1} different texts, more than {MAX_LEVELS} levels. "
            "Group them, or leave it out."
        )
    return pd.DataFrame({f"{name}: {other} vs {first}": (levels == other).astype(float) for other in others})


def _require_independent(design: pd.DataFrame) -> None:
    standard = (design - design.mean()) / design.std()
    for last in range(2, len(design.columns) + 1):
        if np.linalg.matrix_rank(standard.to_numpy()[:, :last], tol=1e-7 * len(design)) < last:
            earlier = ", ".join(repr(name) for name in design.columns[: last - 1])
            raise ValueError(
                f"Covariate {design.columns[last - 1]!r} can be computed from {earlier}, so their hazard "
                "ratios can't be told apart. Leave one out."
            )


def _fit(design: pd.DataFrame, times: pd.Series, happened: pd.Series) -> CoxPHFitter:
    fitter = CoxPHFitter()
    try:
        fitter.fit(design.assign(**{_TIME: times, _EVENT: happened}), _TIME, _EVENT)
    except ConvergenceError as error:
        raise ValueError(
            "The Cox model has no finite estimate for these covariates: one of them separates those with the "
            "event from those without. Leave covariates out, or group their levels."
        ) from error
    spread = design.std()
    unusable = ((fitter.params_ * spread).abs() > MAX_COEFFICIENT) | (
        fitter.standard_errors_ * spread > MAX_SE
    )
    if unusable.any():
        raise ValueError(
            f"The hazard ratio of covariate {unusable.idxmax()!r} can't be estimated: it separates those "
            "with the event from those without, or nearly copies another covariate. Leave it out, or group "
            "its levels."
        )
    return fitter


def _hazard_ratios(fitter: CoxPHFitter, confidence: float) -> list[HazardRatio]:
    z = float(norm.ppf(0.5 + confidence / 2))
    rows = []
    for name, coefficient in fitter.params_.items():
        se = float(fitter.standard_errors_[name])
        wald = coefficient / se
        rows.append(
            HazardRatio(
                covariate=str(name),
                coefficient=float(coefficient),
                se=se,
                hazard_ratio=exp(coefficient),
                hazard_ratio_ci=(exp(coefficient - z * se), exp(coefficient + z * se)),
                z=float(wald),
                p_value=float(2 * norm.sf(abs(wald))),
            )
        )
    return rows


def _proportionality(
    fitter: CoxPHFitter, design: pd.DataFrame, times: pd.Series, happened: pd.Series
) -> tuple[tuple[ProportionalityTest, ...], ProportionalityTest | None]:
    """Score-like tests of a trend of the Schoenfeld residuals over Kaplan-Meier time.

    lifelines' own test takes the Kaplan-Meier estimate after the event; the published figures come from the
    estimate just before it, which is a value known at the time of the event.
    """
    if times[happened].nunique() < 2:
        return (), None
    training = design.assign(**{_TIME: times, _EVENT: happened})
    residuals = fitter.compute_residuals(training, "schoenfeld")[list(design.columns)]
    km = KaplanMeierFitter().fit(times, happened).survival_function_.iloc[:, 0]
    before = np.searchsorted(km.index.to_numpy(), times[residuals.index].to_numpy(), side="left") - 1
    trend = 1 - np.where(before < 0, 1.0, km.to_numpy()[before])
    trend = trend - trend.mean()
    variance = fitter.variance_matrix_.loc[design.columns, design.columns].to_numpy()
    score = trend @ residuals.to_numpy()
    scale = len(residuals) / (trend @ trend)
    each = scale * (variance @ score) ** 2 / np.diag(variance)
    tests = tuple(_chi2_test(str(name), value, 1) for name, value in zip(design.columns, each, strict=True))
    overall = scale * score @ variance @ score
    return tests, _chi2_test("all covariates", overall, len(design.columns))


def _chi2_test(covariate: str, statistic: float, df: int) -> ProportionalityTest:
    return ProportionalityTest(covariate, float(statistic), df, float(chi2.sf(statistic, df)))
