"""What a profile of a large table costs: time beside DuckDB's own SUMMARIZE, and memory.

The profile gives exact figures, and more of them: distinct values, quantiles, outliers, frequent values,
duplicates, keys and correlations. SUMMARIZE, as DuckDB comes, estimates distinct values and quartiles. Both
read the same Parquet file of 10 columns (keys, dates, text, numbers with gaps), in turns, in one process.

Memory is the peak (`ru_maxrss`) of a process of its own, which reads a CSV, keeps it as Parquet and
profiles it.

    python -m benchmarks.tables [--quick]
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.report import (
    Report,
    Table,
    command_line,
    machine_without_database,
    progress,
    publish,
    ratios,
    spread,
)
from graphs.analytics.quality.profile import profile_table
from graphs.analytics.tables.aggregate import open_table
from tests.support.large_tables import write_large_csv

_PEAK = """
import resource, sys, time
from graphs.analytics.tables.aggregate import open_table
from graphs.analytics.quality.profile import profile_table

started = time.perf_counter()
with open_table("large.csv", sys.argv[1]) as table:
    rows = profile_table(table).rows
print(rows, time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@dataclass(frozen=True)
class Plan:
    """What to measure: rows of the Parquet file, rounds, and bytes of the CSV."""

    rows: int
    rounds: int
    csv_bytes: int


FULL = Plan(rows=10_000_000, rounds=5, csv_bytes=2_000_000_000)
QUICK = Plan(rows=1_000_000, rounds=3, csv_bytes=100_000_000)


def measure(plan: Plan) -> Report:
    """Return the report."""
    with tempfile.TemporaryDirectory() as folder:
        times = _times(plan, Path(folder))
        rows, seconds, peak = _peak(plan, Path(folder))
    return Report(
        "tables",
        "Profiles of large tables",
        (times, _memory(plan, rows, seconds, peak)),
        (),
        machine_without_database("duckdb", "pandas"),
        __doc__ or "",
    )


def write_parquet(path: Path, rows: int, *, seed: float = 0.42) -> None:
    """Write a table of 10 columns of mixed types, the same each time."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute("SELECT setseed(?)", [seed])
        connection.execute(
            f"""
            COPY (
                SELECT
                    i AS order_id,
                    DATE '2022-01-01' + CAST(floor(random() * 1000) AS INTEGER) AS day,
                    TIMESTAMP '2022-01-01' + to_seconds(floor(random() * 1e8)) AS placed_at,
                    ['North', 'South', 'East', 'West'][1 + CAST(floor(random() * 4) AS INTEGER)] AS region,
                    'product ' || CAST(floor(power(random(), 2) * 500) AS INTEGER) AS product,
                    CAST(floor(random() * {max(rows // 10, 1)}) AS BIGINT) AS customer_id,
                    CASE WHEN random() >= 0.03 THEN 1 + CAST(floor(-ln(1 - random()) * 20) AS INTEGER) END
                        AS units,
                    round(5 + random() * 200, 2) AS price,
                    random() * 1000 AS weight,
                    random() < 0.1 AS returned
                FROM range({rows}) t(i)
            ) TO '{path}' (FORMAT parquet)
            """
        )


def _times(plan: Plan, folder: Path) -> Table:
    path = folder / "orders.parquet"
    progress(f"writing {plan.rows:,} rows")
    write_parquet(path, plan.rows)
    profiles, summaries = [], []
    for number in range(plan.rounds):
        progress(f"round {number + 1} of {plan.rounds}")
        profiles.append(_seconds(lambda: _profile(path)))
        summaries.append(_seconds(lambda: _summarize(path)))
    return Table(
        f"Time of a Parquet file of {plan.rows:,} rows",
        ("", "seconds", "÷ SUMMARIZE"),
        (
            ("profile", spread(profiles), ratios(profiles, summaries)),
            ("SUMMARIZE", spread(summaries), None),
        ),
        f"Medians of {plan.rounds} rounds, lowest and highest.",
    )


def _profile(path: Path) -> None:
    with open_table(path.name, path) as table:
        profile_table(table)


def _summarize(path: Path) -> None:
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"SUMMARIZE SELECT * FROM read_parquet('{path}')").fetchall()


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _peak(plan: Plan, folder: Path) -> tuple[int, float, int]:
    """Rows, seconds and peak memory (bytes) of a process that profiles a CSV."""
    path = folder / "large.csv"
    progress(f"profiling a CSV of {plan.csv_bytes:,} bytes")
    write_large_csv(path, plan.csv_bytes)
    # a folder of its own: the table that is kept for follow-up questions goes with it
    environment = {**os.environ, "TABLE_FOLDER": str(folder / "tables")}
    told = subprocess.run(
        [sys.executable, "-c", _PEAK, str(path)], env=environment, check=True, capture_output=True, text=True
    )
    rows, seconds, kilobytes = told.stdout.split()
    return int(rows), float(seconds), int(kilobytes) * 1024


def _memory(plan: Plan, rows: int, seconds: float, peak: int) -> Table:
    return Table(
        "Memory of a process that profiles a CSV",
        ("file, MB", "rows", "peak, MB", "seconds"),
        ((f"{plan.csv_bytes // 10**6:,}", f"{rows:,}", f"{peak / 10**6:,.0f}", seconds),),
        "Peak of the whole process, Python and its packages included.",
    )


def main() -> None:
    options = command_line(__doc__)
    publish(measure(QUICK if options.quick else FULL), options)


if __name__ == "__main__":
    main()
