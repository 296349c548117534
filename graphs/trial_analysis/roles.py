"""Which columns of a trial's table hold the time, the event and the arm, when nobody has said so.

A column is recognised by its name, and only when it is the one column with such a name: a guess between
two would be an answer to another question.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

_UNITS = frozenset({"day", "days", "week", "weeks", "month", "months", "years"})
_TIMES = frozenset({"time", "times", "duration", "follow_up", "followup", "survival_time", "time_to_event"})
TIME_NAMES = _UNITS | _TIMES | {f"{time}_{unit}" for time in _TIMES for unit in _UNITS}
EVENT_NAMES = frozenset(
    {"event", "events", "status", "relapse", "relapsed", "recurrence", "progression", "progressed"}
    | {"death", "dead", "died", "arrest", "arrested", "failure", "failed"}
)
ARM_NAMES = frozenset(
    {"arm", "study_arm", "treatment_arm", "trial_arm", "group", "study_group", "treatment_group"}
    | {"treatment", "trt", "allocation"}
)


@dataclass(frozen=True)
class SurvivalColumns:
    """The columns of a survival analysis; `arm` is None when all participants are taken together."""

    time: str
    event: str
    arm: str | None


def survival_columns(
    table: pd.DataFrame,
    time: str | None = None,
    event: str | None = None,
    arm: str | None = None,
    *,
    pooled: bool = False,
) -> SurvivalColumns:
    """The columns that were named, and for the others those that are recognised.

    A table without a column named like an arm, or `pooled`, has no arm. Raises ValueError when the time or
    the event is not recognised, when two columns could be the same role, and for an arm to be pooled.
    """
    if pooled and arm is not None:
        raise ValueError(f"Either pool all participants or compare the arms in column {arm!r}, not both.")
    named = [name for name in (time, event, arm) if name is not None]
    time = time or _one(table, "time", TIME_NAMES, named)
    event = event or _one(table, "event", EVENT_NAMES, named)
    if arm is None and not pooled:
        arm = _at_most_one(table, "arm", ARM_NAMES, named)
    return SurvivalColumns(time, event, arm)


def arm_column(table: pd.DataFrame, *, besides: Collection[str] = ()) -> str:
    """The one column that is named like an arm, leaving out those that have another role (`besides`).

    Raises ValueError when there is none, or more than one.
    """
    return _one(table, "arm", ARM_NAMES, besides)


def only_covariate(table: pd.DataFrame, columns: SurvivalColumns) -> str:
    """The arm, for a model whose covariates nobody has named. Raises ValueError when it is not recognised."""
    arm = _at_most_one(table, "arm", ARM_NAMES, [columns.time, columns.event])
    if arm is None:
        known = ", ".join(str(name) for name in table.columns if name not in {columns.time, columns.event})
        raise ValueError(f"Name the covariates of the model. The table has {known}.")
    return arm


def _one(table: pd.DataFrame, role: str, names: Collection[str], taken: Collection[str]) -> str:
    found = _at_most_one(table, role, names, taken)
    if found is None:
        known = ", ".join(str(column) for column in table.columns)
        raise ValueError(f"No column is named like the {role}. Say which it is: the table has {known}.")
    return found


def _at_most_one(
    table: pd.DataFrame, role: str, names: Collection[str], taken: Collection[str]
) -> str | None:
    found = [str(column) for column in table.columns if _folded(column) in names and column not in taken]
    if len(found) > 1:
        raise ValueError(f"More than one column could be the {role}: {', '.join(found)}. Say which it is.")
    return found[0] if found else None


def _folded(column: object) -> str:
    return re.sub(r"[\W_]+", "_", str(column).lower()).strip("_")
