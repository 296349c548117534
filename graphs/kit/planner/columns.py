"""Which columns of a table a request names, and which column arguments they are the values of."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphs.kit.planner.cues import EXPLICIT, Place, best_matching, cue_places, cue_score, explicit_span
from graphs.kit.planner.declarations import Argument, ToolProfile, declared_words
from graphs.kit.planner.figures import figures
from graphs.kit.planner.words import STOP_STEMS, Token, Words, find_phrase, stem, stems, tokens
from graphs.kit.state import Column

_NUMERIC = re.compile(
    r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|REAL|DOUBLE|DECIMAL|NUMERIC|BIGNUM|INT|BOOLEAN",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_RUN_GAP = re.compile(r"[\s\"'`]*(?:,|;|/|and|&|\+|, and|or|plus)?[\s\"'`]*", re.IGNORECASE)
_COLUMN_BEFORE = re.compile(r"(?:[,=+*\"'`]|\band|\bcolumns?)\s*$")
_NO_NOUN_BEHIND = re.compile(r"\s*(?:$|[,.;:?!)\]=+*\"'`]|(?:and|or|by|per|against|versus|vs|on|is|as)\b)")
_GROUPING = frozenset({"by", "per", "versus", "vs", "against", "across"})
_YEAR_DIGITS = 4
_EXACT, _FOLDED, _STEMMED, _PREFIX, _PART = 3.0, 2.5, 2.0, 1.0, 0.6


@dataclass(frozen=True)
class Mention:
    """A column as a text names it; `quality` says how surely. `run` numbers the list it stands in."""

    column: str
    start: int
    end: int
    quality: float
    run: int = -1


def is_numeric(column: Column) -> bool:
    """Return whether numbers can be computed from the column; a truth value counts as 0 or 1."""
    return _NUMERIC.match(column["type"]) is not None


def fits(argument: Argument, column: Column) -> bool:
    """Return whether the column's type is what the argument wants."""
    if argument.numeric is None or column["type"].upper() == "BOOLEAN":
        return True
    return argument.numeric == is_numeric(column)


def mentions(text: str, columns: Sequence[Column]) -> list[Mention]:
    """Return the columns that the text names, in order, without overlaps.

    Exact names win over names with folded case, spaces and underscores, those over plurals, and those
    over a first or other word of the name that only one column has. The months of "11 months" are a unit.
    """
    found = [mention for column in columns for mention in _mentions_of(text, column["name"])]
    found += _partial_mentions(text, columns)
    units = [(figure.start, figure.end) for figure in figures(text) if figure.unit]
    found = [m for m in found if not any(start < m.start and m.end <= end for start, end in units)]
    chosen: list[Mention] = []
    for mention in sorted(found, key=lambda m: (-m.quality, m.start - m.end, m.start)):
        if not any(mention.start < other.end and other.start < mention.end for other in chosen):
            chosen.append(mention)
    return _with_runs(text, sorted(chosen, key=lambda m: m.start))


def _mentions_of(text: str, name: str) -> list[Mention]:
    words = tokens(text)
    wanted = stems(_CAMEL.sub(" ", name))
    joined = "".join(wanted)
    if joined.isdigit() and len(joined) < _YEAR_DIGITS:
        return []
    found = []
    for first, last in find_phrase(words, wanted):
        start, end = words[first].start, words[last - 1].end
        if len(joined) > 1 or (text[start:end] == name and _stands_for_itself(text, name, start, end)):
            found.append(Mention(name, start, end, _quality(text[start:end], name)))
    return found


def _quality(written: str, name: str) -> float:
    if written.lower() == name.lower():
        return _EXACT
    return _FOLDED if _folded(written) == _folded(name) else _STEMMED


def _stands_for_itself(text: str, letter: str, start: int, end: int) -> bool:
    """A single letter is a column, not an article or pronoun: quoted, in a list, or no word behind it."""
    if letter not in {"a", "A", "I", "i"}:
        return True
    return bool(_COLUMN_BEFORE.search(text[:start]) or _NO_NOUN_BEHIND.match(text[end:]))


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _partial_mentions(text: str, columns: Sequence[Column]) -> list[Mention]:
    """Return the columns named by a part of their name, where only one column has that part."""
    words = tokens(text)
    names = {column["name"]: stems(_CAMEL.sub(" ", column["name"])) for column in columns}
    owners: dict[str, list[str]] = {}
    for name, parts in names.items():
        for run in {"".join(parts[i:j]) for i in range(len(parts)) for j in range(i + 2, len(parts) + 1)}:
            owners.setdefault(run, []).append(name)
    found = [
        Mention(names_of_run[0], words[first].start, words[last - 1].end, _STEMMED)
        for run, names_of_run in owners.items()
        if len(names_of_run) == 1 and run != "".join(names[names_of_run[0]])
        for first, last in find_phrase(words, (run,))
    ]
    return found + _single_words(words, names)


def _single_words(words: Words, names: Mapping[str, tuple[str, ...]]) -> list[Mention]:
    beginnings: dict[str, list[str]] = {}
    insides: dict[str, list[str]] = {}
    for name, parts in names.items():
        beginnings.setdefault(parts[0] if parts else "", []).append(name)
        for part in set(parts[1:]):
            insides.setdefault(part, []).append(name)
    found = []
    for token in words:
        if len(token.stem) < 3 or token.stem in STOP_STEMS or token.stem.isdigit():
            continue
        begun = [name for part, begun in beginnings.items() if _begins(part, token) for name in begun]
        owners, quality = (begun, _PREFIX) if begun else (insides.get(token.stem, []), _PART)
        if len(owners) == 1:
            found.append(Mention(owners[0], token.start, token.end, quality))
    return found


def _begins(word: str, token: Token) -> bool:
    """'revenue' names revenue_usd, and 'temperature' names temp."""
    return word == token.stem or (len(word) >= 4 and token.stem.startswith(word))


def _with_runs(text: str, found: list[Mention]) -> list[Mention]:
    result: list[Mention] = []
    run = -1
    for index, mention in enumerate(found):
        gap = text[found[index - 1].end : mention.start] if index else None
        if gap is None or not _RUN_GAP.fullmatch(gap):
            run += 1
        result.append(Mention(mention.column, mention.start, mention.end, mention.quality, run))
    return result


def mentioned_exactly(text: str, columns: Sequence[Column]) -> list[str]:
    """Return the columns that the text names by their full name, each once."""
    found = [m.column for m in mentions(text, columns) if m.quality >= _FOLDED and len(m.column) > 1]
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class ColumnSearch:
    """A request's text (file names masked, quotes kept) over the columns of one table."""

    text: str
    columns: Sequence[Column]
    tool: ToolProfile

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
        found = self.mentions
        values: dict[str, Any] = {}
        found = self._take_lists(found, values)
        found = self._take_single(found, values)
        found = self._take_rest(found, values)
        self._take_only_ones(found, values)
        return values

    def unknown_group(self, values: dict[str, Any]) -> tuple[Argument, str] | None:
        """Return an argument and the word behind its "by" or "per" that is no column, if there is one."""
        for argument in self.arguments:
            cues = [cue for cue in argument.cues if cue.lower() in _GROUPING]
            if not cues or values.get(argument.name):
                continue
            match = re.search(
                rf"\b(?:{'|'.join(cues)})\s+(?:the\s+|each\s+)?([^\W\d_][\w\-]*)", self.text, re.IGNORECASE
            )
            if match and not (set(stems(match[1])) & (self.declared_words | STOP_STEMS)):
                return argument, match[1]
        return None

    def _is_cue_only(self, mention: Mention) -> bool:
        """A part of a name that is also a word of the tool's declaration names the tool, not the column."""
        return mention.quality <= _PART and bool(
            set(stems(self.text[mention.start : mention.end])) & self.declared_words
        )

    def _score(self, argument: Argument, mention: Mention, others: Sequence[Mention]) -> float:
        if not fits(argument, self._column(mention.column)):
            return 0.0
        answer = explicit_span(self.text, argument)
        if answer and answer[0] <= mention.start and mention.end <= answer[1]:
            return EXPLICIT
        values = [(other.start, other.end) for other in others if other is not mention]
        places = [
            place
            for place in self._places[argument.name]
            if not (mention.start < place.end and place.start < mention.end)
        ]
        return cue_score(self.text, places, mention.start, mention.end, values) * min(
            1.0, 0.7 + mention.quality / 8
        )

    def _column(self, name: str) -> Column:
        return next(column for column in self.columns if column["name"] == name)

    def _take_lists(self, found: list[Mention], values: dict[str, Any]) -> list[Mention]:
        """Give list arguments the run that their cue stands before."""
        for argument in (a for a in self.arguments if a.many):
            heads = {m.run: m for m in reversed(found)}
            scores = {run: self._score(argument, head, found) for run, head in heads.items()}
            run = max(scores, key=lambda number: scores[number], default=None)
            if run is None or not scores[run]:
                continue
            names = [m.column for m in found if m.run == run and fits(argument, self._column(m.column))]
            values[argument.name] = list(dict.fromkeys(names))
            found = [m for m in found if m.run != run]
        return found

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
        if not argument.required or not fits(argument, column):
            return 0.0
        rivals = [a for a in self.arguments if a.required and not a.many and fits(a, column)]
        named = {other.column for other in others if fits(argument, self._column(other.column))}
        if len(named) < len(rivals):
            return 0.0
        return (0.5 if argument.numeric is None else 1.5) * min(1.0, 0.7 + mention.quality / 8)

    def _take_rest(self, found: list[Mention], values: dict[str, Any]) -> list[Mention]:
        """What is left goes to the one required list, or else the one argument that wants a column."""
        open_lists = [a for a in self.arguments if a.many and a.required and a.name not in values]
        if len(open_lists) == 1 and found:
            names = [m.column for m in found if fits(open_lists[0], self._column(m.column))]
            if names:
                values[open_lists[0].name] = list(dict.fromkeys(names))
            return [m for m in found if m.column not in names]
        left = list(dict.fromkeys(m.column for m in found if m.quality >= _STEMMED))
        wanting = [
            a
            for a in self.arguments
            if a.name not in values and any(fits(a, self._column(name)) for name in left)
        ]
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
            free = [c["name"] for c in self.columns if c["name"] not in used and fits(argument, c)]
            own = {_folded(cue) for cue in argument.own_cues} | {stem(cue) for cue in argument.own_cues}
            named = [name for name in free if _folded(name) in own]
            candidates = named or (free if argument.numeric is not None and not left else [])
            if len(candidates) == 1:
                values[argument.name] = [candidates[0]] if argument.many else candidates[0]
