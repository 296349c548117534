"""`make chaos`: users at work, one random fault after the other, and a verdict.

Equal seeds give the same faults in the same order. The exit status is 1 when an invariant is violated.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf, nan
from pathlib import Path
from random import Random
from statistics import median

from rich.console import Console

from tests.faults.harness import shortages, wire
from tests.faults.harness.connections import connections_counted
from tests.faults.harness.faults import FAULTS, Inflict, Scene
from tests.faults.harness.invariants import over_budget, violations
from tests.faults.harness.recovery import recovered
from tests.faults.harness.served import Served, serve
from tests.faults.harness.users import Users, users_at_work
from tests.support.postgres import PostgresInstance
from tests.support.proxy import Proxy

_USERS = 6
_ROUND = 60.0
"""Seconds after which the users end their sessions, which are checked, and begin new ones."""
_LONGEST_QUIET = 2.0
_SETTINGS = {"CHECKPOINT_OPERATION_TIMEOUT_SECONDS": "3", "CHECKPOINT_CONNECT_TIMEOUT_SECONDS": "2"}
"""Of the server: a line that is dropped shall not take most of the time."""

FAULT_MODULES = (shortages, wire)
"""Those that register faults, beside `faults` itself."""

console = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Planned:
    """A fault to come."""

    name: str
    chance: Random
    quiet: float
    """Seconds before it in which nothing is broken."""


@dataclass
class Report:
    """What happened: seconds of recovery by fault, in order, and violated invariants in words."""

    recoveries: list[tuple[str, float]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    shown: int = 0
    runs: int = 0
    most_connections: int = 0


def plan(seed: int, names: list[str]) -> Iterator[Planned]:
    """Yield the faults of this seed, without an end."""
    chance = Random(seed)
    while True:
        yield Planned(chance.choice(names), Random(chance.random()), chance.uniform(0, _LONGEST_QUIET))


def main(arguments: list[str] | None = None) -> int:
    """Run it from the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seconds", type=_duration, default=60.0, help="how long faults go on")
    parser.add_argument("--seed", type=int, help="which faults; the default is another each time")
    given = parser.parse_args(arguments)
    seed = given.seed if given.seed is not None else Random().randrange(1_000_000)
    console.print(f"Chaos for {given.seconds:g} s with SEED={seed}. Starting PostgreSQL and the server …")
    report = asyncio.run(wreak(given.seconds, seed))
    return tell(report, seed)


def _duration(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = nan
    if not 0 < seconds < inf:  # also refuses nan
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return seconds


async def wreak(seconds: float, seed: int, faults: Mapping[str, Inflict] = FAULTS) -> Report:
    """Break things for that long on a server and a PostgreSQL of its own, and return what came of it."""
    report = Report()
    with (
        tempfile.TemporaryDirectory(prefix="holdfast-chaos-") as folder,
        PostgresInstance() as postgres,
        Proxy(postgres.port) as proxy,
        serve(proxy.through(postgres.uri), Path(folder), **_SETTINGS) as served,
        connections_counted(served) as held,
    ):
        scene = Scene(postgres, proxy)
        planned = plan(seed, sorted(faults))
        started = time.monotonic()
        while (left := started + seconds - time.monotonic()) > 0 and not report.violations:
            await _round(min(left, _ROUND), planned, faults, scene, served, report)
        report.most_connections = held.most
        report.violations += over_budget(held, served)
    return report


async def _round(
    seconds: float,
    planned: Iterator[Planned],
    faults: Mapping[str, Inflict],
    scene: Scene,
    served: Served,
    report: Report,
) -> None:
    """Let new users work for that long, break things meanwhile, and check what they were shown."""
    end = time.monotonic() + seconds
    fault = Planned("the start", Random(), 0)
    users = Users([])
    try:
        async with users_at_work(served, count=_USERS) as users:
            await users.at_work()
            while True:
                fault = next(planned)
                await asyncio.sleep(fault.quiet)
                began = time.monotonic()
                await faults[fault.name](scene, fault.chance)
                lasted = time.monotonic() - began
                took = await recovered(scene.postgres, served, users)
                await users.at_work()
                report.recoveries.append((fault.name, took))
                console.print(f"  {fault.name:<40} lasted {lasted:5.1f} s, recovered in {took:5.2f} s")
                if time.monotonic() >= end:
                    break
    except TimeoutError:
        report.violations.append(f"users were not served again after {fault.name}")
    report.violations += await violations(served, scene.postgres, users)
    report.shown += users.count_shown()
    report.runs += sum(len(user.runs) for user in users.everyone)


def tell(report: Report, seed: int) -> int:
    """Print the verdict and return the exit status."""
    times = [seconds for _, seconds in report.recoveries] or [0.0]
    console.print(
        f"{len(report.recoveries)} faults, {report.runs} runs, {report.shown} states shown, at most "
        f"{report.most_connections} connections. Recovery: median {median(times):.2f} s, "
        f"worst {max(times):.2f} s."
    )
    if not report.violations:
        console.print("All invariants hold.", style="green")
        return 0
    for violation in report.violations:
        console.print(violation, style="red", markup=False)
    console.print(f"{len(report.violations)} violations; repeat it with SEED={seed}.", style="red")
    return 1


if __name__ == "__main__":
    sys.exit(main())
