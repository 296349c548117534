"""Values that stand out: of a column, or of a series over time, measured in robust standard deviations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from graphs.analytics.series.seasonality import Season, find_season, pattern
from graphs.analytics.tables.columns import numbers
from graphs.analytics.tables.statements import Bucket

Rule = Literal["robust_z", "tukey"]
ColumnMethod = Literal["auto", "robust_z", "tukey"]

THRESHOLD = 3.5
"""In robust standard deviations (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993)."""
FENCE = 3.0
"""In interquartile ranges beyond the quartiles: Tukey's outer fences (Exploratory Data Analysis, 1977)."""
FEWEST_VALUES = 10
NEIGHBOURS = 5
_SKEWED = 0.3
_ROUNDS, _ROUNDS_TO_FILL = 3, 6
_MOST_LEFT_OUT = 0.2
_LARGEST_LEVERAGE = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Anomalies:
    """What stands out of `values`: `places` are its indices, the furthest first.

    `expected` and `deviation` are given for every value: what it would be, and how far it is off, in robust
    standard deviations `sd` (for Tukey's fences: in interquartile ranges beyond the nearer quartile).
    `low` and `high` are the bounds outside of which a value stands out. `nominal` is the share of normally
    distributed values that would.
    """

    values: np.ndarray
    expected: np.ndarray
    deviation: np.ndarray
    sd: float
    threshold: float
    nominal: float
    places: tuple[int, ...]
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class ColumnAnomalies(Anomalies):
    """Those of a column by `rule`. `tied` says that more than half of its values are the same, so that the
    MAD is 0. `skewness` is Bowley's, of the quartiles, from −1 to 1."""

    rule: Rule
    tied: bool
    skewness: float

    @property
    def skewed(self) -> bool:
        return abs(self.skewness) > _SKEWED


@dataclass(frozen=True, slots=True, eq=False)
class SeriesAnomalies(Anomalies):
    """Those of a series: with a season against its trend and season by STL, else against the line through the
    neighbours on both sides."""

    season: Season


def column_anomalies(
    values: np.ndarray, method: ColumnMethod = "auto", threshold: float | None = None
) -> ColumnAnomalies:
    """Return which values of a column stand out.

    By the robust z score: the distance from the median in units of 1.4826 MAD, which is the standard
    deviation of normal data. With more than half of the values the same that is 0, and Tukey's outer fences
    serve. Raises ValueError for fewer than 10 values, a column without spread, and a threshold that is not
    positive.
    """
    _check_threshold(threshold)
    if len(values) < FEWEST_VALUES:
        raise ValueError(
            f"{len(values)} values are too few to tell what stands out: at least {FEWEST_VALUES} are needed."
        )
    median = float(np.median(values))
    sd = float(stats.median_abs_deviation(values, scale="normal"))
    q25, q75 = (float(quartile) for quartile in np.quantile(values, (0.25, 0.75)))
    tied = sd == 0
    if method == "robust_z" and tied:
        raise ValueError(
            f"More than half of the values are {median:g}, so the robust z score is not defined. Choose "
            "tukey."
        )
    rule: Rule = "tukey" if method == "tukey" or tied else "robust_z"
    spread = q75 - q25
    if rule == "tukey" and spread == 0:
        raise ValueError(
            f"At least half of the values are {median:g}, so neither the MAD nor the quartiles give a spread "
            "to measure by. Count the values instead, or keep only the rows that differ."
        )
    limit = threshold if threshold is not None else THRESHOLD if rule == "robust_z" else FENCE
    skewness = (q75 + q25 - 2 * median) / spread if spread else 0.0
    if rule == "robust_z":
        deviation = (values - median) / sd
        low, high = median - limit * sd, median + limit * sd
        nominal = float(2 * stats.norm.sf(limit))
    else:
        beyond = np.maximum(values - q75, 0) + np.minimum(values - q25, 0)
        deviation = beyond / spread
        low, high = q25 - limit * spread, q75 + limit * spread
        nominal = float(2 * stats.norm.sf(stats.norm.ppf(0.75) * (1 + 2 * limit)))
    return ColumnAnomalies(
        values=values,
        expected=np.full(len(values), median),
        deviation=deviation,
        sd=sd if rule == "robust_z" else spread,
        threshold=limit,
        nominal=nominal,
        places=_beyond(deviation, limit),
        low=np.full(len(values), low),
        high=np.full(len(values), high),
        rule=rule,
        tied=tied,
        skewness=skewness,
    )


def series_anomalies(
    values: np.ndarray, period: Bucket, *, season: int | None = None, threshold: float | None = None
) -> SeriesAnomalies:
    """Return which periods of a series stand out from what the other periods lead to expect.

    With a season (the one asked for, or a usual one that a test finds) that is trend and season by STL
    (Cleveland et al., 1990), else the median line (Theil and Sen) through the 10 nearest periods; in both the
    period itself is left out. The differences, each divided by how exact its expectation is, are measured in
    1.4826 MAD of them all. Raises ValueError for fewer than 10 periods, a series that never changes or
    follows its pattern exactly, and a threshold that is not positive.
    """
    _check_threshold(threshold)
    if len(values) < FEWEST_VALUES:
        raise ValueError(
            f"The series has {len(values)} periods: too few to tell what stands out. At least "
            f"{FEWEST_VALUES} are needed: take a shorter period."
        )
    found = find_season(values, period, season)
    limit = THRESHOLD if threshold is None else threshold
    if found.length > 1:
        expected, scale = _by_season(values, found.length, limit)
    else:
        expected, scale = _by_neighbours(values)
    differences = (values - expected) / scale
    sd = _robust_sd(differences)
    if sd <= 1e-9 * float(np.abs(values).max()):
        raise ValueError(
            "More than half of the periods follow the pattern exactly, so there is no spread to measure a "
            "deviation by. Look at the values that differ, or take another period."
        )
    deviation = differences / sd
    return SeriesAnomalies(
        values=values,
        expected=expected,
        deviation=deviation,
        sd=sd,
        threshold=limit,
        nominal=float(2 * stats.norm.sf(limit)),
        places=_beyond(deviation, limit),
        low=expected - limit * sd * scale,
        high=expected + limit * sd * scale,
        season=found,
    )


def rows_with_numbers(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows with a finite number in the column, behind their places in the frame: the first row is 1.

    Raises ValueError for a column that doesn't exist, holds no numbers or is empty.
    """
    values = numbers(frame, column, "A search for anomalies")
    place = pd.Series(np.arange(1, len(frame) + 1), frame.index, name="row")
    return pd.concat([place, frame.assign(**{column: values})], axis="columns")[values.notna()]


def outlier_rows(rows: pd.DataFrame, column: str, found: ColumnAnomalies) -> pd.DataFrame:
    """The rows that stand out, the furthest first, with the expected value and the deviation."""
    places = list(found.places)
    rows = rows.iloc[places].copy()
    for name in rows.select_dtypes("datetime").columns:
        if (rows[name] == rows[name].dt.normalize()).all():
            rows[name] = rows[name].dt.date
    unit = "robust sd" if found.rule == "robust_z" else "interquartile ranges"
    return rows.assign(
        **{
            f"expected {column}": found.expected[places],
            f"deviation ({unit})": found.deviation[places].round(2),
        }
    )


def _check_threshold(threshold: float | None) -> None:
    if threshold is not None and not 0 < threshold < np.inf:
        raise ValueError(f"The threshold must be above 0, not {threshold:g}. 3.5 is usual.")


def _beyond(deviation: np.ndarray, limit: float) -> tuple[int, ...]:
    """Where the deviation is beyond the limit, the furthest first."""
    order = np.argsort(-np.abs(deviation), kind="stable")
    return tuple(int(place) for place in order if abs(deviation[place]) > limit)


def _robust_sd(differences: np.ndarray) -> float:
    """1.4826 times the median distance from zero."""
    return float(np.median(np.abs(differences)) / stats.norm.ppf(0.75))


def _by_season(values: np.ndarray, length: int, limit: float) -> tuple[np.ndarray, np.ndarray]:
    """Trend and season at each place without the value there, and the standard error of the difference from
    it, in standard deviations of the noise.

    Robust STL alone won't do: with few cycles its weights fit most values too closely, and in pure noise it
    calls many times as many anomalies as the threshold says. It only proposes which values to leave out; the
    others are judged by least squares, with the leverage h of each: a difference from a fit without the value
    is e / (1 − h), with standard deviation 1 / √(1 − h).
    """
    leverage = _leverage(len(values), length)
    scale = 1 / np.sqrt(1 - leverage)
    differences = values - pattern(values, length, robust=True)
    for _ in range(_ROUNDS):
        out = np.abs(differences) > limit * _robust_sd(differences) * scale
        if out.mean() > _MOST_LEFT_OUT:
            out = np.abs(differences) > np.quantile(np.abs(differences), 1 - _MOST_LEFT_OUT)
        fitted = _fit_without(values, out, length)
        errors = values - fitted
        differences = np.where(out, errors, errors / (1 - leverage))
    return values - differences, scale


def _fit_without(values: np.ndarray, out: np.ndarray, length: int) -> np.ndarray:
    """Trend and season as if the values at `out` were missing: they are replaced by the fit until it
    stays."""
    whole = values.copy()
    whole[out] = np.interp(np.flatnonzero(out), np.flatnonzero(~out), values[~out])
    fitted = pattern(whole, length)
    for _ in range(_ROUNDS_TO_FILL if out.any() else 0):
        whole[out] = fitted[out]
        fitted = pattern(whole, length)
    return fitted


def _leverage(periods: int, length: int) -> np.ndarray:
    """How much of a change of each value the fit at its place follows: STL without robust weights is linear.

    It is computed for the places up to two seasons from an end, and in the middle, where it is the same.
    """
    ends = min(2 * length, periods // 2)
    found = np.empty(periods)
    for place in (*range(ends), periods // 2):
        impulse = np.zeros(periods)
        impulse[place] = 1.0
        share = pattern(impulse, length)[place]
        if place < ends:
            found[place] = found[periods - 1 - place] = share
        else:
            found[ends : periods - ends] = share
    return np.clip(found, 0.0, _LARGEST_LEVERAGE)


def _by_neighbours(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The value that the median line through the nearest others has at each place, and the standard error of
    the difference from it, in standard deviations of the noise (that of a median and of Theil's slope, for
    normal noise)."""
    expected, scale = np.empty(len(values)), np.empty(len(values))
    many = min(2 * NEIGHBOURS, len(values) - 1)
    for place in range(len(values)):
        first = min(max(0, place - NEIGHBOURS), len(values) - many - 1)
        near = np.arange(first, first + many + 1)
        near = near[near != place]
        slope = stats.theilslopes(values[near], near).slope
        expected[place] = np.median(values[near] - slope * (near - place))
        middle = near.mean()
        distance = (place - middle) ** 2 / ((near - middle) ** 2).sum()
        scale[place] = np.sqrt(1 + np.pi / 2 / many + np.pi / 3 * distance)
    return expected, scale
