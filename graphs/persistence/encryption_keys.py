"""The encryption keys as a setting gives them: in text."""

import base64
import binascii
import hashlib
import re

KEYS_VARIABLE = "CHECKPOINT_ENCRYPTION_KEYS"

_KEY_SIZES = (16, 24, 32)
_HEX_DIGITS = tuple(2 * size for size in _KEY_SIZES)


def key_id(key: bytes) -> str:
    """Return the id of a key, 8 hexadecimal digits, which tells nothing of the key itself."""
    return hashlib.blake2s(b"holdfast key id", key=key, digest_size=4).hexdigest()


def parse_keys(text: str) -> tuple[bytes, ...]:
    """Return the keys of a list with commas between them, each 16, 24 or 32 bytes in hexadecimal or base64.

    Raises:
        ValueError: one of them is not; the message tells which by its place and never shows it.
    """
    keys = tuple(_parse_key(part.strip(), place) for place, part in enumerate(text.split(","), start=1))
    if len({key_id(key) for key in keys}) < len(keys):
        raise ValueError("it has the same key twice")
    return keys


def _parse_key(text: str, place: int) -> bytes:
    if not text:
        raise ValueError(f"entry {place} is empty: a comma stands at the end, at the start or beside another")
    # no key in base64 looks so: of 16 or 32 bytes it ends in "=", and of 24 bytes it has 32 characters
    if re.fullmatch(r"[0-9A-Fa-f]+", text) and len(text) not in _HEX_DIGITS:
        raise ValueError(
            f"key {place} has {len(text)} hexadecimal digits, and those of an AES key are 32, 48 or 64"
        )
    key = _from_hex(text) or _from_base64(text)
    if key is None:
        raise ValueError(f"key {place} is neither hexadecimal nor base64")
    if len(key) not in _KEY_SIZES:
        raise ValueError(
            f"key {place}, read as base64, has {len(key)} bytes, and an AES key has 16, 24 or 32"
        )
    return key


def _from_hex(text: str) -> bytes | None:
    """Return the key, or None where the text isn't a whole key."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        return None
    return key if len(key) in _KEY_SIZES else None


def _from_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
