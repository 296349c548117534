"""PostgreSQL is short of something while users are at work: disk, connections, time, locks."""

import asyncio
from collections.abc import Generator
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from graphs.client import SessionStatus, restore_session, resume_session
from tests.faults.harness import ledger
from tests.faults.harness.faults import Inflict, Scene
from tests.faults.harness.scenario import RECOVERY, outlive
from tests.faults.harness.served import Served, serve
from tests.faults.harness.shortages import deadlock, lock_timeout, statement_timeout, use_up_connections
from tests.faults.harness.steps_agent import GRAPH_ID
from tests.support.disks import PostgresOnSmallDisks
from tests.support.eventually import eventually
from tests.support.fleet import ended
from tests.support.mounts import may_mount, needs_mounts
from tests.support.postgres import PostgresInstance
from tests.support.waiting import wait_until

SECONDS_WITHOUT_ROOM = 2.0


@pytest.fixture(scope="module")
def postgres() -> Generator[PostgresInstance]:
    """A server of few connections, on disks that can be filled where this user may make some."""
    kind = PostgresOnSmallDisks if may_mount() else PostgresInstance
    with kind(max_connections="25") as instance:
        yield instance


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (use_up_connections, "too many clients already"),
        (lock_timeout, "canceling statement due to lock timeout"),
        (statement_timeout, "canceling statement due to statement timeout"),
    ],
)
async def test_a_shortage_is_waited_out_and_told(
    fault: Inflict, reason: str, scene: Scene, served: Served
) -> None:
    assert await outlive(fault, scene, served) < RECOVERY
    assert reason in served.log.read_text()


async def test_a_deadlock_is_tried_again(scene: Scene, served: Served) -> None:
    assert await outlive(deadlock, scene, served) < RECOVERY


@needs_mounts
async def test_a_full_disk_is_waited_out_until_there_is_room(
    postgres: PostgresOnSmallDisks, scene: Scene, served: Served
) -> None:
    def told() -> int:
        return served.log.read_text(errors="replace").count("No space left on device")

    async def fill_up(scene: Scene, chance: Random) -> None:
        before = told()
        postgres.table_disk.fill()
        try:
            await asyncio.to_thread(wait_until, lambda: told() > before, "that the disk is full is told")
            await asyncio.sleep(SECONDS_WITHOUT_ROOM)
        finally:
            postgres.table_disk.free()

    assert await outlive(fill_up, scene, served) < RECOVERY


@needs_mounts
async def test_a_full_disk_of_the_write_ahead_log_is_an_outage(
    postgres: PostgresOnSmallDisks, scene: Scene, served: Served
) -> None:
    async def fill_up(scene: Scene, chance: Random) -> None:
        try:
            await asyncio.to_thread(postgres.crash_for_want_of_log)
            await asyncio.sleep(SECONDS_WITHOUT_ROOM)
        finally:
            postgres.log_disk.free()
            await asyncio.to_thread(postgres.start)

    assert await outlive(fill_up, scene, served) < RECOVERY


@needs_mounts
async def test_a_run_that_found_no_room_is_resumed_when_there_is_some(
    postgres: PostgresOnSmallDisks, tmp_path: Path
) -> None:
    impatient = {"CHECKPOINT_OUTAGE_BUDGET_SECONDS": "2", "BG_JOB_MAX_RETRIES": "1"}
    with serve(postgres.uri, tmp_path, **impatient) as served:
        async with served.client() as client:
            thread_id = (await client.threads.create(graph_id=GRAPH_ID))["thread_id"]
            values = {"steps": 50, "pause": 0.1, "size": 100_000}
            created = await client.runs.create(thread_id, GRAPH_ID, input=values)
            run = SimpleNamespace(thread_id=thread_id, run_id=created["run_id"])
            # its input and its first step are stored when the second is at work
            await eventually(lambda: len(ledger.read(served.ledger)) > 1, within=60)
            postgres.table_disk.fill()
            try:
                record = await ended(client, run, within=60)
                assert record["status"] == "error"
                session = await restore_session(thread_id, client=client)
                assert session.status is SessionStatus.INCOMPLETE
                assert "No space left on device" in served.log.read_text()
            finally:
                postgres.table_disk.free()
            finished = await resume_session(thread_id, client=client)
    assert finished.status is SessionStatus.IDLE
    assert finished.values["number"] == len(finished.values["done"]) == 50
