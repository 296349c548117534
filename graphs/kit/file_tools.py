"""The sub-agent that every supervisor has: the files of the session."""

from typing import Annotated

from graphs.kit.arguments import file_argument
from graphs.kit.artifacts import MEDIA_TYPES
from graphs.kit.subagent import SubAgent
from graphs.kit.tool import Answer, Session, agent_tool


@agent_tool(
    keywords=("list files", "which files", "what files", "show files", "my files"),
    examples=("Which files do I have?", "List the files of this session."),
)
def list_files(session: Session) -> Answer:
    """List the files of this session with their sizes in bytes."""
    sizes = session.artifacts.sizes()
    if not sizes:
        return Answer("This session has no files yet: attach one, or paste a table.")
    lines = [f"- {name} ({size:,} bytes)" for name, size in sizes.items()]
    return Answer("\n".join(["Files of this session:", *lines]), {"sizes": sizes})


@agent_tool(
    keywords=("delete", "remove the file", "erase"),
    examples=("Delete sales.csv.", "Remove the file plan.csv from this session."),
    approval="This deletes the file for good. Approve or reject.",
)
def delete_file(
    session: Session, file: Annotated[str, file_argument("What to delete.", *MEDIA_TYPES)]
) -> Answer:
    """Delete a file of this session for good. A person is asked first."""
    session.delete(file)
    return Answer(f"{file} is deleted.")


FILES = SubAgent(
    name="files",
    purpose="Lists the files of the session, and deletes one after a person has agreed.",
    prompt="You look after the files of this session. Use the tools; claim no deletion that no tool did.",
    tools=(list_files, delete_file),
)
