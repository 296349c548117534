"""What a request says that its tool can't know: words that would change the answer if they were heard."""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from graphs.kit.artifacts import MEDIA_TYPES
from graphs.kit.planner.columns import fits
from graphs.kit.planner.conditions import Conditions, find_conditions, takes_conditions
from graphs.kit.planner.cues import explicit_span
from graphs.kit.planner.dates import written_dates
from graphs.kit.planner.declarations import ToolProfile, as_list, declared_phrases, declared_words
from graphs.kit.planner.figures import ORDINAL, figures
from graphs.kit.planner.files import Desk
from graphs.kit.planner.mentions import EVERYDAY, Mention, mentions
from graphs.kit.planner.negation import negations
from graphs.kit.planner.options import find_flag
from graphs.kit.planner.phrasing import (
    is_declaration,
    is_statement,
    request_verbs,
    starts_request,
    takes_from_list,
)
from graphs.kit.planner.prose import masked, sentences, without_sql
from graphs.kit.planner.task import Filled, dated_by
from graphs.kit.planner.units import UNITS, unit_named
from graphs.kit.planner.words import STOP_STEMS, corrected, find_phrase, stem, stems, tokens, word_set
from graphs.kit.state import Column

_HARMLESS = word_set(
    """please kindly today now other another know possible possibly big little me my mine data dataset table
    file spreadsheet result answer figure much many long get see want need tell give calculate compute
    hi hello hey thank instead again same well value set equal respectively about roughly around quickly
    finally afterwards each both between together following given above below
    whether because since while during within without excluding omitting per versus vs against across among
    else etc least most
    yes ok okay sure just really actually simply quick good nice new way thing something someone people
    person question problem idea like able would should mean use work help look find show go going
    take keep come put do done did think guess believe suppose hope detect responsible
    strongly closely kind type row column variable measurement observation record field
    come came fall fell get got bring brought happen happened occur occurred w
    analysis analyses number significant workbook"""
)
"""Words that ask politely or join others: what a tool does is the same without them."""

_CHANGING = re.compile(
    r"\b(?:(?:one|single)[\s-]+(?:sided|tailed)|(?:last|next|this|previous|past|current)\s+"
    r"(?:day|week|month|quarter|year)s?|(?:year|quarter|month|week)[\s-]+to[\s-]+date|running|why|how\s+come|minus|divided\s+by|multiplied\s+by"
    r"|different\s+(?:by|between|across|among)|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|and\s+(?:when|where|why|who|how)"
    r"|(?:second|third|fourth|fifth|next|2nd|3rd|\dth)[\s-]+(?:best|worst|most|least|fewest|highest|lowest|largest"
    r"|smallest|biggest)"
    r"|(?:average|mean|median|maximum|minimum|standard\s+deviation)\s+of\s+(?:the\s+)?"
    r"(?:daily|weekly|monthly|quarterly|yearly|annual)"
    r"|(?:percentages?|per\s?cent|shares?|proportions?)\s+(?:of|in|by|per|within)\s+"
    r"(?:(?:each|every|its)\s+(?:row|column)s?|the\s+(?:row|column)))\b",
    re.IGNORECASE,
)
"""What changes a request although each of its words is known by itself."""

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

_FIRST = re.compile(r"(?:^|[.;\n]\s*)\W*(first)\b(\s*,)?(?:\s+\w+)?", re.IGNORECASE)
"""What opens a list of requests: "First, the total", "first draw"."""

_LETTERS_AND_DIGITS = re.compile(r"(?<![\w.\-])(?:[a-z]{1,3}\d+)(?![\w\-]|\.\d)", re.IGNORECASE)
"""A name with a figure in it, which is neither a word nor a figure: "p90"."""

_COMPARED = re.compile(r"(?:(?<=\w)\s*(?:[<>]=?|[≤≥])\s*(?=[\w.-]))")
"""A sign that compares what stands around it."""

_SUPERLATIVE = re.compile(
    r"\b(?:(?:most|least)\s+(?!of\b|recent\b)\w+|cheapest|dearest|heaviest|lightest|highest|lowest|largest|smallest"
    r"|biggest|greatest|oldest|youngest|tallest|longest|shortest|fastest|slowest|best|worst)\b",
    re.IGNORECASE,
)
"""What asks for an order."""

_DIVIDED = re.compile(r"[^\W\d]\w*\s+/\s+[^\W\d]\w*")
"""One thing divided by another."""

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
    known = _known_words(tool) | _words_of_tables(desk) | _words_of_values(filled)
    changing = list(_CHANGING.finditer(prose))
    if not varies:
        # "customers without orders", where the tool takes both tables, takes nothing away
        session = _words_of_session(desk) - _words_of_files(tool, filled)
        changing += [match for match in _TAKEN_AWAY.finditer(prose) if stem(match[1]) in session]
    changing = [match for match in changing if not _is_taken(stems(match[0]), tool, filled)]
    changing += _negations(prose, tool, desk, filled, varies=varies)
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
    if not (varies and takes_from_list(prose)):
        found += _columns_in_vain(prose, tool, desk, filled, spans)
    values = " ".join(str(value) for value in filled.values.values()).lower()
    found += [
        (match.start(), match[0])
        for match in _LETTERS_AND_DIGITS.finditer(prose)
        if match[0].lower() not in values
        and not unit_named(match[0])
        and not _is_taken(stems(match[0]), tool, filled)
        and not _overlaps(match.span(), spans)
    ]
    if _takes_rows(tool) and not any(each.many for each in tool.of_kind("text")):
        # a list of steps may be written "visit > cart"
        found += [
            (match.start(), match[0])
            for match in _COMPARED.finditer(prose)
            if not _overlaps(match.span(), spans)
        ]
    if _is_unordered(tool, filled):
        found += [(match.start(), match[0]) for match in _SUPERLATIVE.finditer(prose)]
    if tool.of_kind("column"):
        found += [(match.start(), match[0]) for match in _DIVIDED.finditer(prose)]
    return list(dict.fromkeys(word for _, word in sorted(found)))


def _overlaps(place: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < place[1] and place[0] < end for start, end in spans)


def _columns_in_vain(
    prose: str, tool: ToolProfile, desk: Desk, filled: Filled, spans: Sequence[tuple[int, int]]
) -> list[tuple[int, str]]:
    """Return the columns that the text names and the tool does not take, though its examples have them."""
    said = " ".join(str(value) for value in filled.values.values())
    asked = _plain_words() | _words_of_tables(desk) | {"".join(each) for each in declared_phrases(tool)}
    return [
        (each.start, prose[each.start : each.end])
        for each in (mentions(prose, desk.all_columns()) if tool.of_kind("column") else ())
        if each.quality > EVERYDAY
        and each.column not in said
        and not asked.issuperset(stems(prose[each.start : each.end]))
        and not _overlaps((each.start, each.end), spans)
    ]


def _finds_itself(tool: ToolProfile, mention: Mention, desk: Desk, filled: Filled) -> bool:
    """Return whether the tool takes no column, or looks for such a one itself."""
    columns = [column for column in desk.all_columns() if column["name"] == mention.column]
    roles = [each for each in tool.of_kind("column") if each.sought]
    return not tool.of_kind("column") or any(
        fits(role, column) for role in roles for column in columns if role.name not in filled.values
    )


def _is_unordered(tool: ToolProfile, filled: Filled) -> bool:
    """Return whether the tool could order by a column, and has none."""
    orders = [each.name for each in tool.of_kind("column") if "sorted by" in each.cues]
    return bool(orders) and not any(name in filled.values for name in orders)


def _is_taken(said: Sequence[str], tool: ToolProfile, filled: Filled) -> bool:
    """Return whether the words stand together in a value, or in a keyword or an example of the tool."""
    values = ["".join(stems(str(each))) for value in filled.values.values() for each in as_list(value)]
    keywords = ["".join(keyword) for keyword in tool.keywords]
    examples = ["".join(stems(example)) for example in tool.examples]
    return any("".join(said) in text for text in (*values, *keywords, *examples))


def _conditions(prose: str, columns: Sequence[Column], tool: ToolProfile, filled: Filled) -> Conditions:
    return find_conditions(prose, columns, declared_words(tool), dated_by(tool, filled.values))


def _negations(
    prose: str, tool: ToolProfile, desk: Desk, filled: Filled, *, varies: bool
) -> list[re.Match[str]]:
    """Return the words that turn something round which no condition, option or keyword of the tool has."""
    columns = [column for name in desk.files for column in desk.columns(name)]
    spans = list(_conditions(prose, columns, tool, filled).spans) if _takes_rows(tool) else []
    spans += [sentence.span() for sentence in sentences(prose) if is_statement(sentence[0])]
    in_keywords = {word for keyword in tool.keywords for word in keyword}
    options = _words_of_options(tool) - STOP_STEMS
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
    spans += [(figure.start, figure.end) for figure in figures(prose, (ORDINAL,))]
    named = mentions(prose, columns)
    taken = {name for value in filled.values.values() for name in as_list(value) if isinstance(name, str)}
    # a column is heard only where the tool takes it: "actual" is no news of another sheet's Budget
    said = " ".join(map(str, taken))
    heard = [
        mention
        for mention in named
        if mention.column in said
        or (mention.quality > EVERYDAY and _finds_itself(tool, mention, desk, filled))
    ]
    spans += [(mention.start, mention.end) for mention in heard]
    spans += [own.span() for own in _OWN.finditer(prose)]
    spans += [match.span(1) for match in _FIRST.finditer(prose) if match[2] or starts_request(match[0])]
    words = tokens(prose)
    spans += [
        (words[first].start, words[last - 1].end)
        for each in declared_phrases(tool)
        for first, last in find_phrase(words, each)
    ]
    spans += [gloss.span(1) for mention in named if (gloss := _GLOSS.search(prose, 0, mention.start))]
    spans += _conditions(prose, columns, tool, filled).spans if _takes_rows(tool) else []
    spans += [sentence.span() for sentence in sentences(prose) if is_statement(sentence[0])]
    for pair in _PAIR.finditer(prose):
        columns_inside = [m for m in named if pair.start() <= m.start < pair.end() and m not in heard]
        if {stem(word) for word in pair.groups() if word} & known and not columns_inside:
            spans.append(pair.span())
    spans += [
        sentence.span()
        for sentence in sentences(prose)
        if is_declaration(sentence[0])
        and any(find_flag(sentence[0], flag) is not None for flag in tool.of_kind("flag"))
    ]
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
    """Return the words that the tool is asked with, as declared, and those that change nothing.

    What its description says of it, and a word of a longer phrase, it need not hear.
    """
    in_examples = {word for example in tool.examples for word in stems(masked(example))}
    single = {"".join(each) for each in declared_phrases(tool) if len(each) == 1}
    together = {"".join(keyword) for keyword in tool.keywords}
    return frozenset(
        single | together | in_examples | set(stems(tool.name.replace("_", " "))) | _plain_words()
    )


@lru_cache(maxsize=1)
def _plain_words() -> frozenset[str]:
    units = [name for name, unit in UNITS.items() if unit.dimension not in {"usd", "eur", "gbp"}]
    said = [*_HARMLESS, *request_verbs(), *units, *(suffix[1:] for suffix in MEDIA_TYPES)]
    return STOP_STEMS | {word for text in said for word in stems(text)}


def _words_of_session(desk: Desk) -> frozenset[str]:
    return _words_of_tables(desk) | {word for column in desk.all_columns() for word in stems(column["name"])}


def _words_of_tables(desk: Desk) -> frozenset[str]:
    names = [PurePosixPath(name).stem for name in desk.files]
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
