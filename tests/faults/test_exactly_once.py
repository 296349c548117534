"""An act on a service outside happens once for each time that it was asked for, whatever breaks meanwhile.

The service is a real one over HTTP. It takes each idempotency key once, and counts what it is asked and what
it does; the key is the kit's.
"""

import asyncio
import threading
from collections.abc import Callable, Generator

import pytest
from langgraph_sdk.client import LangGraphClient

from graphs.client import Session, SessionStatus, last_answer, restore_session, resume_session
from tests.faults.harness.served import Served, serve
from tests.support import questions_agent
from tests.support.eventually import eventually
from tests.support.payment_service import PaymentService, payment_service
from tests.support.payments_agent import GRAPH_ID, PAYMENTS_VARIABLE
from tests.support.postgres import PostgresInstance
from tests.support.waiting import START_SECONDS, wait_until

OUTAGE_BUDGET = 3
AMOUNTS = (5.0, 5.0, 7.0)
"""What is paid, each by a user of her own."""

Fault = Callable[[Served, PostgresInstance, PaymentService], None]


@pytest.fixture(scope="module")
def service() -> Generator[PaymentService]:
    with payment_service() as service:
        yield service


@pytest.fixture(autouse=True)
def nothing_paid(service: PaymentService) -> None:
    service.forget()


@pytest.fixture(scope="module")
def served(
    postgres: PostgresInstance, service: PaymentService, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Served]:
    with serve(
        postgres.uri,
        tmp_path_factory.mktemp("project"),
        graphs={
            GRAPH_ID: "tests.support.payments_agent:graph",
            questions_agent.GRAPH_ID: "tests.support.questions_agent:graph",
        },
        CHECKPOINT_OUTAGE_BUDGET_SECONDS=str(OUTAGE_BUDGET),
        **{PAYMENTS_VARIABLE: service.url},
    ) as served:
        yield served


def server_killed(served: Served, _: PostgresInstance, __: PaymentService) -> None:
    served.server.kill()
    start(served)


def server_stopped(served: Served, _: PostgresInstance, service: PaymentService) -> None:
    """The process can't end before the tools' threads do."""
    stopping = threading.Thread(target=served.server.stop)
    queued_again = times_logged(served, "RETRYING") + len(AMOUNTS)
    stopping.start()
    wait_until(lambda: times_logged(served, "RETRYING") >= queued_again, "the runs being queued again")
    service.answer()
    stopping.join()
    start(served)


def postgres_restarted(_: Served, postgres: PostgresInstance, __: PaymentService) -> None:
    postgres.restart("immediate")


def both_killed(served: Served, postgres: PostgresInstance, _: PaymentService) -> None:
    served.server.kill()
    postgres.kill()
    postgres.start()
    start(served)


def start(served: Served) -> None:
    served.server.start()
    served.server.wait_ready(START_SECONDS)


@pytest.mark.parametrize("fault", [postgres_restarted, server_stopped, server_killed, both_killed])
async def test_an_act_cut_off_before_its_answer_happens_once(
    fault: Fault, served: Served, postgres: PostgresInstance, service: PaymentService
) -> None:
    service.withhold()
    async with served.client() as client:
        threads = [await ask_to_pay(client, amount) for amount in AMOUNTS]
        # all of them have paid, and none knows it
        await eventually(lambda: len(service.effects) == len(AMOUNTS), within=60)
    await asyncio.to_thread(fault, served, postgres, service)
    service.answer()
    async with served.client() as client:
        for thread_id, amount in zip(threads, AMOUNTS, strict=True):
            session = await finished(client, thread_id)
            assert last_answer(session.values) == f"{amount:g} USD are paid."
    assert service.paid() == sorted(AMOUNTS)
    assert service.misused == []
    again = 0 if fault is postgres_restarted else len(AMOUNTS)
    assert len(service.attempts) == len(service.effects) + again, "what was cut off ran again, and no more"


async def test_an_act_happens_once_though_its_run_is_queued_again(
    served: Served, postgres: PostgresInstance, service: PaymentService
) -> None:
    """The database stays away for longer than the budget, just when there is an answer to store."""
    failed = "Background run failed, will retry"
    before = times_logged(served, failed)
    service.withhold()
    async with served.client() as client:
        thread_id = await ask_to_pay(client, 5)
        await eventually(lambda: len(service.effects) == 1, within=60)
        await asyncio.to_thread(postgres.stop, "immediate")
        service.answer()
        try:
            await asyncio.to_thread(
                wait_until, lambda: times_logged(served, failed) > before, "the run being queued again"
            )
        finally:
            await asyncio.to_thread(postgres.start)
        session = await finished(client, thread_id)
    assert last_answer(session.values) == "5 USD are paid."
    assert service.paid() == [5]
    assert service.misused == []
    assert len(service.attempts) > len(service.effects), "the act ran again when its run did"


async def test_the_same_request_again_is_another_act(served: Served, service: PaymentService) -> None:
    async with served.client() as client:
        thread_id = await ask_to_pay(client, 5)
        await finished(client, thread_id)
        await ask_to_pay(client, 5, thread_id)
        await finished(client, thread_id)
    assert service.paid() == [5, 5]
    assert len(service.attempts) == len(service.effects)


async def test_an_answer_is_not_taken_for_one_to_the_next_question(
    served: Served, postgres: PostgresInstance, service: PaymentService
) -> None:
    """The run that gave it begins again, with its answer, at the step that asks the next question."""
    agent = questions_agent.GRAPH_ID
    async with served.client() as client:
        thread_id = (await client.threads.create(graph_id=agent))["thread_id"]
        await client.runs.wait(thread_id, agent, input={"first": ""})
        assert await question_of(client, thread_id) == "first?"
        service.withhold()
        run = await client.runs.create(thread_id, agent, command={"resume": "yes"})
        await eventually(lambda: len(service.effects) == 1, within=60)
    await asyncio.to_thread(served.server.stop)
    service.answer()
    await asyncio.to_thread(start, served)
    async with served.client() as client:
        await client.runs.join(thread_id, run["run_id"])
        assert await question_of(client, thread_id) == "second?"
        await client.runs.wait(thread_id, agent, command={"resume": {"said": "no"}})
        state = await client.threads.get_state(thread_id)
    assert state["values"] == {"first": "yes", "second": {"said": "no"}}
    assert len(service.attempts) > 1, "the step began again"


async def question_of(client: LangGraphClient, thread_id: str) -> str:
    session = await restore_session(thread_id, client=client)
    assert session.status is SessionStatus.WAITING, session
    [interrupt] = session.interrupts
    return interrupt["value"]


async def ask_to_pay(client: LangGraphClient, amount: float, thread_id: str | None = None) -> str:
    """Start a run that pays the amount, and return its thread."""
    if thread_id is None:
        thread_id = (await client.threads.create(graph_id=GRAPH_ID))["thread_id"]
    text = f"Pay {amount:g} USD."
    await client.runs.create(thread_id, GRAPH_ID, input={"messages": [{"role": "user", "content": text}]})
    return thread_id


async def finished(client: LangGraphClient, thread_id: str) -> Session:
    """Return the session once nothing is left to do, as the guide tells a caller to get there."""
    async with asyncio.timeout(120):
        while True:
            session = await resume_session(thread_id, client=client, deadline=10)
            if session.status is SessionStatus.IDLE:
                return session
            await asyncio.sleep(0.2)


def times_logged(served: Served, text: str) -> int:
    return served.log.read_text(errors="replace").count(text)
