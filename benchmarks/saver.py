"""The saver against the stock one, against one stock saver per agent, and against plain psycopg: the floor.

A session makes steps one after the other: a checkpoint with new values (`aput`), then a task's writes
(`aput_writes`). All contenders have the same number of connections, and take turns in each round, so that
what disturbs the machine disturbs all of them alike. The floor stores the same rows by the same statements,
one pipeline for each operation, and serializes nothing: it is what PostgreSQL and psycopg take.

    python -m benchmarks.saver [--quick]
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.contenders import FLOOR, OURS, PER_AGENT, STOCK, floor, holdfast, stock, stock_per_agent
from benchmarks.database import run_benchmark
from benchmarks.report import (
    Picture,
    Report,
    Table,
    lines,
    machine,
    progress,
)
from benchmarks.rounds import (
    CONNECTIONS,
    Comparison,
    Opener,
    Timing,
    compare,
    compare_each,
    forget_sessions,
    ratio_panels,
    reads,
    repeat,
    set_up_tables,
    steps,
)
from benchmarks.workload import Session, langchain_payload, plain_payload
from tests.support.postgres import PostgresInstance

CONTENDERS: Mapping[str, Opener] = {
    OURS: holdfast,
    STOCK: stock,
    PER_AGENT: stock_per_agent,
    FLOOR: floor,
}

TARGET = 0.85
"""Of the floor, from ten sessions up."""

_HISTORY_SIZE = 2
_READERS = 10

_HALVES = "Half of the operations take no longer than the first figure, 99 % no longer than the second."

_COMPARED = (OURS, PER_AGENT, STOCK)


@dataclass(frozen=True)
class Plan:
    """What to measure. Latencies are in milliseconds each way, sizes in kB."""

    timing: Timing
    sessions: Sequence[int]
    latencies: Sequence[float]
    size: int
    """Of the checkpoints where sessions and latency vary."""
    other_sizes: Sequence[int]
    sessions_of_sizes: int
    sessions_of_reads: Sequence[int]
    histories: Sequence[int]
    """Checkpoints of the thread that is read."""


FULL = Plan(
    Timing(rounds=7, seconds=0.2),
    sessions=(1, 10, 50, 200),
    latencies=(0, 1, 5),
    size=20,
    other_sizes=(2, 200),
    sessions_of_sizes=50,
    sessions_of_reads=(1, 10, 50),
    histories=(10, 100, 1_000, 10_000),
)
QUICK = Plan(
    Timing(rounds=3, seconds=0.1),
    sessions=(1, 10, 50),
    latencies=(0, 1),
    size=20,
    other_sizes=(),
    sessions_of_sizes=50,
    sessions_of_reads=(10, 50),
    histories=(10, 1_000),
)


async def measure(postgres: PostgresInstance, plan: Plan) -> Report:
    """Return the saver's report."""
    await set_up_tables(postgres)
    compared = partial(compare_each, postgres, CONTENDERS, timing=plan.timing, latencies=plan.latencies)
    payload = plain_payload(plan.size)
    writing = await compared(steps, sessions=plan.sessions, payload=payload)
    sizes = [
        cell
        for other in (*map(plain_payload, plan.other_sizes), langchain_payload(plan.size))
        for cell in await compared(steps, sessions=[plan.sessions_of_sizes], payload=other)
    ]
    reading = await compared(reads, sessions=plan.sessions_of_reads, payload=payload)
    histories = [await _history(postgres, plan, length) for length in plan.histories]
    return Report(
        "saver",
        "The saver, side by side",
        (
            _ratio_table("Steps", "steps", writing, operations=2),
            _ratio_table("Other sizes of checkpoints", "steps", sizes, operations=2),
            _ratio_table("Reads of the latest checkpoint", "reads", reading, operations=1),
            _duration_table("How long one write takes", writing),
            _duration_table("How long one read takes", reading),
            _history_table(histories),
            _cpu_table("CPU of the client's process for one write", writing),
            _cpu_table("CPU of the client's process for one read", reading),
        ),
        (
            _picture("saver-steps", "Steps per second ÷ floor", plan.sessions, writing),
            _picture("saver-reads", "Reads per second ÷ floor", plan.sessions_of_reads, reading),
        ),
        machine(postgres),
        __doc__ or "",
    )


async def _history(postgres: PostgresInstance, plan: Plan, length: int) -> Comparison:
    progress(f"reads: a thread of {length:,} checkpoints")
    forget_sessions(postgres)
    session = Session("history", 0, plain_payload(_HISTORY_SIZE))
    async with floor(postgres.uri, CONNECTIONS) as contender:

        async def make_step(_: int) -> None:
            number = session.next_number()
            await contender.put(session, number)
            await contender.write(session, number)

        await repeat(make_step, length, at_once=CONNECTIONS)
    postgres.execute("ANALYZE")
    results = await compare(postgres.uri, CONTENDERS, reads, lambda _: [session] * _READERS, plan.timing)
    return Comparison(0, _READERS, f"{length:,}", results)


def _ratio_table(title: str, unit: str, cells: Sequence[Comparison], *, operations: int) -> Table:
    columns = (
        "latency each way",
        "checkpoint",
        "sessions",
        f"floor, {unit}/s",
        f"{OURS}, {unit}/s",
        *(f"{name} ÷ floor" for name in _COMPARED),
    )
    rows = [
        (
            f"{cell.latency:g} ms",
            cell.checkpoint,
            cell.sessions,
            cell.rate(FLOOR) / operations,
            cell.rate(OURS) / operations,
            *(cell.ratio(name, FLOOR) for name in _COMPARED),
        )
        for cell in cells
    ]
    return Table(title, columns, rows, "Ratios are medians over the rounds, with the lowest and the highest.")


def _duration_table(title: str, cells: Sequence[Comparison]) -> Table:
    return _contenders_table(title, cells, _halves, _HALVES)


def _cpu_table(title: str, cells: Sequence[Comparison]) -> Table:
    note = "Medians over the rounds. Once one CPU is busy, this is what limits the rate."
    return _contenders_table(title, cells, Comparison.cpu, note)


def _contenders_table(
    title: str, cells: Sequence[Comparison], value: Callable[[Comparison, str], object], note: str
) -> Table:
    """Return a table with a row for each comparison and a column for each contender."""
    names = (*_COMPARED, FLOOR)
    columns = ("latency each way", "sessions", *(f"{name}, ms" for name in names))
    rows = [(f"{cell.latency:g} ms", cell.sessions, *(value(cell, name) for name in names)) for cell in cells]
    return Table(title, columns, rows, note)


def _halves(cell: Comparison, name: str) -> str:
    return f"{cell.milliseconds(name, 50):.1f} / {cell.milliseconds(name, 99):.1f}"


def _history_table(cells: Sequence[Comparison]) -> Table:
    names = (*_COMPARED, FLOOR)
    columns = ("checkpoints of the thread", *(f"{name}, ms" for name in names))
    rows = [(cell.checkpoint, *(_halves(cell, name) for name in names)) for cell in cells]
    note = f"{_READERS} readers of one thread at once, {_HISTORY_SIZE} kB, 0 ms. {_HALVES}"
    return Table("Reads of threads of different length", columns, rows, note)


def _picture(name: str, up: str, sessions: Sequence[int], cells: Sequence[Comparison]) -> Picture:
    panels = ratio_panels(cells, _COMPARED, FLOOR)
    drawing = lines(panels, places=sessions, across="concurrent sessions", up=up, target=TARGET)
    return Picture(name, drawing, f"{up}, by latency and concurrent sessions; dashed: {TARGET}")


def main() -> None:
    run_benchmark(__doc__, measure, quick=QUICK, full=FULL)


if __name__ == "__main__":
    main()
