"""The server starts fast: what only some tools need is imported when they need it."""

import os
import subprocess
import sys

SERVED = (
    *("graphs.analytics.graph", "graphs.three_dp_custom.graph", "graphs.project_bodhi.graph"),
    *("graphs.trial_analysis.graph", "graphs.formulation.graph"),
    *("graphs.server.checkpointer", "graphs.server.store", "graphs.server.app"),
)
HEAVY = {
    *("numpy", "scipy", "pandas", "pyarrow", "duckdb", "sqlglot", "statsmodels", "lifelines", "sklearn"),
    *(
        "matplotlib",
        "PIL",
        "trimesh",
        "shapely",
        "networkx",
        "openpyxl",
        "xlsxwriter",
        "jinja2",
        "threadpoolctl",
    ),
    *("boto3", "botocore", "s3fs", "anthropic", "openai"),
}


def test_all_that_is_served_is_imported_without_heavy_libraries() -> None:
    code = f"import sys, {', '.join(SERVED)}; print(*sorted({HEAVY} & set(sys.modules)))"
    runtime = {"LANGGRAPH_RUNTIME_EDITION": "inmem", "DATABASE_URI": ":memory:", "REDIS_URI": "fake"}
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | runtime | {"MIGRATIONS_PATH": "__inmem"},
        check=False,
    )

    assert (loaded.stdout.split(), loaded.returncode) == ([], 0), loaded.stderr
