"""The best blend of a fitted mixture model, within bounds on the components' proportions."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, product
from math import isfinite
from typing import Literal

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.stats import t

from graphs.formulation.scheffe import ScheffeFit

Goal = Literal["maximise", "minimise", "target"]
GOALS: tuple[Goal, ...] = ("maximise", "minimise", "target")

MAX_COMPONENTS = 10
# How many of the best starting points are followed to a local optimum.
STARTS = 24

Box = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Optimum:
    """The best blend found, and what the model expects of it.

    `blend` are proportions that sum to 1. `mean_ci` is the confidence interval of the expected response,
    `batch_interval` the prediction interval of one new batch, both in the response's unit; with `se` they are
    None when the fit left no degrees of freedom. `target_met` is None unless the goal is a target; when it is
    False the blend is the nearest that the bounds allow. `bounds` are the (least, greatest) proportions that
    were kept to; `at_bounds` are the components that lie on a bound; `extrapolated` are those outside the
    range of the data, where the model is not to be trusted.
    """

    goal: Goal
    target: float | None
    components: tuple[str, ...]
    blend: tuple[float, ...]
    response: str
    predicted: float
    se: float | None
    mean_ci: tuple[float, float] | None
    batch_interval: tuple[float, float] | None
    confidence: float
    target_met: bool | None
    bounds: tuple[tuple[float, float], ...]
    at_bounds: tuple[str, ...]
    extrapolated: tuple[str, ...]


def optimise_blend(
    fit: ScheffeFit,
    goal: Goal = "maximise",
    *,
    target: float | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    confidence: float = 0.95,
) -> Optimum:
    """The blend that maximises or minimises the expected response, or brings it to `target`.

    `bounds` are (least, greatest) proportions; a component without bounds keeps to the range that it has in
    the data. Where several blends meet a target, it is one whose prediction has a small standard error.
    The search is for the global optimum: SLSQP from the best of a fixed set of points that covers the
    region (its vertices, Snee & Marquardt, Technometrics 16 (1974) 399-408, and averages of them), so that
    the same input gives the same blend; the tests compare it with the exact optima of quadratics. Raises
    ValueError for bounds that no blend can meet and unknown goals or components.
    """
    if goal not in GOALS:
        raise ValueError(f"There is no goal {goal!r}. Choose from: {', '.join(GOALS)}.")
    if (goal == "target") != (target is not None) or (target is not None and not isfinite(target)):
        raise ValueError("The goal 'target' needs a target value, a number, and no other goal has one.")
    if not 0.5 <= confidence < 1:
        raise ValueError(f"The confidence level {confidence:g} must be at least 0.5 and below 1, e.g. 0.95.")
    if len(fit.components) > MAX_COMPONENTS:
        raise ValueError(
            f"The model has {len(fit.components)} components; "
            f"a blend of at most {MAX_COMPONENTS} can be optimised."
        )
    box = _box(fit, bounds or {})
    starts = _covering_points(region_vertices(*box))
    target_met = None
    if target is None:
        blend = _extreme(fit, box, starts, sign=1 if goal == "minimise" else -1)
    else:
        blend, target_met = _hit(fit, box, starts, target)
    return _optimum(fit, goal, target, blend, box, confidence, target_met)


def region_vertices(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The vertices of {x: low ≤ x ≤ high, Σx = 1}, an array of shape (vertices, components), sorted.

    Each has all components but one at a bound (XVERT: Snee & Marquardt 1974). Raises ValueError when there
    is none.
    """
    q = len(low)
    found = []
    for free in range(q):
        others = [i for i in range(q) if i != free]
        corners = np.array(list(product(*((low[i], high[i]) for i in others))))
        rest = 1 - corners.sum(axis=1)
        fits = (rest >= low[free] - 1e-9) & (rest <= high[free] + 1e-9)
        vertices = np.insert(corners, free, rest.clip(low[free], high[free]), axis=1)
        found.append(vertices[fits])
    vertices = np.unique(np.concatenate(found).round(12), axis=0)
    if not len(vertices):
        raise ValueError(
            f"No blend meets these bounds: the least proportions sum to {low.sum():g} (at most 1 is "
            f"possible) and the greatest to {high.sum():g} (at least 1 is needed)."
        )
    return vertices


def _box(fit: ScheffeFit, bounds: Mapping[str, tuple[float, float]]) -> Box:
    unknown = [name for name in bounds if name not in fit.components]
    if unknown:
        raise ValueError(
            f"There are bounds for {unknown[0]!r}, which is not a component of the model. "
            f"The components are: {', '.join(fit.components)}."
        )
    for name, (least, greatest) in bounds.items():
        if not 0 <= least <= greatest <= 1:
            raise ValueError(
                f"The bounds {least:g} to {greatest:g} of {name!r} must be proportions from 0 to 1, the "
                "least first (write 20 % as 0.2)."
            )
    chosen = [bounds.get(name, known) for name, known in zip(fit.components, fit.ranges, strict=True)]
    lower, upper = np.array(chosen, dtype=float).T
    return lower, upper


def _covering_points(vertices: np.ndarray) -> np.ndarray:
    """The vertices, the points that divide the line between every two of them in quarters, the centroid of
    every three, and the overall centroid."""
    # Pairs and triples of a region with very many vertices would cover it no better than these do.
    some = vertices[np.linspace(0, len(vertices) - 1, min(len(vertices), 40)).astype(int)]
    points = [vertices, vertices.mean(axis=0, keepdims=True)]
    points += [
        np.array([(1 - w) * a + w * b for a, b in combinations(some, 2)]).reshape(-1, vertices.shape[1])
        for w in (0.25, 0.5, 0.75)
    ]
    points.append(
        np.array([sum(three) / 3 for three in combinations(some[:20], 3)]).reshape(-1, vertices.shape[1])
    )
    return np.concatenate(points)


def _extreme(fit: ScheffeFit, box: Box, starts: np.ndarray, sign: int) -> np.ndarray:
    """The blend with the least expected response (sign 1), or the greatest (sign -1)."""
    values = sign * fit.predict(starts)
    best = starts[np.argsort(values, kind="stable")[:STARTS]]
    scale = max(float(np.ptp(values)), 1e-12)
    candidates = [best[0]]
    for start in best:
        found = minimize(
            lambda x: sign * float(fit.predict(x)) / scale,
            start,
            jac=lambda x: sign * _gradient(fit, x) / scale,
            method="SLSQP",
            bounds=list(zip(*box, strict=True)),
            constraints={"type": "eq", "fun": lambda x: x.sum() - 1, "jac": np.ones_like},
            options={"ftol": 1e-13, "maxiter": 300},
        )
        if (polished := _into_region(found.x, box)) is not None:
            candidates.append(polished)
    predicted = sign * fit.predict(np.array(candidates))
    # Among equals the first wins, so that rounding errors don't choose between blends as good as each other.
    return candidates[int(np.argmax(predicted <= predicted.min() + 1e-9 * scale))]


def _gradient(fit: ScheffeFit, x: np.ndarray) -> np.ndarray:
    gradient = np.zeros_like(x)
    for term in fit.terms:
        for i in term.factors:
            others = [j for j in term.factors if j != i]
            gradient[i] += term.coefficient * x[others].prod()
    return gradient


def _into_region(x: np.ndarray, box: Box) -> np.ndarray | None:
    """The blend without the optimiser's rounding errors: on the bounds that it touches, and summing to 1.

    None when the optimiser gave up outside the region.
    """
    lower, upper = box
    x = np.where(x - lower < 1e-7, lower, np.where(upper - x < 1e-7, upper, x))
    free = (x > lower) & (x < upper)
    if free.any():
        x[free] += (1 - x.sum()) / free.sum()
    inside = abs(x.sum() - 1) < 1e-9 and (x >= lower - 1e-9).all() and (x <= upper + 1e-9).all()
    return x if inside else None


def _hit(fit: ScheffeFit, box: Box, starts: np.ndarray, target: float) -> tuple[np.ndarray, bool]:
    """A blend whose expected response is the target, or the nearest, and whether it is met."""
    least, greatest = (_extreme(fit, box, starts, sign) for sign in (1, -1))
    lowest, highest = float(fit.predict(least)), float(fit.predict(greatest))
    margin = 1e-9 * (abs(lowest) + abs(highest))
    if target <= lowest + margin:
        return least, target >= lowest - margin
    if target >= highest - margin:
        return greatest, target <= highest + margin
    # The region is convex and the polynomial continuous, so the target lies on the line between any blend
    # below it and any above it.
    points = np.vstack([least, greatest, starts])
    gap = fit.predict(points) - target
    below, above = points[gap < -margin / 2][:STARTS], points[gap > margin / 2][:STARTS]
    hits = [_crossing(fit, a, b, target) for a in below for b in above]
    spread = [_unscaled_se(fit, blend) for blend in hits]
    return hits[int(np.argmin(np.round(spread, 9)))], True


def _crossing(fit: ScheffeFit, below: np.ndarray, above: np.ndarray, target: float) -> np.ndarray:
    share = float(
        brentq(lambda w: float(fit.predict((1 - w) * below + w * above)) - target, 0, 1, xtol=1e-14)
    )
    return (1 - share) * below + share * above


def _unscaled_se(fit: ScheffeFit, blend: np.ndarray) -> float:
    row = np.array([blend[list(term.factors)].prod() for term in fit.terms])
    return float(np.sqrt(row @ fit.covariance @ row))


def _optimum(
    fit: ScheffeFit,
    goal: Goal,
    target: float | None,
    blend: np.ndarray,
    box: Box,
    confidence: float,
    target_met: bool | None,
) -> Optimum:
    predicted = float(fit.predict(blend))
    se = fit.standard_error(blend.tolist())
    mean_ci = batch_interval = None
    if se is not None and fit.s is not None:
        quantile = float(t.ppf(0.5 + confidence / 2, fit.df_residual))
        half, batch_half = quantile * se, quantile * float(np.hypot(se, fit.s))
        mean_ci = (predicted - half, predicted + half)
        batch_interval = (predicted - batch_half, predicted + batch_half)
    named = list(zip(fit.components, blend.tolist(), *box, fit.ranges, strict=True))
    return Optimum(
        goal=goal,
        target=target,
        components=fit.components,
        blend=tuple(blend.tolist()),
        response=fit.response,
        predicted=predicted,
        se=se,
        mean_ci=mean_ci,
        batch_interval=batch_interval,
        confidence=confidence,
        target_met=target_met,
        bounds=tuple((float(low), float(high)) for low, high in zip(*box, strict=True)),
        at_bounds=tuple(name for name, x, low, high, _ in named if min(x - low, high - x) < 1e-9),
        extrapolated=tuple(
            name for name, x, _, _, (low, high) in named if not low - 1e-9 <= x <= high + 1e-9
        ),
    )
