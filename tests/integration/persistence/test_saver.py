import asyncio
import inspect
import threading
from collections.abc import Sequence

import psycopg
import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.conformance.test_utils import generate_config, generate_metadata
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

from graphs.persistence.saver import HoldfastSaver
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from graphs.persistence.statements import SELECT_CHECKPOINTS
from tests.support.checkpoints import checkpoint_of, history, put, values_of
from tests.support.eventually import eventually
from tests.support.plans import rows_read
from tests.support.postgres import settings_for
from tests.support.proxy import Proxy


@pytest.mark.parametrize("method", ["adelete_thread", "adelete_for_runs", "acopy_thread", "aprune"])
def test_the_server_sees_every_capability_in_the_class(method):
    # As langgraph_api's CheckpointerCapabilities.from_type looks for them.
    assert getattr(HoldfastSaver, method) is not getattr(BaseCheckpointSaver, method)


def test_no_operation_of_the_base_reaches_the_database_without_retry():
    # A new version of the base may bring one that isn't wrapped yet.
    reaching = {
        name
        for name, method in vars(AsyncPostgresSaver).items()
        if inspect.isfunction(inspect.unwrap(method)) and "self._cursor(" in inspect.getsource(method)
    }

    assert {"aput", "aget_tuple", "alist"} <= reaching
    assert reaching <= vars(HoldfastSaver).keys()


async def test_the_tables_are_those_of_langgraph(saver, uri, postgres):
    rows = postgres.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")

    assert [name for (name,) in rows] == [
        "checkpoint_blobs",
        "checkpoint_migrations",
        "checkpoint_writes",
        "checkpoints",
        "store",
        "store_migrations",
    ]


async def test_get_tuple_inside_list(settings):
    # The stock saver deadlocks here; with a single connection so would any saver that keeps it.
    async with open_saver(settings.model_copy(update={"connection_budget": 1})) as saver:
        for step in range(3):
            await put(saver, "t", step=step)

        steps = []
        async with asyncio.timeout(10):
            async for item in saver.alist(generate_config("t")):
                again = await saver.aget_tuple(item.config)
                assert again is not None
                steps.append(again.metadata["step"])

    assert steps == [2, 1, 0]


@pytest.mark.parametrize("limit", [None, 100, 150, 1])
async def test_a_long_history_is_listed_page_by_page(saver, limit):
    written = [(await put(saver, "t", step=n))["configurable"]["checkpoint_id"] for n in range(205)]

    config = generate_config("t")
    listed = [item.config["configurable"]["checkpoint_id"] async for item in saver.alist(config, limit=limit)]

    assert listed == written[::-1][:limit]


async def test_checkpoints_with_equal_ids_are_all_listed(saver):
    for step in range(3):
        await put(saver, "t0", step=step)
    for copy in range(1, 120):
        await saver.acopy_thread("t0", f"t{copy}")

    threads = [item.config["configurable"]["thread_id"] async for item in saver.alist(None)]

    assert len(threads) == 360
    assert {threads.count(thread) for thread in threads} == {3}


@pytest.mark.parametrize(("strategy", "left"), [("keep_latest", 1), ("delete_all", 0), ("delete", 0)])
async def test_prune_takes_the_names_of_the_server_and_of_the_base(saver, strategy, left):
    for step in range(3):
        await put(saver, "t", step=step)

    await saver.aprune(["t"], strategy=strategy)

    assert len(await history(saver, "t")) == left


async def test_concurrent_prunes_of_a_thread_all_succeed(saver):
    parent = None
    for step in range(30):
        parent = await put(saver, "t", step=step, parent=parent)

    await asyncio.gather(*(saver.aprune(["t"]) for _ in range(8)))

    assert len(await history(saver, "t")) == 1


async def test_a_copied_thread_is_whole_and_knows_its_id(saver):
    first = await put(saver, "source", {"messages": ["a"]}, thread_id="source", run_id="r1")
    await put(saver, "source", {"messages": ["b"]}, parent=first, thread_id="source", run_id="r2")
    await put(saver, "source", namespace="child:1")
    await saver.aput_writes(first, [("messages", "w")], "task")

    await saver.acopy_thread("source", "target")
    await saver.acopy_thread("source", "target")  # as after a lost answer

    assert await history(saver, "target") == await history(saver, "source")
    assert len(await history(saver, "target", "child:1")) == 1
    latest = await saver.aget_tuple(generate_config("target"))
    assert latest.checkpoint["channel_values"] == {"messages": ["b"]}
    assert latest.metadata["thread_id"] == "target"
    assert latest.metadata["run_id"] == "r2"
    parent = await saver.aget_tuple(latest.parent_config)
    assert parent.pending_writes == [("task", "messages", "w")]
    assert (await saver.aget_tuple(generate_config("source"))).metadata["thread_id"] == "source"


async def chain(saver, runs: Sequence[str], thread: str = "t", namespace: str = "") -> list[RunnableConfig]:
    """Store one checkpoint after the other, each by the run that is named, and return their configs."""
    configs: list[RunnableConfig] = []
    for run in runs:
        parent = configs[-1] if configs else None
        configs.append(await put(saver, thread, parent=parent, namespace=namespace, run_id=run))
    return configs


async def parents(saver, thread: str = "t", namespace: str = "") -> dict[str, str | None]:
    """Return the parent of each checkpoint, oldest first."""
    config = generate_config(thread, checkpoint_ns=namespace)
    items = [item async for item in saver.alist(config)]
    return {id_of(item.config): item.parent_config and id_of(item.parent_config) for item in items[::-1]}


def id_of(config: RunnableConfig) -> str:
    return config["configurable"]["checkpoint_id"]


@pytest.mark.parametrize(
    ("deleted", "left"),
    [
        (["r2"], [0, 1, 4, 5, 6]),
        (["r1"], [2, 3, 4, 5, 6]),
        (["r2", "r3"], [0, 1, 6]),
        (["r3", "r1"], [2, 3, 6]),
        (["r4", "r3"], [0, 1, 2, 3]),
    ],
)
async def test_a_history_without_a_run_is_still_one_chain(saver, deleted, left):
    runs = ["r1", "r1", "r2", "r2", "r3", "r3", "r4"]
    ids = [id_of(config) for config in await chain(saver, runs)]
    other_ids = [id_of(config) for config in await chain(saver, runs, namespace="child:1")]
    await chain(saver, ["r8", "r9"], "other")
    others = await parents(saver, "other")

    await saver.adelete_for_runs(deleted)

    for all_ids, namespace in ((ids, ""), (other_ids, "child:1")):
        kept = [all_ids[place] for place in left]
        expected = dict(zip(kept, [None, *kept], strict=False))
        assert await parents(saver, "t", namespace) == expected
    assert await parents(saver, "other") == others


async def test_runs_deleted_one_after_the_other_or_side_by_side_leave_one_chain(saver):
    runs = ["r1", "r2", "r3", "r4", "r5"]
    for thread in ("after each other", "side by side"):
        await chain(saver, [f"{thread} {run}" for run in runs], thread)

    for run in ("r2", "r3", "r4"):
        await saver.adelete_for_runs([f"after each other {run}"])
    await asyncio.gather(*(saver.adelete_for_runs([f"side by side {run}"]) for run in ("r3", "r2", "r4")))

    for thread in ("after each other", "side by side"):
        found = await parents(saver, thread)
        assert list(found.values()) == [None, next(iter(found))]


async def test_branches_of_a_deleted_run_both_join_what_is_left(saver):
    root, head = await chain(saver, ["r1", "r2"])
    for run in ("r3", "r4"):
        await put(saver, "t", parent=head, run_id=run)

    await saver.adelete_for_runs(["r2"])

    assert list((await parents(saver)).values()) == [None, id_of(root), id_of(root)]


async def test_a_run_that_began_on_a_deleted_checkpoint_keeps_its_values(saver):
    head = await put(saver, "t", {"messages": ["kept"]}, run_id="r1")
    versions = (await saver.aget_tuple(head)).checkpoint["channel_versions"]
    await saver.adelete_for_runs(["r1"])

    # The new run wrote nothing to the channel, so its checkpoint refers to the version it began with.
    checkpoint = checkpoint_of({})
    checkpoint["channel_versions"] = versions
    config = await saver.aput(generate_config("t"), checkpoint, generate_metadata(run_id="r2"), {})

    assert await values_of(saver, config) == {"messages": ["kept"]}


async def test_a_checkpoint_is_what_it_was_when_it_was_handed_over(settings):
    async with open_saver(settings.model_copy(update={"connection_budget": 1})) as saver:
        messages = ["said"]
        async with saver.database.connection():
            waiting = asyncio.create_task(put(saver, "t", {"messages": messages}))
            await asyncio.sleep(0.2)
            messages.append("said later")
        config = await waiting

        assert await values_of(saver, config) == {"messages": ["said"]}


async def test_operations_do_not_wait_for_tools_that_keep_all_threads_busy(settings, caplog):
    settings = settings.model_copy(update={"operation_timeout": 10, "outage_budget": 10})
    tools_end = threading.Event()
    async with open_saver(settings) as saver:
        tools = [asyncio.create_task(asyncio.to_thread(tools_end.wait)) for _ in range(64)]
        try:
            async with asyncio.timeout(60):
                config = await put(saver, "t")
                await saver.aput_writes(config, [("messages", "w")], "task")
                item = await saver.aget_tuple(config)
                assert await history(saver, "t") == [config["configurable"]["checkpoint_id"]]
        finally:
            tools_end.set()
            await asyncio.gather(*tools)

    assert item is not None
    assert item.pending_writes == [("task", "messages", "w")]
    assert caplog.messages == []


async def test_synchronous_calls_work_from_another_thread(saver):
    config = generate_config("t")
    checkpoint = checkpoint_of({"messages": ["hello"]})

    def use() -> list[str]:
        stored = saver.put(config, checkpoint, generate_metadata(run_id="r1"), checkpoint["channel_versions"])
        saver.put_writes(stored, [("messages", "w")], "task")
        assert saver.get_tuple(stored).pending_writes == [("task", "messages", "w")]
        saver.copy_thread("t", "copy")
        saver.delete_for_runs(["r1"])
        saver.delete_thread("t")
        saver.prune(["copy"])
        return [item.config["configurable"]["thread_id"] for item in saver.list(None)]

    assert await asyncio.to_thread(use) == []


async def test_a_synchronous_call_on_the_event_loop_is_refused(saver):
    for call in (lambda: saver.copy_thread("a", "b"), lambda: saver.delete_for_runs(["r"])):
        with pytest.raises(asyncio.InvalidStateError, match="asynchronous method"):
            call()


async def test_an_error_of_the_operation_is_raised_at_once(saver, settings, postgres):
    postgres.execute("ALTER TABLE checkpoints RENAME COLUMN metadata TO gone")

    async with asyncio.timeout(settings.outage_budget / 2):
        with pytest.raises(psycopg.errors.UndefinedColumn):
            await saver.aget_tuple(generate_config("t"))
        with pytest.raises(psycopg.errors.UndefinedColumn):
            await put(saver, "t")


async def test_data_that_postgresql_cannot_hold_is_refused_at_once(saver, settings):
    async with asyncio.timeout(settings.outage_budget / 2):
        with pytest.raises(psycopg.DataError):
            await put(saver, "a\x00b")
        with pytest.raises(TypeError):
            await put(saver, "t", {"messages": object()})
    assert await history(saver, "t") == []


async def test_a_lost_answer_to_a_commit_is_no_second_checkpoint(postgres, uri):
    with Proxy(postgres.port) as proxy:
        async with open_saver(PersistenceSettings(**settings_for(proxy.through(uri)))) as saver:
            await put(saver, "warm-up")
            await saver.adelete_thread("warm-up")

            proxy.cut_after_commits(1, refuse=True)
            waiting = asyncio.create_task(put(saver, "t", {"messages": ["once"]}))
            await eventually(lambda: proxy.counts().cut == 1, within=60)
            committed = postgres.execute("SELECT checkpoint_id FROM checkpoints")
            proxy.accept()
            config = await waiting

            assert committed == [(config["configurable"]["checkpoint_id"],)]
            assert await history(saver, "t") == [config["configurable"]["checkpoint_id"]]
            assert await values_of(saver, config) == {"messages": ["once"]}


async def test_a_read_looks_up_its_own_values_alone_however_long_the_thread(saver, uri, postgres):
    for step in range(300):
        await put(saver, "t", {"messages": [step], "notes": [step]}, step=step)
    latest = "WHERE thread_id = 't' AND checkpoint_ns = '' ORDER BY checkpoint_id DESC LIMIT 1"

    for _ in ("without statistics", "with them"):
        [([plan],)] = postgres.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {SELECT_CHECKPOINTS} {latest}")
        assert rows_read(plan["Plan"], "checkpoint_blobs") == 2
        postgres.execute("ANALYZE")


async def test_any_name_of_a_channel_comes_back_as_it_was(saver):
    # The text of a backslash is no text of bytes, as which LangGraph's own query casts it.
    values = {r"back\slash": [1], "ünïcode": [2]}
    config = await put(saver, "t", values)
    writes = [(r"back\slash", 1), ("ünïcode", 2)]
    await saver.aput_writes(config, writes, r"task\1")

    item = await saver.aget_tuple(config)

    assert item.checkpoint["channel_values"] == values
    assert item.pending_writes == [(r"task\1", channel, value) for channel, value in writes]
