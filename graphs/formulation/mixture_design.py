"""Designs for mixture experiments: simplex lattice and simplex centroid, in pseudo-components.

In a mixture only the proportions matter and they sum to 1. With a lower bound on some components the
feasible region is again a simplex, and the designs are laid out on it in L-pseudo-components.
Scheffé, Journal of the Royal Statistical Society B 20 (1958) 344-360 and 25 (1963) 235-263; Cornell,
Experiments with Mixtures (3rd ed. 2002), ch. 2 and 3.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from math import comb
from typing import Literal

Blend = tuple[float, ...]
DesignKind = Literal["simplex_lattice", "simplex_centroid"]
DESIGN_KINDS: tuple[DesignKind, ...] = ("simplex_lattice", "simplex_centroid")

MAX_COMPONENTS = 12
MAX_RUNS = 2000


@dataclass(frozen=True)
class MixtureRun:
    """One batch to make: `run` is its place in the order of work, `point` the design point (both from 1).

    `proportions` and `pseudo` (its L-pseudo-components) sum to 1; `amounts` are the proportions times the
    batch size, in the batch's unit, and empty without a batch size.
    """

    run: int
    point: int
    kind: str
    replicate: int
    proportions: Blend
    pseudo: Blend
    amounts: Blend


@dataclass(frozen=True)
class MixtureDesign:
    """A design, its runs in the order of work. `points` is the number of different blends."""

    components: tuple[str, ...]
    lower_bounds: Blend
    points: int
    runs: tuple[MixtureRun, ...]
    seed: int


def simplex_lattice(q: int, m: int) -> list[Blend]:
    """The {q, m} simplex lattice: every blend of q components in steps of 1/m; C(q+m-1, m) points.

    Ordered from the pure components towards even blends. Raises ValueError for too few components, a degree
    below 1 or too many points.
    """
    _require_components(q)
    if m < 1:
        raise ValueError(f"The degree {m} of the lattice must be at least 1.")
    _require_runs(comb(q + m - 1, m))
    blends = []
    for chosen in combinations_with_replacement(range(q), m):
        parts = Counter(chosen)
        blends.append(tuple(parts[i] / m for i in range(q)))
    return sorted(blends, key=_pure_first)


def simplex_centroid(q: int) -> list[Blend]:
    """The simplex centroid design: the even blends of every 1, 2, … q of the components; 2^q - 1 points."""
    _require_components(q)
    _require_runs(2**q - 1)
    return [
        tuple(1 / size if i in chosen else 0.0 for i in range(q))
        for size in range(1, q + 1)
        for chosen in combinations(range(q), size)
    ]


def check_points(q: int) -> list[Blend]:
    """Interior points that test a model: the overall centroid and, half-way from it to each pure component,
    the q axial points (Cornell, section 2.13)."""
    _require_components(q)
    axial = [tuple((q + 1) / (2 * q) if i == j else 1 / (2 * q) for i in range(q)) for j in range(q)]
    return [(1 / q,) * q, *axial]


def to_proportions(pseudo: Sequence[float], lower_bounds: Sequence[float]) -> Blend:
    """The real proportions of an L-pseudo-component blend: x = L + (1 - ΣL) z."""
    span = 1 - sum(lower_bounds)
    return tuple(low + span * z for z, low in zip(pseudo, lower_bounds, strict=True))


def to_pseudo(proportions: Sequence[float], lower_bounds: Sequence[float]) -> Blend:
    """The L-pseudo-components of a real blend: z = (x - L) / (1 - ΣL)."""
    span = 1 - sum(lower_bounds)
    return tuple((x - low) / span for x, low in zip(proportions, lower_bounds, strict=True))


def mixture_design(
    components: Sequence[str],
    kind: DesignKind = "simplex_lattice",
    *,
    degree: int = 2,
    lower_bounds: Mapping[str, float] | None = None,
    interior: bool = False,
    replicates: int = 1,
    batch_size: float | None = None,
    seed: int = 1,
) -> MixtureDesign:
    """Lays out a mixture experiment and puts its runs into random order.

    `degree` is that of the lattice (a centroid design has none); `lower_bounds` are proportions, 0 where
    none is given; `interior` adds the `check_points` that the design lacks; every point is made
    `replicates` times; `batch_size` is the amount of one batch. The same seed gives the same order. Raises
    ValueError for names that repeat, bounds that leave no room, and designs of more than 2,000 runs.
    """
    names = _component_names(components)
    bounds = _bounds(names, lower_bounds or {})
    if kind not in DESIGN_KINDS:
        raise ValueError(f"There is no design {kind!r}. Choose from: {', '.join(DESIGN_KINDS)}.")
    if replicates < 1:
        raise ValueError(f"The number of replicates {replicates} must be at least 1.")
    if batch_size is not None and not 0 < batch_size < float("inf"):
        raise ValueError(f"The batch size {batch_size:g} must be above 0.")
    q = len(names)
    points = simplex_lattice(q, degree) if kind == "simplex_lattice" else simplex_centroid(q)
    if interior:
        known = {_rounded(point) for point in points}
        points = points + [point for point in check_points(q) if _rounded(point) not in known]
    _require_runs(len(points) * replicates)
    batches = [(point, replicate) for replicate in range(1, replicates + 1) for point in range(len(points))]
    random.Random(seed).shuffle(batches)
    runs = []
    for order, (point, replicate) in enumerate(batches, start=1):
        proportions = to_proportions(points[point], bounds)
        runs.append(
            MixtureRun(
                run=order,
                point=point + 1,
                kind=_point_kind(points[point]),
                replicate=replicate,
                proportions=proportions,
                pseudo=points[point],
                amounts=() if batch_size is None else tuple(x * batch_size for x in proportions),
            )
        )
    return MixtureDesign(names, bounds, len(points), tuple(runs), seed)


def _component_names(components: Sequence[str]) -> tuple[str, ...]:
    names = tuple(name.strip() for name in components)
    _require_components(len(names))
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated or "" in names:
        raise ValueError(
            f"The component names {', '.join(map(repr, names))} must be different and not blank."
        )
    return names


def _bounds(names: Sequence[str], lower_bounds: Mapping[str, float]) -> Blend:
    unknown = [name for name in lower_bounds if name not in names]
    if unknown:
        raise ValueError(
            f"There is a lower bound for {unknown[0]!r}, which is not a component. "
            f"The components are: {', '.join(names)}."
        )
    for name, bound in lower_bounds.items():
        if not 0 <= bound < 1:
            raise ValueError(
                f"The lower bound {bound:g} of {name!r} must be a proportion from 0 to below 1 "
                "(write 20 % as 0.2)."
            )
    total = sum(lower_bounds.values())
    if total >= 1 - 1e-9:
        raise ValueError(
            f"The lower bounds sum to {total:g}. They must sum to less than 1, "
            "or there is nothing left to vary."
        )
    return tuple(float(lower_bounds.get(name, 0)) for name in names)


def _point_kind(point: Blend) -> str:
    parts = [z for z in point if z > 0]
    if len(parts) == 1:
        return "vertex"
    even = max(parts) - min(parts) < 1e-9
    if len(parts) == len(point):
        return "overall centroid" if even else "interior"
    if even:
        return f"{len(parts)}-component centroid"
    return f"{len(parts)}-component blend"


def _pure_first(point: Blend) -> tuple[int, float, tuple[float, ...]]:
    parts = [z for z in point if z > 0]
    return len(parts), max(parts) - min(parts), tuple(-z for z in point)


def _rounded(point: Blend) -> Blend:
    return tuple(round(z, 9) for z in point)


def _require_components(q: int) -> None:
    if not 2 <= q <= MAX_COMPONENTS:
        raise ValueError(f"A mixture design needs 2 to {MAX_COMPONENTS} components, not {q}.")


def _require_runs(runs: int) -> None:
    if runs > MAX_RUNS:
        raise ValueError(
            f"This design has {runs:,} runs, more than {MAX_RUNS:,}. "
            "Take fewer components, a lower degree or fewer replicates."
        )
