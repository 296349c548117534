"""Encryption at rest: a ring of AES keys; the newest encrypts, and each decrypts what it has encrypted.

The ciphers are LangGraph's, with AES in Galois/counter mode: it tells a changed value as LangGraph's default
(EAX) does, and costs less. The name that is stored with each value tells which key it takes.
"""

from collections.abc import Sequence

from Crypto.Cipher import AES
from langgraph.checkpoint.serde.base import CipherProtocol
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer

from graphs.persistence.encryption_keys import KEYS_VARIABLE, key_id

_PREFIX = "aes-gcm-"
_LANGGRAPHS_NAME = "aes"


class DecryptionError(RuntimeError):
    """A stored value can't be decrypted; the message says why and what to do.

    LangGraph's server tells clients the message of few kinds of errors of a run; this is one of them.
    """


class KeyRing(CipherProtocol):
    """The cipher of some AES keys of 16, 24 or 32 bytes, newest first; without any it only refuses."""

    def __init__(self, keys: Sequence[bytes] = ()) -> None:
        self._ciphers = {_PREFIX + key_id(key): _cipher(key) for key in keys}
        self._newest = next(iter(self._ciphers), None)

    def __bool__(self) -> bool:
        """Tell whether there is a key to encrypt with."""
        return self._newest is not None

    def encrypt(self, plaintext: bytes) -> tuple[str, bytes]:
        """Return the cipher's name, which tells the key, and the value as the newest key encrypts it."""
        if self._newest is None:
            raise ValueError(f"There is no key to encrypt with: set {KEYS_VARIABLE}.")
        _, ciphertext = self._ciphers[self._newest].encrypt(plaintext)
        return self._newest, ciphertext

    def decrypt(self, ciphername: str, ciphertext: bytes) -> bytes:
        """Return the value as it was.

        Raises:
            DecryptionError: the key is not on the ring, or the value is not as it was written.
        """
        self.check(ciphername)
        try:
            return self._ciphers[ciphername].decrypt(_LANGGRAPHS_NAME, ciphertext)
        except ValueError as error:
            raise DecryptionError(
                f"A stored value, encrypted with the key {ciphername.removeprefix(_PREFIX)!r}, is not as it "
                "was written. Restore the database from a backup, or delete the thread or the store's item."
            ) from error

    def check(self, ciphername: str) -> None:
        """Raise DecryptionError if the key that this cipher takes is not on the ring."""
        if ciphername not in self._ciphers:
            raise DecryptionError(
                f"A stored value is encrypted with the key {ciphername.removeprefix(_PREFIX)!r}, and "
                f"{self._inventory()}. Add that key to the end of {KEYS_VARIABLE} and start the server again."
            )

    def _inventory(self) -> str:
        if not self:
            return f"{KEYS_VARIABLE} is not set"
        ids = ", ".join(repr(name.removeprefix(_PREFIX)) for name in self._ciphers)
        return f"{KEYS_VARIABLE} has only {ids}"


def _cipher(key: bytes) -> CipherProtocol:
    return EncryptedSerializer.from_pycryptodome_aes(key=key, mode=AES.MODE_GCM).cipher
