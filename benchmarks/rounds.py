"""Contenders in turn: each round gives each of them the same short time to work, at the same concurrency."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter, process_time

from pydantic import SecretStr

from benchmarks.contenders import Contender
from benchmarks.report import Series, Spread, percentile, progress, ratios, spread
from benchmarks.workload import Payload, Session
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from tests.support.postgres import PostgresInstance
from tests.support.proxy import Proxy

CONNECTIONS = 10

Opener = Callable[[str, int], AbstractAsyncContextManager[Contender]]
"""Opens a contender on a connection string, with that many connections."""

Work = Callable[[Contender, Session], AsyncGenerator[None]]
"""One session's work, which has no end: it yields after each operation."""


@dataclass
class Measured:
    """What one contender did."""

    rates: list[float] = field(default_factory=list)
    """Operations per second, one figure a round."""
    durations: list[float] = field(default_factory=list)
    """Seconds of each operation, of all rounds."""
    cpu: list[float] = field(default_factory=list)
    """Seconds of this process's CPU for an operation, one figure a round; PostgreSQL's aren't in it."""


@dataclass(frozen=True)
class Timing:
    """How long to measure: so many rounds, each so many seconds for a contender."""

    rounds: int
    seconds: float


async def steps(contender: Contender, session: Session) -> AsyncGenerator[None]:
    """Make steps: two operations each."""
    while True:
        number = session.next_number()
        await contender.put(session, number)
        yield
        await contender.write(session, number)
        yield


async def reads(contender: Contender, session: Session) -> AsyncGenerator[None]:
    """Read the latest checkpoint again and again; a session that has none makes one first."""
    if session.steps == 0:
        await contender.put(session, session.next_number())
    while True:
        await contender.read(session)
        yield


@dataclass(frozen=True)
class Comparison:
    """What contenders did under the same conditions. The latency is in milliseconds each way."""

    latency: float
    sessions: int
    checkpoint: str
    results: Mapping[str, Measured]

    def ratio(self, name: str, base: str) -> Spread:
        """Return one contender's rate by another's, round by round."""
        return ratios(self.results[name].rates, self.results[base].rates)

    def rate(self, name: str) -> float:
        """Return operations per second, the median of the rounds."""
        return spread(self.results[name].rates).median

    def milliseconds(self, name: str, percent: int) -> float:
        """Return what that share of the operations didn't exceed."""
        return 1000 * percentile(self.results[name].durations, percent)

    def cpu(self, name: str) -> float:
        """Return the milliseconds of this process's CPU that an operation took, the median of the rounds."""
        return 1000 * spread(self.results[name].cpu).median


async def compare_each(
    postgres: PostgresInstance,
    contenders: Mapping[str, Opener],
    work: Work,
    timing: Timing,
    *,
    latencies: Sequence[float],
    sessions: Sequence[int],
    payload: Payload,
) -> list[Comparison]:
    """Compare at each latency with each number of sessions; tables are empty at the start of each."""
    doing = "reading" if work is reads else "writing"
    found = []
    for latency in latencies:
        for count in sessions:
            progress(f"{doing}: {count} sessions, {latency:g} ms each way, {payload.name}")
            forget_sessions(postgres)
            with network(postgres, latency) as uri:
                results = await compare(uri, contenders, work, partial(_sessions, count, payload), timing)
            found.append(Comparison(latency, count, payload.name, results))
    return found


def _sessions(count: int, payload: Payload, name: str) -> list[Session]:
    return [Session(name, number, payload) for number in range(count)]


async def compare(
    uri: str,
    contenders: Mapping[str, Opener],
    work: Work,
    sessions: Callable[[str], Sequence[Session]],
    timing: Timing,
    *,
    connections: int = CONNECTIONS,
) -> dict[str, Measured]:
    """Return what each contender did with the sessions made for it; a round before warms them up."""
    results = {name: Measured() for name in contenders}
    async with AsyncExitStack() as stack:
        running = {
            name: await stack.enter_async_context(open_(uri, connections))
            for name, open_ in contenders.items()
        }
        theirs = {name: sessions(name) for name in contenders}
        for name, contender in running.items():
            await _window(contender, theirs[name], work, timing.seconds)
        for _ in range(timing.rounds):
            for name, contender in running.items():
                window = await _window(contender, theirs[name], work, timing.seconds)
                results[name].rates += window.rates
                results[name].durations += window.durations
                results[name].cpu += window.cpu
    return results


async def _window(contender: Contender, sessions: Sequence[Session], work: Work, seconds: float) -> Measured:
    """Let all sessions work side by side. The rate counts what is done in time, or else the first one."""
    done = 0
    durations: list[float] = []
    cpu, begin = process_time(), perf_counter()
    last = begin

    async def session_works(session: Session) -> None:
        nonlocal done, last
        started = perf_counter()
        async for _ in work(contender, session):
            now = perf_counter()
            durations.append(now - started)
            if now - begin > seconds and done:
                return
            done += 1
            started = last = now

    await asyncio.gather(*map(session_works, sessions))
    rate = done / max(seconds, last - begin)
    return Measured([rate], durations, [(process_time() - cpu) / len(durations)])


async def repeat(operation: Callable[[int], Awaitable[None]], count: int, *, at_once: int) -> None:
    """Run the operation for 0, 1, … count - 1, some of them side by side."""
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await operation(number)

    await asyncio.gather(*(worker() for _ in range(at_once)))


@contextmanager
def network(postgres: PostgresInstance, milliseconds: float) -> Generator[str]:
    """Yield the server's URI over a network with that latency each way; with none, there is no proxy."""
    if milliseconds == 0:
        yield postgres.uri
        return
    with Proxy(postgres.port, delay=milliseconds / 1000) as proxy:
        yield proxy.through(postgres.uri)


async def set_up_tables(postgres: PostgresInstance) -> None:
    """Make the checkpoint tables."""
    async with open_saver(PersistenceSettings(uri=SecretStr(postgres.uri))):
        return


def forget_sessions(postgres: PostgresInstance) -> None:
    """Empty the tables, so that each comparison starts alike."""
    postgres.execute("TRUNCATE checkpoints, checkpoint_blobs, checkpoint_writes")


def ratio_panels(
    cells: Sequence[Comparison], names: Sequence[str], base: str
) -> list[tuple[str, list[Series]]]:
    """Return a panel for each latency: the contenders' rates ÷ the base's, over the sessions."""
    return [
        (
            f"{latency:g} ms each way",
            [
                Series(name, [cell.ratio(name, base) for cell in cells if cell.latency == latency])
                for name in names
            ],
        )
        for latency in sorted({cell.latency for cell in cells})
    ]
