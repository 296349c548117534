"""The columns of a stored table, for the session's state."""

import logging
from pathlib import Path

from graphs.kit.artifacts import SessionArtifacts, is_table
from graphs.kit.state import Artifact, Column

logger = logging.getLogger(__name__)

_MOST_SHEETS = 10
_LARGE_WORKBOOK = 5_000_000
"""Bytes from which on only the first sheet is described: each sheet is read for it."""


def with_columns(artifact: Artifact, artifacts: SessionArtifacts) -> Artifact:
    """Return the reference with the file's columns, where it is a table that can be read."""
    if not is_table(artifact["name"]):
        return artifact
    with artifacts.local_path(artifact["name"]) as path:
        columns = columns_of(path)
        sheets = _other_sheets(path)
    described = Artifact(**{**artifact, "columns": columns}) if columns else artifact
    return Artifact(**{**described, "sheets": sheets}) if sheets else described


def _other_sheets(path: Path) -> dict[str, list[Column]]:
    from graphs.kit.tables.excel import excel_sheets
    from graphs.kit.tables.load import EXCEL_SUFFIXES

    if not path.name.lower().endswith(EXCEL_SUFFIXES) or path.stat().st_size > _LARGE_WORKBOOK:
        return {}
    try:
        names = excel_sheets(path)[1 : 1 + _MOST_SHEETS]
    except ValueError as error:
        logger.info("%s can't be described: %s", path.name, error)
        return {}
    described = {name: columns_of(path, name) for name in names}
    return {name: columns for name, columns in described.items() if columns}


def columns_of(path: Path, sheet: str | None = None) -> list[Column]:
    """Return a table file's columns with DuckDB's types; empty when it can't be read as a table.

    Of a large text file the start says it: every turn begins with this.

    A file that can't be read is not an error here: the tool that is asked to load it explains.
    """
    from graphs.kit.tables.few_values import few_values
    from graphs.kit.tables.load import TableFile, connect, read_start, table_name

    try:
        with connect() as connection:
            info = read_start(connection, table_name(path.name), TableFile(path, sheet))
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
