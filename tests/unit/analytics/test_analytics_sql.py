import threading
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphs.analytics
from graphs.analytics.tables.sql import run_query
from graphs.analytics.tables.statements import Filter, aggregate_sql
from graphs.kit.tables.load import Column, TableFile, TableInfo, describe_table

SALES = Path(graphs.analytics.__file__).parent / "samples" / "sales.csv"


@pytest.fixture(scope="module")
def sales():
    return describe_table("sales", SALES)


def query(sql, **options):
    return run_query(sql, {"sales": SALES}, **options)


def aggregate(table, *arguments, **options):
    return run_query(aggregate_sql(table, *arguments, **options), {"sales": SALES})


def test_rows_and_columns_come_back_as_python_values():
    result = query(
        "SELECT date, product, units, revenue_usd, NULL AS nothing FROM sales ORDER BY date, units LIMIT 1"
    )

    assert result.columns == ("date", "product", "units", "revenue_usd", "nothing")
    first = pd.read_csv(SALES).sort_values(["date", "units"]).iloc[0]
    assert result.rows == (
        (date.fromisoformat(first.date), first["product"], first.units, first.revenue_usd, None),
    )
    assert (result.total_rows, result.truncated) == (1, False)


@pytest.mark.parametrize(("limit", "kept"), [(1, 1), (7, 7), (299, 299), (300, 300), (1000, 300)])
def test_row_limit_is_reported_never_silent(limit, kept):
    result = query("SELECT * FROM sales", row_limit=limit)

    assert len(result.rows) == kept
    assert result.total_rows == 300
    assert result.truncated == (kept < 300)


def test_default_limit_is_a_thousand_rows_and_the_total_is_exact():
    result = run_query("SELECT * FROM range(123457)", {})

    assert (len(result.rows), result.total_rows, result.truncated) == (1000, 123_457, True)


def test_tables_join_whatever_they_were_loaded_from(tmp_path):
    parquet = tmp_path / "targets.parquet"
    pd.DataFrame({"region": ["North", "South"], "target": [1, 2]}).to_parquet(parquet)
    book = tmp_path / "book.xlsx"
    pd.DataFrame({"region": ["North"], "boss": ["Ann"]}).to_excel(book, sheet_name="who", index=False)

    result = run_query(
        "SELECT DISTINCT s.region, target, boss, area FROM sales s JOIN targets USING (region) "
        'JOIN "who is who" USING (region) JOIN areas USING (region)',
        {
            "sales": SALES,
            "targets": parquet,
            "who is who": TableFile(book, sheet="who"),
            "areas": pd.DataFrame({"region": ["North"], "area": [5]}),
        },
    )

    assert result.rows == (("North", 1, "Ann", 5),)


@pytest.mark.parametrize(
    "sql",
    [
        "FROM sales SELECT count(*)",
        "WITH s AS (SELECT * FROM sales) SELECT count(*) FROM s; -- the end",
        "DESCRIBE sales",
        "SUMMARIZE sales",
        "SHOW TABLES",
        "VALUES (1)",
        "EXPLAIN SELECT * FROM sales",
        "EXPLAIN ANALYZE SELECT * FROM sales",
        "PIVOT sales ON region IN ('North', 'South') USING sum(units)",
    ],
)
def test_statements_that_read_are_allowed(sql):
    assert query(sql).total_rows > 0


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("", "exactly one SQL statement; this text holds 0"),
        ("-- nothing", "exactly one SQL statement; this text holds 0"),
        ("SELECT 1; SELECT 2", "exactly one SQL statement; this text holds 2"),
        ("INSERT INTO sales SELECT * FROM sales", "not INSERT"),
        ("UPDATE sales SET units = 0", "not UPDATE"),
        ("DELETE FROM sales", "not DELETE"),
        ("DROP TABLE sales", "not DROP"),
        ("CREATE TABLE x AS SELECT 1", "not CREATE"),
        ("ALTER TABLE sales ADD x INT", "not ALTER"),
        ("ATTACH 'x.db'", "not ATTACH"),
        ("COPY sales TO 'x.csv'", "not COPY"),
        ("EXPORT DATABASE 'x'", "not EXPORT"),
        ("INSTALL httpfs", "not LOAD"),
        ("LOAD httpfs", "not LOAD"),
        ("SET threads = 1", "not SET"),
        ("RESET enable_external_access", "not SET"),
        ("PRAGMA enable_profiling", "not PRAGMA"),
        ("CALL enable_logging()", "not CALL"),
        ("PREPARE p AS SELECT 1", "not PREPARE"),
        ("BEGIN", "not TRANSACTION"),
        ("PIVOT sales ON region USING sum(units)", r"PIVOT … ON column IN \(…\)"),
        # Statements that pass for reading and aren't.
        ("WITH x AS (INSERT INTO sales SELECT * FROM sales RETURNING *) SELECT * FROM x", "not INSERT"),
        ("WITH x AS (DELETE FROM sales RETURNING *) SELECT * FROM x", "not DELETE"),
        ("EXPLAIN ANALYZE INSERT INTO sales SELECT * FROM sales", "not INSERT"),
        ("EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1", "not CREATE"),
        ("SELECT * FROM query('DROP TABLE sales')", "function query is not allowed"),
        ("SELECT * FROM enable_logging(storage='file', storage_path='log')", "enable_logging is not allowed"),
    ],
)
def test_everything_else_is_refused(sql, message):
    with pytest.raises(ValueError, match=message):
        query(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM read_blob('{file}')",
        "SELECT * FROM read_parquet('{file}')",
        "SELECT * FROM read_json('{file}')",
        "SELECT * FROM read_duckdb('{file}')",
        "SELECT * FROM sniff_csv('{file}')",
        "SELECT * FROM parquet_metadata('{file}')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM query('SELECT * FROM read_text(''{file}'')')",
        "SELECT * FROM query_table('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM 'https://example.org/x.csv'",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
        "EXPLAIN ANALYZE COPY sales TO '{folder}/written.csv'",
        "SELECT * FROM duckdb_secrets()",
    ],
)
def test_no_other_file_and_no_network_is_reached(sql, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\ntop secret\n")

    with pytest.raises(ValueError, match=r"may read the given tables only|no table|not COPY") as caught:
        query(sql.format(file=secret, folder=tmp_path))

    assert "top secret" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_the_working_directory_and_python_variables_are_out_of_reach(tmp_path, monkeypatch):
    # DuckDB lets SQL read its directory for temporary files even without external access: there must be none.
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".tmp").mkdir()
    (tmp_path / ".tmp" / "x.csv").write_text("a\n1\n")
    frame = pd.DataFrame({"a": [1]})

    with pytest.raises(ValueError, match="may read the given tables only"):
        query("SELECT * FROM read_csv('.tmp/x.csv')")
    with pytest.raises(ValueError, match="There is no table 'frame'"):
        query("SELECT * FROM frame")
    assert len(frame) == 1


def test_a_query_leaves_its_sources_as_they_were():
    frame = pd.DataFrame({"a": [1, 2]})
    before = SALES.read_bytes()

    with pytest.raises(ValueError, match="Only reading is allowed"):
        run_query("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", {"t": frame, "sales": SALES})

    assert frame["a"].tolist() == [1, 2]
    assert SALES.read_bytes() == before


@pytest.mark.parametrize(
    "sql",
    ["SELECT profit FROM sales", "SELECT s.profit FROM sales s", "SELECT units FROM sales ORDER BY profit"],
)
def test_an_unknown_column_is_named_with_those_that_exist(sql):
    with pytest.raises(
        ValueError, match=r"no column 'profit'. .*'sales' has 'date', 'region', 'product', 'units'"
    ):
        query(sql)


def test_an_unknown_table_is_named_with_those_that_exist():
    with pytest.raises(ValueError, match=r"no table 'sale'\. Did you mean 'sales'\? The tables are: 'sales'"):
        query("SELECT * FROM sale")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELEC 1", "syntax error"),
        ("SELECT sum(region) FROM sales", r"sum\(VARCHAR\)"),
        ("SELECT * FROM sales WHERE date > 'yesterday'", "yesterday"),
        ("SELECT * FROM sales WHERE units = $1", "parameters"),
    ],
)
def test_other_faults_keep_the_first_line_of_the_reason(sql, message):
    with pytest.raises(ValueError, match=message) as caught:
        query(sql)
    assert "\n" not in str(caught.value)


def test_a_query_is_stopped_at_its_time_limit():
    start = time.monotonic()

    with pytest.raises(ValueError, match=r"stopped after 0\.3 s"):
        query("SELECT count(*) FROM range(1000000000000) a, range(10) b", time_limit=0.3)

    assert time.monotonic() - start < 10
    assert not [thread for thread in threading.enumerate() if thread.name == "sql-time-limit"]


def test_a_query_that_wants_too_much_memory_is_explained():
    with pytest.raises(ValueError, match=r"more than the .* of memory"):
        query("SELECT list(a.range) FROM range(400000000) a")


def test_bad_sources_and_limits_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"There is no file gone\.csv"):
        run_query("SELECT 1", {"t": tmp_path / "gone.csv"})
    with pytest.raises(ValueError, match="row limit must be at least 1, not 0"):
        query("SELECT 1", row_limit=0)


def test_a_result_becomes_a_frame_with_types_for_a_chart():
    frame = query("SELECT date, region, units, revenue_usd::DECIMAL(9, 2) AS r FROM sales").frame()

    assert [str(kind) for kind in frame.dtypes][:3] == ["datetime64[us]", "object", "int64"]
    assert frame["r"].dtype == float
    assert query("SELECT date, units FROM sales WHERE units < 0").frame().columns.tolist() == [
        "date",
        "units",
    ]


# The figures of the sample were summed once with Python's decimal module.
REVENUE = {"North": 279854.69, "West": 205089.19, "South": 180246.94, "East": 158547.24}


def test_sum_by_group_comes_largest_first(sales):
    result = aggregate(sales, "sum", "revenue_usd", by=["region"])

    assert result.columns == ("region", "sum_revenue_usd")
    assert result.rows == tuple(REVENUE.items())


@pytest.mark.parametrize(
    ("statistic", "method"),
    [("mean", "mean"), ("median", "median"), ("min", "min"), ("max", "max"), ("sd", "std")],
)
def test_statistics_agree_with_pandas(sales, statistic, method):
    result = aggregate(sales, statistic, "units", by=["product"])

    expected = getattr(pd.read_csv(SALES).groupby("product")["units"], method)()
    assert dict(result.rows) == pytest.approx(expected.to_dict())
    assert [row[1] for row in result.rows] == sorted((row[1] for row in result.rows), reverse=True)


def test_count_takes_rows_or_present_values(sales):
    assert aggregate(sales, "count").rows == ((300,),)
    assert aggregate(sales, "count", "region").columns == ("count_region",)
    info = describe_table("t", pd.DataFrame({"a": [1, None, 3]}))
    sql = aggregate_sql(info, "count", "a")
    assert run_query(sql, {"t": pd.DataFrame({"a": [1, None, 3]})}).rows == ((2,),)


def test_top_and_bottom(sales):
    top = aggregate(sales, "sum", "revenue_usd", by=["region"], top=2)
    bottom = aggregate(sales, "sum", "revenue_usd", by=["REGION"], top=1, smallest=True)

    assert [row[0] for row in top.rows] == ["North", "West"]
    assert bottom.rows == (("East", REVENUE["East"]),)


@pytest.mark.parametrize(("bucket", "periods"), [("month", 24), ("quarter", 8), ("year", 2)])
def test_time_buckets_come_in_order_and_lose_nothing(sales, bucket, periods):
    result = aggregate(sales, "sum", "revenue_usd", time_column="date", bucket=bucket)

    assert result.columns == (f"date_{bucket}", "sum_revenue_usd")
    starts = [row[0] for row in result.rows]
    assert starts == sorted(starts)
    assert len(starts) == periods
    assert starts[0] == date(2024, 1, 1)
    assert sum(row[1] for row in result.rows) == pytest.approx(sum(REVENUE.values()))


def test_filters_narrow_the_rows(sales):
    def count(*filters):
        return aggregate(sales, "count", filters=filters).rows[0][0]

    frame = pd.read_csv(SALES)
    assert count(Filter("region", "=", "North")) == (frame.region == "North").sum()
    assert count(Filter("region", "not in", ["North", "West"])) == frame.region.isin(["South", "East"]).sum()
    assert (
        count(Filter("Units", ">=", 30), Filter("region", "in", ("East",)))
        == ((frame.units >= 30) & (frame.region == "East")).sum()
    )
    assert count(Filter("units", "<", "12.5")) == (frame.units < 12.5).sum()
    in_2025 = (Filter("date", ">=", date(2025, 1, 1)), Filter("date", "<=", "2025-12-31"))
    assert count(*in_2025) == (frame.date >= "2025").sum()
    assert count(Filter("product", "=", "x' OR '1'='1")) == 0


def test_a_day_in_a_filter_means_the_whole_day():
    frame = pd.DataFrame({"t": [datetime(2024, 12, 31, 18), datetime(2025, 1, 1)], "ok": [True, False]})
    info = describe_table("t", frame)

    def count(*filters):
        return run_query(aggregate_sql(info, "count", filters=filters), {"t": frame}).rows[0][0]

    assert count(Filter("t", "<=", "2024-12-31")) == 1
    assert count(Filter("t", "=", "2024-12-31")) == 1
    assert count(Filter("t", "<=", "2024-12-31T12:00")) == 0
    assert count(Filter("ok", "=", "True")) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"statistic": "mode", "measure": "units"}, "no statistic 'mode'. Choose one of sum, mean"),
        ({"statistic": "sum"}, "'sum' needs a column"),
        ({"statistic": "sum", "measure": "profit"}, "no column 'profit'. Its columns are: 'date', 'region'"),
        (
            {"statistic": "mean", "measure": "region"},
            "needs numbers, and 'region' holds VARCHAR. .* 'units', 'unit_price_usd', 'revenue_usd'",
        ),
        ({"statistic": "count", "by": ["shop"]}, "no column 'shop'"),
        ({"statistic": "count", "bucket": "month"}, "needs a date column"),
        ({"statistic": "count", "time_column": "date"}, "one of day, week, month, quarter, year"),
        (
            {"statistic": "count", "time_column": "date", "bucket": "decade"},
            "one of day, week, month, quarter, year",
        ),
        (
            {"statistic": "count", "time_column": "units", "bucket": "month"},
            "not dates. Date columns .*: 'date'",
        ),
        ({"statistic": "count", "by": ["region"], "top": 0}, "at least 1, not 0"),
        ({"statistic": "count", "filters": [Filter("units", cast(Any, "~"), 1)]}, "no operator '~'"),
        ({"statistic": "count", "filters": [Filter("units", ">", "many")]}, "'units' holds numbers.*'many'"),
        ({"statistic": "count", "filters": [Filter("units", ">", "1e999x")]}, "'units' holds numbers"),
        ({"statistic": "count", "filters": [Filter("units", "=", True)]}, "'units' holds numbers.*True"),
        (
            {"statistic": "count", "filters": [Filter("date", ">", "soon")]},
            "holds dates.*2024-12-31, not 'soon'",
        ),
        (
            {"statistic": "count", "filters": [Filter("region", "in", "North")]},
            "needs a list of values for 'in'",
        ),
        ({"statistic": "count", "filters": [Filter("region", "in", [])]}, "needs a list of values"),
    ],
)
def test_arguments_that_do_not_fit_the_table_are_refused(sales, options, message):
    with pytest.raises(ValueError, match=message):
        aggregate_sql(sales, **options)


def test_names_that_differ_in_case_only_are_told_apart():
    # DuckDB itself would not have two such columns in a table; a description could.
    info = describe_table("t", pd.DataFrame({"a": [1], "A": [2]}))

    assert [column.name for column in info.columns] == ["a", "A_1"]
    assert '"A_1"' in aggregate_sql(info, "sum", "a_1")


def test_a_result_column_never_takes_the_name_of_a_key():
    frame = pd.DataFrame({"sum_x": ["k", "k"], "x": [1, 2]})

    result = run_query(aggregate_sql(describe_table("t", frame), "sum", "x", by=["sum_x"]), {"t": frame})

    assert result.columns == ("sum_x", "sum_x_")
    assert result.rows == (("k", 3),)


@settings(max_examples=40, deadline=None)
@given(
    name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20),
    value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
)
def test_any_name_and_any_text_is_safe_in_built_sql(name, value):
    frame = pd.DataFrame({name: [value, value + "!"]})
    info = describe_table("t", frame)
    column = info.columns[0].name

    result = run_query(
        aggregate_sql(info, "count", by=[column], filters=[Filter(column, "=", value)]), {"t": frame}
    )

    assert result.rows == ((value, 1),)
    assert duckdb.connect(":memory:").extract_statements(result.sql)[0].type == duckdb.StatementType.SELECT


@pytest.mark.parametrize("value", ["repeat('x', 100000)", "range(12500)", "{'a': [repeat('x', 100000)]}"])
def test_a_result_that_would_fill_the_memory_is_refused(value):
    with pytest.raises(ValueError, match=r"take more than 200 MB.*fewer columns"):
        run_query(f"SELECT {value} AS x FROM range(5000)", {}, row_limit=100_000)


def test_a_time_with_a_zone_is_compared_as_that_moment():
    table = TableInfo("t", 1, (Column("at", "TIMESTAMP WITH TIME ZONE"),))

    # PostgreSQL takes TIMESTAMP '… 02:00+02:00' for 02:00
    assert "TIMESTAMP '2024-01-01 00:00:00'" in aggregate_sql(
        table, "count", filters=[Filter("at", ">=", "2024-01-01T02:00+02:00")]
    )
