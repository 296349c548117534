"""What the servers that are compared serve: a long graph of trivial steps, and the stock checkpointer.

`langgraph dev` looks for new runs every half second, so a short graph would measure its queue.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Literal, TypedDict

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import START, StateGraph
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.contenders import stock_pool

DATABASE_VARIABLE = "CHECKPOINT_POSTGRES_URI"
CONNECTIONS = 20

_KEPT_NOTES = 20


class State(TypedDict, total=False):
    """How many steps to make, how many are made, and some 2 kB that each step changes."""

    wanted: int
    made: int
    notes: list[str]


async def step(state: State) -> State:
    """Make one step."""
    made = state.get("made", 0) + 1
    notes = [*state.get("notes", []), f"step {made}: " + "a note of about a hundred characters " * 3]
    return {"made": made, "notes": notes[-_KEPT_NOTES:]}


def next_step(state: State) -> Literal["step", "__end__"]:
    """Return where to go on."""
    return "step" if state.get("made", 0) < state.get("wanted", 0) else "__end__"


graph = (
    StateGraph(State)  # ty: ignore[invalid-argument-type] (ty doesn't see a TypedDict as LangGraph does)
    .add_node("step", step)
    .add_edge(START, "step")
    .add_conditional_edges("step", next_step)
    .compile()
    .with_config(recursion_limit=20_000)
)


@asynccontextmanager
async def stock_checkpointer() -> AsyncGenerator[AsyncPostgresSaver]:
    """Yield LangGraph's own saver on a pool, as its documentation shows it."""
    async with stock_pool(os.environ[DATABASE_VARIABLE], CONNECTIONS) as pool:
        yield AsyncPostgresSaver(pool)


async def _ready(_: Request) -> Response:
    return Response()


app = Starlette(routes=[Route("/ready", _ready)])
"""For the servers that have no routes of Holdfast's: `DevServer` waits for /ready."""
