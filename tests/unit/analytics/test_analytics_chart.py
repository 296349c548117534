import io
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

import graphs.analytics
from graphs.analytics.charts.chart import bar_chart, box_chart, histogram, line_chart, scatter_chart
from graphs.analytics.charts.chart_style import PALETTE, axis_label, phrase, short_number
from graphs.kit.tables.load import load_frame

SAMPLES = Path(graphs.analytics.__file__).parent / "samples"


@pytest.fixture(scope="module")
def sales():
    return load_frame(SAMPLES / "sales.csv")


@pytest.fixture(scope="module")
def by_region(sales):
    return sales.groupby("region", as_index=False)["revenue_usd"].sum()


@pytest.fixture(scope="module")
def monthly(sales):
    dated = sales.assign(date_month=sales["date"].dt.to_period("M").dt.to_timestamp())
    return dated.groupby(["date_month", "region"], as_index=False)["revenue_usd"].sum()


def chunks(png):
    kinds, offset = [], 8
    while offset < len(png):
        (length,) = struct.unpack(">I", png[offset : offset + 4])
        kinds.append(png[offset + 4 : offset + 8].decode())
        offset += 12 + length
    return kinds


def colours(chart, *, at_least=300):
    """Colours of areas and lines: those of so many pixels, unlike the shades at the edges of letters."""
    parts = (imread(io.BytesIO(chart.png))[:, :, :3] * 255).round().astype(int)
    found, counts = np.unique(parts @ [65536, 256, 1], return_counts=True)
    return {f"#{pixel:06X}" for pixel in found[counts >= at_least]}


def drawn(sales, by_region, monthly):
    return {
        "bar": lambda: bar_chart(by_region, "region", "revenue_usd"),
        "line": lambda: line_chart(monthly, "date_month", "revenue_usd", series="region"),
        "scatter": lambda: scatter_chart(sales, "units", "revenue_usd", group="product"),
        "histogram": lambda: histogram(sales, "revenue_usd"),
        "box": lambda: box_chart(sales, "revenue_usd", by="product"),
    }


@pytest.mark.parametrize("kind", ["bar", "line", "scatter", "histogram", "box"])
def test_a_chart_is_a_png_that_depends_on_its_data_alone(sales, by_region, monthly, kind):
    draw = drawn(sales, by_region, monthly)[kind]

    chart = draw()

    assert imread(io.BytesIO(chart.png)).shape[:2] == (720, 1200)
    assert set(chunks(chart.png)) == {"IHDR", "pHYs", "IDAT", "IEND"}
    assert draw().png == chart.png
    assert chart.note == ""
    assert PALETTE[5 if kind == "box" else 0] in colours(chart) or kind == "scatter"


def test_charts_drawn_side_by_side_in_threads_are_the_same_bytes(sales, by_region, monthly):
    draws = list(drawn(sales, by_region, monthly).values())
    alone = [draw().png for draw in draws]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda draw: draw().png, draws * 3))

    assert together == alone * 3


def test_bars_go_from_the_largest_down_and_name_their_unit(by_region):
    chart = bar_chart(by_region, "region", "revenue_usd")

    assert chart.title == "Revenue (USD) by region"
    assert chart.data["region"].tolist() == ["North", "West", "South", "East"]
    assert chart.data["revenue_usd"].iloc[0] == pytest.approx(279854.69)


def test_bars_over_time_keep_their_order():
    frame = pd.DataFrame(
        {"date_quarter": pd.to_datetime(["2024-07-01", "2024-01-01", None]), "count": [1, 9, 4]}
    )

    chart = bar_chart(frame, "date_quarter", "count")

    assert chart.title == "Number of rows by quarter"
    assert chart.data["count"].tolist() == [9, 1]
    assert chart.note == "1 row without a value left out"


@pytest.fixture
def stores():
    return pd.DataFrame(
        {"store": [f"store {i:02}" for i in range(45)], "profit_eur": [float(i) for i in range(45)]}
    )


def test_many_categories_become_one_grey_bar_when_they_add_up(stores):
    chart = bar_chart(stores, "store", "profit_eur", additive=True)

    assert chart.note == "the 19 largest of 45; other (26) in the grey bar"
    assert len(chart.data) == 20
    assert chart.data["store"].iloc[-1] == "other (26)"
    assert chart.data["profit_eur"].iloc[-1] == sum(range(26))
    assert chart.data["profit_eur"].sum() == stores["profit_eur"].sum()
    assert "#B5B5B5" in colours(chart)


def test_many_categories_that_do_not_add_up_are_counted_in_the_note(stores):
    chart = bar_chart(stores, "store", "profit_eur")

    assert chart.note == "the 19 largest of 45; other (26) not shown"
    assert chart.data["store"].tolist() == [f"store {i:02}" for i in range(44, 25, -1)]
    assert "#B5B5B5" not in colours(chart)


def test_a_great_loss_counts_as_large(stores):
    chart = bar_chart(stores.assign(profit_eur=stores["profit_eur"] - 44), "store", "profit_eur")

    assert chart.data["store"].iloc[-1] == "store 00"
    assert chart.data["profit_eur"].iloc[-1] == -44


def test_categories_that_are_missing_or_odd_are_drawn():
    frame = pd.DataFrame({"k": [None, "$a$ and $b_", "x\ny " * 40, True], "v": [1.0, -2.0, 3.0, np.nan]})

    chart = bar_chart(frame, "k", "v", title="Cost in $ of ${x}$ and _$")

    assert chart.title == "Cost in $ of ${x}$ and _$"
    assert len(chart.data) == 3
    assert chart.note == "1 row without a value left out"


def test_lines_are_split_by_a_column_or_are_columns(monthly):
    split = line_chart(monthly, "date_month", "revenue_usd", series="region")
    longley = load_frame(SAMPLES / "longley.csv")
    columns = line_chart(longley, "year", ["unemployed_thousands", "armed_forces_thousands"])

    assert split.title == "Revenue (USD) by month and region"
    assert len(split.data) == 24 * 4
    assert set(PALETTE[:4]) <= colours(split)
    assert columns.title == "Unemployed and armed forces (thousands) by year"
    assert columns.data["year"].tolist() == list(range(1947, 1963))


def test_more_lines_than_colours_stay_in_grey():
    names = [f"city {i:02}" for i in range(12)]
    frame = pd.DataFrame(
        {"year": [2000, 2001] * 12, "city": np.repeat(names, 2), "t": np.repeat(range(12), 2)}
    )

    chart = line_chart(frame, "year", "t", series="city")

    assert chart.note == "the 6 largest of 12 lines are coloured; other (6) in grey"
    assert len(chart.data) == 24
    assert "#B5B5B5" in colours(chart)


def test_a_month_that_a_line_lacks_is_a_gap():
    months = pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"])
    both = pd.DataFrame(
        {"date_month": [*months, *months], "s": ["a"] * 3 + ["b"] * 3, "v": [1, 1, 1, 2, 2, 2]}
    )
    whole = line_chart(both, "date_month", "v", series="s")
    without = both.drop(index=4)

    broken = line_chart(without, "date_month", "v", series="s")
    given_as_missing = line_chart(
        both.assign(v=both["v"].mask(both.index == 4)), "date_month", "v", series="s"
    )

    assert broken.png == given_as_missing.png
    assert broken.png != whole.png


def test_scatter_draws_groups_and_a_fitted_line():
    anscombe = load_frame(SAMPLES / "anscombe.csv")

    plain = scatter_chart(anscombe, "x1", "y1")
    fitted = scatter_chart(anscombe, "x1", "y1", line=(3.0, 0.5))

    assert plain.title == "y1 against x1"
    assert fitted.png != plain.png
    assert len(plain.data) == 11


def test_scatter_counts_what_it_leaves_out():
    frame = pd.DataFrame({"x": range(30), "y": [None, *range(29)], "g": [f"g{i % 10}" for i in range(30)]})

    chart = scatter_chart(frame, "x", "y", group="g")

    assert chart.note == (
        "the 6 largest of 10 groups are coloured; other (4) in grey; 1 row without a value left out"
    )


def test_gaps_in_whole_numbers_and_infinite_values_are_left_out():
    frame = pd.DataFrame({"x": pd.array([1, 2, None, 4], "Int64"), "y": [1.0, np.inf, 3.0, 4.0]})

    assert scatter_chart(frame, "x", "y").data["x"].tolist() == [1, 4]
    assert line_chart(frame, "x", "y").note == "1 row without a value left out"


def test_histogram_counts_every_value_once():
    values = pd.DataFrame({"x": np.random.default_rng(0).normal(0, 1, 500)})

    chart = histogram(values, "x", bins=10)

    assert chart.data["count"].sum() == 500
    assert len(chart.data) == 10
    assert chart.data["from"].iloc[0] == values["x"].min()
    assert chart.data["to"].iloc[-1] == values["x"].max()
    assert len(histogram(pd.DataFrame({"x": [0.5] * 900 + [0.6] * 99 + [1e6]}), "x").data) <= 60


@pytest.mark.parametrize(
    ("values", "widths"), [([1, 1, 2, 3, 4, 4, 5], {1.0}), (list(range(0, 5000, 7)), None)]
)
def test_whole_numbers_fall_into_bins_of_a_whole_width(values, widths):
    data = histogram(pd.DataFrame({"n": values}), "n").data

    found = set((data["to"] - data["from"]).tolist())
    assert len(found) == 1
    assert found.pop().is_integer()
    assert widths is None or data["count"].tolist() == [2, 1, 1, 2, 1]
    assert data["count"].sum() == len(values)


def test_box_figures_are_tukeys():
    frame = pd.DataFrame({"g": ["a"] * 11 + ["b"], "v": [*range(1, 11), 100, 5]})

    data = box_chart(frame, "v", by="g").data

    # By hand for 1..10 and 100: type 7 quartiles 3.5, 6, 8.5, so whiskers end within 3.5 - 7.5 and 8.5 + 7.5.
    assert data.iloc[0].tolist() == ["a", 11, 1, 3.5, 6, 8.5, 10, 1, "100.0"]
    assert data.iloc[1].tolist() == ["b", 1, 5, 5, 5, 5, 5, 0, ""]


def test_more_boxes_than_fit_are_counted_in_the_note():
    frame = pd.DataFrame({"g": [f"g{i:02}" for i in range(20) for _ in range(i + 1)], "v": 1.0})

    chart = box_chart(frame, "v", by="g")

    assert chart.note == "the 12 with most rows of 20; other (8) not shown"
    assert chart.data["group"].tolist() == [f"g{i:02}" for i in range(8, 20)]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda f: bar_chart(f, "k", "z"), "no column 'z'. The columns are: 'k', 'v', 't', 'none'"),
        (lambda f: bar_chart(f, "k", "t"), "needs numbers for its size or place, and 't' holds none"),
        (lambda f: bar_chart(f, "t", "v"), "'t' holds a more than once. Aggregate"),
        (
            lambda f: bar_chart(pd.DataFrame({"n": range(99), "v": 1}), "n", "v"),
            "99 values of 'n' are too many",
        ),
        (lambda f: line_chart(f, "t", "v"), "'t' holds text. Draw bars"),
        (lambda f: line_chart(f, "v", "k"), "'v' repeats within the line 'k'"),
        (lambda f: line_chart(f, "k", ["v", "k"], series="t"), "one column split by another"),
        (lambda f: line_chart(f, "k", []), "one column split by another"),
        (lambda f: histogram(f, "none"), "no row with a value in 'none'"),
        (lambda f: histogram(f, "v", bins=0), "between 1 and 1000, not 0"),
        (lambda f: scatter_chart(f, "v", "none"), "no row with a value in 'v' and 'none'"),
        (lambda f: box_chart(f, "t"), "'t' holds none"),
    ],
)
def test_data_that_do_not_fit_a_chart_are_refused(draw, message):
    frame = pd.DataFrame({"k": [1, 2, 3], "v": [1.0, 1.0, 2.0], "t": ["a", "a", "b"], "none": [np.nan] * 3})

    with pytest.raises(ValueError, match=message):
        draw(frame)


@pytest.mark.parametrize(
    ("column", "label"),
    [
        ("revenue_usd", "Revenue (USD)"),
        ("sum_mass_kg", "Total mass (kg)"),
        ("sd_x", "Standard deviation of x"),
        ("count", "Number of rows"),
        ("count_region", "Number of values in region"),
        ("count_revenue_usd", "Number of values in revenue"),
        ("height_mm", "Height (mm)"),
        ("Weight (kg)", "Weight (kg)"),
        ("mean_sepal length [cm]", "Mean sepal length (cm)"),
        ("Weight_in_lbs", "Weight (lb)"),
        ("share_pct", "Share (%)"),
        ("wait_min", "Wait (min)"),
        ("temp_min", "Temp min"),
        ("Revenue (2024)", "Revenue (2024)"),
        ("x2", "x2"),
        ("GNP deflator", "GNP deflator"),
        ("m", "m"),
        ("oven_temp_celsius", "Oven temp (°C)"),
    ],
)
def test_axis_labels_carry_units(column, label):
    assert axis_label(column) == label


def test_columns_with_one_unit_name_it_once():
    assert phrase("length_mm", "width_mm") == "length and width (mm)"
    assert phrase("length_mm", "mass_kg") == "length (mm) and mass (kg)"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (0.12345, "0.1235"), (999.96, "1000"), (-1234.5, "-1,234"), (2_345_678, "2.35M"), (5e9, "5B")],
)
def test_figures_on_bars_are_short(number, text):
    assert short_number(number) == text
