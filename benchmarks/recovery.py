"""How soon work goes on after each fault: from its end until all operations that waited are done.

A fault ends when PostgreSQL accepts connections again, or the line carries packets again. On one saver, 50
operations are under way all the time; on the whole server, users read their sessions and run a graph.

    python -m benchmarks.recovery [--quick]
"""

import asyncio
import logging
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from pydantic import SecretStr

from benchmarks.database import durable_postgres
from benchmarks.report import (
    Picture,
    Report,
    Spread,
    Table,
    bars,
    command_line,
    machine,
    progress,
    publish,
    spread,
)
from graphs.persistence.cluster import StopMode
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from tests.faults.harness import faults, wire
from tests.faults.harness.faults import Scene
from tests.faults.harness.invariants import violations
from tests.faults.harness.recovery import load_recovered, recovered
from tests.faults.harness.served import Served, serve
from tests.faults.harness.users import users_at_work
from tests.support.load import load, missing
from tests.support.proxy import Proxy

_OPERATIONS = 50
_USERS = 10
_WARM_UP = 200
_SERVER_CONNECTIONS = 20
_PATIENCE = 60.0
_SHORT = 3.0

Fault = Callable[[Scene], Awaitable[float]]
"""Breaks something, and returns when it was well again; monotonic seconds."""


@dataclass(frozen=True)
class Plan:
    """Which faults, and how often each on one saver and on the whole server."""

    faults: Sequence[str]
    saver_trials: int
    server_trials: int


@dataclass(frozen=True)
class Trial:
    """Seconds until all that waited was done; and what must not happen: errors, lost checkpoints."""

    seconds: float
    violations: int


@dataclass(frozen=True)
class Recoveries:
    """What came of all trials of one fault."""

    seconds: Spread
    violations: int


def outage(seconds: float, stop: StopMode | Literal["SIGKILL"] = "immediate") -> Fault:
    """Stop PostgreSQL, in a way that `pg_ctl` knows or by SIGKILL, and start it after that long."""

    async def inflict(scene: Scene) -> float:
        if stop == "SIGKILL":
            await asyncio.to_thread(scene.postgres.kill)
        else:
            await asyncio.to_thread(scene.postgres.stop, stop)
        await asyncio.sleep(seconds)
        accepting = asyncio.create_task(asyncio.to_thread(scene.postgres.wait_until_accepting))
        await asyncio.to_thread(scene.postgres.start)
        return await accepting

    return inflict


async def kill_backend(scene: Scene) -> float:
    await asyncio.to_thread(scene.postgres.kill_backend)
    return await asyncio.to_thread(scene.postgres.wait_until_accepting)


async def terminate_backends(scene: Scene) -> float:
    end = time.monotonic() + _SHORT
    while time.monotonic() < end:
        await asyncio.to_thread(scene.postgres.terminate_backends)
    return time.monotonic()


async def reset(scene: Scene) -> float:
    wire.line_of(scene).reset()
    return time.monotonic()


def dropped(seconds: float, *, forget: bool = False) -> Fault:
    return _ended(lambda scene: wire.drop_packets_for(scene, seconds, forget=forget))


def _ended(inflict: Callable[[Scene], Awaitable[None]]) -> Fault:
    """Take the return of a fault of the harness for its end."""

    async def inflicted(scene: Scene) -> float:
        await inflict(scene)
        return time.monotonic()

    return inflicted


FAULTS: Mapping[str, Fault] = {
    "restart, fast": outage(0, "fast"),
    "stopped immediately, down for 1 s": outage(1),
    "SIGKILL, down for 1 s": outage(1, "SIGKILL"),
    "SIGKILL of one backend": kill_backend,
    f"all backends terminated, for {_SHORT:g} s": terminate_backends,
    "all connections reset": reset,
    "connections cut between COMMIT and its answer": _ended(lambda scene: wire.cut_commits(scene, 10)),
    "connections forgotten (half-open)": _ended(lambda scene: wire.strand_connections(scene, Random(1))),
    f"packets dropped for {_SHORT:g} s": dropped(_SHORT),
    f"packets dropped for {_SHORT:g} s, connections forgotten": dropped(_SHORT, forget=True),
    "frozen (SIGSTOP) for 20 s": _ended(lambda scene: faults.freeze_for(scene, 20)),
    "down for 10 s": outage(10),
}
FULL = Plan(tuple(FAULTS), saver_trials=5, server_trials=3)
QUICK = Plan(("restart, fast", "all connections reset"), saver_trials=2, server_trials=0)


async def of_saver(scene: Scene, fault: Fault, trials: int) -> Recoveries:
    """Let 50 workers write and read on one saver while the fault comes."""
    settings = PersistenceSettings(uri=SecretStr(wire.line_of(scene).through(scene.postgres.uri)))
    found: list[Trial] = []
    for _ in range(trials):
        await asyncio.to_thread(scene.postgres.empty)
        async with open_saver(settings) as saver:
            async with load(saver, workers=_OPERATIONS) as work:
                await work.grows(_WARM_UP, within=_PATIENCE)
                seconds = await load_recovered(work, await fault(scene), within=_PATIENCE)
            found.append(Trial(seconds, len(work.errors) + len(await missing(saver, work))))
    return _summed(found)


async def of_server(scene: Scene, served: Served, fault: Fault, trials: int) -> Recoveries:
    """Let users work with the whole server while the fault comes."""
    found: list[Trial] = []
    for _ in range(trials):
        async with users_at_work(served, count=_USERS) as users:
            await users.at_work()
            over = await fault(scene)
            seconds = await recovered(scene.postgres, served, users, since=over, within=_PATIENCE)
            await users.at_work()
        found.append(Trial(seconds, len(await violations(served, scene.postgres, users))))
    return _summed(found)


def _summed(trials: Sequence[Trial]) -> Recoveries:
    return Recoveries(spread(trial.seconds for trial in trials), sum(trial.violations for trial in trials))


async def measure(plan: Plan) -> Report:
    """Return the report."""
    with ExitStack() as stack:
        postgres = stack.enter_context(durable_postgres())
        scene = Scene(postgres, stack.enter_context(Proxy(postgres.port)))
        saver: dict[str, Recoveries] = {}
        for name in plan.faults:
            progress(f"one saver: {name}")
            saver[name] = await of_saver(scene, FAULTS[name], plan.saver_trials)
        if not plan.server_trials:
            return _report(saver, {}, plan, machine(postgres))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-recovery-")))
        uri = wire.line_of(scene).through(postgres.uri)
        served = stack.enter_context(serve(uri, folder, connection_budget=_SERVER_CONNECTIONS))
        server: dict[str, Recoveries] = {}
        for name in plan.faults:
            progress(f"whole server: {name}")
            server[name] = await of_server(scene, served, FAULTS[name], plan.server_trials)
        return _report(saver, server, plan, machine(postgres))


def _report(
    saver: Mapping[str, Recoveries], server: Mapping[str, Recoveries], plan: Plan, measured_on: str
) -> Report:
    tables = [_table(f"One saver with {_OPERATIONS} operations under way, seconds", saver, plan.saver_trials)]
    if server:
        title = f"The whole server with {_USERS} users, seconds"
        tables.append(_table(title, server, plan.server_trials))
    across = f"seconds until all of {_OPERATIONS} operations are done: median, lowest and highest"
    drawing = bars(list(saver), [found.seconds for found in saver.values()], across=across)
    caption = "Seconds until all waiting operations are done"
    pictures = (Picture("recovery", drawing, caption),)
    return Report("recovery", "Recovery", tables, pictures, measured_on, __doc__ or "")


_NOTE = (
    "What waits for an answer on a half-open connection learns from TCP's keepalive that the line is dead, "
    "and that counts in whole seconds: one until it asks, and one until it asks again."
)


def _table(title: str, found: Mapping[str, Recoveries], trials: int) -> Table:
    rows = [
        (name, result.seconds.median, result.seconds.high, result.violations)
        for name, result in found.items()
    ]
    columns = ("fault", "median", "worst", "errors, lost checkpoints")
    return Table(title, columns, rows, f"{trials} trials of each fault. {_NOTE}")


def main() -> None:
    options = command_line(__doc__)
    logging.getLogger("graphs").setLevel(logging.ERROR)
    publish(asyncio.run(measure(QUICK if options.quick else FULL)), options)


if __name__ == "__main__":
    main()
