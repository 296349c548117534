"""Regressions in words: coefficients with intervals, how well they fit, and what to beware of."""

from __future__ import annotations

from collections.abc import Sequence
from math import isinf
from typing import TYPE_CHECKING

from graphs.analytics.statistics.statistics_wording import check, interval, left_out, number, p_value, table
from graphs.analytics.tables.wording import notes, rows_of, significant

if TYPE_CHECKING:
    from graphs.analytics.statistics.design import Factor
    from graphs.analytics.statistics.diagnostics import Diagnostics
    from graphs.analytics.statistics.logistic import LogisticRegression
    from graphs.analytics.statistics.prediction import Prediction
    from graphs.analytics.statistics.regression import Regression
    from graphs.analytics.tables.subset import Subset


_EXACT = [
    "- The fit is exact but for the rounding of floating point: standard errors, t, F and p-values are of "
    "that rounding, and there are no residuals to check"
]


def linear(file: str, data: Subset, fit: Regression, unused: Sequence[str]) -> str:
    """A linear regression: coefficients, residual spread and what to beware of."""
    predictors = [each.term for each in fit.coefficients[1:]]
    numbered = "counted among the rows that met the condition" if data.filters else "counted below the heads"
    rows = [
        (
            each.term,
            f"**{significant(each.estimate, 9)}**",
            significant(each.standard_error, 9),
            significant(each.t, 5),
            p_value(each.p),
            interval(each.ci_low, each.ci_high),
            number(inflation, 4),
        )
        for each, inflation in zip(fit.coefficients, [None, *fit.diagnostics.inflation], strict=True)
    ]
    lines = [
        f"**{fit.response}** on {', '.join(predictors)}, by ordinary least squares with an intercept, from "
        f"{fit.rows:,} rows of {rows_of(file, data)}.",
        f"- Residual standard deviation **{significant(fit.residual_sd, 9)}** on {fit.residual_df} df",
        f"- R² **{fit.r_squared:.6g}**, adjusted {fit.adjusted_r_squared:.6g}",
        f"- All slopes together: F = {significant(fit.f)} on {len(predictors)} and {fit.residual_df} df, "
        f"p-value {p_value(fit.f_p)}",
        *left_out(fit.dropped_rows, "with a missing value"),
        *_unused(unused),
        *_references(fit.factors),
        *(_EXACT if fit.exact else _checked(fit.diagnostics)),
        *(
            [
                f"- The predictors overlap (condition number {significant(fit.condition_number, 4)}, above "
                "30): don't read the slopes one by one"
            ]
            if fit.collinear
            else []
        ),
        *notes(data.table),
        "",
        *table(["term", "estimate", "standard error", "t", "p-value", "95 % interval", "VIF"], rows),
        *([] if fit.exact else _points(fit.diagnostics, numbered)),
    ]
    return "\n".join(lines)


def predicted(file: str, data: Subset, found: Prediction) -> str:
    """What a regression predicts, with both intervals and a warning beyond the data."""
    given = " and ".join(f"{name} = {value}" for name, value in found.given.items())
    lines = [
        f"**{found.response}** at {given} is predicted to be **{number(found.mean)}**, by ordinary least "
        f"squares on {', '.join(found.given)} with an intercept, from {found.rows:,} rows of "
        f"{rows_of(file, data)}.",
        f"- 95 % interval of the mean {interval(found.ci_low, found.ci_high)}; of a single new row "
        f"{interval(found.new_low, found.new_high)}",
        f"- R² {found.r_squared:.6g}, residual standard deviation {number(found.residual_sd)}",
        *(
            f"- **Beyond the data**: {name} goes from {number(low)} to {number(high)} in the rows that were "
            "fitted, and nothing tells whether the line goes on outside"
            for name, (low, high) in found.beyond.items()
        ),
        *left_out(found.dropped_rows, "with a missing value"),
        "- The intervals hold for residuals that are normal and equally spread: a regression of "
        f"{found.response} on {', '.join(found.given)} checks that",
        *notes(data.table),
    ]
    return "\n".join(lines)


def logistic(file: str, data: Subset, fit: LogisticRegression, unused: Sequence[str]) -> str:
    """A logistic regression: odds ratios, how well they tell the outcomes apart, and what to beware of."""
    rows = [
        (
            each.term,
            f"**{number(each.odds_ratio)}**",
            interval(each.ci_low, each.ci_high),
            significant(each.estimate),
            significant(each.standard_error),
            significant(each.z, 4),
            p_value(each.p),
        )
        for each in fit.terms
    ]
    lines = [
        f"The odds of **{fit.response} = {fit.success}** (against {fit.failure}), by logistic regression on "
        f"{', '.join(each.term for each in fit.terms[1:])}, from {fit.rows:,} rows of "
        f"{rows_of(file, data)}, of which {fit.successes:,} are {fit.success}.",
        f"- McFadden's R² **{fit.mcfadden:.4g}**; AUC **{fit.auc:.4g}**, fitted and judged on the same rows",
        f"- All predictors together: likelihood ratio {significant(fit.lr)} on {fit.lr_df} df, p-value "
        f"{p_value(fit.lr_p)}; log likelihood {significant(fit.log_likelihood)}, with the intercept alone "
        f"{significant(fit.null_log_likelihood)}",
        "- An odds ratio is for one unit more of its term, the others held; intervals and p-values are "
        "Wald's. The fit converged, and no separation was found",
        *left_out(fit.dropped_rows, "with a missing value"),
        *_unused(unused),
        *_references(fit.factors),
        *_few(fit),
        *notes(data.table),
        "",
        *table(["term", "odds ratio", "95 % interval", "log odds", "standard error", "z", "p-value"], rows),
    ]
    return "\n".join(lines)


def _unused(unused: Sequence[str]) -> list[str]:
    return [f"- Not used, for they hold no numbers: {', '.join(unused)}"] if unused else []


def _references(factors: Sequence[Factor]) -> list[str]:
    return [f"- Terms of {each.column} are against {each.column} = {each.reference}" for each in factors]


def _few(fit: LogisticRegression) -> list[str]:
    """A rule of thumb (Peduzzi et al., Journal of Clinical Epidemiology 49, 1996)."""
    rarer = min(fit.successes, fit.rows - fit.successes)
    terms = len(fit.terms) - 1
    if rarer >= 10 * terms:
        return []
    return [
        f"- Few rows: {rarer} of the rarer outcome for {terms} term{'' if terms == 1 else 's'}, where 10 "
        "for each are usual; odds ratios may be far off"
    ]


def _checked(found: Diagnostics) -> list[str]:
    order = found.durbin_watson
    neighbours = f"; Durbin–Watson along {found.order}: {order:.4g} (2: no neighbours alike)" if order else ""
    failing = {found.normality: "normally distributed", found.equal_spread: "equally spread"}
    doubtful = [words for each, words in failing.items() if each.fails]
    return [
        f"- Checks: {check(found.normality)}; {check(found.equal_spread)}{neighbours}",
        *(
            [f"- Residuals are not {' nor '.join(doubtful)}: p-values and intervals are approximate"]
            if doubtful
            else []
        ),
    ]


def _points(found: Diagnostics, numbered: str) -> list[str]:
    if not found.points:
        return []
    rows = [
        (
            str(point.row),
            significant(point.residual),
            significant(point.leverage, 4),
            "decides a slope alone" if isinf(point.cooks_distance) else significant(point.cooks_distance, 4),
        )
        for point in found.points
    ]
    return [
        "",
        f"Rows that weigh much ({found.influential:,} with a Cook's distance above 4 / n, "
        f"{found.high_leverage:,} with more than twice the mean leverage), the {len(rows)} "
        f"weightiest, {numbered}:",
        "",
        *table(["row", "residual", "leverage", "Cook's distance"], rows),
    ]
