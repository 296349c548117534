"""Words that turn a condition round: "not from", "except", "other than", "all but"."""

import re

_NEGATION = re.compile(
    r"(?:\b(?:not|no|nor|neither|without|except(?:ing)?(?:\s+for)?|exclud(?:e|es|ed|ing)|omit(?:ting)?|"
    r"drop(?:ping)?|remov(?:e|ing)|ignor(?:e|ing)|skip(?:ping)?|leav(?:e|ing)\s+out|other\s+than|outside(?:\s+of)?|"
    r"(?:apart|aside)\s+from|besides|but\s+not|(?:all|every\w*|any\w*)(?:\s+\w+){0,2}\s+but)|n['’]t)\s+"
    r"(?:(?:count|includ|com|ship|sell|mad)\w*\s+)?(?:(?:the|in|of|all|from|via|by|through|on|at|for|with|any|those|where)\s+)*$",
    re.IGNORECASE,
)

_NEGATES = re.compile(
    r"\b(?:not|nor|neither|never|unless)\b|\w+n['’]t\b(?!\s+(?:you|we|i|it)\b)"
    # what else they leave out is a word, and known or not by itself
    r"|\b(?:except|exclud(?:e|es|ed|ing)|without|omitting|other\s+than|apart\s+from|besides)(?=\s+(?:\w+\s+){0,2}\d)",
    re.IGNORECASE,
)


def negation_before(text: str, place: int) -> re.Match[str] | None:
    """Return the words directly before the place that leave out what stands there, if they do."""
    return _NEGATION.search(text[:place])


def is_negated(text: str, place: int) -> bool:
    """Return whether what stands at the place is left out."""
    return negation_before(text, place) is not None


def negations(text: str) -> list[re.Match[str]]:
    """Return the words that turn something round, wherever they stand."""
    return list(_NEGATES.finditer(text))
