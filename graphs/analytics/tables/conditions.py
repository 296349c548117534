"""Conditions on rows, as text: "region = North and units >= 10"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from graphs.analytics.tables.statements import Filter, Operator

_OPERATORS: dict[str, Operator] = {
    **{"not in": "not in", "in": "in", "is not": "!=", "is": "=", "==": "=", "<>": "!="},
    **{"!=": "!=", "<=": "<=", ">=": ">=", "=": "=", "<": "<", ">": ">"},
}
QUOTED = r"'[^']*'|\"[^\"]*\"|`[^`]*`"
QUOTED_OR_LIST = rf"{QUOTED}|\([^()]*\)"
_KEPT_WHOLE = re.compile(QUOTED_OR_LIST)
_AND = re.compile(r"\s+and(?:\s+|$)", re.IGNORECASE)
_OR = re.compile(r"\s+or\s+", re.IGNORECASE)
_NULL = re.compile(
    rf"\s*(?P<column>{QUOTED}|.+?)\s+is\s+(?P<negated>not\s+)?(?:null|missing)\s*", re.IGNORECASE | re.DOTALL
)
_ITEM = re.compile(rf"\s*({QUOTED}|[^,]+?)\s*(?:,|$)")
_CONDITION = re.compile(
    rf"\s*(?P<column>{QUOTED}|.+?)"
    r"(?:\s*(?P<sign>==|<>|!=|<=|>=|=|<|>)\s*|\s+(?P<word>not\s+in|in|is\s+not|is)\b\s*)"
    r"(?P<value>.+?)\s*",
    re.IGNORECASE | re.DOTALL,
)


def parse_conditions(text: str) -> tuple[Filter, ...]:
    """Return the conditions of a text, all of which a row must meet.

    Each is a column, one of = != < <= > >= is, is not, in, not in, and a value (for in and not in: several,
    in parentheses); or is null, is not null for a value that is missing. "and" stands between two. Names and
    values may be quoted. Raises ValueError for a text that is otherwise; whether a column exists and the
    value fits it is checked where the filter is used.
    """
    return tuple(_condition(part) for part in single_conditions(text))


def single_conditions(text: str) -> list[str]:
    """Return the text of each of the conditions that a text holds, as written."""
    return cut(text, _AND, _KEPT_WHOLE)


def describe_conditions(filters: Sequence[Filter]) -> str:
    """Return the conditions as text, as `parse_conditions` takes it."""
    return " and ".join(
        f"{each.column} {each.operator}" + ("" if each.value is None else f" {_written(each.value)}")
        for each in filters
    )


def cut(text: str, separator: re.Pattern[str], kept_whole: re.Pattern[str]) -> list[str]:
    """Cut at each separator that stands outside what `kept_whole` matches."""
    masked = kept_whole.sub(lambda match: "\x00" * len(match[0]), text)
    starts, ends = [0], []
    for match in separator.finditer(masked):
        ends.append(match.start())
        starts.append(match.end())
    return [text[start:end] for start, end in zip(starts, [*ends, len(text)], strict=True)]


def items(text: str) -> tuple[str, ...]:
    """The values of a list, in parentheses or without, each without its quotes."""
    inner = text[1:-1] if text.startswith("(") and text.endswith(")") else text
    return tuple(bare(match[1]) for match in _ITEM.finditer(inner))


def bare(text: str) -> str:
    """The name or value without the quotes around it."""
    return text[1:-1] if re.fullmatch(QUOTED, text) else text


def _condition(text: str) -> Filter:
    null = _NULL.fullmatch(text)
    if null:
        return Filter(bare(null["column"]), "is not null" if null["negated"] else "is null", None)
    match = _CONDITION.fullmatch(text)
    if not match:
        raise ValueError(
            f"The condition {text.strip()!r} can't be read. Write it as a column, =, !=, <, <=, >, >=, in or "
            "not in, and a value: region = North and units >= 10. Without a value: region is null."
        )
    if _sets_another(match):
        raise ValueError(
            f"The condition {text.strip()!r} holds 'or', which can't stand between conditions. Write several "
            "values as a list, region in (North, South), put a value that holds the word in quotes, or ask "
            "in SQL."
        )
    operator = _OPERATORS[" ".join((match["sign"] or match["word"]).lower().split())]
    value = match["value"]
    if operator in ("in", "not in"):
        return Filter(bare(match["column"]), operator, items(value))
    return Filter(bare(match["column"]), operator, bare(value))


def _sets_another(match: re.Match[str]) -> bool:
    """Whether an 'or' stands in the value that is not a part of it: read as text, 'not North or South' would
    leave nothing out."""
    _, *others = cut(match["value"], _OR, _KEPT_WHOLE)
    is_equal = match["sign"] in ("=", "==") or (match["word"] or "").lower() == "is"
    return bool(others) and (not is_equal or any(map(_CONDITION.fullmatch, others)))


def _written(value: object) -> str:
    return f"({', '.join(map(str, value))})" if isinstance(value, tuple) else str(value)
