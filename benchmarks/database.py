"""A PostgreSQL for measuring: as durable as in production."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from benchmarks.report import Report, command_line, publish
from tests.support.postgres import PostgresInstance

P = TypeVar("P")
"""What a benchmark calls its plan."""


def durable_postgres(**settings: Any) -> PostgresInstance:
    """Return a server with PostgreSQL's defaults, on the disk that holds the temporary folder.

    `settings` are what `PostgresInstance` takes. Use it as a context manager.
    """
    # the defaults of PostgreSQL, which those that make tests quick stand in for
    defaults = {"fsync": "on", "full_page_writes": "on", "max_wal_size": "1GB", "shared_buffers": "128MB"}
    return PostgresInstance(**cast(dict[str, Any], {**defaults, **settings}))


def run_benchmark(
    about: str | None, measure: Callable[[PostgresInstance, P], Awaitable[Report]], *, quick: P, full: P
) -> None:
    """Measure on a server of its own what the command line asks for, and publish the report."""
    options = command_line(about)

    async def measured() -> Report:
        return await measure(postgres, quick if options.quick else full)

    with durable_postgres() as postgres:
        report = asyncio.run(measured())
    publish(report, options)
