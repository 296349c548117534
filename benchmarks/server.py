"""The whole server: `langgraph dev` with our checkpointer, without one (in memory), and with the stock one.

Users start runs of a long graph and wait for them, each on a thread of its own; then they ask for the
threads' state and restore them. The servers run side by side, and take turns: one works at a time.

    python -m benchmarks.server [--quick]
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Literal
from uuid import uuid4

import psutil
from langchain_core.runnables import RunnableConfig
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from pydantic import SecretStr

from benchmarks.contenders import OURS, STOCK
from benchmarks.database import durable_postgres
from benchmarks.report import (
    Picture,
    Report,
    Spread,
    Table,
    bars,
    command_line,
    machine,
    percentile,
    progress,
    publish,
    ratios,
    spread,
)
from benchmarks.rounds import network
from benchmarks.served import CONNECTIONS, DATABASE_VARIABLE, graph
from graphs.client import SessionStatus, restore_session
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from graphs.server.process import PROJECT_ROOT, DevServer
from tests.support.postgres import PostgresInstance
from tests.support.waiting import START_SECONDS

_TURNS = 6

MEMORY = "in memory"
GRAPH = "long"

TARGETS = {0: 0.8, 1: 0.75}
"""Runs per second against the in-memory checkpointer, by milliseconds of latency each way."""

_CHECKPOINTERS = {
    OURS: "./graphs/server/checkpointer.py:checkpointer",
    STOCK: "./benchmarks/served.py:stock_checkpointer",
}


Durability = Literal["sync", "async"]


@dataclass(frozen=True)
class Load:
    """Users at once, the runs that each makes in a round, and rounds."""

    users: int
    runs: int
    rounds: int
    durability: Durability = "sync"
    over_network: bool = True
    """Whether the servers whose PostgreSQL is farther away take part."""


@dataclass(frozen=True)
class Plan:
    """What to measure."""

    servers: Sequence[tuple[str, float]]
    """The checkpointer of each, and the latency between it and PostgreSQL; in memory and ours without one."""
    loads: Sequence[Load]
    steps: int
    """Of one run."""
    latency: float
    """Milliseconds each way, beside none."""
    looks: int
    """How often users look at their sessions after a round, all together."""
    histories: tuple[int, int]
    """Checkpoints of the short and of the long thread that are restored."""
    restores: int
    """How often users restore each of these threads, all together."""
    users_of_histories: Sequence[int]


FULL = Plan(
    servers=((MEMORY, 0), (OURS, 0), (STOCK, 0), (OURS, 1), (STOCK, 1)),
    loads=(
        Load(users=1, runs=2, rounds=2),
        Load(users=10, runs=3, rounds=4),
        Load(users=10, runs=3, rounds=2, durability="async"),
        Load(users=100, runs=1, rounds=1, over_network=False),
    ),
    steps=100,
    latency=1,
    looks=100,
    histories=(10, 10_000),
    restores=1_200,
    users_of_histories=(1, 10, 100),
)
QUICK = Plan(
    servers=((MEMORY, 0), (OURS, 0), (STOCK, 0), (OURS, 1)),
    loads=(Load(users=10, runs=1, rounds=1),),
    steps=50,
    latency=1,
    looks=50,
    histories=(10, 1_000),
    restores=60,
    users_of_histories=(1, 10),
)


@dataclass(frozen=True)
class Place:
    """A server that is measured."""

    checkpointer: str
    latency: float
    """Milliseconds each way between it and PostgreSQL."""
    url: str
    pid: int

    def cpu(self) -> float:
        """Return the seconds of CPU that the server's processes have taken."""
        process = psutil.Process(self.pid)
        times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
        return sum(each.user + each.system for each in times)

    @property
    def name(self) -> str:
        """How tables call it."""
        return (
            self.checkpointer if self.checkpointer == MEMORY else f"{self.checkpointer}, {self.latency:g} ms"
        )


@dataclass
class Measured:
    """What users saw of one server: runs per second, one figure a round, and seconds of each request."""

    rates: list[float] = field(default_factory=list)
    runs: list[float] = field(default_factory=list)
    states: list[float] = field(default_factory=list)
    restores: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Seconds of the server's CPU for a run, one figure a round; PostgreSQL's aren't in it."""


@contextmanager
def servers(postgres: PostgresInstance, plan: Plan) -> Generator[list[Place]]:
    """Yield the plan's servers, all started and idle."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="holdfast-bench-")))
        uris = {latency: stack.enter_context(network(postgres, latency)) for latency in (0, plan.latency)}
        started = []
        for number, (checkpointer, latency) in enumerate(plan.servers):
            server = _server(folder / f"{number}", checkpointer, uris[latency])
            stack.callback(server.stop)
            server.start()
            started.append(server)
        for server in started:
            server.wait_ready(START_SECONDS)
        yield [_place(*wanted, server) for wanted, server in zip(plan.servers, started, strict=True)]


def _place(checkpointer: str, latency: float, server: DevServer) -> Place:
    assert server.process is not None, f"the server at {server.url} was not started"
    return Place(checkpointer, latency, server.url, server.process.pid)


def _server(folder: Path, checkpointer: str, uri: str) -> DevServer:
    folder.mkdir()
    for name in ("graphs", "benchmarks", "pyproject.toml"):
        (folder / name).symlink_to(PROJECT_ROOT / name)
    config: dict[str, Any] = {
        "dependencies": ["."],
        "graphs": {GRAPH: "./benchmarks/served.py:graph"},
        "http": {"app": "./benchmarks/served.py:app"},
    }
    if checkpointer in _CHECKPOINTERS:
        config["checkpointer"] = {"path": _CHECKPOINTERS[checkpointer]}
    if checkpointer == OURS:
        # all that our server has, beside the graph
        ours = json.loads((PROJECT_ROOT / "langgraph.json").read_text())
        config = {**ours, "graphs": config["graphs"], "env": {}}
    (folder / "langgraph.json").write_text(json.dumps(config))
    environment = {
        DATABASE_VARIABLE: uri,
        "CHECKPOINT_CONNECTION_BUDGET": str(CONNECTIONS),
        "LOG_LEVEL": "WARNING",
    }
    return DevServer(folder, environment=environment, log=folder / "server.log")


async def measure(postgres: PostgresInstance, places: Sequence[Place], plan: Plan) -> Report:
    """Return the server's report."""
    await _warm_up(places, plan)
    loads = {load: await _under(load, places, plan) for load in plan.loads}
    ours = next(place for place in places if place.checkpointer == OURS and not place.latency)
    histories = await _restores_by_length(postgres, ours, plan)
    return Report(
        "server",
        "The whole server, side by side",
        (
            _rate_table(loads, plan),
            _duration_table("How long a run takes", loads, lambda found: found.runs, "s", 1),
            _duration_table(
                "How long the state of a session takes", loads, lambda found: found.states, "ms", 1000
            ),
            _duration_table(
                "How long restore_session takes", loads, lambda found: found.restores, "ms", 1000
            ),
            _history_table(histories, plan),
        ),
        (_picture(loads, plan),),
        machine(postgres),
        __doc__ or "",
    )


async def _warm_up(places: Sequence[Place], plan: Plan) -> None:
    """Let each server work once, with all its jobs."""
    for place in places:
        async with get_client(url=place.url) as client:
            few = replace(plan, steps=3)
            threads = await _run(client, Load(users=10, runs=1, rounds=1), few, Measured())
            await _look(client, place, threads, few, Measured())


async def _under(load: Load, places: Sequence[Place], plan: Plan) -> dict[Place, Measured]:
    """Let users work with each server in turn."""
    found = {place: Measured() for place in places if not place.latency or load.over_network}
    for number in range(load.rounds):
        for place, measured in found.items():
            progress(
                f"{load.users} users, {load.durability}, round {number + 1} of {load.rounds}: {place.name}"
            )
            async with get_client(url=place.url) as client:
                before = place.cpu()
                threads = await _run(client, load, plan, measured)
                measured.cpu.append((place.cpu() - before) / (load.users * load.runs))
                await _look(client, place, threads, plan, measured)
    return found


async def _run(client: LangGraphClient, load: Load, plan: Plan, found: Measured) -> list[str]:
    """Let each user make runs on a thread of its own; return the threads."""
    threads = [(await client.threads.create(graph_id=GRAPH))["thread_id"] for _ in range(load.users)]

    async def user_works(thread_id: str) -> None:
        for _ in range(load.runs):
            started = perf_counter()
            values = await client.runs.wait(
                thread_id, GRAPH, input={"wanted": plan.steps, "made": 0}, durability=load.durability
            )
            assert isinstance(values, dict), f"the run answered {values!r}"
            assert values.get("made") == plan.steps, f"the run ended with {values}"
            found.runs.append(perf_counter() - started)

    started = perf_counter()
    await asyncio.gather(*map(user_works, threads))
    found.rates.append(load.users * load.runs / (perf_counter() - started))
    return threads


async def _look(
    client: LangGraphClient, place: Place, threads: Sequence[str], plan: Plan, found: Measured
) -> None:
    """Let each user look at its session again and again, as a web page would."""
    each = max(1, plan.looks // len(threads))

    async def state(thread_id: str) -> None:
        await client.threads.get_state(thread_id)

    found.states += await _timed(state, threads, each)
    if place.checkpointer == OURS:
        found.restores += await _timed(partial(_restore, client), threads, each)


async def _restore(client: LangGraphClient, thread_id: str) -> None:
    session = await restore_session(thread_id, client=client, deadline=60)
    assert session.status is SessionStatus.IDLE, f"{thread_id} is {session.status}: {session.reason}"


async def _timed(
    operation: Callable[[str], Awaitable[None]], threads: Sequence[str], each: int
) -> list[float]:
    """Return how long the operation took, in seconds, done so many times for each thread, side by side."""
    durations: list[float] = []

    async def user_asks(thread_id: str) -> None:
        for _ in range(each):
            started = perf_counter()
            await operation(thread_id)
            durations.append(perf_counter() - started)

    await asyncio.gather(*map(user_asks, threads))
    return durations


async def _restores_by_length(
    postgres: PostgresInstance, place: Place, plan: Plan
) -> dict[tuple[int, int], list[float]]:
    """Return how long restoring a thread takes, by its checkpoints and the users at once."""
    found: dict[tuple[int, int], list[float]] = {}
    async with get_client(url=place.url) as client:
        threads = {}
        for length in plan.histories:
            progress(f"restoring a thread of {length:,} checkpoints")
            threads[length] = str(uuid4())
            await _make_history(postgres, threads[length], length)
            await _restore(client, threads[length])
        for users in plan.users_of_histories:
            for _ in range(_TURNS):
                for length, thread_id in threads.items():
                    each = max(1, plan.restores // _TURNS // users)
                    durations = await _timed(partial(_restore, client), [thread_id] * users, each)
                    found.setdefault((length, users), []).extend(durations)
    return found


async def _make_history(postgres: PostgresInstance, thread_id: str, length: int) -> None:
    """Run the graph here, with our saver, as long as it takes to have that many checkpoints."""
    made_before_first_step = 2  # for the input, and before the first step
    async with open_saver(PersistenceSettings(uri=SecretStr(postgres.uri))) as saver:
        kept = graph.copy({"checkpointer": saver})
        config: RunnableConfig = {
            "configurable": {"thread_id": thread_id},
            "metadata": {"graph_id": GRAPH, "run_id": str(uuid4())},
        }
        await kept.ainvoke({"wanted": length - made_before_first_step, "made": 0}, config, durability="async")


def _rate_table(loads: Mapping[Load, Mapping[Place, Measured]], plan: Plan) -> Table:
    rows = [
        (
            load.users,
            load.durability,
            place.name,
            spread(found[place].rates),
            _against_memory(found, place),
            spread(found[place].cpu).median,
        )
        for load, found in loads.items()
        for place in found
    ]
    columns = ("users", "durability", "checkpointer", "runs/s", "÷ in memory", "server's CPU for a run, s")
    note = (
        f"Runs of {plan.steps} steps; medians of the rounds with the lowest and the highest. "
        "Targets with 10 users: "
        + ", ".join(f"{target} at {latency:g} ms" for latency, target in TARGETS.items())
        + "."
    )
    return Table("Runs per second", columns, rows, note)


def _against_memory(found: Mapping[Place, Measured], place: Place) -> Spread | None:
    if place.checkpointer == MEMORY:
        return None
    [memory] = (each for each in found if each.checkpointer == MEMORY)
    return ratios(found[place].rates, found[memory].rates)


def _duration_table(
    title: str,
    loads: Mapping[Load, Mapping[Place, Measured]],
    durations: Callable[[Measured], Sequence[float]],
    unit: str,
    scale: int,
) -> Table:
    rows = [
        (
            load.users,
            load.durability,
            place.name,
            *_halves([scale * each for each in durations(found[place])]),
        )
        for load, found in loads.items()
        for place in found
        if durations(found[place])
    ]
    return Table(title, ("users", "durability", "checkpointer", f"p50, {unit}", f"p99, {unit}"), rows)


def _history_table(histories: Mapping[tuple[int, int], Sequence[float]], plan: Plan) -> Table:
    short, long = plan.histories
    rows = []
    for users in plan.users_of_histories:
        few, many = ([1000 * each for each in histories[length, users]] for length in plan.histories)
        rows.append((users, *_halves(few), *_halves(many), percentile(many, 99) / percentile(few, 99)))
    columns = (
        "users",
        *(f"{length:,} checkpoints: {part}, ms" for length in (short, long) for part in ("p50", "p99")),
        "p99 ÷ p99",
    )
    return Table("restore_session by length of the thread", columns, rows, f"{OURS}, 0 ms. Target: within 2.")


def _halves(values: Sequence[float]) -> tuple[float, float]:
    return percentile(values, 50), percentile(values, 99)


def _picture(loads: Mapping[Load, Mapping[Place, Measured]], plan: Plan) -> Picture:
    shown = [
        (f"{load.users} users, {load.durability}: {place.name}", ratio)
        for load, found in loads.items()
        for place in found
        if (ratio := _against_memory(found, place)) is not None
    ]
    up = f"runs per second of a {plan.steps}-step graph ÷ the in-memory checkpointer's"
    return Picture(
        "server-runs", bars([name for name, _ in shown], [each for _, each in shown], across=up), up
    )


def main() -> None:
    options = command_line(__doc__)
    plan = QUICK if options.quick else FULL
    with durable_postgres() as postgres, servers(postgres, plan) as places:
        report = asyncio.run(measure(postgres, places, plan))
    publish(report, options)


if __name__ == "__main__":
    main()
