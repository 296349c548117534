from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import graphs.analytics
from graphs.analytics.regression import fit_linear
from graphs.kit.tables.load import load_frame

SAMPLES = Path(graphs.analytics.__file__).parent / "samples"

# NIST Statistical Reference Datasets, Longley: https://www.itl.nist.gov/div898/strd/lls/data/Longley.shtml
LONGLEY_ESTIMATES = (
    -3482258.63459582,
    15.0618722713733,
    -0.358191792925910e-01,
    -2.02022980381683,
    -1.03322686717359,
    -0.511041056535807e-01,
    1829.15146461355,
)
LONGLEY_STANDARD_ERRORS = (
    890420.383607373,
    84.9149257747669,
    0.334910077722432e-01,
    0.488399681651699,
    0.214274163161675,
    0.226073200069370,
    455.478499142212,
)


def longley():
    frame = load_frame(SAMPLES / "longley.csv")
    return fit_linear(frame, "employed_thousands", list(frame.columns[1:]))


def test_longley_agrees_with_nist_to_ten_digits():
    fit = longley()

    assert [c.estimate for c in fit.coefficients] == pytest.approx(LONGLEY_ESTIMATES, rel=1e-10)
    assert [c.standard_error for c in fit.coefficients] == pytest.approx(LONGLEY_STANDARD_ERRORS, rel=1e-10)
    assert fit.residual_sd == pytest.approx(304.854073561965, rel=1e-10)
    assert fit.residual_df == 9
    assert fit.r_squared == pytest.approx(0.995479004577296, rel=1e-12)
    assert fit.f == pytest.approx(330.285339234588, rel=1e-10)
    assert fit.rows == 16


def test_longley_inference_agrees_with_r():
    # summary(lm(Employed ~ ., longley)) in R: t 0.177, -1.070, -4.136, -4.822, -0.226, 4.016 and
    # p 0.863141, 0.312681, 0.002535, 0.000944, 0.826212, 0.003037; adjusted R² 0.9925; F's p 4.984e-10.
    fit = longley()

    slopes = fit.coefficients[1:]
    assert [c.t for c in slopes] == pytest.approx([0.177, -1.070, -4.136, -4.822, -0.226, 4.016], abs=5e-4)
    assert [c.p for c in slopes] == pytest.approx(
        [0.863141, 0.312681, 0.002535, 0.000944, 0.826212, 0.003037], abs=5e-7
    )
    assert fit.adjusted_r_squared == pytest.approx(0.9925, abs=5e-5)
    assert fit.f_p == pytest.approx(4.984e-10, rel=1e-3)


def test_confidence_interval_is_two_sided_at_95_percent():
    # t(0.975, 9 df) = 2.262157 in any table of Student's t.
    for coefficient in longley().coefficients:
        reach = 2.262157 * coefficient.standard_error
        assert coefficient.ci_low == pytest.approx(coefficient.estimate - reach, rel=1e-5)
        assert coefficient.ci_high == pytest.approx(coefficient.estimate + reach, rel=1e-5)


def test_longley_is_flagged_as_collinear_and_anscombe_is_not():
    frame = load_frame(SAMPLES / "anscombe.csv")

    assert longley().condition_number > 10_000
    assert longley().collinear
    assert not fit_linear(frame, "y1", ["x1"]).collinear


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_anscombes_quartet(number):
    # F. J. Anscombe, "Graphs in Statistical Analysis", The American Statistician 27 (1973), 17-21: the same
    # for all four: mean of x 9.0, mean of y 7.5, y = 3 + 0.5 x, standard error of slope 0.118, R² 0.667.
    frame = load_frame(SAMPLES / "anscombe.csv")

    fit = fit_linear(frame, f"y{number}", [f"x{number}"])

    intercept, slope = fit.coefficients
    assert fit.rows == 11
    assert frame[f"x{number}"].mean() == 9
    assert round(frame[f"y{number}"].mean(), 2) == 7.50
    assert round(slope.estimate, 3) == 0.500
    assert round(intercept.estimate, 2) == 3.00
    assert round(slope.standard_error, 3) == 0.118
    assert round(fit.r_squared, 2) == 0.67


def test_rows_with_gaps_are_dropped_and_counted():
    frame = pd.DataFrame({"x": pd.array([1, 2, 3, 4, None, 6], "Int64"), "y": [2.0, 4.1, 5.9, np.inf, 9, 12]})

    fit = fit_linear(frame, "y", ["x"])

    assert (fit.rows, fit.dropped_rows) == (4, 2)
    assert fit.coefficients[0].term == "intercept"
    assert fit.coefficients[1].term == "x"


@pytest.mark.parametrize(
    ("predictors", "message"),
    [
        ([], "at least one predictor"),
        (["z"], "no column 'z'. The columns are: 'x', 'twice', 'same', 'text', 'flag', 'y'"),
        (["text"], "needs numbers, and column 'text'"),
        (["flag"], "needs numbers, and column 'flag'"),
        (["same"], "'same' has the same value in all rows"),
        (["x", "twice"], "x, twice determine one another exactly"),
        (["x", "x"], "may be used once"),
        (["y"], "may be used once"),
    ],
)
def test_columns_that_cannot_be_fitted_are_refused(predictors, message):
    x = np.arange(8.0)
    frame = pd.DataFrame(
        {"x": x, "twice": 2 * x, "same": 1.0, "text": list("abcdefgh"), "flag": x > 3, "y": x**2}
    )

    with pytest.raises(ValueError, match=message):
        fit_linear(frame, "y", predictors)


def test_too_few_rows_are_refused():
    with pytest.raises(ValueError, match="2 complete rows are too few for 2 coefficients: at least 3"):
        fit_linear(pd.DataFrame({"x": [1, 2, None], "y": [1, 2, 3]}), "y", ["x"])
