from importlib.resources import files
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from graphs.trial_analysis.survival import kaplan_meier, logrank_test, survival_data
from graphs.trial_analysis.survival_plot import COLOURS, survival_png

GEHAN = pd.read_csv(str(files("graphs.trial_analysis") / "samples" / "gehan.csv"))


def pixels_of(png: bytes) -> np.ndarray:
    return (imread(BytesIO(png), format="png")[..., :3] * 255).round().astype(int)


def count(pixels: np.ndarray, colour: str) -> int:
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return int((pixels == wanted).all(axis=-1).sum())


def test_the_picture_is_a_png_with_both_arms_and_the_same_bytes_each_time():
    data = survival_data(GEHAN, "weeks", "relapse", "arm")

    first, second = (
        survival_png(kaplan_meier(data), title="Remission", test=logrank_test(data)) for _ in range(2)
    )

    assert first == second
    assert first.startswith(b"\x89PNG\r\n\x1a\n")
    assert b"Software" not in first
    pixels = pixels_of(first)
    assert pixels.shape[1] == 1200
    assert count(pixels, COLOURS[0]) > 1000
    assert count(pixels, COLOURS[1]) > 1000
    assert count(pixels, COLOURS[2]) == 0


def test_more_arms_make_a_taller_picture():
    data = survival_data(GEHAN, "weeks", "relapse", "arm")
    one = survival_png(kaplan_meier(data)[:1])
    two = survival_png(kaplan_meier(data))

    assert pixels_of(two).shape[0] > pixels_of(one).shape[0]


def test_names_with_dollar_signs_are_text_not_formulas():
    # As a formula this does not parse and would raise.
    table = GEHAN.replace({"arm": {"6-MP": r"$\frac{1$ dose of a drug with a very long name, 10 mg a day"}})
    data = survival_data(table, "weeks", "relapse", "arm")

    png = survival_png(kaplan_meier(data), title="Cost $x_{$", time_label="$", survival_label="a$b_{$")

    assert pixels_of(png).shape[1] == 1200


def test_everyone_at_time_0_can_be_drawn():
    data = survival_data(pd.DataFrame({"t": [0, 0], "e": [1, 1]}), "t", "e")

    assert pixels_of(survival_png(kaplan_meier(data))).shape[1] == 1200


@pytest.mark.parametrize("arms", [0, 8])
def test_too_many_or_no_curves_are_refused(arms):
    (curve,) = kaplan_meier(survival_data(GEHAN, "weeks", "relapse"))

    with pytest.raises(ValueError, match=f"shows 1 to 7 arms, not {arms}"):
        survival_png([curve] * arms)
