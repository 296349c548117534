"""Faults of the server itself while users are at work: killed, stopped, lost with its database, doubled."""

import asyncio
import signal
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from random import Random

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import NotFoundError

from graphs.client import SessionStatus, restore_session, resume_session
from graphs.server.process import STOP_SECONDS
from tests.faults.harness import faults, ledger
from tests.faults.harness.connections import connections_counted
from tests.faults.harness.faults import Scene
from tests.faults.harness.invariants import assert_invariants, over_budget
from tests.faults.harness.recovery import recovered
from tests.faults.harness.served import Served, make_served, running, serve, steps_project
from tests.faults.harness.steps_agent import GRAPH_ID
from tests.faults.harness.users import users_at_work
from tests.support.eventually import eventually
from tests.support.postgres import PostgresInstance
from tests.support.waiting import START_SECONDS

BUDGET = 8
"""Connections that each of two servers may hold."""
LOST = (httpx.TransportError, ConnectionError, NotFoundError)
"""What users of a server that dies meet: it is away, and after a SIGKILL it may not know the newest runs."""


def kill_server(served: Served, _: PostgresInstance) -> None:
    served.server.kill()
    start(served)


def kill_server_and_postgres(served: Served, postgres: PostgresInstance) -> None:
    served.server.kill()
    postgres.kill()
    postgres.start()
    start(served)


def stop_server(served: Served, _: PostgresInstance) -> None:
    stop(served)
    start(served)


def stop_server_while_postgres_is_away(served: Served, postgres: PostgresInstance) -> None:
    postgres.stop("immediate")
    stop(served)
    postgres.start()
    start(served)


def start(served: Served) -> None:
    served.server.start()
    served.server.wait_ready(START_SECONDS)


def stop(served: Served) -> None:
    """Stop the server; it ends by itself, and in time."""
    began = time.monotonic()
    served.server.stop()
    assert served.server.process
    assert served.server.process.returncode != -signal.SIGKILL
    assert time.monotonic() - began < STOP_SECONDS


@pytest.mark.parametrize("fault", [kill_server, kill_server_and_postgres])
async def test_users_outlive_a_server_that_is_killed(
    fault: Callable[[Served, PostgresInstance], None], served: Served, postgres: PostgresInstance
) -> None:
    async with users_at_work(served, count=5, forgives=LOST) as users:
        await users.at_work()
        await asyncio.to_thread(fault, served, postgres)
        await users.at_work()
    await assert_invariants(served, postgres, users, interruptions=1)


@pytest.mark.parametrize("fault", [stop_server, stop_server_while_postgres_is_away])
async def test_runs_in_flight_outlive_a_server_that_is_stopped(
    fault: Callable[[Served, PostgresInstance], None], served: Served, postgres: PostgresInstance
) -> None:
    """Each goes on under its own id: to its end before the server's, or on the next server."""
    async with served.client() as client:
        short = await start_run(client, steps=50)
        endless = await start_run(client, steps=2_000)
        for thread_id, _ in (short, endless):
            await at_work(served, thread_id)
        waiting = asyncio.create_task(client.runs.join(*endless))
        await asyncio.to_thread(fault, served, postgres)
        waiting.cancel()
    before = steps_done(served, endless[0])
    async with served.client() as client:
        await client.runs.join(*short)
        assert (await client.runs.get(*short))["status"] == "success"
        assert steps_done(served, short[0]) == 50
        await eventually(lambda: steps_done(served, endless[0]) >= before + 3, within=60)
        assert (await client.runs.get(*endless))["status"] == "running"
        await client.runs.cancel(*endless, wait=True)
    executions = ledger.read(served.ledger)
    assert ledger.out_of_order(executions) == []
    assert executed_again(executions, [short[0], endless[0]]) <= 1


async def test_jobs_with_loops_of_their_own_outlive_database_and_server(
    postgres: PostgresInstance, tmp_path: Path
) -> None:
    environment = {"BG_JOB_ISOLATED_LOOPS": "true", "CHECKPOINT_CONNECTION_BUDGET": str(BUDGET)}
    scene = Scene(postgres)
    with serve(postgres.uri, tmp_path, jobs=3, **environment) as served:
        with connections_counted(served) as held:
            async with users_at_work(served, count=3) as users:
                await users.at_work()
                await faults.outage(scene, 2)
                await recovered(postgres, served, users)
                await faults.terminate_backends(scene, Random(1))
                await recovered(postgres, served, users)
        assert not over_budget(held, served)
        await assert_invariants(served, postgres, users)
        async with served.client() as client:
            run = await start_run(client, steps=100)
            await at_work(served, run[0])
        await asyncio.to_thread(stop_server, served, postgres)
        async with served.client() as client:
            await client.runs.join(*run)
            assert (await client.runs.get(*run))["status"] == "success"
        assert steps_done(served, run[0]) == 100
        assert executed_again(ledger.read(served.ledger), [run[0]]) <= 1


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[PostgresInstance, Served, Served]]:
    """Two servers that were started at once on one empty database."""
    with PostgresInstance() as postgres, ExitStack() as stack, ThreadPoolExecutor(2) as threads:
        folders = [tmp_path_factory.mktemp(name) for name in ("one", "other")]
        pair = [
            make_served(postgres.uri, steps_project(folder), CHECKPOINT_CONNECTION_BUDGET=str(BUDGET))
            for folder in folders
        ]
        list(threads.map(stack.enter_context, map(running, pair)))
        one, other = pair
        yield postgres, one, other


async def test_two_servers_on_one_database(twins: tuple[PostgresInstance, Served, Served]) -> None:
    """In this order: the harness takes a session that came from the other server for one out of order."""
    postgres, one, other = twins
    await users_of_both_outlive_their_database(postgres, one, other)
    await a_session_moves_to_the_other_and_is_not_done_again(one, other)


async def users_of_both_outlive_their_database(
    postgres: PostgresInstance, one: Served, other: Served
) -> None:
    with connections_counted(one) as held_by_one, connections_counted(other) as held_by_other:
        async with users_at_work(one, count=3) as users, users_at_work(other, count=3) as others:
            await users.at_work()
            await others.at_work()
            await faults.restart_immediate(Scene(postgres), Random(1))
            await recovered(postgres, one, users)
            await recovered(postgres, other, others)
    assert not over_budget(held_by_one, one)
    assert not over_budget(held_by_other, other)
    await assert_invariants(one, postgres, users)
    await assert_invariants(other, postgres, others)
    async with one.client() as client, other.client() as other_client:
        for user in users.everyone:
            here = await restore_session(user.thread_id, client=client)
            there = await restore_session(user.thread_id, client=other_client)
            assert there.status is SessionStatus.IDLE
            assert (there.graph_id, there.checkpoint_id, there.values) == (
                here.graph_id,
                here.checkpoint_id,
                here.values,
            )


async def a_session_moves_to_the_other_and_is_not_done_again(one: Served, other: Served) -> None:
    """The first server has the run on its queue when it comes back, and the session has gone on meanwhile."""
    async with one.client() as client:
        run = await start_run(client, steps=40)
        await at_work(one, run[0])
    await asyncio.to_thread(stop, one)
    async with other.client() as client:
        session = await restore_session(run[0], client=client)
        assert session.status is SessionStatus.INCOMPLETE, session
        finished = await resume_session(run[0], client=client)
        assert finished.status is SessionStatus.IDLE
        assert finished.values["number"] == 40
        await client.runs.wait(run[0], GRAPH_ID, input={"steps": 2})
    await asyncio.to_thread(start, one)
    async with one.client() as client:
        assert (await client.runs.get(*run))["status"] == "success"
        await client.runs.join(*await start_run(client, steps=10))  # what was queued before it has its turn
        session = await restore_session(run[0], client=client)
        assert session.status is SessionStatus.IDLE
        assert session.values["number"] == 42, "nothing was done that nobody asked for"


async def start_run(client: LangGraphClient, *, steps: int) -> tuple[str, str]:
    """Start a run in the background; return the ids of its thread and of the run."""
    thread = await client.threads.create(graph_id=GRAPH_ID)
    run = await client.runs.create(thread["thread_id"], GRAPH_ID, input={"steps": steps, "pause": 0.1})
    return thread["thread_id"], run["run_id"]


async def at_work(served: Served, thread_id: str) -> None:
    """Return once the thread has finished three steps."""
    await eventually(lambda: steps_done(served, thread_id) >= 3, within=60)


def steps_done(served: Served, thread_id: str) -> int:
    return ledger.last_steps(ledger.read(served.ledger)).get(thread_id, 0)


def executed_again(executions: Sequence[ledger.Execution], threads: Sequence[str]) -> int:
    """Return the most steps of one of these threads that were executed again."""
    repeats = [execution.thread_id for execution in ledger.repeated(executions)]
    return max(repeats.count(thread_id) for thread_id in threads)
