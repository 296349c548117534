"""Correlation of columns of numbers: coefficients with intervals, corrected for the number of pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, permutations, product
from math import atanh, exp, lgamma, sqrt, tanh
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from graphs.analytics.tables.columns import check_different, check_varies, numbers

Method = Literal["pearson", "spearman", "kendall"]
LEAST_ROWS = 4
MOST_COLUMNS = 30
_COUNTED_ROWS, _ROUNDING = 8, 1e-9
_Z = float(stats.norm.ppf(0.975))


@dataclass(frozen=True, slots=True)
class Pair:
    """The coefficient of two columns over the `n` rows that have both, with its two-sided p value, the p
    value by Holm's correction over all pairs of the analysis, and a 95 % interval (None for ranks that agree
    or disagree throughout)."""

    first: str
    second: str
    n: int
    coefficient: float
    p: float
    p_holm: float
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True, slots=True)
class Correlation:
    """The pairs of several columns. `rows` is the number of the table's rows."""

    method: Method
    columns: tuple[str, ...]
    pairs: tuple[Pair, ...]
    rows: int


def correlate(
    frame: pd.DataFrame, columns: Sequence[str], against: Sequence[str] = (), method: Method = "pearson"
) -> Correlation:
    """Correlate each pair of the columns, or each with each of `against`: Pearson's r, Spearman's rho or
    Kendall's tau-b.

    Intervals are by Fisher's z, with the variance 1 / (n - 3) for Pearson, (1 + r² / 2) / (n - 3) for
    Spearman (Bonett and Wright, Psychometrika 65, 2000) and 0.437 / (n - 4) for Kendall (Fieller, Hartley and
    Pearson, Biometrika 44, 1957). Spearman's p value counts all orders up to 8 rows, and is Student's
    approximation beyond. Each pair uses the rows that have both values.

    Raises ValueError for fewer than two columns or more than 30, for a column that doesn't exist, holds no
    numbers, is empty or constant, and for a pair with fewer than 4 common rows (Kendall: 5).
    """
    names = [*columns, *against]
    if not 2 <= len(names) <= MOST_COLUMNS:
        raise ValueError(f"A correlation needs 2 to {MOST_COLUMNS} columns of numbers, not {len(names)}.")
    check_different(names, "a correlation")
    values = {name: numbers(frame, name, "A correlation") for name in names}
    pairs = list(product(columns, against) if against else combinations(columns, 2))
    found = [_pair(values[first], values[second], method) for first, second in pairs]
    corrected = multipletests([p for _, _, p in found], method="holm")[1]
    return Correlation(
        method=method,
        columns=tuple(names),
        pairs=tuple(
            Pair(first, second, n, coefficient, p, float(holm), *_interval(coefficient, n, method))
            for (first, second), (n, coefficient, p), holm in zip(pairs, found, corrected, strict=True)
        ),
        rows=len(frame),
    )


def _pair(first: pd.Series, second: pd.Series, method: Method) -> tuple[int, float, float]:
    both = pd.concat([first, second], axis=1).dropna()
    least = LEAST_ROWS + (method == "kendall")
    if len(both) < least:
        raise ValueError(
            f"'{first.name}' and '{second.name}' have {len(both)} rows with both values, and their "
            f"correlation needs at least {least}. Leave one of them out, or fill the gaps."
        )
    for name in (first.name, second.name):
        check_varies(both[name], str(name), "it correlates with nothing")
    test = {"pearson": stats.pearsonr, "spearman": stats.spearmanr, "kendall": stats.kendalltau}[method]
    result = test(both.iloc[:, 0], both.iloc[:, 1])
    p = _spearman_p(both) if method == "spearman" else float(result.pvalue)
    # rounding can lift the coefficient of columns that determine one another above 1
    return len(both), max(-1.0, min(1.0, float(result.statistic))), p


def _spearman_p(both: pd.DataFrame) -> float:
    """By Student's t, which for ranks that agree throughout gives 0, no p value is below that of one order
    and its reverse among all n!."""
    n = len(both)
    if n > _COUNTED_ROWS:
        p = float(stats.spearmanr(both.iloc[:, 0], both.iloc[:, 1]).pvalue)
        return max(p, 2 * exp(-lgamma(n + 1)))
    first, second = (stats.rankdata(both.iloc[:, place]) - (n + 1) / 2 for place in (0, 1))
    orders = np.array(list(permutations(second)))
    return float((np.abs(orders @ first) >= abs(first @ second) - _ROUNDING).mean())


def _interval(coefficient: float, n: int, method: Method) -> tuple[float | None, float | None]:
    if abs(coefficient) == 1:
        return (coefficient, coefficient) if method == "pearson" else (None, None)
    variance = {
        "pearson": 1 / (n - 3),
        "spearman": (1 + coefficient**2 / 2) / (n - 3),
        "kendall": 0.437 / (n - 4) if n > 4 else float("nan"),
    }[method]
    reach = _Z * sqrt(variance)
    return tanh(atanh(coefficient) - reach), tanh(atanh(coefficient) + reach)
