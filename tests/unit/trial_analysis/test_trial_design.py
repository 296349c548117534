import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from graphs.trial_analysis.design import (
    MAX_PER_ARM,
    cohens_d,
    exponential_event_probability,
    logrank_events,
    logrank_power,
    logrank_sample_size,
    proportions_power,
    proportions_sample_size,
    t_test_power,
    t_test_sample_size,
)

# --- means


@pytest.mark.parametrize(
    ("effect_size", "power", "per_arm"),
    [
        # Cohen (1988), table 2.4.1, two-sided alpha .05, and G*Power 3.1. (For d = 0.2 Cohen's table rounds
        # 393.4 down.)
        (0.2, 0.80, 394),
        (0.5, 0.80, 64),
        (0.8, 0.80, 26),
        (0.5, 0.95, 105),
        # R, ?power.t.test: power.t.test(power = .90, delta = 1) gives n = 22.02110.
        (1.0, 0.90, 23),
    ],
)
def test_t_test_sample_size_is_the_published_one(effect_size, power, per_arm):
    sizes = t_test_sample_size(effect_size, power=power)

    assert (sizes.n1, sizes.n2, sizes.total) == (per_arm, per_arm, 2 * per_arm)
    assert sizes.power >= power


def test_t_test_power_is_the_one_in_rs_help():
    # R, ?power.t.test: power.t.test(n = 20, delta = 1, sd = 1) gives power = 0.8689528, without the far tail,
    # which holds 2e-7.
    assert t_test_power(1, 20, 20) == pytest.approx(0.8689528, abs=5e-7)


def test_t_test_power_does_not_depend_on_the_sign_of_the_effect():
    assert t_test_power(-0.5, 40, 60) == t_test_power(0.5, 40, 60)


@pytest.mark.parametrize("effect_size", [1, 3, 10, 50, 200])
@pytest.mark.parametrize("n", [2, 20, 1000, 1_000_000])
def test_t_test_power_stays_a_probability_for_large_effects(effect_size, n):
    # SciPy's noncentral t gives NaN for some of these.
    assert 0.05 < t_test_power(effect_size, n, n) <= 1


@given(
    effect_size=st.floats(0.1, 2),
    power=st.floats(0.5, 0.99),
    alpha=st.floats(0.001, 0.2),
    ratio=st.sampled_from([0.5, 1, 2, 3]),
)
def test_t_test_sample_size_is_the_smallest(effect_size, power, alpha, ratio):
    sizes = t_test_sample_size(effect_size, alpha=alpha, power=power, ratio=ratio)

    assert t_test_power(effect_size, sizes.n1, sizes.n2, alpha=alpha) >= power
    fewer = sizes.n1 - 1
    if fewer >= 2:
        n2 = max(2, -(-fewer * int(2 * ratio) // 2))
        assert t_test_power(effect_size, fewer, n2, alpha=alpha) < power


def test_allocation_ratio_and_dropout():
    sizes = t_test_sample_size(0.5, ratio=2, dropout=0.1)

    assert sizes.n2 == 2 * sizes.n1
    # 48 / 0.9 = 53.3 and 96 / 0.9 = 106.7, rounded up.
    assert (sizes.n1, sizes.enrolled1, sizes.enrolled2, sizes.enrolled) == (48, 54, 107, 161)


def test_dropout_that_divides_evenly_adds_nobody_extra():
    assert t_test_sample_size(0.5, dropout=0.2).enrolled1 == 80


def test_cohens_d():
    assert cohens_d(-6, 12) == -0.5
    with pytest.raises(ValueError, match="standard deviation 0 must be above 0"):
        cohens_d(1, 0)


# --- proportions


def test_two_proportions_as_in_rs_help():
    # R, ?power.prop.test: p1 = .50, p2 = .75: n = 50 gives power 0.740; power = .90 gives n = 76.7.
    assert proportions_power(0.5, 0.75, 50, 50) == pytest.approx(0.740, abs=5e-4)
    sizes = proportions_sample_size(0.5, 0.75, power=0.9)
    assert (sizes.n1, sizes.n2) == (77, 77)


def test_two_proportions_with_continuity_correction_as_in_statas_manual():
    # Stata [R] sampsi: "sampsi 0.25 0.4", power .90, gives n1 = n2 = 216.
    sizes = proportions_sample_size(0.25, 0.4, power=0.9, continuity=True)

    assert (sizes.n1, sizes.n2) == (216, 216)
    assert 0.9 <= sizes.power < 0.902


def test_continuity_correction_agrees_with_fleiss_formula_for_unequal_arms():
    # Fleiss, Tytun & Ury (1980): n = n'/4 (1 + sqrt(1 + 2 (r + 1) / (n' r |p2 - p1|)))^2.
    r, plain = 2, proportions_sample_size(0.25, 0.4, power=0.9, ratio=2)
    corrected = plain.n1 / 4 * (1 + (1 + 2 * (r + 1) / (plain.n1 * r * 0.15)) ** 0.5) ** 2

    found = proportions_sample_size(0.25, 0.4, power=0.9, ratio=2, continuity=True)

    assert found.n1 == pytest.approx(corrected, abs=1)
    assert found.n2 == 2 * found.n1


def test_continuity_correction_in_tiny_arms_leaves_no_more_power_than_without_data():
    assert 0 <= proportions_power(0.4, 0.5, 5, 5, continuity=True) < proportions_power(0.4, 0.5, 5, 5)


# --- time to event


def test_schoenfeld_events_of_published_examples():
    # Collett, Modelling Survival Data in Medical Research, the chapter on sample size: chronic active
    # hepatitis, hazard ratio 0.57, power .90, two-sided 5 %: 133 deaths.
    assert logrank_events(0.57, power=0.9) == pytest.approx(133, abs=0.5)
    # Closed form, 4 (1.959964 + 0.841621)^2 / ln(0.7)^2.
    assert logrank_events(0.7) == pytest.approx(4 * (1.959964 + 0.841621) ** 2 / 0.356675**2, rel=1e-5)


def test_logrank_sample_size_and_power():
    design = logrank_sample_size(0.7, event_probability=0.6, dropout=0.05)

    assert design.events == 247
    assert design.sizes.n1 == design.sizes.n2 == 206
    assert design.sizes.enrolled1 == 217
    assert design.sizes.power == pytest.approx(logrank_power(0.7, 247))
    assert logrank_power(0.7, 246) < 0.8 <= design.sizes.power


def test_logrank_events_need_more_with_uneven_arms_and_none_of_it_depends_on_direction():
    assert logrank_events(0.5, ratio=2) == pytest.approx(logrank_events(0.5) * 9 / 8)
    assert logrank_events(2) == pytest.approx(logrank_events(0.5))


def test_event_probability_is_the_mean_over_entry_times():
    hazard, accrual, follow_up = 0.6931471805599453 / 12, 18, 24
    mean, _ = quad(lambda entry: 1 - 2 ** (-(follow_up + accrual - entry) / 12), 0, accrual)
    treated, _ = quad(lambda entry: 1 - 2.718281828459045 ** (-0.5 * hazard * (42 - entry)), 0, accrual)

    found = exponential_event_probability(12, 0.5, accrual=accrual, follow_up=follow_up, ratio=2)

    assert found == pytest.approx((mean + 2 * treated) / 3 / accrual)


def test_event_probability_without_accrual():
    assert exponential_event_probability(10, 1, accrual=0, follow_up=10) == pytest.approx(0.5)


# --- bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: t_test_sample_size(0), "effect size 0 must be a number other than 0"),
        (lambda: t_test_sample_size(float("nan")), "effect size nan"),
        (lambda: t_test_sample_size(0.0001), f"more than {MAX_PER_ARM:,} participants per arm"),
        (lambda: t_test_sample_size(0.5, alpha=5), "value 5 of alpha must lie between 0 and 1"),
        (lambda: t_test_sample_size(0.5, power=80), "value 80 of power"),
        (lambda: t_test_sample_size(0.5, power=0.04), "power 0.04 must be above alpha, 0.05"),
        (lambda: t_test_sample_size(0.5, ratio=0), "allocation ratio 0"),
        (lambda: t_test_sample_size(0.5, dropout=1), "dropout 1 must be a share"),
        (lambda: t_test_power(0.5, 1, 20), "Arms of 1 and 20 are too small"),
        (
            lambda: proportions_sample_size(40, 0.5),
            "proportion 40 must lie between 0 and 1 .write 40 % as 0.4",
        ),
        (lambda: proportions_sample_size(0.4, 0.4), "Both proportions are 0.4"),
        (lambda: logrank_events(1), "hazard ratio 1 must be above 0 and other than 1"),
        (lambda: logrank_events(-0.5), "hazard ratio -0.5"),
        (lambda: logrank_power(0.5, 0), "number of events 0"),
        (lambda: logrank_sample_size(0.5, event_probability=0), "event probability 0"),
        (lambda: logrank_sample_size(0.999), f"more than {MAX_PER_ARM:,}"),
        (lambda: exponential_event_probability(0, 0.5, accrual=1, follow_up=1), "median survival time 0"),
        (lambda: exponential_event_probability(1, 0.5, accrual=0, follow_up=0), "one must be above 0"),
        (lambda: exponential_event_probability(1, 0, accrual=1, follow_up=1), "hazard ratio 0"),
    ],
)
def test_bad_input_is_named_with_its_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()
