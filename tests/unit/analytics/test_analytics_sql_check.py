"""Statements that attack, and statements that analysts write: the first are all refused, the second all run.

The check with sqlglot is taken away for the same attacks, too: the sandbox behind it must hold alone.
"""

import time
from pathlib import Path

import pandas as pd
import pytest
from sqlglot import exp

import graphs.analytics
from graphs.analytics.tables import sql_check
from graphs.analytics.tables.sql import ROW_LIMIT, run_query

SALES = Path(graphs.analytics.__file__).parent / "samples" / "sales.csv"
SECRET = "only-for-the-operator"

ATTACKS = {
    "several": [
        "SELECT 1; DROP TABLE sales",
        "SELECT 1;/* */DELETE FROM sales",
        "SELECT 1 -- ;\n; DROP TABLE sales",
        "EXPLAIN SELECT 1; DROP TABLE sales",
        "PIVOT sales ON region USING sum(units)",
        "BEGIN; DELETE FROM sales; COMMIT",
    ],
    "changes": [
        "DELETE FROM sales",
        "TRUNCATE sales",
        "UPDATE sales SET units = 0",
        "INSERT INTO sales SELECT * FROM sales",
        "MERGE INTO sales USING sales s ON true WHEN MATCHED THEN DELETE",
        "DROP/**/TABLE/**/sales",
        "dRoP tAbLe sales",
        "CREATE OR REPLACE TABLE sales AS SELECT 1",
        "CREATE TEMP VIEW v AS SELECT * FROM read_text('{file}')",
        "CREATE MACRO f(x) AS x",
        "CREATE SECRET s (TYPE http)",
        "ALTER TABLE sales DROP COLUMN units",
        "COMMENT ON TABLE sales IS 'x'",
        "WITH x AS (INSERT INTO sales SELECT * FROM sales RETURNING *) SELECT * FROM x",
        "WITH x AS (UPDATE sales SET units = 0 RETURNING *) SELECT * FROM x",
        "WITH a AS (SELECT 1), b AS (DELETE FROM sales RETURNING *) SELECT * FROM a",
        "SELECT * FROM (WITH x AS (DELETE FROM sales RETURNING *) SELECT * FROM x)",
        "SELECT (WITH x AS (DELETE FROM sales RETURNING units) SELECT sum(units) FROM x)",
        "EXPLAIN ANALYZE DELETE FROM sales",
        "EXPLAIN (ANALYZE) DELETE FROM sales",
        "EXPLAIN /* x */ ANALYZE CREATE TABLE t AS SELECT 1",
        "SELECT * INTO copied FROM sales",
        "PREPARE p AS DELETE FROM sales",
        "EXECUTE p",
    ],
    "files": [
        "SELECT * FROM read_text('{file}')",
        "FROM read_csv('{file}')",
        "FROM main.read_text('{file}')",
        "SELECT * FROM system.main.read_text('{file}')",
        "SELECT * FROM \"read_text\"('{file}')",
        "SELECT * FROM READ_TEXT /* x */ ('{file}')",
        "SELECT * FROM sales, read_blob('{file}')",
        "SELECT * FROM sales JOIN LATERAL (SELECT * FROM read_text('{file}')) ON true",
        "SELECT * FROM sales WHERE product = (SELECT content FROM read_text('{file}'))",
        "SELECT (SELECT (SELECT (SELECT content FROM read_text('{file}'))))",
        "SELECT 1 UNION ALL SELECT count(*) FROM read_text('{file}')",
        "WITH x AS (SELECT * FROM read_text('{file}')) SELECT * FROM x",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r, read_text('{file}')) FROM r",
        "SELECT * FROM sales ORDER BY (SELECT size FROM read_text('{file}'))",
        "SELECT * FROM sales LIMIT (SELECT size FROM read_text('{file}'))",
        "SELECT list_transform([1], lambda x: (SELECT content FROM read_text('{file}')))",
        "PIVOT read_csv('{file}') ON a IN ('x') USING count(*)",
        "PIVOT '{file}' ON a IN ('x') USING count(*)",
        "UNPIVOT '{file}' ON a INTO NAME n VALUE v",
        "SELECT * FROM '{file}'",
        'SELECT * FROM "{file}"',
        "FROM '{file}'",
        "TABLE '{file}'",
        "DESCRIBE '{file}'",
        "SUMMARIZE '{file}'",
        "DESCRIBE SELECT * FROM '{file}'",
        "EXPLAIN ANALYZE SELECT * FROM '{file}'",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM sniff_csv('{file}')",
        "SELECT * FROM parquet_scan('{file}')",
        "SELECT * FROM parquet_metadata('{file}')",
        "SELECT * FROM read_json_auto('{file}')",
        "SELECT * FROM read_duckdb('{file}')",
        "SELECT * FROM query('FROM read_text(''{file}'')')",
        "SELECT * FROM query_table('{file}')",
        "SELECT * FROM query_table(['{file}'])",
        "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('FROM read_text(''{file}'')'))",
        "SELECT * FROM\u00a0read_text('{file}')",
        "SELECT\u2003*\u2003FROM read_text('{file}')",
        "SELECT * FROM re\u0430d_text('{file}')",
        "SELECT * FROM \uff52ead_text('{file}')",
        "SELECT * FROM read_text\u200b('{file}')",
        "\ufeffSELECT * FROM read_text('{file}')",
        "SELECT * FROM read_text($${file}$$)",
        "SELECT * FROM read_text(E'{file}')",
        "COPY sales TO '{folder}/out.csv'",
        "COPY (SELECT * FROM sales) TO '{folder}/out.parquet'",
        "COPY sales FROM '{file}'",
        "EXPLAIN ANALYZE COPY sales TO '{folder}/out.csv'",
        "EXPORT DATABASE '{folder}/out'",
        "IMPORT DATABASE '{folder}'",
        "ATTACH '{folder}/out.db'",
        "WITH x AS (COPY sales TO '{folder}/out.csv') SELECT 1",
    ],
    "network": [
        "SELECT * FROM 'https://example.org/x.csv'",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
        "ATTACH 'https://example.org/x.db' AS x (READ_ONLY)",
        "ATTACH 'postgres:dbname=postgres' AS p (TYPE postgres)",
        "INSTALL httpfs",
        "LOAD httpfs",
        "FORCE INSTALL httpfs FROM community",
    ],
    "settings": [
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "PRAGMA enable_profiling",
        "CALL enable_logging()",
        "USE memory",
        "CHECKPOINT",
        "SET VARIABLE x = 1",
        "SELECT * FROM enable_logging(storage='file', storage_path='{folder}/log')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_settings",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM duckdb_extensions()",
        "SELECT * FROM pragma_database_list",
        "SELECT * FROM pragma_table_info('sales')",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM system.information_schema.columns",
        "SELECT * FROM pg_catalog.pg_settings",
        "SELECT * FROM sqlite_master",
        "SELECT current_setting('home_directory')",
        "SELECT getenv('HOME')",
        "SELECT main.getenv('HOME')",
        "SELECT getvariable('x')",
        "SELECT write_log('x')",
    ],
}
ADDRESSES = [
    "SELECT * FROM pandas_scan(1)",
    "SELECT * FROM arrow_scan(1, 1, 1)",
    "SELECT * FROM python_map_function(1)",
    "SELECT * FROM seq_scan(1)",
]
"""An address in memory as an argument: without the check these could end the process, so they have it."""

LEGITIMATE = """
FROM sales
FROM sales SELECT count(*)
TABLE sales
VALUES (1)
DESCRIBE sales
DESCRIBE SELECT * FROM sales
SUMMARIZE sales
SHOW TABLES
SELECT 1;
EXPLAIN SELECT * FROM sales
EXPLAIN ANALYZE SELECT * FROM sales
EXPLAIN (FORMAT json) SELECT * FROM sales
SELECT * FROM main.sales
SELECT memory.main.sales.region FROM memory.main.sales
SELECT SALES.Region FROM Sales
SELECT "region" AS "the region" FROM "sales"
SELECT sales FROM sales LIMIT 1
SELECT s.d, s.r FROM sales AS s (d, r)
SELECT rowid, s.rowid FROM sales s
SELECT x: units, y: region FROM sales
SELECT units AS u, u * 2 AS twice FROM sales WHERE twice > 20 ORDER BY u
SELECT * EXCLUDE (unit_price_usd) FROM sales
SELECT * REPLACE (upper(region) AS region) FROM sales
SELECT * RENAME (region AS area) FROM sales
SELECT s.* FROM sales s
SELECT COLUMNS('.*_usd') FROM sales
SELECT min(COLUMNS(*)) FROM sales
SELECT COLUMNS(lambda c: c LIKE '%usd') FROM sales
SELECT region, year(date) AS y, sum(units) FROM sales GROUP BY ALL ORDER BY ALL
SELECT region, product, sum(units), grouping(region) FROM sales GROUP BY ROLLUP (region, product)
SELECT region, product, sum(units) FROM sales GROUP BY GROUPING SETS ((region), (product), ())
SELECT region, product, sum(units) FROM sales GROUP BY CUBE (region, product)
SELECT region, sum(units) FILTER (WHERE units > 10) AS many FROM sales GROUP BY region HAVING many > 5
SELECT CASE WHEN units > 10 THEN 'many' ELSE 'few' END AS how_many, count(*) FROM sales GROUP BY how_many
SELECT row_number() OVER (PARTITION BY region ORDER BY units DESC) AS r FROM sales QUALIFY r <= 3
SELECT sum(units) OVER w, lag(units) OVER w FROM sales WINDOW w AS (ORDER BY date ROWS 3 PRECEDING)
SELECT percent_rank() OVER (ORDER BY units), ntile(4) OVER (ORDER BY units) FROM sales
SELECT region, round(100.0 * sum(units) / sum(sum(units)) OVER (), 1) AS share FROM sales GROUP BY region
PIVOT sales ON region IN ('North', 'South') USING sum(units)
PIVOT sales ON region IN ('North', 'South') USING sum(units) AS u, avg(units) AS m GROUP BY product
SELECT North_u FROM (PIVOT sales ON region IN ('North') USING sum(units) AS u, avg(units) AS m)
SELECT * FROM sales PIVOT (sum(units) FOR region IN ('North', 'South') GROUP BY product)
UNPIVOT (SELECT units, unit_price_usd FROM sales) ON units, unit_price_usd INTO NAME n VALUE v
SELECT n, v FROM (UNPIVOT (SELECT units, revenue_usd FROM sales) ON units, revenue_usd INTO NAME n VALUE v)
SELECT list_transform(list(units), lambda x: x + 1) FROM sales
SELECT list_reduce([1, 2], lambda a, b: a + b), list_filter([1, 2], lambda x: x > 1), [1, 2][1:2]
SELECT [u * 2 FOR u IN list(units) IF u > 10] FROM sales
SELECT {'a': units, 'b': region} AS s, s['b'] FROM sales
SELECT t.s.a FROM (SELECT {'a': units} AS s FROM sales) t
SELECT MAP {'a': 1}['a'], map_from_entries([('k', 1)]), struct_pack(a := 1), row(1, 2)
SELECT unnest([1, 2, 3]) AS n, unnest({'a': 1})
SELECT s.region, u.x FROM sales s, unnest([s.units, 1]) AS u(x)
SELECT n + 1 FROM range(10) r(n)
SELECT m FROM generate_series(DATE '2024-01-01', DATE '2024-12-01', INTERVAL 1 MONTH) t(m)
SELECT v FROM sales, LATERAL (SELECT sales.units + 1 AS v)
SELECT n, l FROM (VALUES (1, 'a'), (2, 'b')) v(n, l)
SELECT date_trunc('month', date) AS m, sum(units) FROM sales GROUP BY 1
SELECT date_part('dow', date), extract(year FROM date), monthname(date), strftime(date, '%Y-%m') FROM sales
SELECT date + INTERVAL 3 DAYS, date - INTERVAL '1 month', date_diff('day', date, DATE '2026-01-01') FROM sales
SELECT make_date(2024, 1, 1), strptime('2024', '%Y'), time_bucket(INTERVAL '2 weeks', date) FROM sales
SELECT regexp_extract(product, '\\w+'), regexp_replace(region, 'o', 'u', 'g') FROM sales WHERE region ~ 'N'
SELECT * FROM sales WHERE product SIMILAR TO 'T.*' OR region ILIKE 'n%' OR region GLOB 'N*'
SELECT format('{} sold {}', region, units), region || '-' || product, string_split(product, ' ') FROM sales
SELECT coalesce(region, 'none'), nullif(units, 0), greatest(units, 5), if(units > 5, 1, 0) FROM sales
SELECT units::DOUBLE / 3, units // 3, units % 3, units ** 2, TRY_CAST(region AS INTEGER) FROM sales
SELECT quantile_cont(units, [0.25, 0.75]), median(units), mode(region), arg_max(product, units) FROM sales
SELECT stddev(units), corr(units, revenue_usd), regr_slope(revenue_usd, units), histogram(units) FROM sales
SELECT string_agg(DISTINCT region, ', ' ORDER BY region), list(units ORDER BY date)[1:3] FROM sales
SELECT DISTINCT ON (region) * FROM sales ORDER BY region, units DESC NULLS LAST
SELECT * FROM sales ORDER BY units DESC LIMIT 10 OFFSET 5
SELECT * FROM sales LIMIT 10%
SELECT * FROM sales USING SAMPLE 10 ROWS
SELECT * FROM sales WHERE units > (SELECT avg(units) FROM sales)
SELECT * FROM sales s WHERE EXISTS (SELECT 1 FROM sales t WHERE t.region = s.region AND t.units > s.units)
SELECT * FROM sales WHERE units = ANY(SELECT 5) OR (region, product) IN (SELECT (region, product) FROM sales)
SELECT region FROM sales UNION SELECT product FROM sales EXCEPT SELECT 'North'
SELECT region FROM sales UNION ALL BY NAME SELECT region, product FROM sales
SELECT region FROM sales INTERSECT SELECT region FROM sales
WITH s AS (SELECT region AS area, units FROM sales) SELECT area, s.units FROM s JOIN sales ON area = region
WITH sales AS (SELECT region AS area FROM sales) SELECT sales.area FROM sales
WITH s(a, b) AS (SELECT region, units FROM sales) SELECT a, sum(b) FROM s GROUP BY a
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT n FROM t
WITH a AS MATERIALIZED (SELECT * FROM sales) SELECT a.units FROM a ASOF JOIN sales USING (date)
SELECT a.units FROM sales a SEMI JOIN sales b USING (region)
SELECT a.units FROM sales a POSITIONAL JOIN sales b
SELECT 'read_csv(''x'')' AS text, "units" AS "read_text" FROM sales -- DROP TABLE sales; SELECT getenv('HOME')
SELECT $$it's; DROP TABLE sales$$, E'a\\nb' /* ; DELETE FROM sales */
""".strip().splitlines()


def attack(statement: str, folder: Path) -> str:
    return statement.replace("{file}", str(folder / "secret.csv")).replace("{folder}", str(folder))


def outcome(statement: str, sales: pd.DataFrame) -> tuple[bool, str]:
    """Whether it is refused, and what is said or yielded."""
    try:
        return False, str(run_query(statement, {"sales": sales}).rows)
    except ValueError as error:
        return True, str(error)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.csv").write_text(f"a\n{SECRET}\n")
    return tmp_path


@pytest.fixture(scope="module")
def sales() -> pd.DataFrame:
    return pd.read_csv(SALES, parse_dates=["date"])


@pytest.mark.parametrize("statement", [each for group in ATTACKS.values() for each in group] + ADDRESSES)
def test_attack_is_refused_before_a_table_is_read(statement: str, folder: Path) -> None:
    # the table is not there: whatever got as far as reading it would say that
    with pytest.raises(ValueError, match=r"^(?!There is no file)"):
        run_query(attack(statement, folder), {"sales": folder / "sales.csv"})

    assert [path.name for path in folder.iterdir()] == ["secret.csv"]


@pytest.mark.parametrize("kind", ATTACKS)
def test_the_sandbox_holds_without_the_check(
    kind: str, folder: Path, sales: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_check, "read_statement", lambda _: exp.select("1"))
    before = sales.copy()
    outcomes = {each: outcome(attack(each, folder), sales) for each in ATTACKS[kind]}

    assert SECRET not in str(outcomes)
    # what DuckDB tells of itself is not of the session, and harmless
    assert kind == "settings" or all(refused for refused, _ in outcomes.values()), outcomes
    pd.testing.assert_frame_equal(sales, before)
    assert [path.name for path in folder.iterdir()] == ["secret.csv"]


@pytest.mark.parametrize("statement", LEGITIMATE)
def test_what_analysts_write_runs(statement: str, sales: pd.DataFrame) -> None:
    assert run_query(statement, {"sales": sales}).columns


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT revenu_usd FROM sales", "no column 'revenu_usd'. Did you mean 'revenue_usd'"),
        ("SELECT s.regoin FROM sales s", "no column 'regoin'. Did you mean 'region'?"),
        ("SELECT Regoin FROM sales", "no column 'Regoin'. Did you mean 'region'?"),
        (
            "SELECT 1 FROM sales WHERE EXISTS (SELECT profit FROM sales)",
            "no column 'profit'. Columns that",
        ),
        ("SELECT s.units FROM sales s JOIN shops t ON s.region = t.units", "no column 'units'"),
        ("WITH x AS (SELECT units FROM sales) SELECT unit FROM x", "no column 'unit'. Did you mean 'units'"),
        ("PIVOT sales ON regoin IN ('North') USING sum(units)", "no column 'regoin'. Did you mean 'region'"),
        ("SELECT * FROM sale", "no table 'sale'. Did you mean 'sales'? The tables are: 'sales', 'shops'."),
        ("SELECT * FROM sales JOIN shop USING (region)", "no table 'shop'. Did you mean 'shops'?"),
        ("SELECT * FROM other.sales", "no table 'other.sales'"),
        ("SELECT * FROM 'sales.csv'", "no table 'sales.csv'. Did you mean 'sales'?"),
    ],
)
def test_unknown_names_are_told_with_close_ones(statement: str, said: str, sales: pd.DataFrame) -> None:
    shops = pd.DataFrame({"region": ["North"], "staff": [3]})
    with pytest.raises(ValueError, match=r"There is no (column|table)") as caught:
        run_query(statement, {"sales": sales, "shops": shops})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT " + "(" * 4000 + "1" + ")" * 4000, "nested too deeply|can't be run"),
        ("SELECT 1 -- " + "x" * 60_000, "The query has 60,012 characters; it may have 50,000"),
        ("SELECT * FROM sales FORTUNATELY NOT SQL", "can't be run: Parser Error"),
        # what DuckDB takes and sqlglot can't read
        ("SELECT 5!", r"has syntax at line 1, column 9 that can't be checked here, so it is not run"),
        (
            "PIVOT sales ON region IN ('North') USING sum(units) ORDER BY product",
            r"SELECT \* FROM \(PIVOT …\) ORDER BY",
        ),
    ],
)
def test_text_that_is_no_query_is_refused(statement: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        run_query(statement, {"sales": SALES})


def test_cross_join_that_would_take_days_is_stopped(sales: pd.DataFrame) -> None:
    start = time.monotonic()
    with pytest.raises(ValueError, match=r"stopped after 0\.5 s"):
        run_query(
            "SELECT count(a.units * b.units * c.units * d.units * e.units) FROM sales a, sales b, "
            "sales c, sales d, sales e WHERE a.units + b.units + c.units < d.units - e.units",
            {"sales": sales},
            time_limit=0.5,
        )
    assert time.monotonic() - start < 30


def test_rows_beyond_the_limit_are_counted_but_not_kept() -> None:
    result = run_query("SELECT * FROM range(1234567)", {})
    assert (len(result.rows), result.total_rows) == (ROW_LIMIT, 1_234_567)


@pytest.mark.parametrize(
    "value", ["current_setting('temp_directory')", "(SELECT max(sql) FROM duckdb_views())"]
)
def test_what_is_a_comment_to_jinja_only_is_checked(value: str, sales: pd.DataFrame) -> None:
    # to sqlglot, in any dialect, {# … #} is a comment; DuckDB runs what is in it
    hidden = f"SELECT MAP {{#1: {value}}} = MAP --#}}\n {{'a': 'b'}} FROM sales"

    with pytest.raises(ValueError, match="is not allowed"):
        run_query(hidden, {"sales": sales})


def test_refusals_leave_the_log_alone(sales: pd.DataFrame, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match="Only reading"):
        run_query("SHOW sales", {"sales": sales})

    assert not caplog.records
