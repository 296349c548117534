"""From time on a plan's axis (units after the project's start) to calendar dates, and back."""

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from graphs.project_bodhi.tasks import Plan

# Sums of decimal durations miss whole days by less than this.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Calendar:
    """A project's first day, the plan's unit, and 5 (Monday to Friday, no holidays) or 7 days a week.

    Raises ValueError when `days_per_week` is neither.
    """

    first_day: date
    unit: str
    days_per_week: int = 5

    def __post_init__(self) -> None:
        if self.days_per_week not in (5, 7):
            raise ValueError(f"A week of {self.days_per_week} working days isn't supported. Use 5 or 7.")

    def start_of(self, time: float) -> date:
        """The day on which work begins that starts at `time`."""
        return self._day(math.floor(time * self._days_per_unit + _ROUNDING))

    def finish_of(self, time: float) -> date:
        """The last day worked by something that finishes at `time`; the first day for time 0."""
        return self._day(max(0, math.ceil(time * self._days_per_unit - _ROUNDING) - 1))

    def time_of(self, day: date) -> float:
        """The plan's time at the beginning of a day; 0 for days before the project starts."""
        if self.days_per_week == 7:
            days = (day - self.first_day).days
        else:
            days = int(np.busday_count(self._day(0), day))
        return max(0, days) / self._days_per_unit

    @property
    def _days_per_unit(self) -> int:
        return self.days_per_week if self.unit == "weeks" else 1

    def _day(self, working_days: int) -> date:
        if self.days_per_week == 7:
            return self.first_day + timedelta(days=working_days)
        return np.busday_offset(self.first_day, working_days, roll="forward").astype(date)


def calendar_of(plan: Plan, first_day: date | None = None, days_per_week: int = 5) -> Calendar | None:
    """The plan's calendar from `first_day`, else from its earliest start date; None when there is neither."""
    starts = [task.not_before for task in plan.tasks if task.not_before]
    if first_day is None and not starts:
        return None
    return Calendar(first_day or min(starts), plan.unit, days_per_week)
