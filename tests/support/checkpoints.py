"""Checkpoints as a graph would write them."""

from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, Checkpoint
from langgraph.checkpoint.conformance.test_utils import (
    generate_checkpoint,
    generate_config,
    generate_metadata,
)


def checkpoint_of(values: dict[str, Any]) -> Checkpoint:
    """Return a checkpoint of the present format, with a version of its own for each value."""
    checkpoint = generate_checkpoint(channel_values=values)
    checkpoint["v"] = 4
    checkpoint["channel_versions"] = dict.fromkeys(values, f"1.{checkpoint['id']}")
    return checkpoint


async def put(
    saver: BaseCheckpointSaver,
    thread_id: str,
    values: dict[str, Any] | None = None,
    /,
    *,
    parent: RunnableConfig | None = None,
    namespace: str = "",
    step: int = 0,
    **metadata: Any,
) -> RunnableConfig:
    """Store a checkpoint with these values and return its config."""
    checkpoint = checkpoint_of(values or {"messages": ["hello"]})
    parent_id = parent["configurable"]["checkpoint_id"] if parent else None
    config = generate_config(thread_id, checkpoint_ns=namespace, checkpoint_id=parent_id)
    versions = checkpoint["channel_versions"]
    return await saver.aput(config, checkpoint, generate_metadata(step=step, **metadata), versions)


async def values_of(saver: BaseCheckpointSaver, config: RunnableConfig) -> dict[str, Any]:
    """Return what a checkpoint says."""
    item = await saver.aget_tuple(config)
    assert item is not None, f"no checkpoint at {config}"
    return item.checkpoint["channel_values"]


async def history(saver: BaseCheckpointSaver, thread_id: str, namespace: str = "") -> list[str]:
    """Return a thread's checkpoint ids, newest first."""
    config = generate_config(thread_id, checkpoint_ns=namespace)
    return [item.config["configurable"]["checkpoint_id"] async for item in saver.alist(config)]
