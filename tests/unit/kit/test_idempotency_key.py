"""The key with which a tool names an act to a service outside: one for each act, however often it runs."""

import asyncio
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage
from langchain_core.messages.tool import tool_call
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.message import REMOVE_ALL_MESSAGES
from langgraph.graph.state import CompiledStateGraph

from graphs.kit.arguments import quantity
from graphs.kit.subagent import SubAgent
from graphs.kit.supervisor import build_supervisor
from graphs.kit.tool import Answer, Session, agent_tool
from tests.support.eventually import eventually
from tests.support.kit_environment import THREAD_ID
from tests.support.scripted_model import calls, hand_over, use_script

Graph = CompiledStateGraph[Any, Any, Any, Any]
CONFIG: Any = {"configurable": {"thread_id": THREAD_ID}}
OTHER_THREAD: Any = {"configurable": {"thread_id": "0b3c1f0e-2f0e-4a55-8d53-3c2c1a6f5b11"}}
DONE = AIMessage("Done.")


@dataclass
class Till:
    """What was paid, and a line that can be held up while a payment is under way."""

    keys: dict[float, list[str]] = field(default_factory=dict)
    flowing: threading.Event = field(default_factory=threading.Event)


TILL = Till()


@agent_tool(keywords=("pay",), examples=("Pay 5 USD.",))
def pay(session: Session, amount: Annotated[float, quantity("The amount.", "USD", cues=("pay",))]) -> Answer:
    """Pay an amount (USD)."""
    TILL.keys.setdefault(amount, []).append(session.idempotency_key)
    assert TILL.flowing.wait(30)
    return Answer(f"{amount:g} USD are paid.")


CASHIER = SubAgent(name="cashier", purpose="Pays.", prompt="You pay.", tools=(pay,))


@pytest.fixture(autouse=True)
def till() -> Generator[Till]:
    TILL.keys.clear()
    TILL.flowing.set()
    yield TILL
    TILL.flowing.set()


@pytest.fixture
def bank() -> Graph:
    return build_supervisor(name="bank", prompt="You lead.", subagents=[CASHIER]).copy(
        {"checkpointer": InMemorySaver()}
    )


async def ask(bank: Graph, text: str, config: Any = CONFIG) -> dict[str, Any]:
    return await bank.ainvoke({"messages": [HumanMessage(text)]}, config, durability="sync")


async def cut_off_while_paying(bank: Graph, till: Till) -> None:
    """End the run in the middle of the act, as a server does that stops."""
    till.flowing.clear()
    run = asyncio.create_task(ask(bank, "Pay 5 USD."))
    await eventually(lambda: bool(till.keys), within=30)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    till.flowing.set()


async def test_an_act_that_runs_again_after_a_crash_has_its_key_again(bank: Graph, till: Till) -> None:
    await cut_off_while_paying(bank, till)
    state = await bank.ainvoke(None, CONFIG, durability="sync")

    assert state["messages"][-1].text == "5 USD are paid."
    first, again = till.keys[5]
    assert first == again


async def test_of_two_acts_at_once_only_the_one_cut_off_runs_again(
    bank: Graph, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = calls(("pay", {"amount": 5}), ("pay", {"amount": 7}))
    use_script(monkeypatch, hand_over("cashier"), both, DONE, DONE)
    await cut_off_while_paying(bank, till)
    await eventually(lambda: set(till.keys) == {5, 7}, within=30)
    await bank.ainvoke(None, CONFIG, durability="sync")

    assert [len(set(keys)) for keys in till.keys.values()] == [1, 1]
    assert till.keys[5][0] != till.keys[7][0]


async def test_the_same_request_in_the_next_turn_is_another_act(bank: Graph, till: Till) -> None:
    for _ in range(3):
        await ask(bank, "Pay 5 USD.")

    assert len(till.keys[5]) == len(set(till.keys[5])) == 3


async def test_the_same_request_after_the_conversation_was_cleared_is_another_act(
    bank: Graph, till: Till
) -> None:
    await ask(bank, "Pay 5 USD.")
    await bank.aupdate_state(CONFIG, {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES)]}, as_node="intake")
    await ask(bank, "Pay 5 USD.")

    first, second = till.keys[5]
    assert first != second


async def test_a_model_that_numbers_its_calls_anew_in_each_turn_makes_other_acts(
    bank: Graph, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbered = AIMessage("", tool_calls=[tool_call(name="pay", args={"amount": 5}, id="call_0")])
    turn = (hand_over("cashier"), numbered, DONE, DONE)
    use_script(monkeypatch, *turn, *turn)
    await ask(bank, "Pay.")
    await ask(bank, "Pay.")

    first, second = till.keys[5]
    assert first != second


async def test_the_same_request_in_another_session_is_another_act(bank: Graph, till: Till) -> None:
    await asyncio.gather(ask(bank, "Pay 5 USD."), ask(bank, "Pay 5 USD.", OTHER_THREAD))

    first, second = till.keys[5]
    assert first != second
