import io
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

import graphs.analytics
from graphs.analytics.charts.chart import bar_chart, line_chart, scatter_chart
from graphs.analytics.charts.chart_style import PALETTE, short_number
from graphs.analytics.charts.distribution import box_chart, histogram
from graphs.analytics.charts.parted_bars import parted_bar_chart
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


def test_bars_go_from_the_largest_down_under_the_names_in_the_data(by_region):
    chart = bar_chart(by_region, "region", "revenue_usd")

    assert chart.title == "revenue_usd by region"
    assert chart.data["region"].tolist() == ["North", "West", "South", "East"]
    assert chart.data["revenue_usd"].iloc[0] == pytest.approx(279854.69)


def test_bars_over_time_keep_their_order():
    frame = pd.DataFrame(
        {"date_quarter": pd.to_datetime(["2024-07-01", "2024-01-01", None]), "count": [1, 9, 4]}
    )

    chart = bar_chart(
        frame, "date_quarter", "count", labels={"date_quarter": "quarter", "count": "number of rows"}
    )

    assert chart.title == "number of rows by quarter"
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
    split = line_chart(monthly, "date_month", "revenue_usd", series="region", labels={"date_month": "month"})
    longley = load_frame(SAMPLES / "longley.csv")
    columns = line_chart(longley, "year", ["unemployed_thousands", "armed_forces_thousands"])

    assert split.title == "revenue_usd by month and region"
    assert len(split.data) == 24 * 4
    assert set(PALETTE[:4]) <= colours(split)
    assert columns.title == "unemployed_thousands and armed_forces_thousands by year"
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


def test_points_of_discrete_data_are_counted_at_their_places():
    frame = pd.DataFrame({"x": [1, 1, 1, 1, 2, 2], "y": [5, 5, 5, 5, 6, 7], "g": list("aaaabb")})

    chart = scatter_chart(frame, "x", "y", group="g")
    (axes,) = chart.figure.axes
    first, second = axes.collections

    assert chart.note == "rows at the same place are one point, its area their number (at most 4)"
    assert chart.data["number of rows"].tolist() == [4, 1, 1]
    assert first.get_offsets().tolist() == [[1, 5]]
    assert (first.get_sizes() / 4).tolist() == second.get_sizes()[:1].tolist()
    assert "number of rows" not in scatter_chart(frame.drop_duplicates(), "x", "y", group="g").data


@pytest.mark.parametrize(
    ("bucket", "months", "names"),
    [
        ("quarter", 24, [f"{year} Q{quarter}" for year in (2023, 2024) for quarter in (1, 2, 3, 4)]),
        ("quarter", 48, [f"{year} Q{quarter}" for year in range(2023, 2027) for quarter in (1, 3)]),
        ("quarter", 96, [f"{year} Q1" for year in range(2023, 2031)]),
        ("year", 60, ["2023", "2024", "2025", "2026", "2027"]),
        ("year", 240, [str(year) for year in range(2025, 2043, 5)]),
        ("month", 12, [f"2023-{month:02}" for month in (1, 3, 5, 7, 9, 11)]),
        ("month", 3, ["2023-01", "2023-02", "2023-03"]),
    ],
)
def test_periods_along_an_axis_have_their_own_names(bucket, months, names):
    steps = {"month": 1, "quarter": 3, "year": 12}
    days = pd.date_range("2023-01-01", periods=months // steps[bucket], freq=f"{steps[bucket]}MS")
    frame = pd.DataFrame({f"date_{bucket}": days, "v": range(len(days))})

    (axes,) = line_chart(frame, f"date_{bucket}", "v").figure.axes

    assert [label.get_text() for label in axes.get_xticklabels()] == names
    assert {pd.Timestamp(num, unit="D") for num in axes.get_xticks()} <= set(days)


def test_numbers_as_categories_are_written_as_in_the_data():
    frame = pd.DataFrame({"g": [10, 2, 1, None, 1.5], "v": [1.0, 2, 3, 4, 5]})

    assert box_chart(frame, "v", by="g").data["group"].tolist() == ["1", "1.5", "2", "10", "(missing)"]
    (axes,) = bar_chart(frame.assign(g=frame["g"] * 1e6), "g", "v").figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        *("1000000", "1500000", "2000000", "10000000")
    ]


@pytest.fixture(scope="module")
def by_both(sales):
    return sales.groupby(["region", "product"], as_index=False)["units"].sum()


def test_stacked_bars_add_up_to_the_whole(by_both):
    chart = parted_bar_chart(by_both, "region", "product", "units", form="stacked", additive=True)
    (axes,) = chart.figure.axes
    tops = {}
    for bar in axes.patches:
        tops[round(bar.get_x(), 6)] = bar.get_y() + bar.get_height()

    wholes = by_both.groupby("region")["units"].sum().sort_values(ascending=False)
    assert [label.get_text() for label in axes.get_xticklabels()] == wholes.index.tolist()
    assert [tops[place] for place in sorted(tops)] == wholes.tolist()
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == sorted(by_both["product"].unique())
    expected = by_both.pivot(index="region", columns="product", values="units").loc[wholes.index]
    assert chart.data.set_index("region").to_numpy().tolist() == expected.to_numpy().tolist()


def test_grouped_bars_stand_side_by_side(by_both):
    chart = parted_bar_chart(by_both, "region", "product", "units", form="grouped")
    (axes,) = chart.figure.axes

    assert {bar.get_y() for bar in axes.patches} == {0}
    assert len({round(bar.get_x(), 6) for bar in axes.patches}) == 4 * 6
    assert sorted(bar.get_height() for bar in axes.patches) == sorted(by_both["units"])


def test_parts_beyond_the_colours_are_gathered_in_a_stack_and_counted_beside_groups():
    frame = pd.DataFrame({"k": list("ab") * 9, "p": np.repeat(range(9), 2), "v": range(18)})

    stack = parted_bar_chart(frame, "k", "p", "v", form="stacked", additive=True)
    groups = parted_bar_chart(frame, "k", "p", "v", form="grouped", additive=True)

    assert stack.note == "the 6 largest of 9 parts; other (3) in grey"
    assert stack.data.drop(columns="k").to_numpy().sum() == sum(range(18))
    assert "#B5B5B5" in colours(stack)
    assert groups.note == "the 6 largest of 9 parts; other (3) not shown"
    assert list(groups.data.columns) == ["k", "3", "4", "5", "6", "7", "8"]


def test_histograms_of_groups_share_their_intervals():
    frame = pd.DataFrame({"v": [1, 2, 2, 3, 3, 3], "g": list("aababb")})

    chart = histogram(frame, "v", by="g")
    (axes,) = chart.figure.axes

    assert chart.title == "Distribution of v by g"
    assert chart.data.columns.tolist() == ["from", "to", "a", "b"]
    assert chart.data[["a", "b"]].to_numpy().tolist() == [[1, 0], [1, 1], [1, 2]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]


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
        (lambda f: parted_bar_chart(f, "k", "t", "v", form="stacked"), "add up to the whole"),
        (
            lambda f: parted_bar_chart(f.assign(v=[-1, 1, 2]), "t", "k", "v", form="stacked", additive=True),
            "both sides of zero",
        ),
        (
            lambda f: parted_bar_chart(f.assign(k=1), "t", "k", "v", form="grouped"),
            "pair of 't' and 'k' repeats",
        ),
    ],
)
def test_data_that_do_not_fit_a_chart_are_refused(draw, message):
    frame = pd.DataFrame({"k": [1, 2, 3], "v": [1.0, 1.0, 2.0], "t": ["a", "a", "b"], "none": [np.nan] * 3})

    with pytest.raises(ValueError, match=message):
        draw(frame)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (0.12345, "0.1235"), (999.96, "1000"), (-1234.5, "-1,234"), (2_345_678, "2.35M"), (5e9, "5B")],
)
def test_figures_on_bars_are_short(number, text):
    assert short_number(number) == text
