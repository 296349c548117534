"""Mixture designs, models and blends in words: short Markdown with every figure that a reader needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphs.kit.tables.markdown import markdown_table

if TYPE_CHECKING:
    from graphs.formulation.mixture_design import MixtureDesign
    from graphs.formulation.optimise import Optimum
    from graphs.formulation.scheffe import ScheffeFit

MAX_RUNS_SHOWN = 24


def design(title: str, plan: MixtureDesign, unit: str, file: str) -> str:
    """The runs of a design in the order of work; those beyond the 24th stand in the file only."""
    amounts = bool(plan.runs[0].amounts)
    heads = ("run", "point", *plan.components, *(f"{name} ({unit})" for name in plan.components if amounts))
    rows = (
        (f"{run.run}", run.kind, *map(_share, run.proportions), *(f"{amount:,.6g}" for amount in run.amounts))
        for run in plan.runs[:MAX_RUNS_SHOWN]
    )
    hidden = len(plan.runs) - MAX_RUNS_SHOWN
    named = zip(plan.components, plan.lower_bounds, strict=True)
    bounds = [f"{name} {_share(low)}" for name, low in named if low]
    lines = [
        f"{title}: **{plan.points} different blends, {len(plan.runs)} runs**, in random order (seed "
        f"{plan.seed}). File: **{file}**.",
        *([f"- Least proportions: {', '.join(bounds)}"] if bounds else []),
        "",
        *markdown_table(heads, rows),
        *(["", f"The other {hidden} runs are in the file."] if hidden > 0 else []),
    ]
    return "\n".join(lines)


def model(file: str, fit: ScheffeFit, picture: str | None) -> str:
    """A fitted model: coefficients, fit and lack of fit."""
    rows = (
        (term.name, f"**{term.coefficient:,.6g}**", _optional(term.se), _optional(term.t), _p(term.p_value))
        for term in fit.terms
    )
    lines = [
        f"{fit.order.replace('_', ' ').capitalize()} Scheffé model of **{fit.response}** over "
        f"{', '.join(fit.components)}, from {fit.n} batches of **{file}**."
        + (f" Picture: **{picture}**." if picture else ""),
        f"- R² {fit.r2:.4f}, adjusted {_optional(fit.r2_adjusted)}, predicted {_optional(fit.r2_predicted)}",
        f"- Residual standard deviation {_optional(fit.s)} on {fit.df_residual} df",
        f"- Against a constant response: F = {_optional(fit.model_f)}, {_p(fit.model_p)}",
        f"- {_lack_of_fit(fit)}",
        *([f"- Rows left out because of a blank: {fit.excluded:,}"] if fit.excluded else []),
        "",
        *markdown_table(("term", "coefficient", "se", "t", "t-test"), rows),
    ]
    return "\n".join(lines)


def blend(file: str, fit: ScheffeFit, best: Optimum, picture: str | None) -> str:
    """The best blend and what the model expects of it."""
    percent = f"{100 * best.confidence:g} %"
    rows = (
        (name, f"**{_share(share)}**", f"{_share(low)} to {_share(high)}")
        for name, share, (low, high) in zip(best.components, best.blend, best.bounds, strict=True)
    )
    lines = [
        f"{_goal(best)} by the {fit.order.replace('_', ' ')} Scheffé model of **{file}** (components "
        f"{', '.join(fit.components)}): expected {best.response} **{best.predicted:,.6g}**."
        + (f" Picture: **{picture}**." if picture else ""),
        *_intervals(best, percent),
        f"- R² of the model {fit.r2:.4f}",
        *([f"- At a bound: {', '.join(best.at_bounds)}"] if best.at_bounds else []),
        *_extrapolated(best),
        "",
        *markdown_table(("component", "proportion", "within"), rows),
    ]
    return "\n".join(lines)


def _goal(best: Optimum) -> str:
    if best.target is None:
        return f"Blend with the {'highest' if best.goal == 'maximise' else 'lowest'} {best.response}"
    if best.target_met:
        return f"Blend with {best.response} {best.target:,.6g}"
    return f"No blend within the bounds has {best.response} {best.target:,.6g}; the nearest"


def _intervals(best: Optimum, percent: str) -> list[str]:
    if best.mean_ci is None or best.batch_interval is None:
        return ["- No intervals: the fit left no degrees of freedom"]
    return [
        f"- {percent} CI of the expected response {_interval(best.mean_ci)}; of one new batch "
        f"{_interval(best.batch_interval)}"
    ]


def _extrapolated(best: Optimum) -> list[str]:
    if not best.extrapolated:
        return []
    names = ", ".join(best.extrapolated)
    return [f"- Outside the range of the data: {names}. The model is not to be trusted there"]


def _lack_of_fit(fit: ScheffeFit) -> str:
    test = fit.lack_of_fit
    if test is None:
        return "Lack of fit can't be tested: that needs replicates and more blends than terms"
    verdict = "the model is rejected" if test.p_value < 0.05 else "not significant"
    df = f"{test.df_lack} and {test.df_pure} df"
    return f"Lack of fit: F = {test.f:.4g} on {df}, {_p(test.p_value)}, {verdict}"


def _interval(interval: tuple[float, float]) -> str:
    return f"{interval[0]:,.6g} to {interval[1]:,.6g}"


def _share(share: float) -> str:
    return f"{share:.4f}".rstrip("0").rstrip(".")


def _optional(value: float | None) -> str:
    return "–" if value is None else f"{value:,.4g}"


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return "p < 0.0001" if value < 0.0001 else f"p = {value:.4f}"
