import base64
import os

import pytest

from graphs.persistence.encryption import DecryptionError, KeyRing
from graphs.persistence.encryption_keys import key_id, parse_keys
from graphs.persistence.serializer import create_serializer
from graphs.persistence.settings import load_settings

KEY = bytes(range(32))
OTHER = bytes(range(1, 17))


def test_a_value_comes_back_and_is_not_in_the_stored_bytes():
    serde = create_serializer(KeyRing([KEY]))

    kind, stored = serde.dumps_typed({"secret": "the formula is water"})

    assert kind == f"msgpack+aes-gcm-{key_id(KEY)}"
    assert b"water" not in stored
    assert serde.loads_typed((kind, stored)) == {"secret": "the formula is water"}
    assert serde.dumps_typed({"secret": "the formula is water"})[1] != stored


def test_the_newest_key_encrypts_and_old_ones_are_read():
    old = create_serializer(KeyRing([OTHER])).dumps_typed("old")
    rotated = create_serializer(KeyRing([KEY, OTHER]))

    assert rotated.loads_typed(old) == "old"
    assert rotated.dumps_typed("new")[0].endswith(key_id(KEY))


def test_what_was_written_before_encryption_stays_readable():
    plain = create_serializer().dumps_typed({"a": 1})

    assert create_serializer(KeyRing([KEY])).loads_typed(plain) == {"a": 1}


def test_a_missing_key_is_named_by_its_id_with_the_remedy():
    stored = create_serializer(KeyRing([KEY])).dumps_typed("text")

    with pytest.raises(
        DecryptionError, match=f"{key_id(KEY)}.*has only '{key_id(OTHER)}'.*end of CHECKPOINT_"
    ):
        create_serializer(KeyRing([OTHER])).loads_typed(stored)
    with pytest.raises(DecryptionError, match=f"{key_id(KEY)}.*CHECKPOINT_ENCRYPTION_KEYS is not set"):
        create_serializer().loads_typed(stored)


@pytest.mark.parametrize("place", [0, 20, -1], ids=["nonce", "tag", "text"])
def test_a_changed_value_is_refused(place):
    serde = create_serializer(KeyRing([KEY]))
    kind, stored = serde.dumps_typed("a text")
    changed = bytearray(stored)
    changed[place] ^= 1

    with pytest.raises(DecryptionError, match="not as it was written"):
        serde.loads_typed((kind, bytes(changed)))


def test_a_value_cut_short_is_refused():
    serde = create_serializer(KeyRing([KEY]))
    kind, _ = serde.dumps_typed("a text")

    with pytest.raises(DecryptionError, match="not as it was written"):
        serde.loads_typed((kind, b""))


def test_a_ring_without_keys_does_not_encrypt():
    assert not KeyRing()
    with pytest.raises(ValueError, match="set CHECKPOINT_ENCRYPTION_KEYS"):
        KeyRing().encrypt(b"")


@pytest.mark.parametrize("size", [16, 24, 32])
def test_keys_are_hexadecimal_or_base64(size):
    first, second = os.urandom(size), os.urandom(size)

    assert parse_keys(f"{first.hex()}, {base64.b64encode(second).decode()}") == (first, second)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("correct horse battery staple", "key 1 is neither hexadecimal nor base64"),
        (f"{KEY.hex()},{KEY.hex()[:-2]}", "key 2"),
        (base64.b64encode(KEY[:15]).decode(), "key 1, read as base64, has 15 bytes, and an AES"),
        (KEY.hex()[:40], "key 1 has 40 hexadecimal digits, and those of an AES key are 32, 48 or 64"),
        (f"{KEY.hex()},", "entry 2 is empty"),
        (f"{KEY.hex()},,{OTHER.hex()}", "entry 2 is empty"),
        (f"{KEY.hex()},{base64.b64encode(KEY).decode()}", "the same key twice"),
    ],
)
def test_a_bad_list_of_keys_is_explained_and_never_shown(monkeypatch, text, problem):
    monkeypatch.setenv("CHECKPOINT_ENCRYPTION_KEYS", text)

    with pytest.raises(ValueError, match=problem) as caught:
        load_settings()

    message = str(caught.value)
    assert message.startswith("CHECKPOINT_ENCRYPTION_KEYS is not usable: ")
    assert "openssl rand -hex 32" in message
    assert not any(part and part in message for part in text.split(","))


def test_settings_show_no_key(monkeypatch):
    monkeypatch.setenv("CHECKPOINT_ENCRYPTION_KEYS", KEY.hex())

    settings = load_settings()

    assert KEY.hex() not in repr(settings)
    assert settings.aes_keys == (KEY,)
