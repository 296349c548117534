"""Anomalies: planted ones are found and nothing else; noise gives as many as the threshold says."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from graphs.analytics.graph import graph
from graphs.analytics.series.anomalies import column_anomalies, series_anomalies
from tests.support.conversation import Conversation
from tests.support.kit_environment import clean_kit_environment


def seasonal(months: int, seed: int = 5) -> np.ndarray:
    """A trend, a season of 12 and normal noise of 1."""
    time = np.arange(months)
    noise = np.random.default_rng(seed).normal(0, 1, months)
    return 100 + 0.2 * time + 10 * np.sin(2 * np.pi * time / 12) + noise


# --- of a column


def test_robust_z_score_follows_its_definition() -> None:
    # NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.17: 0.6745 (x − median) / MAD, beyond 3.5
    values = np.array([2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3])
    found = column_anomalies(values)
    median, mad = 2.45, 0.15

    assert found.deviation == pytest.approx(0.6745 * (values - median) / mad, rel=1e-4)
    assert found.places == (9, 8)
    assert found.rule == "robust_z"


@pytest.mark.parametrize(("method", "threshold"), [("robust_z", 3.0), ("tukey", 1.5)])
def test_normal_noise_gives_as_many_as_the_threshold_says(method: str, threshold: float) -> None:
    noise = np.random.default_rng(7).normal(20, 3, 100_000)
    found = column_anomalies(noise, method, threshold)  # ty: ignore[invalid-argument-type] (of parametrize)
    expected = 100_000 * found.nominal

    # Tukey's fences at 1.5: 0.698 % of normal values (Hoaglin, Iglewicz and Tukey, JASA 81, 1986)
    assert found.nominal == pytest.approx({"robust_z": 0.0026998, "tukey": 0.0069766}[method], rel=1e-4)
    assert abs(len(found.places) - expected) < 4 * np.sqrt(expected)


def test_planted_values_are_found_and_nothing_else() -> None:
    values = np.random.default_rng(8).normal(0, 1, 500).clip(-3, 3)
    values[[17, 230, 499]] = [9.0, -12.0, 7.0]

    assert column_anomalies(values).places == (230, 17, 499)
    assert set(column_anomalies(values, "tukey").places) == {17, 230, 499}


def test_fences_serve_when_most_values_are_the_same() -> None:
    values = np.array([5.0] * 13 + [6.0] * 7 + [60.0])
    found = column_anomalies(values)

    assert (found.rule, found.tied) == ("tukey", True)
    assert found.places == (20,)


def test_skewed_column_is_noted() -> None:
    values = np.random.default_rng(2).lognormal(0, 1, 400)

    assert column_anomalies(values).skewed
    assert not column_anomalies(np.log(values)).skewed


@pytest.mark.parametrize(
    ("values", "method", "threshold", "message"),
    [
        (np.arange(9.0), "auto", None, "9 values are too few"),
        (np.full(30, 4.0), "auto", None, "At least half of the values are 4"),
        (np.array([5.0] * 20 + [6.0] * 9), "robust_z", None, "Choose tukey"),
        (np.arange(30.0), "auto", 0.0, "threshold must be above 0, not 0"),
        (np.arange(30.0), "auto", float("nan"), "not nan"),
    ],
)
def test_column_that_tells_nothing_is_refused(
    values: np.ndarray, method: str, threshold: float | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        column_anomalies(values, method, threshold)  # ty: ignore[invalid-argument-type] (of parametrize)


# --- of a series


@pytest.mark.parametrize("place", [0, 40, 77, 119])
def test_planted_period_is_found_and_nothing_else(place: int) -> None:
    values = seasonal(120)
    clean = values[place]
    values[place] += 9
    found = series_anomalies(values, "month")

    assert found.season.length == 12
    assert found.places == (place,)
    assert found.expected[place] == pytest.approx(clean, abs=3)  # the anomaly doesn't bend what is expected
    assert found.deviation[place] > 6
    assert found.sd == pytest.approx(1, abs=0.25)


@pytest.mark.parametrize("place", [0, 30, 59])
def test_planted_period_is_found_on_a_trend_without_season(place: int) -> None:
    values = np.random.default_rng(3).normal(0, 1, 60).clip(-2, 2) + 2.0 * np.arange(60)
    values[place] -= 11

    assert series_anomalies(values, "year").places == (place,)


def test_several_planted_periods_do_not_hide_one_another() -> None:
    values = seasonal(120)
    values[[30, 31, 42, 90]] += [12, 12, 12, -12]

    assert set(series_anomalies(values, "month").places) == {30, 31, 42, 90}


@pytest.mark.parametrize(("season", "runs"), [(12, 20), (1, 20)])
def test_noise_gives_about_as_many_as_the_threshold_says(season: int, runs: int) -> None:
    # at 2.5 robust sd 1.24 % of normal values: 30 of 2,400; the sd is an estimate too, which adds some
    found = [
        series_anomalies(np.random.default_rng(seed).normal(0, 1, 120), "month", season=season, threshold=2.5)
        for seed in range(runs)
    ]
    expected = sum(each.nominal for each in found) * 120

    assert expected == pytest.approx(0.012419 * 120 * runs, rel=1e-3)
    assert 0.6 * expected < sum(len(each.places) for each in found) < 2 * expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.arange(9.0), "has 9 periods"),
        (np.full(40, 3.0), "follow the pattern exactly"),
        (np.arange(40.0), "follow the pattern exactly"),
    ],
)
def test_series_that_tells_nothing_is_refused(values: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        series_anomalies(values, "month", season=1)


# --- the tool, asked in plain English


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[Conversation]:
    values = seasonal(72).round(2)
    values[50] += 15
    months = pd.date_range("2019-01-01", periods=72, freq="MS").strftime("%Y-%m-%d")
    pd.DataFrame({"month": months, "visits": values}).to_csv(tmp_path / "shop.csv", index=False)
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield Conversation(graph, tmp_path / "shop.csv")


async def test_unusual_month_is_named(shop: Conversation) -> None:
    reply = await shop.ask("Find anomalies in monthly visits.")

    assert reply.tools == ("find_anomalies",)
    assert [row["period"] for row in reply.figures["anomalies"]] == ["2023-03"]
    assert reply.figures["season"] == 12
    assert "**1 month** of 72 stands out of **visits** by month (2019-01 to 2024-12)" in reply.text
    assert "| 2023-03 |" in reply.text
    assert shop.artifacts.read(reply.figures["picture"]).startswith(b"\x89PNG")
    data = shop.artifacts.read(reply.figures["data_file"]).decode().splitlines()
    assert len(data) == 1 + 72
    assert [line for line in data if ",True," in line] == [data[51]]


async def test_unusual_rows_are_kept_whole(shop: Conversation) -> None:
    reply = await shop.ask("Find outliers in visits with a threshold of 1.2")

    assert reply.tools == ("find_anomalies",)
    assert reply.figures["threshold"] == 1.2
    rows = shop.artifacts.read(reply.figures["data_file"]).decode().splitlines()
    assert rows[0] == "row,month,visits,expected visits,deviation (robust sd)"
    assert len(rows) == 1 + reply.figures["count"]
    assert f"**{reply.figures['count']} rows** of 72 stand out in visits" in reply.text
    assert "counted among" not in reply.text


async def test_row_numbers_of_some_rows_are_explained(shop: Conversation) -> None:
    reply = await shop.ask("Find outliers in visits with a threshold of 1.2 where visits > 95")

    assert "- Rows are counted among those that met the condition" in reply.text
