"""Ways to live with a pool that breaks, under the same fault: five agents, a health check, users who talk.

Seven of them, side by side: a pool that is left alone; the original fault, where the health check closes the
pool and makes a new one; the workarounds considered for it; and Holdfast. See docs/guide.md.
"""

import asyncio
import logging
import weakref
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

import psycopg
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool
from pydantic import SecretStr

from benchmarks.agents_under_fault import AGENTS, Fleet, Outcome, agent_with, take_turn, under_fault
from benchmarks.contenders import stock_pool
from benchmarks.database import run_benchmark
from benchmarks.report import Report, Table, machine, progress, spread
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from tests.support.postgres import PostgresInstance

_CONNECTIONS = 10
_CHECK_SECONDS = 0.5
_SECONDS_TO_CLOSE = 3.0
_APPLICATION = "workaround"

LEFT_ALONE = "one pool, left alone"
RECREATED = "pool recreated (the original fault)"
TO_MEMORY = "degrade to an in-memory saver"
TO_NONE = "degrade to no saver"
TRACKED = "track the savers, swap their pool"
WRAPPED = "savers hold a reference to the pool"
OURS = "Holdfast"


class Pool:
    """The shared pool, with the health check that closes it after a timeout and makes a new one."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self.current = stock_pool(uri, _CONNECTIONS)

    async def check(self) -> None:
        """Recreate the pool if it does not answer in time."""
        try:
            async with asyncio.timeout(_CHECK_SECONDS), self.current.connection() as connection:
                await connection.execute("SELECT 1")
        except (TimeoutError, psycopg.OperationalError):
            await self.current.close()
            self.current = stock_pool(self._uri, _CONNECTIONS)
            await self.current.open()


class HeldSavers:
    """Each agent holds a saver for good, as agents do that are compiled with one."""

    def __init__(self, savers: Sequence[BaseCheckpointSaver]) -> None:
        self._agents = [agent_with(saver) for saver in savers]

    async def answer(self, agent: int, thread_id: str, turn: int) -> list[int]:
        return await take_turn(self._agents[agent], thread_id, turn)

    async def check_health(self) -> None:
        """Check nothing."""


class Recreating(HeldSavers):
    """As in the original fault: the health check makes a new pool, and the savers keep the old one."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        super().__init__([AsyncPostgresSaver(pool.current) for _ in range(AGENTS)])

    async def check_health(self) -> None:
        await self._pool.check()


class Degrading:
    """Each request takes a saver on the pool there is, and on any error of the database does without."""

    def __init__(self, pool: Pool, fallback: BaseCheckpointSaver | None) -> None:
        self._pool = pool
        self._degraded = agent_with(fallback)

    async def answer(self, agent: int, thread_id: str, turn: int) -> list[int]:
        try:
            return await take_turn(agent_with(AsyncPostgresSaver(self._pool.current)), thread_id, turn)
        except psycopg.Error:
            return await take_turn(self._degraded, thread_id, turn)

    async def check_health(self) -> None:
        await self._pool.check()


class Tracking(HeldSavers):
    """A weak set of all savers, whose pool is swapped when it is recreated."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        savers = [AsyncPostgresSaver(pool.current) for _ in range(AGENTS)]
        self._savers = weakref.WeakSet(savers)
        super().__init__(savers)

    async def check_health(self) -> None:
        await self._pool.check()
        for saver in self._savers:
            saver.conn = self._pool.current


class ReferringSaver(AsyncPostgresSaver):
    """Asks for the pool of the moment at each operation."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        super().__init__(pool.current)

    @property
    def conn(self) -> AsyncConnectionPool[Any]:
        return self._pool.current

    @conn.setter
    def conn(self, _: AsyncConnectionPool[Any]) -> None:
        """The base sets the pool that it was given."""


class Referring(HeldSavers):
    """Savers that hold the reference."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        super().__init__([ReferringSaver(pool) for _ in range(AGENTS)])

    async def check_health(self) -> None:
        await self._pool.check()


@asynccontextmanager
async def on_pool(make: Callable[[Pool], Fleet], uri: str) -> AsyncGenerator[Fleet]:
    """Give the fleet that is made on a pool, which is closed in the end."""
    pool = Pool(uri)
    await pool.current.open(wait=True)
    try:
        yield make(pool)
    finally:
        await pool.current.close()


@asynccontextmanager
async def ours(uri: str) -> AsyncGenerator[Fleet]:
    """Give five agents that share the server's one saver."""
    settings = PersistenceSettings(uri=SecretStr(uri), connection_budget=_CONNECTIONS)
    async with open_saver(settings) as saver:
        yield HeldSavers([saver] * AGENTS)


def _left_alone(pool: Pool) -> Fleet:
    return HeldSavers([AsyncPostgresSaver(pool.current) for _ in range(AGENTS)])


WAYS: Mapping[str, Callable[[str], AbstractAsyncContextManager[Fleet]]] = {
    LEFT_ALONE: partial(on_pool, _left_alone),
    RECREATED: partial(on_pool, Recreating),
    TO_MEMORY: partial(on_pool, lambda pool: Degrading(pool, InMemorySaver())),
    TO_NONE: partial(on_pool, lambda pool: Degrading(pool, None)),
    TRACKED: partial(on_pool, Tracking),
    WRAPPED: partial(on_pool, Referring),
    OURS: ours,
}


@dataclass(frozen=True)
class Plan:
    """How often, and how many seconds of each: users before the fault, the fault, users after it."""

    trials: int
    before: float
    stopped: float
    frozen: float
    after: float


FULL = Plan(trials=3, before=2, stopped=3, frozen=1.5, after=8)
QUICK = Plan(trials=1, before=0.5, stopped=1, frozen=1, after=2)


@dataclass(frozen=True)
class Result:
    """One trial: what came of it, and how many connections were left once all was closed."""

    outcome: Outcome
    left_open: int


async def trial(
    postgres: PostgresInstance, names: Sequence[str], plan: Plan, fault: Callable[[], Awaitable[None]]
) -> dict[str, Result]:
    """Return what came of one fault for each of the ways, which live through it side by side."""
    postgres.empty()
    async with AsyncPostgresSaver.from_conn_string(postgres.uri) as saver:
        await saver.setup()
    happened = asyncio.create_task(_after(plan.before, fault))

    async def live(number: int, name: str) -> Result:
        application = f"{_APPLICATION}-{number}"
        uri = make_conninfo(postgres.uri, application_name=application)
        async with WAYS[name](uri) as fleet:
            outcome = await under_fault(
                fleet, postgres.uri, application, asyncio.shield(happened), after=plan.after
            )
        return Result(outcome, await _left_open(postgres, application))

    results = await asyncio.gather(*(live(number, name) for number, name in enumerate(names)))
    return dict(zip(names, results, strict=True))


async def measure(postgres: PostgresInstance, plan: Plan, names: Sequence[str] = tuple(WAYS)) -> Report:
    """Return the report: one trial after the other, all ways side by side in each."""
    tables = []
    for title, fault in faults(postgres, plan).items():
        trials = []
        for number in range(plan.trials):
            progress(f"{title}, trial {number + 1} of {plan.trials}")
            trials.append(await trial(postgres, names, plan, fault))
        found = {name: [results[name] for results in trials] for name in names}
        tables.append(_table(title, found, plan))
    return Report("workarounds", "Workarounds for a pool that breaks", tables, (), machine(postgres))


def faults(postgres: PostgresInstance, plan: Plan) -> dict[str, Callable[[], Awaitable[None]]]:
    """Return what is done to PostgreSQL, by what it is called."""

    async def stop() -> None:
        await asyncio.to_thread(postgres.stop, "immediate")
        await asyncio.sleep(plan.stopped)
        await asyncio.to_thread(postgres.start)

    async def freeze() -> None:
        await asyncio.to_thread(postgres.freeze)
        await asyncio.sleep(plan.frozen)
        await asyncio.to_thread(postgres.thaw)

    return {
        f"PostgreSQL is stopped (immediate) for {plan.stopped:g} s": stop,
        f"PostgreSQL does not answer for {plan.frozen:g} s, and loses no connection": freeze,
    }


async def _left_open(postgres: PostgresInstance, application: str) -> int:
    """Return how many connections are there still, once the server had the time to notice the closed ones."""
    end = monotonic() + _SECONDS_TO_CLOSE
    while True:
        left = await asyncio.to_thread(postgres.connections, application)
        if left == 0 or monotonic() > end:
            return left
        await asyncio.sleep(0.1)


async def _after(seconds: float, fault: Callable[[], Awaitable[None]]) -> None:
    await asyncio.sleep(seconds)
    await fault()


def _table(title: str, found: Mapping[str, Sequence[Result]], plan: Plan) -> Table:
    columns = (
        "way",
        "answers",
        "errors that users saw",
        "answers that forgot earlier turns",
        "answered turns lost",
        "sessions damaged",
        "agents that answer afterwards",
        "first answer after it, s",
        "connections left open",
    )
    rows = [_row(name, results) for name, results in found.items()]
    note = (
        f"Sums of {plan.trials} trials of {AGENTS} agents with two sessions each, requests until "
        f"{plan.after:g} s after the fault; the first answer is a median with the lowest and the highest. A "
        "damaged session has a lost turn or a forgetful answer."
    )
    return Table(title, columns, rows, note)


def _row(name: str, results: Sequence[Result]) -> tuple[object, ...]:
    outcomes = [result.outcome for result in results]
    errors = sum((outcome.errors for outcome in outcomes), Counter[str]())
    first = [outcome.first_answer for outcome in outcomes if outcome.first_answer is not None]
    return (
        name,
        sum(outcome.answers for outcome in outcomes),
        ", ".join(f"{count} {kind}" for kind, count in errors.most_common()) or "0",
        sum(outcome.forgetful_answers for outcome in outcomes),
        sum(outcome.lost_turns for outcome in outcomes),
        f"{sum(outcome.damaged_sessions for outcome in outcomes)} of {sum(o.sessions for o in outcomes)}",
        f"{min(outcome.agents_after for outcome in outcomes)} of {AGENTS}",
        spread(first) if first else None,
        sum(result.left_open for result in results),
    )


def main() -> None:
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    run_benchmark(__doc__, measure, quick=QUICK, full=FULL)


if __name__ == "__main__":
    main()
