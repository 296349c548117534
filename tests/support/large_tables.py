"""Large tables, made quickly and the same each time."""

from pathlib import Path

import duckdb

_ROW_BYTES = 91
REGIONS = ("North", "South", "East", "West", "Köln, Süd")
FIRST_DAY, DAYS = "2020-01-01", 2000


def write_large_csv(path: Path, size: int, *, seed: int = 1) -> int:
    """Write a CSV of about `size` bytes and return its number of rows.

    Orders with a key, a date, text with commas and quotes, whole numbers, amounts with gaps, and a long text.
    Every figure follows from the row's number, so that a test can state sums without reading the file.
    """
    rows = max(1, size // _ROW_BYTES)
    regions = ", ".join(f"'{region}'" for region in REGIONS)
    with duckdb.connect(":memory:", config={"memory_limit": "400MB", "threads": 2}) as connection:
        connection.execute(
            f"""
            COPY (
                SELECT
                    i AS order_id,
                    DATE '{FIRST_DAY}' + CAST(i % {DAYS} AS INTEGER) AS ordered_on,
                    [{regions}][1 + i % {len(REGIONS)}] AS region,
                    'customer ' || hash(i + {seed}) % 500000 AS customer,
                    1 + i % 9 AS units,
                    CASE WHEN i % 50 <> 0 THEN (i % 1000) / 8 END AS price,
                    md5(CAST(i + {seed} AS VARCHAR)) || ' "' || i % 7 || '"' AS remark
                FROM range({rows}) t(i)
            ) TO '{path}' (HEADER)
            """
        )
    return rows
