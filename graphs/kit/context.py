"""What a caller may choose for one run or one assistant."""

from pydantic import BaseModel, ConfigDict, Field


class Context(BaseModel):
    """Run-time choices, the same for every agent; Studio shows them as a form."""

    model_config = ConfigDict(extra="ignore")

    model: str | None = Field(
        default=None,
        title="Chat model",
        description=(
            "The chat model as provider:name, for example openai:gpt-5.5 or anthropic:claude-sonnet-5-5. "
            "Empty: the server's MODEL setting, and without one the offline planner, which needs no key."
        ),
    )
