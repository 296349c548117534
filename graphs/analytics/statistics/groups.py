"""A column of numbers in groups, with the checks that tests of groups rest on: normality and equal spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from graphs.analytics.statistics.describe import mean_interval
from graphs.analytics.tables.columns import groups, numbers

MOST_GROUPS = 30
ALPHA = 0.05
_SHAPIRO_ROWS = range(3, 5001)
_ROUNDING = 8 * float(np.finfo(float).eps)


@dataclass(frozen=True, slots=True)
class Sample:
    """The values of one group."""

    name: str
    values: np.ndarray


@dataclass(frozen=True, slots=True)
class Samples:
    """The groups of a column, in their order; `dropped` rows had no value or no group."""

    groups: tuple[Sample, ...]
    dropped: int

    @property
    def values(self) -> list[np.ndarray]:
        return [group.values for group in self.groups]

    @property
    def names(self) -> list[str]:
        return [group.name for group in self.groups]

    @property
    def rows(self) -> int:
        return sum(len(group.values) for group in self.groups)


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """A group's size, mean with its 95 % interval (Student's t), sample standard deviation and median; a
    single value has neither interval nor standard deviation."""

    group: str
    n: int
    mean: float
    ci_low: float | None
    ci_high: float | None
    sd: float | None
    median: float


@dataclass(frozen=True, slots=True)
class Check:
    """A check of an assumption. `of` is the group or column it concerns ('' for all). Without a result,
    `note` says why there is none."""

    test: str
    of: str
    statistic: float | None
    p: float | None
    note: str = ""

    @property
    def fails(self) -> bool:
        return self.p is not None and self.p < ALPHA


def split(frame: pd.DataFrame, measure: str, by: str) -> Samples:
    """Split the values of `measure` into the groups that `by` names.

    Raises ValueError for a column that doesn't exist, is empty or of the wrong type, for fewer than two or
    more than 30 groups, for a group with fewer than two values, and when no group varies.
    """
    if measure == by:
        raise ValueError(f"'{measure}' can't be compared between groups of itself. Name two columns.")
    values, keys = numbers(frame, measure, "A comparison"), groups(frame, by)
    used = values.notna() & keys.notna()
    parted = values[used].groupby(keys[used], observed=False)
    found = tuple(Sample(str(name), part.to_numpy()) for name, part in parted)
    _check_sizes(found, measure, by)
    if not any(np.ptp(sample.values) for sample in found):
        raise ValueError(
            f"'{measure}' has the same value in all rows of each group of '{by}', so chance can't be told "
            "from a difference. Choose another column."
        )
    return Samples(found, int((~used).sum()))


def summarised(samples: Samples) -> tuple[GroupSummary, ...]:
    """Size, mean, spread and median of each group."""
    return tuple(
        GroupSummary(
            each.name,
            len(each.values),
            float(each.values.mean()),
            *mean_interval(each.values),
            float(each.values.std(ddof=1)) if len(each.values) > 1 else None,
            float(np.median(each.values)),
        )
        for each in samples.groups
    )


def normality(values: np.ndarray, of: str) -> Check:
    """Shapiro and Wilk's test (Biometrika 52, 1965); its p value holds from 3 to 5,000 values (Royston,
    Applied Statistics 44, 1995), and there is no result outside of that."""
    if len(values) not in _SHAPIRO_ROWS:
        return Check("Shapiro–Wilk", of, None, None, f"n = {len(values):,}, it takes 3 to 5,000")
    if not np.ptp(values):
        return Check("Shapiro–Wilk", of, None, None, "all values are equal")
    result = stats.shapiro(values)
    return Check("Shapiro–Wilk", of, float(result.statistic), float(result.pvalue))


def equal_spread(values: Sequence[np.ndarray]) -> Check:
    """Levene's test about the medians (Brown and Forsythe, Journal of the American Statistical Association
    69, 1974)."""
    largest = max(float(np.abs(group).max()) for group in values)
    distances = [np.abs(group - np.median(group)) for group in values]
    if max(map(np.ptp, distances)) <= _ROUNDING * largest:
        why = "the values of a group are all equally far from its median"
        pairs = ", as two values always are" if max(map(len, values)) == 2 else ""
        return Check("Brown–Forsythe", "", None, None, f"not defined, for {why}{pairs}")
    result = stats.levene(*values, center="median")
    return Check("Brown–Forsythe", "", float(result.statistic), float(result.pvalue))


def _check_sizes(samples: Sequence[Sample], measure: str, by: str) -> None:
    if len(samples) < 2:
        raise ValueError(
            f"'{by}' has one value ('{samples[0].name}'), so there is nothing to compare. Choose a column "
            "with two or more."
            if samples
            else f"No row has both '{measure}' and '{by}'. Choose other columns."
        )
    if len(samples) > MOST_GROUPS:
        raise ValueError(
            f"'{by}' has {len(samples):,} values, too many groups to compare (at most {MOST_GROUPS}). "
            "Choose a column with fewer, or correlate the two columns."
        )
    for sample in samples:
        if len(sample.values) < 2:
            has = "no value" if not len(sample.values) else "1 value"
            raise ValueError(
                f"Group '{sample.name}' of '{by}' has {has} of '{measure}', and at least 2 are needed. "
                f"Leave the group out: where {by} != {sample.name}."
            )
