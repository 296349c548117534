"""A request for a tool, and the arguments that were found for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from graphs.kit.planner.declarations import ToolProfile
from graphs.kit.planner.files import Desk
from graphs.kit.planner.prose import BLANK, masked, without_sql


@dataclass
class Filled:
    """The arguments found, and by name why an argument needs an answer of the person (a sentence or '').

    `news` are the arguments that the request itself gives, `unused` the figures, columns, dates and
    names of values that it names in vain, `in_vain` the files that it names beside those that serve.
    """

    values: dict[str, Any] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)
    news: set[str] = field(default_factory=set)
    unused: list[str] = field(default_factory=list)
    in_vain: list[str] = field(default_factory=list)

    def take(self, values: Mapping[str, Any]) -> None:
        """Keep values that the request gives."""
        self.values |= values
        self.news |= values.keys()


@dataclass(frozen=True)
class Task:
    """A request for a tool; `kept` are the arguments of an earlier call that it varies."""

    tool: ToolProfile
    text: str
    desk: Desk
    kept: Mapping[str, Any]

    @cached_property
    def bare(self) -> str:
        """The text without file names, quotes and code."""
        return masked(self._prose, self.desk.files)

    @cached_property
    def with_quotes(self) -> str:
        """The text without file names and code: a column may be quoted."""
        return masked(self._prose, self.desk.files, quotes=False)

    @property
    def _prose(self) -> str:
        return without_sql(self.text) if self.tool.takes_sql else self.text

    @property
    def whole_turn(self) -> "Task":
        """The same with all that the person wrote."""
        return replace(self, text=self.desk.turn_text)

    @property
    def turn_before(self) -> "Task":
        """The same with what the person wrote before this request."""
        return replace(self, text=self.desk.turn_text.partition(self.text)[0])

    def without(self, spans: Sequence[tuple[int, int]]) -> "Task":
        """The same with parts of the text blanked."""
        text = self.text
        for start, end in spans:
            text = text[:start] + BLANK * (end - start) + text[end:]
        return replace(self, text=text)


def table_of(tool: ToolProfile, values: Mapping[str, Any], desk: Desk) -> str:
    """Return the file among the values whose columns are meant, '' for none."""
    for argument in tool.of_kind("file"):
        chosen = values.get(argument.name)
        for name in chosen if isinstance(chosen, list) else [chosen]:
            if isinstance(name, str) and desk.columns(name):
                return name
    return ""


def dated_by(tool: ToolProfile, *values: Mapping[str, Any]) -> str:
    """Return the column that the values name for the dates, those given first before the others; '' for
    none."""
    names = [each.name for each in tool.arguments if each.names_column]
    return next((str(given[name]) for given in values for name in names if given.get(name)), "")
