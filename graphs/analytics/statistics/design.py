"""The design matrix of a regression: a constant, columns of numbers, and columns of groups as dummies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graphs.analytics.tables.columns import (
    check_different,
    check_varies,
    existing,
    groups,
    is_numeric,
    numbers,
)

INTERCEPT = "intercept"
_MOST_LEVELS = 30


@dataclass(frozen=True, slots=True)
class Factor:
    """A column of groups: each term stands for one of `levels` against `reference`."""

    column: str
    reference: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Design:
    """`matrix` has a row for each complete row of the table (`rows`, True where it is) and a column for the
    constant and each of `terms`; `origins` says which of the table's columns a term is of."""

    matrix: np.ndarray
    terms: tuple[str, ...]
    origins: tuple[str, ...]
    factors: tuple[Factor, ...]
    rows: pd.Series


def check_columns(frame: pd.DataFrame, response: str, predictors: Sequence[str]) -> None:
    """Raise ValueError when there is no predictor, or a column doesn't exist, is empty or is named twice."""
    if not predictors:
        raise ValueError("A regression needs at least one predictor column.")
    for name in (response, *predictors):
        existing(frame, name)
    check_different([response, *predictors], "a regression")


def design_of(frame: pd.DataFrame, predictors: Sequence[str], response: pd.Series) -> Design:
    """The design of the rows that have the response and all predictors.

    A column of text, dates or truth values has a term for each of its values but the first in order, which is
    the reference (treatment contrasts, as in R).

    Raises ValueError for a constant predictor, one with more than 30 values that are no numbers, and for no
    more rows than coefficients.
    """
    factors = [name for name in predictors if not is_numeric(frame[name])]
    read = {
        name: groups(frame, name) if name in factors else numbers(frame, name, "A regression")
        for name in predictors
    }
    complete = response.notna()
    for column in read.values():
        complete &= column.notna()
    blocks, terms, origins, found = [np.ones((int(complete.sum()), 1))], [], [], []
    for name, column in read.items():
        used = column[complete]
        check_varies(used, name, "nothing can be fitted to it")
        if name not in factors:
            blocks.append(used.to_numpy()[:, np.newaxis])
            terms.append(name)
            origins.append(name)
            continue
        used = used.cat.remove_unused_categories()
        reference, *levels = _levels(used, name)
        blocks.append(np.array([used == level for level in levels], float).reshape(len(levels), len(used)).T)
        terms += [f"{name} = {level}" for level in levels]
        origins += [name] * len(levels)
        found.append(Factor(name, reference, tuple(levels)))
    design = Design(np.hstack(blocks), tuple(terms), tuple(origins), tuple(found), complete)
    _check_rows(design)
    return design


def scaled(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The matrix with columns of unit length, and the lengths."""
    lengths = np.linalg.norm(matrix, axis=0)
    lengths[lengths == 0] = 1.0
    return matrix / lengths, lengths


def standardised(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The matrix with each column but the constant moved to mean 0 and scaled to standard deviation 1, and
    the transformation that takes coefficients of it back to coefficients of the matrix."""
    means, deviations = matrix[:, 1:].mean(axis=0), matrix[:, 1:].std(axis=0)
    moved = np.hstack([matrix[:, :1], (matrix[:, 1:] - means) / deviations])
    back = np.diag([1.0, *(1 / deviations)])
    back[0, 1:] = -means / deviations
    return moved, back


def refuse_singular(design: Design) -> None:
    """Raise ValueError when predictors determine one another exactly."""
    if np.linalg.matrix_rank(scaled(design.matrix)[0]) < design.matrix.shape[1]:
        names = dict.fromkeys(design.origins)
        raise ValueError(
            f"The predictors {', '.join(names)} determine one another exactly. Leave one of them out."
        )


def _levels(used: pd.Series, name: str) -> list[str]:
    levels = list(used.cat.categories)
    if len(levels) > _MOST_LEVELS:
        raise ValueError(
            f"Column '{name}' holds no numbers and has {len(levels):,} values, too many for a regression "
            f"(at most {_MOST_LEVELS}). Leave it out, or use a column that groups them."
        )
    return levels or [""]


def _check_rows(design: Design) -> None:
    rows, terms = design.matrix.shape
    if rows <= terms:
        raise ValueError(
            f"{rows} complete rows are too few for {terms} coefficients: at least {terms + 1} are needed."
        )
