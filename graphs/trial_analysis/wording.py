"""The results of a trial's analysis in words: short Markdown with every figure that a reader needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graphs.kit.tables.markdown import markdown_table

if TYPE_CHECKING:
    from graphs.trial_analysis.cox import CoxModel
    from graphs.trial_analysis.design import ArmSizes, EventDriven
    from graphs.trial_analysis.endpoint import (
        ArmMean,
        Interval,
        MeanComparison,
        RankComparison,
        RiskComparison,
    )
    from graphs.trial_analysis.roles import SurvivalColumns
    from graphs.trial_analysis.survival import LogRankTest, SurvivalCurve, SurvivalData


def sample_size(test: str, effect: str, sizes: ArmSizes, *, power: float, alpha: float) -> str:
    """The arms that a test needs."""
    lines = [
        f"{test} at a two-sided alpha of {alpha:g} needs **{_arms(sizes.n1, sizes.n2)}**, "
        f"{sizes.total:,} in all, to detect {effect} with a power of {power:.4g}.",
        f"- Power reached with these whole numbers: {sizes.power:.4f}",
    ]
    return "\n".join([*lines, *_enrolment(sizes)])


def power(test: str, effect: str, n1: int, n2: int, *, reached: float, alpha: float) -> str:
    """The power that given arms reach."""
    return (
        f"With {_arms(n1, n2)}, {n1 + n2:,} in all, {test} at a two-sided alpha of {alpha:g} detects "
        f"{effect} with a **power of {reached:.4f}**."
    )


def event_driven(effect: str, trial: EventDriven, *, power: float, alpha: float) -> str:
    """The events and participants that a log-rank test needs."""
    share, sizes = trial.event_probability, trial.sizes
    followed = "everyone is followed to the event" if share == 1 else f"{share:.4f} of them have the event"
    lines = [
        f"The log-rank test at a two-sided alpha of {alpha:g} needs **{trial.events:,} events** to detect "
        f"{effect} with a power of {power:.4g}.",
        f"- When {followed}, that is **{_arms(sizes.n1, sizes.n2)}**, {sizes.total:,} in all",
        f"- Power reached with {trial.events:,} events: {sizes.power:.4f}",
    ]
    return "\n".join([*lines, *_enrolment(sizes)])


def means(file: str, endpoint: str, arm: str, result: MeanComparison) -> str:
    """Two arms compared by Welch's t-test."""
    percent = _percent(result.confidence)
    lines = [
        _compared(file, endpoint, arm, result.treatment.arm, result.reference.arm),
        f"- Difference of the means: **{result.difference:,.6g}** "
        f"({percent} CI {_interval(result.difference_ci)})",
        f"- Welch's t = {result.t:.4f} on {result.df:.2f} df, {p_value(result.p_value)}",
        f"- Hedges' g {result.hedges_g:.4f} ({percent} CI {_interval(result.hedges_g_ci)})",
        *_left_out(result.excluded),
        "",
        *_armmarkdown_table(result.reference, result.treatment),
    ]
    return "\n".join(lines)


def ranks(file: str, endpoint: str, arm: str, result: RankComparison) -> str:
    """Two arms compared by the Wilcoxon–Mann–Whitney test."""
    shift = (
        "not computed, for there are too many pairs"
        if result.shift is None or result.shift_ci is None
        else f"**{result.shift:,.6g}** ({_percent(result.confidence)} CI {_interval(result.shift_ci)})"
    )
    method = "exact" if result.exact else "normal approximation"
    lines = [
        _compared(file, endpoint, arm, result.treatment.arm, result.reference.arm),
        f"- Mann–Whitney U = {result.u:,.6g}, {p_value(result.p_value)} ({method})",
        f"- Hodges–Lehmann shift: {shift}",
        f"- Chance that a value of {result.treatment.arm} is the higher one (ties count half): "
        f"{result.superiority:.4f}",
        *_left_out(result.excluded),
        "",
        *_armmarkdown_table(result.reference, result.treatment),
    ]
    return "\n".join(lines)


def risks(file: str, endpoint: str, arm: str, result: RiskComparison) -> str:
    """Two arms compared by their risks of an event."""
    percent = _percent(result.confidence)
    lines = [
        _compared(file, endpoint, arm, result.treatment.arm, result.reference.arm),
        f"- Risk difference: **{result.difference:.4f}** ({percent} CI {_interval(result.difference_ci)})",
        f"- Risk ratio {_ratio(result.risk_ratio, result.risk_ratio_ci, percent)}",
        f"- Odds ratio {_ratio(result.odds_ratio, result.odds_ratio_ci, percent)}",
        f"- Pearson's chi² = {result.chi2:.3f} on 1 df, {p_value(result.chi2_p)}; "
        f"Fisher's exact test {p_value(result.fisher_p)}",
        *_few_expected(result.smallest_expected),
        *_left_out(result.excluded),
        "",
        *markdown_table(
            ("arm", "n", "events", "risk"),
            (
                (each.arm, f"{each.n:,}", f"{each.events:,}", f"{each.risk:.4f}")
                for each in (result.reference, result.treatment)
            ),
        ),
    ]
    return "\n".join(lines)


def survival(
    file: str,
    columns: SurvivalColumns,
    data: SurvivalData,
    curves: Sequence[SurvivalCurve],
    test: LogRankTest | None,
    picture: str,
) -> str:
    """Kaplan–Meier curves: medians, and the log-rank test when there are arms."""
    percent = _percent(curves[0].confidence)
    rows = (
        (
            curve.arm,
            f"{curve.n:,}",
            f"{curve.events:,}",
            _time(curve.median),
            _times(curve.median_ci),
        )
        for curve in curves
    )
    lines = [
        f"Kaplan–Meier survival of **{file}** ({_columns(columns)}). Picture: **{picture}**.",
        *([f"- {_log_rank(test)}"] if test else []),
        *_left_out(data.excluded),
        "",
        *markdown_table(("arm", "n", "events", f"median {columns.time}", f"{percent} CI"), rows),
    ]
    return "\n".join(lines)


def log_rank(file: str, columns: SurvivalColumns, data: SurvivalData, test: LogRankTest) -> str:
    """The log-rank test with observed and expected events."""
    rows = ((each.arm, f"{each.n:,}", f"{each.observed:,}", f"{each.expected:,.3f}") for each in test.arms)
    lines = [
        f"{_log_rank(test)}, for **{file}** ({_columns(columns)}).",
        *_left_out(data.excluded),
        "",
        *markdown_table(("arm", "n", "events", "expected events"), rows),
    ]
    return "\n".join(lines)


def cox(file: str, columns: SurvivalColumns, model: CoxModel) -> str:
    """A Cox model: hazard ratios, the model's test and the check of proportional hazards."""
    proportionality = {test.covariate: p_value(test.p_value) for test in model.proportionality}
    rows = (
        (
            each.covariate,
            f"{each.coefficient:.6f}",
            f"{each.se:.6f}",
            f"**{each.hazard_ratio:.4f}**",
            _interval(each.hazard_ratio_ci),
            p_value(each.p_value),
            proportionality.get(each.covariate, "–"),
        )
        for each in model.coefficients
    )
    heads = (
        "covariate",
        "coefficient",
        "se",
        "hazard ratio",
        f"{_percent(model.confidence)} CI",
        "Wald test",
    )
    lines = [
        f"Cox regression of **{file}** (time {columns.time}, event {columns.event}): {model.n:,} "
        f"participants, {model.events:,} events.",
        f"- Likelihood ratio chi² = **{model.likelihood_ratio:.3f}** on {model.df} df, "
        f"{p_value(model.p_value)}",
        f"- Concordance {model.concordance:.4f}",
        f"- {_proportional(model)}",
        *_left_out(model.excluded),
        "",
        *markdown_table((*heads, "proportional hazards"), rows),
    ]
    return "\n".join(lines)


def p_value(p: float) -> str:
    """ "p = 0.0123", or "p < 0.0001"."""
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.4f}"


def _arms(n1: int, n2: int) -> str:
    if n1 == n2:
        return f"{n1:,} participants per arm"
    return f"{n1:,} participants in the reference arm and {n2:,} in the treatment arm"


def _enrolment(sizes: ArmSizes) -> list[str]:
    if sizes.enrolled == sizes.total:
        return []
    return [
        f"- To be enrolled, to allow for the dropout: {_arms(sizes.enrolled1, sizes.enrolled2)}, "
        f"{sizes.enrolled:,} in all"
    ]


def _compared(file: str, endpoint: str, arm: str, treatment: str, reference: str) -> str:
    return f"**{endpoint}** in **{file}**, {treatment} against {reference} (arms from column {arm}):"


def _armmarkdown_table(*arms: ArmMean) -> list[str]:
    rows = (
        (each.arm, f"{each.n:,}", f"{each.mean:,.6g}", f"{each.sd:,.6g}", f"{each.median:,.6g}")
        for each in arms
    )
    return markdown_table(("arm", "n", "mean", "sd", "median"), rows)


def _ratio(ratio: float | None, interval: Interval | None, percent: str) -> str:
    if ratio is None:
        return "is undefined, for a cell of the two-by-two table is empty"
    if interval is None:
        return f"{ratio:.4f} (no CI, for a cell of the two-by-two table is empty)"
    return f"{ratio:.4f} ({percent} CI {_interval(interval)})"


def _few_expected(smallest: float) -> list[str]:
    if smallest >= 5:
        return []
    return [f"- The smallest expected count is {smallest:.2f}, below 5: read Fisher's test"]


def _proportional(model: CoxModel) -> str:
    test = model.proportionality_global
    if test is None:
        return "Proportional hazards can't be checked, for all events fall at one time"
    verdict = "not to be relied on" if test.p_value < 0.05 else "not contradicted"
    return (
        f"Proportional hazards are {verdict}: Grambsch–Therneau chi² = {test.chi2:.3f} on {test.df} df, "
        f"{p_value(test.p_value)}"
    )


def _log_rank(test: LogRankTest) -> str:
    return f"Log-rank chi² = **{test.chi2:.3f}** on {test.df} df, {p_value(test.p_value)}"


def _columns(columns: SurvivalColumns) -> str:
    arms = f"arm {columns.arm}" if columns.arm else "all participants together"
    return f"time {columns.time}, event {columns.event}, {arms}"


def _time(value: float | None) -> str:
    return "not reached" if value is None else f"{value:,.6g}"


def _times(interval: tuple[float | None, float | None]) -> str:
    return "not reached" if interval == (None, None) else f"{_time(interval[0])} to {_time(interval[1])}"


def _interval(interval: Interval) -> str:
    return f"{interval[0]:,.5g} to {interval[1]:,.5g}"


def _percent(confidence: float) -> str:
    return f"{100 * confidence:g} %"


def _left_out(rows: int) -> list[str]:
    return [f"- Rows left out because of a blank: {rows:,}"] if rows else []
