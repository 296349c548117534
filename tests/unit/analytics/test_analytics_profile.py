from itertools import combinations

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.datasets import longley

from graphs.analytics.quality.profile import TableProfile, profile_table
from graphs.analytics.quality.profile_wording import render_profile
from graphs.analytics.tables.aggregate import open_table
from graphs.kit.tables.load import Source


def profiled(source: Source) -> TableProfile:
    with open_table("table", source) as table:
        return profile_table(table)


def column(profile, name):
    return next(each for each in profile.columns if each.name == name)


def test_numbers_are_summarised():
    # Mean 5.5, sample variance 110/12 and type 7 quartiles of 1..10: Hyndman and Fan, "Sample Quantiles in
    # Statistical Packages", The American Statistician 50 (1996), gives quantile h = (n - 1) p + 1.
    profile = profiled(pd.DataFrame({"n": [*range(1, 11), None]}))

    found = column(profile, "n")
    assert (found.type, found.missing, found.distinct) == ("number", 1, 10)
    numbers = found.numbers
    assert (numbers.minimum, numbers.maximum, numbers.mean, numbers.median) == (1, 10, 5.5, 5.5)
    assert numbers.sd == pytest.approx((110 / 12) ** 0.5)
    assert (numbers.q25, numbers.q75) == (3.25, 7.75)
    assert (numbers.q05, numbers.q95) == pytest.approx((1.45, 9.55))
    assert (numbers.lower_fence, numbers.upper_fence) == (-3.5, 14.5)
    assert numbers.outliers == 0


# NIST/SEMATECH e-Handbook of Statistical Methods, 7.1.6 "What are outliers in the data?": 90 values, median
# 559.5, of which 1441 alone lies outside the inner fences. (Its quartiles, 429.75 and 742.25, are of type 6.)
HANDBOOK = [
    *(30, 171, 184, 201, 212, 250, 265, 270, 272, 289, 305, 306, 322, 322, 336, 346, 351, 370, 390, 404),
    *(409, 411, 436, 437, 439, 441, 444, 448, 451, 453, 470, 480, 482, 487, 494, 495, 499, 503, 514, 521),
    *(522, 527, 548, 550, 559, 560, 570, 572, 574, 578, 585, 592, 592, 607, 616, 618, 621, 629, 637, 638),
    *(640, 656, 668, 707, 709, 719, 737, 739, 752, 758, 766, 792, 792, 794, 802, 818, 830, 832, 843, 858),
    *(860, 869, 918, 925, 953, 991, 1000, 1005, 1068, 1441),
]


def test_outliers_agree_with_the_engineering_handbook():
    numbers = column(profiled(pd.DataFrame({"x": HANDBOOK})), "x").numbers

    assert numbers.median == 559.5
    assert (numbers.outliers, numbers.extremes) == (1, (1441,))


def test_extremes_are_the_outliers_furthest_out():
    numbers = column(
        profiled(pd.DataFrame({"x": [10, 11, 12, 12, 13, 13, 14, 15, 16, 60, -40, 25]})), "x"
    ).numbers

    assert (numbers.q25, numbers.q75) == (11.75, 15.25)
    assert (numbers.lower_fence, numbers.upper_fence) == (6.5, 20.5)
    assert numbers.extremes == (-40, 60, 25)
    many = column(profiled(pd.DataFrame({"x": [0.0] * 40 + [*range(1, 9)]})), "x").numbers
    assert (many.outliers, many.extremes) == (8, (8, 7, 6, 5, 4))


def test_text_dates_and_booleans():
    frame = pd.DataFrame(
        {
            "city": ["b", "a", "a", "b", "c", None],
            "day": pd.to_datetime(["2024-03-01"] * 5 + ["2024-01-31"]),
            "time": pd.to_datetime(["2024-03-01 10:30"] * 6),
            "ok": pd.array([True, True, False, None, True, True], "boolean"),
            "n": pd.array([1, 2, 3, None, 5, 6], "Int64"),
        }
    )

    profile = profiled(frame)

    assert [each.type for each in profile.columns] == ["text", "date", "datetime", "boolean", "integer"]
    assert column(profile, "city").top_values == (("a", 2), ("b", 2), ("c", 1))
    assert column(profile, "city").missing == 1
    assert (column(profile, "day").earliest, column(profile, "day").latest) == ("2024-01-31", "2024-03-01")
    assert column(profile, "time").latest == "2024-03-01 10:30:00"
    assert column(profile, "ok").top_values == (("True", 4), ("False", 1))


def test_duplicates_and_keys():
    frame = pd.DataFrame({"shop": ["a", "a", "b", "b"], "day": [1, 2, 1, 2], "price": [1.0, 2.0, 3.0, 4.0]})

    assert profiled(frame).candidate_keys == (("shop", "day"),)
    assert profiled(frame).duplicate_rows == 0
    repeated = pd.concat([frame, frame.head(1)])
    assert profiled(repeated).duplicate_rows == 1
    assert profiled(repeated).candidate_keys == ()
    assert profiled(frame.assign(id=range(4))).candidate_keys == (("id",),)
    assert profiled(frame.assign(id=pd.array([1, 2, 3, None], "Int64"))).candidate_keys == (("shop", "day"),)


def test_columns_with_nothing_in_them_and_with_one_value():
    profile = profiled(pd.DataFrame({"none": [None, None], "nan": [np.nan, np.nan], "one": [7, 7]}))

    assert column(profile, "none").distinct == 0
    assert column(profile, "nan").numbers is None
    assert column(profile, "one").numbers.sd == 0
    assert column(profiled(pd.DataFrame({"a": [3]})), "a").numbers.sd is None


def test_lists_from_parquet_are_profiled_as_their_text():
    profile = profiled(pd.DataFrame({"tags": [["a"], ["a"], None]}))

    assert column(profile, "tags").top_values == (("['a']", 2),)
    assert profile.duplicate_rows == 1


def test_a_table_without_rows_is_refused():
    with pytest.raises(ValueError, match="no rows"):
        profiled(pd.DataFrame({"a": []}))


def test_profile_renders_as_a_markdown_table():
    frame = pd.DataFrame(
        {
            "a|b": ["x|y", "z\nw", "z\nw", "v" * 60],
            "n": [1, 2, 3, 400],
            "d": pd.to_datetime(["2024-01-01"] * 4),
            "big": [1e6, 2_345_678.9, 1e6, 3e6],
        }
    )

    lines = render_profile(profiled(frame)).splitlines()

    assert lines[0] == "4 rows, 4 columns; 0 duplicate rows; rows are identified by n."
    assert lines[4].startswith(r"| a\|b | text | 0 | 3 | z w (2), " + "v" * 39 + "… (1)")
    assert lines[5] == "| n | integer | 0 | 4 | 1 to 400 | 101.5 ± 199 | 2.5 (1.75 to 102.2) | 1 |"
    assert lines[6] == "| d | date | 0 | 1 | 2024-01-01 to 2024-01-01 | | | |"
    assert "1,000,000 to 3,000,000" in lines[7]
    unescaped = [line.replace(r"\|", "").count("|") for line in lines[2:8]]
    assert set(unescaped) == {9}


def test_correlations_of_longley_are_the_published_ones():
    # r of GNP and year is .995: Longley, "An appraisal of least squares programs", JASA 62 (1967).
    table = longley.load_pandas().data
    profile = profiled(table)
    expected = table.corr()

    assert len(profile.correlations) == len(list(combinations(table.columns, 2)))
    for pair in profile.correlations:
        assert pair.r == pytest.approx(expected.loc[pair.first, pair.second], abs=1e-8)
        assert pair.rows == len(table)
    assert [abs(pair.r) for pair in profile.correlations] == sorted(
        (abs(pair.r) for pair in profile.correlations), reverse=True
    )
    assert "- Correlations (Pearson, the strongest 5 of 21 pairs): GNP and YEAR 0.995, " in render_profile(
        profile
    )


def test_correlation_is_over_the_rows_with_both_values_and_of_columns_that_vary():
    frame = pd.DataFrame(
        {"a": [1.0, 2, 3, 4, None], "b": [2.0, 4, 7, None, 1], "c": [5] * 5, "d": [1, None, None, None, 2]}
    )

    (pair, *others) = profiled(frame).correlations

    assert (pair.first, pair.second, pair.rows) == ("a", "b", 3)
    assert pair.r == pytest.approx(frame.a.corr(frame.b), abs=1e-8)
    assert not others


def test_columns_of_numbers_beyond_the_thirtieth_are_named_as_not_correlated():
    rows = np.random.default_rng(1).normal(size=(20, 32))
    profile = profiled(pd.DataFrame(rows, columns=[f"x{i}" for i in range(32)]))

    assert len(profile.correlations) == 30 * 29 / 2
    assert profile.not_correlated == ("x30", "x31")
    assert "the first 30 columns of numbers; left out: x30, x31" in render_profile(profile)


def test_constant_empty_and_infinite_columns_are_pointed_out():
    frame = pd.DataFrame(
        {
            "id": [1, 2, 3],
            "unit": ["kg", None, "kg"],
            "price": [7.5] * 3,
            "none": pd.array([None] * 3, "string"),
            "x": [1.0, np.inf, 3.0],
        }
    )

    profile = profiled(frame)
    text = render_profile(profile)

    assert [each.name for each in profile.constant] == ["unit", "price"]
    assert "- Constant: unit (only kg, where not missing), price (only 7.5)" in text
    assert "- Without any value: none" in text
    assert "- Infinite values, left out of range, mean and quartiles: x (1)" in text
    x = column(profile, "x")
    assert (x.missing, x.distinct, x.numbers.maximum, x.numbers.mean) == (0, 3, 3, 2)


def test_values_near_the_largest_float_do_not_overflow():
    numbers = column(profiled(pd.DataFrame({"x": [-1e308, 1e308, 1.2e308]})), "x").numbers

    assert numbers.median == 1e308
    assert numbers.sd == pytest.approx(np.std(np.array([-1, 1, 1.2]), ddof=1) * 1e308)


def test_whole_numbers_beyond_a_floats_precision_stay_distinct():
    frame = pd.DataFrame({"id": [2**53, 2**53 + 1, 2**53 + 2]})

    assert column(profiled(frame), "id").distinct == 3


FLOATS = st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(-5, 5).map(float))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(FLOATS, st.sampled_from(["a", "b", "c", None])), min_size=1, max_size=40))
def test_figures_are_those_of_pandas(values):
    frame = pd.DataFrame(values, columns=["x", "s"]).astype({"x": float, "s": "object"})
    profile = profiled(frame)

    x, present = column(profile, "x"), frame.x.dropna()
    assert (x.missing, x.distinct) == (frame.x.isna().sum(), present.nunique())
    assert profile.duplicate_rows == frame.duplicated().sum()
    if len(present):
        found = (x.numbers.q05, x.numbers.q25, x.numbers.median, x.numbers.q75, x.numbers.q95)
        assert found == pytest.approx(
            list(present.quantile([0.05, 0.25, 0.5, 0.75, 0.95])), rel=1e-9, abs=1e-9
        )
        assert (x.numbers.minimum, x.numbers.maximum) == (present.min(), present.max())
        assert x.numbers.mean == pytest.approx(present.mean(), rel=1e-9, abs=1e-9)
        outside = (present < x.numbers.lower_fence) | (present > x.numbers.upper_fence)
        assert x.numbers.outliers == outside.sum()
    if len(present) > 1:
        assert x.numbers.sd == pytest.approx(present.std(), rel=1e-6, abs=1e-6)


def test_large_table_has_exact_figures_too(tmp_path):
    # Closed forms: 0 … n - 1 in order has the mean (n - 1) / 2 and the sample variance n (n + 1) / 12.
    rows = 300_000
    path = tmp_path / "large.parquet"
    with duckdb.connect() as connection:
        connection.sql(
            f"SELECT i AS id, i % 1000 AS thousand, 'v' || i % 7 AS s FROM range({rows}) t(i)"
        ).write_parquet(str(path))

    profile = profiled(path)

    found = column(profile, "id")
    assert found.distinct == rows
    assert (found.numbers.mean, found.numbers.median) == ((rows - 1) / 2, (rows - 1) / 2)
    assert found.numbers.sd == pytest.approx((rows * (rows + 1) / 12) ** 0.5)
    assert found.numbers.q25 == (rows - 1) / 4
    assert profile.candidate_keys == (("id",),)
    assert column(profile, "s").top_values[0] == ("v0", -(-rows // 7))


def test_pairs_that_identify_rows_are_found_in_large_tables(tmp_path):
    path = tmp_path / "large.parquet"
    with duckdb.connect() as connection:
        connection.sql(
            "SELECT i % 1000 AS thousand, i // 1000 AS block, (i * 7) % 500 AS other FROM range(300000) t(i)"
        ).write_parquet(str(path))

    assert profiled(path).candidate_keys == (("thousand", "block"),)
