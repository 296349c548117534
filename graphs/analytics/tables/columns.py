"""Columns of a table as statistical methods take them: numbers, or groups. What doesn't fit is refused with
an error that names the column, the reason and the remedy."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.api import types


def numbers(frame: pd.DataFrame, name: str, use: str) -> pd.Series:
    """The column as floats; what is missing or infinite is NaN. `use` says in errors what needs it.

    Raises ValueError for a column that doesn't exist, holds no numbers or is empty.
    """
    column = existing(frame, name)
    if not types.is_numeric_dtype(column) or types.is_bool_dtype(column):
        raise ValueError(f"{use} needs numbers, and column '{name}' holds none. Choose another column.")
    values = column.astype(float)
    return values.where(np.isfinite(values))


def groups(frame: pd.DataFrame, name: str) -> pd.Series:
    """The column's values as names of groups: an ordered categorical, numbers in their order and text by the
    alphabet; missing values stay missing.

    Raises ValueError for a column that doesn't exist or is empty.
    """
    column = existing(frame, name)
    values = sorted(column.dropna().unique(), key=_in_order)
    names = [_name(value) for value in values]
    by_value = dict(zip(values, names, strict=True))
    levels = list(dict.fromkeys(names))
    return pd.Series(pd.Categorical(column.map(by_value), levels, ordered=True), frame.index, name=name)


def existing(frame: pd.DataFrame, name: str) -> pd.Series:
    """The column. Raises ValueError when there is none of that name, or when it has no value in any row."""
    if name not in frame.columns:
        columns = ", ".join(f"'{column}'" for column in frame.columns)
        raise ValueError(f"There is no column '{name}'. The columns are: {columns}.")
    if not frame[name].notna().any():
        raise ValueError(f"Column '{name}' has no value in any row. Choose another column.")
    return frame[name]


def is_numeric(column: pd.Series) -> bool:
    """Whether the column holds numbers; a truth value is none."""
    return types.is_numeric_dtype(column) and not types.is_bool_dtype(column)


def check_varies(values: pd.Series, name: str, use: str) -> None:
    """Raise ValueError when all values are the same."""
    if values.nunique() == 1:
        raise ValueError(f"Column '{name}' has the same value in all rows, so {use}. Choose another column.")


def check_different(names: list[str], use: str) -> None:
    """Raise ValueError when a column is named twice."""
    if len(set(names)) < len(names):
        raise ValueError(f"Each column may be used once in {use}; given were: {', '.join(names)}.")


def _in_order(value: object) -> tuple[bool, object]:
    number = isinstance(value, int | float | np.number | bool | np.bool_)
    return (False, value) if number else (True, value if isinstance(value, pd.Timestamp) else str(value))


def _name(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    if isinstance(value, float | np.floating):
        return f"{value:.15g}"
    if isinstance(value, pd.Timestamp):
        return value.isoformat().removesuffix("T00:00:00")
    return str(value)
