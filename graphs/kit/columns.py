"""The columns of a stored table, for the session's state."""

import logging
from pathlib import Path

from graphs.kit.artifacts import SessionArtifacts, is_table
from graphs.kit.state import Artifact, Column

logger = logging.getLogger(__name__)


def with_columns(artifact: Artifact, artifacts: SessionArtifacts) -> Artifact:
    """Return the reference with the file's columns, where it is a table that can be read."""
    if not is_table(artifact["name"]):
        return artifact
    with artifacts.local_path(artifact["name"]) as path:
        columns = columns_of(path)
    return Artifact(**{**artifact, "columns": columns}) if columns else artifact


def columns_of(path: Path) -> list[Column]:
    """Return a table file's columns with DuckDB's types; empty when it can't be read as a table.

    Of a large text file the start says it: every turn begins with this.

    A file that can't be read is not an error here: the tool that is asked to load it explains.
    """
    from graphs.kit.tables.few_values import few_values
    from graphs.kit.tables.load import TableFile, connect, read_start, table_name

    try:
        with connect() as connection:
            info = read_start(connection, table_name(path.name), TableFile(path))
            values = few_values(connection, info)
    except ValueError as error:
        logger.info("%s can't be described: %s", path.name, error)
        return []
    return [
        Column(name=column.name, type=column.type, values=values[column.name])
        if column.name in values
        else Column(name=column.name, type=column.type)
        for column in info.columns
    ]
