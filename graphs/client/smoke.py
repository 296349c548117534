"""Does a deployment work, seen from outside? Health, agents, a run, and what the run leaves behind."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import NotFoundError

from graphs.client import answers
from graphs.client.answers import UnexpectedAnswerError
from graphs.client.conversation import last_answer, model_failed, stream_turn
from graphs.client.files import download_file, upload_files
from graphs.client.restore import DEFAULT_DEADLINE as DEFAULT_RESTORE_DEADLINE
from graphs.client.restore import restore_session
from graphs.client.session import SessionStatus

AGENTS = ("analytics", "three_dp_custom", "project_bodhi", "trial_analysis", "formulation")
DEFAULT_DEADLINE = 120.0
_AGENT = "analytics"
_FILE = "smoke.csv"
_TABLE = b"region,revenue\nNorth,10\nSouth,20\nNorth,5\n"
_QUESTION = f"What is the total revenue by region in {_FILE}?"


_REMEDIES = {
    "health": "Look at the API's log: does the server reach its DATABASE_URI and its REDIS_URI?",
    "ready": "Look for 'PostgreSQL' in the API's log: CHECKPOINT_POSTGRES_URI names the sessions' database.",
    "agents": "The image has another langgraph.json: build it from this checkout, and deploy its tag.",
    "run": (
        "Look at the workers' log. A run that stays pending has no worker: are any there, with the same "
        "DATABASE_URI and REDIS_URI as the API?"
    ),
    "restore": (
        "Look for the session in the logs of API and workers: both need the same CHECKPOINT_POSTGRES_URI, "
        "and the model that MODEL names needs its key or role."
    ),
    "files": "API and workers need the same ARTIFACTS_URL, and the right to read, write and list there.",
    "clean up": "Look at the API's log for the deletion of the session.",
}


@dataclass(frozen=True)
class Check:
    """One step: what was seen and how long it took; a remedy if it failed."""

    name: str
    seconds: float
    seen: str
    remedy: str = ""

    @property
    def passed(self) -> bool:
        """Whether it is as it should be."""
        return not self.remedy


class _FailedError(RuntimeError):
    """The server's answers are its own, and are not as they should be."""


_FAULTS = (httpx.HTTPError, ExceptionGroup, RuntimeError, ValueError, OSError)
"""What the network, the server, or something in its place can make of a step."""


async def smoke(client: LangGraphClient, *, deadline: float = DEFAULT_DEADLINE) -> AsyncIterator[Check]:
    """Yield each step as it ends, to the first that fails. What a failed run leaves stays, to be looked at.

    Args:
        client: a client of the SDK.
        deadline: seconds that a step may take.
    """
    visit = _Visit(client, deadline)
    for name, step in visit.steps.items():
        started = time.monotonic()
        remedy = ""
        try:
            async with asyncio.timeout(deadline):
                seen = await step()
        except TimeoutError:
            seen, remedy = f"not done within {deadline:g} s{await visit.run_status()}", _REMEDIES[name]
        except _FAULTS as error:
            seen, remedy = _seen(error), _general_remedy(error) or _REMEDIES[name]
        yield Check(name, time.monotonic() - started, seen, remedy)
        if remedy:
            return


class _Visit:
    """The steps, in their order: each returns what it saw, and raises what it can't accept."""

    def __init__(self, client: LangGraphClient, deadline: float) -> None:
        self._client = client
        self._deadline = deadline
        self._thread_id = ""

    @property
    def steps(self) -> dict[str, Callable[[], Awaitable[str]]]:
        """Name and work of each."""
        return {
            "health": self._health,
            "ready": self._ready,
            "agents": self._agents,
            "run": self._run,
            "restore": self._restore,
            "files": self._files,
            "clean up": self._clean_up,
        }

    async def run_status(self) -> str:
        """Say how the run is that was asked for; '' before there is one."""
        if not self._thread_id:
            return ""
        try:
            async with asyncio.timeout(DEFAULT_RESTORE_DEADLINE):
                runs = await self._client.runs.list(self._thread_id, limit=1)
        except _FAULTS as error:
            return f"; its run can't be looked at ({_seen(error)})"
        return f"; the run of session {self._thread_id} is {runs[0]['status']}" if runs else ""

    async def _health(self) -> str:
        answer = await answers.get(self._client, "/ok", dict, check_db=1)
        if answers.field(answer, "ok", bool) is not True:
            raise _FailedError(f"/ok says {answer}")
        return "the server reaches its own database"

    async def _ready(self) -> str:
        answer = await answers.get(self._client, "/ready", dict)
        if answers.field(answer, "ready", bool) is not True:
            raise _FailedError(f"/ready says {answer}")
        return "the server reaches the sessions' database"

    async def _agents(self) -> str:
        missing = [name for name in AGENTS if not await self._serves(name)]
        if missing:
            raise _FailedError(f"the server has no {', '.join(missing)}")
        return ", ".join(AGENTS)

    async def _serves(self, agent: str) -> bool:
        try:
            return bool(await self._client.assistants.search(graph_id=agent, limit=1))
        except NotFoundError:
            return False

    async def _run(self) -> str:
        thread = await self._client.threads.create(graph_id=_AGENT)
        self._thread_id = thread["thread_id"]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / _FILE
            path.write_bytes(_TABLE)
            await upload_files(self._client, self._thread_id, [path])
        told = [step async for step in stream_turn(self._client, self._thread_id, _AGENT, _QUESTION)]
        return f"{_AGENT} worked on {_FILE} and told {len(told)} steps"

    async def _restore(self) -> str:
        session = await restore_session(self._thread_id, client=self._client, deadline=self._deadline)
        if session.status is not SessionStatus.IDLE:
            raise _FailedError(f"session {self._thread_id} is {session.status} {session.reason}".strip())
        answer = last_answer(session.values)
        if model_failed(session.values):
            raise _FailedError(f"the model gave no answer: {answer}")
        asked = [message for message in session.values.get("messages") or [] if message["type"] == "human"]
        if not asked or not answer or _FILE not in (session.values.get("artifacts") or {}):
            raise _FailedError(f"session {self._thread_id} lacks its question, its answer or {_FILE}")
        return f"session {self._thread_id} is idle, with the question, the file and an answer"

    async def _files(self) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = await download_file(self._client, self._thread_id, _FILE, Path(folder))
            content = path.read_bytes()
        if content != _TABLE:
            raise _FailedError(
                f"{_FILE} came back with {len(content)} bytes that are not the {len(_TABLE)} sent"
            )
        return f"{_FILE} came back as it was sent"

    async def _clean_up(self) -> str:
        await self._client.threads.delete(self._thread_id)
        session = await restore_session(self._thread_id, client=self._client, deadline=self._deadline)
        if session.status is not SessionStatus.NOT_FOUND:
            raise _FailedError(f"session {self._thread_id} is still {session.status} after it was deleted")
        return "the session and its file are deleted"


def _seen(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        told = answers.detail(error) or error.response.reason_phrase
        return f"{error.response.status_code} for {error.request.url.path}: {told}"
    return answers.cause(error)


def _general_remedy(error: Exception) -> str:
    """Return what to do about a fault that has nothing to do with what was asked for; '' for any other."""
    if isinstance(error, httpx.HTTPStatusError):
        return _remedy_of_status(error)
    if isinstance(error, UnexpectedAnswerError):
        return "Something else answers at this address: is it the server's, with https:// if that has TLS?"
    if not isinstance(error, httpx.HTTPError | ExceptionGroup):
        return ""
    if "CERTIFICATE_VERIFY_FAILED" in answers.cause(error):
        return (
            "The certificate is for another name, or of a CA that is not known here: set SSL_CERT_FILE to "
            "the file of that CA."
        )
    return (
        "The server can't be reached: look at the address, its DNS record, and the load balancer's listener "
        "and security group."
    )


def _remedy_of_status(error: httpx.HTTPStatusError) -> str:
    status = error.response.status_code
    if status in (401, 403):
        return (
            "Set LANGGRAPH_API_KEY if the server asks for a key, or let the firewall (WAF) pass this request."
        )
    if status in (502, 503, 504) and answers.detail(error) is None:
        return (
            "The load balancer has no task behind it that answers: look at the events of the ECS service and "
            "at the API's log."
        )
    return ""
