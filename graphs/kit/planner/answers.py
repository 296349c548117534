"""What the planner says at the end: the tools' texts as they stand, and plain words where there are none."""

import re
from collections.abc import Iterable, Sequence

from graphs.kit.planner.declarations import ToolProfile
from graphs.kit.planner.files import Desk
from graphs.kit.planner.prose import Message, named_files
from graphs.kit.planner.task import Filled
from graphs.kit.subagent import SubAgent

_REJECTED = re.compile(
    r"^User rejected the tool call for `[^`]*`(?: with reason: (?P<reason>.*))?", re.DOTALL
)
_THANKS = re.compile(r"\b(?:thanks|thank you|cheers)\b", re.IGNORECASE)
_MAX_EXAMPLES = 4


def joined(parts: Iterable[str]) -> str:
    """Return the parts as paragraphs."""
    return "\n\n".join(part.strip() for part in parts if part.strip())


def failure(text: str, request: str) -> str:
    """Return what is said when a tool could not do its work, or a person did not want it to."""
    rejected = _REJECTED.match(text)
    if not rejected:
        return f"{text}\n\nSend me what is to change, or the whole request again."
    reason = f" Your reason: {rejected['reason']}" if rejected["reason"] else ""
    return f"You did not approve “{request}”, so it was not done.{reason}"


def not_done(requests: Sequence[str]) -> str:
    """Return the note on requests that were left because one before them failed; '' for none."""
    named = [request for request in requests if request]
    return f"Not done because of this: {_quoted(named)}." if named else ""


def nothing_to_follow(text: str, unanswered: str) -> str:
    """Return what is said when a few words build on a request that has no answer: no older one is meant."""
    return (
        f"Your last question, {_quoted([unanswered])}, has no answer, so there is nothing for "
        f"{_quoted([text])} to build on. Ask the whole question, or the last one in other words."
    )


def unserved(requests: Sequence[str]) -> str:
    """Return the note on requests that no tool serves; '' for none."""
    return f"I have no tool for {_quoted(requests)}." if requests else ""


def in_vain(files: Sequence[str]) -> str:
    """Return the note on files of the request that no tool took; '' for none."""
    return f"I had no use for {_quoted(list(dict.fromkeys(files)))} in your request." if files else ""


def not_understood(tool: ToolProfile, text: str, filled: Filled) -> str:
    """Return what is said when it is open which value of the last answer a new one replaces, or when the
    answer has no place for it."""
    name = tool.name.replace("_", " ")
    values = ", ".join(
        f"{tool.argument(key).label} {_written(value)}" for key, value in filled.values.items()
    )
    return (
        f"I don't know what {_quoted(filled.unused or [text])} changes in the last answer, which is of "
        f"{name} with {values}. Name the value that is to change and what it is to be, or ask the whole "
        "question."
    )


def _written(value: object) -> str:
    return " and ".join(map(str, value)) if isinstance(value, list) else str(value)


def unheard(tool: ToolProfile, words: Sequence[str], guess: str) -> str:
    """Return what is said when a request holds words that would be ignored if the tool ran; `guess` asks
    after names that look like them."""
    stand, name = "stands" if len(words) == 1 else "stand", tool.name.replace("_", " ")
    figure = any(any(sign.isdigit() for sign in word) for word in words)
    with_column = "put a condition with its column, as in “where COLUMN is above NUMBER”"
    remedy = with_column if figure else "ask without it"
    return (
        f"I don't know what {_quoted(words)} {stand} for here, so I did not run {name}.{guess} "
        f"{remedy[0].upper()}{remedy[1:]}, or name a column, a file or an option that I have."
    )


def left_out(count: int) -> str:
    """Return the note on requests beyond what one message may hold; '' for none."""
    return f"I left out {count} more requests: send them in another message." if count else ""


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(f"“{' '.join(text.split()).rstrip('.;,')}”" for text in texts)


def overview(message: Message, team: Sequence[SubAgent], tools: Sequence[ToolProfile], desk: Desk) -> str:
    """Return what this agent can do, with examples; for a mere thank-you, a short answer."""
    if _THANKS.search(message.text) and len(message.text.split()) <= 6:
        return "You're welcome."
    handed = [
        *desk.handed,
        *(name for name in named_files(message.text, desk.files) if name not in desk.handed),
    ]
    files = f"I have {', '.join(handed)}. What shall I do with it?" if handed else ""
    abilities = [f"- {subagent.name.replace('_', ' ')}: {subagent.purpose}" for subagent in team] or [
        f"- {tool.name.replace('_', ' ')}: {tool.description.splitlines()[0]}" for tool in tools
    ]
    examples = [f"- {example}" for example in _examples(tools, handed)]
    return joined(
        [files, "\n".join(["This is what I can do:", *abilities]), "\n".join(["For example:", *examples])]
    )


def _examples(tools: Sequence[ToolProfile], handed: Sequence[str]) -> list[str]:
    """Return a few examples, of different sub-agents and for the files at hand where that is possible."""
    suffixes = {name[name.rfind(".") :].lower() for name in handed}
    useful = [tool for tool in tools if tool.examples and not tool.approval]
    ranked = sorted(useful, key=lambda tool: not any(tool.takes_file(suffix) for suffix in suffixes))
    chosen: list[str] = []
    for round_of in (_first_of_each_subagent(ranked), ranked):
        chosen += [tool.examples[0] for tool in round_of if tool.examples[0] not in chosen]
    return chosen[:_MAX_EXAMPLES]


def _first_of_each_subagent(tools: Sequence[ToolProfile]) -> list[ToolProfile]:
    first: dict[str, ToolProfile] = {}
    for tool in tools:
        first.setdefault(tool.subagent, tool)
    return list(first.values())
