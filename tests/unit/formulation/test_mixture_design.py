from collections import Counter
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.formulation.mixture_design import (
    check_points,
    mixture_design,
    simplex_centroid,
    simplex_lattice,
    to_proportions,
    to_pseudo,
)

THREE = ("water", "oil", "sugar")


@pytest.mark.parametrize("q", range(2, 8))
@pytest.mark.parametrize("m", range(1, 6))
def test_lattice_has_scheffes_number_of_points(q, m):
    points = simplex_lattice(q, m)

    # Scheffe (1958): C(q + m - 1, m) different blends in steps of 1/m.
    assert len(set(points)) == len(points) == comb(q + m - 1, m)
    for point in points:
        assert sum(point) == pytest.approx(1)
        assert all(z * m == pytest.approx(round(z * m)) for z in point)


def test_lattice_3_3_is_the_one_in_the_nist_handbook():
    # NIST/SEMATECH e-Handbook, table 5.3: the {3, 3} simplex lattice.
    thirds = [(0, 0, 3), (0, 1, 2), (0, 2, 1), (0, 3, 0), (1, 0, 2)]
    thirds += [(1, 1, 1), (1, 2, 0), (2, 0, 1), (2, 1, 0), (3, 0, 0)]

    assert sorted(tuple(round(3 * z) for z in point) for point in simplex_lattice(3, 3)) == thirds


@pytest.mark.parametrize("q", range(2, 10))
def test_centroid_has_scheffes_number_of_points(q):
    points = simplex_centroid(q)

    # Scheffe (1963): 2^q - 1 points, C(q, r) even blends of r components.
    assert len(set(points)) == len(points) == 2**q - 1
    assert Counter(sum(z > 0 for z in point) for point in points) == {r: comb(q, r) for r in range(1, q + 1)}
    for point in points:
        assert sum(point) == pytest.approx(1)
        assert len({z for z in point if z > 0}) == 1


def test_check_points_of_three_components():
    # Cornell: the centroid, and axial points half-way between it and the vertices, (2/3, 1/6, 1/6).
    centroid, first, *_ = check_points(3)

    assert centroid == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert first == pytest.approx((2 / 3, 1 / 6, 1 / 6))
    assert len(check_points(3)) == 4


# --- pseudo-components


def test_vertices_of_a_bounded_region():
    # With lower bounds .35, .20 and .15 there remain .30, which each vertex gives to one component.
    bounds = (0.35, 0.20, 0.15)

    assert to_proportions((1, 0, 0), bounds) == pytest.approx((0.65, 0.20, 0.15))
    assert to_proportions((0, 1, 0), bounds) == pytest.approx((0.35, 0.50, 0.15))
    assert to_pseudo((0.35, 0.20, 0.45), bounds) == pytest.approx((0, 0, 1))


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6), st.floats(0, 0.9), st.integers(0, 5))
def test_pseudo_components_there_and_back(parts, bound_sum, place):
    pseudo = tuple(part / sum(parts) for part in parts)
    bounds = tuple(bound_sum if i == place % len(parts) else 0 for i in range(len(parts)))

    proportions = to_proportions(pseudo, bounds)

    assert sum(proportions) == pytest.approx(1)
    assert all(x >= low - 1e-12 for x, low in zip(proportions, bounds, strict=True))
    assert to_pseudo(proportions, bounds) == pytest.approx(pseudo, abs=1e-9)


# --- whole designs


def test_a_design_keeps_its_bounds_and_weighs_out_the_batch():
    design = mixture_design(
        THREE, "simplex_lattice", degree=2, lower_bounds={"water": 0.4, "sugar": 0.05}, batch_size=500
    )

    assert design.components == THREE
    assert design.lower_bounds == (0.4, 0, 0.05)
    assert (design.points, len(design.runs)) == (6, 6)
    for run in design.runs:
        assert sum(run.proportions) == pytest.approx(1)
        assert sum(run.amounts) == pytest.approx(500)
        assert run.amounts[0] >= 200 - 1e-9
        assert to_pseudo(run.proportions, design.lower_bounds) == pytest.approx(run.pseudo)


def test_run_order_is_random_but_the_same_for_the_same_seed():
    first, again, other = (mixture_design(THREE, degree=3, replicates=2, seed=s) for s in (1, 1, 2))

    assert first == again
    assert [run.run for run in first.runs] == list(range(1, 21))
    order, other_order = ([(r.point, r.replicate) for r in design.runs] for design in (first, other))
    assert order != sorted(order)
    assert order != other_order
    assert sorted(order) == sorted(other_order) == [(p, r) for p in range(1, 11) for r in (1, 2)]


def test_interior_points_are_added_once():
    lattice = mixture_design(THREE, "simplex_lattice", interior=True)
    centroid = mixture_design(THREE, "simplex_centroid", interior=True)

    # The {3, 2} lattice has no centroid, so all 4 check points are new; the centroid design has it already.
    assert (lattice.points, centroid.points) == (6 + 4, 7 + 3)
    assert Counter(run.kind for run in centroid.runs) == {
        "vertex": 3,
        "2-component centroid": 3,
        "overall centroid": 1,
        "interior": 3,
    }


def test_uneven_blends_on_an_edge_are_named_so():
    kinds = Counter(run.kind for run in mixture_design(THREE, degree=3).runs)

    assert kinds == {"vertex": 3, "2-component blend": 6, "overall centroid": 1}


def test_amounts_are_left_out_without_a_batch_size():
    assert {run.amounts for run in mixture_design(THREE).runs} == {()}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"components": ["water"]}, "needs 2 to 12 components, not 1"),
        ({"components": ["water", "oil", "water "]}, "'water', 'oil', 'water' must be different"),
        (
            {"kind": "full_factorial"},
            "no design 'full_factorial'. Choose from: simplex_lattice, simplex_centroid",
        ),
        ({"degree": 0}, "degree 0 of the lattice must be at least 1"),
        ({"replicates": 0}, "number of replicates 0"),
        ({"batch_size": -5}, "batch size -5 must be above 0"),
        ({"lower_bounds": {"salt": 0.1}}, "'salt', which is not a component. The components are: water, oil"),
        ({"lower_bounds": {"oil": 20}}, "lower bound 20 of 'oil' must be a proportion .* .write 20 % as 0.2"),
        ({"lower_bounds": {"water": 0.6, "oil": 0.4}}, "lower bounds sum to 1. They must sum to less than 1"),
        ({"degree": 70}, "has 2,556 runs, more than 2,000"),
        ({"degree": 40, "replicates": 3}, "has 2,583 runs, more than 2,000"),
        ({"components": [f"c{i}" for i in range(12)], "kind": "simplex_centroid"}, "has 4,095 runs"),
    ],
)
def test_bad_input_is_named_with_its_value(arguments, message):
    with pytest.raises(ValueError, match=message):
        mixture_design(**({"components": THREE} | arguments))
