"""Values that are words: options, yes or no, dates and free text."""

import re
from collections.abc import Iterable

from graphs.kit.planner.cues import explicit_span
from graphs.kit.planner.dates import written_dates
from graphs.kit.planner.declarations import Argument, is_sql
from graphs.kit.planner.negation import is_declined
from graphs.kit.planner.prose import BLANK, quoted, sql_in
from graphs.kit.planner.words import Words, find_phrase, stems, tokens

_NO = re.compile(r"^\W*(?:no|false|off|without)\b", re.IGNORECASE)
_CLAUSE_END = re.compile(rf"[,;!?\n{BLANK}]|\.(?!\w)|\s(?:and|with|using|for|from|then|by|in)\s")
_LIST_END = re.compile(
    r"[.;?!](?:\s|$)|\n|\s(?:by|per|for|in|with|using|where|over|during|on|of)\s", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.?!](?:\s|$)|\n")
_SIGN_BETWEEN = re.compile(r"\s*(?:,\s*(?:and\s+|then\s+)*|-{0,2}>|=>|→)\s*", re.IGNORECASE)
_AND_LAST = re.compile(r"\s+(?:and(?:\s+then)?|then)\s+", re.IGNORECASE)
_WORD_BETWEEN = re.compile(r"\s+(?:and(?:\s+then)?|then|to)\s+", re.IGNORECASE)
_LINK = re.compile(r"^[\s:=]*(?:(?:is|are|was|were|be)\s+)?[\s:=]*", re.IGNORECASE)
_ASKED_FOR = re.compile(r"\b(?:which|what|how\s+many)\s+$", re.IGNORECASE)
"""Before a cue it asks for the value: "which sheets are there"."""
_LEAD_WORDS = re.compile(r"^(?:the\s+)?[a-z]+s\s+(?=[A-Z])")
"""What comes before names: "the stages Visit, Cart"."""
_MAX_UNQUOTED_WORDS = 8
_QUOTES = "\"'`«»\u201c\u201d\u2018\u2019"
_OPENING_QUOTES = "\"'`«\u201c\u2018"


def find_option(text: str, argument: Argument) -> list[str]:
    """Return the options that the text names, the surest first; several mean that it is not clear which.

    A longer way of naming wins over a shorter one inside it ("two-sided" over "sided").
    """
    answer = explicit_span(text, argument)
    scope = text[answer[0] : answer[1]] if answer else text
    words = tokens(scope)
    assigned = _assigned(scope, argument)
    if assigned:
        return [assigned]
    found = [
        (start, end, option)
        for option, names in argument.options.items()
        for name in names
        for start, end in _places(scope, words, name)
        if (len(name) > 1 or answer) and not is_declined(scope, start)
    ]
    outer = [
        (start, end, option)
        for start, end, option in found
        if not any(s <= start and end <= e and e - s > end - start for s, e, _ in found)
    ]
    return list(dict.fromkeys(option for _, _, option in sorted(outer)))


def without_longer_names(text: str, argument: Argument, others: Iterable[Argument]) -> str:
    """Return the text without the names of other arguments' options that hold one of this argument's in them:
    "moving average" chooses no mean."""
    words = tokens(text)
    own = [place for names in argument.options.values() for n in names for place in _places(text, words, n)]
    for other in others:
        for name in (name for names in other.options.values() for name in names):
            for start, end in _places(text, words, name):
                if any(start <= s and e <= end and e - s < end - start for s, e in own):
                    text = text[:start] + BLANK * (end - start) + text[end:]
    return text


def _places(text: str, words: Words, name: str) -> list[tuple[int, int]]:
    """Where the name stands; not as what begins a list: "First, the total"."""
    places = [(words[first].start, words[last - 1].end) for first, last in find_phrase(words, stems(name))]
    return [(start, end) for start, end in places if text[:start].strip() or text[end : end + 1] != ","]


def _assigned(text: str, argument: Argument) -> str:
    """Return the option in "name: option" or "name = option"."""
    match = re.search(
        rf"\b{re.escape(argument.label)}\s*[:=]\s*([\w\-]+)".replace(r"\ ", r"[ _]"), text, re.IGNORECASE
    )
    if not match:
        return ""
    wanted = stems(match[1].replace("_", " "))
    return next(
        (
            option
            for option, names in argument.options.items()
            if any(stems(name) == wanted for name in (option, *names))
        ),
        "",
    )


def find_flag(text: str, argument: Argument) -> bool | None:
    """Return whether the text asks for the flag; None when it does not speak of it."""
    answer = explicit_span(text, argument)
    if answer:
        return _NO.search(text[answer[0] : answer[1]]) is None
    words = tokens(text)
    for cue in argument.own_cues:
        for first, last in find_phrase(words, stems(cue)):
            declined = is_declined(text, words[first].start)
            assigned = re.match(r"\s*[:=]\s*(\w+)", text[words[last - 1].end :])
            return not (declined or (assigned and _NO.search(assigned[1])))
    return None


def find_date(text: str, argument: Argument, taken: set[str]) -> str | None:
    """Return the date (ISO 8601) behind a cue of the argument, else, when required, the first not taken."""
    dates = [(date.start, date.iso) for date in written_dates(text) if date.iso not in taken]
    words = tokens(text)
    for cue in argument.own_cues:
        for _, last in find_phrase(words, stems(cue)):
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
    if after_cue or argument.sentence:
        return after_cue or (_first_sentence(text) if argument.required else None)
    quotes = quoted(text)
    return quotes[0] if quotes and argument.required else None


def find_texts(text: str, argument: Argument) -> tuple[list[str], tuple[int, int]] | None:
    """Return the texts listed behind a cue ("visit, cart", "visit > cart", "visit to cart"), and where."""
    answer = explicit_span(text, argument)
    if answer:
        return _listed(text[answer[0] : answer[1]]), answer
    words = tokens(text)
    ends = {words[last - 1].end for cue in argument.own_cues for _, last in find_phrase(words, stems(cue))}
    found = []
    for end in sorted(ends, reverse=True):
        stop = _LIST_END.search(text, end)
        span = (end, stop.start() if stop else len(text))
        found.append((_listed(_LINK.sub("", text[slice(*span)])), span))
    # of "a funnel with the steps a, b" the last cue is meant
    longest = max(found, key=lambda each: len(each[0]), default=([], (0, 0)))
    return longest if len(longest[0]) > 1 else None


def _listed(text: str) -> list[str]:
    *parts, last = (_SIGN_BETWEEN if _SIGN_BETWEEN.search(text) else _WORD_BETWEEN).split(text)
    parts += _AND_LAST.split(last)
    parts = [_LEAD_WORDS.sub("", part.strip()) for part in parts]
    return [item for part in parts if (item := part.strip(_QUOTES).strip())]


def _first_sentence(text: str) -> str | None:
    return _SENTENCE_END.split(text, maxsplit=1)[0].strip() or None


def _after_cue(text: str, argument: Argument) -> str | None:
    words = tokens(text)
    for cue in argument.own_cues:
        for first, last in find_phrase(words, stems(cue)):
            if _ASKED_FOR.search(text[: words[first].start]):
                continue
            rest = _LINK.sub("", text[words[last - 1].end :])
            if argument.sentence:
                return _first_sentence(rest)
            if rest and rest[0] in _OPENING_QUOTES:
                inner = quoted(rest)
                if inner:
                    return inner[0]
            clause = _CLAUSE_END.split(rest, maxsplit=1)[0].strip()
            if clause and cue in argument.cues and len(clause.split()) <= _MAX_UNQUOTED_WORDS:
                return clause
    return None
