"""The Kaplan-Meier picture: curves with confidence bands and censoring ticks above a number-at-risk table."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from graphs.kit.pictures import literal, to_png
from graphs.trial_analysis.survival import LogRankTest, SurvivalCurve

# Okabe & Ito's palette, which people with a colour vision deficiency can tell apart; yellow, too pale for
# lines on white, is left out.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_GREY = "#555555"
_WIDTH_IN, _PLOT_IN, _ROW_IN, _DPI = 8.0, 4.6, 0.24, 150


def survival_png(
    curves: Sequence[SurvivalCurve],
    *,
    title: str = "Kaplan-Meier survival",
    time_label: str = "Time",
    survival_label: str = "Survival",
    test: LogRankTest | None = None,
) -> bytes:
    """The picture of the curves as PNG bytes, 1,200 pixels wide; the same input gives the same bytes.

    Shaded are the pointwise confidence intervals; a tick is a censored participant; the dotted line is one
    half, where the medians are read. `test`, if given, is printed into the picture. Raises ValueError for
    no curves or more than 7.
    """
    if not 1 <= len(curves) <= len(COLOURS):
        raise ValueError(f"The picture shows 1 to {len(COLOURS)} arms, not {len(curves)}. Choose fewer arms.")
    table_in = _ROW_IN * (len(curves) + 1)
    head_in = 0.62 + _ROW_IN * (len(curves) + (test is not None))
    height_in = head_in + _PLOT_IN + 0.75 + table_in
    figure = Figure(figsize=(_WIDTH_IN, height_in), dpi=_DPI, facecolor="white")
    left, width = 0.18, 0.79
    bottom = (table_in + 0.75) / height_in
    plot = figure.add_axes((left, bottom, width, _PLOT_IN / height_in))
    table = figure.add_axes((left, 0.12 / height_in, width, table_in / height_in), sharex=plot)

    for curve, colour in zip(curves, COLOURS, strict=False):
        _draw_curve(plot, curve, colour)
    _dress(plot, max(curve.steps[-1].time for curve in curves), literal(time_label), literal(survival_label))
    top = 1 - 0.34 / height_in
    figure.text(left, top, literal(title), fontsize=13, fontweight="bold", color="#222222")
    if test is not None:
        figure.text(left, top - _ROW_IN / height_in, _test_text(test), fontsize=10, color=_GREY)
    plot.legend(
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        frameon=False,
        fontsize=10,
        borderaxespad=0.1,
        handlelength=1.6,
    )
    _draw_at_risk(table, curves, [tick for tick in plot.get_xticks() if tick <= plot.get_xlim()[1]])

    return to_png(figure)


def _draw_curve(plot: Axes, curve: SurvivalCurve, colour: str) -> None:
    times = [step.time for step in curve.steps]
    survival = [step.survival for step in curve.steps]
    median = "not reached" if curve.median is None else f"{curve.median:g}"
    label = f"{_short(curve.arm, 44)} (n = {curve.n}, events {curve.events}, median {median})"
    plot.step(times, survival, where="post", color=colour, linewidth=1.8, label=label, zorder=3)

    limits = [(1.0, 1.0)]
    for step in curve.steps:
        # Where everyone has had the event there is no interval: the last one is drawn up to there.
        undefined = step.lower is None or step.upper is None
        limits.append(limits[-1] if undefined else (step.lower, step.upper))
    lower, upper = zip(*limits[1:], strict=True)
    plot.fill_between(times, lower, upper, step="post", color=colour, alpha=0.16, linewidth=0, zorder=1)

    censored = [(step.time, step.survival) for step in curve.steps if step.censored]
    if censored:
        plot.plot(
            *zip(*censored, strict=True), "|", color=colour, markersize=8, markeredgewidth=1.3, zorder=4
        )


def _dress(plot: Axes, last_time: float, time_label: str, survival_label: str) -> None:
    plot.set_xlim(0, last_time * 1.03 or 1)
    plot.set_ylim(0, 1.02)
    plot.xaxis.set_major_locator(MaxNLocator(nbins=9, steps=[1, 2, 2.5, 3, 4, 5, 6, 10]))
    plot.yaxis.set_major_locator(MaxNLocator(nbins=5))
    plot.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    plot.set_xlabel(time_label, fontsize=11)
    plot.set_ylabel(survival_label, fontsize=11)
    plot.axhline(0.5, color=_GREY, linewidth=1, linestyle=(0, (1, 2)), zorder=2)
    plot.grid(axis="y", color="#E6E6E6", linewidth=0.8, zorder=0)
    plot.set_axisbelow(True)
    plot.spines[["top", "right"]].set_visible(False)
    plot.tick_params(labelsize=10)


def _draw_at_risk(table: Axes, curves: Sequence[SurvivalCurve], ticks: Sequence[float]) -> None:
    table.axis("off")
    table.set_ylim(len(curves) + 0.5, -0.5)
    _name_row(table, 0, "At risk", _GREY)
    for row, (curve, colour) in enumerate(zip(curves, COLOURS, strict=False), start=1):
        _name_row(table, row, _short(curve.arm, 14), colour)
        for tick in ticks:
            table.text(tick, row, f"{curve.at_risk(tick)}", ha="center", va="center", fontsize=10)


def _name_row(table: Axes, row: int, name: str, colour: str) -> None:
    beside = table.get_yaxis_transform()
    table.text(-0.04, row, name, transform=beside, ha="right", va="center", fontsize=10, color=colour)


def _test_text(test: LogRankTest) -> str:
    p_value = "< 0.0001" if test.p_value < 0.0001 else f"= {test.p_value:.4f}"
    return f"Log-rank test: chi² = {test.chi2:.2f} on {test.df} df, p {p_value}"


def _short(name: str, length: int) -> str:
    return literal(name if len(name) <= length else name[: length - 1] + "\u2026")
