"""A throwaway DuckDB database: bounded memory, a private folder to spill into, and no way to the network."""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from graphs.kit.tables.duck import one_row
from graphs.kit.tables.workspace import private_folder

_MEMORY = "512 MB"
_SPILL = "20 GB"
_MAX_THREADS = 4  # each needs buffers of its own
_DAMAGED = re.compile(r'(?:Failed to read file "|bytes outside file: )(.+?)[",]')
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": _MEMORY,
    "max_temp_directory_size": _SPILL,
    "threads": min(_MAX_THREADS, os.cpu_count() or 1),
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}


@contextmanager
def connect() -> Generator[DuckDBPyConnection]:
    """A fresh in-memory database that uses at most 512 MB of memory and no network.

    What does not fit spills to a folder of its own, gone afterwards. SQL may read a database's folder for
    temporary files whatever else is forbidden: this one holds rows of the connection's own tables only.
    Raises ValueError in place of DuckDB's errors that memory or disk are spent, or a file is damaged.
    """
    with private_folder() as folder:
        connection = duckdb.connect(":memory:", config={**_CONFIG, "temp_directory": str(folder)})
        try:
            connection.execute("SET TimeZone='UTC'")  # else times with a zone depend on the machine's own
            connection.execute("SET enable_progress_bar=false")  # it would write into the server's output
            yield connection
        except duckdb.OutOfMemoryException as error:
            raise ValueError(
                f"The table or the query needs more than the {_MEMORY} of memory, or the {_SPILL} of disk, "
                "that an analysis may use. Give fewer rows or columns, or ask for an aggregate."
            ) from error
        except duckdb.Error as error:
            if damage := damaged_file(error):
                raise ValueError(damage) from error
            raise
        finally:
            connection.close()


@contextmanager
def one_thread(connection: DuckDBPyConnection) -> Generator[None]:
    """Let DuckDB work with one thread.

    When a row can't be read while several threads write a file, DuckDB 2.0.0 sometimes waits for ever for its
    own tasks (TaskExecutor::DrainTasks).
    """
    (threads,) = one_row(connection, "SELECT current_setting('threads')")
    connection.execute("SET threads=1")
    try:
        yield
    finally:
        connection.execute(f"SET threads={threads}")


def damaged_file(error: duckdb.Error) -> str | None:
    """What to say when a file that a view reads can't be read to its end; None for any other error."""
    found = _DAMAGED.search(str(error))
    return (
        f"{Path(found[1]).name} is damaged: it can't be read to its end. Upload it again." if found else None
    )


def folder_of(connection: DuckDBPyConnection) -> Path:
    """The private folder of a connection, which is gone when it is closed."""
    (folder,) = one_row(connection, "SELECT current_setting('temp_directory')")
    return Path(folder)


def allow(connection: DuckDBPyConnection, path: Path, pattern: str) -> None:
    """Let a view go on reading the file, as the pattern names it, when all other access is taken away."""
    (allowed,) = one_row(connection, "SELECT current_setting('allowed_paths')")
    connection.execute("SET allowed_paths=?", [[*(allowed or ()), str(path), pattern]])
