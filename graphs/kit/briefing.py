"""What a model is told besides the conversation: its role and the files of the session."""

from collections.abc import Mapping

from langchain_core.messages import SystemMessage

from graphs.kit.state import Artifact

ARTIFACTS_KEY = "artifacts"
"""Where the briefing carries the files as data; providers ignore it, the offline planner reads it."""

_MAX_COLUMNS = 60


def brief(prompt: str, artifacts: Mapping[str, Artifact | None]) -> SystemMessage:
    """Return the system message: the prompt, then a line for each file of the session (None: it is gone)."""
    files = [artifact for artifact in artifacts.values() if artifact is not None]
    lines = [_file_line(artifact) for artifact in files] or ["(none yet)"]
    return SystemMessage(
        "\n".join([prompt, "", "Files of this session:", *lines]),
        additional_kwargs={ARTIFACTS_KEY: files},
    )


def _file_line(artifact: Artifact) -> str:
    line = f"- {artifact['name']} ({artifact['media_type']}, {artifact['size']:,} bytes)"
    columns = artifact.get("columns", [])
    if not columns:
        return line
    shown = ", ".join(f"{column['name']} {column['type']}" for column in columns[:_MAX_COLUMNS])
    hidden = len(columns) - _MAX_COLUMNS
    return f"{line}; columns: {shown}" + (f" and {hidden} more" if hidden > 0 else "")
