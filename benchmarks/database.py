"""A PostgreSQL for measuring: as durable as in production."""

from typing import Any, cast

from tests.support.postgres import PostgresInstance


def durable_postgres(**settings: Any) -> PostgresInstance:
    """Return a server with PostgreSQL's defaults, on the disk that holds the temporary folder.

    `settings` are what `PostgresInstance` takes. Use it as a context manager.
    """
    # the defaults of PostgreSQL, which those that make tests quick stand in for
    defaults = {"fsync": "on", "full_page_writes": "on", "max_wal_size": "1GB", "shared_buffers": "128MB"}
    return PostgresInstance(**cast(dict[str, Any], {**defaults, **settings}))
