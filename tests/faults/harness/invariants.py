"""What must hold after every fault, in words when it doesn't."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

from tests.faults.harness import ledger
from tests.faults.harness.connections import ConnectionCount
from tests.faults.harness.served import Served
from tests.faults.harness.steps_agent import StepsState, payload
from tests.faults.harness.users import RESTORE_DEADLINE, User, Users
from tests.support.postgres import PostgresInstance

RESTORE_SLACK = 4.0
"""Seconds that an answer of `restore_session` may be late on a busy machine."""
_NEVER_LOGGED = ("PoolClosed", "PoolTimeout")


@dataclass(frozen=True)
class Stored:
    """A checkpoint in the database."""

    checkpoint_id: str
    parent_id: str | None
    values: dict[str, Any]


async def assert_invariants(
    served: Served, postgres: PostgresInstance, users: Users, *, interruptions: int = 0
) -> None:
    """Fail with all violated invariants, once the users have gone; see `violations`."""
    found = await violations(served, postgres, users, interruptions=interruptions)
    assert not found, "\n".join(found)


async def violations(
    served: Served, postgres: PostgresInstance, users: Users, *, interruptions: int = 0
) -> list[str]:
    """Return each violated invariant in words.

    `interruptions`: how often runs may have been begun again from their last checkpoint (by a server that was
    killed, or an outage longer than the budget); each executes the one step in flight of a thread again.
    """
    threads = {user.thread_id for user in users.everyone}
    # those of the test before may have met other faults
    executions = [each for each in ledger.read(served.ledger) if each.thread_id in threads]
    found = [*logged(served), *executed_again(executions, interruptions)]
    for user in users.everyone:
        stored = await checkpoints_of(postgres, user.thread_id)
        ours = [execution for execution in executions if execution.thread_id == user.thread_id]
        found += [
            *failed(user),
            *lost(user, stored),
            *broken_chain(user.thread_id, stored),
            *not_executed(stored, ours),
            *too_long(user, ours),
        ]
    return found


async def checkpoints_of(postgres: PostgresInstance, thread_id: str) -> list[Stored]:
    """Return the thread's checkpoints in the database, oldest first, as LangGraph's own saver reads them."""
    async with AsyncPostgresSaver.from_conn_string(postgres.uri) as saver:
        tuples = [
            item
            async for item in saver.alist({"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}})
        ]
    return [
        Stored(
            item.config["configurable"]["checkpoint_id"],
            item.parent_config["configurable"]["checkpoint_id"] if item.parent_config else None,
            item.checkpoint["channel_values"],
        )
        for item in reversed(tuples)
    ]


def failed(user: User) -> list[str]:
    """No request failed, no run ended in anything but success, and no answer contradicts another."""
    late = [restore for restore in user.restores if restore.seconds > RESTORE_DEADLINE + RESTORE_SLACK]
    return [
        *(f"{user.thread_id}: a user met {error!r}" for error in user.errors),
        *(f"{user.thread_id}: {run}" for run in user.runs if run.status != "success"),
        *user.contradictions,
        *(f"{user.thread_id}: {restore} of {RESTORE_DEADLINE} s allowed" for restore in late),
    ]


def lost(user: User, stored: list[Stored]) -> list[str]:
    """Every state that a client was shown is in the database, exactly as it was shown.

    What was only streamed may be missing where the server was killed before it could store it.
    """
    place = {checkpoint.checkpoint_id: n for n, checkpoint in enumerate(stored)}
    found = []
    for shown in user.shown.values():
        what = f"{user.thread_id}: checkpoint {shown.checkpoint_id}, shown by {shown.way},"
        n = place.get(shown.checkpoint_id)
        if n is None:
            if shown.way != "stream" or not user.interruptions:
                found.append(f"{what} is lost")
            continue
        candidates = stored[n : n + 2] if shown.may_be_ahead else [stored[n]]
        if all(_visible(checkpoint) != shown.values for checkpoint in candidates):
            found.append(f"{what} has changed")
    return found


def broken_chain(thread_id: str, stored: list[Stored]) -> list[str]:
    """Each checkpoint's parent is the one before it, and the state goes on from there by one step or none."""
    found = []
    before = Stored("", None, {})
    for checkpoint in stored:
        place = f"{thread_id}: checkpoint {checkpoint.checkpoint_id}"
        if (checkpoint.parent_id or "") != before.checkpoint_id:
            found.append(f"{place} follows {before.checkpoint_id or 'none'}, not {checkpoint.parent_id}")
        done, earlier = checkpoint.values.get("done", []), before.values.get("done", [])
        if done[: len(earlier)] != earlier or len(done) > len(earlier) + 1:
            found.append(f"{place} has {len(done)} steps after {len(earlier)}, or not the same ones")
        number = checkpoint.values.get("number", 0)
        if number != len(done):
            found.append(f"{place} counts {number} steps and has {len(done)}")
        if number and checkpoint.values["payload"] != _payload(thread_id, checkpoint):
            found.append(f"{place} has another payload than step {number} returned")
        before = checkpoint
    return found


def executed_again(executions: list[ledger.Execution], interruptions: int = 0) -> list[str]:
    """No finished step was executed again, beyond the one in flight at each interruption."""
    repeats = ledger.repeated(executions)
    found = [f"executed out of order: {execution}" for execution in ledger.out_of_order(executions)]
    for thread_id in {execution.thread_id for execution in repeats}:
        ours = [execution for execution in repeats if execution.thread_id == thread_id]
        if len(ours) > interruptions:
            found.append(f"{thread_id}: {len(ours)} repeated after {interruptions} interruptions: {ours}")
    return found


def not_executed(stored: list[Stored], executions: list[ledger.Execution]) -> list[str]:
    """Each step in the newest state was executed, by the execution that the state names."""
    known = {(execution.step, execution.execution_id) for execution in executions}
    done = stored[-1].values.get("done", []) if stored else []
    claimed = set(enumerate(done, start=1))
    return [f"step {step} by {execution_id} is not in the ledger" for step, execution_id in claimed - known]


def too_long(user: User, executions: list[ledger.Execution]) -> list[str]:
    """No run took more steps than it was asked for: none was begun again once it had ended."""
    taken = Counter(run_id for run_id, _ in {(each.run_id, each.step) for each in executions})
    return [
        f"{user.thread_id}: run {run_id} took {steps} steps of {user.steps}"
        for run_id, steps in taken.items()
        if steps > user.steps
    ]


def over_budget(held: ConnectionCount, served: Served) -> list[str]:
    """The server held connections, and no more than it may."""
    if not held.most:
        return ["the server was never seen with a connection, so nothing tells how many it held"]
    if held.most <= served.connection_budget:
        return []
    return [f"the server held {held.most} connections, and its budget is {served.connection_budget}"]


def logged(served: Served) -> list[str]:
    """The log names no trouble with a connection pool."""
    text = served.log.read_text(errors="replace")
    return [f"the server's log has {name}" for name in _NEVER_LOGGED if name in text]


def _visible(checkpoint: Stored) -> dict[str, Any]:
    """Return the values as clients are shown them: without LangGraph's own channels."""
    ours = {name: value for name, value in checkpoint.values.items() if name in StepsState.__annotations__}
    return {"done": [], **ours}


def _payload(thread_id: str, checkpoint: Stored) -> dict[str, Any]:
    number = checkpoint.values["number"]
    return payload(thread_id, number, len(checkpoint.values["payload"]["text"]))
