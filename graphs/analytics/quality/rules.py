"""Rules on the values of a table, as text: "order_id is unique; units is between 1 and 100"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from graphs.analytics.tables.conditions import QUOTED, QUOTED_OR_LIST, bare, cut, items
from graphs.analytics.tables.statements import Filter, Operator
from graphs.kit.tables.load import SUFFIXES

Kind = Literal["not null", "unique", "range", "one of", "pattern", "reference"]

EVERY_COLUMN = "*"
LANGUAGE = (
    "a column and one of: is not null; is unique; is between A and B; is >= A; matches 'regular expression'; "
    "is one of (A, B); exists in FILE.COLUMN. Columns in parentheses are unique together. ';' or 'and' "
    "stands between rules"
)

_SUBJECT = rf"(?:{QUOTED_OR_LIST}|[^'\"`()])*?"  # no word inside a quote or a list begins a rule
_VALUE = rf"{QUOTED}|\S+?"
_FILE = rf"[^\s;,()'\"]+?(?:{'|'.join(map(re.escape, SUFFIXES))})(?!\w)"
_BETWEEN = rf"(?:between|from|within)\s+(?P<low>{_VALUE})\s+(?:and|to)\s+(?P<high>{_VALUE})"
_KEPT_WHOLE = re.compile(rf"\bbetween\s+(?:{QUOTED}|\S+)\s+and\s+|{QUOTED_OR_LIST}", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*[;\n]\s*|\s*,\s*(?:and\s+)?|\s+and\s+|\.?\s*$", re.IGNORECASE)
_LEADING = re.compile(
    r"^(?:(?:and|that|whether|if|is|are|does|do|has|have|the|each|every|all|columns?|values?|of|in)\s+)+",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"\s+(?:everywhere|throughout|always|in (?:all|each|every) rows?|in (?:this|the) (?:table|file|data))$",
    re.IGNORECASE,
)
_ALL_COLUMNS = re.compile(r"(?:all|every|each)\s+(?:of\s+the\s+)?columns?", re.IGNORECASE)
_NONE_MISSING = re.compile(
    r"\bno\s+values?\s+(?:of|in)\s+(.+?)\s+(?:is|are)\s+(?:missing|empty)", re.IGNORECASE
)
_NOTHING_MISSING = re.compile(
    r"\b(?:nothing|no\s+values?|no\s+columns?)\s+(?:is|are|has|have)\s+(?:any\s+)?(?:missing|empty)(?:\s+values?)?",
    re.IGNORECASE,
)
_TOGETHER = re.compile(r"^(?:the\s+)?(?:combination|pair)s?\s+of\s+", re.IGNORECASE)
_OR = re.compile(r"\s+or\s+", re.IGNORECASE)
_LINK = (
    r"(?:\s+(?:is|are|was|were|has|have|had|must|should|be|values?|only|always|all|each|contains?|holds?))*"
)
_SIGNS: tuple[tuple[str, Operator], ...] = (
    (r"<=|≤|at most|no more than|up to|(?:never|not) (?:above|over|more than|after)|on or before", "<="),
    (r">=|≥|at least|no less than|(?:never|not) (?:below|under|less than|before)|on or after", ">="),
    (r"<|below|under|less than|before", "<"),
    (r">|above|over|more than|greater than|after", ">"),
)
_PREDICATES: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (
        kind,
        re.compile(
            rf"(?P<subject>{_SUBJECT}){_LINK}(?:\s+|\s*(?=[<>≤≥]))(?:{predicate})", re.IGNORECASE | re.DOTALL
        ),
    )
    for kind, predicate in (
        (
            "not null",
            r"(?:not|never|non-?)\s*(?:null|missing|empty|blank)|complete|filled(?:\s+in)?|present|required"
            r"|(?:no|without|any)\s+(?:nulls?|gaps?|(?:missing|empty)(?:\s+values?)?)",
        ),
        (
            "unique",
            r"(?:a\s+)?(?:unique|distinct)(?:\s+key)?(?P<together>\s+together|\s+in\s+combination)?"
            r"|never\s+repeated|(?:no|without)\s+(?:duplicates?|repeats?)(?:\s+values?)?",
        ),
        ("range", _BETWEEN),
        *(("range", rf"(?P<sign{i}>{sign})\s*(?P<value{i}>{_VALUE})") for i, (sign, _) in enumerate(_SIGNS)),
        ("range", r"(?P<positive>positive)|(?P<not_negative>(?:not|never|non-?)\s*negative)"),
        ("pattern", rf"match(?:es)?\s+(?:the\s+)?(?:pattern\s+|regex\s+)?(?P<pattern>{QUOTED}|.+)"),
        (
            "reference",
            rf"(?:(?:exists?|found|known|listed|occurs?|refers?|also)\s+)*(?:in|to|references?)\s+(?:"
            rf"(?:the\s+)?column\s+(?P<named>{QUOTED}|\S+)\s+(?:of|in)\s+(?P<holder>{_FILE})"
            rf"|(?P<file>{_FILE})(?:(?:\.|:|\s+column\s+|\s*\()(?P<other>{QUOTED}|[^\s()]+)\)?)?)",
        ),
        ("one of", r"(?:one\s+of|either|among)\s*(?P<items>\(.*\)|\s.+)|in\s*(?P<listed>\(.*\))"),
    )
)


@dataclass(frozen=True, slots=True)
class Rule:
    """What each row must meet. A missing value breaks only a rule that it may not be missing.

    `columns` is one column, or several that are unique together, or `EVERY_COLUMN`. `filters` are what the
    values of a range or of a list must meet; `pattern` is a regular expression (RE2) for the whole value;
    a reference's values must stand in the column `other` of `file`.
    """

    kind: Kind
    columns: tuple[str, ...]
    filters: tuple[Filter, ...] = ()
    pattern: str = ""
    file: str = ""
    other: str = ""

    def __str__(self) -> str:
        """The rule as `parse_rules` takes it."""
        names = [_written(name) for name in self.columns]
        subject = names[0] if len(names) == 1 else f"({', '.join(names)})"
        if self.columns == (EVERY_COLUMN,):
            subject = "every column"
        if self.kind == "pattern":
            return f"{subject} matches {_quoted(self.pattern)}"
        if self.kind == "reference":
            return f"{subject} exists in {self.file}.{_written(self.other)}"
        if self.kind == "one of":
            values = self.filters[0].value
            shown = map(_written, values) if isinstance(values, tuple) else ()
            return f"{subject} is one of ({', '.join(shown)})"
        if self.kind == "range":
            return f"{subject} is {self._range()}"
        return f"{subject} is {self.kind}"

    def _range(self) -> str:
        ends = [(each.operator, _written(each.value)) for each in self.filters]
        if [operator for operator, _ in ends] == [">=", "<="]:
            return f"between {ends[0][1]} and {ends[1][1]}"
        return f"{ends[0][0]} {ends[0][1]}"


def parse_rules(text: str) -> tuple[Rule, ...]:
    """Return the rules of a text.

    Several columns before a rule have it each: "region, units are not null". A rule without a column is on
    that of the rule before. Raises ValueError for a text that is otherwise; whether a column exists and the
    rule fits it is checked where the rule is used.
    """
    plain = _NOTHING_MISSING.sub("every column is not null", _NONE_MISSING.sub(r"\1 is not null", text))
    parts = [part.strip() for part in cut(plain, _SEPARATOR, _KEPT_WHOLE)]
    rules: list[Rule] = []
    waiting: list[str] = []
    subjects: tuple[str, ...] = ()
    for part in filter(None, parts):
        found = _predicate(part)
        if found is None:
            waiting.append(part)
            continue
        kind, match = found
        own = match["subject"].strip()
        subjects = (*waiting, *([own] if own else [])) or subjects
        waiting = []
        rules += _rules(kind, match, subjects, part)
    if waiting and rules and rules[-1].kind == "one of":
        return (*rules[:-1], _longer_list(rules[-1], waiting))
    if waiting or not rules:
        raise _unreadable(waiting[0] if waiting else text)
    return tuple(rules)


def _predicate(part: str) -> tuple[Kind, re.Match[str]] | None:
    plain = _TRAILING.sub("", part)
    for kind, pattern in _PREDICATES:
        match = pattern.fullmatch(f" {plain}")
        if match:
            return kind, match
    return None


def _rules(kind: Kind, match: re.Match[str], subjects: Sequence[str], part: str) -> list[Rule]:
    columns = [column for subject in subjects for column in _columns(subject)]
    if not columns:
        raise _unreadable(part)
    listed = len(subjects) == 1 and len(columns) > 1
    if kind == "unique" and (match["together"] or listed or _TOGETHER.match(subjects[0])):
        return [Rule("unique", tuple(columns))]
    return [_rule(kind, match, column) for column in columns]


def _rule(kind: Kind, match: re.Match[str], column: str) -> Rule:
    if kind == "range":
        return Rule(kind, (column,), _range_filters(match, column))
    if kind == "one of":
        return Rule(kind, (column,), (Filter(column, "in", _values(match["items"] or match["listed"])),))
    if kind == "pattern":
        return Rule(kind, (column,), pattern=bare(match["pattern"]))
    if kind == "reference":
        other = bare(match["named"] or match["other"] or column)
        return Rule(kind, (column,), file=match["holder"] or match["file"], other=other)
    return Rule(kind, (column,))


def _range_filters(match: re.Match[str], column: str) -> tuple[Filter, ...]:
    found = match.groupdict()
    if found.get("low"):
        return Filter(column, ">=", bare(found["low"])), Filter(column, "<=", bare(found["high"]))
    if found.get("positive"):
        return (Filter(column, ">", "0"),)
    if found.get("not_negative"):
        return (Filter(column, ">=", "0"),)
    number = next(i for i in range(len(_SIGNS)) if found.get(f"sign{i}"))
    return (Filter(column, _SIGNS[number][1], bare(found[f"value{number}"])),)


def _columns(subject: str) -> tuple[str, ...]:
    if _ALL_COLUMNS.fullmatch(subject):
        return (EVERY_COLUMN,)
    if re.fullmatch(QUOTED, subject):
        return (bare(subject),)
    named = _LEADING.sub("", _TOGETHER.sub("", subject))
    if named.startswith("(") and named.endswith(")"):
        return items(named)
    return tuple(bare(name.strip()) for name in named.split(" + ") if name.strip())


def _longer_list(rule: Rule, more: Sequence[str]) -> Rule:
    """A list without parentheses was cut at its commas."""
    values = rule.filters[0].value
    known = values if isinstance(values, tuple) else ()
    (column,) = rule.columns
    added = [each for value in more for each in _values(value)]
    return Rule(rule.kind, rule.columns, (Filter(column, "in", (*known, *added)),))


def _values(text: str) -> tuple[str, ...]:
    listed = text.strip()
    return items(
        listed if listed.startswith(("(", "'", '"', "`")) else _OR.sub(", ", f" {listed}").strip(", ")
    )


def _unreadable(text: str) -> ValueError:
    return ValueError(f"The rule {text.strip()!r} can't be read. Write {LANGUAGE}.")


def _written(value: object) -> str:
    text = str(value)
    return text if re.fullmatch(r"[\w\-]+(?:[.:][\w\-]+)*", text) else _quoted(text)


def _quoted(text: str) -> str:
    return f"'{text}'" if "'" not in text else f'"{text}"'
