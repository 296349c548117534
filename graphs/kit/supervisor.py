"""The supervisor: hands a request to sub-agents, one after the other, and answers."""

import logging
from collections.abc import Sequence
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    HumanInTheLoopMiddleware,
    InterruptOnConfig,
    ToolCallRequest,
    ToolErrorMiddleware,
)
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.messages.tool import ToolCall
from langchain_core.tools import BaseTool
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command
from pydantic import ValidationError

from graphs.kit.briefing import brief
from graphs.kit.context import Context
from graphs.kit.figure_sources import marked
from graphs.kit.file_tools import FILES
from graphs.kit.intake import intake
from graphs.kit.malformed_calls import with_malformed_calls_answered
from graphs.kit.model import model_name, offline_planner
from graphs.kit.model_reply import reply_or_explanation
from graphs.kit.state import Input, State, SubAgentState
from graphs.kit.subagent import Handoff, HandoffTask, SubAgent, handoff_to
from graphs.kit.subagent_model import ContextModel
from graphs.kit.tool import hints_of

logger = logging.getLogger(__name__)

_MAX_HANDOFFS = 40
"""Within one turn; a model that hands on without end is stopped with an answer."""

_AFTER_SUBAGENT = (
    "The sub-agent has answered, above. Hand over what is still to be done; if nothing is, answer the person."
)


def build_supervisor(
    *, name: str, prompt: str, subagents: Sequence[SubAgent]
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """Return an agent: a supervisor with its sub-agents as nodes, and one more for the session's files.

    The graph carries no checkpointer: the server gives it one, and sub-agents inherit it.
    """
    team = [*subagents, FILES]
    handoffs = {handoff.name: handoff for handoff in map(handoff_to, team)}

    async def supervise(state: State, runtime: Runtime[Context]) -> Command[Any]:
        reply = await _reply(state, runtime, prompt, handoffs, name)
        reply.name = name
        return _route(reply, handoffs)

    # ty does not see that a TypedDict fits StateGraph's protocol of one
    builder = StateGraph(State, context_schema=Context, input_schema=Input)  # ty: ignore[invalid-argument-type]
    builder.add_node("intake", intake)
    builder.add_node("supervisor", supervise, destinations=(*(subagent.name for subagent in team), END))
    builder.add_edge(START, "intake")
    builder.add_edge("intake", "supervisor")
    for subagent in team:
        builder.add_node(subagent.name, build_subagent(subagent))
        builder.add_edge(subagent.name, "supervisor")
    return builder.compile(name=name)


def build_subagent(subagent: SubAgent) -> CompiledStateGraph[Any, Any, Any, Any]:
    """Return the sub-agent's graph: a model and its tools in a loop, asking a person where a tool says so."""
    middleware: list[AgentMiddleware[Any, Any]] = [ContextModel(), ToolErrorMiddleware(_explain_tool_error)]
    if approvals := _approvals(subagent.tools):
        middleware.append(HumanInTheLoopMiddleware(interrupt_on=approvals))
    return create_agent(
        offline_planner(),
        tools=list(subagent.tools),
        system_prompt=subagent.prompt,
        middleware=middleware,
        state_schema=SubAgentState,
        context_schema=Context,
        name=subagent.name,
    )


async def _reply(
    state: State, runtime: Runtime[Context], prompt: str, handoffs: dict[str, Handoff], name: str
) -> AIMessage:
    messages = state["messages"]
    if _replies_in_turn(messages, name) >= _MAX_HANDOFFS:
        return AIMessage(f"I stopped after {_MAX_HANDOFFS} steps: ask for the rest in smaller parts.")
    files = state.get("artifacts", {})
    conversation = [brief(prompt, files), *messages]
    offline = model_name(runtime.context) is None
    # providers take a conversation that ends with the model's own words for one to be continued, or refuse it
    if isinstance(messages[-1], AIMessage) and not offline:
        conversation.append(HumanMessage(_AFTER_SUBAGENT))

    async def ask(model: BaseChatModel) -> AIMessage:
        reply = await model.bind_tools(list(handoffs.values())).ainvoke(conversation)
        # the planner quotes its tools, and has no words of its own to check
        return reply if offline or reply.tool_calls else marked(reply, messages, files)

    return await reply_or_explanation(runtime.context, ask)


def _route(reply: AIMessage, handoffs: dict[str, Handoff]) -> Command[Any]:
    """Go to the sub-agent of the first usable call; every call needs an answer, so the others are put off."""
    reply, errors = with_malformed_calls_answered(reply)
    if not reply.tool_calls:
        return Command(update={"messages": [reply]}, goto=END)
    malformed = {error.tool_call_id for error in errors}
    calls = [call for call in reply.tool_calls if call["id"] not in malformed]
    chosen = next((call for call in calls if _problem(call, handoffs) is None), None)
    answers = [_answer_call(call, chosen, handoffs) for call in calls]
    target = handoffs[chosen["name"]].subagent.name if chosen else "supervisor"
    return Command(update={"messages": [reply, *answers, *errors]}, goto=target)


def _answer_call(call: ToolCall, chosen: ToolCall | None, handoffs: dict[str, Handoff]) -> ToolMessage:
    if call is chosen:
        content, status = handoffs[call["name"]].invoke(call["args"]), "success"
    else:
        later = "One sub-agent works at a time: hand this over again afterwards."
        content, status = _problem(call, handoffs) or later, "error"
    return ToolMessage(content, name=call["name"], tool_call_id=call["id"], status=status)


def _problem(call: ToolCall, handoffs: dict[str, Handoff]) -> str | None:
    """Return why a call is no handoff, in words for the model that made it."""
    if call["name"] not in handoffs:
        return f"There is no {call['name']!r}; there are {', '.join(handoffs)}."
    try:
        HandoffTask.model_validate(call["args"])
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        return f"The arguments of {call['name']} don't fit: {reason}. It takes a task, as text."
    return None


def _replies_in_turn(messages: Sequence[AnyMessage], name: str) -> int:
    count = 0
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            break
        count += isinstance(message, AIMessage) and message.name == name
    return count


def _approvals(tools: Sequence[BaseTool]) -> dict[str, bool | InterruptOnConfig]:
    return {
        tool.name: InterruptOnConfig(allowed_decisions=["approve", "reject"], description=approval)
        for tool in tools
        if (approval := hints_of(tool).approval)
    }


def _explain_tool_error(error: Exception, request: ToolCallRequest) -> str:
    """A `ValueError` is written for the reader; anything else is a defect: logged whole, told in short."""
    if isinstance(error, ValueError):
        return str(error)
    name = request.tool_call["name"]
    logger.error("The tool %s failed", name, exc_info=error)
    return (
        f"{name} stopped with an unexpected {type(error).__name__}; the session is unharmed. "
        "Try other input, or report it together with the file that shows it."
    )
