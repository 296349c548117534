from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_rossi

from graphs.trial_analysis.cox import cox_regression

SAMPLES = files("graphs.trial_analysis") / "samples"
ROSSI = pd.read_csv(str(SAMPLES / "rossi.csv"))
GEHAN = pd.read_csv(str(SAMPLES / "gehan.csv"))
ALL_SEVEN = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]


def test_the_sample_is_the_published_table():
    pd.testing.assert_frame_equal(ROSSI, load_rossi())


def test_cox_model_of_the_recidivism_data():
    # Rossi, Berk & Lenihan (1980), as fitted by Allison and by Fox & Weisberg, "Cox Proportional-Hazards
    # Regression for Survival Data in R" (Efron ties): coefficient, standard error, z.
    published = {
        "fin": (-0.37942, 0.19138, -1.983),
        "age": (-0.05744, 0.02200, -2.611),
        "race": (0.31390, 0.30799, 1.019),
        "wexp": (-0.14980, 0.21222, -0.706),
        "mar": (-0.43370, 0.38187, -1.136),
        "paro": (-0.08487, 0.19576, -0.434),
        "prio": (0.09150, 0.02865, 3.194),
    }

    model = cox_regression(ROSSI, "week", "arrest", ALL_SEVEN)

    assert (model.n, model.events, model.df, model.excluded) == (432, 114, 7, 0)
    for row in model.coefficients:
        coefficient, se, z = published[row.covariate]
        assert row.coefficient == pytest.approx(coefficient, abs=6e-6)
        assert row.se == pytest.approx(se, abs=6e-6)
        assert row.z == pytest.approx(z, abs=6e-4)
    by_name = {row.covariate: row for row in model.coefficients}
    assert by_name["fin"].coefficient == pytest.approx(-0.379422, abs=5e-7)
    assert by_name["age"].coefficient == pytest.approx(-0.057438, abs=5e-7)
    assert by_name["prio"].coefficient == pytest.approx(0.091497, abs=5e-7)
    assert by_name["fin"].hazard_ratio == pytest.approx(0.6843, abs=5e-5)
    assert by_name["fin"].hazard_ratio_ci == pytest.approx((0.4702, 0.9957), abs=5e-5)
    assert by_name["fin"].p_value == pytest.approx(0.0474, abs=5e-5)
    assert model.likelihood_ratio == pytest.approx(33.266, abs=5e-4)
    assert model.p_value == pytest.approx(2.362e-5, abs=5e-9)
    assert model.concordance == pytest.approx(0.640, abs=5e-4)


def test_proportionality_of_foxs_reduced_model():
    model = cox_regression(ROSSI, "week", "arrest", ["fin", "age", "prio"])

    # Fox, appendix to An R and S-PLUS Companion (2002), cox.zph: fin 0.00507, age 6.54147, prio 0.77288,
    # global 7.13046 on 3 df; p .9433, .0105, .3793, .0679.
    assert [row.covariate for row in model.proportionality] == ["fin", "age", "prio"]
    assert [row.chi2 for row in model.proportionality] == pytest.approx([0.00507, 6.54147, 0.77288], abs=5e-6)
    assert [row.p_value for row in model.proportionality] == pytest.approx([0.9433, 0.0105, 0.3793], abs=6e-5)
    assert model.proportionality_global is not None
    assert model.proportionality_global.chi2 == pytest.approx(7.13046, abs=5e-6)
    assert (model.proportionality_global.df, round(model.proportionality_global.p_value, 4)) == (3, 0.0679)


def test_a_text_covariate_enters_against_its_reference():
    model = cox_regression(GEHAN, "weeks", "relapse", ["arm"], references={"arm": "6-MP"})
    (row,) = model.coefficients

    # R, coxph(Surv(time, cens) ~ treat, gehan) as in MASS ?gehan: 1.572, HR 4.817, se 0.412, LR 16.35.
    assert row.covariate == "arm: placebo vs 6-MP"
    assert row.coefficient == pytest.approx(1.572, abs=5e-4)
    assert row.hazard_ratio == pytest.approx(4.817, abs=5e-4)
    assert row.se == pytest.approx(0.412, abs=5e-4)
    assert model.likelihood_ratio == pytest.approx(16.35, abs=5e-3)


def test_without_a_named_reference_the_control_arm_is_it():
    (row,) = cox_regression(GEHAN, "weeks", "relapse", ["arm"]).coefficients

    assert row.covariate == "arm: 6-MP vs placebo"
    assert row.hazard_ratio == pytest.approx(1 / 4.817, abs=5e-5)


def test_a_reference_turns_numbers_into_levels():
    model = cox_regression(ROSSI, "week", "arrest", ["mar"], references={"mar": "1"})

    assert [row.covariate for row in model.coefficients] == ["mar: 0 vs 1"]


def test_the_confidence_level_is_that_of_the_intervals():
    narrow, wide = (
        cox_regression(GEHAN, "weeks", "relapse", ["arm"], confidence=c).coefficients[0] for c in (0.9, 0.99)
    )

    assert wide.hazard_ratio_ci[0] < narrow.hazard_ratio_ci[0]
    assert narrow.hazard_ratio_ci[1] < wide.hazard_ratio_ci[1]


def test_rows_with_blanks_are_left_out_and_counted():
    table = ROSSI.astype({"age": float})
    table.loc[:2, "age"] = np.nan

    model = cox_regression(table, "week", "arrest", ["age"])

    assert (model.n, model.excluded) == (429, 3)


def test_nothing_to_test_about_proportionality_when_all_events_fall_at_one_time():
    table = pd.DataFrame({"t": [1, 1, 1, 2, 3, 4], "e": [1, 1, 1, 0, 0, 0], "x": [0, 1, 0, 1, 1, 0]})

    model = cox_regression(table, "t", "e", ["x"])

    assert (model.proportionality, model.proportionality_global) == ((), None)


def separated(n):
    """The first n of those who were not arrested are marked."""
    marked = ROSSI.index.isin(ROSSI.index[ROSSI["arrest"] == 0][:n])
    return ROSSI.assign(x=marked.astype(int))


@pytest.mark.filterwarnings("ignore::lifelines.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("table", "covariates", "message"),
    [
        (ROSSI, [], "needs at least one covariate"),
        (ROSSI, ["sex"], "no column 'sex'"),
        (ROSSI.assign(site=1), ["site"], "Covariate 'site' has the same value in every usable row"),
        (ROSSI.assign(site="A"), ["site"], "Covariate 'site' has the same value, 'A', in every"),
        (ROSSI.assign(months=ROSSI["age"] * 12), ["age", "months"], "'months' can be computed from 'age'"),
        (ROSSI.assign(id=[f"P{i}" for i in range(432)]), ["id"], "432 different texts, more than 10 levels"),
        (ROSSI.head(5), ["age", "prio", "fin"], "3 events for 3 coefficients; a Cox model needs more"),
        (separated(1), ["x"], "hazard ratio of covariate 'x' can't be estimated: it separates"),
        (separated(4), ["age", "x"], "hazard ratio of covariate 'x' can't be estimated"),
        (separated(318), ["x"], "hazard ratio of covariate 'x' can't be estimated"),
        (ROSSI.assign(week=-1), ["age"], "Row 1 of column 'week' holds '-1'"),
        (ROSSI.assign(arrest=2), ["age"], "Row 1 of column 'arrest' holds '2'"),
    ],
)
def test_unusable_input_is_refused(table, covariates, message):
    with pytest.raises(ValueError, match=message):
        cox_regression(table, "week", "arrest", covariates)
