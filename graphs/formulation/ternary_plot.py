"""The ternary picture: contours of a fitted mixture model over three components."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.ticker import MaxNLocator
from matplotlib.tri import Triangulation

from graphs.formulation.optimise import Optimum, region_vertices
from graphs.formulation.scheffe import ScheffeFit
from graphs.kit.pictures import literal, to_png

# Corners of the unit triangle: the first component at the top, the second left, the third right.
_CORNERS = np.array([[0.5, np.sqrt(0.75)], [0.0, 0.0], [1.0, 0.0]])
# Okabe & Ito's blue, vermillion and bluish green, one for each component's scale.
_COLOURS = ("#0072B2", "#D55E00", "#007A59")
_GREY = "#444444"
_GRID = 120


@dataclass(frozen=True)
class _Section:
    """The triangle that is drawn: which components vary, from which least proportions, and how much of the
    mixture they share; `base` holds the proportions of all components, with the fixed ones filled in."""

    columns: tuple[int, int, int]
    least: np.ndarray
    share: float
    base: np.ndarray

    @property
    def span(self) -> float:
        return self.share - float(self.least.sum())

    def blends(self, pseudo: np.ndarray) -> np.ndarray:
        """Full blends from pseudo-components of shape (points, 3)."""
        blends = np.tile(self.base, (len(pseudo), 1))
        blends[:, self.columns] = self.least + self.span * pseudo
        return blends

    def place(self, proportions: np.ndarray) -> np.ndarray:
        """Positions in the picture of proportions of the three components, of shape (points, 3)."""
        return (proportions - self.least) / self.span @ _CORNERS


def ternary_png(
    fit: ScheffeFit,
    *,
    components: Sequence[str] | None = None,
    fixed: Mapping[str, float] | None = None,
    optimum: Optimum | None = None,
    title: str | None = None,
) -> bytes:
    """The picture as PNG bytes, 1,200 pixels wide; the same input gives the same bytes.

    `components` are the three that vary (the model's first three by default). Every other component is held
    at its proportion in `fixed`, or in the optimum. The triangle starts at the least proportion of each
    component in the data. Circles are the batches made, with their number when it is more than one; the star
    is the optimum, and what lies outside its bounds is dimmed. Raises ValueError for models of fewer than
    three components, names that don't exist and proportions that leave no room.
    """
    section = _section(fit, components, fixed or {}, optimum)
    figure = Figure(figsize=(8, 7), dpi=150, facecolor="white")
    plot = figure.add_axes((0.02, 0.01, 0.82, 0.84))
    scale = figure.add_axes((0.875, 0.2, 0.025, 0.5))
    plot.set_aspect("equal")
    plot.axis("off")
    plot.set_xlim(-0.11, 1.11)
    plot.set_ylim(-0.13, 0.96)

    _draw_contours(plot, scale, fit, section)
    _draw_scales(plot, [fit.components[i] for i in section.columns], section)
    if optimum is not None:
        _dim_outside(plot, section, optimum)
    _draw_batches(plot, fit, section)
    if optimum is not None and _lies_in(np.array([optimum.blend]), section)[0]:
        star = section.place(np.array([optimum.blend])[:, section.columns])
        plot.plot(
            *star.T, "*", markersize=22, color="#E69F00", markeredgecolor="black", zorder=6, clip_on=False
        )
    figure.text(0.05, 0.95, literal(title or f"Predicted {fit.response}"), fontsize=13, fontweight="bold")
    figure.text(
        0.05, 0.938, _caption(fit, section, optimum), fontsize=9.5, color=_GREY, va="top", linespacing=1.4
    )
    return to_png(figure)


def _section(
    fit: ScheffeFit, components: Sequence[str] | None, fixed: Mapping[str, float], optimum: Optimum | None
) -> _Section:
    if len(fit.components) < 3:
        raise ValueError(f"A ternary picture needs three components; the model has {len(fit.components)}.")
    names = tuple(components or fit.components[:3])
    unknown = [name for name in (*names, *fixed) if name not in fit.components]
    if unknown:
        raise ValueError(
            f"{unknown[0]!r} is not a component of the model. "
            f"The components are: {', '.join(fit.components)}."
        )
    if len(names) != 3 or len(set(names)) < 3:
        raise ValueError(f"Name three different components to vary, not {', '.join(map(repr, names))}.")
    held = {} if optimum is None else dict(zip(optimum.components, optimum.blend, strict=True))
    held |= fixed
    unset = [name for name in fit.components if name not in names and name not in held]
    if unset:
        raise ValueError(f"Give a fixed proportion for {unset[0]!r}, which the picture does not vary.")
    base = np.array([0.0 if name in names else held[name] for name in fit.components])
    share = 1 - float(base.sum())
    if share <= 1e-6 or base.min() < 0:
        raise ValueError(
            f"The fixed proportions must be 0 or more and leave room for {', '.join(names)}; they sum to "
            f"{base.sum():g}."
        )
    columns = tuple(fit.components.index(name) for name in names)
    least = np.array([fit.ranges[i][0] for i in columns])
    if optimum is not None:
        least = np.minimum(least, [optimum.bounds[i][0] for i in columns])
    if least.sum() >= share - 1e-6:
        least = np.zeros(3)
    return _Section((columns[0], columns[1], columns[2]), least, share, base)


def _draw_contours(plot: Axes, scale: Axes, fit: ScheffeFit, section: _Section) -> None:
    steps = [(i, j) for i in range(_GRID + 1) for j in range(_GRID + 1 - i)]
    pseudo = np.array([(_GRID - i - j, i, j) for i, j in steps]) / _GRID
    values = fit.predict(section.blends(pseudo))
    if np.ptp(values) < 1e-9 * max(1.0, float(np.abs(values).max())):
        raise ValueError(
            "The model predicts the same response for every blend of the picture; nothing to draw."
        )
    mesh = Triangulation(*(pseudo @ _CORNERS).T)
    levels = MaxNLocator(nbins=12).tick_values(float(values.min()), float(values.max()))
    filled = plot.tricontourf(mesh, values, levels=levels, cmap="viridis", zorder=1)
    lines = plot.tricontour(mesh, values, levels=levels, colors="white", linewidths=0.9, zorder=2)
    halo: list[AbstractPathEffect] = [withStroke(linewidth=2.5, foreground="white")]
    for text in plot.clabel(lines, fontsize=9, colors="black", fmt=lambda value: f"{value:g}"):
        text.set_path_effects(halo)
    bar = plot.figure.colorbar(filled, cax=scale)
    bar.set_label(literal(fit.response), fontsize=10)
    bar.outline.set_visible(False)


def _draw_scales(plot: Axes, names: Sequence[str], section: _Section) -> None:
    plot.add_patch(Polygon(_CORNERS, closed=True, fill=False, edgecolor="black", linewidth=1.2, zorder=4))
    places = (
        (0.5, 0.91, "center", "bottom"),
        (-0.06, -0.085, "left", "top"),
        (1.06, -0.085, "right", "top"),
    )
    for name, (x, y, ha, va), colour in zip(names, places, _COLOURS, strict=True):
        plot.text(x, y, _short(name), ha=ha, va=va, fontsize=11.5, fontweight="bold", color=colour)
    # Each component's scale runs up to its corner: on the right side, the left side and the base.
    sides = ((2, (0.025, 0.005), "left"), (0, (-0.025, 0.01), "right"), (1, (0.0, -0.042), "center"))
    for corner, (start, shift, ha) in enumerate(sides):
        across = 3 - corner - start
        for part in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
            tick = part * _CORNERS[corner] + (1 - part) * _CORNERS[start]
            far = part * _CORNERS[corner] + (1 - part) * _CORNERS[across]
            if 0 < part < 1:
                plot.plot(*zip(tick, far, strict=True), color="white", alpha=0.25, linewidth=0.6, zorder=2)
            x, y = tick + shift
            percent = round(100 * float(section.least[corner] + section.span * part), 1)
            plot.text(x, y, f"{percent:g} %", ha=ha, va="center", fontsize=8.5, color=_COLOURS[corner])


def _dim_outside(plot: Axes, section: _Section, optimum: Optimum) -> None:
    low, high = np.array([optimum.bounds[i] for i in section.columns]).T / section.share
    if (high < 0).any() or low.sum() > 1 or high.sum() < 1:
        return
    region = section.place(region_vertices(low, np.minimum(high, 1)) * section.share)
    around = region - region.mean(axis=0)
    region = region[np.argsort(np.arctan2(around[:, 1], around[:, 0]))]
    # The hole of a path has to run the other way round than its outline.
    outline, hole = np.vstack([_CORNERS, _CORNERS[:1]]), np.vstack([region, region[:1]])[::-1]
    outside = Path.make_compound_path(Path(outline, closed=True), Path(hole, closed=True))
    plot.add_patch(PathPatch(outside, facecolor="white", alpha=0.6, linewidth=0, zorder=3))
    plot.add_patch(Polygon(region, closed=True, fill=False, edgecolor="black", linewidth=1.2, zorder=4))


def _draw_batches(plot: Axes, fit: ScheffeFit, section: _Section) -> None:
    made = fit.blends[_lies_in(fit.blends, section)][:, section.columns]
    counts = Counter(tuple(blend) for blend in made.round(6).tolist())
    for blend, count in counts.items():
        x, y = section.place(np.array([blend]))[0]
        plot.plot(x, y, "o", markersize=9, color="white", markeredgecolor="black", zorder=5, clip_on=False)
        if count > 1:
            plot.text(x, y - 0.001, f"{count}", ha="center", va="center", fontsize=6.5, zorder=5.5)


def _lies_in(blends: np.ndarray, section: _Section) -> np.ndarray:
    others = [i for i in range(len(section.base)) if i not in section.columns]
    return (np.abs(blends[:, others] - section.base[others]) < 0.005).all(axis=1)


def _caption(fit: ScheffeFit, section: _Section, optimum: Optimum | None) -> str:
    lines = []
    held = [i for i in range(len(fit.components)) if i not in section.columns]
    if held:
        lines.append("Held: " + ", ".join(f"{fit.components[i]} {100 * section.base[i]:.3g} %" for i in held))
    if optimum is not None:
        blend = ", ".join(f"{fit.components[i]} {100 * optimum.blend[i]:.1f} %" for i in section.columns)
        lines.append(f"Optimum (star): {optimum.predicted:.4g} at {blend}")
    return literal("\n".join(fill(line, 100) for line in lines))


def _short(name: str) -> str:
    return literal(name if len(name) <= 28 else name[:27] + "\u2026")
