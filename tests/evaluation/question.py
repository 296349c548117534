"""What a question is: the words, and what a right answer holds.

A file in `questions/` has a function `talks()`; one more question is one more `Talk` in its list:

    Talk("cars.csv", Ask("How many cars have 8 cylinders?", {"": (cars.Cylinders == 8).sum()}))

Expected figures are computed there from the packages' own tables, with pandas, SciPy or statsmodels and never
with Holdfast's code, or are published: then they stand as text, with the digits that were published.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

Label = str | tuple[str, ...]
"""The words beside a figure, all of them: of its sentence or list item; in a table of its row and its head.
`a|b` is one or the other."""


@dataclass(frozen=True)
class Near:
    """A figure that depends on a choice which the question leaves open, such as the model of a forecast."""

    value: float
    tolerance: float


@dataclass(frozen=True)
class Size:
    """A figure whose sign depends on which of two groups is named first."""

    value: float


Expected = float | str | Near | Size
Figures = Mapping[Label, Expected]


@dataclass(frozen=True)
class InFile:
    """A new file that the answer names: how its name ends, and what it holds."""

    suffix: str
    figures: Figures = field(default_factory=dict)
    rows: int | None = None
    """Of a CSV or Excel file, without the head."""
    total: tuple[str, float] | None = None
    """A column of such a file, and what its numbers add up to."""


@dataclass(frozen=True)
class Ask:
    """One message, and what a right answer to it holds.

    Every one of `figures` must be in the answer, `said` must be in its words (`a|b`: one or the other), and
    the names in `order` must first appear in this order. `files` must be new and named. An answer to what is
    `refused` holds no figure of its own, and no tool gave one.
    """

    text: str
    figures: Figures = field(default_factory=dict)
    said: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    files: tuple[InFile, ...] = ()
    refused: bool = False


@dataclass(frozen=True)
class Talk:
    """A conversation over files, whose names stand in `datasets.DATASETS`; each message is a question."""

    files: str | tuple[str, ...]
    asks: tuple[Ask, ...]

    def __init__(self, files: str | tuple[str, ...], *asks: Ask) -> None:
        object.__setattr__(self, "files", files)
        object.__setattr__(self, "asks", asks)

    @property
    def file_names(self) -> tuple[str, ...]:
        """The files as a tuple."""
        return (self.files,) if isinstance(self.files, str) else self.files


def each(values: "pd.Series[float]", *more: str) -> dict[Label, float]:
    """Return a figure for each entry, labelled by its index; `more` must stand beside each."""
    return {(*_words(index), *more): float(value) for index, value in values.items()}


def cells(table: pd.DataFrame) -> dict[Label, float]:
    """Return a figure for each cell that has one, labelled by its row and its column."""
    return {
        (*_words(row), *_words(column)): float(value)
        for column, values in table.items()
        for row, value in values.dropna().items()
    }


def chart(figures: Figures | None = None, rows: int | None = None) -> tuple[InFile, InFile]:
    """Return the files of a chart: the picture, and the data behind it."""
    return InFile(".png"), InFile(".csv", figures or {}, rows)


def month(day: pd.Timestamp | pd.Period) -> str:
    """Return the names of the day's month that an answer may use."""
    return "|".join(day.strftime(form) for form in ("%Y-%m", "%B %Y", "%b %Y"))


def _words(index: Hashable) -> Iterable[str]:
    if isinstance(index, tuple):
        return tuple(map(str, index))
    return (month(index),) if isinstance(index, pd.Timestamp | pd.Period) else (str(index),)
