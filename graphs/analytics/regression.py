"""Linear regression by ordinary least squares, with the inference of the classical linear model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from pandas.api import types

INTERCEPT = "intercept"
_CONDITION_LIMIT = 30.0


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
    unit. `f` and `f_p` test all slopes at once. `dropped_rows` had a missing value in a column used.

    `condition_number` is that of the predictors and the constant, each scaled to unit length; above 30 the
    predictors overlap so much that single slopes can't be told apart (Belsley, Kuh and Welsch, Regression
    Diagnostics, 1980).
    """

    response: str
    coefficients: tuple[Coefficient, ...]
    residual_sd: float
    residual_df: int
    r_squared: float
    adjusted_r_squared: float
    f: float
    f_p: float
    rows: int
    dropped_rows: int
    condition_number: float

    @property
    def collinear(self) -> bool:
        return self.condition_number > _CONDITION_LIMIT


def fit_linear(frame: pd.DataFrame, response: str, predictors: Sequence[str]) -> Regression:
    """Fit `response` on `predictors` and an intercept; rows with a missing value are dropped and counted.

    Raises ValueError for a column that is missing, named twice, not numeric or constant, for predictors that
    determine one another exactly, and for too few rows.
    """
    if not predictors:
        raise ValueError("A regression needs at least one predictor column.")
    used = [response, *predictors]
    for name in used:
        _check_column(frame, name)
    if len(set(used)) < len(used):
        raise ValueError(f"Each column may be used once in a regression; given were: {', '.join(used)}.")
    data = frame[used].astype(float)
    complete = data[np.isfinite(data.to_numpy()).all(axis=1)]
    design = _design(complete, predictors)
    # Columns of unit length keep digits that raw ones lose: Longley's condition number falls from 5e9 to 4e4.
    lengths = np.linalg.norm(design, axis=0)
    fit = sm.OLS(complete[response].to_numpy(), design / lengths).fit()
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
        for i, term in enumerate([INTERCEPT, *predictors])
    )
    return Regression(
        response=response,
        coefficients=coefficients,
        residual_sd=float(np.sqrt(fit.scale)),
        residual_df=int(fit.df_resid),
        r_squared=float(fit.rsquared),
        adjusted_r_squared=float(fit.rsquared_adj),
        f=float(fit.fvalue),
        f_p=float(fit.f_pvalue),
        rows=len(complete),
        dropped_rows=len(data) - len(complete),
        condition_number=float(np.linalg.cond(design / lengths)),
    )


def _check_column(frame: pd.DataFrame, name: str) -> None:
    if name not in frame.columns:
        existing = ", ".join(f"'{column}'" for column in frame.columns)
        raise ValueError(f"There is no column '{name}'. The columns are: {existing}.")
    if not types.is_numeric_dtype(frame[name]) or types.is_bool_dtype(frame[name]):
        raise ValueError(
            f"A regression needs numbers, and column '{name}' holds none. Choose another column."
        )


def _design(complete: pd.DataFrame, predictors: Sequence[str]) -> np.ndarray:
    """The constant and the predictors as columns, checked so that least squares has one solution."""
    terms = len(predictors) + 1
    if len(complete) <= terms:
        raise ValueError(
            f"{len(complete)} complete rows are too few for {terms} coefficients: "
            f"at least {terms + 1} are needed."
        )
    for name in complete.columns:
        if complete[name].nunique() == 1:
            raise ValueError(
                f"Column '{name}' has the same value in all rows, so nothing can be fitted to it."
            )
    design = np.column_stack([np.ones(len(complete)), complete[list(predictors)].to_numpy()])
    if np.linalg.matrix_rank(design / np.linalg.norm(design, axis=0)) < terms:
        raise ValueError(
            f"The predictors {', '.join(predictors)} determine one another exactly. Leave one of them out."
        )
    return design
