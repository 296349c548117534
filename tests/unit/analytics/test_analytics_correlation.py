"""Correlations against R's documentation and Anscombe's quartet."""

from math import atanh, factorial, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import graphs.analytics
from graphs.analytics.statistics.correlation import correlate
from graphs.kit.tables.load import load_frame
from tests.support.published_data import motor_cars

SAMPLES = Path(graphs.analytics.__file__).parent / "samples"

# Hollander and Wolfe (1973), p. 185 f., tuna quality: the example of R's cor.test
TUNA = pd.DataFrame(
    {
        "lightness": [44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1],
        "panel": [2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8],
    }
)


def test_pearson_is_that_of_r() -> None:
    # R: cor.test(mtcars$mpg, mtcars$wt): df = 30, p-value = 1.294e-10, interval -0.9338264 -0.7440872,
    # cor -0.8676594.
    (pair,) = correlate(motor_cars(), ["mpg", "wt"]).pairs

    assert pair.coefficient == pytest.approx(-0.8676594, abs=5e-8)
    assert pair.p == pytest.approx(1.294e-10, rel=1e-3)
    assert (pair.ci_low, pair.ci_high) == pytest.approx((-0.9338264, -0.7440872), abs=5e-8)
    assert (pair.n, pair.p_holm) == (32, pair.p)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_anscombes_quartet(number: int) -> None:
    # Anscombe (1973): r = 0.816 in each of the four sets.
    frame = load_frame(SAMPLES / "anscombe.csv")
    (pair,) = correlate(frame, [f"x{number}", f"y{number}"]).pairs

    assert round(pair.coefficient, 3) in (0.816, 0.817)
    assert round(pair.coefficient**2, 2) == 0.67


def test_kendall_is_that_of_r() -> None:
    # R documentation of cor.test: T = 26, p-value = 0.1194, tau 0.4444444; Pearson: cor 0.5711816,
    # p-value = 0.1082, interval -0.1497426 0.8955795.
    (kendall,) = correlate(TUNA, ["lightness", "panel"], method="kendall").pairs
    (pearson,) = correlate(TUNA, ["lightness", "panel"]).pairs

    assert kendall.coefficient == pytest.approx(4 / 9)
    assert kendall.p == pytest.approx(0.1194, abs=5e-5)
    assert (pearson.coefficient, pearson.p) == pytest.approx((0.5711816, 0.1082), abs=5e-5)
    assert (pearson.ci_low, pearson.ci_high) == pytest.approx((-0.1497426, 0.8955795), abs=5e-8)


def test_spearman_of_a_monotone_column_is_one() -> None:
    frame = TUNA.assign(cubed=TUNA.lightness**3)
    (pair,) = correlate(frame, ["lightness", "cubed"], method="spearman").pairs

    # Kendall, Rank Correlation Methods: two of the 9! orders are as extreme; no interval has length 0
    assert (pair.coefficient, pair.ci_low, pair.ci_high) == (1, None, None)
    assert pair.p == pytest.approx(2 / factorial(9))


@pytest.mark.parametrize(
    ("order", "p"),
    [
        # sums of squared differences, of 4: 0 or 20; of 5: at most 2, or 38 and more
        ([1, 2, 3, 4], 2 / 24),
        ([2, 1, 3, 4, 5], 10 / 120),
    ],
)
def test_spearmans_p_value_of_few_rows_counts_the_orders(order: list[int], p: float) -> None:
    frame = pd.DataFrame({"a": range(len(order)), "b": order})
    (pair,) = correlate(frame, ["a", "b"], method="spearman").pairs

    assert pair.p == pytest.approx(p)


def test_spearmans_interval_is_that_of_bonett_and_wright() -> None:
    # R: cor(mtcars$mpg, mtcars$wt, method = "spearman") = -0.886422.
    (pair,) = correlate(motor_cars(), ["mpg", "wt"], method="spearman").pairs
    reach = 1.959964 * sqrt((1 + pair.coefficient**2 / 2) / 29)

    assert pair.coefficient == pytest.approx(-0.886422, abs=5e-7)
    assert (atanh(pair.ci_low), atanh(pair.ci_high)) == pytest.approx(
        (atanh(pair.coefficient) - reach, atanh(pair.coefficient) + reach), rel=1e-6
    )


def test_each_pair_uses_the_rows_it_has_and_holm_counts_the_pairs() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(40, 3)), columns=["a", "b", "c"])
    frame.loc[:9, "c"] = np.nan
    found = correlate(frame, ["a", "b", "c"])
    ps = sorted(pair.p for pair in found.pairs)

    assert {(pair.first, pair.second): pair.n for pair in found.pairs} == {
        ("a", "b"): 40,
        ("a", "c"): 30,
        ("b", "c"): 30,
    }
    assert min(pair.p_holm for pair in found.pairs) == pytest.approx(min(1, 3 * ps[0]))
    assert found.rows == 40


def test_columns_are_paired_with_those_they_are_held_against_only() -> None:
    found = correlate(motor_cars(), ["mpg"], ["wt", "am"])

    assert [(pair.first, pair.second) for pair in found.pairs] == [("mpg", "wt"), ("mpg", "am")]


@pytest.mark.parametrize(
    ("columns", "method", "message"),
    [
        (["x"], "pearson", "needs 2 to 30 columns of numbers, not 1"),
        (["x", "same"], "pearson", "'same' has the same value in all rows, so it correlates with nothing"),
        (["x", "text"], "pearson", "A correlation needs numbers, and column 'text' holds none"),
        (["x", "empty"], "pearson", "'empty' has no value in any row"),
        (["x", "gaps"], "pearson", "'x' and 'gaps' have 3 rows with both values, and .* at least 4"),
        (["x", "four"], "kendall", "'x' and 'four' have 4 rows with both values, and .* at least 5"),
        (["x", "x"], "pearson", "Each column may be used once in a correlation"),
        (["x", "z"], "pearson", "There is no column 'z'"),
    ],
)
def test_columns_that_do_not_correlate_are_refused(columns: list[str], method: str, message: str) -> None:
    frame = pd.DataFrame(
        {
            "x": [1.0, 2, 3, 4, 6],
            "same": 1.0,
            "text": list("abcde"),
            "empty": None,
            "gaps": [1.0, 5, 3, None, None],
            "four": [1.0, 5, 3, 2, None],
        }
    )

    with pytest.raises(ValueError, match=message):
        correlate(frame, columns, method=method)
