"""Which column arguments of a tool the columns that a request names are the values of."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from graphs.kit.planner.cues import EXPLICIT, Place, best_matching, cue_places, cue_score, explicit_span
from graphs.kit.planner.declarations import Argument, ToolProfile, declared_words
from graphs.kit.planner.mentions import EVERYDAY, PART, STEMMED, Mention, column_words, folded, mentions
from graphs.kit.planner.words import STOP_STEMS, stem, stems
from graphs.kit.state import Column

_NUMERIC = re.compile(
    r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|REAL|DOUBLE|DECIMAL|NUMERIC|BIGNUM|INT|BOOLEAN",
    re.IGNORECASE,
)
_WORD = (
    r"(?:the\s+|each\s+)?(?:(?:number|kind|type|sort|level|category|name)s?\s+of\s+(?:the\s+)?)?"
    r"([^\W\d_][\w\-]*)"
)
_AFTER_ON = re.compile(rf"\s+on\s+{_WORD}", re.IGNORECASE)
_IDENTIFIERS = frozenset(map(stem, ("id", "ids", "nr", "no", "number", "num", "key", "uuid", "guid", "code")))
_ROWS = re.compile(r"\s+(?:rows|records|entries|lines)\b", re.IGNORECASE)
COUNTING = ("how many", "number of")
"""What asks for a count of the things behind it."""

_NONE = re.compile(r"\b(?:no|not)\s+$", re.IGNORECASE)
_MEASURING = frozenset({"total", "sum of", "mean", "average", "median"})
_GROUPING = frozenset({"by", "per", "versus", "vs", "against", "across"})


def is_numeric(column: Column) -> bool:
    """Return whether numbers can be computed from the column; a truth value counts as 0 or 1."""
    return _NUMERIC.match(column["type"]) is not None


def is_whole(column: Column) -> bool:
    """Return whether the column holds whole numbers."""
    return "INT" in column["type"].upper()


def is_date(column: Column) -> bool:
    """Return whether the column holds dates or times."""
    return column["type"].startswith(("DATE", "TIMESTAMP"))


def is_identifier(column: Column) -> bool:
    """Return whether the column's name says that it tells things apart: its figures measure nothing."""
    return (column_words(column["name"]) or ("",))[-1] in _IDENTIFIERS


def fits(argument: Argument, column: Column) -> bool:
    """Return whether the column's type is what the argument wants."""
    if argument.dates is not None and argument.dates != is_date(column):
        return False
    if argument.numeric is None or column["type"].upper() == "BOOLEAN":
        return True
    return argument.numeric == is_numeric(column)


@dataclass(frozen=True)
class ColumnSearch:
    """A request's text (file names masked, quotes kept) over the columns of one table."""

    text: str
    columns: Sequence[Column]
    tool: ToolProfile
    settled: Collection[str] = ()
    """Arguments that an earlier call has, which want no column."""

    @cached_property
    def arguments(self) -> Sequence[Argument]:
        """The tool's column arguments."""
        return self.tool.of_kind("column")

    @cached_property
    def declared_words(self) -> frozenset[str]:
        """The stems that the tool's declaration uses."""
        return declared_words(self.tool)

    @cached_property
    def _places(self) -> dict[str, list[Place]]:
        return cue_places(self.text, self.arguments, self.tool.keywords)

    @cached_property
    def mentions(self) -> list[Mention]:
        """The columns that the text names."""
        return [m for m in mentions(self.text, self.columns) if not self._is_cue_only(m)]

    def find(self) -> dict[str, Any]:
        """Return the columns for the arguments: a name, or a list of names where many are wanted."""
        # "and no arm" wants none
        found = [m for m in self.mentions if not _NONE.search(self.text[: m.start])]
        values: dict[str, Any] = {}
        found = self._take_lists(found, values)
        found = self._take_single(found, values)
        found = self._take_rest(found, values)
        self._take_only_ones(found, values)
        return values

    def unknown_group(self, values: dict[str, Any]) -> tuple[Argument, str] | None:
        """Return an argument and the word behind its "by" or "per" that is no column, if there is one.

        Behind "on" too, when a column stands before it ("regress y on advertising").
        """
        for argument in self.arguments:
            if values.get(argument.name):
                continue
            wanted = _MEASURING if argument.required and argument.numeric else _GROUPING
            cues = [cue for cue in argument.cues if cue.lower() in wanted]
            words = [_AFTER_ON.match(self.text, m.end) for m in self.mentions if "on" in argument.cues]
            if cues:
                pattern = rf"\b(?:{'|'.join(cues)})\s+{_WORD}"
                words.append(re.search(pattern, self.text, re.IGNORECASE))
            match = next(filter(None, words), None)
            if match and any(m.start <= match.start(1) < m.end for m in self.mentions):
                continue  # a column, which is the value of another argument: "sorted by units"
            if match and not (set(stems(match[1])) & (self.declared_words | STOP_STEMS)):
                return argument, match[1]
        return None

    def _is_cue_only(self, mention: Mention) -> bool:
        """A part of a name that is also a word of the tool's declaration names the tool, not the column."""
        return mention.quality <= PART and bool(
            set(stems(self.text[mention.start : mention.end])) & self.declared_words
        )

    def _suits(self, argument: Argument, mention: Mention) -> bool:
        """Return whether the column can be the argument's; "customers" asks for no sum of customer_id."""
        column = self._column(mention.column)
        if argument.numeric and is_identifier(column) and mention.quality < STEMMED:
            return False
        return fits(argument, column)

    def _score(self, argument: Argument, mention: Mention, others: Sequence[Mention]) -> float:
        if not self._suits(argument, mention):
            return 0.0
        if mention.quality == EVERYDAY and not argument.numeric:
            return 0.0  # "how heavy" asks for a measure
        answer = explicit_span(self.text, argument)
        if answer and answer[0] <= mention.start and mention.end <= answer[1]:
            return EXPLICIT
        values = [(other.start, other.end) for other in others if other is not mention]
        # "regions by revenue" groups by what stands before, "revenue by region" does not
        is_category = not is_numeric(self._column(mention.column))
        places = [
            replace(place, forward=False) if is_category else place
            for place in self._places[argument.name]
            if not (mention.start < place.end and place.start < mention.end)
            and not self._asks_for_an_amount(argument, mention, place)
        ]
        return cue_score(self.text, places, mention.start, mention.end, values) * min(
            1.0, 0.7 + mention.quality / 8
        )

    def _asks_for_an_amount(self, argument: Argument, mention: Mention, place: Place) -> bool:
        """ "how many units" asks for their sum, "how many customers" or "how many regions" counts them."""
        column = self._column(mention.column)
        counts = self.text[place.start : place.end].lower() in COUNTING
        if counts and argument.numeric is None and _ROWS.match(self.text, place.end):
            return True
        return counts and argument.numeric is None and is_numeric(column) and not is_identifier(column)

    def _column(self, name: str) -> Column:
        return next(column for column in self.columns if column["name"] == name)

    def _take_lists(self, found: list[Mention], values: dict[str, Any]) -> list[Mention]:
        """Give list arguments the run that their cue stands before."""
        for argument in (a for a in self.arguments if a.many):
            heads = {m.run: m for m in reversed(found)}
            scores = {
                run: self._score(argument, head, found)
                for run, head in heads.items()
                if argument.required or not self._starves([m for m in found if m.run == run], found, values)
            }
            if not argument.required:
                scores = {run: s for run, s in scores.items() if s >= self._single_score(heads[run], found)}
            run = max(scores, key=lambda number: scores[number], default=None)
            if run is None or not scores[run]:
                continue
            names = [m.column for m in found if m.run == run and self._suits(argument, m)]
            values[argument.name] = list(dict.fromkeys(names))
            found = [m for m in found if m.run != run]
        return found

    def _single_score(self, mention: Mention, others: Sequence[Mention]) -> float:
        """Return how strongly an argument that takes one column claims this one: "sorted by date"."""
        singles = [argument for argument in self.arguments if not argument.many]
        return max((self._score(argument, mention, others) for argument in singles), default=0.0)

    def _starves(self, taken: Sequence[Mention], found: Sequence[Mention], values: dict[str, Any]) -> bool:
        """Return whether a required argument that one of the columns fits would find no other then."""
        own = [self._column(m.column) for m in taken]
        rest = [self._column(m.column) for m in found if m not in taken]
        return any(
            any(fits(a, column) for column in own) and not any(fits(a, column) for column in rest)
            for a in self.arguments
            if a.required and a.numeric is not None and a.name not in values and a.name not in self.settled
        )

    def _take_single(self, found: list[Mention], values: dict[str, Any]) -> list[Mention]:
        """Give single arguments the column that a cue claims, then required ones what their type fits."""
        found = self._match_single(found, values, self._score)
        if all(a.name in values for a in self.arguments if a.required and a.many):
            found = self._match_single(found, values, self._type_score)
        return found

    def _match_single(
        self,
        found: list[Mention],
        values: dict[str, Any],
        score_of: Callable[[Argument, Mention, Sequence[Mention]], float],
    ) -> list[Mention]:
        singles = [a for a in self.arguments if not a.many and a.name not in values]
        scores = [
            {
                index: score + (0.2 if argument.required else 0.0) - 0.001 * index
                for index, mention in enumerate(found)
                if (score := score_of(argument, mention, found))
                and (argument.required or not self._starves([mention], found, values))
            }
            for argument in singles
        ]
        taken = set()
        for argument, index in zip(singles, best_matching(scores), strict=True):
            if index is not None:
                values[argument.name] = found[index].column
                taken.add(found[index].column)
        return [mention for mention in found if mention.column not in taken]

    def _type_score(self, argument: Argument, mention: Mention, others: Sequence[Mention]) -> float:
        """A column without a cue goes to a required argument whose type it fits, unless several are open."""
        column = self._column(mention.column)
        if not argument.required or not self._suits(argument, mention):
            return 0.0
        rivals = [a for a in self.arguments if a.required and not a.many and fits(a, column)]
        named = {other.column for other in others if fits(argument, self._column(other.column))}
        if len(named) < len(rivals):
            return 0.0
        return (0.5 if argument.numeric is None else 1.5) * min(1.0, 0.7 + mention.quality / 8)

    def _take_rest(self, found: list[Mention], values: dict[str, Any]) -> list[Mention]:
        """What is left goes to the one required list, or else the one argument that wants a column."""
        open_lists = [
            a
            for a in self.arguments
            # "and units?" takes the place of the measure, "and region?" of nothing that is settled
            if a.many and a.required and a.name not in values and (a.numeric or a.name not in self.settled)
        ]
        if len(open_lists) == 1 and found:
            names = [m.column for m in found if self._suits(open_lists[0], m)]
            if names:
                values[open_lists[0].name] = list(dict.fromkeys(names))
            return [m for m in found if m.column not in names]
        left = list(dict.fromkeys(m.column for m in found if m.quality >= STEMMED))
        wanting = [
            a
            for a in self.arguments
            if a.name not in values and any(fits(a, self._column(name)) for name in left)
        ]
        # a list takes what has no cue sooner than roles that are each one column, unless one is required
        lists = [a for a in wanting if a.many]
        if len(lists) == 1 and not any(a.required for a in wanting):
            wanting = lists
        if len(left) == 1 and len(wanting) == 1:
            values[wanting[0].name] = left if wanting[0].many else left[0]
            return [m for m in found if m.column != left[0]]
        return found

    def _take_only_ones(self, left: Sequence[Mention], values: dict[str, Any]) -> None:
        """A required argument that nothing names takes the column of its name, or the only one that fits.

        The latter only when no column was named in vain: it may be meant, though its type does not fit.
        """
        for argument in (a for a in self.arguments if a.required and a.name not in values):
            used = {
                name for value in values.values() for name in (value if isinstance(value, list) else [value])
            }
            free = [
                c["name"]
                for c in self.columns
                if c["name"] not in used and fits(argument, c) and not (argument.numeric and is_identifier(c))
            ]
            own = {folded(cue) for cue in argument.own_cues} | {stem(cue) for cue in argument.own_cues}
            named = [name for name in free if folded(name) in own]
            candidates = named or (free if argument.numeric is not None and not left else [])
            if len(candidates) == 1:
                values[argument.name] = [candidates[0]] if argument.many else candidates[0]
