"""A message is split into requests: sentences and clauses that each ask for one tool."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graphs.kit.planner.prose import BLANK, masked, without_sql
from graphs.kit.planner.words import word_set

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
_STARTERS = word_set(
    """add adjust analyse analyze answer apply are assess build calculate can chart check clean compare compute
    convert could count create cut delete describe design determine display do does draw erase estimate evaluate
    explain export find fit fix forecast generate get give group help how i inspect is join let list load look make
    may maximise maximize measure minimise minimize model optimise optimize plan please plot predict prepare print
    profile query read remove repair report run save say schedule select show simulate solve split suggest sum
    summarise summarize tell test total update use validate verify visualise visualize want was were what when
    where which who why will would write"""
)
_FOREIGN_STARTERS = word_set(
    """book buy call cook email mail message order phone pay play post publish reserve send share sing text
    translate tweet upload"""
)
_COURTESY = re.compile(
    r"^\W*(?:(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|dear (?:all|team|agent)|everyone|there|"
    r"thanks(?: a lot)?|thank you(?: (?:very|so) much)?|many thanks|cheers|in advance|regards|"
    r"please|ok|okay|great|super|perfect|nice|well|so|again|sorry|you|bye|goodbye)\b\W*)+$",
    re.IGNORECASE,
)
_HELP = re.compile(
    r"^\W*(?:(?:please|hi|hello|hey|so|and|ok|can you|could you|tell me|explain)\b\W*)*"
    r"(?:help(?: me)?|who are you|what (?:can|do|could) (?:you|i|this agent) (?:do|ask|help)(?:.{0,30})|"
    r"how (?:do|can) (?:i|you|this) (?:use|work|help).{0,30}|what (?:is|are) (?:this|you)(?: for)?)\W*$",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"^\W*(?:(?:so|and|but|well|hi|hello|now)\b[\s,]*)*"
    r"(?:(?:i|we)\s+(?!want|need|would|wish|like|request|ask|have to|must)\w+|(?:i'm|we're|i've|we've)\s"
    r"|(?:my|our)\s|(?:there|here|this|these|those|that)\s+(?:is|are|was|were)\b)",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^\W*(?:(?:please|also|and|so|now|ok|okay|hi|hello|hey|but|kindly|first|secondly|second|third)\b[\s,:]*)*",
    re.IGNORECASE,
)
_VARIATION = re.compile(
    r"^\W*(?:(?:and|but|now|ok|okay)\b[\s,]*)*(?:(?:what|how)\s+about|what\s+if|(?:the\s+)?same|"
    r"again|now|instead|rather|for|with|repeat|redo|try|use|make it|also for|as an?)\b"
    r"|^\W*(?:and|now)\b|\b(?:instead|again|this time)\W*$",
    re.IGNORECASE,
)
_SAME_AGAIN = re.compile(
    r"^\W*(?:(?:and|now)\s+)*(?:(?:what|how)\s+about\b|same\b)|^\W*and\s+(?:for|with|at)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Verdict:
    """What a fragment is by itself: the tool it points to ('' for none) and the options of it that are named.

    `values_only` says that it asks for nothing, `own_values` that it names files, figures or columns.
    """

    tool: str
    values_only: bool
    own_values: bool
    options: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Fragment:
    """A part of a message (character offsets); `listed` says that "then" or a list item set it apart."""

    start: int
    end: int
    listed: bool
    varies: bool = False


Judge = Callable[[str], Verdict]


def split(text: str, names: Sequence[str], judge: Judge) -> list[Fragment]:
    """Return the requests of the text in order; statements join the request that they belong to.

    `names` are the files of the session: the dots in them end no sentence.
    """
    mask = _mask(text, names)
    pieces = [part for piece in _strong_pieces(mask) for part in _parted_by_and(text, mask, piece, judge)]
    kept = [piece for piece in pieces if not is_courtesy(text[piece.start : piece.end])]
    return _joined(text, kept, judge)


def is_courtesy(text: str) -> bool:
    """Return whether the text is a greeting, thanks or the like."""
    return not re.search(r"\w", text) or _COURTESY.match(text) is not None


def asks_for_help(text: str) -> bool:
    """Return whether the text asks what this agent is for."""
    return _HELP.match(text) is not None


def starts_request(text: str) -> bool:
    """Return whether the text begins like an order or a question."""
    word = re.match(r"[^\W\d_]+", _LEAD.sub("", text))
    return word is not None and word[0].lower() in _STARTERS


def is_statement(text: str) -> bool:
    """Return whether the text tells something ("I have a printer …") rather than asking for it."""
    return _STATEMENT.match(text) is not None and "?" not in text


def varies_earlier(text: str) -> bool:
    """Return whether the text varies an earlier request ("what about 90 %?", "now by month")."""
    return _VARIATION.search(text) is not None


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
    parts: list[Fragment] = []
    start, listed = piece.start, piece.listed
    for index, joint in enumerate(joints):
        right_end = joints[index + 1].start() if index + 1 < len(joints) else piece.end
        left, right = text[start : joint.start()], text[joint.end() : right_end]
        if _both_ask(left, right, judge):
            parts.append(Fragment(start, joint.start(), listed))
            start, listed = joint.end(), False
    parts.append(Fragment(start, piece.end, listed))
    return parts


def _both_ask(left: str, right: str, judge: Judge) -> bool:
    first, second = judge(left), judge(right)
    if not first.tool or not second.tool or first.values_only or second.values_only:
        return False
    if first.tool == second.tool:
        other_options = bool(first.options and second.options and not first.options & second.options)
        return (starts_request(right) or other_options) and first.own_values and second.own_values
    return starts_request(right) or not second.own_values


def _joined(text: str, pieces: Sequence[Fragment], judge: Judge) -> list[Fragment]:
    """Join statements and mere values to the request beside them, and a tool's sentences to one another."""
    joined: list[Fragment] = []
    waiting: Fragment | None = None
    for piece in pieces:
        verdict = judge(text[piece.start : piece.end])
        if _varies_previous(text, piece, verdict, joined):
            joined.append(Fragment(piece.start, piece.end, piece.listed, varies=True))
        elif not verdict.tool or verdict.values_only:
            if _is_foreign(text, piece, verdict):
                joined.append(piece)
            elif joined and not text[: piece.end].rstrip().endswith(":"):
                joined[-1] = _spanning(joined[-1], piece)
            else:
                waiting = _spanning(waiting, piece)
        elif joined and _continues(text, joined[-1], piece, verdict, judge):
            joined[-1] = _spanning(joined[-1], piece)
        else:
            joined.append(_spanning(waiting, piece))
            waiting = None
    if waiting:
        joined.append(waiting)
    return joined


def _spanning(first: Fragment | None, second: Fragment) -> Fragment:
    if first is None:
        return second
    return Fragment(first.start, second.end, first.listed or second.listed, first.varies)


def _varies_previous(text: str, piece: Fragment, verdict: Verdict, joined: Sequence[Fragment]) -> bool:
    """ "And for d = 0.3?" after a request asks for the same again with another value."""
    asks = _SAME_AGAIN.match(text[piece.start : piece.end]) is not None
    return bool(joined) and asks and verdict.own_values and (verdict.values_only or not verdict.tool)


def _continues(text: str, previous: Fragment, piece: Fragment, verdict: Verdict, judge: Judge) -> bool:
    before = judge(text[previous.start : previous.end])
    return before.tool == verdict.tool and not (before.own_values and verdict.own_values)


def _is_foreign(text: str, piece: Fragment, verdict: Verdict) -> bool:
    """A request that no tool serves, as against a statement that belongs to its neighbour."""
    if verdict.values_only or verdict.own_values:
        return False
    first = re.match(r"[^\W\d_]+", _LEAD.sub("", text[piece.start : piece.end]))
    return first is not None and (
        first[0].lower() in _FOREIGN_STARTERS
        or (piece.listed and first[0].lower() in _STARTERS | _FOREIGN_STARTERS)
    )
