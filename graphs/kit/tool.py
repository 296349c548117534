"""How an agent's tool is declared: a plain function of the session's files and typed arguments.

    @agent_tool(keywords=("volume", "watertight"), examples=("Is bracket.stl watertight?",))
    def inspect_mesh(session: Session, file: Annotated[str, file_argument("The mesh.", ".stl")]) -> Answer:
        \"\"\"Measure a mesh: volume, area, bounds (mm) and whether it is watertight.\"\"\"

The function runs in a worker thread, so it may compute for long and block. A `ValueError` becomes a
message that the model and the person read; the conversation goes on.
"""

import inspect
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType
from typing import IO, TYPE_CHECKING, Any, cast, get_type_hints

from langchain.tools import ToolRuntime
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.types import Command
from pydantic import BaseModel, ConfigDict, create_model
from pydantic.json_schema import SkipJsonSchema

from graphs.kit.artifacts import SessionArtifacts, session_artifacts
from graphs.kit.columns import with_columns
from graphs.kit.errors import MissingFileError
from graphs.kit.findings import Finding, findings_of
from graphs.kit.state import Artifact, Column

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass
class Session:
    """What a tool may reach: the files of the session that calls it, and a line to whoever watches."""

    artifacts: SessionArtifacts
    idempotency_key: str
    """Names this call to services outside: the same when the call runs again after a crash, a re-queue, a
    resume or a retry, and another one for every other call. A service that takes each key once, as payment
    services do, acts exactly once. A tool with several effects adds a word of its own to it for each."""
    report: Callable[[str], None] = lambda _: None
    known: Mapping[str, Artifact | None] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    """What the session's tools found before this call."""
    changes: dict[str, Artifact | None] = field(default_factory=dict)

    @contextmanager
    def path(self, name: str) -> Generator[Path]:
        """Yield a local path that holds the session's file; InputError when there is no such file."""
        with self.artifacts.local_path(name) as path:
            yield path

    def table(self, name: str, sheet: str | None = None) -> "DataFrame":
        """Return a table file of the session as a frame; ValueError when it is not there or unreadable."""
        from graphs.kit.tables.load import TableFile, load_frame

        with self.path(name) as path:
            return load_frame(TableFile(path, sheet))

    def save(
        self, name: str, content: bytes | IO[bytes], columns: Sequence[Column] | None = None
    ) -> Artifact:
        """Keep a file that the tool made and return its reference; a taken name gets a number.

        A table's columns are read from the file, unless the tool that made it gives them.
        """
        saved = self.artifacts.save(name, content)
        if columns is None:
            artifact = with_columns(saved, self.artifacts)
        else:
            artifact = Artifact(**{**saved, "columns": list(columns)})
        self.changes[artifact["name"]] = artifact
        return artifact

    def delete(self, name: str) -> None:
        """Remove a file of the session for good; InputError when there is no such file.

        A file that the state knows and the store does not was removed before: a step that runs again after
        a crash finds its work done.
        """
        try:
            self.artifacts.delete(name)
        except MissingFileError:
            if self.known.get(name) is None:
                raise
        self.changes[name] = None


@dataclass(frozen=True)
class Answer:
    """What a tool says: a short text with every figure in it, and the same figures as plain data.

    `successor` is a table that it made in place of the one that it took: requests after it are about that.
    """

    text: str
    figures: dict[str, Any] = field(default_factory=dict)
    successor: str = ""


@dataclass(frozen=True)
class Hints:
    """What the offline planner knows of a tool: words that point to it, and example requests."""

    keywords: tuple[str, ...]
    examples: tuple[str, ...]
    approval: str | None = None
    of_answer: tuple[str, ...] = ()


def agent_tool(
    *,
    keywords: Sequence[str],
    examples: Sequence[str],
    approval: str | None = None,
    of_answer: Sequence[str] = (),
) -> Callable[[FunctionType], BaseTool]:
    """Return a decorator that makes a LangChain tool of a function `(session, **arguments) -> Answer`.

    The docstring is the description that models read. `approval` says what can't be undone: a person is
    asked before each call. `of_answer` are words that point to a tool which works on the last answer as it
    stands (`Session.findings`), when they are said of that answer: "export" in "export it".
    """
    hints = Hints(tuple(keywords), tuple(examples), approval, tuple(of_answer))

    def declare(function: FunctionType) -> BaseTool:
        def call(runtime: ToolRuntime, **arguments: Any) -> Command[Any]:
            thread_id = str(runtime.config["configurable"]["thread_id"])
            session = Session(
                session_artifacts(thread_id),
                _idempotency_key(thread_id, runtime),
                report=_reporter(runtime),
                known=runtime.state.get("artifacts") or {},
                findings=_findings(runtime),
            )
            answer: Answer = function(session, **arguments)
            message = ToolMessage(
                answer.text,
                name=function.__name__,
                tool_call_id=runtime.tool_call_id,
                artifact={
                    "figures": answer.figures,
                    "files": [name for name, artifact in session.changes.items() if artifact],
                    **({"of_answer": True} if of_answer else {}),
                    **({"successor": answer.successor} if answer.successor else {}),
                },
            )
            return Command(update={"messages": [message], "artifacts": session.changes})

        return StructuredTool.from_function(
            func=call,
            name=function.__name__,
            description=inspect.getdoc(function),
            args_schema=_arguments_schema(function),
            metadata={"hints": hints},
        )

    return declare


def _findings(runtime: ToolRuntime) -> tuple[Finding, ...]:
    """What the conversation's tools found, or what `call_tool` says that others found before."""
    given: Sequence[Finding] | None = runtime.state.get("findings")
    return tuple(findings_of(runtime.state.get("messages") or ()) if given is None else given)


def call_tool(
    tool: BaseTool, thread_id: str, arguments: Mapping[str, Any], findings: Sequence[Finding] = ()
) -> Finding:
    """Call a declared tool outside of a conversation, in the session of the thread, and return what it found.
    `findings` are those of the calls before.

    Raises ValueError for arguments that don't fit, and whatever the tool raises.
    """
    runtime = ToolRuntime(
        state={"findings": findings},
        context=None,
        config={"configurable": {"thread_id": thread_id}},
        stream_writer=lambda _: None,
        tool_call_id=str(uuid.uuid4()),
        store=None,
    )
    call = {"name": tool.name, "args": {"runtime": runtime, **arguments}, "id": runtime.tool_call_id}
    update = tool.invoke({**call, "type": "tool_call"}).update
    (message,) = update["messages"]
    made = message.artifact
    return Finding(
        question="",
        tool=tool.name,
        arguments=dict(arguments),
        text=message.text,
        figures=made["figures"],
        files=tuple(made["files"]),
        of_answer=bool(made.get("of_answer")),
    )


def hints_of(tool: BaseTool) -> Hints:
    """Return the hints that the tool was declared with."""
    return cast("Hints", (tool.metadata or {})["hints"])


def _reporter(runtime: ToolRuntime) -> Callable[[str], None]:
    return lambda text: runtime.stream_writer({"progress": text})


def _idempotency_key(thread_id: str, runtime: ToolRuntime) -> str:
    """The task's id follows from the checkpoint that holds the call, so it is there again when a step is.

    Alone a call's id won't do: some models number their calls anew in each turn.
    """
    task_id = runtime.execution_info.task_id if runtime.execution_info else ""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"holdfast:{thread_id}/{task_id}/{runtime.tool_call_id}"))


def _arguments_schema(function: FunctionType) -> type[BaseModel]:
    annotations = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for name, parameter in list(inspect.signature(function).parameters.items())[1:]:
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[name] = (annotations[name], default)
    if not fields:
        # LangChain calls a tool whose schema has no field with nothing at all, not even its runtime
        fields["runtime"] = (SkipJsonSchema[ToolRuntime], ...)
    return create_model(function.__name__, __config__=ConfigDict(arbitrary_types_allowed=True), **fields)
