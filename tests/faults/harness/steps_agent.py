"""A graph of steps that can be counted: each takes its time, writes a line to the ledger, and returns state.

Nothing in its state is random but the ids of the executions, so that a test knows every checkpoint of it.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from operator import add
from pathlib import Path
from random import Random
from typing import Annotated, Any, TypedDict
from uuid import uuid4

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from tests.faults.harness import ledger

GRAPH_ID = "steps"
_PAUSE = 0.1
_SIZE = 4_000
_MOST_STEPS = 10_000


class StepsState(TypedDict, total=False):
    """The state. A run's input is `steps`, and `pause` and `size` if they shall be others than before."""

    steps: int
    """How many steps the run takes."""
    pause: float
    """Seconds that each takes; 0.1 unless given."""
    size: int
    """Bytes of each step's payload; 4,000 unless given."""
    left: int
    """How many steps the run has still to take."""
    number: int
    """The thread's newest step; they are counted from 1 through all of its runs."""
    done: Annotated[list[str], add]
    """The execution that finished each step of the thread, in the steps' order."""
    payload: dict[str, Any]
    """The newest step's `payload(thread_id, number, size)`."""


Work = Callable[[StepsState, RunnableConfig, ledger.Execution], Awaitable[None]]
"""What a step does beside its line in the ledger, which is written when it is done."""


def payload(thread_id: str, number: int, size: int = _SIZE) -> dict[str, Any]:
    """Return what a step returns: text of `size` bytes that depends on nothing but the arguments."""
    noise = Random(f"{thread_id}/{number}").randbytes((size + 1) // 2)
    return {"step": number, "text": noise.hex()[:size]}


async def sleep(state: StepsState, config: RunnableConfig, execution: ledger.Execution) -> None:
    """Take the time that the input asks for."""
    await asyncio.sleep(state.get("pause", _PAUSE))


def build(work: Work = sleep) -> CompiledStateGraph:
    """Return the graph whose steps do that work, for example an act on another service."""

    async def begin(state: StepsState) -> StepsState:
        return {"left": state["steps"]}

    async def step(state: StepsState, config: RunnableConfig) -> StepsState:
        thread_id = config["configurable"]["thread_id"]
        number = state.get("number", 0) + 1
        execution = ledger.Execution(
            thread_id=thread_id,
            run_id=config["configurable"]["run_id"],
            attempt=config["metadata"]["run_attempt"],
            step=number,
            execution_id=str(uuid4()),
        )
        await work(state, config, execution)
        await asyncio.to_thread(ledger.append, Path(os.environ[ledger.LEDGER_VARIABLE]), execution)
        return {
            "left": state["left"] - 1,
            "number": number,
            "done": [execution.execution_id],
            "payload": payload(thread_id, number, state.get("size", _SIZE)),
        }

    def following(state: StepsState) -> str:
        return "step" if state["left"] > 0 else END

    graph = StateGraph(StepsState)
    graph.add_node("begin", begin)
    graph.add_node("step", step)
    graph.add_edge(START, "begin")
    graph.add_conditional_edges("begin", following, ["step", END])
    graph.add_conditional_edges("step", following, ["step", END])
    return graph.compile().with_config(recursion_limit=_MOST_STEPS)


graph = build()
