"""Comparisons of groups, of shares, and analyses of variance in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graphs.analytics.statistics.statistics_wording import (
    check,
    differs,
    effect,
    interval,
    left_out,
    number,
    p_value,
    table,
)
from graphs.analytics.tables.wording import hidden, notes, rows_of, significant

if TYPE_CHECKING:
    from graphs.analytics.statistics.anova import Anova
    from graphs.analytics.statistics.comparison import Comparison
    from graphs.analytics.statistics.contingency import Contingency
    from graphs.analytics.statistics.groups import GroupSummary
    from graphs.analytics.statistics.posthoc import Difference
    from graphs.analytics.tables.subset import Subset


def compared(file: str, data: Subset, found: Comparison) -> str:
    """A comparison of groups: the verdict, the test and its reason, effect, groups, pairs and checks."""
    within = f" within {found.pairs_of}" if found.pairs_of else ""
    df = f" on {' and '.join(number(each, 4) for each in found.df)} df" if found.df else ""
    why = "without a value, a group or a partner" if found.pairs_of else "without a value or a group"
    lines = [
        differs(found.p, f"**{found.measure}** by {found.by}{within}") + f", in {rows_of(file, data)}.",
        *_difference(found),
        f"- Test: {found.test}, {found.symbol} = **{number(found.statistic)}**{df}, p-value "
        f"**{p_value(found.p)}**",
        f"- Chosen: {found.reason}",
        effect(found.effect),
        f"- Checks: {'; '.join(check(each) for each in found.checks)}",
        *left_out(found.dropped, why),
        *notes(data.table),
        "",
        *_groups(found.by, found.groups),
        *_pairs(found.post_hoc, found.differences),
    ]
    return "\n".join(lines)


def analysed(file: str, data: Subset, found: Anova) -> str:
    """An analysis of variance: its table, the groups, the pairs and the checks of the residuals."""
    partial = "partial " if len(found.factors) > 1 else ""
    heads = ["source", "sum of squares", "df", "mean square", "F", "p-value", f"{partial}η²", f"{partial}ω²"]
    rows = [
        (
            each.source,
            number(each.sum_of_squares, 7),
            f"{each.df:,}",
            number(each.mean_square, 7),
            "" if each.f is None else f"**{number(each.f, 7)}**",
            "" if each.p is None else f"**{p_value(each.p)}**",
            "" if each.eta_squared is None else number(each.eta_squared, 4),
            "" if each.omega_squared is None else number(each.omega_squared, 4),
        )
        for each in found.sources
    ]
    ways = "One-way" if len(found.factors) == 1 else "Two-way"
    cells = [each.group for each in found.groups]
    lines = [
        f"{ways} analysis of variance of **{found.measure}** by {' and '.join(found.factors)}, in "
        f"{rows_of(file, data)}:",
        "",
        *table(heads, rows),
        "",
        f"- R² **{found.r_squared:.6g}**, residual standard deviation {number(found.residual_sd)}",
        *([effect(found.effect)] if found.effect else []),
        *_squares(found),
        f"- Checks: {'; '.join(check(each) for each in found.checks)}",
        *_failing(found),
        *left_out(found.dropped, "without a value or a group"),
        *notes(data.table),
        "",
        *_groups(" and ".join(found.factors), found.groups),
        *hidden(len(cells), "groups"),
        *_pairs("Tukey's HSD" if found.differences else "", found.differences),
    ]
    return "\n".join(lines)


def shares(file: str, data: Subset, found: Contingency) -> str:
    """A table of counts and shares, and the test of independence."""
    df = "" if found.df is None else f" on {found.df} df"
    statistic = "" if found.statistic is None else f" = **{number(found.statistic)}**{df}"
    rows = [
        (
            name,
            *(f"{count:,} ({share:.1%})" for count, share in zip(counts, parts, strict=True)),
            f"{sum(counts):,}",
        )
        for name, counts, parts in zip(found.groups, found.counts, found.shares, strict=True)
    ]
    ratio = found.odds_ratio
    lines = [
        differs(found.p, f"The shares of **{found.outcome}** by {found.by}", many=True)
        + f", in {rows_of(file, data)}.",
        f"- Test: {found.test}{statistic}, p-value **{p_value(found.p)}**",
        f"- Chosen: {found.reason} (the fewest expected: {number(found.least_expected, 4)})",
        effect(found.effect),
        *(
            [
                f"- Odds ratio of {found.outcome} = {ratio.outcome}, {ratio.group} against "
                f"{ratio.reference}: **{number(ratio.value, 4)}** (95 % interval "
                f"{interval(ratio.ci_low, ratio.ci_high)})"
            ]
            if ratio
            else []
        ),
        *left_out(found.dropped, "without one of the two values"),
        *notes(data.table),
        "",
        *table([f"{found.by} \\ {found.outcome}", *found.outcomes, "all"], rows),
        "",
        "Shares are of each row.",
    ]
    return "\n".join(lines)


def _difference(found: Comparison) -> list[str]:
    if found.difference is None:
        return []
    first, second = (each.group for each in found.groups)
    reach = "" if found.ci_low is None else f" (95 % interval {interval(found.ci_low, found.ci_high)})"
    return [f"- Difference of the means, {first} less {second}: **{number(found.difference)}**{reach}"]


def _squares(found: Anova) -> list[str]:
    if found.squares_type is None:
        return []
    adjusted = {"II": "the other factor", "III": "the other factor and the interaction"}[found.squares_type]
    equal = " (with equal groups, as here, all types agree)" if found.balanced else ""
    return [f"- Sums of squares of type {found.squares_type}, adjusted for {adjusted}{equal}"]


def _failing(found: Anova) -> list[str]:
    failing = [each.test for each in found.checks if each.fails]
    if not failing:
        return []
    return [
        f"- {' and '.join(failing)} {'speak' if len(failing) > 1 else 'speaks'} against the assumptions "
        "(normal residuals, equal variances): "
        "compare the groups by Welch's test or by ranks too"
    ]


def _groups(by: str, groups: Sequence[GroupSummary]) -> list[str]:
    rows = [
        (
            each.group,
            f"{each.n:,}",
            f"**{number(each.mean)}**",
            interval(each.ci_low, each.ci_high),
            number(each.sd),
            number(each.median),
        )
        for each in groups
    ]
    return table([by, "n", "mean", "95 % interval", "sd", "median"], rows)


def _pairs(method: str, differences: Sequence[Difference]) -> list[str]:
    if not differences:
        return []
    of = "mean ranks" if differences[0].ci_low is None else "means"
    # the surest differences first: a table shows 30
    ordered = sorted(differences, key=lambda each: each.p)
    rows = [
        (
            f"{each.first} less {each.second}",
            significant(each.difference),
            interval(each.ci_low, each.ci_high),
            "< 1e-10" if each.ci_low is not None and each.p <= 1e-10 else p_value(each.p),
        )
        for each in ordered
    ]
    return [
        "",
        f"Pairs of groups ({method}), differences of {of}:",
        "",
        *table(["pair", "difference", "95 % interval", "p-value"], rows),
        *hidden(len(rows), "pairs"),
    ]
