"""Conditions on the rows of a table, as people write them: "units above 50", "in Japan", "since 2010"."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from graphs.kit.planner.columns import is_identifier, is_numeric, is_whole
from graphs.kit.planner.declarations import Argument
from graphs.kit.planner.figures import SCALES
from graphs.kit.planner.mentions import STEMMED, Mention, column_words, measured_by, mentions
from graphs.kit.planner.negation import negation_before
from graphs.kit.planner.periods import find_periods
from graphs.kit.planner.prose import BLANK
from graphs.kit.planner.values import ValueMention, value_at, value_mentions
from graphs.kit.planner.words import stem, word_set
from graphs.kit.state import Column

_NUMBER = r"[-\u2212]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?"
_SCALED = rf"{_NUMBER}(?:\s?(?:{'|'.join(SCALES)})\b)?"
_SIGNS = (
    (r"<=|≤|at most|(?:no|not) (?:more|greater|higher|larger) than|not (?:over|above|exceeding)|up to", "<="),
    (r">=|≥|at least|(?:no|not) (?:less|fewer|lower|smaller) than|not (?:under|below)", ">="),
    (
        r"!=|<>|≠|(?:is|are|was|were) not|(?:is|are|was|were)n['’]t|not equal to|does(?: not|n['’]t) equal",
        "!=",
    ),
    (r"<|below|under|less than|lower than|smaller than|fewer than", "<"),
    (r">|above|over|more than|greater than|higher than|larger than|exceeds?|exceeding", ">"),
    (r"==?|equals?|equal to|is", "="),
)
_PROSE_SIGNS = (*_SIGNS, (r"not", "!="))
_NUMERIC_CONDITION = tuple(
    (re.compile(rf"\s*(?:(?:is|are|was|were|of)\s+)?(?:{words})\s*({_SCALED})(?![\w%])", re.IGNORECASE), sign)
    for words, sign in _PROSE_SIGNS
)
_BETWEEN = re.compile(
    rf"\s*(?:(?:is|are|was|were)\s+)?between\s+({_SCALED})\s+and\s+({_SCALED})(?![\w%])", re.IGNORECASE
)
_TEXT_SIGNS = tuple(
    (re.compile(rf"\s*(?:{words})\s*", re.IGNORECASE), sign)
    for words, sign in _PROSE_SIGNS
    if sign in {"=", "!="}
)
_TEXT_CONDITION = tuple(
    (
        re.compile(rf"\s*(?:{words})\s*(\"[^\"\n]+\"|'[^'\n]+'|“[^”\n]+”|(?-i:[A-Z])[\w\-]*)", re.IGNORECASE),
        sign,
    )
    for words, sign in _PROSE_SIGNS
    if sign in {"=", "!="}
)
_MISSING_BEHIND = re.compile(
    r"\s+(?:values?\s+)?(?:(?:is|are|was|were)\s+)?(?P<negated>not\s+)?(?:missing|null|empty|blank)\b",
    re.IGNORECASE,
)
_MISSING_BEFORE = re.compile(
    r"\b(?:(?:with|have|has|had|having)\s+(?:no|a\s+missing|an\s+empty)|without\s+an?y?|lack(?:ing|s)?(?:\s+an?)?"
    r"|(?:missing|no)\s+values?\s+(?:of|in|for)|missing|empty)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
"""Around a column of which the value is missing: "orders without a customer_id"."""
_COUNTED = re.compile(rf"(?:\b(?:with|have|has|had|having|only|just))\s+({_NUMBER})\s+$", re.IGNORECASE)
_COMPARED_BEFORE = tuple(
    (
        re.compile(
            rf"(?:\b(?:with|have|has|had|having|is|are|was|were)\s+)?(?:(?<=\W)|^)(?:{words})\s*({_SCALED})\s+$",
            re.IGNORECASE,
        ),
        sign,
    )
    for words, sign in _SIGNS
    if sign not in {"=", "!="}
)
"""Before a column of numbers: "fewer than 5 units"."""
_IN_LIST = re.compile(r"\s*(?:(?:is|are|was|were)\s+)?(not\s+)?in\s*\(([^()\n]+)\)", re.IGNORECASE)
_NO_AMOUNT = re.compile(r"\b(?:with|have|has|had|having)\s+no\s+$|\bwithout\s+an?y?\s+$", re.IGNORECASE)
"""Before a measure, where it is open whether 0 is meant or that the value is missing."""
_AND = re.compile(r"""\s+and\s+(?=(?:[^'"]*(?:'[^']*'|"[^"]*"))*[^'"]*$)""", re.IGNORECASE)
_SUBJECT = re.compile(r"\s*(\"[^\"]+\"|.+?)\s*(?:[<>=!]|\b(?:not\s+)?in\b|\bis\b)", re.IGNORECASE)
_WHERE = re.compile(r"\bwhere\s+(.+?)(?=[.;?!](?:\s|$)|\n|$)", re.IGNORECASE)
_NAME = r"\"[^\"\n]+\"|`[^`\n]+`|(?!and\s)[\w.]+(?:\s(?!and\s)[\w.]+)*?"
_WHOLE = r"\"[^\"\n]*\"|'[^'\n]*'|`[^`\n]*`|\([^()\n]*\)"
_CLAUSE = re.compile(rf"\bwhere\s+((?:{_WHOLE}|(?![,;.?!](?:\s|$)|\s(?:and\s+)?then\s).)+)", re.IGNORECASE)
_CLAUSE_PART = tuple(
    (
        re.compile(
            rf"({_NAME})(?:\s+|\s*(?=[<>=!≤≥≠]))(?:(?:is|are|was|were)\s+)?(?:{words})"
            r"(?:\s+|(?<=[<>=≤≥≠])\s*)(\S.*)",
            re.IGNORECASE,
        ),
        sign,
    )
    for words, sign in ((r"not\s+in", "not in"), ("in", "in"), *_SIGNS)
)
_RANGE = re.compile(
    rf"(?<![\w.])({_NAME})\s+(?:(?:is|are|was|were)\s+)?between\s+(\S+)\s+and\s+(\S+)(?=\s|$)", re.IGNORECASE
)
_LISTED = re.compile(
    r"\s*(?:,|/|&|\band\b|\bor\b|\bnor\b|,\s*(?:and|or)\b)\s*(?:(?:the|in|from|of)\s+)*", re.IGNORECASE
)
_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_NUMBERED = re.compile(
    r"\s*(?:no\.?|number|nr\.?|#)?\s*(\d+)((?:\s*(?:,|and|or|&)\s*\d+)*)(?![\w%]|[.,]\d)", re.IGNORECASE
)
_COMPARATIVES = {
    **{"older": ("old", ">"), "younger": ("old", "<"), "heavier": ("heavy", ">"), "lighter": ("heavy", "<")},
    **{"cheaper": ("cheap", "<"), "dearer": ("cheap", ">"), "more expensive": ("cheap", ">")},
    **{"taller": ("tall", ">"), "longer": ("long", ">"), "faster": ("fast", ">"), "slower": ("fast", "<")},
    **{"warmer": ("warm", ">"), "hotter": ("warm", ">"), "colder": ("warm", "<"), "cooler": ("warm", "<")},
}
_COMPARED = re.compile(rf"\b({'|'.join(_COMPARATIVES)})\s+than\s+({_SCALED})(?![\w%])", re.IGNORECASE)
_AGED = re.compile(
    r"\b(?:people|persons|adults|patients|participants|subjects|men|women|users|customers|employees|those|anyone)"
    r"\s+(?P<sign>over|above|under|below|aged|of age)\s+(?P<age>\d{1,3})(?![\w%]|[.,]\d)",
    re.IGNORECASE,
)
_AGE_SIGNS = {"over": ">", "above": ">", "under": "<", "below": "<"}


_EITHER = re.compile(
    r"\s*,?\s*\b(?:or|and/or)\s+(?:(?:the|in|from|for|of|with|where|at|on|by|via|those|either)\s+)*(?:\w+\s+)?",
    re.IGNORECASE,
)
"""Between two conditions of which one is enough."""

_SAME_AS = re.compile(r"\s*(?:is|are|means|=|equals|is\s+the\s+same\s+as)\s*", re.IGNORECASE)
"""Between two values of a column of which one is to count as the other."""

_OF_ROWS_TOGETHER = re.compile(
    r"\b(?:with|have|has|had|having|where|whose|of which)\s+(?:an?\s+|the\s+)?"
    r"(?:total|sum\s+of|mean|average|avg|median)\s+$",
    re.IGNORECASE,
)

_WINDOW = re.compile(
    rf"\s*over\s+{_NUMBER}\s*(?:day|week|month|quarter|year|hour|minute|second)s?\b", re.IGNORECASE
)
_OF_TIME = frozenset(
    stem(word)
    for word in word_set(
        """age duration time tenure period delay experience survival follow day week month year hour minute
        second"""
    )
)
"""Words of columns that are over 3 months; any other is looked at over 3 months."""


@dataclass(frozen=True)
class Conditions:
    """What rows must meet: `column sign value`, joined by "and" ('' for none), and where that stands.

    `alternatives` are where two of them stand of which one is enough, which no condition here can say.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    alternatives: tuple[tuple[int, int], ...] = ()


_Found = tuple[str, int, int]
"""A condition, and where it stands; '' for a further place of the one before."""


def takes_conditions(argument: Argument) -> bool:
    """Return whether the argument is text that says which rows are meant."""
    return argument.kind == "text" and "where" in argument.cues


def find_conditions(
    text: str, columns: Sequence[Column], plain: Collection[str] = (), dated_by: str = ""
) -> Conditions:
    """Return the conditions that the text sets on columns, or else what follows "where" as it stands.

    A value that a column is known to have stands for a condition by itself; `plain` are stems of words that
    mean something else in the text, and `dated_by` is the column of dates that periods are of.
    """
    found = list(_written(text, columns))
    where = _WHERE.search(text)
    if where and not found:
        return Conditions(where[1].strip(), (where.span(),))
    said = text
    for _, start, end in found:
        text = text[:start] + BLANK * (end - start) + text[end:]
    found += find_periods(text, columns, dated_by)
    found += _everyday(text, columns)
    found += _named_values(text, columns, plain)
    conditions = [condition for condition, _, _ in found if condition]
    spans = tuple((start, end) for _, start, end in found)
    return Conditions(" and ".join(conditions), spans, tuple(_alternatives(said, found)))


def _alternatives(text: str, found: Sequence[_Found]) -> Iterator[tuple[int, int]]:
    ordered = sorted(found, key=lambda each: each[1])
    for (_, start, stop), (condition, begin, end) in pairwise(ordered):
        gap = text[stop:begin]
        if (condition and _EITHER.fullmatch(gap)) or (not condition and _SAME_AS.fullmatch(gap)):
            yield start, end


def unclear_amounts(text: str, columns: Sequence[Column]) -> list[str]:
    """Return where the text speaks of no amount ("with no discount"): of 0, or of a value that is missing."""
    by_name = {column["name"]: column for column in columns}
    return [
        text[match.start() : mention.end]
        for mention in mentions(text, columns)
        if _is_amount(by_name[mention.column]) and (match := _NO_AMOUNT.search(text, 0, mention.start))
    ]


def _is_amount(column: Column) -> bool:
    return is_numeric(column) and not is_identifier(column)


def conditions_on_unknown(text: str) -> Conditions:
    """Return what follows "where", of columns that nobody here knows, as those of a database's table.

    A clause that can't be read is returned as it stands: less than was asked for would keep more rows, and
    the tool refuses what it can't read.
    """
    clause = _CLAUSE.search(text)
    if not clause:
        return Conditions("", ())
    plain = _RANGE.sub(r"\1 >= \2 and \1 <= \3", clause[1])
    ends = [match.span() for match in re.finditer(r"\s+and\s+", _masked(plain), re.IGNORECASE)]
    starts = [0, *(end for _, end in ends)]
    parts = [
        plain[start:end] for start, end in zip(starts, [*(at for at, _ in ends), len(plain)], strict=True)
    ]
    read = [_unchecked(part) for part in parts]
    return Conditions(" and ".join(read) if all(read) else clause[1].strip(), (clause.span(),))


def _masked(text: str) -> str:
    return re.sub(_WHOLE, lambda match: BLANK * len(match[0]), text)


def _unchecked(text: str) -> str:
    for pattern, sign in _CLAUSE_PART:
        match = pattern.fullmatch(text.strip())
        if match:
            return f"{match[1]} {sign} {match[2]}"
    return ""


def conditions_on(conditions: str) -> set[str]:
    """Return the columns that written conditions are about, but those that only leave values out."""
    parts = [part for part in _AND.split(conditions) if "!=" not in part]
    return {_column_of(part) for part in parts} - {""}


def without_columns(conditions: str, columns: Collection[str]) -> str:
    """Return the written conditions but those on the columns."""
    return " and ".join(part for part in _AND.split(conditions) if part and _column_of(part) not in columns)


_EQUAL = re.compile(r"(?P<column>\"[^\"]+\"|[\w ]+?) (?:= (?P<one>.+)|in \((?P<several>.+)\))")


def with_values_of(conditions: str, more: str) -> str:
    """Return the written conditions with more of them; another value of a column comes beside the others."""
    parts = [part for part in _AND.split(conditions) if part]
    for added in _AND.split(more):
        new = _EQUAL.fullmatch(added)
        same = [
            (place, old)
            for place, part in enumerate(parts)
            if new and (old := _EQUAL.fullmatch(part)) and old["column"] == new["column"]
        ]
        if not new or not same:
            parts.append(added)
            continue
        place, old = same[0]
        values = ", ".join(
            dict.fromkeys(f"{old['one'] or old['several']}, {new['one'] or new['several']}".split(", "))
        )
        parts[place] = f"{new['column']} in ({values})" if "," in values else f"{new['column']} = {values}"
    return " and ".join(parts)


def _column_of(condition: str) -> str:
    match = _SUBJECT.match(condition)
    return match[1].strip('"') if match else ""


def _written(text: str, columns: Sequence[Column]) -> Iterable[_Found]:
    """Yield the conditions that name column, sign and value."""
    by_name = {column["name"]: column for column in columns}
    names = {name.lower() for name in by_name}
    for mention in mentions(text, columns):
        known = _in_list(text, mention, by_name[mention.column]) or _known_value(
            text, mention, by_name[mention.column]
        )
        if known:
            yield known
            continue
        missing = _missing(text, mention, by_name[mention.column])
        if missing:
            yield missing
            continue
        between = _BETWEEN.match(text, mention.end)
        if between and not _is_period(between, by_name[mention.column], columns):
            low, high = map(_value, between.groups())
            name = _name(mention.column)
            if not negation_before(text, mention.start):
                yield f"{name} >= {low} and {name} <= {high}", mention.start, between.end()
            continue
        if _OF_ROWS_TOGETHER.search(text, 0, mention.start):
            continue  # "regions with a total revenue above 1000" says nothing of a row
        if _WINDOW.match(text, mention.end) and not _OF_TIME.intersection(column_words(mention.column)):
            continue
        for pattern, sign in (*_NUMERIC_CONDITION, *_TEXT_CONDITION):
            match = pattern.match(text, mention.end)
            # "by region over 1000" compares no region
            orders = sign in {"=", "!="} or _is_compared(mention, by_name[mention.column])
            if match and orders and match[1].lower() not in names:
                negated = negation_before(text, mention.start)
                sign, start = (_OPPOSITE[sign], negated.start()) if negated else (sign, mention.start)
                yield f"{_name(mention.column)} {sign} {_value(match[1])}", start, match.end()
                break
        else:
            numbered = _numbered(text, mention, by_name[mention.column])
            if numbered:
                yield numbered
                continue
            counted = _counted(text, mention, by_name[mention.column])
            if counted:
                yield counted


def _is_compared(mention: Mention, column: Column) -> bool:
    """Return whether "over 65" behind the mention can be of the column: "customers over 65" compares no
    customer_id."""
    return is_numeric(column) and (mention.quality >= STEMMED or not is_identifier(column))


def _in_list(text: str, mention: Mention, column: Column) -> _Found | None:
    """ "status in (paid, pending)", "status not in (paid)"."""
    match = _IN_LIST.match(text, mention.end)
    if not match:
        return None
    negated = negation_before(text, mention.start)
    values = [_as_known(part.strip().strip("\"'“”"), column) for part in match[2].split(",") if part.strip()]
    sign = "not in" if bool(match[1]) != bool(negated) else "in"
    start = negated.start() if negated else mention.start
    return f"{_name(column['name'])} {sign} ({', '.join(map(_quoted, values))})", start, match.end()


def _as_known(written: str, column: Column) -> str:
    known = column.get("values", [])
    alike = [value for value in known if value.casefold() == written.casefold()]
    return written if written in known or len(alike) != 1 else alike[0]


def _counted(text: str, mention: Mention, column: Column) -> _Found | None:
    """ "with 8 cylinders", "fewer than 5 units"."""
    if not _is_compared(mention, column):
        return None
    for pattern, sign in _COMPARED_BEFORE:
        match = pattern.search(text, 0, mention.start)
        if match and not negation_before(text, match.start()):
            return f"{_name(mention.column)} {sign} {_value(match[1])}", match.start(), mention.end
    match = _COUNTED.search(text, 0, mention.start)
    if match and is_whole(column):
        return f"{_name(mention.column)} = {_value(match[1])}", match.start(1), mention.end
    return None


def _numbered(text: str, mention: Mention, column: Column) -> _Found | None:
    """ "customer 29", "orders 10405 and 10406": what tells the rows apart, with the number of one."""
    match = _NUMBERED.match(text, mention.end) if is_whole(column) and is_identifier(column) else None
    if not match:
        return None
    numbers = [match[1], *re.findall(r"\d+", match[2])]
    negated = negation_before(text, mention.start)
    if len(numbers) > 1:
        condition = f"{'not in' if negated else 'in'} ({', '.join(numbers)})"
    else:
        condition = f"{'!=' if negated else '='} {numbers[0]}"
    return f"{_name(column['name'])} {condition}", negated.start() if negated else mention.start, match.end()


def _everyday(text: str, columns: Sequence[Column]) -> Iterable[_Found]:
    """Yield the conditions that everyday words set on a measure: "older than 60", "people over 50"."""
    numbers = [column for column in columns if is_numeric(column)]
    for match in _COMPARED.finditer(text):
        said, sign = _COMPARATIVES[match[1].lower()]
        column = measured_by(said, numbers)
        if column and not negation_before(text, match.start()):
            yield f"{_name(column)} {sign} {_value(match[2])}", *match.span()
    for match in _AGED.finditer(text):
        column = measured_by("old", numbers)
        if column and not negation_before(text, match.start()):
            sign = _AGE_SIGNS.get(match["sign"].lower(), "=")
            yield f"{_name(column)} {sign} {match['age']}", match.start("sign"), match.end()


def _missing(text: str, mention: Mention, column: Column) -> _Found | None:
    behind = _MISSING_BEHIND.match(text, mention.end)
    if behind:
        sign = "is not null" if behind["negated"] else "is null"
        return f"{_name(mention.column)} {sign}", mention.start, behind.end()
    before = _MISSING_BEFORE.search(text, 0, mention.start)
    if _is_amount(column) and _NO_AMOUNT.search(text, 0, mention.start):
        return None
    return (f"{_name(mention.column)} is null", before.start(), mention.end) if before else None


def _is_period(between: re.Match[str], column: Column, columns: Sequence[Column]) -> bool:
    """Return whether "by firm between 1940 and 1945" speaks of years, and not of the column before it."""
    own = list(find_periods(between[0], [column]))
    return not own and bool(list(find_periods(between[0], columns)))


def _known_value(text: str, mention: Mention, column: Column) -> _Found | None:
    for pattern, sign in _TEXT_SIGNS:
        match = pattern.match(text, mention.end)
        value = value_at(text, match.end(), column) if match else None
        if value:
            negated = negation_before(text, mention.start)
            sign, start = (_OPPOSITE[sign], negated.start()) if negated else (sign, mention.start)
            return f"{_name(mention.column)} {sign} {_quoted(value.value)}", start, value.end
    return None


def _named_values(text: str, columns: Sequence[Column], plain: Collection[str]) -> Iterable[_Found]:
    """Yield a condition for each column of which the text names values."""
    named = value_mentions(text, columns, plain)
    excluded: dict[ValueMention, int] = {}
    for place, each in enumerate(named):
        before = named[place - 1] if place else None
        negated = negation_before(text, each.start)
        if negated:
            excluded[each] = negated.start()
        elif before in excluded and before.column == each.column and _go_on(text, before, each):
            excluded[each] = excluded[before]
    for each, start in excluded.items():
        yield f"{_name(each.column)} != {_quoted(each.value)}", start, each.end
    wanted: dict[str, list[ValueMention]] = {}
    for each in named:
        if each not in excluded:
            wanted.setdefault(each.column, []).append(each)
    for column, several in wanted.items():
        values = list(dict.fromkeys(_quoted(each.value) for each in several))
        condition = f"= {values[0]}" if len(values) == 1 else f"in ({', '.join(values)})"
        for place, each in enumerate(several):
            # one condition for all of them, which stands in several places
            yield f"{_name(column)} {condition}" if place == 0 else "", each.start, each.end


def _go_on(text: str, before: ValueMention, value: ValueMention) -> bool:
    """Return whether the value goes on a list, or is another spelling of the one before."""
    return value.start == before.start or _LISTED.fullmatch(text[before.end : value.start]) is not None


def _name(column: str) -> str:
    return column if re.fullmatch(r"[\w ]+", column) else f'"{column}"'


def _quoted(value: str) -> str:
    if re.fullmatch(r"[\w\-]+", value):
        return value
    return f'"{value}"' if "'" in value else f"'{value}'"


def _value(written: str) -> str:
    bare = written.strip("\"'“”")
    number = re.fullmatch(rf"({_NUMBER})(?:\s?({'|'.join(SCALES)}))?", bare, re.IGNORECASE)
    if number:
        digits = number[1].replace(",", "").replace("\u2212", "-")
        return f"{Decimal(digits) * SCALES[number[2].lower()]:f}" if number[2] else digits
    return _quoted(bare)
