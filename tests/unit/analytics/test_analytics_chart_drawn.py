"""What a chart draws, its file of data, the figures and the text of the answer are the same values.

The picture's own artists are read back from matplotlib, after a request in plain words through the graph.
"""

import io
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import graphs.analytics.charts.chart
from graphs.analytics.charts.chart import MAX_POINTS, bar_chart, line_chart, scatter_chart
from graphs.analytics.graph import graph
from graphs.kit.pictures import to_png
from tests.support.conversation import Conversation, Reply
from tests.support.kit_environment import clean_kit_environment

SAMPLES = Path(__file__).parents[3] / "graphs" / "analytics" / "samples"
SALES, LONGLEY, ANSCOMBE = (SAMPLES / name for name in ("sales.csv", "longley.csv", "anscombe.csv"))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures as they are drawn."""
    drawn: list[Figure] = []

    def noted(figure: Figure) -> bytes:
        drawn.append(figure)
        return to_png(figure)

    monkeypatch.setattr(graphs.analytics.charts.chart, "to_png", noted)
    return drawn


@dataclass
class Shown:
    """A chart as its reader meets it."""

    reply: Reply
    axes: Axes
    table: pd.DataFrame

    @property
    def note(self) -> str:
        return self.axes.get_title(loc="left").replace("\n", " ")


async def ask(text: str, pictures: list[Figure], *files: Path) -> Shown:
    conversation = Conversation(graph, *(files or [SALES]))
    reply = await conversation.ask(text)
    (figure,) = pictures
    table = pd.read_csv(
        io.BytesIO(conversation.artifacts.read(reply.figures["data_file"])),
        float_precision="round_trip",
    )
    return Shown(reply, figure.axes[0], table)


def bars(axes: Axes) -> pd.DataFrame:
    """Labels and lengths of the bars, which stand or lie."""
    flat = axes.patches[0].get_x() == 0 and len({patch.get_height() for patch in axes.patches}) == 1
    axis = axes.yaxis if flat else axes.xaxis
    lengths = [patch.get_width() if flat else patch.get_height() for patch in axes.patches]
    return pd.DataFrame({0: [label.get_text() for label in axis.get_ticklabels()], 1: lengths})


def points_of_lines(axes: Axes) -> list[tuple[str, float]]:
    found = []
    for line in axes.lines:
        found += [(line.get_label(), value) for value in np.asarray(line.get_ydata(), dtype=float)]
    return sorted((label, value) for label, value in found if np.isfinite(value))


def boxes(axes: Axes) -> list[tuple[float, ...]]:
    """Whisker, quartiles, median, whisker and points beyond of each box, from the lines and patches."""
    found = []
    for number, patch in enumerate(axes.patches):
        low, high, _, _, median, fliers = axes.lines[6 * number : 6 * number + 6]
        across = patch.get_path().vertices[:, 0]
        found.append(
            (
                *(
                    min(low.get_xdata()),
                    min(across),
                    median.get_xdata()[0],
                    max(across),
                    max(high.get_xdata()),
                ),
                *sorted(fliers.get_xdata()),
            )
        )
    return found


def says_the_same(reply: Reply, table: pd.DataFrame) -> None:
    """The table in the text is the file's, rounded to the places that it shows; so are the figures."""
    lines = [line.strip("| ").split(" | ") for line in reply.text.splitlines() if line.startswith("| ")]
    cells = lines[1:]
    assert len(cells) == len(reply.figures["data"]) == min(len(table), 30)
    for shown, row, record in zip(cells, table.itertuples(index=False), reply.figures["data"], strict=False):
        for text, value, figure in zip(shown, row, record.values(), strict=False):
            if isinstance(value, str):
                assert str(figure) == value
                assert value.startswith(text)
            elif np.isnan(value):
                assert (text, figure) == ("–", None)
            else:
                places = len(text.partition(".")[2])
                assert abs(float(text.replace(",", "")) - value) <= 0.5000001 * 10**-places
                assert figure == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "values", "category", "labels"),
    [
        ("Bar chart of revenue_usd by region in sales.csv", 4, "region", ("region", "total revenue_usd")),
        ("Bar chart of mean units by month", 24, "date_month", ("month", "mean units")),
        (
            "Bar chart of the count of units by product",
            6,
            "product",
            ("product", "number of values in units"),
        ),
    ],
)
async def test_bars_are_as_long_as_the_figures(
    pictures: list[Figure], text: str, values: int, category: str, labels: tuple[str, str]
) -> None:
    shown = await ask(text, pictures)

    drawn = bars(shown.axes)
    assert len(drawn) == values
    assert drawn[1].tolist() == shown.table.iloc[:, 1].tolist()
    names = shown.table[category].str[:7] if category == "date_month" else shown.table[category]
    assert drawn[0].tolist() == names.tolist()
    assert (shown.axes.get_xlabel(), shown.axes.get_ylabel()) == labels
    says_the_same(shown.reply, shown.table)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Line chart of revenue_usd by month in sales.csv", ("month", "total revenue_usd")),
        ("Line chart of monthly revenue for each region", ("month", "total revenue_usd")),
        ("Line chart of employed_thousands by year in longley.csv", ("year", "employed_thousands")),
    ],
)
async def test_lines_go_through_the_figures(
    pictures: list[Figure], text: str, labels: tuple[str, str]
) -> None:
    shown = await ask(text, pictures, SALES, LONGLEY)

    value = next(name for name in shown.table if name.startswith(("sum_", "employed")))
    series = (
        shown.table["region"]
        if "region" in shown.table
        else [shown.axes.lines[0].get_label()] * len(shown.table)
    )
    assert points_of_lines(shown.axes) == sorted(zip(series, shown.table[value].astype(float), strict=True))
    assert (shown.axes.get_xlabel(), shown.axes.get_ylabel()) == labels
    if len(shown.table) <= 30:
        says_the_same(shown.reply, shown.table)


async def test_points_lie_where_the_figures_say(pictures: list[Figure]) -> None:
    # Anscombe (1973): r = .816, y = 3.00 + 0.500 x
    shown = await ask("Scatter plot of y1 against x1 in anscombe.csv with a trend line", pictures, ANSCOMBE)
    (points,) = shown.axes.collections
    (line,) = shown.axes.lines

    assert (
        np.asarray(points.get_offsets()).tolist()
        == shown.table[["x1", "y1"]].astype(float).to_numpy().tolist()
    )
    (x0, y0), (x1, y1) = np.asarray(line.get_xydata())
    slope = (y1 - y0) / (x1 - x0)
    assert "y1 = 3.00009 + 0.500091 × x1" in shown.reply.text
    assert (slope, y0 - slope * x0) == (pytest.approx(0.500091, abs=5e-7), pytest.approx(3.00009, abs=5e-6))
    assert shown.table["x1"].corr(shown.table["y1"]) == pytest.approx(0.816, abs=5e-4)
    assert "Pearson's correlation r = 0.8164 over 11 points" in shown.reply.text
    says_the_same(shown.reply, shown.table)


async def test_histogram_is_as_high_as_its_counts(pictures: list[Figure]) -> None:
    shown = await ask("Histogram of revenue_usd with 10 bins in sales.csv", pictures)
    counts = np.histogram(pd.read_csv(SALES)["revenue_usd"], 10)[0]

    drawn = [(patch.get_x(), patch.get_width(), patch.get_height()) for patch in shown.axes.patches]
    table = shown.table
    assert [height for _, _, height in drawn] == table["count"].tolist() == counts.tolist()
    assert [start for start, _, _ in drawn] == table["from"].tolist()
    assert [start + width for start, width, _ in drawn] == pytest.approx(table["to"].tolist(), rel=1e-12)
    assert (shown.axes.get_xlabel(), shown.axes.get_ylabel()) == ("revenue_usd", "Number of rows")
    says_the_same(shown.reply, table)


async def test_boxes_are_drawn_at_their_quartiles(pictures: list[Figure]) -> None:
    shown = await ask("Box plot of revenue_usd by region in sales.csv", pictures)
    table = shown.table

    beyond = table["outlier_values"].fillna("").astype(str)
    points = [[float(value) for value in text.split()] for text in beyond]
    figures = table[["lower_whisker", "q25", "median", "q75", "upper_whisker"]].to_numpy().tolist()
    assert boxes(shown.axes) == [(*row, *more) for row, more in zip(figures, points, strict=True)]
    assert [label.get_text() for label in shown.axes.get_yticklabels()] == table["group"].tolist()
    assert [len(more) for more in points] == table["outliers"].tolist()
    assert shown.axes.get_xlabel() == "revenue_usd"
    says_the_same(shown.reply, table.drop(columns="outlier_values"))


@pytest.mark.parametrize(
    ("text", "file", "label"),
    [
        ("Heat map of mean revenue_usd by region and product in sales.csv", SALES, "mean revenue_usd"),
        ("Heat map of total units by product and quarter in sales.csv", SALES, "total units"),
        ("Correlation heat map of longley.csv", LONGLEY, "Pearson's r"),
    ],
)
async def test_cells_have_the_colours_of_the_figures(
    pictures: list[Figure], text: str, file: Path, label: str
) -> None:
    shown = await ask(text, pictures, file)
    axes, table = shown.axes, shown.table
    (image,) = axes.images

    cells = table.iloc[:, 1:].astype(float).to_numpy()
    drawn = image.get_array()
    assert drawn is not None
    assert np.array_equal(drawn.filled(np.nan), cells, equal_nan=True)
    assert [tick.get_text() for tick in axes.get_yticklabels()] == table.iloc[:, 0].tolist()
    assert [tick.get_text() for tick in axes.get_xticklabels()] == list(table.columns[1:])
    assert [float(each.get_text().replace(",", "")) for each in axes.texts] == pytest.approx(
        cells.ravel().tolist(), rel=1e-3, abs=5e-3
    )
    assert pictures[0].axes[1].get_ylabel() == label
    low, high = image.get_clim()
    assert low <= np.nanmin(cells) <= np.nanmax(cells) <= high
    says_the_same(shown.reply, table)


# --- what a chart leaves out stands in the picture too


@pytest.mark.parametrize("title", ["", ' titled "Winners"'])
async def test_a_part_is_called_a_part_in_the_picture_and_in_the_text(
    pictures: list[Figure], title: str
) -> None:
    shown = await ask(
        f"Bar chart of the top 3 products by total revenue_usd in sales.csv in 2024{title}.", pictures
    )

    assert shown.note == "only rows with date >= 2024-01-01 and date <= 2024-12-31; the 3 largest of 6"
    assert "- Only the 3 largest of 6 groups are drawn" in shown.reply.text
    assert "(151 of 300 rows: date >= 2024-01-01 and date <= 2024-12-31)" in shown.reply.text
    assert len(shown.axes.patches) == len(shown.table) == 3


@pytest.mark.parametrize(
    ("request_text", "points"),
    [
        ("Histogram of revenue_usd in sales.csv where region = North", 79),
        ("Scatter plot of revenue_usd against units in sales.csv where region = North", 79),
        ("Box plot of revenue_usd in sales.csv where region = North", 79),
    ],
)
async def test_rows_that_meet_a_condition_are_drawn_and_no_other(
    pictures: list[Figure], request_text: str, points: int
) -> None:
    shown = await ask(request_text, pictures)

    assert shown.note == "only rows with region = North"
    assert "**sales.csv** (79 of 300 rows: region = North)" in shown.reply.text
    counts = shown.table.get("count", shown.table.get("rows"))
    assert (len(shown.table) if counts is None else counts.sum()) == points


def test_many_points_are_thinned_out_and_counted() -> None:
    values = np.random.default_rng(7).normal(size=(MAX_POINTS + 5_000, 2))
    chart = scatter_chart(pd.DataFrame(values, columns=["x", "y"]), "x", "y")
    (axes,) = chart.figure.axes
    (points,) = axes.collections

    assert chart.note == "20,000 of 25,000 points are drawn, chosen at random"
    assert axes.get_title(loc="left") == chart.note
    assert np.array_equal(np.asarray(points.get_offsets()), chart.data[["x", "y"]].to_numpy())
    again = scatter_chart(pd.DataFrame(values, columns=["x", "y"]), "x", "y")
    assert again.data.equals(chart.data)


def test_bars_begin_at_zero() -> None:
    close = pd.DataFrame({"k": ["a", "b"], "v": [1000.0, 1001.0]})
    (standing,) = bar_chart(close, "k", "v").figure.axes
    (hanging,) = bar_chart(close.assign(v=-close["v"]), "k", "v").figure.axes
    many = pd.DataFrame({"k": [f"name {n}" for n in range(9)], "v": range(500, 509)})
    (lying,) = bar_chart(many, "k", "v").figure.axes

    assert standing.get_ylim()[0] == 0
    assert hanging.get_ylim()[1] == 0
    assert lying.get_xlim()[0] == 0
    assert {patch.get_y() for patch in standing.patches} == {0}


def test_bars_with_the_rest_in_grey_add_up() -> None:
    stores = pd.DataFrame({"store": [f"s{n}" for n in range(45)], "profit_eur": range(45)})
    chart = bar_chart(stores, "store", "profit_eur", additive=True)
    drawn = bars(chart.figure.axes[0])

    assert drawn[1].sum() == sum(range(45))
    assert drawn[0].iloc[-1] == "other (26)"
    assert "the 19 largest of 45; other (26) in the grey bar" in chart.figure.axes[0].get_title(loc="left")


def test_lines_in_grey_are_named_as_the_rest() -> None:
    frame = pd.DataFrame({"t": [1, 2] * 9, "s": np.repeat([f"s{n}" for n in range(9)], 2), "v": range(18)})
    chart = line_chart(frame, "t", "v", series="s")
    (axes,) = chart.figure.axes
    legend = axes.get_legend()

    assert legend is not None
    assert "other (3)" in [text.get_text() for text in legend.get_texts()]
    assert axes.get_title(loc="left") == "the 6 largest of 9 lines are coloured; other (3) in grey"
    assert sorted(v for _, v in points_of_lines(axes)) == sorted(chart.data["v"])


# --- bars in parts, groups, and the order of weekdays


@pytest.mark.parametrize(
    "text",
    [
        "Stacked bar chart of revenue by region and product",
        "revenue by region and product as a stacked bar chart",
    ],
)
async def test_parts_of_bars_are_as_long_as_the_figures(pictures: list[Figure], text: str) -> None:
    shown = await ask(text, pictures)

    sales = pd.read_csv(SALES)
    expected = sales.pivot_table("revenue_usd", "region", "product", "sum")
    table = shown.table.set_index("region")
    assert np.allclose(table.loc[expected.index, expected.columns], expected, rtol=1e-12)
    drawn = np.array([bar.get_height() for bar in shown.axes.patches]).reshape(table.shape[::-1]).T
    assert np.allclose(drawn, table, rtol=1e-12)
    assert (shown.axes.get_xlabel(), shown.axes.get_ylabel()) == ("region", "total revenue_usd")
    says_the_same(shown.reply, shown.table)


async def test_weekdays_go_from_monday_to_sunday(pictures: list[Figure]) -> None:
    shown = await ask("Bar chart of revenue by weekday in sales.csv", pictures)

    sales = pd.read_csv(SALES, parse_dates=["date"])
    expected = sales.groupby(sales["date"].dt.dayofweek)["revenue_usd"].sum()
    assert shown.table["date_weekday"].tolist() == [
        *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    ]
    assert np.allclose(shown.table.iloc[:, 1], expected, rtol=1e-12)
    says_the_same(shown.reply, shown.table)


async def test_a_histogram_by_groups_has_an_outline_for_each(pictures: list[Figure]) -> None:
    shown = await ask("Histogram of units by region in sales.csv", pictures)

    sales = pd.read_csv(SALES)
    assert shown.table.iloc[:, 2:].sum().to_dict() == sales.groupby("region")["units"].count().to_dict()
    outlines = [patch.get_data().values.tolist() for patch in shown.axes.patches[1::2]]
    assert outlines == shown.table.iloc[:, 2:].T.to_numpy().tolist()
    says_the_same(shown.reply, shown.table)


async def test_counts_by_two_columns_as_a_heat_map(pictures: list[Figure]) -> None:
    shown = await ask("count by region and product as a heat map", pictures)

    sales = pd.read_csv(SALES)
    assert shown.table.set_index("region").equals(
        pd.crosstab(sales["region"], sales["product"]).rename_axis(columns=None).astype(float)
    )
    says_the_same(shown.reply, shown.table)


@pytest.mark.parametrize("text", ["Pie chart of revenue by region", "revenue by region as a pie chart"])
async def test_a_pie_is_refused_and_bars_are_offered(text: str) -> None:
    reply = await Conversation(graph, SALES).ask(text)

    assert "I draw no pie charts" in reply.text
    assert "bar chart" in reply.text
    assert reply.files == {"sales.csv"}
