import numpy as np
import pandas as pd
import pytest

from graphs.analytics.profile import profile_table, render_profile


def column(profile, name):
    return next(each for each in profile.columns if each.name == name)


def test_numbers_are_summarised():
    # Mean 5.5, sample variance 110/12 and type 7 quartiles of 1..10: Hyndman and Fan, "Sample Quantiles in
    # Statistical Packages", The American Statistician 50 (1996), gives quantile h = (n - 1) p + 1.
    profile = profile_table(pd.DataFrame({"n": [*range(1, 11), None]}))

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
    numbers = column(profile_table(pd.DataFrame({"x": HANDBOOK})), "x").numbers

    assert numbers.median == 559.5
    assert (numbers.outliers, numbers.extremes) == (1, (1441,))


def test_extremes_are_the_outliers_furthest_out():
    numbers = column(
        profile_table(pd.DataFrame({"x": [10, 11, 12, 12, 13, 13, 14, 15, 16, 60, -40, 25]})), "x"
    ).numbers

    assert (numbers.q25, numbers.q75) == (11.75, 15.25)
    assert (numbers.lower_fence, numbers.upper_fence) == (6.5, 20.5)
    assert numbers.extremes == (-40, 60, 25)
    many = column(profile_table(pd.DataFrame({"x": [0.0] * 40 + [*range(1, 9)]})), "x").numbers
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

    profile = profile_table(frame)

    assert [each.type for each in profile.columns] == ["text", "date", "datetime", "boolean", "integer"]
    assert column(profile, "city").top_values == (("a", 2), ("b", 2), ("c", 1))
    assert column(profile, "city").missing == 1
    assert (column(profile, "day").earliest, column(profile, "day").latest) == ("2024-01-31", "2024-03-01")
    assert column(profile, "time").latest == "2024-03-01 10:30:00"
    assert column(profile, "ok").top_values == (("True", 4), ("False", 1))


def test_duplicates_and_keys():
    frame = pd.DataFrame({"shop": ["a", "a", "b", "b"], "day": [1, 2, 1, 2], "price": [1.0, 2.0, 3.0, 4.0]})

    assert profile_table(frame).candidate_keys == (("shop", "day"),)
    assert profile_table(frame).duplicate_rows == 0
    repeated = pd.concat([frame, frame.head(1)])
    assert profile_table(repeated).duplicate_rows == 1
    assert profile_table(repeated).candidate_keys == ()
    assert profile_table(frame.assign(id=range(4))).candidate_keys == (("id",),)
    assert profile_table(frame.assign(id=pd.array([1, 2, 3, None], "Int64"))).candidate_keys == (
        ("shop", "day"),
    )


def test_columns_with_nothing_in_them_and_with_one_value():
    profile = profile_table(pd.DataFrame({"none": [None, None], "nan": [np.nan, np.nan], "one": [7, 7]}))

    assert column(profile, "none").distinct == 0
    assert column(profile, "nan").numbers is None
    assert column(profile, "one").numbers.sd == 0
    assert column(profile_table(pd.DataFrame({"a": [3]})), "a").numbers.sd is None


def test_lists_from_parquet_are_profiled_as_their_text():
    profile = profile_table(pd.DataFrame({"tags": [["a"], ["a"], None]}))

    assert column(profile, "tags").top_values == (("['a']", 2),)
    assert profile.duplicate_rows == 1


def test_a_table_without_rows_is_refused():
    with pytest.raises(ValueError, match="no rows"):
        profile_table(pd.DataFrame({"a": []}))


def test_profile_renders_as_a_markdown_table():
    frame = pd.DataFrame(
        {
            "a|b": ["x|y", "z\nw", "z\nw", "v" * 60],
            "n": [1, 2, 3, 400],
            "d": pd.to_datetime(["2024-01-01"] * 4),
            "big": [1e6, 2_345_678.9, 1e6, 3e6],
        }
    )

    lines = render_profile(profile_table(frame)).splitlines()

    assert lines[0] == "4 rows, 4 columns; 0 duplicate rows; rows are identified by n."
    assert lines[4].startswith(r"| a\|b | text | 0 | 3 | z w (2), " + "v" * 39 + "… (1)")
    assert lines[5] == "| n | integer | 0 | 4 | 1 to 400 | 101.5 ± 199 | 2.5 (1.75 to 102.2) | 1 |"
    assert lines[6] == "| d | date | 0 | 1 | 2024-01-01 to 2024-01-01 | | | |"
    assert "1,000,000 to 3,000,000" in lines[7]
    unescaped = [line.replace(r"\|", "").count("|") for line in lines[2:]]
    assert set(unescaped) == {9}
