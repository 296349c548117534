"""Which earlier request a few words change, and whether a request for another tool goes on from one."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphs.kit.planner.conversation import Conversation
from graphs.kit.planner.declarations import ToolProfile, as_list, declared_words
from graphs.kit.planner.files import Desk, refers_back
from graphs.kit.planner.filling import fill
from graphs.kit.planner.guard import unknown_words
from graphs.kit.planner.mentions import mentions
from graphs.kit.planner.phrasing import asks_which_one, starts_request, varies_earlier
from graphs.kit.planner.prose import masked, named_files
from graphs.kit.planner.routing import Router
from graphs.kit.planner.words import find_phrase, tokens

_SHORT_WORDS = 6
_TOOLS_LOOKED_BACK = 4


def is_short(text: str) -> bool:
    """Return whether the text is a few words."""
    return len(text.split()) <= _SHORT_WORDS


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
        """Return the tool whose last call the text changes: a few words, all of which that tool understands,
        and which are no request of their own. What was asked last comes first."""
        varies = varies_earlier(text) or refers_back(text) or not starts_request(text)
        if not is_short(text) or not varies:
            return None
        files = named_files(text, self._desk.files)
        for name in self.conversation.earlier_tools()[:_TOOLS_LOOKED_BACK]:
            tool = self.tools.get(name)
            if tool is None or files or self._asks_another(text, tool) or self._stands_alone(text, tool):
                continue
            if self.changes(text, tool):
                return tool
        return None

    def _asks_another(self, text: str, tool: ToolProfile) -> bool:
        """Return whether the text has a keyword of another tool that says nothing to this one."""
        words, known = tokens(masked(text, self._desk.files)), declared_words(tool)
        keywords = [keyword for each in self.tools.values() for keyword in each.keywords]
        return any(find_phrase(words, keyword) and not known.issuperset(keyword) for keyword in keywords)

    def _stands_alone(self, text: str, tool: ToolProfile) -> bool:
        """Return whether the text points to the tool by itself, and names the columns that it needs."""
        choice = self.router.choose(text)
        if varies_earlier(text) or choice.tool is None or choice.tool.name != tool.name:
            return False
        kept = self.conversation.last_arguments(tool.name)
        required = {each.name for each in tool.of_kind("column") if each.required}
        needed = required or {each.name for each in tool.of_kind("column") if kept.get(each.name)}
        named = self._named_columns(text)
        given = fill(tool, text, self._desk, {}).values
        return bool(needed) and all(named.intersection(as_list(given.get(name))) for name in needed)

    def goes_on(self, text: str, tool: ToolProfile) -> bool:
        """Return whether a request for another tool leaves the columns to what was asked before ("top 5
        instead", "plot it")."""
        if not tool.of_kind("column"):
            return False
        follows = (
            varies_earlier(text) or refers_back(text) or asks_which_one(text) or not starts_request(text)
        )
        return is_short(text) and follows and not self._named_columns(text)

    def _named_columns(self, text: str) -> set[str]:
        columns = [column for name in self._desk.files for column in self._desk.columns(name)]
        named = mentions(masked(text, self._desk.files, quotes=False), columns) if columns else []
        return {mention.column for mention in named}

    def changes(self, text: str, last: ToolProfile) -> bool:
        """Return whether the last tool understands all of the text and gets other values by it."""
        kept = self.conversation.last_arguments(last.name)
        filled = fill(last, text, self._desk, kept)
        return not unknown_words(last, text, self._desk, filled, varies=True) and filled.values != kept
