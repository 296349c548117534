"""Tables from DataFrames."""

from __future__ import annotations

import duckdb
import pandas as pd
from duckdb import DuckDBPyConnection

from graphs.kit.tables.duck import quote


def create_from_frame(connection: DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    """Create the table `name`. Raises ValueError for a frame without columns, or with a kind of value that
    DuckDB does not know."""
    if not len(frame.columns):
        raise ValueError("The table has no columns.")
    named = frame.set_axis([str(column) for column in frame.columns], axis="columns")
    try:
        connection.register("_frame", named)
        connection.execute(f"CREATE TABLE {quote(name)} AS SELECT * FROM _frame")
        connection.unregister("_frame")
    except (duckdb.NotImplementedException, duckdb.InvalidInputException) as error:
        raise ValueError(f"The table has a column of a kind that can't be used: {error}") from error
