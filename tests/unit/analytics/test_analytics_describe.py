"""Descriptions of columns against figures that others publish, and the forms that columns come in."""

import numpy as np
import pandas as pd
import pytest

from graphs.analytics.statistics.describe import describe_columns
from graphs.analytics.tables.columns import groups
from tests.support.published_data import plant_growth, sleep, speed_of_light

SPREADSHEET = pd.DataFrame({"x": [3, 4, 5, 2, 3, 4, 5, 6, 4, 7]})


def test_skewness_and_kurtosis_are_those_of_spreadsheets() -> None:
    # Microsoft's documentation of SKEW and KURT: 0.359543 and -0.151799637 for these values.
    (found,) = describe_columns(SPREADSHEET, ["x"])

    assert found.skewness == pytest.approx(0.359543, abs=5e-7)
    assert found.kurtosis == pytest.approx(-0.151799637, abs=5e-10)


def test_speed_of_light_has_the_mean_and_deviation_that_nist_certifies() -> None:
    # NIST StRD, Michelso: mean 299.852400000000, standard deviation 0.0790105478190518 (1,000 km/s).
    (found,) = describe_columns(speed_of_light(), ["speed"])

    assert found.n == 100
    assert found.mean == pytest.approx(299.8524, rel=1e-14)
    assert found.sd == pytest.approx(0.0790105478190518, rel=1e-11)


def test_uniform_column_has_the_moments_of_the_closed_form() -> None:
    # 0 to 1000: variance n (n + 1) / 12 with n = 1001; the kurtosis of a uniform distribution is -1.2.
    (found,) = describe_columns(pd.DataFrame({"x": range(1001)}), ["x"])

    assert (found.n, found.mean, found.median) == (1001, 500, 500)
    assert found.sd == pytest.approx(np.sqrt(1001 * 1002 / 12), rel=1e-14)
    assert found.kurtosis == pytest.approx(-1.2, abs=1e-5)
    assert (found.q25, found.q75) == (250, 750)


def test_mean_and_interval_by_groups() -> None:
    # R: t.test(extra ~ group, data = sleep) gives means 0.75 and 2.33; t.test(sleep$extra[1:10])$conf.int is
    # -0.5297804 to 2.0297804.
    first, second = describe_columns(sleep(), ["extra"], ["drug"])

    assert (first.group, second.group) == (("a",), ("b",))
    assert (first.n, first.mean) == (10, pytest.approx(0.75))
    assert (first.ci_low, first.ci_high) == pytest.approx((-0.5297804, 2.0297804), abs=5e-8)
    assert second.mean == pytest.approx(2.33)


def test_two_columns_by_two_keys_keep_their_order() -> None:
    frame = plant_growth().assign(even=lambda table: np.arange(len(table)) % 2, twice=lambda t: 2 * t.weight)
    found = describe_columns(frame, ["weight", "twice"], ["group", "even"])

    assert [(each.column, each.group) for each in found[:3]] == [
        ("weight", ("ctrl", "0")),
        ("weight", ("ctrl", "1")),
        ("weight", ("trt1", "0")),
    ]
    assert len(found) == 12
    expected = frame.groupby(["group", "even"]).twice.mean()
    assert [each.mean for each in found[6:]] == pytest.approx(list(expected))


def test_missing_values_are_counted_and_few_values_have_no_shape() -> None:
    frame = pd.DataFrame({"x": [1.0, np.nan, 5.0, np.inf, 2.0, 7.0], "g": ["a", "a", "b", "b", "c", "c"]})
    a, b, c = describe_columns(frame, ["x"], ["g"])

    assert (a.n, a.missing, a.mean, a.sd, a.ci_low, a.skewness) == (1, 1, 1.0, None, None, None)
    assert (b.n, b.missing) == (1, 1)
    assert (c.n, c.kurtosis) == (2, None)


def test_constant_column_has_no_shape() -> None:
    (found,) = describe_columns(pd.DataFrame({"x": [2.0] * 5}), ["x"])

    assert (found.sd, found.skewness, found.kurtosis) == (0.0, None, None)
    assert (found.ci_low, found.ci_high) == (2.0, 2.0)


@pytest.mark.parametrize(
    ("column", "by", "message"),
    [
        ("y", [], "no column 'y'. The columns are: 'x', 'name', 'empty', 'id'"),
        ("name", [], "needs numbers, and column 'name' holds none"),
        ("empty", [], "'empty' has no value in any row"),
        ("x", ["id"], "1,001 groups by id are too many to describe"),
    ],
)
def test_columns_that_do_not_fit_are_refused(column: str, by: list[str], message: str) -> None:
    n = 1001
    frame = pd.DataFrame({"x": np.arange(n), "name": ["a"] * n, "empty": [None] * n, "id": range(n)})

    with pytest.raises(ValueError, match=message):
        describe_columns(frame, [column], by)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([10, 9.0, 2.5], ["2.5", "9", "10"]),
        (["b", "a", None], ["a", "b"]),
        ([True, False, None], ["false", "true"]),
        (pd.to_datetime(["2024-02-01", "2024-01-01"]), ["2024-01-01", "2024-02-01"]),
    ],
)
def test_names_of_groups_are_in_order(values: list[object], names: list[str]) -> None:
    assert list(groups(pd.DataFrame({"g": values}), "g").cat.categories) == names
