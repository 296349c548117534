"""The offline planner as a LangChain chat model."""

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool

from graphs.kit.planner.conversation import Conversation
from graphs.kit.planner.stages import supervise, work
from graphs.kit.subagent import Handoff


class OfflinePlanner(BaseChatModel):
    """A chat model without weights: it picks tools by what they declare and never states a figure of its own.

    What it answers follows from the messages and the bound tools alone. Bound to handoffs it supervises,
    bound to other tools it is a sub-agent; the tools must be declared with `agent_tool`.
    """

    tools: tuple[BaseTool, ...] = ()

    @property
    def _llm_type(self) -> str:
        return "offline-planner"

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> "OfflinePlanner":
        """Return a planner for these tools; options of other models' clients mean nothing here.

        Raises:
            TypeError: one of them is not a LangChain tool.
        """
        bound = []
        for tool in tools:
            if not isinstance(tool, BaseTool):
                raise TypeError(f"the offline planner takes tools made by agent_tool, not {tool!r}")
            bound.append(tool)
        return OfflinePlanner(tools=tuple(bound))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._answer(messages))])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        """Answer at once: planning takes milliseconds, less than waiting for a free thread."""
        return self._generate(messages)

    def _answer(self, messages: Sequence[BaseMessage]) -> AIMessage:
        conversation = Conversation.of(messages)
        handoffs = [tool for tool in self.tools if isinstance(tool, Handoff)]
        return supervise(conversation, handoffs) if handoffs else work(conversation, self.tools)
