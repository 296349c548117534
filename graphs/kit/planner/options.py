"""Values that are words: options, yes or no, dates and free text."""

import re

from graphs.kit.planner.cues import explicit_span
from graphs.kit.planner.dates import written_dates
from graphs.kit.planner.declarations import Argument, is_sql
from graphs.kit.planner.prose import quoted, sql_in
from graphs.kit.planner.words import find_phrase, phrase, tokens

_NEGATION = re.compile(
    r"\b(?:no|not|without|don't|do not|never|skip|omit|exclude|excluding)\s+(?:\w+\s+){0,2}$", re.IGNORECASE
)
_NO = re.compile(r"^\W*(?:no|false|off|without)\b", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[,;.!?\n]|\s(?:and|with|using|for|from|then|by|in)\s")
_LINK = re.compile(r"^[\s:=]*(?:(?:is|are|was|were|be)\s+)?[\s:=]*", re.IGNORECASE)
_MAX_UNQUOTED_WORDS = 8
_OPENING_QUOTES = "\"'`«\u201c\u2018"


def find_option(text: str, argument: Argument) -> list[str]:
    """Return the options that the text names, the surest first; several mean that it is not clear which.

    A longer way of naming wins over a shorter one inside it ("two-sided" over "sided").
    """
    answer = explicit_span(text, argument)
    scope = text[answer[0] : answer[1]] if answer else text
    words = tokens(scope)
    assigned = _assigned(scope, argument)
    found: list[tuple[int, int, str]] = []
    for option, names in argument.options.items():
        for name in names:
            found += [
                (words[first].start, words[last - 1].end, option)
                for first, last in find_phrase(words, phrase(name))
                if (len(name) > 1 or answer) and not _NEGATION.search(scope[: words[first].start])
            ]
    if assigned:
        return [assigned]
    outer = [
        (start, end, option)
        for start, end, option in found
        if not any(s <= start and end <= e and e - s > end - start for s, e, _ in found)
    ]
    return list(dict.fromkeys(option for _, _, option in sorted(outer)))


def _assigned(text: str, argument: Argument) -> str:
    """Return the option in "name: option" or "name = option"."""
    match = re.search(
        rf"\b{re.escape(argument.label)}\s*[:=]\s*([\w\-]+)".replace(r"\ ", r"[ _]"), text, re.IGNORECASE
    )
    if not match:
        return ""
    wanted = phrase(match[1].replace("_", " "))
    return next(
        (o for o, names in argument.options.items() if any(phrase(name) == wanted for name in names)), ""
    )


def find_flag(text: str, argument: Argument) -> bool | None:
    """Return whether the text asks for the flag; None when it does not speak of it."""
    answer = explicit_span(text, argument)
    if answer:
        return _NO.search(text[answer[0] : answer[1]]) is None
    words = tokens(text)
    for cue in argument.own_cues:
        for first, last in find_phrase(words, phrase(cue)):
            negated = _NEGATION.search(text[: words[first].start])
            assigned = re.match(r"\s*[:=]\s*(\w+)", text[words[last - 1].end :])
            return not (negated or (assigned and _NO.search(assigned[1])))
    return None


def find_date(text: str, argument: Argument, taken: set[str]) -> str | None:
    """Return the date (ISO 8601) behind a cue of the argument, else, when required, the first not taken."""
    dates = [(date.start, date.iso) for date in written_dates(text) if date.iso not in taken]
    words = tokens(text)
    for cue in argument.own_cues:
        for _, last in find_phrase(words, phrase(cue)):
            behind = [date for place, date in dates if 0 <= place - words[last - 1].end <= 20]
            if behind:
                return behind[0]
    return dates[0][1] if dates and argument.required else None


def find_text(text: str, argument: Argument) -> str | None:
    """Return the free text: an answer given for it, a query, what is quoted, or what follows a cue."""
    answer = re.search(rf"\({re.escape(argument.name)}: (.*)\)", text, re.DOTALL)
    if answer:
        return answer[1].strip().strip('"`') or None
    if is_sql(argument):
        return sql_in(text) or None
    after_cue = _after_cue(text, argument)
    if after_cue:
        return after_cue
    quotes = quoted(text)
    return quotes[0] if quotes and argument.required else None


def _after_cue(text: str, argument: Argument) -> str | None:
    words = tokens(text)
    for cue in argument.own_cues:
        for _, last in find_phrase(words, phrase(cue)):
            rest = _LINK.sub("", text[words[last - 1].end :])
            if rest and rest[0] in _OPENING_QUOTES:
                inner = quoted(rest)
                if inner:
                    return inner[0]
            clause = _CLAUSE_END.split(rest, maxsplit=1)[0].strip()
            if clause and cue in argument.cues and len(clause.split()) <= _MAX_UNQUOTED_WORDS:
                return clause
    return None
