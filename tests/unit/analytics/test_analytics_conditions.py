"""Conditions on rows as text."""

import pytest

from graphs.analytics.tables.conditions import describe_conditions, parse_conditions
from graphs.analytics.tables.statements import Filter


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("region = North", [Filter("region", "=", "North")]),
        ("region is North", [Filter("region", "=", "North")]),
        ("region IS NOT North", [Filter("region", "!=", "North")]),
        ("units>=10", [Filter("units", ">=", "10")]),
        ("units <> 10", [Filter("units", "!=", "10")]),
        ("  units == -2.5e3 ", [Filter("units", "=", "-2.5e3")]),
        (
            "region = North and units > 20 AND date < 2024-07-01",
            [Filter("region", "=", "North"), Filter("units", ">", "20"), Filter("date", "<", "2024-07-01")],
        ),
        (
            "product = 'Salt and pepper' and units > 1",
            [Filter("product", "=", "Salt and pepper"), Filter("units", ">", "1")],
        ),
        ('"unit price" < 5', [Filter("unit price", "<", "5")]),
        ("unit price < 5", [Filter("unit price", "<", "5")]),
        ("island = x", [Filter("island", "=", "x")]),
        (
            "origin in (North, 'South, far') and a=1",
            [Filter("origin", "in", ("North", "South, far")), Filter("a", "=", "1")],
        ),
        ("region not in North", [Filter("region", "not in", ("North",))]),
        ("name = O'Brien", [Filter("name", "=", "O'Brien")]),
    ],
)
def test_conditions_are_read(text: str, filters: list[Filter]) -> None:
    assert list(parse_conditions(text)) == filters


@pytest.mark.parametrize(
    "text", ["", "region", "region =", "= North", "units above 50", "region = North and"]
)
def test_what_is_no_condition_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"can't be read\. Write it as a column"):
        parse_conditions(text)


@pytest.mark.parametrize(
    "text", ["region = North and units >= 10", "region in (North, South)", "a not in (b)"]
)
def test_conditions_are_told_as_they_are_read(text: str) -> None:
    assert describe_conditions(parse_conditions(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "region != North or South",
        "region = North or units > 8",
        "units >= 8 or units < 2",
        "a not in (b) or c",
    ],
)
def test_or_between_conditions_is_refused(text: str) -> None:
    # read as text, "not North or South" would leave nothing out
    with pytest.raises(ValueError, match=r"holds 'or'.*region in \(North, South\)"):
        parse_conditions(text)


def test_or_may_be_a_part_of_a_value() -> None:
    (plain,) = parse_conditions("title = Trick or treat")
    (quoted,) = parse_conditions("title != 'Trick or treat'")

    assert plain.value == quoted.value == "Trick or treat"
