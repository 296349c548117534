from importlib.resources import files
from math import comb

import numpy as np
import pandas as pd
import pytest

from graphs.trial_analysis import endpoint
from graphs.trial_analysis.endpoint import compare_means, compare_ranks, compare_risks

# R's `sleep` data (Student 1908): extra hours of sleep under two drugs.
SLEEP = pd.DataFrame(
    {
        "extra": np.r_[
            [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
            [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
        ],
        "group": [1] * 10 + [2] * 10,
    }
)
# Hollander & Wolfe (1973), p. 69: permeability constants, the example of R's ?wilcox.test.
PERMEABILITY = pd.DataFrame(
    {
        "value": np.r_[
            [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46],
            [1.15, 0.88, 0.90, 0.74, 1.21],
        ],
        "age": ["term"] * 10 + ["early"] * 5,
    }
)


def two_by_two(a, n1, c, n2, event=1, other=0):
    return pd.DataFrame(
        {
            "outcome": [event] * a + [other] * (n1 - a) + [event] * c + [other] * (n2 - c),
            "arm": ["active"] * n1 + ["placebo"] * n2,
        }
    )


def with_moments(n, mean, sd):
    """n values with exactly this mean and standard deviation."""
    values = np.linspace(-1, 1, n)
    return mean + sd * (values - values.mean()) / values.std(ddof=1)


# --- means


def test_welch_t_test_of_the_sleep_data():
    result = compare_means(SLEEP, "extra", "group", reference="2")

    # R, t.test(extra ~ group, data = sleep).
    assert result.t == pytest.approx(-1.8608, abs=5e-5)
    assert result.df == pytest.approx(17.776, abs=5e-4)
    assert result.p_value == pytest.approx(0.07939, abs=5e-6)
    assert result.difference_ci == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)
    assert (result.treatment.arm, result.treatment.n) == ("1", 10)
    assert result.treatment.mean == pytest.approx(0.75)
    assert (result.reference.arm, result.reference.n) == ("2", 10)
    assert result.reference.mean == pytest.approx(2.33)
    assert result.difference == pytest.approx(-1.58)


def test_hedges_g_of_borensteins_example():
    # Borenstein, Hedges, Higgins & Rothstein, Introduction to Meta-Analysis (2009), ch. 4: means 103 and 100,
    # sd 5.5 and 4.5, n = 50 each: g = 0.5924, its variance 0.0411.
    table = pd.DataFrame(
        {
            "score": np.r_[with_moments(50, 103, 5.5), with_moments(50, 100, 4.5)],
            "arm": ["treated"] * 50 + ["control"] * 50,
        }
    )

    result = compare_means(table, "score", "arm")

    assert result.hedges_g == pytest.approx(0.5924, abs=1e-4)
    low, high = result.hedges_g_ci
    assert ((high - low) / 2 / 1.959964) ** 2 == pytest.approx(0.0411, abs=1e-4)


def test_a_wider_confidence_level_widens_the_interval():
    narrow, wide = (compare_means(SLEEP, "extra", "group", confidence=c) for c in (0.9, 0.99))

    assert wide.difference_ci[0] < narrow.difference_ci[0] < narrow.difference_ci[1] < wide.difference_ci[1]
    assert wide.confidence == 0.99


def test_rows_with_blanks_are_left_out_and_counted():
    table = SLEEP.copy()
    table.loc[[0, 12], "extra"] = np.nan

    result = compare_means(table, "extra", "group")

    assert result.excluded == 2
    assert result.treatment.n == result.reference.n == 9


def test_two_of_three_arms_can_be_chosen():
    table = pd.DataFrame(
        {"y": [1, 2, 3, 4, 5, 7], "dose": ["low", "low", "high", "high", "placebo", "placebo"]}
    )

    result = compare_means(table, "y", "dose", reference="placebo", treatment="high")

    assert (result.treatment.arm, result.reference.arm, result.difference) == ("high", "placebo", -2.5)
    with pytest.raises(ValueError, match=r"holds 3 arms \('placebo', 'high', 'low'\)\. Name the two"):
        compare_means(table, "y", "dose")
    with pytest.raises(ValueError, match=r"'medium' can't be compared .* Choose from: 'high', 'low'"):
        compare_means(table, "y", "dose", treatment="medium")
    with pytest.raises(ValueError, match="There is no arm 'none'"):
        compare_means(table, "y", "dose", reference="none")


def test_an_endpoint_that_does_not_vary_is_refused():
    table = pd.DataFrame({"y": [1, 1, 2, 2], "arm": ["a", "a", "b", "b"]})

    with pytest.raises(ValueError, match="does not vary within either arm"):
        compare_means(table, "y", "arm")
    with pytest.raises(ValueError, match="Every value of column 'y' is the same"):
        compare_ranks(table.assign(y=3), "y", "arm")


# --- ranks


def test_mann_whitney_of_hollander_and_wolfes_example():
    result = compare_ranks(PERMEABILITY, "value", "age", reference="early")

    # R, wilcox.test(x, y, conf.int = TRUE): W = 35, one-sided p = 0.1272, so 0.2544 two-sided; shift 0.305,
    # interval -0.15 to 0.76 (Hollander & Wolfe give the same).
    assert result.u == 35
    assert result.exact
    assert result.p_value == pytest.approx(0.2544, abs=5e-5)
    assert result.shift == pytest.approx(0.305)
    assert result.shift_ci == pytest.approx((-0.15, 0.76))
    assert result.superiority == pytest.approx(35 / 50)


def test_ties_and_large_arms_take_the_normal_approximation():
    tied = pd.DataFrame({"y": [1, 2, 2, 3, 4, 5, 5, 6], "arm": ["a"] * 4 + ["b"] * 4})
    rng = np.random.default_rng(1)
    large = pd.DataFrame({"y": rng.normal(size=120), "arm": ["a", "b"] * 60})

    assert not compare_ranks(tied, "y", "arm").exact
    assert not compare_ranks(large, "y", "arm").exact


def test_the_exact_and_the_approximate_interval_agree_in_moderate_arms():
    exact = endpoint._moses_rank(40, 35, 0.05, exact=True)
    assert endpoint._moses_rank(40, 35, 0.05, exact=False) == pytest.approx(exact, abs=2)


@pytest.mark.parametrize(("m", "n"), [(1, 1), (3, 2), (5, 10), (49, 49)])
def test_rank_sum_counts_cover_all_orderings_symmetrically(m, n):
    counts = endpoint._rank_sum_counts(m, n)

    assert sum(counts) == comb(m + n, n)
    assert counts == counts[::-1]
    assert counts[0] == 1


def test_the_shift_is_left_out_when_there_are_too_many_pairs(monkeypatch):
    monkeypatch.setattr(endpoint, "MAX_PAIRS", 49)

    result = compare_ranks(PERMEABILITY, "value", "age", reference="early")

    assert (result.shift, result.shift_ci) == (None, None)
    assert result.u == 35


def test_tiny_arms_give_the_widest_interval_there_is():
    table = pd.DataFrame({"y": [1.0, 2.0, 5.0, 7.0], "arm": ["a", "a", "b", "b"]})

    assert compare_ranks(table, "y", "arm").shift_ci == (3, 6)


# --- risks


@pytest.mark.parametrize(
    ("counts", "interval"),
    [
        # Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((6, 7, 2, 7), (0.0582, 0.8062)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((10, 10, 0, 20), (0.6791, 1.0)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
    ],
)
def test_risk_difference_has_newcombes_interval(counts, interval):
    result = compare_risks(two_by_two(*counts), "outcome", "arm")

    assert result.difference == pytest.approx(counts[0] / counts[1] - counts[2] / counts[3])
    assert result.difference_ci == pytest.approx(interval, abs=5e-5)


def test_physicians_health_study():
    # Agresti, Categorical Data Analysis (2nd ed. 2002), ch. 3: heart attacks 189 of 11,034 under placebo, 104
    # of 11,037 under aspirin: odds ratio 1.832 (1.44, 2.33), relative risk 1.818 (1.43, 2.31), X2 = 25.01.
    table = two_by_two(189, 11034, 104, 11037).replace({"active": "no aspirin", "placebo": "aspirin"})

    result = compare_risks(table, "outcome", "arm", reference="aspirin")

    assert result.odds_ratio == pytest.approx(1.832, abs=5e-4)
    assert result.odds_ratio_ci == pytest.approx((1.44, 2.33), abs=5e-3)
    assert result.risk_ratio == pytest.approx(1.818, abs=5e-4)
    assert result.risk_ratio_ci == pytest.approx((1.43, 2.31), abs=5e-3)
    assert result.chi2 == pytest.approx(25.01, abs=5e-3)
    assert (result.treatment.events, result.treatment.n) == (189, 11034)
    assert result.reference.risk == pytest.approx(104 / 11037)


def test_fisher_of_the_lady_tasting_tea():
    # R, ?fisher.test, Agresti's tea tasting: 3 of 4 against 1 of 4; two-sided p = 0.4857.
    result = compare_risks(two_by_two(3, 4, 1, 4), "outcome", "arm")

    assert result.fisher_p == pytest.approx(0.4857, abs=5e-5)
    assert result.smallest_expected == 2


def test_ratios_with_an_empty_cell_are_undefined_or_without_interval():
    no_control_events = compare_risks(two_by_two(5, 10, 0, 10), "outcome", "arm")
    no_treated_events = compare_risks(two_by_two(0, 10, 5, 10), "outcome", "arm")

    assert (no_control_events.risk_ratio, no_control_events.odds_ratio) == (None, None)
    assert (no_treated_events.risk_ratio, no_treated_events.odds_ratio) == (0, 0)
    assert (no_treated_events.risk_ratio_ci, no_treated_events.odds_ratio_ci) == (None, None)


def test_the_events_value_can_be_named():
    table = two_by_two(9, 10, 3, 10, event="cured", other="ill")

    assert compare_risks(table, "outcome", "arm", event_value="cured").treatment.events == 9
    assert compare_risks(table, "outcome", "arm", event_value="ill").treatment.events == 1
    with pytest.raises(ValueError, match="holds 'cured', 'ill'; it must hold the event's value 'dead'"):
        compare_risks(table, "outcome", "arm", event_value="dead")


@pytest.mark.parametrize(("counts", "who"), [((0, 5, 0, 5), "Nobody"), ((5, 5, 5, 5), "Everybody")])
def test_no_events_or_only_events_are_refused(counts, who):
    with pytest.raises(ValueError, match=f"{who} in the arms 'active' and 'placebo' had the event"):
        compare_risks(two_by_two(*counts), "outcome", "arm")


# --- the sample


def test_the_sample_table_serves_both_kinds_of_endpoint():
    table = pd.read_csv(str(files("graphs.trial_analysis") / "samples" / "trial_endpoints.csv"))

    means = compare_means(table, "sbp_change", "arm")
    risks = compare_risks(table, "responder", "arm")

    assert len(table) == 120
    assert (means.reference.arm, means.excluded, risks.excluded) == ("placebo", 5, 5)
    assert means.difference_ci[1] < 0 < risks.difference_ci[0]
    assert compare_ranks(table, "sbp_change", "arm").shift == pytest.approx(means.difference, abs=1)
