"""Channels of which only the changes are stored: LangGraph rebuilds them through the saver's fast path."""

import os
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from graphs.persistence.saver import HoldfastSaver
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from tests.support.legible import legible
from tests.support.postgres import settings_for

SECRET = "plutonium"
TURNS = 7


def joined(words: list[str], writes: list[list[str]]) -> list[str]:
    return [*words, *(word for write in writes for word in write)]


class Talk(TypedDict):
    words: Annotated[list[str], DeltaChannel(joined, snapshot_frequency=3)]
    never_whole: Annotated[list[str], DeltaChannel(joined)]
    turn: int


def graph_on(saver: BaseCheckpointSaver) -> CompiledStateGraph:
    def speak(state: Talk) -> dict[str, Any]:
        turn = state.get("turn", 0) + 1
        return {"words": [f"{SECRET} {turn}"], "never_whole": [f"{turn}"], "turn": turn}

    graph = StateGraph(Talk)
    graph.add_node("speak", speak)
    graph.add_edge(START, "speak")
    graph.add_edge("speak", END)
    return graph.compile(checkpointer=saver)


@pytest.mark.parametrize("keys", [None, os.urandom(16).hex()], ids=["plain", "encrypted"])
async def test_channels_are_rebuilt_from_their_changes(uri, postgres, keys):
    settings = PersistenceSettings(**settings_for(uri, encryption_keys=keys))
    config: RunnableConfig = {"configurable": {"thread_id": "t"}}
    for _ in range(TURNS):
        # another process each time, as far as the state is concerned
        async with open_saver(settings) as saver:
            await graph_on(saver).ainvoke({"words": ["said"], "turn": 0}, config, durability="sync")

    async with open_saver(settings) as saver:
        values = (await graph_on(saver).aget_state(config)).values
        assert values["words"] == ["said", f"{SECRET} 1"] * TURNS
        assert values["never_whole"] == ["1"] * TURNS
        await assert_fast_path_agrees(saver)
        with pytest.raises(NotImplementedError, match=r"DeltaChannel: t$"):
            await saver.aprune(["t"])

    assert (SECRET in legible(postgres)) is (keys is None)


async def assert_fast_path_agrees(saver: HoldfastSaver) -> None:
    """Compare what two queries tell of each checkpoint with the walk from parent to parent."""
    seeds = 0
    async for item in saver.alist({"configurable": {"thread_id": "t", "checkpoint_ns": ""}}):
        asked: Any = {"config": item.config, "channels": ["words", "never_whole"]}
        fast = await saver.aget_delta_channel_history(**asked)
        assert fast == await BaseCheckpointSaver.aget_delta_channel_history(saver, **asked)
        seeds += "seed" in fast["words"]
    assert seeds > 0
