"""Rules on the values of a table as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.analytics.quality.rules import EVERY_COLUMN, Rule, parse_rules
from graphs.analytics.tables.statements import Filter


def ranged(column: str, *bounds: tuple[str, str]) -> Rule:
    return Rule("range", (column,), tuple(Filter(column, sign, value) for sign, value in bounds))


def listed(column: str, *values: str) -> Rule:
    return Rule("one of", (column,), (Filter(column, "in", values),))


def reference(column: str, file: str, other: str) -> Rule:
    return Rule("reference", (column,), file=file, other=other)


UNITS = ranged("units", (">=", "1"), ("<=", "100"))


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("order_id is unique and units is between 1 and 100", [Rule("unique", ("order_id",)), UNITS]),
        ("order_id unique; units between 1 and 100", [Rule("unique", ("order_id",)), UNITS]),
        ("Is units always between 1 and 100 everywhere?".rstrip("?"), [UNITS]),
        ("region, units are not null", [Rule("not null", ("region",)), Rule("not null", ("units",))]),
        ("units is never missing and between 1 and 100", [Rule("not null", ("units",)), UNITS]),
        ("no value of region is missing", [Rule("not null", ("region",))]),
        ("no column has missing values", [Rule("not null", (EVERY_COLUMN,))]),
        ("all columns have no missing values", [Rule("not null", (EVERY_COLUMN,))]),
        ("(order_id, line) is unique", [Rule("unique", ("order_id", "line"))]),
        ("order_id + line unique", [Rule("unique", ("order_id", "line"))]),
        ("order_id and line are unique together", [Rule("unique", ("order_id", "line"))]),
        ("the combination of order_id and line is unique", [Rule("unique", ("order_id", "line"))]),
        ("order_id and line are unique", [Rule("unique", ("order_id",)), Rule("unique", ("line",))]),
        ("units >= 1 and price > 0.5", [ranged("units", (">=", "1")), ranged("price", (">", "0.5"))]),
        ("unit price is at least 0", [ranged("unit price", (">=", "0"))]),
        ("units are never above 100", [ranged("units", ("<=", "100"))]),
        ("price is positive", [ranged("price", (">", "0"))]),
        ("price is never negative", [ranged("price", (">=", "0"))]),
        (
            "date is between 2024-01-01 and 2024-12-31",
            [ranged("date", (">=", "2024-01-01"), ("<=", "2024-12-31"))],
        ),
        ("region is one of (North, 'South, far')", [listed("region", "North", "South, far")]),
        ("region is one of North, South or West", [listed("region", "North", "South", "West")]),
        ("region in (North)", [listed("region", "North")]),
        ("code matches '[A-Z]+ and; \\d'", [Rule("pattern", ("code",), pattern="[A-Z]+ and; \\d")]),
        ("customer exists in customers.csv", [reference("customer", "customers.csv", "customer")]),
        ("customer exists in customers.csv.id", [reference("customer", "customers.csv", "id")]),
        ("customer is found in column id of c.xlsx", [reference("customer", "c.xlsx", "id")]),
        ("customer references customers.csv(id)", [reference("customer", "customers.csv", "id")]),
    ],
)
def test_rules_are_read(text: str, rules: list[Rule]) -> None:
    assert list(parse_rules(text)) == rules


@pytest.mark.parametrize(
    "text",
    [
        "",
        "units",
        "units is fine",
        "is unique",
        "units is between 1",
        "units is unique and price",
        "units is one of",
    ],
)
def test_what_is_no_rule_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"can't be read\. Write a column and one of: is not null"):
        parse_rules(text)


NAMES = st.from_regex(r"[a-z]{2,6}_[a-z]{2,6}", fullmatch=True)
TEXTS = st.text(
    st.characters(codec="ascii", exclude_characters="'\"`()\\", exclude_categories=["C"]), min_size=1
).filter(lambda text: text == text.strip())
NUMBERS = st.integers(-1000, 1000).map(str)
RULES = st.one_of(
    st.builds(lambda name: Rule("not null", (name,)), NAMES),
    st.builds(lambda names: Rule("unique", tuple(names)), st.lists(NAMES, min_size=1, max_size=3)),
    st.builds(lambda name, low, high: ranged(name, (">=", low), ("<=", high)), NAMES, NUMBERS, NUMBERS),
    st.builds(lambda name, value: ranged(name, ("<", value)), NAMES, NUMBERS),
    st.builds(lambda name, values: listed(name, *values), NAMES, st.lists(TEXTS, min_size=1)),
    st.builds(lambda name, text: Rule("pattern", (name,), pattern=text), NAMES, TEXTS),
    st.builds(lambda name, other: reference(name, "other.csv", other), NAMES, NAMES),
)


@given(st.lists(RULES, min_size=1, max_size=4))
def test_rules_are_told_as_they_are_read(rules: list[Rule]) -> None:
    assert list(parse_rules("; ".join(map(str, rules)))) == rules
