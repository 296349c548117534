"""Words that turn a condition round: "not from", "except", "other than", "all but", "non-"."""

import re

_BEFORE = re.compile(
    r"(?:\b(?:not|no|nor|neither|without|except(?:ing)?(?:\s+for)?|exclud(?:e|es|ed|ing)|omit(?:ting)?|"
    r"drop(?:ping)?|remov(?:e|ing)|ignor(?:e|ing)|skip(?:ping)?|leav(?:e|ing)\s+out|other\s+than|outside(?:\s+of)?|"
    r"(?:apart|aside)\s+from|besides|but\s+not|save\s+for|(?:all|each|every\w*|any\w*)(?:\s+\w+){0,2}\s+(?:but|save))"
    r"|n['’]t)\s+"
    r"(?:(?:count|includ|com|ship|sell|mad)\w*\s+)?(?:(?:the|in|of|all|from|via|by|through|on|at|for|with|any|those|where)\s+)*$"
    r"|\bnon[\s-]+$",
    re.IGNORECASE,
)
_DECLINED = re.compile(
    r"\b(?:no|not|without|don't|do not|never|skip|omit|exclude|excluding)\s+(?:\w+\s+){0,2}$", re.IGNORECASE
)
_BEGINS = re.compile(
    r"^\W*(?:but\s+)?(?:ignoring|excluding|excepting|omitting|without|except|not|leaving\s+out|other\s+than"
    r"|(?:apart|aside)\s+from|save\s+for)\b",
    re.IGNORECASE,
)
_NEGATES = re.compile(
    r"\b(?:not|nor|neither|never|unless)\b|\bnon(?=[\s-]+\w)|\w+n['’]t\b(?!\s+(?:you|we|i|it)\b)"
    # what else they leave out is a word, and known or not by itself
    r"|\b(?:except|exclud(?:e|es|ed|ing)|without|omitting|other\s+than|apart\s+from|besides)(?=\s+(?:\w+\s+){0,2}\d)",
    re.IGNORECASE,
)


def negation_before(text: str, place: int) -> re.Match[str] | None:
    """Return the words directly before the place that leave out what stands there, if they do."""
    return _BEFORE.search(text[:place])


def is_declined(text: str, place: int) -> bool:
    """Return whether the option at the place is not wanted: "don't show me the table"."""
    return _DECLINED.search(text[:place]) is not None


def leaves_out(text: str) -> bool:
    """Return whether the text says what is left out of something before it ("ignoring the outliers")."""
    return _BEGINS.match(text) is not None


def negations(text: str) -> list[re.Match[str]]:
    """Return the words that turn something round, wherever they stand."""
    return list(_NEGATES.finditer(text))
