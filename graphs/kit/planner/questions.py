"""What the planner asks the person, and whether a reply answers it."""

import re
from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

from graphs.kit.planner.columns import fits, is_identifier
from graphs.kit.planner.declarations import Argument, ToolProfile
from graphs.kit.planner.figures import figures
from graphs.kit.planner.files import ORDINAL, Desk, files_named, fitting
from graphs.kit.planner.mentions import mentions
from graphs.kit.planner.options import find_date, find_option
from graphs.kit.planner.prose import Message
from graphs.kit.planner.task import Filled, table_of
from graphs.kit.planner.words import content_stems, find_phrase, stems, tokens


class PlannedRequest(TypedDict):
    """A request of the person and the tool chosen for it ('' while that is open).

    `keep` says what it takes over from the tool's last call: 'nothing', what is 'required' and not said
    anew, or 'all' that is not said anew; 'carried' is what another tool's last call has in common with it.
    'all rows' is the last call without its conditions, and 'undone' the call before it.
    `chosen` says that the person chose the tool.
    """

    text: str
    tool: str
    keep: Literal["nothing", "required", "all", "carried", "all rows", "undone"]
    chosen: NotRequired[bool]


class Question(TypedDict):
    """An open question: the request it stops, the arguments or tools it is about, and what waits for it."""

    text: str
    request: PlannedRequest
    missing: list[str]
    tools: list[str]
    waiting: list[PlannedRequest]


_CANCEL = re.compile(
    r"^\W*(?:never ?mind|cancel|forget (?:it|that)|stop|no(?:,? thanks?| thank you)?|none(?: of them)?|"
    r"skip(?: it)?|leave it)\W*$",
    re.IGNORECASE,
)
_PLAIN_START = re.compile(r"(?:The|A|An|What|Which|How|Where|When|One)\b")
_ORDINALS = ("first", "second", "third", "fourth")
_MAX_REPLY_WORDS = 25
_MAX_LISTED = 30


def ask_for_arguments(tool: ToolProfile, request: PlannedRequest, filled: Filled, desk: Desk) -> Question:
    """Return the one question that names what is missing for the tool and what there is to choose from."""
    missing = [argument for argument in tool.arguments if argument.name in filled.open]
    files_first = [a for a in missing if a.kind == "file"]
    asked = files_first or missing
    reasons = [reason for argument in asked if (reason := filled.open[argument.name])]
    table = table_of(tool, filled.values, desk)
    wishes = [_wish(argument, desk, table, filled) for argument in asked]
    lead = f"For “{_shortened(request['text'])}” I still need to know:"
    asking = wishes[0] if len(wishes) == 1 else "\n".join([lead, *(f"- {wish}" for wish in wishes)])
    return Question(
        text=" ".join([*reasons, asking]),
        request=request,
        missing=[argument.name for argument in asked],
        tools=[],
        waiting=[],
    )


def _wish(argument: Argument, desk: Desk, table: str, filled: Filled) -> str:
    about = _about(argument)
    if argument.kind == "file":
        names = [n for n in fitting(argument, desk.files) if n not in filled.values.values()]
        if not names:
            endings = ", ".join(argument.suffixes)
            return f"Which file shall I use ({about})? No file of this session fits: attach one ({endings})."
        return f"Which file shall I use ({about})? {_there_is(names)}."
    if argument.kind == "column":
        names = [
            column["name"]
            for column in desk.columns(table)
            if fits(argument, column) and not (argument.numeric and is_identifier(column))
        ]
        if not names:
            known = f"{table} has none that fits." if table else "I could read no columns in the file."
            return f"Which column is the {argument.label} ({about})? {known}"
        which = "Which columns are" if argument.many else "Which column is"
        return f"{which} the {argument.label} ({about})? {table} has {_listed(names)}."
    if argument.kind == "choice":
        return f"Which {argument.label} ({about})? {_there_is(list(argument.options))}."
    if argument.kind == "number":
        return f"What is the {argument.label} ({about}){_limits(argument)}?"
    if argument.kind == "text":
        return f"What is the {argument.label} ({about})? Put it in quotes or in a code block."
    return f"What is the {argument.label} ({about})?"


def _about(argument: Argument) -> str:
    """Return the declared description without what the declaration added to it, in the flow of a sentence."""
    added = r" (?:The name of a file of|A column that exists|Unit: none)"
    first = re.split(added, argument.description)[0].replace(". Unit: ", ", in ")
    text = first.strip().rstrip(".") or argument.label
    return text[0].lower() + text[1:] if _PLAIN_START.match(text) else text


def _limits(argument: Argument) -> str:
    low = "" if argument.low is None else f"{'above' if argument.strict_low else 'from'} {argument.low:g}"
    high = (
        "" if argument.high is None else f"{'below' if argument.strict_high else 'up to'} {argument.high:g}"
    )
    both = " and ".join(part for part in (low, high) if part)
    return f", {both}" if both else ""


def _there_is(names: Sequence[str]) -> str:
    return f"There {'is' if len(names) == 1 else 'are'} {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:_MAX_LISTED])
    if len(names) > _MAX_LISTED:
        return f"{', '.join(shown)} and {len(names) - _MAX_LISTED} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _shortened(text: str, limit: int = 80) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1].rstrip()}…"


def ask_for_tool(request: PlannedRequest, candidates: Sequence[ToolProfile]) -> Question:
    """Return the question which of the tools is meant."""
    lines = [
        f"{number}. {tool.name.replace('_', ' ')}: {_first_sentence(tool.description)}"
        for number, tool in enumerate(candidates, 1)
    ]
    return Question(
        text="\n".join(
            [
                f"I can read “{_shortened(request['text'])}” in more than one way. Which one do you mean?",
                *lines,
            ]
        ),
        request=request,
        missing=[],
        tools=[tool.name for tool in candidates],
        waiting=[],
    )


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s", text.strip())[0].splitlines()[0]


def is_cancel(reply: Message) -> bool:
    """Return whether the reply drops the question."""
    return _CANCEL.match(reply.text) is not None


def completed(
    question: Question, reply: Message, tools: Sequence[ToolProfile], desk: Desk
) -> PlannedRequest | None:
    """Return the request with the answer that the reply gives; None when the reply gives none."""
    if len(reply.text.split()) > _MAX_REPLY_WORDS:
        return None
    request = question["request"]
    if question["tools"]:
        chosen = _chosen_tool(reply.text, [tool for tool in tools if tool.name in question["tools"]])
        return PlannedRequest(**{**request, "tool": chosen, "chosen": True}) if chosen else None
    tool = next((tool for tool in tools if tool.name == request["tool"]), None)
    if tool is None:
        return None
    arguments = [tool.argument(name) for name in question["missing"]]
    if not any(_answers(argument, reply, desk) for argument in arguments):
        return None
    said = " ".join([reply.text, *(name for name in desk.handed if name not in reply.text)]).strip()
    answer = f"({arguments[0].name}: {_safe(said)})" if len(arguments) == 1 else f"({_safe(said)})"
    return PlannedRequest(**{**request, "text": f"{request['text']} {answer}"})


def _safe(text: str) -> str:
    """Keep the answer inside its parentheses; a query keeps its own."""
    return (
        text
        if re.match(r"\W*(?:select|with)\b", text, re.IGNORECASE)
        else re.sub(r"[()\n]+", " ", text).strip()
    )


def _chosen_tool(reply: str, candidates: Sequence[ToolProfile]) -> str:
    words = {token.stem for token in tokens(reply)}
    for number, tool in enumerate(candidates):
        if words & {_ORDINALS[number] if number < len(_ORDINALS) else "", str(number + 1)}:
            return tool.name
    named = [
        tool.name for tool in candidates if find_phrase(tokens(reply), stems(tool.name.replace("_", " ")))
    ]
    if len(named) == 1:
        return named[0]
    said = content_stems(reply)
    likeness = sorted(((len(said & _tool_words(tool)), tool.name) for tool in candidates), reverse=True)
    clear = likeness[0][0] > (likeness[1][0] if len(likeness) > 1 else 0)
    return likeness[0][1] if clear else ""


def _tool_words(tool: ToolProfile) -> frozenset[str]:
    keywords = {word for keyword in tool.keywords for word in keyword}
    return frozenset(keywords | content_stems(tool.name.replace("_", " ")) | content_stems(tool.description))


def _answers(argument: Argument, reply: Message, desk: Desk) -> bool:
    """Return whether the reply holds a value for the argument."""
    text = reply.text
    if argument.kind == "file":
        return ORDINAL.search(text) is not None or bool(
            fitting(argument, [*files_named(text, desk), *desk.handed])
        )
    if argument.kind == "column":
        return any(mentions(text, desk.columns(name)) for name in desk.files)
    if argument.kind == "choice":
        return bool(find_option(text, argument))
    if argument.kind == "number":
        return bool(figures(text, (argument.unit,) if argument.unit else ()))
    if argument.kind == "date":
        return find_date(text, argument, set()) is not None
    return bool(text)
