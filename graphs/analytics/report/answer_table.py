"""The table of an answer, as it stands: to be exported or drawn."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

from graphs.analytics.charts.chart_data import is_ordered
from graphs.analytics.report.exportable import Content

_GROUPING = ("groups", "category", "along", "series", "rows", "columns", "group", "grouping")
_NAMED = re.compile(r"\*\*(.+?)\*\*")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Shape:
    """How a table is drawn: `values` along `key`, with a line for each value of `series`."""

    kind: Literal["bar", "line"]
    frame: pd.DataFrame
    key: str
    values: tuple[str, ...]
    series: str | None = None


@dataclass(frozen=True)
class AnswerTable:
    """The rows of an answer: `what` it is in words, the `source` that it was computed from, the `file` that
    holds the rows already ('' for none) and the SQL behind them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    what: str
    source: str
    file: str
    sql: tuple[str, ...]
    keys: tuple[str, ...] = ()
    """The columns that the figures were grouped by, as far as the call names them."""

    def content(self) -> Content:
        """What an export of it holds."""
        return Content(
            what=" and ".join(self.columns[:4]) + (" and more" if len(self.columns) > 4 else ""),
            source=self.what,
            columns=self.columns,
            types=None,
            batches=[self.rows],
            rows=len(self.rows),
            sql=self.sql,
            notes=(),
        )

    def shape(self, kind: Literal["bar", "line"] | None) -> Shape:
        """How it is drawn: lines over dates and numbers, bars otherwise, unless `kind` says it.

        Raises ValueError for a table that has no figures, or more columns than the chart can show.
        """
        frame = self._frame()
        figures = [
            name
            for name in self.columns
            if pd.api.types.is_numeric_dtype(frame[name]) and name not in self.keys
        ]
        keys = [name for name in self.columns if name not in figures] or figures[:1]
        values = [name for name in figures if name not in keys]
        percent = [name for name in values if name.startswith("percent_of_")]
        values = percent or values
        if not values or not keys:
            raise ValueError(
                f"The last answer ({', '.join(self.columns)}) can't be drawn: it needs a column of groups or "
                "dates, and one of figures beside it."
            )
        ordered = [name for name in keys if is_ordered(frame[name])]
        kind = kind or ("line" if ordered else "bar")
        if kind == "bar":
            return self._bars(frame, keys, values)
        return self._lines(frame, keys, values, ordered)

    def _frame(self) -> pd.DataFrame:
        frame = pd.DataFrame(self.rows, columns=pd.Index(self.columns))
        days = [name for name in self.columns if all(isinstance(each, date) for each in frame[name])]
        return frame.assign(**{name: pd.to_datetime(frame[name]) for name in days})

    def _bars(self, frame: pd.DataFrame, keys: Sequence[str], values: Sequence[str]) -> Shape:
        if len(keys) > 1 or len(values) > 1:
            raise ValueError(
                f"The last answer has {' and '.join(values)} by {' and '.join(keys)}, and bars show one "
                "column by another: name the two."
            )
        return Shape("bar", frame, keys[0], tuple(values))

    def _lines(
        self, frame: pd.DataFrame, keys: Sequence[str], values: Sequence[str], ordered: Sequence[str]
    ) -> Shape:
        others = [name for name in keys if name not in ordered[:1]]
        if not ordered:
            raise ValueError(
                f"A line needs dates or numbers along it, and '{keys[0]}' holds text. Draw bars."
            )
        if len(others) > 1 or (others and len(values) > 1):
            raise ValueError(
                f"The last answer has {' and '.join(values)} by {' and '.join(keys)}: that is more than "
                "lines can show. Name what to draw."
            )
        return Shape("line", frame, ordered[0], tuple(values), others[0] if others else None)


@dataclass(frozen=True)
class Answered:
    """An answer: the tool that gave it with its arguments, the text, and the figures as plain data."""

    tool: str
    arguments: Mapping[str, Any]
    text: str
    figures: Mapping[str, Any]

    @property
    def first_line(self) -> str:
        """What the text begins with, without marks."""
        return self.text.strip().partition("\n")[0].replace("**", "").rstrip(":.")


def table_of(answer: Answered, made: tuple[str, pd.DataFrame] | None) -> AnswerTable:
    """Return the table of an answer: the one file of its data that was made for it (name and rows), else the
    rows that it shows. Raises ValueError when it has no table, or several.
    """
    figures = answer.figures
    sql, records = figures.get("sql") or (), figures.get("table")
    rankings = figures.get("rankings") or ()
    if len(rankings) == 1:
        records, sql = rankings[0]["table"], rankings[0]["sql"]
    if made:
        name, frame = made
        columns = [str(column) for column in frame.columns]
        rows = [tuple(map(_plain, row)) for row in frame.itertuples(index=False, name=None)]
    elif isinstance(records, list) and records:
        name, columns = "", list(records[0])
        rows = [tuple(row) for row in _typed([list(each.values()) for each in records])]
    else:
        raise ValueError(
            f"The last answer, of {answer.tool.replace('_', ' ')}, is not one table of figures. Say what is "
            "wanted with its columns, as in: export the mean of A by B as Excel."
        )
    read = figures.get("file") or next(iter(figures.get("files") or ()), "answer")
    grouping = [answer.arguments.get(key) or () for key in _GROUPING]
    grouped = {key for each in grouping for key in ([each] if isinstance(each, str) else each)}
    return AnswerTable(
        columns=tuple(columns),
        rows=tuple(rows),
        what=f"the last answer: {answer.first_line}",
        source=_NAMED.sub(r"\1", read).partition(" (")[0],
        file=name,
        sql=(sql,) if isinstance(sql, str) else tuple(sql),
        keys=tuple(column for column in columns if column in grouped),
    )


def _plain(value: Any) -> Any:
    """The value as Python's own; None for a gap, and a day for a midnight."""
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date() if value == value.normalize() else value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value


def _typed(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The rows with the days that stand as text in them as dates."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    for column in columns:
        if all(value is None or (isinstance(value, str) and _DAY.fullmatch(value)) for value in column):
            column[:] = [value and date.fromisoformat(value) for value in column]
    return [list(row) for row in zip(*columns, strict=True)]
