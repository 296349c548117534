"""Comparisons of groups and of shares against what R's documentation and textbooks give."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from graphs.analytics.statistics.comparison import compare_groups, compare_pairs
from graphs.analytics.statistics.contingency import compare_shares
from graphs.analytics.statistics.effects import epsilon_squared, hedges_g, omega_squared
from graphs.analytics.statistics.groups import normality
from tests.support.published_data import air_quality, motor_cars, plant_growth, sleep


def counted(rows: dict[str, list[int]], columns: list[str]) -> pd.DataFrame:
    """A row for each count of a table."""
    cells = [
        (row, column, count)
        for row, counts in rows.items()
        for column, count in zip(columns, counts, strict=True)
    ]
    frame = pd.DataFrame(cells, columns=["row", "column", "count"])
    return frame.loc[frame.index.repeat(frame["count"]), ["row", "column"]].reset_index(drop=True)


# --- two groups


def test_welch_t_is_that_of_r() -> None:
    # R: t.test(mpg ~ am, data = mtcars): t = -3.7671, df = 18.332, p-value = 0.001374, 95 percent confidence
    # interval -11.280194 -3.209684, means 17.14737 and 24.39231.
    found = compare_groups(motor_cars(), "mpg", "am")

    assert found.test == "Welch's t test"
    assert found.statistic == pytest.approx(-3.7671, abs=5e-5)
    assert found.df == (pytest.approx(18.332, abs=5e-4),)
    assert found.p == pytest.approx(0.001374, abs=5e-7)
    assert (found.ci_low, found.ci_high) == pytest.approx((-11.280194, -3.209684), abs=5e-7)
    assert [each.mean for each in found.groups] == pytest.approx([17.14737, 24.39231], abs=5e-6)
    assert [each.n for each in found.groups] == [19, 13]
    assert found.difference == pytest.approx(17.147368 - 24.392308, abs=1e-6)


def test_hedges_g_and_its_interval_are_those_of_effectsize() -> None:
    # R effectsize, vignette on standardized differences: hedges_g(mpg ~ am, data = mtcars):
    # -1.44 | [-2.21, -0.65].
    effect = compare_groups(motor_cars(), "mpg", "am").effect

    assert effect.name == "Hedges' g"
    assert (effect.value, effect.ci_low, effect.ci_high) == pytest.approx((-1.44, -2.21, -0.65), abs=0.005)


def test_mann_whitney_and_rank_biserial_are_those_of_r() -> None:
    # R: wilcox.test(mpg ~ am, data = mtcars, exact = FALSE): W = 42, p-value = 0.001871; effectsize's
    # rank_biserial: -0.66 | [-0.84, -0.36].
    found = compare_groups(motor_cars(), "mpg", "am", "ranks")

    assert (found.test, found.statistic, found.df) == ("Mann–Whitney test", 42, ())
    assert found.p == pytest.approx(0.001871, abs=5e-7)
    effect = found.effect
    assert (effect.value, effect.ci_low, effect.ci_high) == pytest.approx((-0.66, -0.84, -0.36), abs=0.005)
    assert (found.ci_low, found.ci_high) == (None, None)


def test_unpaired_sleep_is_not_shown_to_differ() -> None:
    # R documentation of t.test: t.test(extra ~ group, data = sleep): t = -1.8608, df = 17.776,
    # p-value = 0.07939, interval -3.3654832 0.2054832.
    found = compare_groups(sleep(), "extra", "drug")

    assert found.statistic == pytest.approx(-1.8608, abs=5e-5)
    assert found.p == pytest.approx(0.07939, abs=5e-6)
    assert (found.ci_low, found.ci_high) == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)


def test_paired_t_is_that_of_r() -> None:
    # R documentation of sleep: paired t = -4.0621, df = 9, p-value = 0.002833, interval -2.4598858
    # -0.7001142; effectsize: paired Cohen's d -1.28 | [-2.12, -0.41], Hedges' g -1.17 | [-1.94, -0.38].
    found = compare_pairs(sleep().sample(frac=1, random_state=3), "extra", "drug", "patient", "means")

    assert found.test == "Student's paired t test"
    assert found.statistic == pytest.approx(-4.0621, abs=5e-5)
    assert found.df == (9,)
    assert found.p == pytest.approx(0.002833, abs=5e-7)
    assert (found.ci_low, found.ci_high) == pytest.approx((-2.4598858, -0.7001142), abs=5e-8)
    effect = found.effect
    assert (effect.value, effect.ci_low, effect.ci_high) == pytest.approx((-1.17, -1.94, -0.38), abs=0.005)


def test_skewed_pairs_are_compared_by_ranks() -> None:
    # Nine of ten patients changed, all in the same direction: exact p = 2 / 2^9.
    found = compare_pairs(sleep(), "extra", "drug", "patient")

    assert found.test == "Wilcoxon signed-rank test"
    assert found.p == pytest.approx(2 / 2**9)
    assert (found.effect.value, found.statistic) == (-1, 0)
    assert "not normal: the differences; and 10 values" in found.reason
    assert found.difference == pytest.approx(-1.58)


def test_pairs_without_a_partner_are_left_out_and_counted() -> None:
    frame = sleep().iloc[:-1]
    found = compare_pairs(frame, "extra", "drug", "patient")

    assert (found.rows, found.dropped) == (18, 1)


def test_large_groups_are_compared_by_means_though_not_normal() -> None:
    random = np.random.default_rng(5)
    frame = pd.DataFrame({"y": random.exponential(size=80), "g": ["a", "b"] * 40})
    found = compare_groups(frame, "y", "g")

    assert found.test == "Welch's t test"
    assert "from 30 values on means are near normal all the same. Equal variances" in found.reason


def test_small_skewed_groups_are_compared_by_ranks() -> None:
    frame = pd.DataFrame({"y": [*(2.0 ** np.arange(12)), *(3 + 2.0 ** np.arange(12))], "g": ["a", "b"] * 12})
    found = compare_groups(frame, "y", "g")

    assert found.test == "Mann–Whitney test"
    assert "and 12 values, the fewest, are too few (under 30)" in found.reason


@pytest.mark.parametrize("distance", [0.0, 0.5, 40.0])
@pytest.mark.parametrize("n", [3, 50, 20_000])
def test_interval_of_hedges_g_holds_the_value_at_any_size(n: int, distance: float) -> None:
    base = stats.norm.ppf((np.arange(n) + 0.5) / n)
    effect = hedges_g(base + distance, base)

    assert effect.ci_low is not None
    assert effect.ci_high is not None
    assert effect.ci_low < effect.value < effect.ci_high
    assert effect.value == pytest.approx(distance / base.std(ddof=1), rel=0.25)


def test_interval_of_hedges_g_is_left_out_where_it_cannot_be_computed() -> None:
    found = compare_groups(pd.DataFrame({"y": [1.0, 1.001, 1e9, 1e9 + 1e-3], "g": list("aabb")}), "y", "g")

    assert (found.effect.ci_low, found.effect.ci_high) == (None, None)
    assert found.p < 1e-9


# --- three groups or more


def test_welch_anova_is_that_of_r() -> None:
    # R: oneway.test(weight ~ group, data = PlantGrowth): F = 5.181, num df = 2.000, denom df = 17.128,
    # p-value = 0.01739.
    found = compare_groups(plant_growth(), "weight", "group")

    assert found.test == "Welch's ANOVA"
    assert found.statistic == pytest.approx(5.181, abs=5e-4)
    assert found.df == pytest.approx((2, 17.128), abs=5e-4)
    assert found.p == pytest.approx(0.01739, abs=5e-6)
    assert found.post_hoc == "Games–Howell"


def test_games_howell_of_pairs_is_computed_from_welchs_t() -> None:
    # Games and Howell: |t| √2 of Welch's t against the studentized range of all groups with Welch's df.
    frame = plant_growth()
    found = compare_groups(frame, "weight", "group")
    for pair in found.differences:
        first, second = (frame.weight[frame.group == name] for name in (pair.first, pair.second))
        welch = stats.ttest_ind(first, second, equal_var=False)
        assert pair.difference == pytest.approx(first.mean() - second.mean())
        p = stats.studentized_range.sf(abs(welch.statistic) * np.sqrt(2), 3, welch.df)
        assert pair.p == pytest.approx(p, rel=1e-6)
        assert pair.ci_low < pair.difference < pair.ci_high


def test_kruskal_wallis_is_that_of_r() -> None:
    # R: kruskal.test(weight ~ group, data = PlantGrowth): chi-squared = 7.9882, df = 2, p-value = 0.01842.
    found = compare_groups(plant_growth(), "weight", "group", "ranks")

    assert found.statistic == pytest.approx(7.9882, abs=5e-5)
    assert found.p == pytest.approx(0.01842, abs=5e-6)
    assert found.effect.value == pytest.approx(7.988229 / 29, rel=1e-6)


def test_dunn_is_that_of_the_package_dunn_test() -> None:
    # R dunn.test(airquality$Ozone, airquality$Month): chi-squared = 29.2666, and z of the pairs (row less
    # column there): -0.925158 -4.419470 -2.244208 -4.132813 -2.038635 0.286657 -1.321202 0.002538 3.217199
    # 2.922827. Here p values by Holm follow from these.
    z = {
        **{(5, 6): -0.925158, (5, 7): -4.419470, (6, 7): -2.244208, (5, 8): -4.132813, (6, 8): -2.038635},
        **{(7, 8): 0.286657, (5, 9): -1.321202, (6, 9): 0.002538, (7, 9): 3.217199, (8, 9): 2.922827},
    }
    ordered = sorted((2 * stats.norm.sf(abs(value)), pair) for pair, value in z.items())
    expected, highest = {}, 0.0
    for place, (p, pair) in enumerate(ordered):
        highest = max(highest, min(1.0, p * (len(z) - place)))
        expected[pair] = highest

    found = compare_groups(air_quality(), "ozone", "month")

    assert found.test == "Kruskal–Wallis test"
    assert found.statistic == pytest.approx(29.2666, abs=5e-5)
    assert found.p == pytest.approx(6.901e-06, rel=1e-4)
    assert {(int(d.first), int(d.second)): d.p for d in found.differences} == pytest.approx(
        expected, rel=1e-4
    )
    assert found.post_hoc == "Dunn with Holm's correction"


@pytest.mark.parametrize("distance", [0.0, 1.0])
def test_interval_of_epsilon_squared_covers_the_true_value(distance: float) -> None:
    random = np.random.default_rng(8)
    large = [random.normal(place * distance, size=20_000) for place in range(3)]
    true = stats.kruskal(*large).statistic / (60_000 - 1) if distance else 0.0
    found = []
    for _ in range(200):
        h = float(stats.kruskal(*(random.normal(place * distance, size=10) for place in range(3))).statistic)
        effect = epsilon_squared(h, 2, 30)
        found.append(effect.ci_high is None or effect.ci_low <= true <= effect.ci_high)

    # three standard errors of a share of 200
    assert np.mean(found) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 200)


def test_interval_of_an_effect_smaller_than_chance_is_left_out() -> None:
    # shares as equal as can be: the upper 2.5 % point of no noncentral chi-square is as low as that
    frame = pd.DataFrame({"o": list("abcd") * 25, "g": [name for name in "wxyz" for _ in range(25)]})
    effect = compare_shares(frame, "o", "g").effect

    assert (effect.value, effect.ci_low, effect.ci_high) == (pytest.approx(0.04), None, None)
    assert "less than chance alone makes it" in effect.basis


def test_interval_of_an_effect_beyond_computing_is_left_out() -> None:
    effect = omega_squared(1e14, (2, 3), 6)

    assert (effect.value, effect.ci_low) == (pytest.approx(1), None)
    assert "too large to compute" in effect.basis


def test_groups_apart_throughout_have_no_interval_of_rank_biserial() -> None:
    found = compare_groups(
        pd.DataFrame({"y": [1.0, 2, 3, 11, 12, 13], "g": list("aaabbb")}), "y", "g", "ranks"
    )

    assert (found.p, found.effect.value, found.effect.ci_low) == (pytest.approx(0.1), -1, None)


def test_omega_squared_inverts_the_noncentral_f() -> None:
    effect = omega_squared(5.0, (2, 27), 30)
    low = effect.ci_low * 30 / (1 - effect.ci_low)
    high = effect.ci_high * 30 / (1 - effect.ci_high)

    assert effect.value == pytest.approx(2 * 4 / (2 * 4 + 30))
    assert stats.ncf.sf(5.0, 2, 27, low) == pytest.approx(0.025, abs=1e-6)
    assert stats.ncf.cdf(5.0, 2, 27, high) == pytest.approx(0.025, abs=1e-6)
    assert omega_squared(0.3, (2, 27), 30).ci_low == 0


@pytest.mark.parametrize(("n", "result"), [(2, False), (3, True), (5000, True), (5001, False)])
def test_shapiro_wilk_is_used_where_its_p_value_holds(n: int, result: bool) -> None:
    check = normality(np.random.default_rng(n).normal(size=n), "x")

    assert (check.p is not None) is result
    assert result or "it takes 3 to 5,000" in check.note


FRAME = pd.DataFrame(
    {
        "y": [1.0, 2, 3, 4, 5, 7],
        "flat": [1.0, 1, 2, 2, 3, 3],
        "same": 1.0,
        "one": ["a"] * 6,
        "lone": ["a", "a", "a", "b", "b", "c"],
        "three": ["a", "a", "b", "b", "c", "c"],
        "empty": None,
        "gaps": [1.0, 2, 3, None, None, 4],
        "text": list("uvwxyz"),
        "halves": ["a", "a", "a", "b", "b", "b"],
        "id": [1, 2, 3, 1, 2, 3],
    }
)


@pytest.mark.parametrize(
    ("measure", "by", "message"),
    [
        ("no", "three", "There is no column 'no'. The columns are: 'y'"),
        ("text", "three", "needs numbers, and column 'text' holds none. Choose another"),
        ("empty", "three", "'empty' has no value in any row. Choose another"),
        ("y", "one", r"'one' has one value \('a'\), so there is nothing to compare. Choose"),
        (
            "y",
            "lone",
            "Group 'c' of 'lone' has 1 value of 'y', and at least 2 are needed. Leave .* lone != c",
        ),
        ("gaps", "lone", "Group 'b' of 'lone' has no value of 'gaps'"),
        ("same", "three", "'same' has the same value in all rows of each group"),
        ("flat", "three", "'flat' has the same value in all rows of each group"),
        ("y", "y", "can't be compared between groups of itself"),
    ],
)
def test_groups_that_cannot_be_compared_are_refused(measure: str, by: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compare_groups(FRAME, measure, by)


def test_too_many_groups_are_refused() -> None:
    frame = pd.DataFrame({"y": np.arange(62.0), "g": [f"g{i}" for i in range(31)] * 2})

    with pytest.raises(ValueError, match="31 values, too many groups to compare"):
        compare_groups(frame, "y", "g")


def test_group_without_spread_is_refused_for_means_and_taken_for_ranks() -> None:
    frame = pd.DataFrame({"y": [1.0, 1, 2, 3, 4, 6], "g": list("aabbcc")})

    with pytest.raises(ValueError, match="in group 'a' of 'g' are the same, and Welch's test needs spread"):
        compare_groups(frame, "y", "g", "means")
    assert compare_groups(frame, "y", "g", "ranks").test == "Kruskal–Wallis test"
    chosen = compare_groups(frame, "y", "g")
    assert chosen.test == "Kruskal–Wallis test"
    assert chosen.reason == "all values of a are the same, and means need spread in each group"


def test_groups_too_small_to_check_are_said_to_be() -> None:
    found = compare_groups(pd.DataFrame({"y": [1.0, 1.5, 2, 3], "g": list("aabb")}), "y", "g")

    assert "as far as that could be checked" in found.reason


@pytest.mark.parametrize(
    ("by", "pairs_of", "message"),
    [
        ("three", "id", "Pairs are compared between two groups, and 'three' has 3"),
        ("halves", "one", "one a has more than one row in group 'a' of 'halves'"),
        ("halves", "text", "0 values of 'text' have a row in both groups of 'halves', and at least 3"),
        ("halves", "nobody", "There is no column 'nobody'"),
    ],
)
def test_pairs_that_are_none_are_refused(by: str, pairs_of: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compare_pairs(FRAME, "y", by, pairs_of)


def test_equal_differences_are_refused() -> None:
    frame = FRAME.assign(y=[1.0, 2, 3, 2, 3, 4])

    with pytest.raises(ValueError, match="All differences of 'y' within pairs are -1"):
        compare_pairs(frame, "y", "halves", "id")


def test_differences_that_rounding_alone_tells_apart_are_equal() -> None:
    # 1.1 - 1.2 and 3.3 - 3.4 differ by 1e-16, which gave t = -1e15
    frame = FRAME.assign(y=[1.1, 2.2, 3.3, 1.2, 2.3, 3.4])

    with pytest.raises(ValueError, match=r"All differences of 'y' within pairs are -0\.1"):
        compare_pairs(frame, "y", "halves", "id")


def test_pairs_in_decimals_have_the_ranks_of_whole_numbers() -> None:
    first, second = np.array([3, 2, 5, 9, 11, 4]), np.array([2, 1, 3, 7, 14, 4])
    frame = pd.DataFrame({"g": list("aaaaaabbbbbb"), "id": [*range(6)] * 2, "y": [*first, *second]})
    whole = compare_pairs(frame, "y", "g", "id", "ranks")
    tenths = compare_pairs(frame.assign(y=frame.y / 10), "y", "g", "id", "ranks")

    assert (tenths.p, tenths.statistic) == (whole.p, whole.statistic)
    assert tenths.effect == whole.effect
    assert "The 1 of 6 pairs without a difference have no rank" in tenths.reason
    assert "variances" not in compare_pairs(frame, "y", "g", "id").reason


# --- shares


def test_hair_and_eye_colour() -> None:
    # R: chisq.test(margin.table(HairEyeColor, c(1, 2))): X-squared = 138.29, df = 9, p-value < 2.2e-16.
    # Cramér's V = sqrt(138.29 / (592 * 3)) = 0.279.
    eyes = {
        "Brown": [68, 119, 26, 7],
        "Blue": [20, 84, 17, 94],
        "Hazel": [15, 54, 14, 10],
        "Green": [5, 29, 14, 16],
    }
    found = compare_shares(counted(eyes, ["Black", "Brown", "Red", "Blond"]), "column", "row")

    assert found.test == "Pearson's chi-square test"
    assert found.statistic == pytest.approx(138.29, abs=5e-3)
    assert (found.df, found.rows, found.small_cells) == (9, 592, 0)
    assert found.p == pytest.approx(2.325e-25, rel=1e-3)
    effect = found.effect
    assert effect.value == pytest.approx(0.279, abs=5e-4)
    assert 0.2 < effect.ci_low < effect.value < effect.ci_high < 0.35
    assert sum(found.shares[0]) == pytest.approx(1)


def test_lady_tasting_tea() -> None:
    # R documentation of fisher.test (Agresti 1990, p. 61 f.): two-sided p-value = 0.4857; the cross product
    # of the sample is 9.
    found = compare_shares(
        counted({"milk": [3, 1], "tea": [1, 3]}, ["guess milk", "guess tea"]), "column", "row"
    )

    assert found.test == "Fisher's exact test"
    assert found.p == pytest.approx(0.4857, abs=5e-5)
    assert found.odds_ratio.value == pytest.approx(9)
    assert found.statistic is None
    assert (found.least_expected, found.small_cells) == (2, 4)


def test_larger_table_with_small_cells_is_permuted() -> None:
    # R documentation of fisher.test (Agresti 2002, p. 57): Job satisfaction by income, exact p-value 0.7827;
    # chi-square 5.9655 on 9 df.
    incomes = {"a": [1, 2, 1, 0], "b": [3, 3, 6, 1], "c": [10, 10, 14, 9], "d": [6, 7, 12, 11]}
    found = compare_shares(counted(incomes, ["1", "2", "3", "4"]), "column", "row")

    assert found.test == "chi-square test with 9,999 permutations"
    assert found.statistic == pytest.approx(5.9655, abs=5e-5)
    assert found.p == pytest.approx(0.7827, abs=0.03)
    assert found.effect.ci_low == 0


def test_small_cells_of_many_rows_are_drawn_in_bounded_time() -> None:
    # 9,999 permutations of so many rows took minutes
    counts = {"x": [50_000, 3], "y": [30_000, 1], "z": [20_000, 2]}
    found = compare_shares(counted(counts, ["no", "yes"]), "column", "row")
    assert found.test == "chi-square test with 9,999 permutations"
    # six rows fall on the groups as 5 : 3 : 2: by the multinomial law, within the error of 9,999 draws
    assert found.p == pytest.approx(_multinomial_p([3, 1, 2], [0.5, 0.3, 0.2]), abs=0.02)


def _multinomial_p(counts: list[int], shares: list[float]) -> float:
    """The chance of a chi-square at least that of the counts, over all ways to part them."""
    total = sum(counts)
    law = stats.multinomial(total, shares)
    ways = [(a, b, total - a - b) for a in range(total + 1) for b in range(total + 1 - a)]
    expected = total * np.array(shares)
    size = [float(((np.array(way) - expected) ** 2 / expected).sum()) for way in [counts, *ways]]
    return float(
        sum(law.pmf(way) for way, each in zip(ways, size[1:], strict=True) if each >= size[0] - 1e-9)
    )


def test_a_few_small_cells_that_cochrans_rule_allows_are_named() -> None:
    counts = {name: [40, 40, 40] for name in "abcd"} | {"e": [4, 4, 4]}
    found = compare_shares(counted(counts, ["1", "2", "3"]), "column", "row")

    assert found.test == "Pearson's chi-square test"
    assert found.reason == "fewer than 5 rows are expected in 3 of 15 cells only, fewer than 1 in none"


@pytest.mark.parametrize(
    ("outcome", "by", "message"),
    [
        ("one", "three", "columns with 2 to 30 values, and 'one' has 1"),
        ("three", "three", "Each column may be used once"),
        ("three", "empty", "'empty' has no value in any row"),
    ],
)
def test_shares_that_cannot_be_compared_are_refused(outcome: str, by: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compare_shares(FRAME, outcome, by)
