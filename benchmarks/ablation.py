"""What each optimisation of the saver brings: savers between the stock one and ours, side by side.

Each has all that those above it have, and one thing more.

    python -m benchmarks.ablation [--quick]
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.contenders import FLOOR, floor, holdfast, stock
from benchmarks.database import run_benchmark
from benchmarks.report import Picture, Report, Table, lines, machine
from benchmarks.rounds import (
    Comparison,
    Opener,
    Timing,
    compare_each,
    ratio_panels,
    reads,
    set_up_tables,
    steps,
)
from benchmarks.variants import (
    WithoutGroupCommit,
    WithPipelines,
    WithThreads,
    holdfast_variant,
    lock_free,
)
from benchmarks.workload import plain_payload
from tests.support.postgres import PostgresInstance

LADDER: Mapping[str, Opener] = {
    "stock": stock,
    "no lock over the pool": lock_free,
    "retry and time limits": holdfast_variant(WithThreads),
    "small values in place of a thread": holdfast_variant(WithPipelines),
    "one statement for an operation": holdfast_variant(WithoutGroupCommit),
    "common commits: Holdfast": holdfast,
}

# the last two change how rows are written, not how they are read
READ_LADDER = dict(list(LADDER.items())[:-2])


@dataclass(frozen=True)
class Plan:
    """What to measure. Latencies are in milliseconds each way, the size in kB."""

    timing: Timing
    sessions: Sequence[int]
    latencies: Sequence[float]
    size: int


FULL = Plan(Timing(rounds=7, seconds=0.2), sessions=(10, 50), latencies=(0, 1), size=20)
QUICK = Plan(Timing(rounds=2, seconds=0.1), sessions=(50,), latencies=(0,), size=20)


async def measure(postgres: PostgresInstance, plan: Plan) -> Report:
    """Return the report."""
    await set_up_tables(postgres)
    compared = partial(
        compare_each,
        postgres,
        timing=plan.timing,
        latencies=plan.latencies,
        sessions=plan.sessions,
        payload=plain_payload(plan.size),
    )
    writing = await compared({**LADDER, FLOOR: floor}, steps)
    reading = await compared({**READ_LADDER, FLOOR: floor}, reads)
    return Report(
        "ablation",
        "What each optimisation brings",
        (
            _ratio_table("Writes per second ÷ floor", writing),
            _ratio_table("Reads per second ÷ floor", reading),
            _cpu_table("CPU of the client's process for one write, ms", writing),
            _cpu_table("CPU of the client's process for one read, ms", reading),
        ),
        (
            _picture("ablation-writes", "writes per second ÷ floor", plan, writing),
            _picture("ablation-reads", "reads per second ÷ floor", plan, reading),
        ),
        machine(postgres),
        __doc__ or "",
    )


def _ratio_table(title: str, cells: Sequence[Comparison]) -> Table:
    rows = [(name, *(cell.ratio(name, FLOOR) for cell in cells)) for name in _ladder(cells)]
    return Table(title, _columns(cells), rows, "Medians of the rounds, with the lowest and the highest.")


def _cpu_table(title: str, cells: Sequence[Comparison]) -> Table:
    rows = [(name, *(cell.cpu(name) for cell in cells)) for name in (*_ladder(cells), FLOOR)]
    return Table(
        title, _columns(cells), rows, "Medians of the rounds. Other work on the machine hardly shows here."
    )


def _ladder(cells: Sequence[Comparison]) -> list[str]:
    return [name for name in cells[0].results if name != FLOOR]


def _columns(cells: Sequence[Comparison]) -> tuple[str, ...]:
    return ("each adds", *(f"{cell.sessions} sessions, {cell.latency:g} ms" for cell in cells))


def _picture(name: str, up: str, plan: Plan, cells: Sequence[Comparison]) -> Picture:
    panels = ratio_panels(cells, _ladder(cells), FLOOR)
    drawing = lines(panels, places=plan.sessions, across="concurrent sessions", up=up)
    return Picture(name, drawing, f"{up}; each line adds one thing to the one before it")


def main() -> None:
    run_benchmark(__doc__, measure, quick=QUICK, full=FULL)


if __name__ == "__main__":
    main()
