"""The harness sees what it is there to see."""

from pathlib import Path
from typing import Any

import pytest

from graphs.client import SessionStatus
from graphs.server.process import DevServer
from tests.faults.harness import ledger
from tests.faults.harness.connections import ConnectionCount
from tests.faults.harness.invariants import (
    Stored,
    broken_chain,
    executed_again,
    failed,
    lost,
    not_executed,
    over_budget,
    too_long,
)
from tests.faults.harness.ledger import Execution
from tests.faults.harness.served import Served
from tests.faults.harness.steps_agent import payload
from tests.faults.harness.users import Restore, Shown, User, UserRun

THREAD = "thread"


def execution(step: int, execution_id: str, thread_id: str = THREAD) -> Execution:
    return Execution(thread_id, "run", 1, step, execution_id)


def stored(steps: int, parent: int | None) -> Stored:
    values: dict[str, Any] = {
        "steps": 3,
        "left": 3 - steps,
        "number": steps,
        "done": [f"e{step}" for step in range(1, steps + 1)],
        "payload": payload(THREAD, steps, 100),
    }
    return Stored(str(steps), None if parent is None else str(parent), values)


def user(**noted: Any) -> User:
    return User(client=None, thread_id=THREAD, steps=3, pause=0, **noted)


def shown(checkpoint: Stored, way: str = "history", **changed: Any) -> dict[str, Shown]:
    values = {**checkpoint.values, **changed}
    return {"note": Shown(checkpoint.checkpoint_id, values, way)}


CHAIN = [stored(1, None), stored(2, 1), stored(3, 2)]


def test_nothing_is_wrong_with_what_is_right() -> None:
    executions = [execution(1, "e1"), execution(2, "e2"), execution(3, "e3")]
    assert executed_again(executions) == []
    assert broken_chain(THREAD, CHAIN) == []
    assert not_executed(CHAIN, executions) == []
    assert lost(user(shown=shown(CHAIN[1])), CHAIN) == []
    assert too_long(user(), executions) == []
    assert failed(user(runs=[UserRun(THREAD, "run", "wait", "success")])) == []


def test_a_lost_checkpoint() -> None:
    [found] = lost(user(shown=shown(CHAIN[1])), [CHAIN[0]])
    assert "checkpoint 2, shown by history, is lost" in found


def test_what_was_streamed_may_be_lost_with_the_server() -> None:
    streamed = shown(CHAIN[1], "stream")
    assert lost(user(shown=streamed), [CHAIN[0]]) != []
    assert lost(user(shown=streamed, interruptions=1), [CHAIN[0]]) == []
    assert lost(user(shown=shown(CHAIN[1]), interruptions=1), [CHAIN[0]]) != []


def test_a_checkpoint_that_has_changed() -> None:
    changed = {"step": 2, "text": "other"}
    [found] = lost(user(shown=shown(CHAIN[1], payload=changed)), CHAIN)
    assert "checkpoint 2, shown by history, has changed" in found


def test_a_newest_state_may_have_what_the_step_after_it_wrote() -> None:
    ahead = CHAIN[2].values
    assert lost(user(shown=shown(CHAIN[1], "state", **ahead)), CHAIN) == []
    assert lost(user(shown=shown(CHAIN[0], "state", **ahead)), CHAIN) != []
    assert lost(user(shown=shown(CHAIN[1], "history", **ahead)), CHAIN) != []


@pytest.mark.parametrize(
    ("chain", "told"),
    [
        ([CHAIN[0], CHAIN[2]], "checkpoint 3 follows 1, not 2"),
        ([CHAIN[1], CHAIN[2]], "checkpoint 2 follows none, not 1"),
        ([stored(1, None), stored(3, 1)], "has 3 steps after 1"),
        ([CHAIN[0], Stored("2", "1", {**CHAIN[1].values, "number": 3})], "counts 3 steps and has 2"),
        ([CHAIN[0], Stored("2", "1", {**CHAIN[1].values, "payload": {"text": ""}})], "another payload"),
    ],
)
def test_a_broken_chain(chain: list[Stored], told: str) -> None:
    assert any(told in found for found in broken_chain(THREAD, chain)), broken_chain(THREAD, chain)


def test_a_step_that_is_executed_again() -> None:
    executions = [execution(1, "e1"), execution(2, "lost"), execution(2, "e2"), execution(1, "e", "other")]
    assert executed_again(executions, interruptions=1) == []
    assert "1 repeated after 0 interruptions" in executed_again(executions)[0]


def test_a_finished_step_that_is_executed_again() -> None:
    executions = [execution(1, "e1"), execution(2, "e2"), execution(1, "again")]
    found = executed_again(executions, interruptions=1)
    assert found == [f"executed out of order: {executions[2]}"]


def test_a_step_that_nobody_executed() -> None:
    [found] = not_executed(CHAIN, [execution(1, "e1"), execution(2, "e2"), execution(3, "another")])
    assert found == "step 3 by e3 is not in the ledger"


def test_a_run_that_is_begun_again_after_its_end() -> None:
    asked_for = [execution(step, f"e{step}") for step in (1, 2, 2, 3)]
    assert too_long(user(), asked_for) == []
    [found] = too_long(user(), [*asked_for, execution(4, "e4")])
    assert found == f"{THREAD}: run run took 4 steps of 3"


def test_more_connections_than_the_budget(tmp_path: Path) -> None:
    served = Served(DevServer(tmp_path), tmp_path, frozenset(), connection_budget=12)
    assert over_budget(ConnectionCount([3, 12]), served) == []
    assert "held 13 connections" in over_budget(ConnectionCount([13, 1]), served)[0]
    assert "never seen" in over_budget(ConnectionCount([0, 0]), served)[0]


def test_what_a_user_met() -> None:
    met = user(
        errors=[ValueError("oops")],
        runs=[UserRun(THREAD, "run", "wait", "error")],
        contradictions=["went back"],
        restores=[Restore(SessionStatus.IDLE, 0.1, 0), Restore(SessionStatus.IDLE, 60, 0)],
    )
    assert len(failed(met)) == 4


def test_an_older_state_is_a_contradiction() -> None:
    met = user()
    met.see("2", {}, "state", "")
    met.see("1", {}, "stream", "")  # of an older run, and asked for before the state
    assert met.contradictions == []
    met.see("1", {}, "state", met.newest)
    assert met.contradictions == [f"{THREAD}: state went back to checkpoint 1, after 2"]


def test_the_ledger_keeps_the_order(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    assert ledger.read(file) == []
    executions = [execution(1, "a"), execution(2, "b"), execution(1, "c", "other")]
    for one in executions:
        ledger.append(file, one)
    assert ledger.read(file) == executions
    assert ledger.last_steps(executions) == {THREAD: 2, "other": 1}
