"""Predictions by linear regression and residual plots, against closed forms and published figures."""

import io
from collections.abc import Generator
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from graphs.analytics.graph import graph
from graphs.analytics.statistics.prediction import predict
from graphs.analytics.statistics.regression import fit_linear, fitted_and_residuals
from tests.support.conversation import Conversation
from tests.support.kit_environment import clean_kit_environment

SAMPLES = Path(__file__).parents[3] / "graphs" / "analytics" / "samples"
SALES, ANSCOMBE = SAMPLES / "sales.csv", SAMPLES / "anscombe.csv"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


def test_prediction_and_both_intervals_are_those_of_the_closed_form() -> None:
    frame = pd.read_csv(ANSCOMBE)
    x, y, at = frame["x1"], frame["y1"], 10.5

    found = predict(frame, "y1", {"x1": str(at)})

    # Draper and Smith, Applied Regression Analysis, 3rd ed., section 3.1
    line = stats.linregress(x, y)
    mean = line.intercept + line.slope * at
    s = sqrt(((y - line.intercept - line.slope * x) ** 2).sum() / (len(x) - 2))
    share = 1 / len(x) + (at - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum()
    t = stats.t.ppf(0.975, len(x) - 2)
    assert found.mean == pytest.approx(mean, rel=1e-12)
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (mean - t * s * sqrt(share), mean + t * s * sqrt(share))
    )
    assert (found.new_low, found.new_high) == pytest.approx(
        (mean - t * s * sqrt(1 + share), mean + t * s * sqrt(1 + share))
    )
    assert (found.beyond, found.rows, found.dropped_rows) == ({}, 11, 0)
    # Anscombe (1973): y = 3.00 + 0.500 x
    assert predict(frame, "y1", {"x1": "0"}).mean == pytest.approx(3.00, abs=5e-3)


def test_groups_are_predictors_too() -> None:
    frame = pd.DataFrame({"y": [1.0, 3, 5, 7, np.nan], "g": list("aabbb")})

    assert predict(frame, "y", {"g": "A"}).mean == pytest.approx(2)
    assert predict(frame, "y", {"g": "b"}).mean == pytest.approx(6)
    assert predict(frame, "y", {"g": "b"}).dropped_rows == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"region": "Nord"}, "'region' has no value 'Nord'. It has East, North, South, West."),
        ({"units": "many"}, "'units' holds numbers, and 'many' is none."),
        ({"revenue_usd": "1"}, "Each column may be used once"),
    ],
)
def test_values_that_do_not_fit_are_named(given: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        predict(pd.read_csv(SALES), "revenue_usd", given)


def test_residuals_are_those_of_the_fit() -> None:
    frame = pd.read_csv(SALES)
    points = fitted_and_residuals(frame, "revenue_usd", ["units", "region"])
    fit = fit_linear(frame, "revenue_usd", ["units", "region"])

    assert (points["fitted"] + points["residual"]).tolist() == pytest.approx(frame["revenue_usd"].tolist())
    assert sqrt((points["residual"] ** 2).sum() / fit.residual_df) == pytest.approx(fit.residual_sd)


@pytest.mark.parametrize(
    "text",
    [
        "Predict y1 for x1 = 20",
        "predict y1 when x1 is 20",
        "What would y1 be at x1 = 20?",
        "What is the predicted y1 for x1 = 20?",
    ],
)
async def test_a_prediction_in_plain_words(text: str) -> None:
    # Anscombe (1973): 3.00 + 0.500 * 20
    reply = await Conversation(graph, ANSCOMBE).ask(text)

    assert reply.tools == ("predict_value",)
    assert reply.figures["mean"] == pytest.approx(13.0, abs=5e-3)
    assert "**y1** at x1 = 20 is predicted to be **13.0019**" in reply.text
    assert "**Beyond the data**: x1 goes from 4 to 14 in the rows that were fitted" in reply.text


async def test_a_sign_that_names_no_value_is_refused() -> None:
    reply = await Conversation(graph, ANSCOMBE).ask("Predict y1 for x1 > 20")

    assert "A prediction needs one value of each predictor, as in units = 10, not x1 > 20" in reply.text


@pytest.mark.parametrize("text", ["plot the residuals", "residual plot", "now the residuals against fitted"])
async def test_residuals_of_the_regression_before_are_drawn(text: str) -> None:
    conversation = Conversation(graph, SALES)
    await conversation.ask("Regress revenue_usd on units and unit_price_usd, only North")
    reply = await conversation.ask(text)

    frame = pd.read_csv(SALES).query("region == 'North'")
    points = fitted_and_residuals(frame, "revenue_usd", ["units", "unit_price_usd"])
    assert reply.tools == ("draw_residual_plot",)
    assert (
        "residuals of revenue_usd on units, unit_price_usd, from **sales.csv** (79 of 300 rows" in reply.text
    )
    kept = pd.read_csv(io.BytesIO(conversation.artifacts.read(reply.figures["data_file"])))
    assert np.allclose(kept[["fitted", "residual"]], points)
