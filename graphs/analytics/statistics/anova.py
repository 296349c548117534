"""Analysis of variance of one column of numbers by one or two factors, with equal variances assumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from graphs.analytics.statistics import effects, posthoc
from graphs.analytics.statistics.effects import Effect
from graphs.analytics.statistics.groups import (
    Check,
    GroupSummary,
    Sample,
    Samples,
    equal_spread,
    normality,
    split,
    summarised,
)
from graphs.analytics.statistics.posthoc import Difference
from graphs.analytics.tables.columns import check_different, check_varies, groups, numbers

SquaresType = Literal["II", "III"]
_MOST_LEVELS = 30


@dataclass(frozen=True, slots=True)
class Source:
    """A row of the table: sum of squares, degrees of freedom, mean square (all in the measure's unit
    squared), F and its p value, η² (partial, with two factors) and ω² (with two factors partial too). The
    residual's row has no test."""

    source: str
    sum_of_squares: float
    df: int
    mean_square: float
    f: float | None = None
    p: float | None = None
    eta_squared: float | None = None
    omega_squared: float | None = None


@dataclass(frozen=True, slots=True)
class Anova:
    """A table of sources, the last of which is the residual.

    `groups` are the cells: the groups of the factor, or of the two factors' combinations. With one factor
    `effect` is its ω² with an interval, and `differences` are Tukey's between all pairs. With two,
    `squares_type` says what the sums of squares are adjusted for: II for the other factor, III for it and the
    interaction. `r_squared` is the share of the variance that the sources explain.
    """

    measure: str
    factors: tuple[str, ...]
    sources: tuple[Source, ...]
    groups: tuple[GroupSummary, ...]
    checks: tuple[Check, ...]
    squares_type: SquaresType | None
    balanced: bool
    r_squared: float
    residual_sd: float
    effect: Effect | None
    differences: tuple[Difference, ...]
    rows: int
    dropped: int


def one_way(frame: pd.DataFrame, measure: str, factor: str) -> Anova:
    """Fisher's one-way analysis of variance, with Tukey's honestly significant differences.

    Raises ValueError as `groups.split` does.
    """
    samples = split(frame, measure, factor)
    # from the values' own centre, or digits that all of them share are lost (NIST's SmLs07)
    centre = np.concatenate(samples.values).mean()
    centred = [values - centre for values in samples.values]
    between = sum(len(values) * values.mean() ** 2 for values in centred)
    within = sum(((values - values.mean()) ** 2).sum() for values in centred)
    df = (len(centred) - 1, samples.rows - len(centred))
    f = float((between / df[0]) / (within / df[1]))
    residuals = np.concatenate([values - values.mean() for values in centred])
    effect = effects.omega_squared(f, df, samples.rows)
    sources = (
        _source(factor, between, df[0], within / df[1], df[1], samples.rows, within + between),
        Source("residual", float(within), df[1], float(within / df[1])),
    )
    return Anova(
        measure=measure,
        factors=(factor,),
        sources=sources,
        groups=summarised(samples),
        checks=(normality(residuals, "residuals"), equal_spread(centred)),
        squares_type=None,
        balanced=len({len(values) for values in centred}) == 1,
        r_squared=float(between / (between + within)),
        residual_sd=float(np.sqrt(within / df[1])),
        effect=effect,
        differences=posthoc.of_means(samples, "equal"),
        rows=samples.rows,
        dropped=samples.dropped,
    )


def two_way(
    frame: pd.DataFrame, measure: str, factors: tuple[str, str], squares_type: SquaresType = "II"
) -> Anova:
    """Two-way analysis of variance with interaction. Type II sums of squares by default (Langsrud, Statistics
    and Computing 13, 2003); type III with contrasts that sum to zero.

    Raises ValueError for a column that doesn't exist, is empty, constant, of the wrong type or named twice,
    for a factor with more than 30 values, and for combinations of the factors without rows or with one row
    each.
    """
    check_different([measure, *factors], "an analysis of variance")
    data = pd.DataFrame({"y": numbers(frame, measure, "An analysis of variance")})
    for letter, factor in zip("ab", factors, strict=True):
        data[letter] = groups(frame, factor)
    used = data.dropna()
    cells = _cells(used, factors)
    check_varies(used["y"], measure, "nothing can be explained")
    used = used.assign(y=used["y"] - used["y"].mean())
    fit = ols("y ~ C(a, Sum) * C(b, Sum)", used).fit()
    table = anova_lm(fit, typ={"II": 2, "III": 3}[squares_type])
    within, df = float(table.loc["Residual", "sum_sq"]), int(table.loc["Residual", "df"])
    if within <= 1e-12 * float((used["y"] ** 2).sum()):
        raise ValueError(
            f"'{measure}' is the same within each combination of {' and '.join(factors)}: no F test."
        )
    names = {
        "C(a, Sum)": factors[0],
        "C(b, Sum)": factors[1],
        "C(a, Sum):C(b, Sum)": f"{factors[0]} × {factors[1]}",
    }
    sources = [
        _source(
            name,
            float(table.loc[term, "sum_sq"]),
            int(table.loc[term, "df"]),
            within / df,
            df,
            len(used),
            float(table.loc[term, "sum_sq"]) + within,
        )
        for term, name in names.items()
    ]
    parts = [part.to_numpy() for _, part in used.groupby(["a", "b"], observed=True)["y"]]
    return Anova(
        measure=measure,
        factors=factors,
        sources=(*sources, Source("residual", within, df, within / df)),
        groups=cells,
        checks=(normality(np.asarray(fit.resid), "residuals"), equal_spread(parts)),
        squares_type=squares_type,
        balanced=len({len(part) for part in parts}) == 1,
        r_squared=float(fit.rsquared),
        residual_sd=float(np.sqrt(within / df)),
        effect=None,
        differences=(),
        rows=len(used),
        dropped=len(frame) - len(used),
    )


def _cells(used: pd.DataFrame, factors: tuple[str, str]) -> tuple[GroupSummary, ...]:
    """The groups of the two factors' combinations, checked to be there and to leave a residual."""
    for letter, factor in zip("ab", factors, strict=True):
        present = used[letter].nunique()
        if not 2 <= present <= _MOST_LEVELS:
            raise ValueError(
                f"A factor has 2 to {_MOST_LEVELS} values, and '{factor}' has {present} in the rows that "
                "can be used. Choose another column."
            )
    parts = {
        (str(a), str(b)): used["y"][(used["a"] == a) & (used["b"] == b)].to_numpy()
        for a in used["a"].cat.categories
        for b in used["b"].cat.categories
    }
    empty = [f"{a} with {b}" for (a, b), values in parts.items() if not len(values)]
    if empty:
        raise ValueError(
            f"No row has {factors[0]} and {factors[1]} = {empty[0]}, so their interaction can't be told. "
            "Leave a value of one factor out (where …), or analyse one factor at a time."
        )
    if len(used) <= len(parts):
        raise ValueError(
            f"Each combination of {' and '.join(factors)} has one row, which leaves no residual to test "
            "against. Analyse one factor at a time."
        )
    return summarised(Samples(tuple(Sample(f"{a}, {b}", part) for (a, b), part in parts.items()), 0))


def _source(
    name: str, squares: float, df: int, error: float, error_df: int, rows: int, whole: float
) -> Source:
    """A tested source; `whole` is what its share is of: all squares, or its own and the residual's."""
    f = (squares / df) / error
    excess = df * (f - 1)
    return Source(
        source=name,
        sum_of_squares=float(squares),
        df=df,
        mean_square=float(squares / df),
        f=float(f),
        p=float(stats.f.sf(f, df, error_df)),
        eta_squared=float(squares / whole),
        omega_squared=float(max(0.0, excess / (excess + rows))),
    )
