"""How people phrase things: orders, questions, statements, variations of an earlier request, courtesies."""

import re

from graphs.kit.planner.words import word_set

_STARTERS = word_set(
    """add adjust analyse analyze answer apply are assess build calculate can chart check clean compare
    compute convert could count create cut delete describe design determine display do does draw
    erase estimate evaluate explain export find fit fix forecast generate get give group help how
    i inspect is join let list load look make maximise maximize may measure minimise minimize
    model optimise optimize plan please plot predict prepare print profile query read remove
    repair report run save say schedule select show simulate solve split suggest sum summarise
    summarize tell test total update use validate verify visualise visualize want was were what
    when where which who why will would write"""
)
_TELLING_STARTERS = word_set("add adjust clean convert cut delete join remove split update repair export")
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
    r"^\W*(?:(?:please|hi|hello|hey|good (?:morning|afternoon|evening|day)|so|and|ok|"
    r"can you|could you|tell me|explain)\b\W*)*"
    r"(?:help(?: me)?(?: with .{0,60})?|who are you|"
    r"what (?:can|do|could) (?:you|i|this agent) (?:do|ask|help)(?:.{0,30})|"
    r"how (?:do|can) (?:i|you|this) (?:use|work|help).{0,30}|what (?:is|are) (?:this|you)(?: for)?)\W*$",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"^\W*(?:(?:so|and|but|well|hi|hello|now)\b[\s,]*)*"
    r"(?:(?:i|we)\s+(?!want|need|would|wish|like|request|ask|have to|must)\w+|(?:i'm|we're|i've|we've)\s"
    r"|(?:my|our)\s|(?:there|here|this|these|those|that)\s+(?:is|are|was|were)\b)",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"^\W*(?:(?:hi|hello|so|and|now)\b[\s,]*)*(?:i|we)(?:'d|\s)\s*(?:want|need|would|wish|like)\b",
    re.IGNORECASE,
)
_DECLARATION = re.compile(
    r"^\W*(?:(?:and|but|note that|also)\b[\s,]*)*"
    r"(?:the|all|its|their|it|they)\b(?:\s+\w+){0,4}?\s+(?:is|are|was|were)\b",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^\W*(?:(?:please|also|and|so|now|ok|okay|hi|hello|hey|but|kindly|first|secondly|second|third)\b[\s,:]*)*",
    re.IGNORECASE,
)
_VARIATION = re.compile(
    r"^\W*(?:(?:and|but|now|ok|okay)\b[\s,]*)*(?:(?:what|how)\s+about|what\s+if|"
    r"(?:the\s+)?same|"
    r"again|now|instead|rather|for|with|without|only|just|excluding|except|but not|repeat|redo|try|use|"
    r"make it|also for|as an?)\b"
    r"|^\W*(?:and|now)\b|\b(?:instead|again|this time)\W*$",
    re.IGNORECASE,
)
_WHOLE_AGAIN = re.compile(
    r"\b(?:instead|rather|same|again|this time)\b|\b(?:what|how) about\b", re.IGNORECASE
)
_CONTINUATION = re.compile(
    r"^\W*(?:with|using|by|for|on|at|from|where|assuming|given|per|titled|called|named|as|including|within"
    r"|[a-z]+ed (?:for|by|on|with|as|at|to))\b",
    re.IGNORECASE,
)
_ADDS = re.compile(r"\b(?:add|adding|also|plus|too|as well|include|including)\b", re.IGNORECASE)
_TAKES_AWAY = re.compile(
    r"\b(?:drop|remove|without|exclude|excluding|leave out|omit|but not)\b", re.IGNORECASE
)
_WHICH_ONE = re.compile(
    r"\bwh(?:ich|at)\s+(?:one|of\s+(?:them|these|those))\b|^\W*(?:and\s+)?which\s+(?:is|was|are|were|has|had)\b",
    re.IGNORECASE,
)
_MEANS = re.compile(
    r"^\W*(?:(?:please|and|but)\W+)*(?:us(?:e|ing)|apply(?:ing)?|by means of)\s", re.IGNORECASE
)
_AGAIN = re.compile(r"\b(?:again|repeat|redo|once more|one more time)\b", re.IGNORECASE)
_POLITE = r"(?:please|now|ok|okay|and|then|so|again)"
_UNDO = re.compile(
    rf"^\W*(?:{_POLITE}\W+)*(?:undo(?:\s+(?:that|it|this|the last (?:step|change|one)))?"
    rf"|take (?:that|it) back|go back(?: (?:one step|to the (?:one|answer) before))?|revert(?: (?:that|it))?"
    rf"|back to (?:the )?(?:previous|one before))(?:\W+{_POLITE})*\W*$",
    re.IGNORECASE,
)
_ALL_ROWS = re.compile(
    rf"^\W*(?:{_POLITE}\W+)*(?:(?:forget|drop|remove|clear|reset|lift|without|ignore|no|delete|cancel)\s+"
    r"(?:(?:about|the|that|this|all|any|my|of|last)\s+)*(?:filters?|conditions?|restrictions?)"
    rf"|(?:with|for|use|over)\s+all\s+(?:the\s+)?rows)(?:\W+{_POLITE})*\W*$",
    re.IGNORECASE,
)
_BARE_YEAR = re.compile(
    r"^(\W*)(?:and|or|but|also|then)\s+(?:(?:what|how)\s+about\s+)?(?:(?:for|in)\s+)?((?:19|20)\d\d)(\W*)$",
    re.IGNORECASE,
)
_MOST_WORDS_FOLLOWING = 9
_FRAGMENT = re.compile(
    r"^\W*(?:with|using|by|per|for|on|at|from|to|in|since|until|before|after|during|between|where|as)\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|them|those|these|that\W*$|that (?!is|are|was|were|has|have)"
    r"|this (?!file|table|data|year|month))",
    re.IGNORECASE,
)
_SAME_AGAIN = re.compile(
    r"^\W*(?:(?:and|now)\s+)*(?:(?:what|how)\s+about\b|same\b)|^\W*and\s+(?:for|with|at)\b", re.IGNORECASE
)


def request_verbs() -> frozenset[str]:
    """Return the words that orders and questions begin with, but those that ask for a change of data."""
    return _STARTERS - _TELLING_STARTERS


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


def is_wish(text: str) -> bool:
    """Return whether the text says what is wanted ("I want to detect …") without asking for it."""
    return _WISH.match(text) is not None and "?" not in text


def is_declaration(text: str) -> bool:
    """Return whether the text says how something is ("The dates are day first")."""
    return _DECLARATION.match(text) is not None and "?" not in text


def varies_earlier(text: str) -> bool:
    """Return whether the text varies an earlier request ("what about 90 %?", "now by month")."""
    return _VARIATION.search(text) is not None


def in_full(text: str) -> str:
    """Return the text with the preposition that a bare year lacks: "and 2009?" is "only 2009?"."""
    return _BARE_YEAR.sub(r"\1only \2\3", text)


def follows_on(text: str) -> bool:
    """Return whether the text says little without what was asked before it ("now by month", "plot that")."""
    if len(text.split()) > _MOST_WORDS_FOLLOWING:
        return False
    patterns = (_VARIATION, _UNDO, _ALL_ROWS, _WHICH_ONE, _FRAGMENT, _POINTS_BACK)
    return any(pattern.search(text) for pattern in patterns)


def varies_all(text: str) -> bool:
    """Return whether the text stands for a whole earlier request, changed a little ("centroid instead")."""
    return not starts_request(text) or _WHOLE_AGAIN.search(text) is not None


def continues_sentence(text: str) -> bool:
    """Return whether the text says more about what was asked before it ("adjusted for age")."""
    return _CONTINUATION.match(text) is not None


def adds_to_list(text: str) -> bool:
    """Return whether the text adds to what was named before ("add race")."""
    return _ADDS.search(text) is not None


def takes_from_list(text: str) -> bool:
    """Return whether the text takes from what was named before ("without prio")."""
    return _TAKES_AWAY.search(text) is not None


def asks_which_one(text: str) -> bool:
    """Return whether the text asks for one of what was answered before ("which one was lowest?")."""
    return _WHICH_ONE.search(text) is not None


def names_means(text: str) -> bool:
    """Return whether the text says how what was asked is to be done ("Use ANOVA.")."""
    return _MEANS.match(text) is not None


def asks_again(text: str) -> bool:
    """Return whether the text asks for the same once more ("again, please")."""
    return _AGAIN.search(text) is not None


def takes_back(text: str) -> bool:
    """Return whether the text wants the answer before the last one back ("undo that")."""
    return _UNDO.match(text) is not None


def drops_conditions(text: str) -> bool:
    """Return whether the text wants all rows again ("forget the filter")."""
    return _ALL_ROWS.match(text) is not None


def varies_the_one_before(text: str) -> bool:
    """Return whether the text asks for the same as just before, with another value ("and for d = 0.3?")."""
    return _SAME_AGAIN.match(text) is not None


def is_order(text: str, *, listed: bool) -> bool:
    """Return whether the text orders something, whatever it is; `listed` says that it stands in a list."""
    first = re.match(r"[^\W\d_]+", _LEAD.sub("", text))
    word = first[0].lower() if first else ""
    return word in _FOREIGN_STARTERS or (listed and word in _STARTERS)
