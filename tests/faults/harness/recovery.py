"""How long operations waited once PostgreSQL accepted connections again."""

import asyncio
import time
from bisect import bisect

import psycopg

from tests.faults.harness import ledger
from tests.faults.harness.served import Served
from tests.faults.harness.users import Users
from tests.support.eventually import eventually
from tests.support.load import Load
from tests.support.postgres import PostgresInstance

_POLL = 0.02
_STORED_STEPS = """
SELECT thread_id, max((checkpoint -> 'channel_values' ->> 'number')::int)
FROM checkpoints WHERE checkpoint_ns = '' GROUP BY thread_id
"""


async def recovered(
    postgres: PostgresInstance,
    served: Served,
    users: Users,
    *,
    since: float | None = None,
    within: float = 60,
) -> float:
    """Return the seconds from `since`, by default from now, until all operations are done that wait now.

    Call it when PostgreSQL accepts connections again. The operations are the reads that users wait for, and
    the checkpoints of steps that are executed. `since` is in monotonic seconds. Raises TimeoutError if they
    take longer than `within` seconds from now.
    """
    started = time.monotonic() if since is None else since
    reads = [(user, user.reads_begun) for user in users.everyone]
    executions = await asyncio.to_thread(ledger.read, served.ledger)
    steps = ledger.last_steps(executions)
    async with asyncio.timeout(within):
        async with await psycopg.AsyncConnection.connect(postgres.uri, autocommit=True) as conn:
            while True:
                cursor = await conn.execute(_STORED_STEPS)
                stored = dict(await cursor.fetchall())
                if all((stored.get(thread_id) or 0) >= step for thread_id, step in steps.items()):
                    break
                await asyncio.sleep(_POLL)
    await eventually(lambda: all(user.reads_answered >= begun for user, begun in reads), within=within)
    return time.monotonic() - started


async def load_recovered(load: Load, over: float, *, within: float = 60) -> float:
    """Return the seconds from `over` until all operations of the load were done that waited then.

    `over` is when PostgreSQL accepted connections again, in monotonic seconds. Each worker of the load waits
    for one operation at any time. Raises TimeoutError if they take longer than `within` seconds from now.
    """
    await eventually(
        lambda: all(answers and answers[-1] > over for answers in load.answered.values()), within=within
    )
    return max(answers[bisect(answers, over)] for answers in load.answered.values()) - over
