"""Columns of a trial's table, read and checked in one place for every analysis.

Rows with a blank in a column that an analysis needs are left out and counted; anything else that can't
be read is an error that names the column, the row (the first row of data is row 1) and the value.
"""

from collections.abc import Sequence
from math import isfinite

import numpy as np
import pandas as pd

CONTROL_NAMES = frozenset(
    {"placebo", "control", "controls", "comparator", "sham", "soc", "standard", "standard of care"}
    | {"untreated", "usual care", "vehicle", "0"}
)
_TRUE = frozenset({"1", "1.0", "true"})
_FALSE = frozenset({"0", "0.0", "false"})


def complete_rows(table: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.DataFrame, int]:
    """The rows without a blank in `columns`, with those columns only, and how many rows were left out.

    The index of the result is the row's number in the table, from 1. Raises ValueError when a column does
    not exist, is named twice, or when no row is complete.
    """
    missing = [name for name in columns if name not in table.columns]
    if missing:
        known = ", ".join(str(name) for name in table.columns)
        raise ValueError(f"The table has no column {_quoted(missing)}. Its columns are: {known}.")
    if len(set(columns)) < len(columns):
        raise ValueError(f"Each role needs a column of its own, but {_quoted(columns)} repeats one.")
    if not table.columns.is_unique:
        raise ValueError("The table has two columns of the same name; rename one of them.")
    numbered = table.loc[:, list(columns)].set_axis(pd.RangeIndex(1, len(table) + 1), axis=0)
    complete = numbered.dropna()
    if complete.empty:
        raise ValueError(f"No row of the table has a value in every one of the columns {_quoted(columns)}.")
    return complete, len(table) - len(complete)


def numbers(rows: pd.DataFrame, column: str, *, minimum: float | None = None) -> pd.Series:
    """The column as floats. Raises ValueError at the first cell that is not a finite number ≥ `minimum`."""
    values = pd.to_numeric(rows[column], errors="coerce").astype(float)
    unread = ~np.isfinite(values)
    if unread.any():
        raise ValueError(f"{_cell(rows, column, unread)} is not a number.")
    if minimum is not None and (low := values < minimum).any():
        raise ValueError(f"{_cell(rows, column, low)} is below {minimum:g}, the least that makes sense here.")
    return values


def events(rows: pd.DataFrame, column: str, *, event_value: object = None) -> pd.Series:
    """The column as booleans, True where the event happened.

    Without `event_value` the column must hold 1 and 0 (or true and false); with it, the event is that value
    and the column may hold one other value. Raises ValueError otherwise.
    """
    labels = rows[column].map(label)
    if event_value is None:
        known = labels.str.lower()
        unread = ~known.isin(_TRUE | _FALSE)
        if unread.any():
            raise ValueError(
                f"{_cell(rows, column, unread)} is neither 1 (the event happened) nor 0 (it did not). "
                "Recode the column, or say which value means that the event happened."
            )
        return known.isin(_TRUE)
    found = sorted(set(labels))
    if label(event_value) not in found or len(found) > 2:
        raise ValueError(
            f"Column {column!r} holds {_quoted(found[:8])}; it must hold the event's value "
            f"{label(event_value)!r} and at most one other."
        )
    return labels == label(event_value)


def arms_of(rows: pd.DataFrame, column: str) -> pd.Series:
    """The arm of each row as text. Raises ValueError when there are not at least 2 arms of 2 or more."""
    arms = rows[column].map(label)
    sizes = arms.value_counts()
    if len(sizes) < 2:
        raise ValueError(
            f"Column {column!r} holds one arm only, {sizes.index[0]!r}; a comparison needs two. "
            "Name the column that says who got which treatment."
        )
    if len(sizes) > 20:
        raise ValueError(
            f"Column {column!r} holds {len(sizes)} different values, which is too many for arms. "
            "Name the column that says who got which treatment."
        )
    small = sizes[sizes < 2]
    if not small.empty:
        raise ValueError(
            f"Arm {small.index[0]!r} of column {column!r} has fewer than 2 usable rows; each arm needs 2."
        )
    return arms


def reference_first(arms: pd.Series, reference: str | None = None) -> tuple[str, ...]:
    """The arms' labels, the reference arm first and the others in alphabetical order.

    Without `reference` it is the arm that carries a usual name of a control arm (placebo, control, …), or
    the first in alphabetical order. Raises ValueError when `reference` is not one of the arms.
    """
    found = sorted(set(arms))
    if reference is None:
        reference = next((arm for arm in found if arm.lower() in CONTROL_NAMES), found[0])
    if label(reference) not in found:
        raise ValueError(f"There is no arm {reference!r}. The arms are: {_quoted(found)}.")
    return (label(reference), *(arm for arm in found if arm != label(reference)))


def label(value: object) -> str:
    """The value as text; a whole number that a blank elsewhere in its column made a float reads as one."""
    if isinstance(value, float) and isfinite(value) and value == int(value):
        return str(int(value))
    return str(value).strip()


def require_confidence(confidence: float) -> None:
    """Raises ValueError unless the confidence level lies between 0.5 and 1."""
    if not 0.5 <= confidence < 1:
        raise ValueError(f"The confidence level {confidence:g} must be at least 0.5 and below 1, e.g. 0.95.")


def _cell(rows: pd.DataFrame, column: str, which: pd.Series) -> str:
    row = which.idxmax()
    return f"Row {row} of column {column!r} holds {label(rows.at[row, column])!r}, which"


def _quoted(names: Sequence[object]) -> str:
    return ", ".join(repr(name) for name in names)
