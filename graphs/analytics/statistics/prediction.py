"""What a linear regression predicts for given values of its predictors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graphs.analytics.statistics.design import Design
from graphs.analytics.statistics.regression import least_squares


@dataclass(frozen=True, slots=True)
class Prediction:
    """The response at `given` by least squares on these columns: its mean with the 95 % confidence interval,
    and the wider 95 % interval in which a single new row is expected, all in the response's unit.

    `beyond` are the given columns whose value lies outside of all rows that were fitted, with these rows'
    least and greatest. `dropped_rows` had a missing value.
    """

    response: str
    given: dict[str, str]
    mean: float
    ci_low: float
    ci_high: float
    new_low: float
    new_high: float
    residual_sd: float
    r_squared: float
    beyond: dict[str, tuple[float, float]]
    rows: int
    dropped_rows: int


def predict(frame: pd.DataFrame, response: str, given: Mapping[str, str]) -> Prediction:
    """Predict `response` at the given values by ordinary least squares on their columns, with intercept.

    Raises ValueError as `regression.fit_linear` does, for a value that is no number where numbers are needed,
    and for a group that the rows don't have.
    """
    design, fit, lengths = least_squares(frame, response, list(given))
    place = _place(design, given)
    (found,) = fit.get_prediction((place / lengths)[np.newaxis]).summary_frame(alpha=0.05).to_dict("records")
    return Prediction(
        response=response,
        given=dict(given),
        mean=float(found["mean"]),
        ci_low=float(found["mean_ci_lower"]),
        ci_high=float(found["mean_ci_upper"]),
        new_low=float(found["obs_ci_lower"]),
        new_high=float(found["obs_ci_upper"]),
        residual_sd=float(np.sqrt(fit.scale)),
        r_squared=float(fit.rsquared),
        beyond=_beyond(design, place),
        rows=int(fit.nobs),
        dropped_rows=len(frame) - int(fit.nobs),
    )


def _place(design: Design, given: Mapping[str, str]) -> np.ndarray:
    """The given values as a row of the design matrix."""
    levels = {factor.column: (factor.reference, *factor.levels) for factor in design.factors}
    row = [1.0]
    for term, column in zip(design.terms, design.origins, strict=True):
        value = given[column]
        if column not in levels:
            row.append(_number(column, value))
            continue
        (level,) = [each for each in levels[column] if each.casefold() == value.casefold()] or [None]
        if level is None:
            raise ValueError(f"'{column}' has no value '{value}'. It has {', '.join(levels[column])}.")
        row.append(float(term == f"{column} = {level}"))
    return np.array(row)


def _number(column: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise ValueError(f"'{column}' holds numbers, and '{value}' is none.") from None


def _beyond(design: Design, place: np.ndarray) -> dict[str, tuple[float, float]]:
    least, greatest = design.matrix.min(axis=0), design.matrix.max(axis=0)
    names = zip(range(1, len(place)), design.origins, strict=True)
    return {
        name: (float(least[i]), float(greatest[i]))
        for i, name in names
        if not least[i] <= place[i] <= greatest[i]
    }
