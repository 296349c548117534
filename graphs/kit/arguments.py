"""Typed arguments of tools: what a model reads of them, and what the offline planner goes by.

Each returns a pydantic `FieldInfo` for `Annotated[...]`. The planner reads its part from the JSON schema
key `x-planner`, so that the argument is described once, where the tool is declared.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import Field


def file_argument(description: str, *suffixes: str) -> Any:
    """A file of the session, by name; only files with one of the suffixes fit."""
    endings = " or ".join(suffixes)
    return Field(
        description=f"{description} The name of a file of this session ({endings}).",
        json_schema_extra={"x-planner": {"kind": "file", "suffixes": list(suffixes)}},
    )


def column_argument(
    description: str, *, cues: Sequence[str] = (), numeric: bool | None = None, many: bool = False
) -> Any:
    """A column of the tool's file argument (or a list of columns when `many`).

    `cues` are words that stand before it ("by", "per"); `numeric` says which type of column fits.
    """
    return Field(
        description=f"{description} A column that exists in the file.",
        json_schema_extra={
            "x-planner": {"kind": "column", "cues": list(cues), "numeric": numeric, "many": many}
        },
    )


def quantity(description: str, unit: str = "", *, cues: Sequence[str] = (), **limits: Any) -> Any:
    """A number with its unit ('mm', 'weeks', '%', or '' for a pure number).

    `cues` are words that stand beside it ("power", "deadline", "at least"); `limits` are pydantic's
    (gt, ge, lt, le).
    """
    return Field(
        description=f"{description} Unit: {unit or 'none'}.",
        json_schema_extra={"x-planner": {"kind": "number", "unit": unit, "cues": list(cues)}},
        **limits,
    )


def choice_argument(description: str, **words: Sequence[str]) -> Any:
    """One of the options of a `Literal`; `words` gives each option's synonyms (line=("trend",))."""
    return Field(
        description=description,
        json_schema_extra={
            "x-planner": {"kind": "choice", "words": {option: list(names) for option, names in words.items()}}
        },
    )


def text_argument(description: str, *, cues: Sequence[str] = (), sentence: bool = False) -> Any:
    """Free text that a model writes (SQL, a title); the planner takes it from quotes or a code block.

    For a list of texts the planner takes what follows a cue: "steps: visit, cart, purchase". With `sentence`
    it takes all that follows a cue up to the end of the sentence: "check that a is unique and b is not null".
    """
    hint: dict[str, Any] = {"kind": "text", "cues": list(cues), **({"sentence": True} if sentence else {})}
    return Field(description=description, json_schema_extra={"x-planner": hint})
