from importlib.resources import files
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from graphs.formulation.mixture_design import check_points, simplex_centroid
from graphs.formulation.optimise import optimise_blend
from graphs.formulation.scheffe import ScheffeFit, fit_scheffe
from graphs.formulation.ternary_plot import ternary_png

YARN = pd.read_csv(str(files("graphs.formulation") / "samples" / "yarn.csv"))
FIBRES = ("polyethylene", "polystyrene", "polypropylene")
STAR = (0xE6, 0x9F, 0x00)


@pytest.fixture(scope="module")
def yarn() -> ScheffeFit:
    return fit_scheffe(YARN, FIBRES, "elongation")


@pytest.fixture(scope="module")
def four() -> ScheffeFit:
    names = ["water", "oil", "sugar", "gum"]
    blends = np.array([*simplex_centroid(4), *check_points(4)])
    y = blends @ [1, 5, 3, 20] + 30 * blends[:, 0] * blends[:, 3]
    return fit_scheffe(pd.DataFrame(blends, columns=pd.Index(names)).assign(y=y), names, "y")


def pixels_of(png: bytes) -> np.ndarray:
    return (imread(BytesIO(png), format="png")[..., :3] * 255).round().astype(int)


def star_at(png: bytes) -> tuple[float, float]:
    """The middle of the star, as shares of the picture's width and height."""
    pixels = pixels_of(png)
    rows, columns = np.nonzero((pixels == STAR).all(axis=-1))
    return float(columns.mean() / pixels.shape[1]), float(rows.mean() / pixels.shape[0])


def test_the_picture_is_a_png_with_the_same_bytes_each_time(yarn):
    best = optimise_blend(yarn)

    first, second = (ternary_png(yarn, optimum=best) for _ in range(2))

    assert first == second
    assert first.startswith(b"\x89PNG\r\n\x1a\n")
    assert b"Software" not in first
    assert pixels_of(first).shape == (1050, 1200, 3)


def test_the_star_is_on_the_edge_without_polystyrene(yarn):
    x, y = star_at(ternary_png(yarn, optimum=optimise_blend(yarn)))
    # The first component is at the top, the second left, the third right.
    top = star_at(ternary_png(yarn, optimum=optimise_blend(yarn, bounds={"polyethylene": (1, 1)})))
    right = star_at(ternary_png(yarn, optimum=optimise_blend(yarn, bounds={"polypropylene": (1, 1)})))

    a = 0.2938596
    assert (x, y) == pytest.approx(
        (a * top[0] + (1 - a) * right[0], a * top[1] + (1 - a) * right[1]), abs=2e-3
    )


def test_without_an_optimum_there_is_no_star(yarn):
    assert not (pixels_of(ternary_png(yarn)) == STAR).all(axis=-1).any()


def test_what_lies_outside_the_bounds_is_dimmed(yarn):
    def brightness(**bounds):
        return pixels_of(ternary_png(yarn, optimum=optimise_blend(yarn, bounds=bounds))).mean()

    assert brightness(polystyrene=(0, 0.1)) > brightness(polystyrene=(0, 0.6)) > brightness()


def test_other_components_are_held_at_the_optimum_or_where_told(four):
    best = optimise_blend(four, "target", target=9, bounds={"gum": (0.1, 0.4)})
    names = ("water", "oil", "sugar")

    at_optimum = ternary_png(four, components=names, optimum=best)

    assert at_optimum == ternary_png(four, components=names, optimum=best, fixed={"gum": best.blend[3]})
    # Held elsewhere, the optimum is not in the picture.
    elsewhere = ternary_png(four, components=names, optimum=best, fixed={"gum": best.blend[3] / 2})
    assert not (pixels_of(elsewhere) == STAR).all(axis=-1).any()


def test_names_with_dollar_signs_are_text_not_formulas():
    # As formulas these do not parse and would raise.
    names = [r"$\frac{1$", "$b_{$", "a component with quite a long name"]
    table = YARN.set_axis([*names, "y$_{$"], axis=1)
    fit = fit_scheffe(table, names, "y$_{$")

    png = ternary_png(fit, optimum=optimise_blend(fit), title="$x_{$")

    assert pixels_of(png).shape[1] == 1200


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"components": ("water", "oil", "salt")},
            "'salt' is not a component of the model. The components are: wa",
        ),
        (
            {"components": ("water", "oil", "oil")},
            "three different components to vary, not 'water', 'oil', 'oil'",
        ),
        ({"components": ("water", "oil")}, "Name three different components"),
        ({"fixed": {"salt": 0.1}}, "'salt' is not a component"),
        ({}, "Give a fixed proportion for 'gum'"),
        ({"fixed": {"gum": 1}}, "leave room for water, oil, sugar; they sum to 1"),
        ({"fixed": {"gum": -0.1}}, "must be 0 or more"),
    ],
)
def test_bad_input_is_named(four, arguments, message):
    with pytest.raises(ValueError, match=message):
        ternary_png(four, **arguments)


def test_two_components_make_no_triangle():
    table = pd.DataFrame({"a": [1, 0, 0.5], "b": [0, 1, 0.5], "y": [1, 2, 4]})

    with pytest.raises(ValueError, match="needs three components; the model has 2"):
        ternary_png(fit_scheffe(table, ["a", "b"], "y", "linear"))


def test_a_constant_surface_can_not_be_drawn():
    table = pd.DataFrame(np.eye(4), columns=pd.Index(list("abcd"))).assign(y=[2, 2, 2, 7])
    fit = fit_scheffe(table, list("abcd"), "y", "linear")

    with pytest.raises(ValueError, match="same response for every blend"):
        ternary_png(fit, fixed={"d": 0})
