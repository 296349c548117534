"""A person's message without what is not prose: pasted tables, attachments' lines, quotes, file names."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from graphs.kit.artifacts import MEDIA_TYPES
from graphs.kit.tables.pasted import find_tables

_ATTACHED = re.compile(r"\[attached: ([^\]\n]+)\]")
_REFUSED = re.compile(r"\[not taken: (?:[^\[\]\n]|\[[^\[\]\n]*\])*\]")
_FENCE = re.compile(r"```[ \t]*(\w*)[ \t]*\n(.*?)\n?```", re.DOTALL)
_QUOTED = re.compile(
    r"\"[^\"\n]+\"|\u201c[^\u201d\n]+\u201d|«[^»\n]+»|`[^`\n]+`"
    r"|(?<![^\W_])'[^'\n]+'(?![^\W_])|(?<![^\W_])\u2018[^\u2019\n]+\u2019(?![^\W_])"
)
_SUFFIXES = "|".join(sorted((re.escape(suffix[1:]) for suffix in MEDIA_TYPES), key=len, reverse=True))
FILE_NAME = re.compile(rf"(?<![\w.\-])[\w\-]+(?:\.[\w\-]+)*\.(?:{_SUFFIXES})(?![\w])", re.IGNORECASE)
"""What looks like the name of a file that a session could hold."""

_FOREIGN_FILE_NAME = re.compile(
    r"(?<![\w.\-/@])(?=[\w\-.]*[^\W\d_])(?!(?:www|e\.g|i\.e|vs)\.)[\w\-]*\w(?:\.[\w\-]+)*"
    r"(?:\.|(?<!\d)\.(?=\d))(?!\d(?<=\d\.\d))(?:(?=\d*[a-z])[a-z\d]{2,8}|(?=\d*[A-Z])[A-Z\d]{2,8})(?![\w(/])(?!\.\w)"
)
"""What looks like the name of a file of any other kind; "mesh.Then" is two sentences, "2.5mm" a figure."""

_SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?!\s|$))+")
_SQL = re.compile(
    r"\b(?:SELECT\b(?=.*?\bFROM\b)|(?i:select)(?=\s+(?:distinct\s+)?[\w\".]+(?:\s*[,(]|\s+from\b|\s+as\b)|\s*\*)"
    r"(?=.*?\b(?i:from)\b)(?!\s+(?i:the|a|an|all|any|best|top|those|rows|some)\s+(?!(?i:from)\b)\w)"
    r"|(?i:with)\s+\w+\s+(?i:as)\s*\("
    # statements that a read-only tool refuses with its own words
    r"|(?i:(?:drop|alter|truncate)\s+(?:table|view|schema|database)\s+[\w\"'])"
    r"|(?i:create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?(?:table|view)\s+[\w\".]+\s*(?:\(|\bas\s+select\b))"
    r"|(?i:update\s+[\w\".]+\s+set\s+[\w\".]+\s*=)"
    r"|(?i:insert\s+into\s+[\w\".]+\s*(?:\(|values\b|select\b))"
    r"|(?i:delete\s+from\s+[\w\".]+\s*(?:;|$|`|\bwhere\b))).*",
    re.DOTALL,
)
_CLOSING = {"`": "`", '"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019", "«": "»"}

_MAX_CHARACTERS = 6000
"""A longer message is a document, not a request; reading it would keep others waiting."""

BLANK = "\x00"
"""Stands for a character that is masked: neither a word, nor space, nor punctuation."""


@dataclass(frozen=True)
class Message:
    """What a person wrote: the prose, and what came with it.

    `notices` are to be passed on as they stand (an attachment that was not taken); `tables` are the SHA-256
    digests of pasted tables, by which the artifact store knows them.
    """

    text: str
    attached: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


@lru_cache(maxsize=16)
def read_message(raw: str) -> Message:
    """Return the message's parts."""
    text = raw
    digests = []
    for table in reversed(find_tables(raw)):
        digests.append(hashlib.sha256(table.csv()).hexdigest())
        text = f"{text[: table.start]}\n{text[table.end :]}"
    attached = tuple(_ATTACHED.findall(text))
    notices = tuple(_REFUSED.findall(text))
    for pattern in (_ATTACHED, _REFUSED):
        text = pattern.sub("\n", text)
    text = text.strip()
    if len(text) > _MAX_CHARACTERS:
        text = text[:_MAX_CHARACTERS]
        notices = (*notices, f"I read only the first {_MAX_CHARACTERS:,} characters of your message.")
    return Message(text, attached, notices, tuple(reversed(digests)))


def masked(text: str, names: Iterable[str] = (), *, quotes: bool = True) -> str:
    """Return the text, of the same length, with code blocks, file names and (if asked) quotes blanked."""
    text = _blanked(text, _FENCE)
    if quotes:
        text = _blanked(text, _QUOTED)
    for name in sorted(names, key=len, reverse=True):
        text = _blanked(text, _name_pattern(name))
    return _blanked(text, FILE_NAME)


@lru_cache(maxsize=1024)
def _name_pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w]){re.escape(name)}(?![\w])", re.IGNORECASE)


def _blanked(text: str, pattern: re.Pattern[str]) -> str:
    return pattern.sub(lambda match: BLANK * len(match[0]), text)


def named_files(text: str, names: Iterable[str]) -> list[str]:
    """Return the files whose full name the text mentions, in the order of their mention."""
    places: dict[str, int] = {}
    for name in sorted(names, key=len, reverse=True):
        match = _name_pattern(name).search(text)
        if match:
            places[name] = match.start()
            text = _blanked(text, _name_pattern(name))
    return sorted(places, key=lambda name: places[name])


def unknown_files(text: str, names: Iterable[str]) -> list[str]:
    """Return what looks like names of files, of kinds that a session could hold, that it does not hold."""
    for name in sorted(names, key=len, reverse=True):
        text = _blanked(text, _name_pattern(name))
    return FILE_NAME.findall(_blanked(text, _FENCE))


def foreign_files(text: str, names: Iterable[str]) -> list[str]:
    """Return what looks like names of files of kinds that no session holds ("gear.step")."""
    text = masked(without_sql(text), names)
    return [
        match[0]
        for match in _FOREIGN_FILE_NAME.finditer(text)
        if any(sign.isalpha() for sign in match[0].rpartition(".")[0])
    ]


def quoted(text: str) -> list[str]:
    """Return the contents of code blocks and quotes, in that order."""
    blocks = [match[2] for match in _FENCE.finditer(text)]
    return [*blocks, *(match[0][1:-1] for match in _QUOTED.finditer(_blanked(text, _FENCE)))]


def sentences(text: str) -> Iterator[re.Match[str]]:
    """Yield the sentences of the text."""
    return _SENTENCE.finditer(text)


def sql_in(text: str) -> str:
    """Return the query in the text: a code block's, or one from its first keyword on; '' for none."""
    for language, block in _FENCE.findall(text):
        if language.lower() in {"sql", "duckdb"} or _SQL.match(block.strip()):
            return block.strip().rstrip(";")
    match = _SQL.search(_blanked(text, _FENCE))
    return _out_of_quotes(text, match).strip().rstrip(";") if match else ""


def _out_of_quotes(text: str, match: re.Match[str]) -> str:
    """Return the match up to the sign that closes the quote in which it begins; all of it outside quotes."""
    closing = _CLOSING.get(text[match.start() - 1 : match.start()], "")
    return match[0].rpartition(closing)[0] or match[0] if closing else match[0]


def without_sql(text: str) -> str:
    """Return the text, of the same length, with a query blanked."""
    return _blanked(text, _SQL)
