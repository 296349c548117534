"""SQL in a message: it is told from English, reaches its tool unchanged, and is not read as English."""

import pytest

from graphs.kit.planner.prose import sql_in
from tests.support.planner_talk import Talk


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("SELECT 1 FROM t;", "SELECT 1 FROM t"),
        ("Please run select a, b from t where a > 1", "select a, b from t where a > 1"),
        ("```sql\nSELECT 1\n```", "SELECT 1"),
        ("SELECT * FROM 'sales.csv'", "SELECT * FROM 'sales.csv'"),
        ("Run “SELECT * FROM 'sales.csv'” for me", "SELECT * FROM 'sales.csv'"),
        ("Run this SQL: `DROP TABLE sales`", "DROP TABLE sales"),
        ("update sales set units = 0;", "update sales set units = 0"),
        ("INSERT INTO sales VALUES (1)", "INSERT INTO sales VALUES (1)"),
        ("DELETE FROM sales", "DELETE FROM sales"),
        ("create or replace table t as select 1", "create or replace table t as select 1"),
        ("select the best blend from yarn.csv", ""),
        ("with 80 % power, select a design from the list", ""),
        ("drop the table sales.csv", ""),
        ("Update the plan and set the start to week 2", ""),
        ("delete from the session what is old", ""),
        ("create a table of units by region", ""),
    ],
)
def test_queries_are_told_from_english(text: str, query: str) -> None:
    assert sql_in(text) == query


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("SELECT * FROM sales WHERE units > 20", "SELECT * FROM sales WHERE units > 20"),
        ("DROP TABLE sales", "DROP TABLE sales"),
        ("UPDATE sales SET units = 0", "UPDATE sales SET units = 0"),
        ("Run this SQL: `DROP TABLE sales`", "DROP TABLE sales"),
    ],
)
def test_query_reaches_its_tool_and_is_not_read_as_english(text: str, query: str) -> None:
    talk = Talk()
    assert talk.say(text) == [("run_sql", {"sql": query})]
    assert talk.answer == "<run_sql>"
