from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import graphs.analytics
from graphs.analytics.statistics.regression import fit_linear
from graphs.kit.tables.load import load_frame
from tests.support.published_data import norris, tooth_growth

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
        (["z"], "no column 'z'. The columns are: 'x', 'twice', 'same', 'text', 'empty', 'y'"),
        (["text"], "8 complete rows are too few for 8 coefficients"),
        (["empty"], "'empty' has no value in any row"),
        (["same"], "'same' has the same value in all rows"),
        (["x", "twice"], "x, twice determine one another exactly"),
        (["x", "x"], "may be used once"),
        (["y"], "may be used once"),
    ],
)
def test_columns_that_cannot_be_fitted_are_refused(predictors, message):
    x = np.arange(8.0)
    frame = pd.DataFrame(
        {"x": x, "twice": 2 * x, "same": 1.0, "text": list("abcdefgh"), "empty": None, "y": x**2}
    )

    with pytest.raises(ValueError, match=message):
        fit_linear(frame, "y", predictors)


def test_too_few_rows_are_refused():
    with pytest.raises(ValueError, match="2 complete rows are too few for 2 coefficients: at least 3"):
        fit_linear(pd.DataFrame({"x": [1, 2, None], "y": [1, 2, 3]}), "y", ["x"])


@pytest.mark.parametrize("column", ["text", "flag"])
def test_response_that_holds_no_numbers_is_refused(column):
    frame = pd.DataFrame({"x": np.arange(8.0), "text": list("abcdefgh"), "flag": np.arange(8) > 3})

    with pytest.raises(ValueError, match=f"needs numbers, and column '{column}'"):
        fit_linear(frame, column, ["x"])


def test_stack_loss_is_that_of_r():
    # Brownlee (1960); R: summary(lm(stack.loss ~ ., stackloss)): -39.9197 0.7156 1.2953 -0.1521, residual
    # standard error 3.243 on 17 degrees of freedom, R² 0.9136. Cook's distance of row 21 is 0.692, the
    # leverage of row 17 is 0.412 (Belsley, Kuh and Welsch).
    frame = sm.datasets.stackloss.load_pandas().data
    fit = fit_linear(frame, "STACKLOSS", ["AIRFLOW", "WATERTEMP", "ACIDCONC"])

    assert [c.estimate for c in fit.coefficients] == pytest.approx(
        [-39.9197, 0.7156, 1.2953, -0.1521], abs=5e-5
    )
    assert fit.residual_sd == pytest.approx(3.2434, abs=5e-5)
    assert fit.r_squared == pytest.approx(0.9136, abs=5e-5)
    found = fit.diagnostics
    assert [(point.row, round(point.cooks_distance, 3)) for point in found.points] == [
        (21, 0.692),
        (17, 0.065),
    ]
    assert found.points[1].leverage == pytest.approx(0.412, abs=5e-4)
    assert (found.influential, found.high_leverage) == (1, 1)
    # R: shapiro.test(residuals(fit)): W = 0.97399, p-value = 0.8186; car::vif: 2.9065 2.5726 1.3336
    assert (found.normality.statistic, found.normality.p) == pytest.approx((0.97399, 0.8186), abs=5e-5)
    assert found.inflation == pytest.approx((2.9065, 2.5726, 1.3336), abs=5e-5)


def test_longley_diagnostics():
    # statsmodels' documentation of OLS: Durbin-Watson 2.559; R car::vif(lm(Employed ~ ., longley)):
    # 135.53244 1788.51348 33.61889 3.58893 399.15102 758.98060.
    frame = load_frame(SAMPLES / "longley.csv")
    fit = fit_linear(frame, "employed_thousands", list(frame.columns[1:]), order="year")
    shuffled = fit_linear(
        frame.sample(frac=1, random_state=1), "employed_thousands", list(frame.columns[1:]), order="year"
    )

    assert fit.diagnostics.durbin_watson == pytest.approx(2.559, abs=5e-4)
    assert shuffled.diagnostics.durbin_watson == pytest.approx(2.559, abs=5e-4)
    assert longley().diagnostics.durbin_watson is None
    by_term = dict(zip([c.term for c in fit.coefficients[1:]], fit.diagnostics.inflation, strict=True))
    assert by_term["year"] == pytest.approx(758.98060, rel=1e-6)
    assert sorted(by_term.values()) == pytest.approx(
        [3.58893, 33.61889, 135.53244, 399.15102, 758.98060, 1788.51348], rel=1e-5
    )


def test_norris_agrees_with_nist():
    # NIST StRD, Norris.
    fit = fit_linear(norris(), "y", ["x"])
    intercept, slope = fit.coefficients

    assert intercept.estimate == pytest.approx(-0.262323073774029, rel=1e-11)
    assert intercept.standard_error == pytest.approx(0.232818234301152, rel=1e-11)
    assert slope.estimate == pytest.approx(1.00211681802045, rel=1e-13)
    assert slope.standard_error == pytest.approx(0.429796848199937e-03, rel=1e-11)
    assert fit.residual_sd == pytest.approx(0.884796396144373, rel=1e-11)
    assert fit.r_squared == pytest.approx(0.999993745883712, rel=1e-14)
    assert fit.f == pytest.approx(5436385.54079785, rel=1e-10)


def test_wampler1_agrees_with_nist():
    # NIST StRD, Wampler1: y = 1 + x + x² + … + x⁵ for x = 0 … 20: all six coefficients are 1.
    x = np.arange(21.0)
    frame = pd.DataFrame({f"x{power}": x**power for power in range(1, 6)})
    frame["y"] = 1 + frame.sum(axis=1)
    fit = fit_linear(frame, "y", [f"x{power}" for power in range(1, 6)])

    assert [c.estimate for c in fit.coefficients] == pytest.approx([1.0] * 6, rel=1e-8)
    assert fit.r_squared == pytest.approx(1)


def test_row_that_alone_decides_the_slope_is_named():
    # Anscombe's fourth set: all x are 8 but that of row 8.
    fit = fit_linear(load_frame(SAMPLES / "anscombe.csv"), "y4", ["x4"])
    point = fit.diagnostics.points[0]

    assert (point.row, point.leverage, point.cooks_distance) == (8, pytest.approx(1), np.inf)


def test_breusch_pagan_is_that_of_lmtest():
    # R: lmtest::bptest(lm(dist ~ speed, cars)): BP = 3.2149, df = 1, p-value = 0.07297.
    speed = (
        "4 4 7 7 8 9 10 10 10 11 11 12 12 12 12 13 13 13 13 14 14 14 14 15 15 15 16 16 17 17 17 18 18 18 18"
    )
    speed += " 19 19 19 20 20 20 20 20 22 23 24 24 24 24 25"
    dist = (
        "2 10 4 22 16 10 18 26 34 17 28 14 20 24 28 26 34 34 46 26 36 60 80 20 26 54 32 40 32 40 50 42 56 76"
    )
    dist += " 84 36 46 68 32 48 52 56 64 66 54 70 92 93 120 85"
    cars = pd.DataFrame({"speed": [*map(float, speed.split())], "dist": [*map(float, dist.split())]})
    fit = fit_linear(cars, "dist", ["speed"])

    assert [c.estimate for c in fit.coefficients] == pytest.approx([-17.5791, 3.9324], abs=5e-5)
    check = fit.diagnostics.equal_spread
    assert (check.statistic, check.p) == pytest.approx((3.2149, 0.07297), abs=5e-5)
    assert fit.diagnostics.inflation == (None,)


def test_group_column_becomes_differences_from_its_first_value():
    # Closed form: with groups alone the intercept is the reference's mean, the slopes are differences of
    # means.
    frame = tooth_growth()
    fit = fit_linear(frame, "len", ["supp"])
    means = frame.groupby("supp").len.mean()

    assert fit.factors[0].column == "supp"
    assert (fit.factors[0].reference, fit.factors[0].levels) == ("OJ", ("VC",))
    assert [(c.term, c.estimate) for c in fit.coefficients] == [
        ("intercept", pytest.approx(means["OJ"])),
        ("supp = VC", pytest.approx(means["VC"] - means["OJ"])),
    ]


def test_numbers_and_groups_go_together():
    # R: lm(len ~ dose + supp, ToothGrowth): 9.2725, dose 9.7636, suppVC -3.7000; R² 0.7038.
    fit = fit_linear(tooth_growth(), "len", ["dose", "supp"])

    assert [c.estimate for c in fit.coefficients] == pytest.approx([9.2725, 9.7636, -3.7], abs=5e-5)
    assert fit.r_squared == pytest.approx(0.7038, abs=5e-5)


def test_truth_values_are_groups_and_gaps_in_them_drop_rows():
    frame = pd.DataFrame({"y": [1.0, 2, 3, 5, 8, 9], "on": [True, False, None, True, False, True]})
    fit = fit_linear(frame, "y", ["on"])

    assert fit.coefficients[1].term == "on = true"
    assert (fit.rows, fit.dropped_rows) == (5, 1)


def test_group_column_with_too_many_values_is_refused():
    frame = pd.DataFrame({"y": np.arange(80.0), "code": [f"c{i % 40}" for i in range(80)]})

    with pytest.raises(
        ValueError, match="'code' holds no numbers and has 40 values, too many for a regression"
    ):
        fit_linear(frame, "y", ["code"])
