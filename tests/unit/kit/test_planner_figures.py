"""How the offline planner reads figures, units, files, columns and phrases."""

import pytest

from graphs.kit.planner.conditions import find_conditions
from graphs.kit.planner.figures import figures
from graphs.kit.planner.mentions import mentions
from graphs.kit.planner.prose import read_message
from graphs.kit.planner.units import convert, unit_named
from graphs.kit.planner.words import corrected, find_phrase, stem, stems, tokens
from graphs.kit.state import Column

READINGS: dict[str, list[tuple[float, str]]] = {
    "1,234.5 rows": [(1234.5, "")],
    "1.5e-3 and .05": [(0.0015, ""), (0.05, "")],
    "-5 or −3.5, from 5-10": [(-5, ""), (-3.5, ""), (5, ""), (10, "")],
    "80 %, 90% and 5 per cent": [(80, "%"), (90, "%"), (5, "%")],
    "a 12-month follow-up": [(12, "month")],
    "two weeks": [(2, "weeks")],
    "10 million, two thousand, 2k and 3.5K": [(1e7, ""), (2000, ""), (2000, ""), (3500, "")],
    "5 January 2026, March 3rd, 2024 or 2024-01-15": [],
    "220 x 220 x 250 mm": [(220, "mm"), (220, "mm"), (250, "mm")],
    "220x220x250mm": [(220, "mm"), (220, "mm"), (250, "mm")],
    "from 10 to 20 cm": [(10, "cm"), (20, "cm")],
    "0.5 and 12 weeks": [(0.5, ""), (12, "weeks")],
    "12 in wide": [(12, "in")],
    "64 in each arm": [(64, "")],
    "$1,200 and 50 EUR": [(1200, "$"), (50, "eur")],
    "at 45° and 200 °C": [(45, "°"), (200, "°c")],
    "(0.5), [0.1,0.2]": [(0.5, ""), (0.1, ""), (0.2, "")],
    "N=64. Then 0.5.": [(64, ""), (0.5, "")],
    "2:1": [(2, "")],
    # none of these is a figure
    "x1, 3mf, 3D, 1st, v1.2.3, 2024-01-15": [],
}


@pytest.mark.parametrize(("text", "read"), [pytest.param(*item, id=item[0]) for item in READINGS.items()])
def test_figures_are_read(text: str, read: list[tuple[float, str]]) -> None:
    assert [(float(figure.value), figure.unit) for figure in figures(text)] == read


@pytest.mark.parametrize("text", ["1e999999999", "n = 1e400", "9" * 400, "0." + "1" * 400])
def test_figures_beyond_all_measure_are_none(text: str) -> None:
    assert figures(text) == ()


def test_ends_of_ranges_are_known() -> None:
    assert [figure.bound for figure in figures("between 1 and 5, at least 3, no more than 9, 0 to 1")] == [
        *("low", "high"),
        *("low", "high"),
        *("low", "high"),
    ]


def test_vague_numbers_are_loose() -> None:
    assert [(float(f.value), f.loose) for f in figures("two of the 2-sided tests in 2024 with 3")] == [
        (2, True),
        (2, True),
        (2024, True),
        (3, False),
    ]


def test_unit_of_a_declaration_is_read() -> None:
    assert [(float(f.value), f.unit) for f in figures("30 MPa or 5 patients", ("MPa", "patients"))] == [
        (30, "MPa"),
        (5, "patients"),
    ]


def test_text_with_very_many_figures_gives_none() -> None:
    assert figures(" ".join(map(str, range(100)))) == ()


@pytest.mark.parametrize(
    ("value", "source", "target", "result"),
    [
        (1, "in", "mm", 25.4),
        (2, "weeks", "days", 14),
        (1, "year", "months", 12),
        (1, "lb", "g", 453.59237),
        (1, "l", "cm³", 1000),
        (36, "hours", "days", 1.5),
    ],
)
def test_units_are_converted(value: int, source: str, target: str, result: float) -> None:
    units = unit_named(source), unit_named(target)
    assert units[0]
    assert units[1]
    number = figures(f"{value} {source}")[0].value
    assert float(convert(number, units[0], units[1])) == pytest.approx(result, rel=1e-12)


def test_units_of_two_dimensions_are_not_converted() -> None:
    week, metre = unit_named("week"), unit_named("m")
    assert week
    assert metre
    with pytest.raises(ValueError, match="time can't be converted to length"):
        convert(figures("1 week")[0].value, week, metre)


def test_stems_bring_forms_of_a_word_together() -> None:
    assert (
        len({stem(word) for word in ("optimise", "optimize", "optimising", "optimisation", "Optimized")}) == 1
    )
    assert len({stem(word) for word in ("plot", "plots", "plotted", "plotting")}) == 1
    assert stem("series") == "series"
    assert stem("analysis") != stem("analyse")


@pytest.mark.parametrize("text", ["a log-rank test", "a log rank test", "a logrank test", "Log–Rank"])
def test_phrase_is_found_however_it_is_joined(text: str) -> None:
    assert find_phrase(tokens(text), stems("log-rank"))


def test_one_slip_in_a_long_word_is_forgiven() -> None:
    known = frozenset({"watertight", "schedul", "cost"})
    assert [corrected(word, known) for word in ("wattertight", "watertigth", "shedul", "coast")] == [
        "watertight",
        "watertight",
        "schedul",
        "coast",
    ]


COLUMNS = [
    Column(name="revenue_usd", type="DOUBLE"),
    Column(name="unit_price_usd", type="DOUBLE"),
    Column(name="units", type="BIGINT"),
    Column(name="Sales Region", type="VARCHAR"),
    Column(name="orderDate", type="DATE"),
    Column(name="a", type="DOUBLE"),
    Column(name="x1", type="DOUBLE"),
]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("revenue_usd", ["revenue_usd"]),
        ("REVENUE USD by sales-region", ["revenue_usd", "Sales Region"]),
        ("revenue by region", ["revenue_usd", "Sales Region"]),
        ("median unit price", ["unit_price_usd"]),
        ("each unit", ["units"]),
        ("by order date", ["orderDate"]),
        ("what is a mean of x1?", ["x1"]),
        ("x1 by a", ["x1", "a"]),
        ("columns a and units", ["a", "units"]),
        # two columns end in usd, and 3 units is a figure with its unit where that is one
        ("in usd", []),
    ],
)
def test_columns_are_found(text: str, named: list[str]) -> None:
    assert [mention.column for mention in mentions(text, COLUMNS)] == named


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("rows with units > 50", "units > 50"),
        ("units is at least 1,000 and revenue below 2.5", "units >= 1000 and revenue_usd < 2.5"),
        ("rows with units > 5 thousand", "units > 5000"),
        ("units below 2k and revenue above 1.5 million", "units < 2000 and revenue_usd > 1500000.0"),
        ('sales region is "5 a"', "Sales Region = '5 a'"),
        ("total where region = North", "Sales Region = North"),
        ('sales region is "New York"', "Sales Region = 'New York'"),
        ("revenue over order date", ""),
        ("which region is best", ""),
        ("rows where the weather is fine. Then plot", "the weather is fine"),
    ],
)
def test_conditions_are_found(text: str, conditions: str) -> None:
    assert find_conditions(text, COLUMNS).text == conditions


def test_message_is_taken_apart() -> None:
    message = read_message("Plot this:\na,b\n1,2\n3,4\n\n[attached: x.csv][not taken: 'y.exe' is no table.]")
    assert message.text == "Plot this:"
    assert message.attached == ("x.csv",)
    assert message.notices == ("[not taken: 'y.exe' is no table.]",)
    assert len(message.tables) == 1
