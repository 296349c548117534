"""A message is split into requests: sentences and clauses that each ask for one tool."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from graphs.kit.planner.negation import leaves_out
from graphs.kit.planner.phrasing import (
    continues_sentence,
    is_courtesy,
    is_order,
    is_wish,
    names_means,
    starts_request,
    varies_the_one_before,
)
from graphs.kit.planner.prose import BLANK, masked, without_sql

_ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|vs|approx|no|fig|dr|mr|mrs|ms|etc|incl|max|min|resp|ca|cf|st|avg|std|dept|col|eq|ver|[A-Za-z])\.$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?]+[)\]]?(?=\s|$)|;(?=\s|$)|\n")
_BULLET = re.compile(r"(?m)^[ \t]*(?:[-*\u2022]|\(?\d{1,2}[.)])[ \t]+")
_INLINE_NUMBER = re.compile(r"(?:(?<=\s)|^)\(?(\d{1,2})[.)]\s+(?=[A-Za-z])")
_THEN = re.compile(
    r"(?:[,;]\s*)?\b(?:and\s+then|then|after\s+that|afterwards|after\s+which|finally|next\s*,|lastly)\b\s*,?\s*"
    r"(?:also\s+)?",
    re.IGNORECASE,
)
_AND = re.compile(
    r"\s*,?\s+(?:and|&|plus|as\s+well\s+as|but)\s+(?:also\s+|please\s+)?|,\s+(?:also\s+|please\s+)?",
    re.IGNORECASE,
)


_BETWEEN_OPEN = re.compile(r"\bbetween\s+(?:\S+\s+){0,3}\S+$", re.IGNORECASE)
"""Before the "and" of "between x and y"."""


@dataclass(frozen=True)
class Verdict:
    """What a fragment is by itself: the tool it points to ('' for none) and the options of it that are named,
    each with its argument.

    `values_only` says that it asks for nothing, `own_values` that it names files, figures or columns, and
    `leads` that it begins with a keyword of the tool, `option_only` that it is but the name of an option ("by
    region and month"). `numbers` are the arguments of the tool
    that it gives figures for, and `sentence` says that the tool takes what it says as a whole.
    """

    tool: str
    values_only: bool
    own_values: bool
    options: frozenset[tuple[str, str]] = frozenset()
    leads: bool = False
    option_only: bool = False
    numbers: frozenset[str] = frozenset()
    sentence: bool = False


@dataclass(frozen=True)
class Fragment:
    """A part of a message (character offsets).

    `listed` says that "then" or a list item set it apart, `varies` that it asks for the one before again
    with another value. `tool` is the one that its last sentence wants used ("Use ANOVA."), '' without such.
    """

    start: int
    end: int
    listed: bool
    varies: bool = False
    tool: str = ""

    def of(self, text: str) -> str:
        """Return the part of the text."""
        return text[self.start : self.end]

    def up_to(self, other: "Fragment") -> "Fragment":
        """Return the fragment from here to the other's end."""
        return replace(self, end=other.end, listed=self.listed or other.listed)


Judge = Callable[[str], Verdict]


def split(text: str, names: Sequence[str], judge: Judge) -> list[Fragment]:
    """Return the requests of the text in order; statements join the request that they belong to.

    `names` are the files of the session: the dots in them end no sentence.
    """
    mask = _mask(text, names)
    parts = [part for piece in _strong_pieces(mask) for part in _parted_by_and(text, mask, piece, judge)]
    return _joined(text, [part for part in parts if not is_courtesy(part.of(text))], judge)


def _mask(text: str, names: Sequence[str]) -> str:
    """Blank what must not be split: code, quotes, file names, and parentheses."""
    mask = masked(without_sql(text), names)
    return re.sub(r"\([^()\n]*\)", lambda match: BLANK * len(match[0]), mask)


def _strong_pieces(mask: str) -> list[Fragment]:
    cuts: list[tuple[int, int, bool]] = [
        (match.start(), match.end(), False)
        for match in _SENTENCE_END.finditer(mask)
        if not (match[0] == "." and _ABBREVIATION.search(mask[max(0, match.start() - 12) : match.end()]))
    ]
    cuts += [(match.start(), match.end(), True) for match in _BULLET.finditer(mask)]
    cuts += [(match.start(), match.end(), True) for match in _inline_numbers(mask)]
    cuts += [(match.start(), match.end(), True) for match in _THEN.finditer(mask)]
    pieces = []
    position, listed = 0, False
    for start, end, lists in sorted(cuts):
        if start >= position:
            keep_end = end if mask[start:end].strip() in {"?", "!"} else start
            pieces.append(Fragment(position, keep_end, listed))
            listed = False
        position, listed = max(position, end), listed or lists
    pieces.append(Fragment(position, len(mask), listed))
    return [piece for piece in pieces if re.search(rf"[\w{BLANK}]", mask[piece.start : piece.end])]


def _inline_numbers(mask: str) -> list[re.Match[str]]:
    """Return the numbers of a list inside a line ("1) inspect … 2) repair …"): they count 1, 2, 3."""
    found = list(_INLINE_NUMBER.finditer(mask))
    counted = [match for index, match in enumerate(found, 1) if int(match[1]) == index]
    return counted if len(counted) > 1 else []


def _parted_by_and(text: str, mask: str, piece: Fragment, judge: Judge) -> list[Fragment]:
    """Part at "and" and commas where both sides ask for something."""
    joints = [m for m in _AND.finditer(mask, piece.start, piece.end) if m.start() > piece.start]
    bounds = [piece.start, *(place for joint in joints for place in joint.span()), piece.end]
    members = [Fragment(bounds[i], bounds[i + 1], piece.listed and i == 0) for i in range(0, len(bounds), 2)]
    parts = members[:1]
    before = judge(members[0].of(text))
    for member in members[1:]:
        verdict = judge(member.of(text))
        if not _BETWEEN_OPEN.search(parts[-1].of(text)) and _both_ask(before, verdict, member.of(text)):
            parts.append(member)
            before = verdict
        else:
            parts[-1] = parts[-1].up_to(member)
            before = _together(before, verdict)
    return parts


def _together(first: Verdict, second: Verdict) -> Verdict:
    """The verdict on two fragments that are one request."""
    return Verdict(
        tool=first.tool or second.tool,
        values_only=first.values_only and second.values_only,
        own_values=first.own_values or second.own_values,
        options=first.options | second.options,
        leads=first.leads,
        numbers=first.numbers | second.numbers,
        sentence=first.sentence or second.sentence,
    )


def _both_ask(first: Verdict, second: Verdict, words: str) -> bool:
    """Return whether the second, with these words, is a request of its own beside the first."""
    if not first.tool or not second.tool or first.values_only or second.values_only or second.option_only:
        return False
    if leaves_out(words):
        return False
    if first.tool == second.tool:
        # "the mean of a and the median of b" are two, "the mean of a and b as Excel" is one
        both_choose = {name for name, _ in first.options} & {name for name, _ in second.options}
        other_options = bool(both_choose) and not first.options & second.options
        return (starts_request(words) or other_options) and first.own_values and second.own_values
    return starts_request(words) or second.leads or not second.own_values


def _joined(text: str, pieces: Sequence[Fragment], judge: Judge) -> list[Fragment]:
    """Join statements and mere values to the request beside them, and a tool's sentences to one another."""
    joined: list[Fragment] = []
    heads: list[Verdict] = []
    waiting: Fragment | None = None
    for piece in pieces:
        words = piece.of(text)
        verdict = judge(words)
        adds = bool(heads) and heads[-1].tool == verdict.tool and continues_sentence(words)
        asks = bool(verdict.tool) and not verdict.values_only and not adds
        if joined and verdict.tool and not verdict.own_values and names_means(words) and heads[-1].tool:
            joined[-1] = replace(joined[-1].up_to(piece), tool=verdict.tool)
            heads[-1] = replace(_together(heads[-1], verdict), tool=verdict.tool)
        elif joined and not asks and verdict.own_values and varies_the_one_before(words):
            joined.append(replace(piece, varies=True))
            heads.append(heads[-1])
        elif not asks and not verdict.own_values and is_order(words, listed=piece.listed):
            joined.append(piece)
            heads.append(verdict)
        elif not asks and (not joined or words.rstrip().endswith(":")):
            waiting = waiting.up_to(piece) if waiting else piece
        elif joined and (
            not asks
            or _continues(joined[-1].of(text), heads[-1], verdict)
            or (heads[-1].sentence and heads[-1].tool == verdict.tool and text[joined[-1].end] == ";")
        ):
            joined[-1] = joined[-1].up_to(piece)
            heads[-1] = _together(heads[-1], verdict)
        else:
            joined.append(waiting.up_to(piece) if waiting else piece)
            heads.append(verdict)
            waiting = None
    if waiting and joined:
        joined[-1] = joined[-1].up_to(waiting)
    return joined or ([waiting] if waiting else [])


def _continues(words_before: str, before: Verdict, verdict: Verdict) -> bool:
    """A request goes on with what says nothing new, a wish with the question that adds figures."""
    if before.tool != verdict.tool:
        return False
    if not (before.own_values and verdict.own_values):
        return True
    more = bool(before.numbers and verdict.numbers) and not before.numbers & verdict.numbers
    return more and is_wish(words_before)
