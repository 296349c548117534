"""How soon the server starts: Holdfast whole, beside a bare `langgraph dev` with five trivial graphs.

The two start in turn, each in a folder of its own, and are stopped before the next begins. Bare means that it
keeps its checkpoints in memory and has no routes, no agents and no tools; it is ready when `/ok` answers.
Holdfast is ready when `/ready` does, after a query to PostgreSQL, which runs already and has its tables. The
first start of each, which writes Python's bytecode, is not counted.

    python -m benchmarks.start [--quick]
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import psutil

from benchmarks.database import durable_postgres
from benchmarks.report import (
    Picture,
    Report,
    Table,
    bars,
    command_line,
    machine,
    progress,
    publish,
    ratios,
    spread,
)
from graphs.server.process import DevServer, isolated_project
from tests.support.postgres import PostgresInstance
from tests.support.waiting import START_SECONDS

BARE = "bare langgraph dev"
HOLDFAST = "Holdfast"
TARGET = 1.5
"""Of Holdfast's time to ready against the bare server's."""

_FULL_ROUNDS, _QUICK_ROUNDS = 7, 2
_BARE_GRAPHS = 5
_TRIVIAL = '''"""A graph that does nothing."""

from typing import TypedDict

from langgraph.graph import START, StateGraph


class State(TypedDict, total=False):
    text: str


def step(state: State) -> State:
    return {"text": "done"}


graph = StateGraph(State).add_node("step", step).add_edge(START, "step").compile()
'''


@dataclass
class Measured:
    """Seconds from the start of the process until it was ready, and of CPU that it took by then."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def bare_project(folder: Path) -> Path:
    """Return the folder, made a project of five graphs without a checkpointer of its own."""
    names = [f"trivial_{number}" for number in range(_BARE_GRAPHS)]
    for name in names:
        (folder / f"{name}.py").write_text(_TRIVIAL)
    graphs = {name: f"./{name}.py:graph" for name in names}
    (folder / "langgraph.json").write_text(json.dumps({"dependencies": ["."], "graphs": graphs}))
    return folder


def measure(postgres: PostgresInstance, rounds: int, *, uncounted: int = 1) -> Report:
    """Return the report of so many starts of each server, after the uncounted ones."""
    with TemporaryDirectory(prefix="holdfast-start-") as temporary:
        folders = {name: Path(temporary) / name.split()[0].lower() for name in (BARE, HOLDFAST)}
        for folder in folders.values():
            folder.mkdir()
        Path(temporary).chmod(0o711)
        bare, whole = bare_project(folders[BARE]), isolated_project(folders[HOLDFAST])
        servers: dict[str, Callable[[], DevServer]] = {
            BARE: lambda: DevServer(
                bare,
                environment={"LOG_LEVEL": "WARNING"},
                log=bare / "server.log",
                module="langgraph_cli",
                ready_path="/ok",
            ),
            HOLDFAST: lambda: DevServer(
                whole,
                environment={"CHECKPOINT_POSTGRES_URI": postgres.uri, "LOG_LEVEL": "WARNING"},
                log=whole / "server.log",
            ),
        }
        found = {name: Measured() for name in servers}
        for number in range(1 - uncounted, rounds + 1):
            for name, server in servers.items():
                progress(f"start {number} of {rounds}: {name}" if number > 0 else f"first start: {name}")
                wall, cpu = _start(server())
                if number > 0:
                    found[name].wall.append(wall)
                    found[name].cpu.append(cpu)
    return _report(found, machine(postgres))


def _start(server: DevServer) -> tuple[float, float]:
    """Start the server and stop it; return the seconds until it was ready, and those of CPU."""
    begun = perf_counter()
    server.start()
    try:
        server.wait_ready(START_SECONDS)
        wall = perf_counter() - begun
        assert server.process is not None, "the server was started"
        process = psutil.Process(server.process.pid)
        times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
        return wall, sum(each.user + each.system for each in times)
    finally:
        server.stop()


def _report(found: dict[str, Measured], machine_line: str) -> Report:
    rows = [(name, spread(each.wall), spread(each.cpu)) for name, each in found.items()]
    wall = ratios(found[HOLDFAST].wall, found[BARE].wall)
    cpu = ratios(found[HOLDFAST].cpu, found[BARE].cpu)
    rows.append((f"{HOLDFAST} ÷ {BARE}", wall, cpu))
    note = f"Medians, lowest and highest of {len(found[BARE].wall)} starts each. Target: at most {TARGET:g}."
    across = "seconds until ready"
    drawing = bars(list(found), [spread(each.wall) for each in found.values()], across=across)
    return Report(
        "start",
        "How soon the server starts",
        (Table("From the start of the process until it is ready", ("server", "s", "CPU, s"), rows, note),),
        (Picture("start", drawing, across),),
        machine_line,
        __doc__ or "",
    )


def main() -> None:
    options = command_line(__doc__)
    with durable_postgres() as postgres:
        report = measure(postgres, _QUICK_ROUNDS if options.quick else _FULL_ROUNDS)
    publish(report, options)


if __name__ == "__main__":
    main()
