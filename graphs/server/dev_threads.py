"""The thread records of `langgraph dev`, which its in-memory runtime holds in this process."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from starlette.exceptions import HTTPException


def busy_threads() -> set[str]:
    """Return the threads that have a run at work or queued."""
    from langgraph_runtime_inmem.database import GLOBAL_STORE

    return {str(run["thread_id"]) for run in GLOBAL_STORE["runs"] if run["status"] in ("pending", "running")}


def idle_threads(since: datetime) -> list[str]:
    """Return the threads that are not busy and whose record was last changed before that time."""
    from langgraph_runtime_inmem.database import GLOBAL_STORE

    busy = busy_threads()
    idle = (str(thread["thread_id"]) for thread in GLOBAL_STORE["threads"] if thread["updated_at"] < since)
    return [thread_id for thread_id in idle if thread_id not in busy]


async def forget_thread(thread_id: str) -> None:
    """Delete the thread's record with its runs and crons; one that is gone already is no error."""
    from langgraph_runtime_inmem.database import InMemConnectionProto
    from langgraph_runtime_inmem.ops import Threads

    with suppress(HTTPException):
        await Threads.delete(InMemConnectionProto(), UUID(thread_id))
