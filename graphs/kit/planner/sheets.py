"""Which sheet of a workbook a request means."""

import re
from collections.abc import Iterable, Mapping, Sequence

from graphs.kit.planner.declarations import ToolProfile
from graphs.kit.planner.mentions import STEMMED, mentions
from graphs.kit.state import Column

ARGUMENT = "sheet"
"""The name of a tool's argument for it."""

_WORD = r"(?:work)?sheet|tab"


def named_sheet(text: str, names: Iterable[str]) -> str:
    """Return the sheet that the text names beside the word ("sheet copper", "the copper sheet"), '' for none.

    A longer name wins over one that is a part of it.
    """
    for name in sorted(names, key=len, reverse=True):
        called = rf"[\"'`“]?{re.escape(name)}[\"'`”]?"
        place = (
            rf"(?<!\w)(?:{_WORD})\s+(?:called\s+|named\s+)?{called}(?!\w)|(?<!\w){called}\s+(?:{_WORD})(?!\w)"
        )
        if re.search(place, text, re.IGNORECASE):
            return name
    return ""


def speaking_sheet(text: str, first: Sequence[Column], others: Mapping[str, Sequence[Column]]) -> str:
    """Return the one other sheet of which the text names more columns than of the first and of all others,
    '' for none."""
    found = {name: _named(text, columns) for name, columns in others.items()}
    most = max(found.values(), default=0)
    best = [name for name, count in found.items() if count == most]
    return best[0] if len(best) == 1 and most > _named(text, first) else ""


def _named(text: str, columns: Sequence[Column]) -> int:
    return len({each.column for each in mentions(text, columns) if each.quality >= STEMMED})


def takes_sheet(tool: ToolProfile) -> bool:
    """Return whether a sheet can be chosen for the tool."""
    return any(argument.name == ARGUMENT for argument in tool.arguments)
