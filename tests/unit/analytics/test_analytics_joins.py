"""Joins that are suggested: figures are counted by hand, or are those of pandas' own merge."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.analytics.quality.joins import JoinSuggestion, Unjoinable, names_alike, suggest_joins
from graphs.kit.tables.load import connect, read_table

ORDERS = pd.DataFrame(
    {
        "order_id": [1, 2, 3, 4],
        "customer_id": pd.array([10, 11, 99, None], "Int64"),
        "country": ["DE", "DE", "FR", "IT"],
        "units": [10, 11, 12, 10],
    }
)
CUSTOMERS = pd.DataFrame(
    {"id": [10.0, 11.0, 12.0], "name": ["Ann", "Bob", "Cy"], "country": ["DE", "FR", "FR"]}
)


def suggested(**frames: pd.DataFrame) -> tuple[tuple[JoinSuggestion, ...], tuple[Unjoinable, ...]]:
    with connect() as connection:
        return suggest_joins(
            connection, [read_table(connection, name, frame) for name, frame in frames.items()]
        )


def test_a_foreign_key_is_found_by_the_name_of_the_other_table() -> None:
    (best, *others), apart = suggested(orders=ORDERS, customers=CUSTOMERS)

    assert (str(best.left), str(best.right), best.relation) == ("orders.customer_id", "customers.id", "1:1")
    assert (best.left.matched, best.left.filled, best.right.matched, best.right.filled) == (2, 3, 2, 3)
    assert (best.rows, best.names_alike) == (2, 1.0)
    assert best.sql == (
        'SELECT * FROM "orders" JOIN "customers" ON "orders"."customer_id" = "customers"."id"'
    )
    assert [(str(each.left), each.relation, each.rows) for each in others] == [("orders.country", "n:m", 4)]
    assert not apart


def test_the_sql_gives_the_rows_that_were_said() -> None:
    with connect() as connection:
        tables = [
            read_table(connection, name, frame)
            for name, frame in (("order", ORDERS), ("customers", CUSTOMERS))
        ]
        found, _ = suggest_joins(connection, tables)
        given = [len(connection.execute(each.sql).fetchall()) for each in found]

    assert given == [each.rows for each in found] == [2, 4]


def test_numbers_that_overlap_by_chance_are_not_suggested() -> None:
    found, apart = suggested(
        a=pd.DataFrame({"line": range(1, 50)}),
        b=pd.DataFrame({"units": [1, 2, 3], "weight": [1.5, 2.5, 3.5]}),
    )

    assert (found, apart) == ((), ())


def test_text_that_is_shared_is_suggested_whatever_it_is_called() -> None:
    (found,), _ = suggested(
        sales=pd.DataFrame({"sold_in": ["DE", "DE", "FR"]}), lands=pd.DataFrame({"iso": ["DE", "FR", "IT"]})
    )

    assert (found.relation, found.left.share, found.right.share) == ("n:1", 1.0, 2 / 3)


def test_columns_of_one_name_that_cant_be_joined_are_told() -> None:
    _, apart = suggested(
        a=pd.DataFrame({"code": ["001", "002"], "day": pd.to_datetime(["2024-01-01", "2024-01-02"])}),
        b=pd.DataFrame({"code": [1, 2], "day": pd.to_datetime(["2025-01-01", "2025-01-02"])}),
    )

    assert [(each.left, each.reason) for each in apart] == [
        ("a.code", "one holds VARCHAR, the other BIGINT"),
        ("a.day", "they share no value"),
    ]


def test_one_table_alone_has_nothing_to_be_joined_with() -> None:
    with pytest.raises(ValueError, match="A join needs two tables"):
        suggested(orders=ORDERS)


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [
        (("orders", "customer_id"), ("customers", "id"), True),
        (("orders", "CustomerID"), ("customers", "customer_key"), True),
        (("orders", "cust_id"), ("customers", "id"), True),
        (("orders", "product"), ("products", "product_name"), True),
        (("orders", "id"), ("customers", "id"), False),
        (("orders", "name"), ("customers", "name"), False),
        (("orders", "units"), ("customers", "age"), False),
    ],
)
def test_names_are_alike(left: tuple[str, str], right: tuple[str, str], alike: bool) -> None:
    assert (names_alike(left, right) >= 0.6) is alike


KEYS = st.lists(st.one_of(st.none(), st.integers(0, 8)), min_size=1, max_size=20)


@settings(max_examples=25, deadline=None)
@given(KEYS, KEYS)
def test_figures_are_those_of_a_merge(left: list[int | None], right: list[int | None]) -> None:
    a, b = (pd.DataFrame({"customer": pd.array(values, "Int64")}) for values in (left, right))
    merged = a.dropna().merge(b.dropna(), on="customer")
    found, apart = suggested(a=a, b=b)

    for each in found:
        assert each.rows == len(merged)
        assert each.left.matched == a.dropna().customer.isin(b.dropna().customer).sum()
        assert each.right.matched == b.dropna().customer.isin(a.dropna().customer).sum()
        assert each.left.unique is not a.dropna().customer.duplicated().any()
    assert bool(found) is bool(len(merged))
    assert bool(apart) is (not len(merged) and bool(len(a.dropna()) and len(b.dropna())))
