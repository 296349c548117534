"""Which earlier request a few words change, and whether a request for another tool goes on from one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from graphs.kit.planner.carrying import carried
from graphs.kit.planner.conditions import find_conditions, takes_conditions
from graphs.kit.planner.conversation import Conversation
from graphs.kit.planner.declarations import ToolProfile, as_list, declared_words
from graphs.kit.planner.files import Desk, files_named, refers_back
from graphs.kit.planner.filling import fill
from graphs.kit.planner.guard import unknown_words
from graphs.kit.planner.mentions import STEMMED, mentions
from graphs.kit.planner.phrasing import asks_which_one, follows_on, starts_request, varies_earlier
from graphs.kit.planner.prose import masked, named_files
from graphs.kit.planner.routing import Router
from graphs.kit.planner.things import COUNTS
from graphs.kit.planner.words import STOP_STEMS, content_stems, find_phrase, stems, tokens

_SHORT_WORDS = 6
_ANSWER_WORDS = 8
_OF_A_FILE = re.compile(r"\b(?:rows?|files?|data|everything|all)\b", re.IGNORECASE)
"""What an answer is not made of: "export the rows" means those of the file."""

_THE_ANSWER = re.compile(
    r"\b(?:this|that|the|these|those)\s+(?:last\s+)?"
    r"(?:chart|graph|plot|picture|diagram|answer|results?|table|figures?|numbers)\b",
    re.IGNORECASE,
)

_ROWS = re.compile(r"\brows?\b", re.IGNORECASE)

_JOINING = STOP_STEMS | {"per"}
"""Words that join what a request names, and name no tool by themselves."""


def is_short(text: str) -> bool:
    """Return whether the text is a few words."""
    return len(text.split()) <= _SHORT_WORDS


def of_the_answer(text: str) -> str:
    """Return the text with "it" for what it calls the answer: "export this chart" is no wish for a chart."""
    return _THE_ANSWER.sub("it", text)


@dataclass(frozen=True)
class Following:
    """What was asked before, and the tools by name."""

    conversation: Conversation
    router: Router
    tools: Mapping[str, ToolProfile]

    @property
    def _desk(self) -> Desk:
        return self.conversation.desk

    def tool_changed(self, text: str) -> ToolProfile | None:
        """Return the tool of the last answer when the text changes its call: a few words, all of which that
        tool understands, and which are no request of their own."""
        varies = varies_earlier(text) or refers_back(text) or not starts_request(text)
        tool = self.last_tool()
        if tool is None or not varies or not is_short(text) or named_files(text, self._desk.files):
            return None
        if len(files_named(text, self._desk)) > 1:
            return None  # "customers without orders" is about both tables
        return tool if not self._asks_another(text, tool) and self.changes(text, tool) else None

    def last_tool(self) -> ToolProfile | None:
        """Return the tool that was used last; None before the first call."""
        return self.tools.get(self.conversation.last_tool())

    def tool_for_answer(self, text: str) -> ToolProfile | None:
        """Return the tool that takes the last answer as it stands: "plot that", "export it to Excel"."""
        text = of_the_answer(text)
        if self.last_tool() is None or len(text.split()) > _ANSWER_WORDS or self._named_columns(text):
            return None
        if named_files(text, self._desk.files) or (_OF_A_FILE.search(text) and not refers_back(text)):
            return None
        words = tokens(masked(text, self._desk.files))
        for tool in self.tools.values():
            if any(find_phrase(words, each) for each in tool.of_answer) and not self._asks_another(
                text, tool
            ):
                filled = fill(tool, text, self._desk, {})
                return None if filled.unused or unknown_words(tool, text, self._desk, filled) else tool
        return None

    def has_no_place_in(self, text: str) -> ToolProfile | None:
        """Return the tool of the last answer when the text is to change that answer and can't.

        No older answer is changed instead, and no tool is run for which the words say too little.
        """
        tool = self.last_tool()
        follows = varies_earlier(text) or follows_on(text)
        if tool is None or not follows or not is_short(text) or starts_request(text):
            return None
        return None if self.names_tool(text) else tool

    def names_tool(self, text: str) -> bool:
        """Return whether the text has a keyword that says more than "by" and "per"."""
        words = tokens(masked(text, self._desk.files))
        keywords = {keyword for tool in self.tools.values() for keyword in tool.keywords}
        return any(not _JOINING.issuperset(keyword) and find_phrase(words, keyword) for keyword in keywords)

    def _asks_another(self, text: str, tool: ToolProfile) -> bool:
        """Return whether the text has a keyword of another tool that says nothing to this one."""
        words, known = tokens(masked(text, self._desk.files)), declared_words(tool)
        keywords = [keyword for each in self.tools.values() for keyword in each.keywords]
        return any(find_phrase(words, keyword) and not known.issuperset(keyword) for keyword in keywords)

    def stands_alone(self, text: str) -> bool:
        """Return whether the text is a whole request, which takes nothing over from what was asked before:
        it does not vary that ("now", "and", "only"), points to a tool, and names the columns that the tool
        needs."""
        choice = self.router.choose(text)
        if varies_earlier(text) or choice.tool is None:
            return False
        return all(self._names_columns_for(text, tool) for tool in (choice.tool, *choice.rivals))

    def _names_columns_for(self, text: str, tool: ToolProfile) -> bool:
        arguments = tool.of_kind("column")
        named = self._named_columns(text)
        given = fill(tool, text, self._desk, {}).values
        filled = [each for each in arguments if named.intersection(as_list(given.get(each.name)))]
        required = [each for each in arguments if each.required]
        return bool(filled) and all(each in filled for each in required)

    def goes_on(self, text: str, tool: ToolProfile) -> bool:
        """Return whether a request for another tool leaves the columns to what was asked before ("top 5
        instead", "plot it"), or takes the same ones ("plot the residuals" after a regression)."""
        follows = varies_earlier(text) or asks_which_one(text) or not starts_request(text)
        if not is_short(text) or not (follows or refers_back(text) or self._has_columns_for(tool)):
            return False
        words = tokens(masked(text, self._desk.files))
        if not any(find_phrase(words, keyword) for keyword in tool.keywords):
            return False
        return bool(tool.of_kind("column")) and not self._named_columns(text, tool)

    def measured_before(self, text: str) -> ToolProfile | None:
        """Return the tool for a few words that leave what is measured to what was asked before: "growth by
        product" after a total of revenue is no growth of the number of rows."""
        tool, last = self.router.choose(text).tool, self.last_tool()
        if tool is None or last in {None, tool} or not is_short(text) or starts_request(text):
            return None
        if not self.names_tool(text) or self.tool_changed(text):
            return None
        measures = [each for each in tool.of_kind("column") if each.numeric]
        given = fill(tool, text, self._desk, {})
        if (
            not measures
            or (COUNTS.search(text) or _ROWS.search(text))
            or any(each.name in given.values for each in measures)
        ):
            return None
        before = carried(tool, self.conversation.last_call(), self._desk)
        return tool if any(each.name in before for each in measures) else None

    def only_conditions(self, text: str) -> ToolProfile | None:
        """Return the tool of the last answer when all that the text says is which rows are meant."""
        tool = self.last_tool()
        if tool is None or not any(takes_conditions(each) for each in tool.arguments):
            return None
        bare = masked(text, self._desk.files, quotes=False)
        spans = find_conditions(bare, self._desk.all_columns(), declared_words(tool)).spans
        for start, end in spans:
            bare = bare[:start] + " " * (end - start) + bare[end:]
        return tool if spans and content_stems(bare) <= {"where"} else None

    def takes_over(self, text: str, tool: ToolProfile) -> bool:
        """Return whether a request for the tool speaks of what was asked before, and names no columns."""
        return bool(tool.of_kind("column")) and refers_back(text) and not self._named_columns(text)

    def _has_columns_for(self, tool: ToolProfile) -> bool:
        """Return whether the last answer's call has a column by the name of each that the tool needs."""
        last = self.last_tool()
        required = {each.name for each in tool.of_kind("column") if each.required}
        return bool(last and required) and required <= self.conversation.last_arguments(last.name).keys()

    def _named_columns(self, text: str, tool: ToolProfile | None = None) -> set[str]:
        """Return the columns that the text names; part of a name that is a word of the tool's names none."""
        columns = self._desk.all_columns()
        bare = masked(text, self._desk.files, quotes=False)
        own = declared_words(tool) if tool else frozenset()
        return {
            mention.column
            for mention in (mentions(bare, columns) if columns else ())
            if mention.quality >= STEMMED or not own.issuperset(stems(bare[mention.start : mention.end]))
        }

    def changes(self, text: str, last: ToolProfile) -> bool:
        """Return whether the last tool understands all of the text and gets other values by it."""
        kept = self.conversation.last_arguments(last.name)
        filled = fill(last, text, self._desk, kept)
        return not unknown_words(last, text, self._desk, filled, varies=True) and filled.values != kept
