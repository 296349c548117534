"""The long-term memory."""

import base64
import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from langgraph.store.base import BaseStore, Item, Op, PutOp, Result, SearchOp, TTLConfig
from langgraph.store.postgres.aio import AsyncPostgresStore
from psycopg import AsyncCursor
from psycopg.rows import DictRow

from graphs.persistence.database import Database
from graphs.persistence.encryption import KeyRing
from graphs.persistence.encryption_keys import KEYS_VARIABLE
from graphs.persistence.threads import in_thread

# An encrypted value is an object with this one key, since the column takes JSON.
_ENCRYPTED = "__holdfast_encrypted__"


class HoldfastStore(AsyncPostgresStore):
    """LangGraph's PostgreSQL store, whose operations outlast an outage of the database.

    It runs each operation as it comes. The base queues them for one background task, where an outage
    would hold up each next batch for a budget of its own. It has no semantic search.

    With `keys` the values are encrypted, and a search can't filter by them; namespaces and keys of items
    stay readable.
    """

    aget = BaseStore.aget
    asearch = BaseStore.asearch
    aput = BaseStore.aput
    adelete = BaseStore.adelete
    alist_namespaces = BaseStore.alist_namespaces

    def __init__(
        self, database: Database, *, ttl: TTLConfig | None = None, keys: KeyRing | None = None
    ) -> None:
        self.database = database
        self._keys = keys or KeyRing()
        super().__init__(database.pool, ttl=ttl)

    async def setup(self) -> None:
        """Create or migrate the tables; any number of replicas may do so at once."""
        await self.database.migrate(super().setup)

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Return the answers in the order of the operations.

        Raises:
            ValueError: a search filters by values that are encrypted.
            DecryptionError: a value's key is missing, or the value is damaged.
        """
        batch = list(ops)
        if self._keys:
            batch = await in_thread(self._encrypted, batch)
        results = await self.database.run(partial(super().abatch, batch), name="store")
        for item in filter(_is_encrypted, _items(results)):
            item.value = await in_thread(self._decrypted, item.value)
        return results

    async def sweep_ttl(self) -> int:
        """Delete what has expired; returns the number of items."""
        return await self.database.run(super().sweep_ttl, name="sweep")

    def _ensure_task(self) -> None:
        """Start no background task: there is no queue to serve."""

    @asynccontextmanager
    async def _cursor(self, *, pipeline: bool = False) -> AsyncGenerator[AsyncCursor[DictRow]]:
        async with self.database.cursor(pipeline=pipeline) as cur:
            yield cur

    def _encrypted(self, ops: list[Op]) -> list[Op]:
        for op in ops:
            if isinstance(op, SearchOp) and op.filter:
                raise ValueError(
                    f"A search can't filter by {', '.join(map(repr, op.filter))}: the store's values are "
                    f"encrypted ({KEYS_VARIABLE} is set). Search by namespace, and filter what comes back."
                )
        return [self._with_encrypted_value(op) if isinstance(op, PutOp) else op for op in ops]

    def _with_encrypted_value(self, op: PutOp) -> PutOp:
        if op.value is None:
            return op
        cipher, ciphertext = self._keys.encrypt(json.dumps(op.value).encode())
        return op._replace(value={_ENCRYPTED: [cipher, base64.b64encode(ciphertext).decode()]})

    def _decrypted(self, value: dict[str, Any]) -> dict[str, Any]:
        cipher, ciphertext = value[_ENCRYPTED]
        return json.loads(self._keys.decrypt(cipher, base64.b64decode(ciphertext)))


def _items(results: Iterable[Result]) -> Iterable[Item]:
    """Yield the items of the answers to gets and searches."""
    for result in results:
        if isinstance(result, Item):
            yield result
        elif isinstance(result, list):
            yield from (item for item in result if isinstance(item, Item))


def _is_encrypted(item: Item) -> bool:
    return item.value.keys() == {_ENCRYPTED}
