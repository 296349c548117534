"""The plan of a turn: the person's requests in order, each with its tool, and what can't be planned."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import NotRequired, TypedDict

from graphs.kit.planner import answers
from graphs.kit.planner.carrying import has_conditions
from graphs.kit.planner.conditions import find_conditions
from graphs.kit.planner.conversation import Conversation, notes_of
from graphs.kit.planner.declarations import ToolProfile
from graphs.kit.planner.figures import figures
from graphs.kit.planner.files import Desk, refers_back, several_named
from graphs.kit.planner.filling import fill
from graphs.kit.planner.following import Following, is_short, of_the_answer
from graphs.kit.planner.guard import unknown_words
from graphs.kit.planner.mentions import mentions
from graphs.kit.planner.options import find_flag, find_option
from graphs.kit.planner.phrasing import (
    asks_for_help,
    drops_conditions,
    follows_on,
    in_full,
    is_courtesy,
    is_declaration,
    is_statement,
    starts_request,
    takes_back,
    varies_all,
    varies_earlier,
)
from graphs.kit.planner.prose import Message, masked, named_files, quoted
from graphs.kit.planner.quantities import find_quantities
from graphs.kit.planner.questions import PlannedRequest, Question, ask_for_tool, completed, is_cancel
from graphs.kit.planner.requests import Verdict, split
from graphs.kit.planner.routing import Choice, Router
from graphs.kit.planner.things import COUNTS, in_rows
from graphs.kit.planner.units import UNITS
from graphs.kit.planner.words import STOP_STEMS, content_stems, find_phrase, stems, tokens

_NOT_FOUND = "That does not answer my question, as far as I can see. "
_MAX_CANDIDATES = 3
_MAX_REQUESTS = 20


class Plan(TypedDict):
    """What is to be done: `requests` with a tool, in order; `unserved` are texts that no tool serves.

    `question` is about a request that could mean several tools; `left_out` counts the requests beyond the
    limit. `reply` is an answer that needs no work.
    """

    requests: list[PlannedRequest]
    unserved: list[str]
    question: Question | None
    left_out: NotRequired[int]
    reply: NotRequired[str]


def make_plan(conversation: Conversation, message: Message, tools: Sequence[ToolProfile]) -> Plan:
    """Return the plan for the message; a reply to a question completes the request that it was about."""
    pending: Question | None = notes_of(conversation.last_answer).get("question")
    planner = _Planner(conversation, tools)
    if pending:
        plan = planner.plan_reply(pending, message)
        if plan:
            return plan
    return planner.plan_message(message)


class _Planner:
    def __init__(self, conversation: Conversation, tools: Sequence[ToolProfile]) -> None:
        self._conversation = conversation
        self._desk: Desk = conversation.desk
        self._tools = {tool.name: tool for tool in tools}
        self._router = Router(tools, self._desk)
        self._following = Following(conversation, self._router, self._tools)
        self._values = _value_words(tools)
        self._verdicts: dict[str, Verdict] = {}

    def plan_reply(self, pending: Question, reply: Message) -> Plan | None:
        """Return the plan when the message replies to the question, None when it is a new request."""
        if is_cancel(reply):
            return Plan(requests=[], unserved=[], question=None, reply="All right, I leave that undone.")
        tool = self._router.choose(reply.text).tool
        concerned = {pending["request"]["tool"], *pending["tools"]}
        if tool and tool.name not in concerned and starts_request(reply.text):
            return None
        if self._following.stands_alone(reply.text) and self._following.names_tool(reply.text):
            return None
        request = completed(pending, reply, list(self._tools.values()), self._desk)
        if request and self._asks_something_else(pending, reply, tool):
            return None
        if request:
            return self._routed([request, *pending["waiting"]])
        if tool or is_courtesy(reply.text) or not is_short(reply.text):
            return None
        asked_again = pending["text"].removeprefix(_NOT_FOUND)
        return Plan(
            requests=[], unserved=[], question=Question(**{**pending, "text": _NOT_FOUND + asked_again})
        )

    def _asks_something_else(self, pending: Question, reply: Message, tool: ToolProfile | None) -> bool:
        """Return whether the reply holds another tool's keyword, or a file that was not asked for."""
        about = self._tools.get(pending["request"]["tool"])
        if about is None:
            return False
        kinds = {about.argument(name).kind for name in pending["missing"]}
        if kinds & {"text", "choice"}:
            return False
        other_tool = tool is not None and tool.name != about.name and self._has_keyword(reply.text)
        files = named_files(reply.text, self._desk.files)
        return other_tool or bool(files and "file" not in kinds)

    def plan_message(self, message: Message) -> Plan:
        """Return the plan for the requests in the message."""
        if is_courtesy(message.text) or asks_for_help(message.text):
            return Plan(requests=[], unserved=[], question=None)
        nothing = self._nothing_to_take_back(message.text)
        if nothing:
            return Plan(requests=[], unserved=[], question=None, reply=nothing)
        nothing = self._nothing_to_follow(message.text)
        if nothing:
            return Plan(requests=[], unserved=[], question=None, reply=nothing)
        requests: list[PlannedRequest] = []
        fragments = split(message.text, list(self._desk.files), self.judge)
        for fragment in fragments[:_MAX_REQUESTS]:
            text = fragment.of(message.text).strip()
            previous = requests[-1]["tool"] if requests else ""
            if fragment.tool:
                requests.append(self._by_means(text, self._tools[fragment.tool], first=not requests))
                continue
            requests.append(self._request(text, previous if fragment.varies else "", first=not requests))
            requests += self._passed_on_again(requests[0]) if len(requests) == 1 else []
        plan = self._routed(requests)
        plan["left_out"] = len(fragments[_MAX_REQUESTS:])
        return plan

    def judge(self, text: str) -> Verdict:
        """Return what a fragment of a message is by itself."""
        if text not in self._verdicts:
            told = is_statement(text) or (is_declaration(text) and self._states_option(text))
            tool = None if told else self._router.choose(text).tool
            self._verdicts[text] = Verdict(
                tool=tool.name if tool else "",
                values_only=self._gives_values_only(text),
                own_values=self._has_own_values(text),
                options=self._options(text, tool) if tool else frozenset(),
                leads=tool is not None and self._leads(text, tool),
                option_only=self._is_option(text),
                numbers=self._numbers(text, tool) if tool else frozenset(),
                sentence=tool is not None and any(argument.sentence for argument in tool.arguments),
            )
        return self._verdicts[text]

    def _has_own_values(self, text: str) -> bool:
        if named_files(text, self._desk.files) or self._figures(text):
            return True
        columns = self._desk.all_columns()
        named = mentions(masked(text, self._desk.files, quotes=False), columns) if columns else []
        return bool(named and not refers_back(text)) or bool(find_conditions(text, columns).spans)

    def _options(self, text: str, tool: ToolProfile) -> frozenset[tuple[str, str]]:
        bare = masked(text, self._desk.files)
        return frozenset(
            (choice.name, option) for choice in tool.of_kind("choice") for option in find_option(bare, choice)
        )

    def _numbers(self, text: str, tool: ToolProfile) -> frozenset[str]:
        return frozenset(find_quantities(masked(text, self._desk.files), tool, {}).values)

    def _states_option(self, text: str) -> bool:
        """Return whether the text gives an option or a yes or no that some tool takes."""
        bare = masked(text, self._desk.files)
        arguments = [argument for tool in self._tools.values() for argument in tool.arguments]
        return any(
            bool(find_option(bare, each)) if each.kind == "choice" else find_flag(bare, each) is not None
            for each in arguments
            if each.kind in {"choice", "flag"}
        )

    def _is_option(self, text: str) -> bool:
        """Return whether the text is the name of an option of some tool, or of a column, and no more."""
        said = stems(text)
        if any(said == stems(column["name"]) for column in self._desk.all_columns()):
            return True
        choices = [choice for tool in self._tools.values() for choice in tool.of_kind("choice")]
        names = {stems(name) for choice in choices for names in choice.options.values() for name in names}
        return said in names and not starts_request(text)

    def _leads(self, text: str, tool: ToolProfile) -> bool:
        """Return whether the text begins with a keyword of the tool, but for words that say nothing."""
        words = tokens(masked(text, self._desk.files))
        first = next((i for i, word in enumerate(words) if word.stem not in STOP_STEMS), 0)
        if words and quoted(text[: words[first].start]):
            return False  # "…, "buy" per user"
        return any(first == place for keyword in tool.keywords for place, _ in find_phrase(words, keyword))

    def _figures(self, text: str) -> bool:
        return any(not figure.loose or figure.unit for figure in figures(masked(text, self._desk.files)))

    def _gives_values_only(self, text: str) -> bool:
        """Return whether all it says are words of arguments and units, as "power 80 %, effect size 0.5"."""
        if not self._figures(text) or (starts_request(text) and not varies_earlier(text)):
            return False
        return content_stems(masked(text, self._desk.files)) <= self._values

    def _request(self, text: str, varied_tool: str, *, first: bool) -> PlannedRequest:
        """Return the request with its tool when that is clear; "what about 90 %?" is for the last tool."""
        if varied_tool:
            return PlannedRequest(text=text, tool=varied_tool, keep="all")
        back = self._back(text) if first else None
        if back:
            return back
        text = in_rows(in_full(text), self._desk)
        if first and not self._builds_on(text):
            return self._whole(text)
        if first and self._following.stands_alone(text) and not self._following.measured_before(text):
            return self._whole(text)
        narrowed = self._following.only_conditions(text) if first else None
        if narrowed:
            return PlannedRequest(text=text, tool=narrowed.name, keep="all")
        of_answer = self._following.tool_for_answer(text) if first else None
        if of_answer:
            return PlannedRequest(text=of_the_answer(text), tool=of_answer.name, keep="nothing")
        measured = self._following.measured_before(text) if first else None
        if measured:
            return PlannedRequest(text=text, tool=measured.name, keep="carried")
        before = self._conversation.last_tools() if first else []
        last = self._tools.get(before[-1]) if before else None
        if last and self._varies(text, last):
            return PlannedRequest(text=text, tool=last.name, keep="all")
        followed = self._following.tool_changed(text) if first else None
        if followed:
            return PlannedRequest(text=text, tool=followed.name, keep="all")
        choice = self._choose(text)
        if choice.tool is None or choice.rivals:
            stuck = self._following.has_no_place_in(text) if first else None
            return PlannedRequest(
                text=text, tool=stuck.name if stuck else "", keep="all" if stuck else "nothing"
            )
        name = choice.tool.name
        if first and name not in before and self._following.goes_on(text, choice.tool):
            return PlannedRequest(text=text, tool=name, keep="carried")
        stuck = self._following.has_no_place_in(text) if first else None
        if stuck:
            return PlannedRequest(text=text, tool=stuck.name, keep="all")
        if name not in before or not varies_earlier(text):
            return PlannedRequest(text=text, tool=name, keep="nothing")
        whole = is_short(text) and varies_all(text)
        return PlannedRequest(text=text, tool=name, keep="all" if whole else "required")

    def _by_means(self, text: str, tool: ToolProfile, *, first: bool) -> PlannedRequest:
        """Return the request for the tool that it wants used, on the columns of before when it names none."""
        goes_on = first and self._following.takes_over(text, tool)
        return PlannedRequest(text=text, tool=tool.name, keep="carried" if goes_on else "nothing")

    def _passed_on_again(self, request: PlannedRequest) -> list[PlannedRequest]:
        """Return the request that does again what was done with the answer that this one varies: "only
        2024" after an export is exported, too."""
        tool = self._tools.get(self._conversation.passed_on())
        if tool is None or request["keep"] not in {"all", "all rows", "undone"}:
            return []
        return [PlannedRequest(text="", tool=tool.name, keep="all")]

    def _back(self, text: str) -> PlannedRequest | None:
        """Return the request that takes back what the last one changed, or the conditions on its rows."""
        last = self._following.last_tool()
        if takes_back(text) and (tool := self._tools.get(self._conversation.call_before()[0])):
            return PlannedRequest(text=text, tool=tool.name, keep="undone", chosen=True)
        if last and drops_conditions(text) and has_conditions(last, self._conversation.last_call()):
            return PlannedRequest(text=text, tool=last.name, keep="all rows", chosen=True)
        return None

    def _nothing_to_take_back(self, text: str) -> str:
        if takes_back(text) and not self._conversation.call_before()[0]:
            return "There is no answer before the last one to go back to."
        if drops_conditions(text) and not self._back(text):
            return "The last answer has no condition on its rows: it is of all of them."
        return ""

    def _builds_on(self, text: str) -> bool:
        """Return whether the text may change what was asked last: where that has no answer, only what says so
        does, as "and by month"."""
        unanswered = self._conversation.unanswered(without_result=True)
        return not unanswered or varies_earlier(text) or follows_on(text) or refers_back(text)

    def _nothing_to_follow(self, text: str) -> str:
        """Return what is said when the text builds on what was asked last, and that has no answer."""
        fragments = split(text, list(self._desk.files), self.judge)
        if not fragments:
            return ""
        first = fragments[0].of(text).strip()
        request = self._request(first, "", first=True)
        tool = self._tools.get(request["tool"])
        takes_answer = request["keep"] == "nothing" and tool is not None and bool(tool.of_answer)
        if request["keep"] == "nothing" and not takes_answer:
            return ""
        unanswered = self._conversation.unanswered(without_result=takes_answer)
        return answers.nothing_to_follow(first, unanswered) if unanswered else ""

    def _whole(self, text: str) -> PlannedRequest:
        choice = self._choose(text)
        name = choice.tool.name if choice.tool and not choice.rivals else ""
        return PlannedRequest(text=text, tool=name, keep="nothing")

    def _choose(self, text: str) -> Choice:
        """Return the tool for the text; among tools that are as likely, the one that can use most of it."""
        choice = self._counting(text, self._router.choose(text))
        if choice.tool is None or not choice.rivals:
            return choice
        # what the rest of the message names says nothing of what this part asks for
        desk = replace(self._desk, turn_text=text)
        filled = [(tool, fill(tool, text, desk, {})) for tool in (choice.tool, *choice.rivals)]
        gives_values = self._has_own_values(text)
        costs = [
            (len(each.unused), len(each.open), not self._leads(text, tool))
            if gives_values
            else (len(each.unused), 0, False)
            for tool, each in filled
        ]
        best = [tool for (tool, _), cost in zip(filled, costs, strict=True) if cost == min(costs)]
        return Choice(best[0]) if len(best) == 1 else choice

    def _counting(self, text: str, choice: Choice) -> Choice:
        """Return the tool that a count needs no more for, where the chosen one asks for a measure: "how many
        have units over 30" names none."""
        if choice.tool is None or not COUNTS.search(text):
            return choice
        desk = replace(self._desk, turn_text=text)
        lacking = fill(choice.tool, text, desk, {}).open
        if not any(each.name in lacking for each in choice.tool.of_kind("column")):
            return choice
        for tool in self._router.candidates(text):
            filled = fill(tool, text, desk, {})
            if not filled.open and not unknown_words(tool, text, desk, filled) and not filled.unused:
                return Choice(tool)
        return choice

    def _varies(self, text: str, last: ToolProfile) -> bool:
        """Return whether the text gives the last tool other values and asks for nothing else."""
        verdict = self.judge(text)
        files = named_files(text, self._desk.files)
        if files and not any(last.takes_file(PurePosixPath(name).suffix) for name in files):
            return False
        if verdict.values_only:
            # "top 3" has a word that only another tool knows
            return verdict.tool in {"", last.name} or not fill(last, text, self._desk, {}).unused
        gives_values = verdict.own_values or bool(self._options(text, last))
        if verdict.tool and (not varies_earlier(text) or starts_request(text) or self._has_keyword(text)):
            return False
        return gives_values and (
            varies_earlier(text) or (is_short(text) and self._following.changes(text, last))
        )

    def _has_keyword(self, text: str) -> bool:
        words = tokens(masked(text, self._desk.files))
        return any(find_phrase(words, keyword) for tool in self._tools.values() for keyword in tool.keywords)

    def _routed(self, requests: Sequence[PlannedRequest]) -> Plan:
        """Return the plan: requests without a tool get one, or a question, or a note that none serves it."""
        plan = Plan(requests=[], unserved=[], question=None)
        for request in requests:
            tool = self._tools.get(request["tool"])
            if tool:
                plan["requests"] += self._one_per_file(request, tool)
                continue
            choice = self._choose(request["text"])
            if is_courtesy(masked(request["text"], self._desk.files)):
                continue
            if choice.tool is None:
                plan["unserved"].append(request["text"])
            elif not choice.rivals:
                plan["requests"].append(PlannedRequest(**{**request, "tool": choice.tool.name}))
            elif plan["question"] is None:
                plan["question"] = ask_for_tool(request, [choice.tool, *choice.rivals][:_MAX_CANDIDATES])
            else:
                plan["question"]["waiting"].append(request)
        return plan

    def _one_per_file(self, request: PlannedRequest, tool: ToolProfile) -> list[PlannedRequest]:
        names = several_named(tool, request["text"], self._desk)
        argument = tool.of_kind("file")[0].name if names else ""
        return [
            PlannedRequest(
                text=f"{request['text']} ({argument}: {name})", tool=tool.name, keep=request["keep"]
            )
            for name in names
        ] or [request]


def _value_words(tools: Sequence[ToolProfile]) -> frozenset[str]:
    """Return the stems of the words that stand beside values: cues and names of arguments, options, units."""
    texts = [
        *UNITS,
        "set assume assuming equals equal given value values respectively say about around roughly",
    ]
    for tool in tools:
        for argument in tool.arguments:
            texts += [*argument.own_cues, *argument.name.split("_"), argument.unit]
            texts += [name for names in argument.options.values() for name in names]
    return frozenset(word for text in texts for word in stems(text))
