"""What a model is told besides the conversation: its role and the files of the session."""

from collections.abc import Mapping

from langchain_core.messages import SystemMessage

from graphs.kit.state import Artifact, Column

ARTIFACTS_KEY = "artifacts"
"""Where the briefing carries the files as data; providers ignore it, the offline planner reads it."""

_MAX_COLUMNS = 60
_MAX_VALUES = 10


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
    shown = ", ".join(map(_described, columns[:_MAX_COLUMNS]))
    hidden = len(columns) - _MAX_COLUMNS
    return f"{line}; columns: {shown}" + (f" and {hidden} more" if hidden > 0 else "")


def _described(column: Column) -> str:
    """The column with its type and, where they are few, its values as they are spelt."""
    values = column.get("values", [])
    more = " | …" if len(values) > _MAX_VALUES else ""
    spelt = f" ({' | '.join(values[:_MAX_VALUES])}{more})" if values else ""
    return f"{column['name']} {column['type']}{spelt}"
