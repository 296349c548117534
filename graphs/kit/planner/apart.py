"""What a request names that stands in two tables, when its tool takes one."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from graphs.kit.planner.declarations import Argument, ToolProfile, declared_words
from graphs.kit.planner.files import Desk, fitting
from graphs.kit.planner.mentions import STEMMED, mentions
from graphs.kit.planner.prose import masked
from graphs.kit.planner.task import Filled
from graphs.kit.planner.values import value_mentions
from graphs.kit.planner.words import stems

_KEYS = frozenset({"id", "key", "code", "no", "nr"})
_Named = tuple[str, int, int]
"""A column, and where the text names it or one of its values."""


def tables_apart(tool: ToolProfile, text: str, desk: Desk, filled: Filled) -> str:
    """Return what is to be said when no table has all the columns that the request names, but two together
    have; '' otherwise. A column is also named by a value that it alone has."""
    files = tool.of_kind("file")
    if len(files) != 1 or files[0].many or not files[0].together:
        return ""
    bare = masked(text, desk.files, quotes=False)
    plain = declared_words(tool)
    named = {name: _named(bare, desk, name, plain) for name in fitting(files[0], desk.files)}
    chosen = filled.values.get(files[0].name) or _fullest(named)
    if chosen not in named:
        return ""
    lacking = {name: _beyond(found, named[chosen]) for name, found in named.items() if name != chosen}
    if not any(lacking.values()):
        return ""
    everything = [each for found in named.values() for each in found]
    whole = [name for name, found in named.items() if not _beyond(everything, found)]
    if files[0].name in filled.news:
        # "orders per country" is about orders, whatever other table has countries
        whole = [name for name in whole if _holds(desk, name, chosen)]
        if whole:
            return (
                f"{chosen} has no {lacking[whole[0]][0][0]}, and {whole[0]} has all of this: name that file."
            )
    if whole:
        return ""
    other = max(lacking, key=lambda name: len(lacking[name]))
    return _refusal(files[0], desk, (chosen, named[chosen]), (other, lacking[other]))


def _named(text: str, desk: Desk, table: str, plain: frozenset[str]) -> list[_Named]:
    columns = desk.columns(table)
    found = [
        (each.column, each.start, each.end)
        for each in mentions(text, columns)
        if each.quality >= STEMMED and not plain.issuperset(stems(text[each.start : each.end]))
    ]
    return [*found, *((each.column, each.start, each.end) for each in value_mentions(text, columns, plain))]


def _fullest(named: dict[str, list[_Named]]) -> str:
    return max(named, key=lambda name: len(named[name]), default="")


def _holds(desk: Desk, table: str, other: str) -> bool:
    """Return whether the table has all columns of the other, as one that it was made into."""
    names = {column["name"] for column in desk.columns(table)}
    return names.issuperset(column["name"] for column in desk.columns(other))


def _beyond(found: Sequence[_Named], known: Sequence[_Named]) -> list[_Named]:
    """Return what stands where the other table has nothing."""
    return [
        (column, start, end)
        for column, start, end in found
        if not any(start < other_end and other_start < end for _, other_start, other_end in known)
    ]


def _refusal(
    argument: Argument, desk: Desk, chosen: tuple[str, list[_Named]], other: tuple[str, list[_Named]]
) -> str:
    have = [
        f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} in {file}"
        for file, found in (chosen, other)
        if (names := list(dict.fromkeys(column for column, _, _ in found)))
    ]
    sentence = argument.together.format(
        first=_called(chosen[0], desk), second=_called(other[0], desk), key=_shared(chosen[0], other[0], desk)
    )
    return f"No table has all of this: {', and '.join(have)}. First say “{sentence}”, then ask this again."


def _called(file: str, desk: Desk) -> str:
    stem = PurePosixPath(file).stem
    return stem if [PurePosixPath(name).stem for name in desk.files].count(stem) == 1 else file


def _shared(first: str, second: str, desk: Desk) -> str:
    """Return the column that both tables have, of several the one that is called a key, or a placeholder when
    that is open."""
    other = {column["name"].casefold() for column in desk.columns(second)}
    both = [column["name"] for column in desk.columns(first) if column["name"].casefold() in other]
    keys = [name for name in both if _KEYS.intersection(stems(name))] if len(both) > 1 else both
    return keys[0] if len(keys) == 1 else "COLUMN = COLUMN"
