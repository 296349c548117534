"""What a request says that its tool can't know: words that would change the answer if they were heard."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from pathlib import PurePosixPath

from graphs.kit.artifacts import MEDIA_TYPES
from graphs.kit.planner.conditions import find_conditions, takes_conditions
from graphs.kit.planner.cues import explicit_span
from graphs.kit.planner.dates import written_dates
from graphs.kit.planner.declarations import ToolProfile, as_list, declared_words
from graphs.kit.planner.figures import figures
from graphs.kit.planner.files import Desk
from graphs.kit.planner.filling import Filled, table_of
from graphs.kit.planner.mentions import EVERYDAY, folded, mentions
from graphs.kit.planner.negation import negations
from graphs.kit.planner.phrasing import is_statement, request_verbs
from graphs.kit.planner.prose import masked, sentences, without_sql
from graphs.kit.planner.units import UNITS
from graphs.kit.planner.words import STOP_STEMS, corrected, stem, stems, tokens, word_set

_HARMLESS = word_set(
    """please kindly today now other another know possible possibly big little me my mine data dataset table
    file spreadsheet result answer figure much many long get see want need tell give calculate compute
    hi hello hey thank instead again same well value set equal respectively about roughly around quickly
    first finally afterwards each both between together following given above below
    whether because since while during within without excluding omitting per versus vs against across among
    else etc least most
    yes ok okay sure just really actually simply quick good nice new way thing something someone people
    person question problem idea like able would should mean use work help look find show go going
    take keep come put do done did think guess believe suppose hope detect responsible
    different strongly closely kind type row column variable measurement observation record field
    come came fall fell get got bring brought happen happened occur occurred w
    analysis analyses"""
)
"""Words that ask politely or join others: what a tool does is the same without them."""

_CHANGING = re.compile(
    r"\b(?:(?:one|single)[\s-]+(?:sided|tailed)|(?:last|next|this|previous|past|current)\s+"
    r"(?:day|week|month|quarter|year)s?|running|and\s+(?:when|where|why|who|how)"
    r"|(?:second|third|fourth|fifth|next|2nd|3rd|\dth)[\s-]+(?:best|worst|most|least|fewest|highest|lowest|largest"
    r"|smallest|biggest)"
    r"|(?:percentages?|per\s?cent|shares?|proportions?)\s+(?:of|in|by|per|within)\s+"
    r"(?:(?:each|every|its)\s+(?:row|column)s?|the\s+(?:row|column)))\b",
    re.IGNORECASE,
)
"""What changes a request although each of its words is known by itself."""

_LIKE = 0.75
"""How alike a word and a name must be (difflib's ratio) for the name to be suggested."""

_VARYING = frozenset(
    stem(word) for word in word_set("add also plus drop remove without exclude excluding leave omit include")
)
"""Words that change a list of an earlier call."""

_TAKEN_AWAY = re.compile(r"\b(?:without|excluding|except|omitting)\s+(?:the\s+)?(\w+)", re.IGNORECASE)
_PAIR = re.compile(
    r"\b(?:between\s+(?P<a>\w+)\s+and|(?P<b>\w+)\s+(?:vs\.?|versus|against))\s+(?P<c>\w+)", re.IGNORECASE
)
_GLOSS = re.compile(r"\b([\w\-]+)\s*\($")
"""A word before a column in parentheses: "countries (ctryname)"."""

_OWN = re.compile(
    r"\b(?:my|our)\s+(?:trial|study|project|experiment|research|company|business|team)\b", re.IGNORECASE
)
"""What the person works on, of which all questions are."""

_CAPITALISED = re.compile(r"(?<=[a-z] )[A-Z]\w*")
_GROUPING = re.compile(r"\b(?:by|per|each)\s+(\w+)", re.IGNORECASE)


def unknown_words(
    tool: ToolProfile, text: str, desk: Desk, filled: Filled, *, varies: bool = False
) -> list[str]:
    """Return the words of the request, as written, that neither the tool nor the files nor its values know.

    Names of files, quotes, code, dates, units and statements beside the request don't count, and a word
    that is one slip away from a known one is known. `varies` says that the request changes an earlier
    call, where "without" takes a value away.
    """
    prose = masked(without_sql(text) if tool.takes_sql else text, desk.files)
    known = _known_words(tool) | _words_of_session(desk) | _words_of_values(filled)
    changing = list(_CHANGING.finditer(prose))
    if not varies:
        # "customers without orders", where the tool takes both tables, takes nothing away
        session = _words_of_session(desk) - _words_of_files(tool, filled)
        changing += [match for match in _TAKEN_AWAY.finditer(prose) if stem(match[1]) in session]
    changing = [match for match in changing if not _is_taken(stems(match[0]), tool, filled)]
    changing += _negations(prose, tool, desk, varies=varies)
    found = [(match.start(), match[0]) for match in changing]
    if varies:
        known |= _VARYING
    spans = [*_settled(prose, tool, desk, filled, known), *(match.span() for match in changing)]
    found += [
        (token.start, prose[token.start : token.end])
        for token in tokens(prose)
        if len(token.stem) > 1
        and not token.stem.isdigit()
        and not (
            token.stem in known or _is_known(prose[token.start : token.end], token.stem, _known_words(tool))
        )
        and not any(start <= token.start < end for start, end in spans)
    ]
    return list(dict.fromkeys(word for _, word in sorted(found)))


def _is_taken(said: Sequence[str], tool: ToolProfile, filled: Filled) -> bool:
    """Return whether the words stand together in a value or in a keyword of the tool."""
    values = ["".join(stems(str(each))) for value in filled.values.values() for each in as_list(value)]
    keywords = ["".join(keyword) for keyword in tool.keywords]
    return any("".join(said) in text for text in (*values, *keywords))


def _negations(prose: str, tool: ToolProfile, desk: Desk, *, varies: bool) -> list[re.Match[str]]:
    """Return the words that turn something round which no condition, option or keyword of the tool has."""
    columns = [column for name in desk.files for column in desk.columns(name)]
    spans = list(find_conditions(prose, columns, declared_words(tool)).spans) if _takes_rows(tool) else []
    spans += [sentence.span() for sentence in sentences(prose) if is_statement(sentence[0])]
    in_keywords = {word for keyword in tool.keywords for word in keyword}
    options = _words_of_options(tool)
    return [
        match
        for match in negations(prose)
        if not any(start <= match.start() < end for start, end in spans)
        and not (varies and stem(match[0]) in _VARYING)
        and stem(match[0]) not in in_keywords
        and not options.intersection(token.stem for token in tokens(prose[match.end() :])[:3])
    ]


def _words_of_options(tool: ToolProfile) -> frozenset[str]:
    """Return the words of what the tool can be asked not to do: options, and yes or no."""
    said = [cue for each in tool.of_kind("flag") for cue in each.own_cues]
    said += [name for each in tool.of_kind("choice") for names in each.options.values() for name in names]
    return frozenset(word for text in said for word in stems(text))


def nearest(words: Sequence[str], desk: Desk, tool: ToolProfile, filled: Filled) -> list[str]:
    """Return the names of columns and values that unknown words look like, each once."""
    columns = desk.columns(table_of(tool, filled.values, desk))
    columns = columns or desk.all_columns()
    names = [column["name"] for column in columns]
    names += [value for column in columns for value in column.get("values", [])]
    by_folded = {folded(name): name for name in names if folded(name)}
    found = [
        get_close_matches(folded(word), by_folded, n=1, cutoff=_LIKE)
        for word in words
        if folded(word) not in by_folded
    ]
    return list(dict.fromkeys(by_folded[near[0]] for near in found if near))


def _is_known(word: str, its_stem: str, known: frozenset[str]) -> bool:
    near = corrected(its_stem, known)
    if near not in known:
        return False
    # "profit" is one slip from the stem of the verb "profile", but two from the verb
    verbs = request_verbs()
    return near == its_stem or near not in map(stem, verbs) or corrected(word.lower(), verbs) in verbs


def _settled(
    prose: str, tool: ToolProfile, desk: Desk, filled: Filled, known: frozenset[str]
) -> list[tuple[int, int]]:
    """Return where the text is understood otherwise than word by word, or only tells something."""
    columns = desk.all_columns()
    spans = [(date.start, date.end) for date in written_dates(prose)]
    spans += [(figure.start, figure.end) for figure in figures(prose)]
    named = mentions(prose, columns)
    taken = {name for value in filled.values.values() for name in as_list(value) if isinstance(name, str)}
    # an everyday word for a column ("heavy") is heard only where the column is what is asked for
    heard = [mention for mention in named if mention.quality > EVERYDAY or mention.column in taken]
    spans += [(mention.start, mention.end) for mention in heard]
    spans += [own.span() for own in _OWN.finditer(prose)]
    spans += [gloss.span(1) for mention in named if (gloss := _GLOSS.search(prose, 0, mention.start))]
    spans += find_conditions(prose, columns, declared_words(tool)).spans if _takes_rows(tool) else []
    spans += [sentence.span() for sentence in sentences(prose) if is_statement(sentence[0])]
    for pair in _PAIR.finditer(prose):
        if {stem(word) for word in pair.groups() if word} & known:
            spans.append(pair.span())
    answered = [each for each in tool.of_kind("column") if explicit_span(prose, each)]
    if answered:
        # the column that is missing was asked for, and this is no news
        spans += [match.span(1) for match in _GROUPING.finditer(prose)]
    if any(each.names_things and each.name not in filled.values for each in tool.of_kind("choice")):
        # a tool that lacks the one named says so itself, with those that it knows
        spans += [match.span() for match in _CAPITALISED.finditer(prose)]
    return spans


@lru_cache(maxsize=256)
def _known_words(tool: ToolProfile) -> frozenset[str]:
    """Return what the tool declares, and words that change nothing."""
    texts = [tool.description, *(argument.description for argument in tool.arguments)]
    declared = {word for text in texts for word in stems(text)}
    in_examples = {word for example in tool.examples for word in stems(masked(example))}
    together = {"".join(keyword) for keyword in tool.keywords}
    return declared_words(tool) | declared | in_examples | together | _plain_words()


@lru_cache(maxsize=1)
def _plain_words() -> frozenset[str]:
    units = [name for name, unit in UNITS.items() if unit.dimension not in {"usd", "eur", "gbp"}]
    said = [*_HARMLESS, *request_verbs(), *units, *(suffix[1:] for suffix in MEDIA_TYPES)]
    return STOP_STEMS | {word for text in said for word in stems(text)}


def _words_of_session(desk: Desk) -> frozenset[str]:
    names = [PurePosixPath(name).stem for name in desk.files]
    names += [column["name"] for column in desk.all_columns()]
    return frozenset(word for name in names for word in stems(name))


def _words_of_files(tool: ToolProfile, filled: Filled) -> frozenset[str]:
    """Return the words of the files' names, where the tool takes several files."""
    names = [name for each in tool.of_kind("file") for name in as_list(filled.values.get(each.name))]
    several = names if len(names) > 1 else []
    return frozenset(word for name in several for word in stems(PurePosixPath(name).stem))


def _words_of_values(filled: Filled) -> frozenset[str]:
    said = [str(each) for value in filled.values.values() for each in as_list(value)]
    return frozenset(word for text in [*said, *filled.in_vain] for word in stems(text))


def _takes_rows(tool: ToolProfile) -> bool:
    return any(takes_conditions(argument) for argument in tool.arguments)
