"""Logistic regression against Spector and Mazzeo's data, and what it refuses to fit."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from sklearn.metrics import roc_auc_score

from graphs.analytics.statistics.logistic import fit_logistic


@pytest.fixture(scope="module")
def spector() -> pd.DataFrame:
    return sm.datasets.spector.load_pandas().data


def test_spector_and_mazzeo(spector: pd.DataFrame) -> None:
    # Greene, Econometric Analysis, table 21.1, and statsmodels' documentation: coefficients -13.021 2.826
    # 0.095 2.379, standard errors 4.931 1.263 0.142 1.065; log likelihood -12.890, null -20.592; pseudo R²
    # 0.3740; likelihood ratio p 0.001502.
    fit = fit_logistic(spector, "GRADE", ["GPA", "TUCE", "PSI"])

    assert [each.estimate for each in fit.terms] == pytest.approx([-13.021, 2.826, 0.095, 2.379], abs=5e-4)
    assert [each.standard_error for each in fit.terms] == pytest.approx(
        [4.931, 1.263, 0.142, 1.065], abs=5e-4
    )
    assert [each.p for each in fit.terms] == pytest.approx([0.008, 0.025, 0.501, 0.025], abs=5e-4)
    assert (fit.log_likelihood, fit.null_log_likelihood) == pytest.approx((-12.890, -20.592), abs=5e-4)
    assert fit.mcfadden == pytest.approx(0.3740, abs=5e-5)
    assert (fit.lr, fit.lr_df) == (pytest.approx(2 * (20.5917 - 12.8896), abs=1e-3), 3)
    assert fit.lr_p == pytest.approx(0.001502, abs=5e-7)
    assert (fit.rows, fit.successes, fit.success, fit.failure) == (32, 11, "1", "0")


def test_odds_ratios_are_exponentials_with_walds_interval(spector: pd.DataFrame) -> None:
    for term in fit_logistic(spector, "GRADE", ["GPA", "TUCE", "PSI"]).terms:
        reach = 1.959964 * term.standard_error
        assert term.odds_ratio == pytest.approx(np.exp(term.estimate))
        assert (term.ci_low, term.ci_high) == pytest.approx(
            (np.exp(term.estimate - reach), np.exp(term.estimate + reach)), rel=1e-4
        )


def test_auc_is_that_of_scikit_learn(spector: pd.DataFrame) -> None:
    fit = fit_logistic(spector, "GRADE", ["GPA", "PSI"])
    design = np.column_stack([np.ones(len(spector)), spector[["GPA", "PSI"]]])

    assert fit.auc == pytest.approx(roc_auc_score(spector.GRADE, design @ [t.estimate for t in fit.terms]))


def test_one_binary_predictor_gives_the_cross_product_of_the_table() -> None:
    # Closed form: the odds ratio of a 2 × 2 table is ad / bc, its log's variance 1/a + 1/b + 1/c + 1/d
    # (Woolf).
    counts = {("yes", "ill"): 30, ("yes", "well"): 10, ("no", "ill"): 15, ("no", "well"): 45}
    rows = [cell for cell, count in counts.items() for _ in range(count)]
    fit = fit_logistic(pd.DataFrame(rows, columns=["exposed", "state"]), "state", ["exposed"], "ILL")
    _, term = fit.terms

    assert (fit.success, fit.failure, term.term) == ("ill", "well", "exposed = yes")
    assert fit.factors[0].reference == "no"
    assert term.odds_ratio == pytest.approx(30 * 45 / (10 * 15))
    assert term.standard_error == pytest.approx(np.sqrt(1 / 30 + 1 / 10 + 1 / 15 + 1 / 45), rel=1e-6)


def test_default_success_is_the_later_value_and_turning_it_round_turns_the_odds(
    spector: pd.DataFrame,
) -> None:
    frame = spector.assign(passed=np.where(spector.GRADE == 1, "yes", "no"))
    later, earlier = fit_logistic(frame, "passed", ["GPA"]), fit_logistic(frame, "passed", ["GPA"], "no")

    assert (later.success, earlier.success) == ("yes", "no")
    assert later.terms[1].odds_ratio == pytest.approx(1 / earlier.terms[1].odds_ratio)
    assert later.auc == pytest.approx(earlier.auc)


def test_scale_of_a_predictor_does_not_matter(spector: pd.DataFrame) -> None:
    frame = spector.assign(tiny=spector.GPA * 1e-9, huge=spector.TUCE * 1e9)
    plain, scaled = (fit_logistic(frame, "GRADE", names) for names in (["GPA", "TUCE"], ["tiny", "huge"]))

    assert [t.z for t in scaled.terms] == pytest.approx([t.z for t in plain.terms], rel=1e-6)


FRAME = pd.DataFrame(
    {
        "y": [0, 0, 0, 0, 1, 1, 1, 1],
        "x": [1.0, 2, 3, 4, 5, 6, 7, 8],
        "z": [3.0, 1, 4, 1, 5, 9, 2, 6],
        "w": [1.0, 2, 3, 4, 4, 5, 6, 7],
        "group": list("aabbbbcc"),
        "three": [1, 2, 3, 1, 2, 3, 1, 2],
        "twice": [6.0, 2, 8, 2, 10, 18, 4, 12],
        "one": "a",
        "late": [None, None, None, None, 1.0, 3, 2, 5],
    }
)


@pytest.mark.parametrize(
    ("predictors", "blamed"), [(["x"], "x tells"), (["w"], "w tells"), (["group"], "group tells")]
)
def test_separation_is_named_with_the_remedy(predictors: list[str], blamed: str) -> None:
    # x separates wholly; w but for a tie at 4; group a has zeros only, c ones only
    with pytest.raises(
        ValueError, match=rf"{blamed} the values of 'y' apart .*separation.* Leave such a predictor"
    ):
        fit_logistic(FRAME, "y", predictors)


@pytest.mark.parametrize(
    ("response", "predictors", "success", "message"),
    [
        ("three", ["z"], None, "explains a column of two values, and 'three' has 3: 1, 2, 3"),
        ("one", ["z"], None, "explains a column of two values, and 'one' has 1: a"),
        ("y", ["z"], "maybe", "'y' has no value 'maybe'. Its values are 0 and 1"),
        ("y", ["late"], None, "'y' is '1' in all 4 rows that have every predictor"),
        ("y", ["z", "twice"], None, "z, twice determine one another exactly"),
        ("y", ["one"], None, "'one' has the same value in all rows"),
        ("y", ["nothing"], None, "There is no column 'nothing'"),
        ("y", [], None, "needs at least one predictor"),
        ("y", ["y"], None, "Each column may be used once"),
    ],
)
def test_what_cannot_be_fitted_is_refused(
    response: str, predictors: list[str], success: str | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fit_logistic(FRAME, response, predictors, success)


def test_column_far_from_zero_is_fitted_as_its_distance_from_its_mean() -> None:
    x = np.random.default_rng(1).normal(size=30)
    frame = pd.DataFrame({"y": [0, 1, 1] * 10, "near": x, "far": 1e8 + x})
    near, far = (fit_logistic(frame, "y", [name]).terms[1] for name in ("near", "far"))

    assert (far.estimate, far.standard_error) == pytest.approx((near.estimate, near.standard_error), rel=1e-5)


def test_outlier_is_no_separation() -> None:
    frame = pd.DataFrame({"y": [0, 1] * 6, "x": [*range(11), 1e9]})

    with pytest.raises(ValueError, match="did not converge"):
        fit_logistic(frame, "y", ["x"])
