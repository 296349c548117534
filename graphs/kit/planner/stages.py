"""The planner's two roles: the supervisor that hands requests on, and the sub-agent that does them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.messages.tool import ToolCall
from langchain_core.tools import BaseTool

from graphs.kit.planner import answers
from graphs.kit.planner.apart import tables_apart
from graphs.kit.planner.carrying import carried, without_conditions
from graphs.kit.planner.conversation import NOTES, Conversation, is_handoff, notes_of
from graphs.kit.planner.declarations import ToolProfile, profiles_of_team, profiles_of_tools
from graphs.kit.planner.files import files_named, refers_back
from graphs.kit.planner.filling import fill
from graphs.kit.planner.guard import unknown_words
from graphs.kit.planner.likeness import did_you_mean, spoken_names
from graphs.kit.planner.phrasing import asks_again, varies_earlier
from graphs.kit.planner.planning import Plan, make_plan
from graphs.kit.planner.prose import Message, read_message
from graphs.kit.planner.questions import PlannedRequest, Question, ask_for_arguments
from graphs.kit.planner.task import Filled, table_of
from graphs.kit.subagent import HANDOFF_PREFIX, Handoff


def supervise(conversation: Conversation, handoffs: Sequence[Handoff]) -> AIMessage:
    """Return the next handoff of the turn's plan, or the answer when all is done."""
    team = [handoff.subagent for handoff in handoffs]
    tools = profiles_of_team(team)
    last = conversation.turn[conversation.handoff] if conversation.handoff is not None else None
    plan: Plan = notes_of(last).get("plan") or make_plan(conversation, conversation.request, tools)
    done = notes_of(last).get("to", 0)
    owners = {tool.name: tool.subagent for tool in tools}
    answers_so_far = _answers_of_team(conversation)
    stuck = [tool for tool in tools if tool.name in {_stuck_at(answer) for answer in answers_so_far}]
    skipped: list[PlannedRequest] = list(notes_of(last).get("skipped", []))
    while done < len(plan["requests"]):
        end = _end_of_group(plan["requests"], done, owners)
        group = plan["requests"][done:end]
        if not _builds_on(stuck, group[0], tools, conversation):
            notes = {"plan": plan, "from": done, "to": end, "skipped": skipped}
            return _hand_over(conversation, owners[group[0]["tool"]], group, notes)
        skipped = [*skipped, *group]
        done = end
    if not answers_so_far and not plan["question"]:
        text = plan.get("reply") or answers.overview(conversation.request, team, tools, conversation.desk)
        notices = answers.unserved(plan["unserved"])
        return AIMessage(answers.joined([*conversation.request.notices, notices, text]))
    return _final(conversation.request, plan, answers_so_far, skipped)


def _end_of_group(requests: Sequence[PlannedRequest], start: int, owners: dict[str, str]) -> int:
    owner = owners[requests[start]["tool"]]
    end = start
    while end < len(requests) and owners[requests[end]["tool"]] == owner:
        end += 1
    return end


def _stuck_at(answer: AIMessage) -> str:
    """Return the tool that failed, or that needs an answer of the person first; '' for none."""
    notes = notes_of(answer)
    question: Question | None = notes.get("question")
    return question["request"]["tool"] if question else notes.get("failed", "")


def _builds_on(
    stuck: Sequence[ToolProfile],
    request: PlannedRequest,
    tools: Sequence[ToolProfile],
    conversation: Conversation,
) -> bool:
    """Return whether the request takes a file that a tool which got stuck was to work on before."""
    tool = next(tool for tool in tools if tool.name == request["tool"])
    if stuck and tool.of_answer:
        return True
    if not stuck or not tool.of_kind("file") or files_named(request["text"], conversation.desk):
        return False
    before = {suffix for each in stuck for argument in each.of_kind("file") for suffix in argument.suffixes}
    wanted = {suffix for argument in tool.of_kind("file") for suffix in argument.suffixes}
    return bool(before & wanted) or refers_back(request["text"])


def _hand_over(
    conversation: Conversation, subagent: str, group: Sequence[PlannedRequest], notes: dict[str, Any]
) -> AIMessage:
    task = "\n".join(request["text"] for request in group)
    return _calling(conversation, f"{HANDOFF_PREFIX}{subagent}", {"task": task}, notes)


def _answers_of_team(conversation: Conversation) -> list[AIMessage]:
    """Return the closing message of each sub-agent that had its turn."""
    closing: list[AIMessage] = []
    for message in conversation.turn:
        if is_handoff(message):
            closing.append(AIMessage(""))
        elif isinstance(message, AIMessage) and not message.tool_calls and closing:
            closing[-1] = message
    return closing


def _final(
    request: Message, plan: Plan, answers_so_far: Sequence[AIMessage], skipped: Sequence[PlannedRequest]
) -> AIMessage:
    question: Question | None = next(
        (found for answer in answers_so_far if (found := notes_of(answer).get("question"))), None
    )
    asked = question["text"] if question else ""
    parts = [
        *request.notices,
        *(answer.text.removesuffix(asked) for answer in answers_so_far),
        answers.unserved(plan["unserved"]),
        answers.left_out(plan.get("left_out", 0)),
        asked,
    ]
    open_request = plan["question"]
    if question is None:
        parts.append(answers.not_done([each["text"] for each in skipped]))
    if question is None and open_request:
        question = open_request
        parts.append(question["text"])
    elif question:
        later = [open_request["request"], *open_request["waiting"]] if open_request else []
        question = Question(**{**question, "waiting": [*question["waiting"], *skipped, *later]})
    return AIMessage(
        answers.joined(parts), additional_kwargs={NOTES: {"question": question}} if question else {}
    )


def work(conversation: Conversation, bound: Sequence[BaseTool]) -> AIMessage:
    """Return the sub-agent's next tool call, or its answer: the results of its tools as they stand."""
    tools = profiles_of_tools(bound)
    plan = _plan_of_task(conversation, tools)
    results = list(conversation.calls(conversation.task_work))
    texts = _texts(conversation, results)
    step = _last_step(conversation.task_work)
    if results and results[-1][1].status == "error":
        return _stopped(plan["requests"], step, texts, results[-1][1])
    earlier = [(call["name"], call["args"]) for call, _ in results]
    for index in range(step + 1, len(plan["requests"])):
        request = plan["requests"][index]
        tool = next(tool for tool in tools if tool.name == request["tool"])
        filled = fill(tool, request["text"], conversation.desk, _kept(conversation, tool, request))
        if request["keep"] == "all" and _is_not_heard(
            request, filled, conversation.last_arguments(tool.name)
        ):
            return AIMessage(answers.joined([*texts, answers.not_understood(tool, request["text"], filled)]))
        apart = tables_apart(tool, request["text"], conversation.desk, filled)
        if apart:
            left = [later["text"] for later in plan["requests"][index + 1 :]]
            return _failed(tool, [*texts, apart, answers.not_done(left)])
        if filled.open:
            question = ask_for_arguments(tool, request, filled, conversation.desk)
            question["waiting"] = plan["requests"][index + 1 :]
            return _asking(texts, question)
        unknown = unknown_words(
            tool, request["text"], conversation.desk, filled, varies=request["keep"] != "nothing"
        )
        unheard = _each_once([*filled.unused, *([] if request.get("chosen") else unknown)])
        if unheard:
            left = [later["text"] for later in plan["requests"][index + 1 :]]
            table = table_of(tool, filled.values, conversation.desk)
            columns = conversation.desk.columns(table) or conversation.desk.all_columns()
            guess = did_you_mean(unheard, spoken_names(tool, columns))
            return _not_run(texts, answers.unheard(tool, unheard, guess), tool, left)
        if (tool.name, filled.values) not in earlier:
            notes = {"plan": plan, "step": index, "in_vain": filled.in_vain}
            return _calling(conversation, tool.name, filled.values, notes)
    if plan["question"]:
        return _asking(texts, plan["question"])
    nothing = "" if results else answers.overview(conversation.request, (), tools, conversation.desk)
    return AIMessage(answers.joined([*texts, answers.unserved(plan["unserved"]), nothing]))


def _is_not_heard(request: PlannedRequest, filled: Filled, last: Mapping[str, Any]) -> bool:
    """Return whether a request that changes an answer says what has no place in it, or changes nothing."""
    varies = varies_earlier(request["text"]) and not asks_again(request["text"])
    return bool(filled.unused) or (varies and not filled.open and filled.values == last)


def _each_once(words: Sequence[str]) -> list[str]:
    """Return the words without those that stand in another."""
    lower = [f" {word.lower()} " for word in words]
    return [
        word
        for place, word in enumerate(words)
        if lower[place] not in lower[:place]
        and not any(lower[place] in each != lower[place] for each in lower)
    ]


def _texts(conversation: Conversation, results: Sequence[tuple[ToolCall, ToolMessage]]) -> list[str]:
    """Return what the tools said, and a note on files that no tool could use."""
    in_vain = [name for message in conversation.task_work for name in notes_of(message).get("in_vain", [])]
    said = [str(result.text) for _, result in results if result.status == "success"]
    return [answers.in_vain(in_vain), *said]


def _plan_of_task(conversation: Conversation, tools: Sequence[ToolProfile]) -> Plan:
    """The supervisor's plan for this sub-agent, or its own plan of the task when a model handed it over."""
    own = next((plan for m in conversation.task_work if (plan := notes_of(m).get("plan"))), None)
    if own:
        return own
    if conversation.handoff is None:
        return make_plan(conversation, conversation.request, tools)
    handed_over = conversation.turn[conversation.handoff]
    notes = notes_of(handed_over)
    if notes:
        requests = notes["plan"]["requests"][notes["from"] : notes["to"]]
        return Plan(requests=requests, unserved=[], question=None)
    calls = handed_over.tool_calls if isinstance(handed_over, AIMessage) else []
    task = next((call["args"].get("task", "") for call in calls), "")
    return make_plan(conversation, read_message(str(task)), tools)


def _last_step(messages: Sequence[BaseMessage]) -> int:
    return max((notes_of(message).get("step", -1) for message in messages), default=-1)


def _kept(conversation: Conversation, tool: ToolProfile, request: PlannedRequest) -> dict[str, Any]:
    if request["keep"] == "nothing":
        return {}
    if request["keep"] == "carried":
        return carried(tool, conversation.last_call(), conversation.desk)
    if request["keep"] == "undone":
        return conversation.call_before()[1]
    if request["keep"] == "all rows":
        return without_conditions(tool, conversation.last_call())
    last = conversation.last_arguments(tool.name)
    if request["keep"] == "all":
        return last
    required = {argument.name for argument in tool.arguments if argument.required}
    return {name: value for name, value in last.items() if name in required}


def _stopped(
    requests: Sequence[PlannedRequest], step: int, texts: Sequence[str], result: ToolMessage
) -> AIMessage:
    request = requests[step]["text"] if 0 <= step < len(requests) else str(result.name)
    left = [later["text"] for later in requests[step + 1 :]]
    text = answers.joined([*texts, answers.failure(result.text, request), answers.not_done(left)])
    return AIMessage(text, additional_kwargs={NOTES: {"failed": str(result.name)}})


def _not_run(texts: Sequence[str], why: str, tool: ToolProfile, left: Sequence[str]) -> AIMessage:
    return _failed(tool, [*texts, why, answers.not_done(left)])


def _failed(tool: ToolProfile, texts: Sequence[str]) -> AIMessage:
    return AIMessage(answers.joined(texts), additional_kwargs={NOTES: {"failed": tool.name}})


def _asking(texts: Sequence[str], question: Question) -> AIMessage:
    text = answers.joined([*texts, question["text"]])
    return AIMessage(text, additional_kwargs={NOTES: {"question": question}})


def _calling(
    conversation: Conversation, name: str, arguments: dict[str, Any], notes: dict[str, Any]
) -> AIMessage:
    """The call's id follows from its place in the conversation: a step run twice makes the same call."""
    written = json.dumps([name, arguments], sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(written.encode()).hexdigest()[:12]
    call = ToolCall(
        name=name, args=arguments, id=f"call_{len(conversation.messages)}_{digest}", type="tool_call"
    )
    return AIMessage("", tool_calls=[call], additional_kwargs={NOTES: notes})
