"""Which file of the session a request means."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from graphs.kit.planner.cues import explicit_span
from graphs.kit.planner.declarations import Argument, ToolProfile, declared_phrases
from graphs.kit.planner.mentions import mentions
from graphs.kit.planner.prose import BLANK, foreign_files, masked, named_files, unknown_files
from graphs.kit.planner.sheets import named_sheet
from graphs.kit.planner.words import Words, find_phrase, stems, tokens
from graphs.kit.state import Artifact, Column

_BACK_REFERENCE = re.compile(
    r"\b(it|its|them|their|this|that|these|those|result|results|repaired|new|made|output|same)\b",
    re.IGNORECASE,
)
_ORDINALS = {
    "first": 0,
    "1st": 0,
    "second": 1,
    "2nd": 1,
    "third": 2,
    "3rd": 2,
    "last": -1,
    "latter": -1,
    "former": 0,
}
ORDINAL = re.compile(rf"\b(?:{'|'.join(_ORDINALS)})\b", re.IGNORECASE)
_ALL = re.compile(
    r"\b(?:all|every|each|both)\b(?:\s+(?:of\s+)?(?:the|my|these|those)?)?\s*(?:\w+\s+)?"
    r"(?:files?|meshe?s|models?|parts|tables?|plans?|pictures?|charts?|ones)\b",
    re.IGNORECASE,
)

_GROUPED_BY = re.compile(r"\b(?:per|by|each|every)\s+$", re.IGNORECASE)


@dataclass(frozen=True)
class Desk:
    """The files at hand: all of the session by name, and what the conversation says of their use.

    `turn_text` is the whole message and `handed` are the files that came with it. `made` are those that
    tools made since, newest last, and `successors` those among them that a tool made as its one result;
    `used` are those that tools took since, newest last. `recent` are files of the conversation before,
    those last worked on first. `extracts` are tables that tools wrote then out of other tables: nobody means
    one without naming it.
    """

    files: Mapping[str, Artifact]
    turn_text: str = ""
    handed: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()
    extracts: tuple[str, ...] = ()

    def columns(self, name: str, sheet: str = "") -> list[Column]:
        """Return the columns of a table, or of another sheet of it than the first; empty for other files."""
        if name not in self.files:
            return []
        return self.sheets(name).get(sheet) or list(self.files[name].get("columns", []))

    def all_columns(self) -> list[Column]:
        """Return the columns of all tables, with those of all sheets."""
        return [
            column
            for name in self.files
            for columns in (self.columns(name), *self.sheets(name).values())
            for column in columns
        ]

    def sheets(self, name: str) -> Mapping[str, list[Column]]:
        """Return the columns of a workbook's sheets but the first, by their names."""
        return self.files[name].get("sheets", {}) if name in self.files else {}


@dataclass
class FileChoice:
    """The files for a tool's file arguments; `named` are the arguments whose files the request names.

    `unfit` and `unknown` are files that it names but that can't serve.
    """

    values: dict[str, str | list[str]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    unfit: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def fitting(argument: Argument, names: Sequence[str] | Mapping[str, Artifact]) -> list[str]:
    """Return the names that end in one of the argument's suffixes."""
    return [name for name in names if PurePosixPath(name).suffix.lower() in argument.suffixes]


def _whole_words(text: str, words: Words, places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the places that are no part of a longer name: "customer_id" speaks of no file customers.csv."""
    return [
        (first, last)
        for first, last in places
        if "_" not in (text[: words[first].start][-1:], text[words[last - 1].end :][:1])
    ]


def files_named(text: str, desk: Desk) -> list[str]:
    """Return the files that the text names, with or without their suffix, in the order of their mention.

    A name without its suffix does not count when a file that is named in full is called after it too:
    "orders per country in orders_customers.parquet" speaks of one file.
    """
    full = named_files(text, desk.files)
    rest = masked(text, desk.files, quotes=False)
    words = tokens(rest)
    stems_of: dict[str, list[str]] = {}
    for name in desk.files:
        stems_of.setdefault(PurePosixPath(name).stem.lower(), []).append(name)
    spoken = {word for name in full for word in stems(PurePosixPath(name).stem)}
    by_stem = [
        (words[places[0][0]].start, names[0])
        for file_stem, names in stems_of.items()
        if len(names) == 1
        and names[0] not in full
        and len(file_stem) >= 3
        and not spoken.issuperset(stems(file_stem.replace("_", " ")))
        and (places := _whole_words(rest, words, find_phrase(words, stems(file_stem.replace("_", " ")))))
    ]
    return [*full, *(name for _, name in sorted(by_stem))]


def refers_back(text: str) -> bool:
    """Return whether the text speaks of something named before ("it", "the repaired one")."""
    return _BACK_REFERENCE.search(text) is not None


def choose_files(tool: ToolProfile, text: str, desk: Desk, kept: Mapping[str, Any]) -> FileChoice:
    """Return the files for the tool's file arguments, as far as the request and the session tell.

    `kept` are the arguments of an earlier call that the request varies.
    """
    choice = FileChoice()
    arguments = tool.of_kind("file")
    if not arguments:
        return choice
    full_names = named_files(text, desk.files)
    named = files_named(text, desk)
    if len(arguments) == 1 and not arguments[0].many:
        named = _without_columns(named, text, desk)
    suffixes = {suffix for argument in arguments for suffix in argument.suffixes}
    choice.unfit = [name for name in full_names if PurePosixPath(name).suffix.lower() not in suffixes]
    columns = {column["name"].lower() for name in desk.files for column in desk.columns(name)}
    choice.unknown = [
        *unknown_files(text, desk.files),
        *(name for name in foreign_files(text, desk.files) if name.lower() not in columns),
    ]
    used: list[str] = []
    for argument in arguments:
        answer = explicit_span(text, argument)
        if answer and not files_named(text[: answer[0]], desk):
            # the person was asked about what was named in vain, and this is the answer
            choice.unknown, choice.unfit = [], []
        wanted = _answered(argument, text[answer[0] : answer[1]], desk, used) if answer else named
        wanted = [name for name in fitting(argument, wanted) if name not in used]
        if wanted:
            choice.named.add(argument.name)
        elif not choice.unknown and not choice.unfit:
            wanted = _kept_files(argument, desk, kept) or _implied(tool, argument, text, desk, used)
        if wanted:
            chosen = wanted if argument.many else wanted[:1]
            used += chosen
            choice.values[argument.name] = chosen if argument.many else chosen[0]
    return choice


def _without_columns(named: Sequence[str], text: str, desk: Desk) -> list[str]:
    """Return the named files but those whose name, without its suffix, is said of a column of another table:
    "revenue per customer" is of the table that has both, and not of customers.csv."""
    full = named_files(text, desk.files)
    return [name for name in named if name in full or not _names_column(name, text, desk)]


def _names_column(name: str, text: str, desk: Desk) -> bool:
    bare = masked(text, desk.files, quotes=False)
    words = tokens(bare)
    places = find_phrase(words, stems(PurePosixPath(name).stem.replace("_", " ")))
    said = {(words[first].start, words[last - 1].end) for first, last in places}
    named = {other: {(m.start, m.end) for m in mentions(bare, desk.columns(other))} for other in desk.files}
    # "orders per customer" names the other table alone
    grouped = any(_GROUPED_BY.search(bare[:start]) for start, _ in said)
    return named[name] <= said and any(found & said and (found - said or grouped) for found in named.values())


def _kept_files(argument: Argument, desk: Desk, kept: Mapping[str, Any]) -> list[str]:
    before = kept.get(argument.name) or []
    return [name for name in ([before] if isinstance(before, str) else before) if name in desk.files]


def _implied(tool: ToolProfile, argument: Argument, text: str, desk: Desk, used: Sequence[str]) -> list[str]:
    """Return the one file that is meant without being named, or nothing when that is open."""
    if not argument.required:
        return []
    candidates = [name for name in fitting(argument, desk.files) if name not in used]
    of_sheet = [name for name in candidates if named_sheet(text, desk.sheets(name))]
    if len(of_sheet) == 1:
        return of_sheet
    candidates = [name for name in candidates if name not in desk.extracts] or candidates
    back = refers_back(text)
    if tool.approval and not back:
        return candidates if len(candidates) == 1 else fitting(argument, desk.handed)[:1]
    speaking = _speaking_files(tool, candidates, text, desk)
    sources = [
        list(reversed(desk.made if back else desk.successors)),
        list(reversed(desk.used)),
        list(reversed(files_named(desk.turn_text, desk))),
        desk.handed,
        candidates if len(candidates) == 1 else [],
        speaking if len(speaking) == 1 else [],
        desk.recent,
    ]
    for source in sources:
        allowed = [n for n in source if n in candidates and (not speaking or n in speaking or back)]
        if allowed:
            return allowed[:1]
    return []


def _speaking_files(tool: ToolProfile, candidates: Sequence[str], text: str, desk: Desk) -> list[str]:
    """Return the tables whose columns the text names best, empty when it names none.

    A word of a longer phrase of the tool's own names no column: "compared to the year before".
    """
    bare = masked(text, desk.files, quotes=False)
    words = tokens(bare)
    for phrase in declared_phrases(tool):
        for first, last in find_phrase(words, phrase) if len(phrase) > 1 else ():
            start, end = words[first].start, words[last - 1].end
            bare = bare[:start] + BLANK * (end - start) + bare[end:]
    evidence = {name: _column_evidence(bare, desk.columns(name)) for name in candidates}
    best = max(evidence.values(), default=0.0)
    return [name for name, found in evidence.items() if best >= 1.0 and found > best - 0.5]


def _column_evidence(text: str, columns: Sequence[Column]) -> float:
    found: dict[str, float] = {}
    for mention in mentions(text, columns):
        found[mention.column] = max(mention.quality, found.get(mention.column, 0.0))
    return sum(found.values())


def _answered(argument: Argument, answer: str, desk: Desk, used: Sequence[str]) -> list[str]:
    """Return the files that a reply names, also as "the second" of those that the question listed."""
    named = files_named(answer, desk)
    match = ORDINAL.search(answer)
    listed = [name for name in fitting(argument, desk.files) if name not in used]
    if named or not match:
        return named
    place = _ORDINALS[match[0].lower()]
    return [listed[place]] if place < len(listed) else []


def several_named(tool: ToolProfile, text: str, desk: Desk) -> list[str]:
    """Return the files when a tool for one file is asked for several ("inspect a.stl and b.stl"), else []."""
    arguments = tool.of_kind("file")
    if len(arguments) != 1 or arguments[0].many or explicit_span(text, arguments[0]):
        return []
    named = fitting(arguments[0], _without_columns(files_named(text, desk), text, desk))
    if not named and _ALL.search(text):
        named = fitting(arguments[0], desk.files)
    return named if len(named) > 1 else []
