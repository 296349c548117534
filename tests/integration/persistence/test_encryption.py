"""What is in the database when encryption is on, and what comes back from it."""

import os

import pytest
from langgraph.store.base import GetOp, Item, PutOp, SearchOp

from graphs.persistence.encryption import DecryptionError
from graphs.persistence.encryption_keys import key_id
from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver, open_store
from graphs.persistence.stored_keys import _CIPHERS
from tests.support.checkpoints import checkpoint_of, put, values_of
from tests.support.legible import legible
from tests.support.plans import rows_read
from tests.support.postgres import settings_for

KEY, OTHER = os.urandom(32), os.urandom(16)
SECRET = "plutonium"
STATE = {
    "text": f"where is the {SECRET}?",
    "number": 1234567,
    "share": 0.125,
    "agreed": True,
    "nothing": None,
    "messages": [f"the {SECRET} is here"],
    "table": {SECRET: [SECRET]},
}


@pytest.fixture
def keyed(uri):
    """A function that returns settings with these encryption keys."""

    def keyed(*keys: bytes) -> PersistenceSettings:
        listed = ",".join(key.hex() for key in keys) or None
        return PersistenceSettings(**settings_for(uri, encryption_keys=listed))

    return keyed


async def test_no_value_of_a_checkpoint_is_legible(keyed, postgres):
    async with open_saver(keyed(KEY)) as saver:
        config = await put(saver, "t", STATE)
        await saver.aput_writes(config, [("messages", [SECRET]), ("text", SECRET)], "task")
        item = await saver.aget_tuple(config)

    assert item is not None
    assert item.checkpoint["channel_values"] == STATE
    assert item.pending_writes == [("task", "messages", [SECRET]), ("task", "text", SECRET)]
    stored = legible(postgres)
    assert key_id(KEY) in stored
    assert "1234567" not in stored
    assert "0.125" not in stored
    assert SECRET not in stored


async def test_without_encryption_it_is(keyed, postgres):
    async with open_saver(keyed()) as saver:
        await put(saver, "t", STATE)

    stored = legible(postgres)
    assert "1234567" in stored
    assert SECRET in stored


async def test_a_session_goes_on_when_encryption_comes_on_and_its_key_is_rotated(keyed):
    states = []
    for keys in [(), (KEY,), (OTHER, KEY)]:
        async with open_saver(keyed(*keys)) as saver:
            values = {**STATE, "messages": [f"written with {len(keys)} keys"]}
            states.append((await put(saver, "t", values), values))
            for config, expected in states:
                assert await values_of(saver, config) == expected


async def test_a_value_of_another_replica_with_a_newer_key_is_a_clear_error(keyed):
    async with open_saver(keyed(KEY)) as saver, open_store(keyed(KEY)) as store:
        old = await put(saver, "t", STATE)
        async with open_saver(keyed(OTHER, KEY)) as newer, open_store(keyed(OTHER, KEY)) as newer_store:
            new = await put(newer, "t", STATE)
            await newer_store.aput(("n",), "k", {"v": 1})

        assert await values_of(saver, old) == STATE
        with pytest.raises(DecryptionError, match=key_id(OTHER)):
            await values_of(saver, new)
        with pytest.raises(DecryptionError, match=key_id(OTHER)):
            await store.aget(("n",), "k")


@pytest.mark.parametrize(
    ("keys", "there"),
    [((), "is not set"), ((OTHER,), f"has only '{key_id(OTHER)}'")],
    ids=["no key", "another key"],
)
@pytest.mark.parametrize("where", ["checkpoints", "store"])
async def test_a_missing_key_stops_the_start(keyed, postgres, where, keys, there):
    async with open_saver(keyed(KEY)) as saver, open_store(keyed(KEY)) as store:
        if where == "checkpoints":
            await put(saver, "t", STATE)
        else:
            await store.aput(("n",), "k", {"v": 1})

    for open_ in (open_saver, open_store):
        with pytest.raises(DecryptionError) as caught:
            async with open_(keyed(*keys)):
                pass
        assert str(caught.value) == (
            f"A stored value is encrypted with the key '{key_id(KEY)}', and CHECKPOINT_ENCRYPTION_KEYS "
            f"{there}. Add that key to the end of CHECKPOINT_ENCRYPTION_KEYS and start the server again."
        )
    async with open_saver(keyed(*keys, KEY)):
        pass


async def test_the_check_at_the_start_reads_few_rows_however_many_there_are(keyed, postgres):
    async with open_saver(keyed()) as saver, open_store(keyed()) as store:
        await put(saver, "t")
        await store.aput(("n",), "k", {"v": 1})
        postgres.execute(
            "INSERT INTO checkpoint_blobs SELECT 't' || n, '', 'c', '1', 'msgpack', '' "
            "FROM generate_series(1, 20000) AS n"
        )
        postgres.execute("ANALYZE")

        [([plan],)] = postgres.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {_CIPHERS}")

    assert rows_read(plan["Plan"], "checkpoint_blobs") == 100


async def test_a_value_that_did_not_change_since_encryption_came_on_stays(keyed):
    async with open_saver(keyed()) as saver:
        checkpoint = checkpoint_of(STATE)
        config = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
        first = await saver.aput(
            config, checkpoint, {"source": "input", "step": 0}, checkpoint["channel_versions"]
        )
    async with open_saver(keyed(KEY)) as saver:
        changed = checkpoint_of({"messages": ["new"]})
        checkpoint = {
            **changed,
            "channel_values": {**STATE, **changed["channel_values"]},
            "channel_versions": {**checkpoint["channel_versions"], **changed["channel_versions"]},
        }
        second = await saver.aput(
            first, checkpoint, {"source": "loop", "step": 1}, changed["channel_versions"]
        )

        assert await values_of(saver, second) == {**STATE, "messages": ["new"]}
        assert await values_of(saver, first) == STATE
        await saver.aprune(["t"])
        assert await values_of(saver, second) == {**STATE, "messages": ["new"]}


async def test_a_damaged_value_is_an_error_and_not_another_value(keyed, postgres):
    async with open_saver(keyed(KEY)) as saver:
        config = await put(saver, "t", STATE)
        postgres.execute("UPDATE checkpoint_blobs SET blob = set_byte(blob, 32, get_byte(blob, 32) # 1)")

        with pytest.raises(DecryptionError, match="not as it was written"):
            await saver.aget_tuple(config)


async def test_no_value_of_the_store_is_legible(keyed, postgres):
    async with open_store(keyed(KEY)) as store:
        await store.aput(("users", "ada"), "prefs", {"theme": SECRET, "sizes": [1, 2.5, None]})
        await store.aput(("users", "bob"), "prefs", {})

        results = await store.abatch(
            [
                GetOp(("users", "ada"), "prefs"),
                SearchOp(("users",)),
                PutOp(("users", "eve"), "prefs", {"theme": SECRET}),
                GetOp(("users", "nobody"), "prefs"),
            ]
        )
        item, found, *rest = results
        assert isinstance(item, Item)
        assert item.value == {"theme": SECRET, "sizes": [1, 2.5, None]}
        assert isinstance(found, list)
        assert [each.value for each in found if isinstance(each, Item)] == [{}, item.value]
        assert rest == [None, None]
        await store.adelete(("users", "bob"), "prefs")
        assert await store.aget(("users", "bob"), "prefs") is None

    stored = legible(postgres)
    assert SECRET not in stored
    assert "theme" not in stored


async def test_the_store_reads_old_keys_and_what_is_not_encrypted(keyed):
    for keys in [(), (KEY,), (OTHER, KEY)]:
        async with open_store(keyed(*keys)) as store:
            await store.aput(("n",), f"{len(keys)}", {"v": len(keys)})
            assert {item.value["v"] for item in await store.asearch(("n",))} == set(range(len(keys) + 1))


async def test_without_keys_what_is_encrypted_is_a_clear_error(keyed):
    async with open_saver(keyed()) as saver, open_store(keyed()) as store:
        async with open_saver(keyed(KEY)) as encrypting, open_store(keyed(KEY)) as encrypting_store:
            config = await put(encrypting, "t", STATE)
            await encrypting_store.aput(("n",), "k", {"v": 1})

        with pytest.raises(DecryptionError, match="CHECKPOINT_ENCRYPTION_KEYS is not set"):
            await values_of(saver, config)
        with pytest.raises(DecryptionError, match="CHECKPOINT_ENCRYPTION_KEYS is not set"):
            await store.asearch(("n",))


async def test_an_encrypted_store_says_that_it_can_not_filter(keyed):
    async with open_store(keyed(KEY)) as store:
        with pytest.raises(ValueError, match=r"can't filter by 'theme'.*CHECKPOINT_ENCRYPTION_KEYS"):
            await store.asearch(("users",), filter={"theme": "dark"})
