"""A small real agent whose tool acts on a service outside: it pays."""

import os
from typing import Annotated

import httpx

from graphs.kit.arguments import quantity
from graphs.kit.subagent import SubAgent
from graphs.kit.supervisor import build_supervisor
from graphs.kit.tool import Answer, Session, agent_tool

GRAPH_ID = "payments"
PAYMENTS_VARIABLE = "PAYMENTS_URL"
"""The environment variable that tells the server where the service is."""


@agent_tool(keywords=("pay",), examples=("Pay 5 USD.",))
def pay(session: Session, amount: Annotated[float, quantity("The amount.", "USD", cues=("pay",))]) -> Answer:
    """Pay an amount (USD)."""
    response = httpx.post(
        os.environ[PAYMENTS_VARIABLE],
        json={"amount": amount},
        headers={"Idempotency-Key": session.idempotency_key},
        timeout=None,  # a test decides how long the answer takes
        trust_env=False,
    )
    response.raise_for_status()
    return Answer(f"{amount:g} USD are paid.")


CASHIER = SubAgent(name="cashier", purpose="Pays.", prompt="You pay.", tools=(pay,))

graph = build_supervisor(name=GRAPH_ID, prompt="You lead.", subagents=[CASHIER])
