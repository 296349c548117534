"""Which steps were executed: each execution appends one line to a file, whatever becomes of its run."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

LEDGER_VARIABLE = "STEPS_LEDGER"
"""The environment variable that tells the server the file."""


@dataclass(frozen=True)
class Execution:
    """One execution of a step. `step` counts through the whole thread, from 1, over all of its runs."""

    thread_id: str
    run_id: str
    attempt: int
    """Which attempt of the server at this run, from 1."""
    step: int
    execution_id: str


def append(ledger: Path, execution: Execution) -> None:
    """Add a line in one write, so that lines of several processes don't mix; it outlives the process."""
    line = json.dumps(asdict(execution)) + "\n"
    descriptor = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def read(ledger: Path) -> list[Execution]:
    """Return all executions, in the order of their ends."""
    if not ledger.exists():
        return []
    return [Execution(**json.loads(line)) for line in ledger.read_text().splitlines()]


def last_steps(executions: Iterable[Execution]) -> dict[str, int]:
    """Return the greatest step of each thread."""
    last: dict[str, int] = {}
    for execution in executions:
        last[execution.thread_id] = max(execution.step, last.get(execution.thread_id, 0))
    return last


def repeated(executions: Iterable[Execution]) -> list[Execution]:
    """Return the executions of steps that had been executed before: the ones in flight at an interruption."""
    return [again for first, *more in _by_step(executions) for again in more]


def out_of_order(executions: Iterable[Execution]) -> list[Execution]:
    """Return the executions that no interruption explains.

    Under sync durability a step begins when the one before it is in the database. So an execution comes
    after one of the same step (it was in flight) or of the step before it; a thread begins with step 1.
    """
    found = []
    last: dict[str, int] = {}
    for execution in executions:
        before = last.get(execution.thread_id, 0)
        if execution.step not in (before, before + 1) or execution.step == 0:
            found.append(execution)
        last[execution.thread_id] = execution.step
    return found


def _by_step(executions: Iterable[Execution]) -> Iterable[list[Execution]]:
    place = attrgetter("thread_id", "step")
    # sorting is stable: executions of one step stay in the order of their ends
    return [list(group) for _, group in groupby(sorted(executions, key=place), key=place)]
