"""What surviving costs while nothing is wrong: time limits, retry and sweeps, against checks at checkout.

All write the same rows by the same statements. The base is our saver with nothing that keeps operations
alive: each is tried once, for as long as it takes. With psycopg's `check_connection`, it asks PostgreSQL
before each use of a connection.

    python -m benchmarks.availability [--quick]
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.contenders import OURS, holdfast
from benchmarks.database import run_benchmark
from benchmarks.report import Picture, Report, Series, Table, lines, machine
from benchmarks.rounds import Opener, Timing, compare_each, set_up_tables, steps
from benchmarks.variants import survives_nothing
from benchmarks.workload import plain_payload
from tests.support.postgres import PostgresInstance

BASE = "survives nothing"
CHECKED = "checks connections"
_CONTENDERS: Mapping[str, Opener] = {
    BASE: survives_nothing,
    CHECKED: partial(survives_nothing, check=True),
    OURS: holdfast,
}
_COMPARED = tuple(name for name in _CONTENDERS if name != BASE)


@dataclass(frozen=True)
class Plan:
    """What to measure. Latencies are in milliseconds each way, the size in kB."""

    timing: Timing
    sessions: int
    latencies: Sequence[float]
    size: int


FULL = Plan(Timing(rounds=9, seconds=0.2), sessions=10, latencies=(0, 1, 5), size=20)
QUICK = Plan(Timing(rounds=3, seconds=0.1), sessions=10, latencies=(0, 1), size=20)


async def measure(postgres: PostgresInstance, plan: Plan) -> Report:
    """Return the report."""
    await set_up_tables(postgres)
    cells = await compare_each(
        postgres,
        _CONTENDERS,
        steps,
        plan.timing,
        latencies=plan.latencies,
        sessions=[plan.sessions],
        payload=plain_payload(plan.size),
    )
    columns = ("latency each way", *_COMPARED)
    ratios = [(f"{cell.latency:g} ms", *(cell.ratio(name, BASE) for name in _COMPARED)) for cell in cells]
    cpu = [(f"{cell.latency:g} ms", *(cell.cpu(name) for name in _CONTENDERS)) for cell in cells]
    up = f"writes per second ÷ “{BASE}”"
    series = [Series(name, [cell.ratio(name, BASE) for cell in cells]) for name in _COMPARED]
    drawing = lines(
        [(f"{plan.sessions} sessions", series)],
        places=[f"{latency:g} ms" for latency in plan.latencies],
        across="latency each way",
        up=up,
        target=1,
    )
    return Report(
        "availability",
        "What surviving costs while nothing is wrong",
        (
            Table(f"Writes per second ÷ “{BASE}”", columns, ratios, "Medians, lowest and highest."),
            Table("CPU of the client's process for one write, ms", ("latency each way", *_CONTENDERS), cpu),
        ),
        (Picture("availability", drawing, up),),
        machine(postgres),
        __doc__ or "",
    )


def main() -> None:
    run_benchmark(__doc__, measure, quick=QUICK, full=FULL)


if __name__ == "__main__":
    main()
