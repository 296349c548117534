"""Analysis of variance against NIST's certified values and R's results."""

import numpy as np
import pandas as pd
import pytest
from vega_datasets import local_data

from graphs.analytics.statistics.anova import one_way, two_way
from tests.support.published_data import (
    conformity,
    plant_growth,
    resistivity,
    simon_lesage,
    tooth_growth,
)


def test_iris() -> None:
    # R: summary(aov(Sepal.Length ~ Species, iris)): Species 2 63.21 31.606, Residuals 147 38.96 0.265,
    # F 119.3; F 119.2645 and p 1.67e-31 with all digits.
    found = one_way(local_data.iris(), "sepalLength", "species")
    between, within = found.sources

    assert (between.df, within.df) == (2, 147)
    assert between.f == pytest.approx(119.2645, abs=5e-5)
    assert between.p == pytest.approx(1.67e-31, rel=1e-3)
    assert between.sum_of_squares == pytest.approx(63.21213, abs=5e-6)
    assert within.sum_of_squares == pytest.approx(38.9562, abs=5e-5)
    assert found.r_squared == pytest.approx(63.21213 / (63.21213 + 38.9562), rel=1e-6)
    assert between.eta_squared == found.r_squared


def test_sirstv_has_the_values_that_nist_certifies() -> None:
    # NIST StRD, SiRstv.
    found = one_way(resistivity(), "resistance", "instrument")
    between, within = found.sources

    assert between.sum_of_squares == pytest.approx(5.11462616e-02, rel=1e-11)
    assert between.mean_square == pytest.approx(1.27865654e-02, rel=1e-11)
    assert between.f == pytest.approx(1.18046237440255, rel=1e-10)
    assert within.sum_of_squares == pytest.approx(2.1663656e-01, rel=1e-11)
    assert found.r_squared == pytest.approx(1.90999039051129e-01, rel=1e-10)
    assert found.residual_sd == pytest.approx(1.04076068334656e-01, rel=1e-11)


@pytest.mark.parametrize(
    ("offset", "replicates", "f", "rel"),
    [
        (1.0, 21, 21.0, 1e-12),  # SmLs01
        (1.0, 201, 201.0, 1e-12),  # SmLs02
        (1e6, 21, 21.0, 1e-9),  # SmLs04
        (1e6, 201, 201.0, 1e-9),  # SmLs05
        (1e12, 21, 21.0, 1e-4),  # SmLs07: near 1e12 a double holds three decimals
    ],
)
def test_simon_lesage_has_the_f_that_nist_certifies(
    offset: float, replicates: int, f: float, rel: float
) -> None:
    # NIST StRD, SmLs01, 02, 04, 05 and 07; R² follows from F.
    found = one_way(simon_lesage(offset, replicates), "response", "treatment")
    between, within = found.sources

    assert (between.df, within.df) == (8, 9 * (replicates - 1))
    assert between.f == pytest.approx(f, rel=rel)
    assert found.residual_sd == pytest.approx(0.1, rel=rel)
    assert found.r_squared == pytest.approx(8 * f / (8 * f + within.df), rel=rel)


def test_tukeys_differences_are_those_of_r() -> None:
    # R: TukeyHSD(aov(weight ~ group, PlantGrowth)): trt1-ctrl -0.371 [-1.0622161, 0.3202161] p 0.3908711;
    # trt2-ctrl 0.494 [-0.1972161, 1.1852161] 0.1979960; trt2-trt1 0.865 [0.1737839, 1.5562161] 0.0120064;
    # the analysis: F 4.846, p 0.01591.
    found = one_way(plant_growth(), "weight", "group")

    assert found.sources[0].f == pytest.approx(4.846, abs=5e-4)
    assert found.sources[0].p == pytest.approx(0.01591, abs=5e-6)
    expected = [
        ("ctrl", "trt1", 0.371, -0.3202161, 1.0622161, 0.3908711),
        ("ctrl", "trt2", -0.494, -1.1852161, 0.1972161, 0.1979960),
        ("trt1", "trt2", -0.865, -1.5562161, -0.1737839, 0.0120064),
    ]
    for pair, (first, second, difference, low, high, p) in zip(found.differences, expected, strict=True):
        assert (pair.first, pair.second) == (first, second)
        assert (pair.difference, pair.ci_low, pair.ci_high, pair.p) == pytest.approx(
            (difference, low, high, p), abs=1e-6
        )


def test_balanced_two_way_is_that_of_r_whatever_the_type() -> None:
    # R: summary(aov(len ~ supp * factor(dose), ToothGrowth)): supp 1 205.4 F 15.572 p 0.000231;
    # dose 2 2426.4 F 92.000; supp:dose 2 108.3 F 4.107 p 0.021860; residuals 54 712.1.
    second = two_way(tooth_growth(), "len", ("supp", "dose"))
    third = two_way(tooth_growth(), "len", ("supp", "dose"), "III")
    supp, dose, both, rest = second.sources

    assert second.balanced
    assert [each.source for each in second.sources] == ["supp", "dose", "supp × dose", "residual"]
    assert [each.sum_of_squares for each in second.sources] == pytest.approx(
        [205.4, 2426.4, 108.3, 712.1], abs=0.06
    )
    assert [each.df for each in second.sources] == [1, 2, 2, 54]
    assert [supp.f, dose.f, both.f] == pytest.approx([15.572, 92.000, 4.107], abs=5e-4)
    assert [supp.p, both.p] == pytest.approx([0.000231, 0.021860], abs=5e-7)
    assert rest.f is None
    assert [each.sum_of_squares for each in third.sources] == pytest.approx(
        [each.sum_of_squares for each in second.sources]
    )
    assert len(second.groups) == 6


@pytest.mark.parametrize(
    ("squares_type", "squares"),
    [
        # statsmodels' documentation of anova_lm (Moore, typ=2), the same as R's car::Anova
        ("II", [11.614700, 212.213778, 175.488928, 817.763961]),
        # R: car::Anova(lm(conformity ~ fcategory * partner.status, Moore, contrasts = sum to zero), type =
        # 3): 36.02, 239.56, 175.49, 817.76
        ("III", [36.02, 239.56, 175.49, 817.76]),
    ],
)
def test_unbalanced_two_way_is_that_of_car(squares_type: str, squares: list[float]) -> None:
    found = two_way(conformity(), "conformity", ("fcategory", "partner_status"), squares_type)

    assert [each.sum_of_squares for each in found.sources] == pytest.approx(squares, abs=5e-3)
    assert [each.df for each in found.sources] == [2, 1, 2, 39]
    assert (found.squares_type, found.balanced) == (squares_type, False)


def test_shared_leading_digits_cost_a_two_way_analysis_nothing() -> None:
    plain = two_way(tooth_growth(), "len", ("supp", "dose"))
    shifted = two_way(tooth_growth().assign(len=lambda t: t.len + 1e9), "len", ("supp", "dose"))

    assert [each.sum_of_squares for each in shifted.sources] == pytest.approx(
        [each.sum_of_squares for each in plain.sources], rel=1e-5
    )


def test_residuals_are_checked_and_missing_rows_counted() -> None:
    frame = tooth_growth().astype({"dose": object})
    frame.loc[[0, 59], ["len", "dose"]] = [[np.nan, 0.5], [23.0, None]]
    found = two_way(frame, "len", ("supp", "dose"))

    assert (found.rows, found.dropped) == (58, 2)
    assert [(check.test, check.of) for check in found.checks] == [
        ("Shapiro–Wilk", "residuals"),
        ("Brown–Forsythe", ""),
    ]
    assert all(check.p > 0.05 for check in found.checks)


def test_equal_spread_is_not_defined_for_two_values_in_each_cell() -> None:
    # Both lie equally far from their median: only rounding is left to divide by. Immer et al. (1934).
    found = two_way(local_data.barley(), "yield", ("variety", "site"))
    spread = found.checks[1]

    assert (found.rows, len(found.groups)) == (120, 60)
    assert (spread.test, spread.statistic, spread.p, spread.fails) == ("Brown–Forsythe", None, None, False)
    assert spread.note == (
        "not defined, for the values of a group are all equally far from its median, as two values always are"
    )


FRAME = pd.DataFrame(
    {
        "y": [1.0, 2, 3, 4, 6, 7, 8, 9],
        "same": 5.0,
        "a": list("ppppqqqq"),
        "b": list("uuvvuuvv"),
        "holes": list("uuuuuuvv"),
        "one": "x",
        "name": list("abcdefgh"),
        "exact": [1.0, 1, 2, 2, 3, 3, 4, 4],
    }
)


@pytest.mark.parametrize(
    ("measure", "factors", "message"),
    [
        ("y", ("a", "holes"), "No row has a and holes = p with v, so their interaction can't be told"),
        ("y", ("a", "one"), "A factor has 2 to 30 values, and 'one' has 1"),
        ("y", ("a", "a"), "Each column may be used once"),
        ("same", ("a", "b"), "'same' has the same value in all rows"),
        ("exact", ("a", "b"), "'exact' is the same within each combination of a and b"),
        ("name", ("a", "b"), "An analysis of variance needs numbers, and column 'name'"),
        ("nothing", ("a", "b"), "There is no column 'nothing'"),
    ],
)
def test_two_way_that_cannot_be_fitted_is_refused(
    measure: str, factors: tuple[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        two_way(FRAME, measure, factors)


def test_one_row_a_cell_leaves_no_residual() -> None:
    with pytest.raises(ValueError, match="has one row, which leaves no residual"):
        two_way(FRAME.iloc[::2], "y", ("a", "b"))


def test_one_way_of_a_constant_column_is_refused() -> None:
    with pytest.raises(ValueError, match="'same' has the same value in all rows of each group of 'a'"):
        one_way(FRAME, "same", "a")
