"""Typed arguments of tools: what a model reads of them, and what the offline planner goes by.

Each returns a pydantic `FieldInfo` for `Annotated[...]`. The planner reads its part from the JSON schema
key `x-planner`, so that the argument is described once, where the tool is declared.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import Field


def file_argument(description: str, *suffixes: str, together: str = "") -> Any:
    """A file of the session, by name; only files with one of the suffixes fit.

    `together` is what a person is to say first when a request names columns of two tables: a request with
    {first}, {second} and {key} for the tables and the column that both have.
    """
    endings = " or ".join(suffixes)
    return Field(
        description=f"{description} The name of a file of this session ({endings}).",
        json_schema_extra={
            "x-planner": {
                "kind": "file",
                "suffixes": list(suffixes),
                **({"together": together} if together else {}),
            }
        },
    )


def column_argument(
    description: str,
    *,
    cues: Sequence[str] = (),
    numeric: bool | None = None,
    dates: bool | None = None,
    many: bool = False,
    sought: bool = False,
) -> Any:
    """A column of the tool's file argument (or a list of columns when `many`).

    `cues` are words that stand before it ("by", "per"); `numeric` says which type of column fits, `dates`
    whether only one of dates does, or every other. A `sought` one that is not given the tool finds itself.
    """
    return Field(
        description=f"{description} A column that exists in the file.",
        json_schema_extra={
            "x-planner": {
                "kind": "column",
                "cues": list(cues),
                "numeric": numeric,
                "many": many,
                **({} if dates is None else {"dates": dates}),
                **({"sought": True} if sought else {}),
            }
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


def choice_argument(description: str, *, not_by_name: Sequence[str] = (), **words: Sequence[str]) -> Any:
    """One of the options of a `Literal`; `words` gives each option's synonyms (line=("trend",)).

    `not_by_name` are options that only their synonyms stand for: "last" in "the last of the steps" is no
    choice.
    """
    hint: dict[str, Any] = {
        "kind": "choice",
        "words": {option: list(names) for option, names in words.items()},
        **({"not_by_name": list(not_by_name)} if not_by_name else {}),
    }
    return Field(description=description, json_schema_extra={"x-planner": hint})


def text_argument(description: str, *, cues: Sequence[str] = (), sentence: bool = False) -> Any:
    """Free text that a model writes (SQL, a title); the planner takes it from quotes or a code block.

    For a list of texts the planner takes what follows a cue: "steps: visit, cart, purchase". With `sentence`
    it takes all that follows a cue up to the end of the sentence: "check that a is unique and b is not null";
    without a cue it takes the whole sentence if the text is required.
    """
    hint: dict[str, Any] = {"kind": "text", "cues": list(cues), **({"sentence": True} if sentence else {})}
    return Field(description=description, json_schema_extra={"x-planner": hint})
