"""The rows of a table by its name: "orders per month" of orders.csv counts rows."""

import re
from pathlib import PurePosixPath

from graphs.kit.planner.columns import is_identifier, is_numeric
from graphs.kit.planner.files import Desk
from graphs.kit.planner.mentions import STEMMED, column_words, mentions
from graphs.kit.planner.values import value_mentions
from graphs.kit.planner.words import stem, stems

COUNTS = re.compile(r"\b(?:number of|how many|count\w*)\b", re.IGNORECASE)
"""What asks for a count."""

_COUNTED = (
    r"(?P<lead>\b(?:how many|number of|count(?: of)?|shares? of|per\s?cent(?:age)?s? of|proportions? of)\s+"
    r"(?:all\s+)?(?:the\s+)?)(?P<value>(?:[^\W\d]\w*\s+){{0,2}}?)(?:{noun})\b"
)
_GROUPED = re.compile(r"^\W*(?P<noun>[^\W\d]\w*)(?=\s+(?:by|per|each|every|in each)\b)", re.IGNORECASE)
_PER_CENT = re.compile(r"(?<![\d.])(?<!\d\s)%(?=\s+of\b)")


def _forms(word: str) -> tuple[str, ...]:
    """The singular and plural forms of a stem."""
    return tuple(word + ending for ending in ("", "e", "s", "es"))


def in_rows(text: str, desk: Desk) -> str:
    """Return the text with "rows" for what the only table is called after, where that is counted.

    Without a word that counts ("events by week"), the table must hold such things: it has a column that tells
    them apart, or nothing that could be added up.
    """
    tables = [name for name in desk.files if desk.columns(name) and name not in desk.extracts]
    text = _PER_CENT.sub("percent", text)
    words = stems(PurePosixPath(tables[0]).stem) if len(tables) == 1 else ()
    if len(words) != 1:
        return text
    columns = desk.columns(tables[0])
    if any(mention.quality >= STEMMED for mention in mentions(words[0], columns)):
        return text
    named = [text[each.start : each.end] for each in value_mentions(text, columns)]
    own_words = {word for said in [*named, *(each["name"] for each in columns)] for word in stems(said)}
    pattern = re.compile(_COUNTED.format(noun=r"|".join(_forms(words[0]))), re.IGNORECASE)

    def counted(match: re.Match[str]) -> str:
        if not own_words.issuperset(stems(match["value"])):
            return match[0]
        return f"{match['lead']}rows {match['value']}".rstrip()

    text = pattern.sub(counted, text)
    grouped = _GROUPED.match(text)
    amounts = [each for each in columns if is_numeric(each) and not is_identifier(each)]
    own = any(is_identifier(each) and column_words(each["name"])[:1] == words for each in columns)
    if grouped and stem(grouped["noun"]) == words[0] and (own or not amounts):
        return f"number of rows{text[grouped.end('noun') :]}"
    return text
