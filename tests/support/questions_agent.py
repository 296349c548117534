"""A graph that asks a person twice, and acts on a service outside between the two questions."""

import os
from typing import TypedDict

import httpx
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt

from tests.support.payments_agent import PAYMENTS_VARIABLE

GRAPH_ID = "questions"


class Answers(TypedDict, total=False):
    """What the person said."""

    first: str
    second: str


async def ask_first(_: Answers) -> Answers:
    return {"first": interrupt("first?")}


async def ask_second(_: Answers) -> Answers:
    """Ask after the service has answered."""
    async with httpx.AsyncClient(timeout=None, trust_env=False) as client:
        key = {"Idempotency-Key": "the only one"}
        await client.post(os.environ[PAYMENTS_VARIABLE], json={"amount": 1}, headers=key)
    return {"second": interrupt("second?")}


builder = StateGraph(Answers)
builder.add_node("ask_first", ask_first)
builder.add_node("ask_second", ask_second)
builder.add_edge(START, "ask_first")
builder.add_edge("ask_first", "ask_second")
builder.add_edge("ask_second", END)
graph = builder.compile(name=GRAPH_ID)
