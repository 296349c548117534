from importlib.resources import files
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from graphs.formulation.mixture_design import check_points, simplex_centroid
from graphs.formulation.optimise import optimise_blend, region_vertices
from graphs.formulation.scheffe import Order, ScheffeFit, fit_scheffe, model_matrix, scheffe_terms

YARN = pd.read_csv(str(files("graphs.formulation") / "samples" / "yarn.csv"))
FIBRES = ("polyethylene", "polystyrene", "polypropylene")


@pytest.fixture(scope="module")
def yarn() -> ScheffeFit:
    return fit_scheffe(YARN, FIBRES, "elongation")


def random_fit(q: int, order: Order, seed: int) -> ScheffeFit:
    rng = np.random.default_rng(seed)
    blends = np.array([*simplex_centroid(q), *check_points(q)[1:]])
    terms = scheffe_terms(q, order)
    size = np.array([(10, 30, 120)[len(factors) - 1] for factors in terms])
    y = model_matrix(blends, terms) @ (rng.normal(size=len(terms)) * size) + rng.normal(0, 0.01, len(blends))
    names = [f"c{i}" for i in range(q)]
    return fit_scheffe(pd.DataFrame(blends, columns=pd.Index(names)).assign(y=y), names, "y", order)


def random_bounds(q: int, seed: int) -> dict[str, tuple[float, float]]:
    rng = np.random.default_rng(seed)
    low = rng.uniform(0, 0.5 / q, q)
    high = np.minimum(1, low + rng.uniform(1.5 / q, 1, q))
    return {f"c{i}": (float(low[i]), float(high[i])) for i in range(q)}


def exact_quadratic_extremes(fit: ScheffeFit, low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
    """The least and greatest response, from the stationary point of every face of the region (KKT)."""
    q = len(low)
    linear = fit.coefficients[:q]
    hessian = np.zeros((q, q))
    for term in fit.terms[q:]:
        i, j = term.factors
        hessian[i, j] = hessian[j, i] = term.coefficient
    values = []
    for state in product(("low", "high", "free"), repeat=q):
        free = [i for i in range(q) if state[i] == "free"]
        x = np.where(np.array(state) == "high", high, low)
        if free:
            fixed = [i for i in range(q) if i not in free]
            lagrangian = np.zeros((len(free) + 1, len(free) + 1))
            lagrangian[:-1, :-1] = hessian[np.ix_(free, free)]
            lagrangian[:-1, -1] = lagrangian[-1, :-1] = 1
            right = np.append(-(linear[free] + hessian[np.ix_(free, fixed)] @ x[fixed]), 1 - x[fixed].sum())
            x[free] = np.linalg.lstsq(lagrangian, right, rcond=None)[0][:-1]
        if abs(x.sum() - 1) < 1e-9 and (x >= low - 1e-9).all() and (x <= high + 1e-9).all():
            values.append(float(fit.predict(x)))
    return min(values), max(values)


# --- Cornell's yarn


def test_the_greatest_elongation_of_the_yarn(yarn):
    best = optimise_blend(yarn)

    # On the edge without polystyrene 11.7 a + 16.4 (1 - a) + 11.4 a (1 - a) is greatest at a = 6.7 / 22.8.
    a = 6.7 / 22.8
    assert best.blend == pytest.approx((0.2939, 0, 0.7061), abs=5e-5)
    assert best.blend == pytest.approx((a, 0, 1 - a), abs=1e-7)
    assert best.predicted == pytest.approx(17.3844, abs=5e-5)
    assert best.at_bounds == ("polystyrene",)
    assert best.extrapolated == ()
    assert best.target_met is None
    assert best.bounds == ((0, 1), (0, 1), (0, 1))


def test_the_intervals_at_the_optimum(yarn):
    best = optimise_blend(yarn)

    # Scheffe (1958): on an edge of the {3, 2} lattice the prediction is a1 y1 + a3 y3 + a13 y13 with
    # a_i = x_i (2 x_i - 1), a_ij = 4 x_i x_j, and its variance s2 (a1^2 / 2 + a3^2 / 2 + a13^2 / 3) here.
    x1, x3 = 6.7 / 22.8, 16.1 / 22.8
    share = (x1 * (2 * x1 - 1)) ** 2 / 2 + (x3 * (2 * x3 - 1)) ** 2 / 2 + (4 * x1 * x3) ** 2 / 3
    s2 = 6.56 / 9
    quantile = t.ppf(0.975, 9)
    half, batch_half = quantile * np.sqrt([s2 * share, s2 * (1 + share)])
    assert best.se == pytest.approx((s2 * share) ** 0.5)
    assert best.mean_ci == pytest.approx((best.predicted - half, best.predicted + half))
    assert best.batch_interval == pytest.approx((best.predicted - batch_half, best.predicted + batch_half))


def test_the_least_elongation_of_the_yarn(yarn):
    worst = optimise_blend(yarn, "minimise")

    # On the edge without polyethylene 9.4 b + 16.4 (1 - b) - 9.6 b (1 - b) is least at b = 16.6 / 19.2.
    b = 16.6 / 19.2
    assert worst.blend == pytest.approx((0, b, 1 - b), abs=1e-6)
    assert worst.predicted == pytest.approx(9.4 * b + 16.4 * (1 - b) - 9.6 * b * (1 - b))


def test_bounds_are_kept_and_move_the_optimum(yarn):
    best = optimise_blend(yarn, bounds={"polystyrene": (0.2, 0.5)})

    # With polystyrene at 0.2 and c = 0.8 - a, 11.7 a + 16.4 c + 3.8 a + 11.4 a c - 1.92 c is greatest at
    a = (11.7 - 16.4 + 3.8 + 1.92 + 11.4 * 0.8) / 22.8
    assert best.blend == pytest.approx((a, 0.2, 0.8 - a), abs=1e-6)
    assert best.at_bounds == ("polystyrene",)


def test_a_single_possible_blend_is_found(yarn):
    only = optimise_blend(yarn, bounds={"polystyrene": (0.2, 0.2), "polyethylene": (0.3, 0.3)})

    assert only.blend == pytest.approx((0.3, 0.2, 0.5))


@pytest.mark.parametrize("target", [9.5, 13, 15, 17.3])
def test_a_target_within_reach_is_hit(yarn, target):
    hit = optimise_blend(yarn, "target", target=target)

    assert hit.predicted == pytest.approx(target, abs=1e-9)
    assert hit.target_met is True
    assert sum(hit.blend) == pytest.approx(1)
    assert min(hit.blend) >= 0


def test_a_target_is_hit_where_the_model_knows_most(yarn):
    hit = optimise_blend(yarn, "target", target=14)
    rng = np.random.default_rng(3)
    blends = rng.dirichlet((1, 1, 1), 20_000)
    near = blends[np.abs(yarn.predict(blends) - 14) < 0.02]
    typical = np.median([yarn.standard_error(blend) for blend in near[:300]])

    assert hit.se < typical


@pytest.mark.parametrize(("target", "extreme"), [(20, "maximise"), (5, "minimise")])
def test_a_target_out_of_reach_gives_the_nearest_blend(yarn, target, extreme):
    nearest = optimise_blend(yarn, "target", target=target)

    assert nearest.target_met is False
    assert nearest.blend == optimise_blend(yarn, extreme).blend


# --- the optimum is global


@pytest.mark.parametrize("q", [2, 3, 4, 5])
@pytest.mark.parametrize("seed", range(8))
def test_quadratic_optima_are_the_exact_ones(q, seed):
    fit = random_fit(q, "quadratic", seed)
    bounds = random_bounds(q, seed)
    low, high = np.array(list(bounds.values())).T

    least, greatest = exact_quadratic_extremes(fit, low, high)

    tolerance = 1e-8 * (greatest - least)
    assert optimise_blend(fit, "minimise", bounds=bounds).predicted == pytest.approx(least, abs=tolerance)
    assert optimise_blend(fit, "maximise", bounds=bounds).predicted == pytest.approx(greatest, abs=tolerance)


@pytest.mark.parametrize("q", [3, 4, 6])
@pytest.mark.parametrize("seed", range(5))
def test_no_blend_beats_the_optimum_of_a_special_cubic(q, seed):
    fit = random_fit(q, "special_cubic", seed)
    bounds = random_bounds(q, seed)
    low, high = np.array(list(bounds.values())).T
    blends = low + (1 - low.sum()) * np.random.default_rng(seed).dirichlet(np.full(q, 0.6), 20_000)
    predicted = fit.predict(blends[(blends <= high).all(axis=1)])

    best, worst = (optimise_blend(fit, goal, bounds=bounds) for goal in ("maximise", "minimise"))

    assert best.predicted >= predicted.max() - 1e-9 * np.ptp(predicted)
    assert worst.predicted <= predicted.min() + 1e-9 * np.ptp(predicted)
    for blend in (best.blend, worst.blend):
        assert sum(blend) == pytest.approx(1)
        assert (np.array(blend) >= low - 1e-9).all()
        assert (np.array(blend) <= high + 1e-9).all()


def test_the_same_input_gives_the_same_blend():
    fit = random_fit(5, "special_cubic", 1)

    assert optimise_blend(fit) == optimise_blend(fit)


# --- the region


def test_vertices_of_a_region_with_upper_bounds():
    # x1 up to .6 and x2 up to .7 cut two corners off the triangle: of its own, (0, 0, 1) stays.
    vertices = region_vertices(np.zeros(3), np.array([0.6, 0.7, 1]))

    expected = [[0, 0, 1], [0, 0.7, 0.3], [0.3, 0.7, 0], [0.6, 0, 0.4], [0.6, 0.4, 0]]
    assert vertices == pytest.approx(np.array(expected))


def test_the_whole_simplex_has_the_pure_components_as_vertices():
    assert region_vertices(np.zeros(4), np.ones(4)) == pytest.approx(np.eye(4)[::-1])


# --- what the model can't know


def test_without_degrees_of_freedom_there_are_no_intervals():
    means = YARN.groupby(list(FIBRES), as_index=False)["elongation"].mean()

    best = optimise_blend(fit_scheffe(means, FIBRES, "elongation"))

    assert best.predicted == pytest.approx(17.3844, abs=5e-5)
    assert (best.se, best.mean_ci, best.batch_interval) == (None, None, None)


def test_the_datas_range_is_kept_unless_bounds_go_beyond_it():
    design = np.array([[0.3, 0.3, 0.4], [0.7, 0.1, 0.2], [0.2, 0.6, 0.2], [0.2, 0.1, 0.7]])
    table = pd.DataFrame(design, columns=pd.Index(list("abc"))).assign(y=[5.2, 9, 4, 1])
    fit = fit_scheffe(table, list("abc"), "y", "linear")

    within = optimise_blend(fit)
    beyond = optimise_blend(fit, bounds=dict.fromkeys("abc", (0, 1)))

    assert within.blend == pytest.approx((0.7, 0.1, 0.2))
    assert within.extrapolated == ()
    assert beyond.blend == pytest.approx((1, 0, 0))
    assert beyond.extrapolated == ("a", "b", "c")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"goal": "best"}, "no goal 'best'. Choose from: maximise, minimise, target"),
        ({"goal": "target"}, "goal 'target' needs a target value"),
        ({"goal": "target", "target": float("nan")}, "goal 'target' needs a target value, a number"),
        ({"goal": "maximise", "target": 3}, "no other goal has one"),
        ({"bounds": {"nylon": (0, 1)}}, "bounds for 'nylon', which is not a component .* are: polyethylene"),
        ({"bounds": {"polystyrene": (20, 50)}}, "bounds 20 to 50 of 'polystyrene' must be proportions"),
        ({"bounds": {"polystyrene": (0.5, 0.2)}}, "bounds 0.5 to 0.2 of 'polystyrene' .* least first"),
        (
            {"bounds": {"polystyrene": (0.6, 1), "polyethylene": (0.5, 1)}},
            "No blend meets these bounds: the least proportions sum to 1.1",
        ),
        ({"bounds": dict.fromkeys(FIBRES, (0, 0.3))}, "the greatest to 0.9 .at least 1 is needed"),
        ({"confidence": 95}, "confidence level 95"),
    ],
)
def test_bad_input_is_named_with_its_value(yarn, arguments, message):
    with pytest.raises(ValueError, match=message):
        optimise_blend(yarn, **arguments)


def test_too_many_components_are_refused():
    blends = np.vstack([np.eye(11), np.full((1, 11), 1 / 11)])
    names = [f"c{i}" for i in range(11)]
    table = pd.DataFrame(blends, columns=pd.Index(names)).assign(y=range(12))
    fit = fit_scheffe(table, names, "y", "linear")

    with pytest.raises(ValueError, match="has 11 components; a blend of at most 10"):
        optimise_blend(fit)
