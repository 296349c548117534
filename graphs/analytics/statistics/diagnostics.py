"""Whether a linear regression may be believed: its residuals, the points that move it, overlapping
predictors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.diagnostic import het_breuschpagan
from statsmodels.stats.outliers_influence import variance_inflation_factor
from statsmodels.stats.stattools import durbin_watson

from graphs.analytics.statistics.design import Design, scaled
from graphs.analytics.statistics.groups import Check, normality

POINTS_SHOWN = 5
_ALONE = 1e-9


@dataclass(frozen=True, slots=True)
class Point:
    """A row, by its place among those given (the first is 1), that weighs much in a fit: its residual in the
    response's unit, its leverage (0 to 1) and Cook's distance (1 or more: it moves the whole fit; infinite:
    it decides a coefficient alone)."""

    row: int
    residual: float
    leverage: float
    cooks_distance: float


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """Checks of the residuals and of single rows.

    `normality` is Shapiro and Wilk's test of the residuals; `equal_spread` Breusch and Pagan's in Koenker's
    form (Econometrica 47, 1979; Journal of Econometrics 17, 1981): a small p value says that the spread
    depends on the predictors. `durbin_watson` (Biometrika 37, 1950) is near 2 when neighbours along `order`
    don't resemble each other, towards 0 when they do. `points` are the rows of the largest Cook's distances
    (Technometrics 19, 1977) among the `influential` ones, which exceed 4 / n, and the `high_leverage` ones,
    whose leverage exceeds twice the mean (Hoaglin and Welsch, The American Statistician 32, 1978).

    `inflation` is each term's variance inflation factor: from 10 on others nearly determine it. None stands
    for a single term.
    """

    normality: Check
    equal_spread: Check
    durbin_watson: float | None
    order: str | None
    influential: int
    high_leverage: int
    points: tuple[Point, ...]
    inflation: tuple[float | None, ...]


def diagnose(fit: Any, design: Design, order: pd.Series | None) -> Diagnostics:
    """The diagnostics of a fit by statsmodels' OLS; `order` is the column along which rows follow one
    another."""
    residuals = np.asarray(fit.resid)
    leverage, distance = _influence(fit)
    rows, terms = design.matrix.shape
    influential, high = distance > 4 / rows, leverage > 2 * terms / rows
    numbers = np.flatnonzero(design.rows.to_numpy()) + 1
    worst = np.argsort(-distance, kind="stable")
    named = [place for place in worst if influential[place] or high[place]][:POINTS_SHOWN]
    return Diagnostics(
        normality=normality(residuals, "residuals"),
        equal_spread=_breusch_pagan(residuals, design),
        durbin_watson=None if order is None else _durbin_watson(residuals, order[design.rows]),
        order=None if order is None else str(order.name),
        influential=int(influential.sum()),
        high_leverage=int(high.sum()),
        points=tuple(
            Point(int(numbers[i]), float(residuals[i]), float(leverage[i]), float(distance[i])) for i in named
        ),
        inflation=_inflation(design),
    )


def _influence(fit: Any) -> tuple[np.ndarray, np.ndarray]:
    """Leverages and Cook's distances; that of a row which decides a coefficient alone is infinite."""
    orthogonal, _ = np.linalg.qr(fit.model.exog)
    leverage = np.minimum(1.0, (orthogonal**2).sum(axis=1))
    alone = leverage > 1.0 - _ALONE
    rest = np.where(alone, 1.0, 1.0 - leverage)
    scale = fit.model.exog.shape[1] * max(fit.scale, np.finfo(float).tiny)
    distance = np.asarray(fit.resid) ** 2 * leverage / (scale * rest**2)
    return leverage, np.where(alone, np.inf, distance)


def _breusch_pagan(residuals: np.ndarray, design: Design) -> Check:
    if not np.ptp(residuals):
        return Check("Breusch–Pagan", "residuals", None, None, "all residuals are equal")
    statistic, p, _, _ = het_breuschpagan(residuals, scaled(design.matrix)[0])
    return Check("Breusch–Pagan", "residuals", float(statistic), float(p))


def _durbin_watson(residuals: np.ndarray, order: pd.Series) -> float | None:
    if order.isna().any():
        return None
    return float(durbin_watson(residuals[np.argsort(order.to_numpy(), kind="stable")]))


def _inflation(design: Design) -> tuple[float | None, ...]:
    if len(design.terms) == 1:
        return (None,)
    unit, _ = scaled(design.matrix)
    return tuple(float(variance_inflation_factor(unit, place + 1)) for place in range(len(design.terms)))
