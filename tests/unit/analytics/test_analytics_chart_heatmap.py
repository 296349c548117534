"""Heat maps: order, gaps, signs, limits, and colours that people with any common colour vision tell apart."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from graphs.analytics.charts.chart_style import PALETTE
from graphs.analytics.charts.heatmap import DIVERGING, MAX_SIDE, SEQUENTIAL, correlation_map, heat_map

# Machado, Oliveira and Fernandes (2009), "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", severity 1.0, on linear RGB.
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def lab(colours: np.ndarray, vision: str) -> np.ndarray:
    """CIELAB (D65) of sRGB colours as seen with a vision."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.asarray(VISIONS[vision]).T, 0, 1)
    xyz = (
        seen
        @ np.array(
            [
                [0.4124564, 0.3575761, 0.1804375],
                [0.2126729, 0.7151522, 0.0721750],
                [0.0193339, 0.1191920, 0.9503041],
            ]
        ).T
    )
    ratios = xyz / np.array([0.95047, 1.0, 1.08883])
    f = np.where(ratios > (6 / 29) ** 3, np.cbrt(ratios), ratios / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def axes_of(figure: Figure) -> Axes:
    return figure.axes[0]


def names(axes: Axes) -> tuple[list[str], list[str]]:
    down, across = axes.get_yticklabels(), axes.get_xticklabels()
    return [label.get_text() for label in down], [label.get_text() for label in across]


@pytest.mark.parametrize("vision", VISIONS)
def test_sequential_colours_only_get_lighter(vision: str) -> None:
    lightness = lab(colormaps[SEQUENTIAL](np.linspace(0, 1, 64))[:, :3], vision)[:, 0]

    assert (np.diff(lightness) > 0).all()
    assert lightness[-1] - lightness[0] > 60


@pytest.mark.parametrize("vision", VISIONS)
def test_diverging_colours_get_darker_both_ways_and_stay_apart(vision: str) -> None:
    seen = lab(colormaps[DIVERGING](np.linspace(0, 1, 65))[:, :3], vision)

    assert (np.diff(seen[8:33, 0]) > 0).all()
    assert (np.diff(seen[32:57, 0]) < 0).all()
    # ten and more is told apart at a glance
    assert (np.linalg.norm(seen[:24] - seen[:40:-1], axis=1) > 10).all()


@pytest.mark.parametrize("vision", ["normal", "protanopia", "deuteranopia"])
def test_colours_of_groups_stay_apart(vision: str) -> None:
    seen = lab(np.array([to_rgb(colour) for colour in PALETTE]), vision)
    distances = np.linalg.norm(seen[:, None] - seen[None], axis=2)

    assert distances[np.triu_indices(len(PALETTE), 1)].min() > 10


def test_dates_go_across_in_their_order_and_text_by_the_alphabet() -> None:
    months = pd.to_datetime(["2024-03-01", "2024-01-01", "2024-02-01"])
    frame = pd.DataFrame({"s": ["b", "A", None], "date_month": months, "sum_mass_kg": [1.0, 2.0, 3.0]})
    labels = {"date_month": "month", "sum_mass_kg": "total mass_kg"}
    chart = heat_map(frame, "s", "date_month", "sum_mass_kg", labels=labels)
    axes = axes_of(chart.figure)

    assert names(axes) == (["A", "b", "(missing)"], ["2024-01", "2024-02", "2024-03"])
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("s", "month")
    assert chart.title == "total mass_kg by s and month"
    assert list(chart.data.columns) == ["s", "2024-01", "2024-02", "2024-03"]


def test_combinations_without_a_value_are_hatched_and_counted() -> None:
    frame = pd.DataFrame({"a": ["x", "x", "y"], "b": ["p", "q", "p"], "v": [1.0, 2.0, 3.0]})
    chart = heat_map(frame, "a", "b", "v")
    axes = axes_of(chart.figure)
    drawn = axes.images[0].get_array()

    assert chart.note == "hatched: 1 of 4 combinations have no value"
    assert axes.patch.get_hatch()
    assert drawn is not None
    assert drawn.mask.tolist() == [[False, False], [False, True]]
    # a masked cell is drawn with no colour at all, so the hatched ground shows
    assert axes.images[0].get_cmap()(drawn)[1, 1, 3] == 0
    assert len(axes.texts) == 3
    assert np.isnan(chart.data.loc[1, "q"])


@pytest.mark.parametrize(
    ("values", "colours", "limits"),
    [
        ([1.0, 2.0, 3.0, 4.0], SEQUENTIAL, (1, 4)),
        ([-1.0, 2.0, 3.0, 4.0], DIVERGING, (-4, 4)),
        ([-9.0, -2.0, -3.0, 0.0], SEQUENTIAL, (-9, 0)),
        ([5.0, 5.0, 5.0, 5.0], SEQUENTIAL, (4, 6)),
    ],
)
def test_colours_go_by_the_sign_of_the_values(
    values: list[float], colours: str, limits: tuple[float, float]
) -> None:
    frame = pd.DataFrame({"a": ["x", "x", "y", "y"], "b": ["p", "q"] * 2, "v": values})
    (image,) = axes_of(heat_map(frame, "a", "b", "v").figure).images

    assert image.get_cmap().name == colours
    assert image.get_clim() == limits


@pytest.mark.parametrize("start", [0, -70])
def test_figures_stand_out_on_every_shade(start: int) -> None:
    # 140 cells: steps of the whole colour map
    frame = pd.DataFrame(
        [(a, b, start + 14 * a + b) for a in range(10) for b in range(14)], columns=["a", "b", "v"]
    )
    axes = axes_of(heat_map(frame, "a", "b", "v").figure)
    (image,) = axes.images

    def luminance(colour: object) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    assert len(axes.texts) == 140
    for text in axes.texts:
        both = sorted([luminance(text.get_color()), luminance(image.to_rgba(float(text.get_text()))[:3])])
        assert (both[1] + 0.05) / (both[0] + 0.05) >= 4.5  # WCAG 2.2, 1.4.3


def test_figures_in_the_cells_are_left_out_when_many() -> None:
    few = pd.DataFrame({"a": list("xxyy"), "b": ["p", "q"] * 2, "v": [0.0, 1.0, 2.0, 3.0]})
    axes = axes_of(heat_map(few, "a", "b", "v").figure)
    (image,) = axes.images
    many = pd.DataFrame([(a, b, a * b) for a in range(15) for b in range(15)], columns=["a", "b", "v"])

    assert [text.get_text() for text in axes.texts] == ["0", "1", "2", "3"]
    assert image.get_clim() == (0, 3)
    assert not axes_of(heat_map(many, "a", "b", "v").figure).texts


def test_more_names_than_fit_are_counted_in_the_note() -> None:
    shops = [f"shop {n:03}" for n in range(50)]
    frame = pd.DataFrame(
        [(s, y, n) for n, s in enumerate(shops) for y in (1, 2)], columns=["shop", "year", "v"]
    )
    chart = heat_map(frame, "shop", "year", "v")

    assert chart.note == "the 40 largest of 50 values of shop; other (10) not shown"
    assert chart.data["shop"].tolist() == shops[10:]
    assert names(axes_of(chart.figure))[0] == shops[10:]


def test_correlations_are_pearsons_or_spearmans() -> None:
    # Anscombe (1973): r = .816. By hand: ranks 1..4 against 1, 2, 4, 3 give 1 - 6 · 2 / (4 · 15) = 0.8.
    x1 = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
    y1 = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
    pearson = correlation_map(pd.DataFrame({"x1": x1, "y1": y1}), ["x1", "y1"])
    ranks = pd.DataFrame({"a": [1, 2, 3, 4], "b": [10, 20, 400, 30], "c": [1.0, None, 2.0, 3.0]})
    spearman = correlation_map(ranks, ["a", "b", "c"], method="spearman")

    assert pearson.data["y1"].tolist() == pytest.approx([0.816, 1.0], abs=5e-4)
    assert [text.get_text() for text in axes_of(pearson.figure).texts] == ["1.00", "0.82", "0.82", "1.00"]
    assert spearman.data.loc[0, "b"] == pytest.approx(0.8)
    assert spearman.note == "each pair from the rows that have both values"
    assert axes_of(spearman.figure).images[0].get_clim() == (-1, 1)
    assert spearman.figure.axes[1].get_ylabel() == "Spearman's ρ"


def test_a_column_that_does_not_vary_has_no_correlation() -> None:
    chart = correlation_map(pd.DataFrame({"a": [1, 2, 3], "k": [5, 5, 5]}), ["a", "k"])

    assert chart.note == "hatched: k does not vary"
    assert np.isnan(chart.data.loc[0, "k"])


def test_more_columns_than_fit_are_counted_in_the_note() -> None:
    frame = pd.DataFrame(np.random.default_rng(3).normal(size=(20, 33)), columns=[f"c{n}" for n in range(33)])
    chart = correlation_map(frame, list(frame.columns))

    assert chart.note == "the first 30 of 33 columns of numbers"
    assert chart.data.shape == (30, 31)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"a": ["x", "x"], "b": ["p", "p"], "v": [1, 2]}, "A pair of 'a' and 'b' repeats"),
        ({"a": range(MAX_SIDE + 1), "b": 1, "v": 1}, "41 values of 'a' are too many for a heat map"),
        ({"a": ["x"], "b": ["p"], "v": ["many"]}, "'v' holds none"),
    ],
)
def test_tables_that_make_no_heat_map(frame: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        heat_map(pd.DataFrame(frame), "a", "b", "v")


def test_one_column_has_no_correlation() -> None:
    with pytest.raises(ValueError, match="at least two columns"):
        correlation_map(pd.DataFrame({"a": [1, 2]}), ["a", "a"])
