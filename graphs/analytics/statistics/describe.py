"""The distribution of columns of numbers, in the whole table or in each group: place, spread and shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from graphs.analytics.tables.columns import groups, numbers

_MOST_GROUPS = 1_000


@dataclass(frozen=True, slots=True)
class Description:
    """A column of numbers, in its own unit, in the rows of one group (no key: in all rows).

    `ci_low` to `ci_high` is the 95 % interval of the mean by Student's t; `sd` is the sample standard
    deviation; quartiles interpolate linearly (Hyndman and Fan's type 7). `skewness` and `kurtosis` are the
    sample's G1 and G2, as spreadsheets, SAS and SPSS give them (Joanes and Gill, The Statistician 47, 1998);
    kurtosis is in excess of the normal distribution's. None stands for what too few or equal values don't
    tell: sd and interval need two values, skewness three, kurtosis four.
    """

    column: str
    group: tuple[str, ...]
    n: int
    missing: int
    mean: float | None
    ci_low: float | None
    ci_high: float | None
    sd: float | None
    minimum: float | None
    q25: float | None
    median: float | None
    q75: float | None
    maximum: float | None
    skewness: float | None
    kurtosis: float | None


def describe_columns(
    frame: pd.DataFrame, columns: Sequence[str], by: Sequence[str] = ()
) -> tuple[Description, ...]:
    """Describe each column, in each group of `by` (rows without a group are left out) in turn.

    Raises ValueError for a column that doesn't exist, holds no numbers or is empty, and for more than 1,000
    groups.
    """
    values = {name: numbers(frame, name, "A description") for name in columns}
    parts = list(_parts(frame, by))
    return tuple(
        _described(name, group, values[name].iloc[rows]) for name in columns for group, rows in parts
    )


def mean_interval(values: np.ndarray) -> tuple[float | None, float | None]:
    """The 95 % interval of the mean by Student's t; None for a single value."""
    if len(values) < 2:
        return None, None
    reach = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return float(values.mean() - reach), float(values.mean() + reach)


def _parts(frame: pd.DataFrame, by: Sequence[str]) -> Iterator[tuple[tuple[str, ...], np.ndarray]]:
    """Yield each group's names and the places of its rows."""
    if not by:
        yield (), np.arange(len(frame))
        return
    keys = pd.concat([groups(frame, name) for name in by], axis=1).reset_index(drop=True)
    parted = keys.groupby(list(keys.columns), observed=True)
    if parted.ngroups > _MOST_GROUPS:
        raise ValueError(
            f"{parted.ngroups:,} groups by {', '.join(by)} are too many to describe (at most "
            f"{_MOST_GROUPS:,}). Group by a column with fewer values."
        )
    for key, rows in parted:
        yield tuple(map(str, key if isinstance(key, tuple) else (key,))), rows.index.to_numpy()


def _described(column: str, group: tuple[str, ...], every: pd.Series) -> Description:
    values = every.dropna().to_numpy()
    low, high = mean_interval(values)
    q25, median, q75 = np.quantile(values, [0.25, 0.5, 0.75]) if len(values) else [None] * 3
    varies = len(values) > 1 and np.ptp(values) > 0
    return Description(
        column=column,
        group=group,
        n=len(values),
        missing=len(every) - len(values),
        mean=_known(values.mean()) if len(values) else None,
        ci_low=low,
        ci_high=high,
        sd=_known(values.std(ddof=1)) if len(values) > 1 else None,
        minimum=_known(values.min()) if len(values) else None,
        q25=_known(q25),
        median=_known(median),
        q75=_known(q75),
        maximum=_known(values.max()) if len(values) else None,
        skewness=_known(stats.skew(values, bias=False)) if varies and len(values) > 2 else None,
        kurtosis=_known(stats.kurtosis(values, bias=False)) if varies and len(values) > 3 else None,
    )


def _known(value: float | None) -> float | None:
    return None if value is None else float(value)
