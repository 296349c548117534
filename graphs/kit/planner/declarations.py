"""What the planner knows of a tool: its hints, and its arguments as their JSON schema describes them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from langchain_core.tools import BaseTool
from pydantic import BaseModel

from graphs.kit.planner.words import stem, stems
from graphs.kit.subagent import SubAgent
from graphs.kit.tool import hints_of

_LOW = {"at least", "minimum", "min", "lower", "lowest", "from", "no less than", "start"}
_HIGH = {"at most", "maximum", "max", "upper", "highest", "to", "no more than", "until", "end"}


@dataclass(frozen=True)
class Argument:
    """An argument of a tool; what does not concern its kind is empty.

    `kind` is one of file, column, number, choice, flag, date, text. `many` stands for a list, and
    `pairs` for a list of (low, high). Text that is a `sentence` runs to the end of one. A number
    `as_written` is given as text, with its unit. `low`, `high` are inclusive limits unless `strict_low`,
    `strict_high`.
    """

    name: str
    kind: str
    required: bool
    description: str
    cues: tuple[str, ...] = ()
    many: bool = False
    pairs: bool = False
    sentence: bool = False
    length: int | None = None
    suffixes: tuple[str, ...] = ()
    together: str = ""
    numeric: bool | None = None
    dates: bool | None = None
    sought: bool = False
    unit: str = ""
    integer: bool = False
    as_written: bool = False
    low: float | None = None
    high: float | None = None
    strict_low: bool = False
    strict_high: bool = False
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    @property
    def label(self) -> str:
        """The name as a person would write it."""
        return self.name.replace("_", " ")

    @property
    def own_cues(self) -> tuple[str, ...]:
        """The declared cues and the argument's own name, longest first."""
        return tuple(sorted({*self.cues, self.label}, key=lambda cue: (-len(cue), cue)))

    @property
    def names_column(self) -> bool:
        """Whether it is a column's name given as text, as the one that dates are taken from."""
        return self.kind == "text" and not self.many and self.name.split("_")[-1] == "column"

    @property
    def names_things(self) -> bool:
        """Whether it chooses among proper names, as of printers."""
        return bool(self.options) and all(any(sign.isupper() for sign in option) for option in self.options)

    @property
    def bound(self) -> str:
        """'low' or 'high' when the argument is one end of a range, else ''."""
        stems = {stem(word) for word in self.name.split("_")}
        for bound, words in (("low", _LOW), ("high", _HIGH)):
            if any(cue.lower() in words for cue in self.cues) or stems & {stem(word) for word in words}:
                return bound
        return ""


@dataclass(frozen=True)
class ToolProfile:
    """A tool as the planner sees it."""

    name: str
    subagent: str
    description: str
    keywords: tuple[tuple[str, ...], ...]
    examples: tuple[str, ...]
    approval: bool
    arguments: tuple[Argument, ...]
    of_answer: tuple[tuple[str, ...], ...] = ()

    def argument(self, name: str) -> Argument:
        """Return the argument of that name."""
        return next(argument for argument in self.arguments if argument.name == name)

    def of_kind(self, kind: str) -> tuple[Argument, ...]:
        """Return the arguments of one kind, in the order of their declaration."""
        return tuple(argument for argument in self.arguments if argument.kind == kind)

    @property
    def takes_sql(self) -> bool:
        """Whether it has a text argument that is a query."""
        return any(is_sql(argument) for argument in self.arguments)

    def takes_file(self, suffix: str) -> bool:
        """Return whether one of its arguments is a file with this suffix."""
        return any(suffix.lower() in argument.suffixes for argument in self.of_kind("file"))


def is_sql(argument: Argument) -> bool:
    """Return whether the argument is the text of an SQL query."""
    return argument.kind == "text" and "sql" in {argument.name.lower(), *map(str.lower, argument.cues)}


def profiles_of_team(team: Iterable[SubAgent]) -> tuple[ToolProfile, ...]:
    """Return the profiles of all tools of the sub-agents."""
    return tuple(profile(tool, subagent.name) for subagent in team for tool in subagent.tools)


def profiles_of_tools(tools: Iterable[BaseTool]) -> tuple[ToolProfile, ...]:
    """Return the profiles of one agent's own tools."""
    return tuple(profile(tool, "") for tool in tools)


def profile(tool: BaseTool, subagent: str) -> ToolProfile:
    """Return the tool's profile."""
    hints = hints_of(tool)
    return ToolProfile(
        name=tool.name,
        subagent=subagent,
        description=tool.description,
        keywords=tuple(dict.fromkeys(words for keyword in hints.keywords if (words := stems(keyword)))),
        examples=hints.examples,
        approval=hints.approval is not None,
        arguments=_arguments(tool.args_schema) if isinstance(tool.args_schema, type) else (),
        of_answer=tuple(dict.fromkeys(map(stems, hints.of_answer))),
    )


@lru_cache(maxsize=512)
def _arguments(schema_model: type[BaseModel]) -> tuple[Argument, ...]:
    schema = schema_model.model_json_schema()
    required = set(schema.get("required", []))
    definitions = schema.get("$defs", {})
    return tuple(
        _argument(name, _resolved(described, definitions), name in required)
        for name, described in schema.get("properties", {}).items()
    )


def _resolved(described: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return one flat schema: references followed, and the part of `X | None` that is not None."""
    reference = described.get("$ref")
    if reference:
        return {**definitions[reference.rpartition("/")[2]], **described}
    parts = [part for part in described.get("anyOf", []) if part.get("type") != "null"]
    return {**_resolved(parts[0], definitions), **described} if parts else described


def _argument(name: str, schema: dict[str, Any], required: bool) -> Argument:
    hint = schema.get("x-planner", {})
    items = schema.get("items") or next(iter(schema.get("prefixItems", [])), {})
    is_list = schema.get("type") == "array"
    value = items if is_list else schema
    pairs = is_list and value.get("type") == "array"
    limits = {**schema, **value}
    return Argument(
        name=name,
        kind=hint.get("kind") or _kind_of(value),
        required=required,
        description=schema.get("description", ""),
        cues=tuple(hint.get("cues", ())),
        many=is_list,
        pairs=pairs,
        sentence=hint.get("sentence", False),
        length=schema.get("minItems") if schema.get("minItems") == schema.get("maxItems") else None,
        suffixes=tuple(suffix.lower() for suffix in hint.get("suffixes", ())),
        together=hint.get("together", ""),
        numeric=hint.get("numeric"),
        dates=hint.get("dates"),
        sought=hint.get("sought", False),
        unit=hint.get("unit", ""),
        integer=value.get("type") == "integer",
        as_written=hint.get("kind") == "number" and value.get("type") == "string",
        low=_first(limits, "minimum", "exclusiveMinimum"),
        high=_first(limits, "maximum", "exclusiveMaximum"),
        strict_low="exclusiveMinimum" in limits,
        strict_high="exclusiveMaximum" in limits,
        options=_options(value, hint),
    )


def _kind_of(schema: dict[str, Any]) -> str:
    if "enum" in schema or "const" in schema:
        return "choice"
    if schema.get("format") == "date":
        return "date"
    kinds = {"boolean": "flag", "number": "number", "integer": "number", "array": "number"}
    return kinds.get(schema.get("type", ""), "text")


def _options(schema: dict[str, Any], hint: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    names: Sequence[Any] = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    words: dict[str, list[str]] = hint.get("words", {})
    unnamed: list[str] = hint.get("not_by_name", [])
    own = {str(name): () if str(name) in unnamed else (str(name).replace("_", " "),) for name in names}
    return {name: (*named, *words.get(name, ())) for name, named in own.items()}


def _first(schema: dict[str, Any], *keys: str) -> float | None:
    return next((schema[key] for key in keys if key in schema), None)


def as_list(value: Any) -> list[Any]:
    """Return an argument's value as a list: itself when it is one, empty for none."""
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def declared_words(tool: ToolProfile) -> frozenset[str]:
    """Return the stems of the words that the tool is declared with."""
    phrases = [stems(tool.name.replace("_", " ")), *declared_phrases(tool)]
    return frozenset(word for phrase in phrases for word in phrase)


def declared_phrases(tool: ToolProfile) -> list[tuple[str, ...]]:
    """Return the phrases that the tool is declared to be asked with, as stems."""
    return [*tool.keywords, *tool.of_answer, *_argument_phrases(tool)]


def argument_words(tool: ToolProfile) -> frozenset[str]:
    """Return the stems of the words that the tool's arguments are declared with."""
    return frozenset(word for phrase in _argument_phrases(tool) for word in phrase)


@lru_cache(maxsize=256)
def _argument_phrases(tool: ToolProfile) -> tuple[tuple[str, ...], ...]:
    return tuple(
        stems(name)
        for argument in tool.arguments
        for name in (*argument.own_cues, *(name for names in argument.options.values() for name in names))
    )
