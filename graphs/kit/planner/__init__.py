"""The offline planner: a chat model without weights, for work without a key and without a network."""

from graphs.kit.planner.model import OfflinePlanner

__all__ = ["OfflinePlanner"]
