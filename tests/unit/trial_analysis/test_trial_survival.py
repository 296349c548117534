from importlib.resources import files
from math import exp, log

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_leukemia

from graphs.trial_analysis.survival import kaplan_meier, logrank_test, survival_data

GEHAN = pd.read_csv(str(files("graphs.trial_analysis") / "samples" / "gehan.csv"))


@pytest.fixture
def gehan():
    return survival_data(GEHAN, "weeks", "relapse", "arm")


def test_the_sample_holds_the_published_times():
    # The same patients, in another order, with other columns.
    published = load_leukemia().replace({"Rx": {0: "6-MP", 1: "placebo"}})[["t", "status", "Rx"]]
    ours = GEHAN[["weeks", "relapse", "arm"]].set_axis(published.columns, axis=1)

    assert sorted(ours.itertuples(index=False)) == sorted(published.itertuples(index=False))
    assert GEHAN.groupby("pair")["arm"].apply(set).map(len).eq(2).all()


def test_medians_of_gehans_data_with_their_intervals(gehan):
    placebo, drug = kaplan_meier(gehan)

    # Gehan (1965): medians 8 and 23 weeks. Intervals on the log(-log) scale, 4 to 11 and 13 to not reached:
    # R, survfit(conf.type = "log-log") as in MASS ?gehan.
    assert (placebo.arm, placebo.median, placebo.median_ci) == ("placebo", 8, (4, 11))
    assert (drug.arm, drug.median, drug.median_ci) == ("6-MP", 23, (13, None))
    assert (placebo.n, placebo.events, drug.n, drug.events) == (21, 21, 21, 9)


def test_kaplan_meier_table_of_the_treated_arm(gehan):
    # Stata, `sts list, by(group)` of the Gehan data (G. Rodriguez, Princeton, Pop 509): time, at risk,
    # events, survivor function, standard error, 95 % interval.
    published = [
        (6, 21, 3, 0.8571, 0.0764, 0.6197, 0.9516),
        (7, 17, 1, 0.8067, 0.0869, 0.5631, 0.9228),
        (10, 15, 1, 0.7529, 0.0963, 0.5032, 0.8894),
        (13, 12, 1, 0.6902, 0.1068, 0.4316, 0.8491),
        (16, 11, 1, 0.6275, 0.1141, 0.3675, 0.8049),
        (22, 7, 1, 0.5378, 0.1282, 0.2678, 0.7468),
        (23, 6, 1, 0.4482, 0.1346, 0.1881, 0.6801),
    ]

    steps = [step for step in kaplan_meier(gehan)[1].steps if step.events]

    assert len(steps) == len(published)
    for step, row in zip(steps, published, strict=True):
        assert (step.time, step.at_risk, step.events) == row[:3]
        assert (step.survival, step.se, step.lower, step.upper) == pytest.approx(row[3:], abs=5e-5)


def test_the_interval_ends_where_everyone_has_had_the_event(gehan):
    last = kaplan_meier(gehan)[0].steps[-1]

    assert (last.time, last.survival, last.se, last.lower, last.upper) == (23, 0, None, None, None)


def test_at_risk_and_survival_between_the_steps(gehan):
    drug = kaplan_meier(gehan)[1]

    assert [drug.at_risk(t) for t in (0, 6, 6.5, 10, 35, 36)] == [21, 21, 17, 15, 1, 0]
    assert [round(drug.survival_at(t), 4) for t in (0, 5.9, 6, 12, 100)] == [1, 1, 0.8571, 0.7529, 0.4482]


def test_log_rank_test_of_gehans_data(gehan):
    test = logrank_test(gehan)

    # Published chi-squared 16.793 (e.g. SAS, Stata); R, survdiff: observed 21 and 9, expected 10.7 and 19.3.
    assert test.chi2 == pytest.approx(16.793, abs=5e-4)
    assert test.df == 1
    assert test.p_value == pytest.approx(4.17e-5, abs=5e-8)
    placebo, drug = test.arms
    assert (placebo.arm, placebo.observed, drug.arm, drug.observed) == ("placebo", 21, "6-MP", 9)
    assert placebo.expected == pytest.approx(10.7, abs=0.05)
    assert drug.expected == pytest.approx(19.3, abs=0.05)


def test_expected_events_sum_to_the_observed_over_any_number_of_arms():
    rng = np.random.default_rng(7)
    table = pd.DataFrame(
        {
            "t": rng.exponential(10, 90).round(),
            "e": rng.integers(0, 2, 90),
            "arm": rng.choice(list("abc"), 90),
        }
    )

    test = logrank_test(survival_data(table, "t", "e", "arm"))

    assert test.df == 2
    assert sum(arm.expected for arm in test.arms) == pytest.approx(sum(arm.observed for arm in test.arms))


def test_one_curve_without_arms_and_no_log_rank_test():
    data = survival_data(GEHAN, "weeks", "relapse")

    (curve,) = kaplan_meier(data)

    assert (curve.arm, curve.n, curve.events, data.events) == ("all", 42, 30, 30)
    with pytest.raises(ValueError, match="Name the column that holds the arm"):
        logrank_test(data)


def test_events_at_time_0_count():
    table = pd.DataFrame({"t": [0, 0, 1, 2], "e": [1, 0, 1, 0]})

    (curve,) = kaplan_meier(survival_data(table, "t", "e"))

    # Of 4, 1 falls at time 0; one is censored there; then 1 of the remaining 2.
    assert [step.time for step in curve.steps] == [0, 1, 2]
    assert [step.survival for step in curve.steps] == pytest.approx([0.75, 0.375, 0.375])
    assert curve.median == 1


def test_a_curve_that_touches_one_half_has_its_median_there():
    table = pd.DataFrame({"t": [1, 2, 3, 4], "e": [1, 1, 0, 0]})

    assert kaplan_meier(survival_data(table, "t", "e"))[0].median == 2


def test_reference_confidence_and_codes_can_be_chosen():
    coded = GEHAN.replace({"relapse": {1: "relapsed", 0: "censored"}})

    data = survival_data(coded, "weeks", "relapse", "arm", event_value="relapsed", reference="6-MP")

    assert data.arms == ("6-MP", "placebo")
    assert data.events == 30


def test_the_confidence_level_is_that_of_the_intervals(gehan):
    step = kaplan_meier(gehan, confidence=0.8)[0].steps[1]

    # Closed form of the log(-log) interval (Collett, ch. 2) at week 1, where 2 of 21 relapse.
    share = 19 / 21
    theta = 1.281552 * (2 / (21 * 19)) ** 0.5 / log(share)
    assert (step.lower, step.upper) == pytest.approx((share ** exp(-theta), share ** exp(theta)), rel=1e-6)


def test_a_confidence_level_in_percent_is_refused(gehan):
    with pytest.raises(ValueError, match=r"confidence level 95 must be at least 0\.5 and below 1"):
        kaplan_meier(gehan, confidence=95)


def test_rows_with_blanks_are_counted():
    table = GEHAN.astype({"weeks": float})
    table.loc[0, "weeks"] = np.nan

    assert survival_data(table, "weeks", "relapse", "arm").excluded == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weeks": -1}, "Row 1 of column 'weeks' holds '-1', which is below 0"),
        ({"relapse": 0}, "Column 'relapse' has no event: all 42 participants are censored"),
        ({"relapse": 3}, "Row 1 of column 'relapse' holds '3', which is neither 1"),
        ({"arm": "6-MP"}, "Column 'arm' holds one arm only, '6-MP'"),
    ],
)
def test_unusable_columns_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        survival_data(GEHAN.assign(**change), "weeks", "relapse", "arm")


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match=r"no column 'time'. Its columns are: pair, weeks, relapse, arm"):
        survival_data(GEHAN, "time", "relapse", "arm")
