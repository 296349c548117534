"""The chat model of the offline planner."""

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult


class OfflinePlanner(BaseChatModel):
    """A chat model that answers from rules."""

    @property
    def _llm_type(self) -> str:
        return "holdfast-offline-planner"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind(planner_tools=list(tools))

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage("Not ready."))])
