"""How values become bytes in the checkpoint tables, and what may come back from them.

Only known types are read back: a value of another type comes back as the plain data that it was made of,
without its code being imported, and LangGraph logs "Blocked deserialization of …".
"""

from collections.abc import Iterable
from typing import Any

from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from graphs.persistence.encryption import KeyRing

_NO_KEYS = KeyRing()


def create_serializer(
    keys: KeyRing = _NO_KEYS, known_types: Iterable[tuple[str, str]] = ()
) -> SerializerProtocol:
    """Return the serializer of a checkpointer; with keys it encrypts, and still reads what isn't encrypted.

    `known_types` are read back beside LangGraph's own list (messages, dates and the like), each as its
    module and its name.
    """
    allowed = tuple(known_types) or None
    if keys:
        return EncryptedSerializer(keys, JsonPlusSerializer(allowed_msgpack_modules=allowed))
    return _PlainSerializer(allowed_msgpack_modules=allowed)


class _PlainSerializer(JsonPlusSerializer):
    """Says what is missing when it meets a value that was encrypted."""

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        _, encrypted, cipher = data[0].partition("+")
        if encrypted:
            _NO_KEYS.decrypt(cipher, data[1])
        return super().loads_typed(data)
