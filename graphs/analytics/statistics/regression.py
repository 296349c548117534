"""Linear regression by ordinary least squares, with the inference of the classical linear model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm

from graphs.analytics.statistics.design import (
    INTERCEPT,
    Design,
    Factor,
    check_columns,
    design_of,
    refuse_singular,
    scaled,
)
from graphs.analytics.statistics.diagnostics import Diagnostics, diagnose
from graphs.analytics.tables.columns import check_varies, numbers

_CONDITION_LIMIT = 30.0
_EXACT = 1e-14


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A term's estimate, in units of the response per unit of the term, with its standard error, t statistic,
    two-sided p value and 95 % confidence interval."""

    term: str
    estimate: float
    standard_error: float
    t: float
    p: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True)
class Regression:
    """A fitted line or plane. `coefficients` starts with the intercept; `residual_sd` is in the response's
    unit. `f` and `f_p` test all slopes at once. `dropped_rows` had a missing value in a column used. A column
    of groups is among `factors`, and its terms are differences from its reference group.

    `condition_number` is that of the predictors and the constant, each scaled to unit length; above 30 the
    predictors overlap so much that single slopes can't be told apart (Belsley, Kuh and Welsch, Regression
    Diagnostics, 1980).
    """

    response: str
    coefficients: tuple[Coefficient, ...]
    factors: tuple[Factor, ...]
    residual_sd: float
    residual_df: int
    r_squared: float
    adjusted_r_squared: float
    f: float
    f_p: float
    rows: int
    dropped_rows: int
    condition_number: float
    diagnostics: Diagnostics

    @property
    def collinear(self) -> bool:
        return self.condition_number > _CONDITION_LIMIT

    @property
    def exact(self) -> bool:
        """Whether the residuals are but the rounding of floating point."""
        return 1 - self.r_squared < _EXACT


def fit_linear(
    frame: pd.DataFrame, response: str, predictors: Sequence[str], *, order: str | None = None
) -> Regression:
    """Fit `response` on `predictors` and an intercept; rows with a missing value are dropped and counted.

    A predictor of text or truth values becomes one term for each value but the first (see `design_of`).
    `order` is a column of dates or numbers along which the rows follow one another, for the Durbin–Watson
    statistic.

    Raises ValueError for a column that is missing, empty, named twice or constant, a response that holds no
    numbers, predictors that determine one another exactly, and too few rows.
    """
    design, fit, lengths = least_squares(frame, response, predictors)
    estimates, errors = fit.params / lengths, fit.bse / lengths
    intervals = fit.conf_int(0.05) / lengths[:, np.newaxis]
    coefficients = tuple(
        Coefficient(
            term=term,
            estimate=float(estimates[i]),
            standard_error=float(errors[i]),
            t=float(fit.tvalues[i]),
            p=float(fit.pvalues[i]),
            ci_low=float(intervals[i][0]),
            ci_high=float(intervals[i][1]),
        )
        for i, term in enumerate([INTERCEPT, *design.terms])
    )
    return Regression(
        response=response,
        coefficients=coefficients,
        factors=design.factors,
        residual_sd=float(np.sqrt(fit.scale)),
        residual_df=int(fit.df_resid),
        r_squared=float(fit.rsquared),
        adjusted_r_squared=float(fit.rsquared_adj),
        f=float(fit.fvalue),
        f_p=float(fit.f_pvalue),
        rows=int(fit.nobs),
        dropped_rows=len(frame) - int(fit.nobs),
        condition_number=float(np.linalg.cond(fit.model.exog)),
        diagnostics=diagnose(fit, design, frame[order] if order else None),
    )


def fitted_and_residuals(frame: pd.DataFrame, response: str, predictors: Sequence[str]) -> pd.DataFrame:
    """The columns "fitted" and "residual" of the rows that the regression uses, in the response's unit.

    Raises ValueError as `fit_linear`.
    """
    _, fit, _ = least_squares(frame, response, predictors)
    return pd.DataFrame({"fitted": fit.fittedvalues, "residual": fit.resid})


def least_squares(
    frame: pd.DataFrame, response: str, predictors: Sequence[str]
) -> tuple[Design, Any, np.ndarray]:
    """The design, statsmodels' fit to its columns scaled to unit length, and these lengths.

    Raises ValueError as `fit_linear`.
    """
    check_columns(frame, response, predictors)
    outcome = numbers(frame, response, "A regression")
    design = design_of(frame, predictors, outcome)
    y = outcome[design.rows]
    check_varies(y, response, "nothing can be fitted to it")
    refuse_singular(design)
    # Columns of unit length keep digits that raw ones lose: Longley's condition number falls from 5e9 to 4e4.
    unit, lengths = scaled(design.matrix)
    return design, sm.OLS(y.to_numpy(), unit).fit(), lengths
