"""Names that look like what was written: "Did you mean 'region'?"."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from graphs.kit.planner.declarations import ToolProfile
from graphs.kit.planner.mentions import folded
from graphs.kit.state import Column

_ALIKE = 0.75
"""The least ratio of difflib; 'Tnet' and 'Tent' have it."""

_SHORTEST = 4
"""Letters of a word that is taken for a slip; three are like too many names."""


def did_you_mean(words: Iterable[str], names: Iterable[str]) -> str:
    """Return the question after the names that the words look like, '' when none does.

    A word that is a name is none of these, and a slip is in no word's first letter.
    """
    by_folded = {folded(name): name for name in names if folded(name)}
    near = [
        _nearest(spelt, by_folded)
        for word in words
        if len(spelt := folded(word)) >= _SHORTEST and spelt not in by_folded
    ]
    meant = list(dict.fromkeys(repr(name) for name in near if name))
    return f" Did you mean {' or '.join(meant)}?" if meant else ""


def _nearest(spelt: str, by_folded: dict[str, str]) -> str:
    candidates = [name for name in by_folded if name[0] == spelt[0]]
    found = get_close_matches(spelt, candidates, n=1, cutoff=_ALIKE)
    return by_folded[found[0]] if found else ""


def column_names(columns: Sequence[Column]) -> list[str]:
    """Return the columns' names."""
    return [column["name"] for column in columns]


def spoken_names(tool: ToolProfile, columns: Sequence[Column]) -> list[str]:
    """Return what a request for the tool may name: columns, their values, and the tool's options."""
    values = [value for column in columns for value in column.get("values", [])]
    options = [
        name for choice in tool.of_kind("choice") for names in choice.options.values() for name in names
    ]
    return [*column_names(columns), *values, *options]
