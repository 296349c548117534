"""Tables of the analysts' PostgreSQL: listed, copied into files, and never changed."""

import os
from collections.abc import Generator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as adbc
import duckdb
import psycopg
import pytest

from graphs.analytics.graph import graph
from graphs.analytics.tables.database import Database, _read_only, extract, list_tables
from tests.support.conversation import Conversation
from tests.support.kit_environment import clean_kit_environment, forget_settings
from tests.support.postgres import PostgresInstance

PASSWORD = "s3cr3t/@word"
ENCODED = "s3cr3t%2F%40word"
ORDERS = 5_000

SETUP = f"""
CREATE DOMAIN amount AS numeric(10, 3);
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE kinds (
    id int PRIMARY KEY, small smallint, large bigint, price numeric(12, 2), free numeric, tax amount,
    share float8, ok boolean, name text, code char(4), day date, at timestamp, moment timestamptz,
    clock time, tags text[], body jsonb, key uuid, feeling mood, "odd ""Na'me" int
);
INSERT INTO kinds VALUES (
    1, 2, 9007199254740993, 1234567890.12, 0.1, 1.125, 0.5, true, 'Köln', 'ab', '2024-02-29',
    '2024-02-29 12:30:00.123456', '2024-02-29 12:30:00+02', '10:15', '{{a,"b c"}}', '{{"k": [1]}}',
    '5f5d4c3e-8f14-4a5f-9c2d-5b1f4a2c7d10', 'good', 7
);
INSERT INTO kinds (id, price, day, moment) VALUES (2, 'NaN', 'infinity', '-infinity');
CREATE TABLE orders AS
    SELECT i AS id, (ARRAY['North', 'South'])[1 + i % 2] AS region, i % 10 AS units
    FROM generate_series(1, {ORDERS}) i;
ANALYZE orders;
CREATE SCHEMA archive;
CREATE TABLE archive.orders AS SELECT 1 AS id;
CREATE VIEW archive.regions AS SELECT DISTINCT region FROM public.orders;
CREATE TABLE secrets (id int);
CREATE ROLE analyst LOGIN PASSWORD '{PASSWORD}';
GRANT USAGE ON SCHEMA archive TO analyst;
GRANT ALL ON kinds, orders, archive.orders, archive.regions TO analyst;
GRANT CREATE ON SCHEMA public TO analyst;
"""


@pytest.fixture(scope="module")
def server() -> Generator[PostgresInstance]:
    with PostgresInstance() as postgres:
        with psycopg.connect(postgres.uri, autocommit=True) as connection:
            connection.execute(SETUP.encode())
        yield postgres


@pytest.fixture
def database(server: PostgresInstance) -> Database:
    return Database(analyst_uri(server), timeout=30)


def analyst_uri(server: PostgresInstance) -> str:
    return f"postgresql://analyst:{ENCODED}@{server.host}:{server.port}/postgres"


def test_what_may_be_read_is_listed_with_columns_and_estimates(database: Database) -> None:
    tables = {str(table): table for table in list_tables(database)}

    assert list(tables) == ["archive.orders", "archive.regions", "public.kinds", "public.orders"]
    assert tables["public.orders"].rows == ORDERS
    assert tables["archive.regions"].rows is None
    assert [(column.name, column.type) for column in tables["public.orders"].columns] == [
        ("id", "integer"),
        ("region", "text"),
        ("units", "integer"),
    ]


def test_types_come_through(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "kinds.parquet"

    result = extract(database, "kinds", target, row_limit=10)

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone='UTC'")
        relation = connection.sql(f"SELECT * FROM '{target}' ORDER BY id")
        described = dict(zip(relation.columns, map(str, relation.types), strict=True))
        full, empty = relation.fetchall()
    assert described == {
        **{"id": "INTEGER", "small": "SMALLINT", "large": "BIGINT", "price": "DECIMAL(12,2)"},
        **{"free": "DOUBLE", "tax": "DECIMAL(10,3)", "share": "DOUBLE", "ok": "BOOLEAN", "name": "VARCHAR"},
        **{"code": "VARCHAR", "day": "DATE", "at": "TIMESTAMP", "moment": "TIMESTAMP WITH TIME ZONE"},
        **{"clock": "TIME", "tags": "VARCHAR", "body": "VARCHAR", "key": "VARCHAR", "feeling": "VARCHAR"},
        "odd \"Na'me": "INTEGER",
    }
    assert full == (
        *(1, 2, 9007199254740993, Decimal("1234567890.12"), 0.1, Decimal("1.125"), 0.5, True, "Köln", "ab"),
        *(date(2024, 2, 29), datetime(2024, 2, 29, 12, 30, 0, 123456)),
        datetime(2024, 2, 29, 10, 30, tzinfo=UTC),
        *(time(10, 15), '{a,"b c"}', '{"k": [1]}', "5f5d4c3e-8f14-4a5f-9c2d-5b1f4a2c7d10", "good", 7),
    )
    assert empty == (2, *[None] * 18)
    assert result.notes == (
        "Numbers without declared digits are doubles, of some 16 digits: free.",
        "Read as text: tags (text[]), body (jsonb), key (uuid), feeling (mood).",
        "An infinite date, if there is one, counts as missing: day, at, moment.",
    )


def test_chosen_columns_and_rows(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "orders.parquet"

    result = extract(
        database,
        "public.orders",
        target,
        row_limit=10_000,
        columns=["UNITS", "id"],
        where="region = North and units >= 8",
    )

    assert (result.columns, result.truncated) == (("units", "id"), False)
    with duckdb.connect() as connection:
        found = connection.sql(f"SELECT units, id FROM '{target}' ORDER BY id").fetchall()
    assert found == [(i % 10, i) for i in range(1, ORDERS + 1) if i % 2 == 0 and i % 10 >= 8]
    assert result.rows == len(found)


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("moment >= 2024-02-29 and moment <= 2024-02-29", 1),
        ("at > 2024-02-29T12:31", 0),
        ("ok = true and price < 2e9", 1),
        ("key = 5f5d4c3e-8f14-4a5f-9c2d-5b1f4a2c7d10 and feeling in (good, unknown)", 1),
        ("name = 'x'' OR 1=1'", 0),
        ("code = ab", 1),
    ],
)
def test_conditions_are_the_kits_own(database: Database, tmp_path: Path, where: str, rows: int) -> None:
    assert extract(database, "kinds", tmp_path / "a.parquet", row_limit=10, where=where).rows == rows


@pytest.mark.parametrize(("limit", "truncated"), [(ORDERS, False), (ORDERS - 1, True), (1, True)])
def test_a_limit_is_kept_and_told(database: Database, tmp_path: Path, limit: int, truncated: bool) -> None:
    target = tmp_path / "orders.parquet"

    result = extract(database, "public.orders", target, row_limit=limit)

    assert (result.rows, result.truncated) == (limit, truncated)
    with duckdb.connect() as connection:
        assert connection.sql(f"SELECT count(*) FROM '{target}'").fetchall() == [(limit,)]


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (
            "nope",
            {},
            r"no table 'nope' that may be read. Its tables: archive\.orders, archive\.regions, public",
        ),
        ("secrets", {}, "no table 'secrets' that may be read"),
        ("orders", {}, r"Several tables are called 'orders': archive\.orders, public\.orders"),
        ("kinds; DROP TABLE kinds", {}, "no table"),
        ("kinds", {"columns": ["nope"]}, "has no column 'nope'. Its columns are: id, small"),
        ("kinds", {"where": "nope = 1"}, "no column 'nope'"),
        ("kinds", {"where": "price = much"}, "holds numbers"),
    ],
)
def test_what_does_not_exist_is_named(
    database: Database, tmp_path: Path, table: str, options: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        extract(database, table, tmp_path / "a.parquet", row_limit=1, **options)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO orders VALUES (0, 'x', 0)",
        "DELETE FROM orders",
        "CREATE TABLE mine (a int)",
        "DROP TABLE orders",
    ],
)
def test_the_server_refuses_to_write(server: PostgresInstance, database: Database, statement: str) -> None:
    with psycopg.connect(analyst_uri(server)) as able:
        able.execute("INSERT INTO orders VALUES (0, 'x', 0)")  # the user may: it is the session that may not
        able.rollback()

    with (
        adbc.connect(_read_only(database)) as connection,
        connection.cursor() as cursor,
        pytest.raises(adbc_driver_manager.Error, match=r"read-only transaction|must be owner"),
    ):
        cursor.execute(statement)


def test_a_uri_can_not_make_its_session_writable(server: PostgresInstance) -> None:
    uri = analyst_uri(server) + "?options=-c%20default_transaction_read_only%3Doff"

    with adbc.connect(_read_only(Database(uri, 30))) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('default_transaction_read_only')")
        assert cursor.fetchall() == [("on",)]


def test_a_view_that_takes_too_long_is_stopped(server: PostgresInstance, tmp_path: Path) -> None:
    server.execute("CREATE VIEW archive.slow AS SELECT pg_sleep(600)::text AS nap")
    server.execute("GRANT SELECT ON archive.slow TO analyst")
    try:
        with pytest.raises(ValueError, match=r"no answer within 0\.5 s.*ANALYTICS_DATABASE_TIMEOUT_SECONDS"):
            extract(Database(analyst_uri(server), 0.5), "slow", tmp_path / "a.parquet", row_limit=1)
    finally:
        server.execute("DROP VIEW archive.slow")


def test_no_error_tells_the_password(server: PostgresInstance, database: Database) -> None:
    place = f"{server.host}:{server.port}"
    wrong = {
        f"postgresql://nobody:{ENCODED}@{place}/postgres": "its user does not exist",
        f"postgresql://analyst:{ENCODED}@{place}/nothing": "no database of that name",
        f"postgresql://analyst:{ENCODED}@{server.host}:1/postgres": "nothing listens",
        f"postgresql://analyst:{ENCODED}@no-host.invalid/postgres": "its host is unknown",
        f"postgresql://analyst:{PASSWORD}@{place}/postgres": "can't be reached",
        f"postgresql://analyst:{ENCODED}@{server.host}:12ab/postgres": "can't be reached",
        f"mysql://analyst:{ENCODED}@{place}/postgres": "no URI of a PostgreSQL database",
    }
    for uri, message in wrong.items():
        with pytest.raises(ValueError, match=message) as caught:
            list_tables(Database(uri, 30))
        shown = f"{caught.value}{caught.value.__cause__}{Database(uri, 30)}"
        assert not any(part in shown for part in (PASSWORD, ENCODED, "s3cr3t", "@word"))
    assert "s3cr3t" not in repr(database)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


@pytest.mark.usefixtures("environment")
async def test_in_plain_words_a_table_becomes_a_file_that_other_tools_use(
    server: PostgresInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANALYTICS_DATABASE_URI", analyst_uri(server))
    forget_settings()
    talk = Conversation(graph)

    listed = await talk.ask("Which tables are in the database?")
    loaded = await talk.ask("Load the table kinds from the database.")
    again = await talk.ask("Load table public.orders from the database.")
    few = await talk.ask("Load table public.orders from the database where region = North.")
    fewer = await talk.ask("Load table public.orders from the database where region = North and units >= 8.")
    counted = await talk.ask("Total units by region in orders.parquet.")

    assert "public.orders" in listed.text
    assert "5,000" in listed.text
    assert "kinds.parquet" in loaded.text
    assert f"{ORDERS:,} rows" in again.text
    assert "2,500 rows" in few.text
    assert "500 rows" in fewer.text
    assert "2,500 rows" not in fewer.text
    totals = {
        region: sum(i % 10 for i in range(1, ORDERS + 1) if i % 2 == odd)
        for region, odd in (("North", 0), ("South", 1))
    }
    assert all(f"{total:,}" in counted.text for total in totals.values())
    assert PASSWORD not in listed.text + loaded.text


@pytest.mark.usefixtures("environment")
async def test_without_the_setting_it_says_what_to_do() -> None:
    reply = await Conversation(graph).ask("Which tables are in the database?")

    assert "ANALYTICS_DATABASE_URI" in reply.text
    assert "ANALYTICS_DATABASE_URI" not in os.environ
