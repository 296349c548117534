"""Opening the persistence when the server starts, and closing it when the server stops."""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Set
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic
from weakref import WeakKeyDictionary

import psycopg
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.store.base import TTLConfig

from graphs.persistence.credentials import REFUSALS as OF_CREDENTIALS
from graphs.persistence.credentials import CredentialsUnavailable, advice, concerns_credentials
from graphs.persistence.database import Database
from graphs.persistence.encryption import KeyRing
from graphs.persistence.outage import DatabaseUnavailable, first_line, pauses
from graphs.persistence.pool import PooledConnection
from graphs.persistence.retention import create_readings
from graphs.persistence.saver import HoldfastSaver
from graphs.persistence.serializer import create_serializer
from graphs.persistence.server_config import load_checkpointer_config
from graphs.persistence.settings import PersistenceSettings, load_settings, target
from graphs.persistence.store import HoldfastStore
from graphs.persistence.stored_keys import check_keys

logger = logging.getLogger(__name__)

_SECONDS_BETWEEN_PROGRESS_LINES = 5.0
_TTL_SWEEPER_STOP_TIMEOUT = 5.0

# What waiting doesn't mend. A failed connection has no SQLSTATE, so its text has to tell; in a server that
# doesn't speak English it goes the way of the others, and ends with the budget.
_REFUSALS = frozenset(
    {
        "no pg_hba.conf entry",
        "permission denied for database",
        "does not exist",  # role or database
        "no such database",  # PgBouncer's
        "unrecognized configuration parameter",  # older than PostgreSQL 14
        "unsupported startup parameter",  # PgBouncer's
    }
)

_ADVICE = (
    "Check CHECKPOINT_POSTGRES_URI, and that PostgreSQL runs there and accepts connections from this machine."
)


class _Shared:
    """The database of one event loop, open while it has users."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0
        self.database: Database | None = None


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[PersistenceSettings, _Shared]] = (
    WeakKeyDictionary()
)
_shared_lock = threading.Lock()


@asynccontextmanager
async def shared_database(
    settings: PersistenceSettings,
    *,
    unavailable: type[DatabaseUnavailable] = DatabaseUnavailable,
) -> AsyncGenerator[Database]:
    """Give the database of the running event loop: the saver, the store and every reader share its pool.

    The first user opens it, starting the embedded PostgreSQL if there is no URI, waits for PostgreSQL
    within the outage budget, and sets up all tables. Where another event loop of this process has done so
    and is still at it, there is nothing to wait for: an outage is then one of the operations' own, and
    can't fail the opening. The pool closes with the last user, and never before. `unavailable` is what
    operations raise once the budget is spent, and the first user's.

    Raises DatabaseUnavailable, ValueError if PostgreSQL refuses the settings' user or database, or
    DecryptionError if values are stored whose key is missing from the settings.
    """
    shared = _of_running_loop(settings)
    async with shared.lock:
        if shared.database is None:
            shared.database = await _open(settings, unavailable)
        shared.users += 1
    try:
        yield shared.database
    finally:
        async with shared.lock:
            shared.users -= 1
            if shared.users == 0:
                database, shared.database = shared.database, None
                await database.close()


@asynccontextmanager
async def open_saver(
    settings: PersistenceSettings | None = None,
    *,
    serde: SerializerProtocol | None = None,
    lifetime: float | None = None,
    unavailable: type[DatabaseUnavailable] = DatabaseUnavailable,
) -> AsyncGenerator[HoldfastSaver]:
    """Open the checkpointer of the running event loop, with its tables set up. See `shared_database`.

    `lifetime` is that of the threads, if they expire and a sweep of ours deletes them; in seconds.

    Without `serde` it encrypts with the settings' keys, if there are any, and reads back only the types that
    are known.
    """
    settings = settings or load_settings()
    serde = serde or create_serializer(KeyRing(settings.aes_keys), load_checkpointer_config().known_types)
    async with shared_database(settings, unavailable=unavailable) as database:
        if lifetime is not None:
            await create_readings(database)
        yield HoldfastSaver(database, serde=serde, lifetime=lifetime)


@asynccontextmanager
async def open_store(
    settings: PersistenceSettings | None = None,
    *,
    ttl: TTLConfig | None = None,
    unavailable: type[DatabaseUnavailable] = DatabaseUnavailable,
) -> AsyncGenerator[HoldfastStore]:
    """Open the store of the running event loop, with its tables set up. See `shared_database`.

    With `ttl`, expired items are deleted in the background.
    """
    settings = settings or load_settings()
    async with shared_database(settings, unavailable=unavailable) as database:
        store = HoldfastStore(database, ttl=ttl, keys=KeyRing(settings.aes_keys))
        if ttl is None:
            yield store
            return
        await store.start_ttl_sweeper()
        try:
            yield store
        finally:
            await store.stop_ttl_sweeper(timeout=_TTL_SWEEPER_STOP_TIMEOUT)


async def wait_for_postgres(
    connect: Callable[[], Awaitable[PooledConnection]],
    place: str,
    budget: float,
    *,
    refusals: Set[str],
    credentials_advice: str,
    unavailable: type[DatabaseUnavailable] = DatabaseUnavailable,
) -> None:
    """Return once PostgreSQL accepts a connection that can write, telling the log what it waits for.

    Raises `unavailable` after `budget` seconds, with the advice on credentials if it is these that fail, and
    ValueError at once if PostgreSQL refuses the user or has no such database: if its message has one of the
    `refusals`.
    """
    started = told = monotonic()
    for pause in pauses():
        try:
            conn = await connect()
        except psycopg.Error as error:
            _raise_refusal(error, place, refusals)
            reason = first_line(error)
            remedy = credentials_advice if concerns_credentials(error) else _ADVICE
        else:
            await conn.close()
            return
        waited = monotonic() - started
        if waited >= budget:
            raise unavailable(
                f"PostgreSQL at {place} can't be reached; gave up after {waited:.0f} s. The last error was: "
                f"{reason}. {remedy}"
            )
        if told == started or monotonic() - told >= _SECONDS_BETWEEN_PROGRESS_LINES:
            told = monotonic()
            logger.warning("Waiting for PostgreSQL at %s (%.0f of %.0f s): %s", place, waited, budget, reason)
        await asyncio.sleep(pause)


def _of_running_loop(settings: PersistenceSettings) -> _Shared:
    with _shared_lock:
        return _shared.setdefault(asyncio.get_running_loop(), {}).setdefault(settings, _Shared())


async def _open(settings: PersistenceSettings, unavailable: type[DatabaseUnavailable]) -> Database:
    if settings.uri is not None:
        conninfo = settings.uri.get_secret_value()
    else:
        # Imported here, since a production image has neither it nor a use for it.
        from graphs.persistence.embedded import ensure_embedded

        conninfo = await asyncio.to_thread(ensure_embedded, settings.embedded_folder)
    database = Database(conninfo, settings, unavailable=unavailable)
    if _open_elsewhere(settings):
        await database.open()
        return database
    wait = partial(
        wait_for_postgres,
        database.connect,
        target(conninfo),
        settings.outage_budget,
        refusals=_REFUSALS | OF_CREDENTIALS if settings.fixed_credentials else _REFUSALS,
        credentials_advice=advice(settings),
        unavailable=unavailable,
    )
    await wait()
    await database.open()
    try:
        await _set_up(database, wait)
        await check_keys(database, KeyRing(settings.aes_keys))
    except BaseException:
        await database.close()
        raise
    return database


def _open_elsewhere(settings: PersistenceSettings) -> bool:
    """Tell whether another event loop of this process has these tables set up and in use."""
    with _shared_lock:
        return any(
            settings in of_loop and of_loop[settings].database is not None for of_loop in _shared.values()
        )


async def _set_up(database: Database, wait: Callable[[], Awaitable[None]]) -> None:
    """Create or migrate all tables, as long as PostgreSQL accepts connections meanwhile.

    A migration may take long, so its time doesn't show that the server is frozen.
    """

    async def migrate() -> None:
        await HoldfastSaver(database).setup()
        await HoldfastStore(database).setup()

    migration = asyncio.create_task(migrate())
    try:
        while not (await asyncio.wait({migration}, timeout=_SECONDS_BETWEEN_PROGRESS_LINES))[0]:
            await wait()
        await migration
    finally:
        migration.cancel()
        await asyncio.wait({migration})


def _raise_refusal(error: psycopg.Error, place: str, refusals: Set[str]) -> None:
    """Raise ValueError if PostgreSQL answered, and won't have this user or has no such database."""
    if isinstance(error, CredentialsUnavailable):
        return
    if not isinstance(error, psycopg.OperationalError) or any(text in str(error) for text in refusals):
        raise ValueError(
            f"PostgreSQL at {place} refuses the connection: {first_line(error)}. Correct user, password, "
            "database or options in CHECKPOINT_POSTGRES_URI."
        ) from error
