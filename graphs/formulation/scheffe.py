"""Scheffé's canonical polynomials, fitted to a mixture experiment by least squares.

The proportions sum to 1, so the models have no intercept and no squares: linear Σ bᵢxᵢ; quadratic adds
bᵢⱼxᵢxⱼ; special cubic adds bᵢⱼₖxᵢxⱼxₖ. Cornell, Experiments with Mixtures (3rd ed. 2002), ch. 2 and 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import f, t

Order = Literal["linear", "quadratic", "special_cubic"]
ORDERS: dict[Order, int] = {"linear": 1, "quadratic": 2, "special_cubic": 3}
# Proportions are often written with two or three digits: 0.333 three times is 0.999.
SUM_TOLERANCE = 0.002


@dataclass(frozen=True)
class Term:
    """A term of the polynomial, e.g. the product of components 0 and 2, and its coefficient.

    The coefficient of a single component is the response that the model expects of it alone; its t-test
    against 0 is seldom of interest. `se`, `t` and `p_value` are None when no degrees of freedom are left.
    """

    name: str
    factors: tuple[int, ...]
    coefficient: float
    se: float | None
    t: float | None
    p_value: float | None


@dataclass(frozen=True)
class LackOfFit:
    """The test of the model against the spread of replicates (pure error); a small p rejects the model."""

    f: float
    df_lack: int
    df_pure: int
    p_value: float
    ss_lack: float
    ss_pure: float


@dataclass(frozen=True)
class ScheffeFit:
    """A fitted model.

    Sums of squares and R² are corrected for the mean (R² = 1 - SSE / Σ(y - ȳ)²), which is what Cornell and
    the common programs report although the model has no intercept. `s` is the residual standard deviation,
    in the response's unit; `press` is the sum of squared leave-one-out errors and `r2_predicted` =
    1 - press / Σ(y - ȳ)². `model_f` tests the model against a constant response. Figures that need degrees
    of freedom which the data don't have are None. `ranges` holds the least and greatest proportion of each
    component in the data. `covariance` is (X'X)⁻¹, to be multiplied by s².
    """

    components: tuple[str, ...]
    response: str
    order: Order
    terms: tuple[Term, ...]
    n: int
    df_residual: int
    s: float | None
    r2: float
    r2_adjusted: float | None
    press: float | None
    r2_predicted: float | None
    model_f: float | None
    model_p: float | None
    lack_of_fit: LackOfFit | None
    ranges: tuple[tuple[float, float], ...]
    excluded: int
    blends: np.ndarray = field(repr=False, compare=False)
    responses: np.ndarray = field(repr=False, compare=False)
    covariance: np.ndarray = field(repr=False, compare=False)

    @property
    def coefficients(self) -> np.ndarray:
        return np.array([term.coefficient for term in self.terms])

    def predict(self, blends: np.ndarray) -> np.ndarray:
        """The expected response of blends, an array of shape (…, components) of proportions."""
        return model_matrix(blends, [term.factors for term in self.terms]) @ self.coefficients

    def standard_error(self, blend: Sequence[float]) -> float | None:
        """The standard error of the expected response of one blend."""
        if self.s is None:
            return None
        row = model_matrix(np.asarray(blend, dtype=float), [term.factors for term in self.terms])
        return float(self.s * np.sqrt(row @ self.covariance @ row))


def fit_scheffe(
    table: pd.DataFrame, components: Sequence[str], response: str, order: Order = "quadratic"
) -> ScheffeFit:
    """Fits the polynomial of `order` to the table's rows, one row a batch.

    The components' columns hold proportions that sum to 1 in each row, or percentages that sum to 100. Rows
    with a blank are left out and counted. Raises ValueError for columns that don't exist or hold no numbers,
    rows that don't sum to 1 or 100 (naming the row, the first being row 1), and for data with too few or too
    similar blends to tell the terms apart.
    """
    if order not in ORDERS:
        raise ValueError(f"There is no Scheffé model {order!r}. Choose from: {', '.join(ORDERS)}.")
    x, y, excluded = _read(table, components, response)
    factors = scheffe_terms(len(components), order)
    matrix = model_matrix(x, factors)
    _require_estimable(matrix, x, order)
    q, r = np.linalg.qr(matrix)
    coefficients = np.linalg.solve(r, q.T @ y)
    inverse_r = np.linalg.inv(r)
    covariance = inverse_r @ inverse_r.T
    residuals = y - matrix @ coefficients
    n, p = matrix.shape
    df = n - p
    sse = float(residuals @ residuals)
    sst = float(((y - y.mean()) ** 2).sum())
    if sst <= 1e-24 * float(y @ y):
        raise ValueError(
            f"Column {response!r} has the same value in every usable row; there is nothing to model."
        )
    s = float(np.sqrt(sse / df)) if df else None
    press = _press(residuals, (q**2).sum(axis=1)) if df else None
    model_f = (sst - sse) / (p - 1) / (sse / df) if df and sse > 0 else None
    return ScheffeFit(
        components=tuple(components),
        response=response,
        order=order,
        terms=_tested_terms(components, factors, coefficients, s, np.diag(covariance), df),
        n=n,
        df_residual=df,
        s=s,
        r2=1 - sse / sst,
        r2_adjusted=1 - sse / df / (sst / (n - 1)) if df else None,
        press=press,
        r2_predicted=None if press is None else 1 - press / sst,
        model_f=model_f,
        model_p=None if model_f is None else float(f.sf(model_f, p - 1, df)),
        lack_of_fit=_lack_of_fit(x, y, sse, df),
        ranges=tuple((float(column.min()), float(column.max())) for column in x.T),
        excluded=excluded,
        blends=x,
        responses=y,
        covariance=covariance,
    )


def scheffe_terms(q: int, order: Order) -> list[tuple[int, ...]]:
    """The terms of the model of q components, each as the components that it multiplies."""
    return [chosen for size in range(1, ORDERS[order] + 1) for chosen in combinations(range(q), size)]


def model_matrix(blends: np.ndarray, factors: Sequence[tuple[int, ...]]) -> np.ndarray:
    """The terms' values at blends of shape (…, components): an array of shape (…, terms)."""
    return np.stack([blends[..., list(chosen)].prod(axis=-1) for chosen in factors], axis=-1)


def _read(
    table: pd.DataFrame, components: Sequence[str], response: str
) -> tuple[np.ndarray, np.ndarray, int]:
    columns = [*components, response]
    missing = [name for name in columns if name not in table.columns]
    if missing:
        known = ", ".join(str(name) for name in table.columns)
        raise ValueError(
            f"The table has no column {', '.join(map(repr, missing))}. Its columns are: {known}."
        )
    if len(components) < 2 or len(set(columns)) < len(columns):
        raise ValueError(
            "Name at least two different columns as components, and another one as the response."
        )
    rows = table.loc[:, columns].set_axis(pd.RangeIndex(1, len(table) + 1), axis=0).dropna()
    if rows.empty:
        raise ValueError("No row of the table has a value for every component and the response.")
    values = rows.apply(pd.to_numeric, errors="coerce").astype(float)
    for name in columns:
        unread = ~np.isfinite(values[name])
        if unread.any():
            row = unread.idxmax()
            raise ValueError(
                f"Row {row} of column {name!r} holds {rows.at[row, name]!r}, which is not a number."
            )
    return _proportions(values[list(components)]), values[response].to_numpy(), len(table) - len(rows)


def _proportions(values: pd.DataFrame) -> np.ndarray:
    total = 100.0 if values.sum(axis=1).median() > 10 else 1.0
    unit = " %" if total == 100 else ""
    negative = (values < 0).any(axis=1)
    if negative.any():
        raise ValueError(f"Row {negative.idxmax()} holds a negative proportion. Proportions are 0 or more.")
    sums = values.sum(axis=1)
    off = (sums - total).abs() > SUM_TOLERANCE * total
    if off.any():
        row = off.idxmax()
        raise ValueError(
            f"The components of row {row} sum to {sums[row]:g}{unit}, not to {total:g}{unit}. "
            "Correct the row, or name all components of the mixture."
        )
    return values.to_numpy() / total


def _require_estimable(matrix: np.ndarray, x: np.ndarray, order: str) -> None:
    blends = len(np.unique(x.round(6), axis=0))
    terms = matrix.shape[1]
    model = order.replace("_", " ")
    remedy = "Add other blends, or fit a simpler model."
    if blends < terms:
        raise ValueError(
            f"The {model} model has {terms} terms, but the data hold only {blends} different blends. {remedy}"
        )
    scaled = matrix / np.maximum(np.linalg.norm(matrix, axis=0), 1e-300)
    if np.linalg.matrix_rank(scaled, tol=1e-9) < terms:
        raise ValueError(
            f"The blends can't tell the {terms} terms of the {model} model apart "
            f"(some components never vary, or always vary together). {remedy}"
        )


def _tested_terms(
    components: Sequence[str],
    factors: Sequence[tuple[int, ...]],
    coefficients: np.ndarray,
    s: float | None,
    unscaled_variance: np.ndarray,
    df: int,
) -> tuple[Term, ...]:
    terms = []
    for chosen, coefficient, variance in zip(factors, coefficients.tolist(), unscaled_variance, strict=True):
        name = " * ".join(components[i] for i in chosen)
        if not s:
            terms.append(Term(name, chosen, coefficient, s, None, None))
            continue
        se = s * float(np.sqrt(variance))
        ratio = coefficient / se
        terms.append(Term(name, chosen, coefficient, se, ratio, float(2 * t.sf(abs(ratio), df))))
    return tuple(terms)


def _press(residuals: np.ndarray, leverage: np.ndarray) -> float | None:
    # A batch that alone determines a coefficient is fitted exactly; without it the model can't be fitted.
    if (leverage > 1 - 1e-9).any():
        return None
    return float(((residuals / (1 - leverage)) ** 2).sum())


def _lack_of_fit(x: np.ndarray, y: np.ndarray, sse: float, df: int) -> LackOfFit | None:
    blend, place = np.unique(x.round(6), axis=0, return_inverse=True)
    place = place.ravel()
    means = np.bincount(place, weights=y) / np.bincount(place)
    ss_pure = float(((y - means[place]) ** 2).sum())
    df_pure = len(y) - len(blend)
    df_lack = df - df_pure
    if df_pure == 0 or df_lack == 0 or ss_pure == 0:
        return None
    ss_lack = max(0.0, sse - ss_pure)
    ratio = ss_lack / df_lack / (ss_pure / df_pure)
    return LackOfFit(ratio, df_lack, df_pure, float(f.sf(ratio, df_lack, df_pure)), ss_lack, ss_pure)
