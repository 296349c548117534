"""The depth of the queue as lines of the log, for what scales workers by what it reads there.

LangGraph's server in production counts the runs of all processes in those of its API alone, and shows them
as gauges at /metrics. The in-memory runtime of `langgraph dev` doesn't, and then no line is written.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from prometheus_client import REGISTRY, CollectorRegistry
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from graphs.environment import in_words
from graphs.server.background import in_background

logger = logging.getLogger(__name__)

_GAUGES = {"lg_api_num_pending_runs": "pending_runs", "lg_api_num_running_runs": "running_runs"}


class _Settings(BaseSettings):
    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    queue_depth_log_seconds: float | None = Field(default=None, ge=1, allow_inf_nan=False)


@asynccontextmanager
async def logging_queue_depth() -> AsyncGenerator[None]:
    """Log the depth of the queue every QUEUE_DEPTH_LOG_SECONDS, if that is set.

    Raises:
        ValueError: it is no number of seconds, 1 or more.
    """
    try:
        seconds = _Settings().queue_depth_log_seconds
    except ValidationError as error:
        raise ValueError("\n".join(map(in_words, error.errors()))) from None
    if seconds is None:
        yield
        return
    async with in_background(_log_every(seconds)):
        yield


def queue_depth(registry: CollectorRegistry = REGISTRY) -> dict[str, int] | None:
    """Return `pending_runs` and `running_runs` of all processes; None where they aren't known."""
    depth = {
        _GAUGES[family.name]: int(sum(sample.value for sample in family.samples))
        for family in registry.collect()
        if family.name in _GAUGES
    }
    return depth if len(depth) == len(_GAUGES) else None


async def _log_every(seconds: float) -> None:
    while True:
        if depth := queue_depth():
            logger.info("%(pending_runs)d runs wait, %(running_runs)d are at work.", depth, extra=depth)
        await asyncio.sleep(seconds)
