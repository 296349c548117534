"""Logistic regression: how the odds of an outcome of two values depend on predictors."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import optimize, stats
from statsmodels.tools.sm_exceptions import ConvergenceWarning

from graphs.analytics.statistics.design import (
    INTERCEPT,
    Factor,
    check_columns,
    design_of,
    refuse_singular,
    standardised,
)
from graphs.analytics.tables.columns import groups

_ITERATIONS = 100
_TOLERANCE, _ROUNDING = 1e-7, 1e-9
_Z = float(stats.norm.ppf(0.975))


@dataclass(frozen=True, slots=True)
class OddsTerm:
    """A term's coefficient in log odds, with its standard error, Wald's z and two-sided p value, and the
    ratio of the odds for one unit more of the term with Wald's 95 % interval."""

    term: str
    estimate: float
    standard_error: float
    z: float
    p: float
    odds_ratio: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True)
class LogisticRegression:
    """Modelled are the odds of `success` against `failure`, the response's two values. `terms` starts with
    the intercept. `lr` with `lr_df` degrees of freedom is the likelihood-ratio statistic against the
    intercept alone.

    `mcfadden` is 1 less the ratio of the log likelihoods with and without predictors (McFadden, in Frontiers
    in Econometrics, 1974); `auc` is the area under the ROC curve in the rows that were fitted: the share of
    pairs of a success and a failure in which the success has the higher fitted probability (Hanley and
    McNeil, Radiology 143, 1982). `successes` of `rows` rows have the outcome; `dropped_rows` had a missing
    value.
    """

    response: str
    success: str
    failure: str
    terms: tuple[OddsTerm, ...]
    factors: tuple[Factor, ...]
    log_likelihood: float
    null_log_likelihood: float
    lr: float
    lr_df: int
    lr_p: float
    mcfadden: float
    auc: float
    rows: int
    successes: int
    dropped_rows: int


def fit_logistic(
    frame: pd.DataFrame, response: str, predictors: Sequence[str], success: str | None = None
) -> LogisticRegression:
    """Fit the log odds of `response` on `predictors` and an intercept by maximum likelihood.

    `success` is the value whose odds are modelled; by default the higher number, true, or the later text by
    the alphabet.

    Raises ValueError for a column that is missing, empty, named twice or constant, a response without exactly
    two values, a `success` that is none of them, predictors that determine one another or separate the
    outcomes, too few rows, and a fit that doesn't converge.
    """
    check_columns(frame, response, predictors)
    outcomes = groups(frame, response)
    failure, success = _outcomes(outcomes, response, success)
    design = design_of(frame, predictors, outcomes)
    y = (outcomes[design.rows] == success).to_numpy().astype(float)
    if len(set(y)) < 2:
        raise ValueError(
            f"'{response}' is '{success if y[0] else failure}' in all {len(y)} rows that have every "
            "predictor, so nothing can be fitted to it. Use fewer predictors."
        )
    refuse_singular(design)
    # means far from 0 and units of any size cost the iterations digits, or their convergence
    moved, back = standardised(design.matrix)
    _refuse_separation(moved, design.origins, y, response)
    fit = _converged(y, moved)
    estimates = back @ fit.params
    errors = np.sqrt(np.diag(back @ fit.cov_params() @ back.T))
    z = estimates / errors
    with np.errstate(over="ignore"):  # the ratio for one unit may be beyond floating point: infinite
        ratios, low, high = (np.exp(estimates + side * _Z * errors) for side in (0, -1, 1))
    return LogisticRegression(
        response=response,
        success=success,
        failure=failure,
        terms=tuple(
            OddsTerm(
                term=term,
                estimate=float(estimates[i]),
                standard_error=float(errors[i]),
                z=float(z[i]),
                p=float(2 * stats.norm.sf(abs(z[i]))),
                odds_ratio=float(ratios[i]),
                ci_low=float(low[i]),
                ci_high=float(high[i]),
            )
            for i, term in enumerate([INTERCEPT, *design.terms])
        ),
        factors=design.factors,
        log_likelihood=float(fit.llf),
        null_log_likelihood=float(fit.llnull),
        lr=float(fit.llr),
        lr_df=int(fit.df_model),
        lr_p=float(fit.llr_pvalue),
        mcfadden=float(fit.prsquared),
        auc=_auc(y, fit.predict()),
        rows=len(y),
        successes=int(y.sum()),
        dropped_rows=len(frame) - len(y),
    )


def _outcomes(outcomes: pd.Series, response: str, success: str | None) -> tuple[str, str]:
    """The value that counts as 0, and the one that counts as 1."""
    levels = list(outcomes.cat.categories)
    if len(levels) != 2:
        shown = ", ".join(levels[:5]) + (", …" if len(levels) > 5 else "")
        raise ValueError(
            f"A logistic regression explains a column of two values, and '{response}' has {len(levels):,}: "
            f"{shown}. Choose another column, or fit a linear regression if it holds amounts."
        )
    if success is None:
        return levels[0], levels[1]
    chosen = [level for level in levels if level.casefold() == str(success).casefold()]
    if not chosen:
        raise ValueError(
            f"'{response}' has no value '{success}'. Its values are {levels[0]} and {levels[1]}."
        )
    return next(level for level in levels if level != chosen[0]), chosen[0]


def _refuse_separation(matrix: np.ndarray, origins: Sequence[str], y: np.ndarray, response: str) -> None:
    """Raise ValueError when predictors tell the outcomes apart without error, wholly or but for ties: then
    the likelihood has no maximum (Albert and Anderson, Biometrika 71, 1984). Found by linear programming
    (Konis, Linear programming algorithms for detecting separated data, thesis, Oxford, 2007)."""
    signed = matrix * np.where(y == 1, 1.0, -1.0)[:, np.newaxis]
    found = optimize.linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(y)), bounds=(-1, 1))
    if found.status != 0 or -found.fun < _TOLERANCE or (signed @ found.x).min() < -_ROUNDING:
        return
    blamed = [name for name, weight in zip(origins, found.x[1:], strict=True) if abs(weight) > _TOLERANCE]
    raise ValueError(
        f"{' and '.join(dict.fromkeys(blamed))} {'tell' if len(set(blamed)) > 1 else 'tells'} the values of "
        f"'{response}' apart without error in some or all rows (separation), so odds ratios would be "
        "infinite. Leave such a predictor out, merge groups that have one outcome only, or collect more rows."
    )


def _converged(y: np.ndarray, unit: np.ndarray) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            return sm.Logit(y, unit).fit(disp=0, maxiter=_ITERATIONS, method="newton", tol=1e-10)
        except (ConvergenceWarning, np.linalg.LinAlgError) as error:
            raise ValueError(
                f"The fit did not converge in {_ITERATIONS} iterations. Use fewer predictors, or more rows."
            ) from error


def _auc(y: np.ndarray, fitted: np.ndarray) -> float:
    wins = stats.mannwhitneyu(fitted[y == 1], fitted[y == 0]).statistic
    return float(wins / ((y == 1).sum() * (y == 0).sum()))
