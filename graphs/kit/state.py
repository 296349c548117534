"""The state that every agent's graph carries between its steps."""

from typing import Annotated, Any, NotRequired

from langchain.agents import AgentState
from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages
from pydantic import Field
from typing_extensions import TypedDict


class Column(TypedDict):
    """A column of a table: its name as in the file and its type as DuckDB names it.

    `values` are the texts in it, when they are few, as of regions or kinds; those of a large file's start.
    """

    name: str
    type: str
    values: NotRequired[list[str]]


class Artifact(TypedDict):
    """A reference to a file of the session. Its bytes are in the artifact store, never in the state.

    `columns` are those of a table; of a workbook with several sheets, those of the first, and `sheets` has
    the columns of the others by their names.
    """

    name: str
    media_type: str
    size: int
    sha256: str
    columns: NotRequired[list[Column]]
    sheets: NotRequired[dict[str, list[Column]]]


def merge_artifacts(
    known: dict[str, Artifact] | None, changes: dict[str, Artifact | None] | None
) -> dict[str, Artifact]:
    """Return the known artifacts with the changes applied; a change to None removes the name."""
    merged: dict[str, Artifact | None] = {**(known or {}), **(changes or {})}
    return {name: artifact for name, artifact in merged.items() if artifact is not None}


class State(AgentState[Any]):
    """The conversation (`messages`) and the files of the session (`artifacts`, by name)."""

    artifacts: Annotated[dict[str, Artifact], merge_artifacts]


def note_changes(
    known: dict[str, Artifact | None] | None, changes: dict[str, Artifact | None] | None
) -> dict[str, Artifact | None]:
    """Return the known artifacts with the changes applied; a removed name stays, as None."""
    return {**(known or {}), **(changes or {})}


class SubAgentState(AgentState[Any]):
    """A sub-agent's part of the state.

    It keeps a removed file as None: a sub-agent hands back its whole state, and a name that is only missing
    would say nothing to `merge_artifacts`.
    """

    artifacts: Annotated[dict[str, Artifact | None], note_changes]


class Input(TypedDict):
    """What a caller sends: the messages of this turn."""

    messages: Annotated[
        list[AnyMessage],
        Field(
            title="Messages",
            description="What you want from the agent, in plain English; files can be attached.",
        ),
        add_messages,
    ]
