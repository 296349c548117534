"""`make demo`: one real task for each agent, then a PostgreSQL restart in the middle of a run.

Without --url it starts a server and a PostgreSQL of its own, in a temporary folder, and stops both.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from rich.console import Console
from rich.markdown import Markdown

from graphs.client import (
    Session,
    SessionStatus,
    download_file,
    last_answer,
    list_sessions,
    restore_session,
    stream_turn,
    upload_files,
)
from graphs.persistence.cluster import ClusterError
from graphs.persistence.embedded import ensure_embedded, release_embedded, restart_embedded
from graphs.persistence.settings import load_settings
from graphs.server.dev import served_url
from graphs.server.process import PROJECT_ROOT, DevServer, ServerError, isolated_project

OUTPUT = PROJECT_ROOT / ".holdfast" / "demo"
_START_SECONDS = 90.0
_RUN_SECONDS = 60.0
_RESTORE_SECONDS = 30.0
_AT_WORK = 3
"""Checkpoints that a run has once its first sub-agent works."""
console = Console()

RestartPostgres = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Task:
    """What a person asks an agent, about sample files of that agent."""

    agent: str
    files: tuple[str, ...]
    text: str

    @property
    def paths(self) -> list[Path]:
        """The sample files."""
        return [PROJECT_ROOT / "graphs" / self.agent / "samples" / name for name in self.files]


TASKS = (
    Task("analytics", ("sales.csv",), "Bar chart of the total revenue_usd by region in sales.csv."),
    Task("three_dp_custom", ("bracket.stl",), "Check the overhangs of bracket.stl."),
    Task(
        "project_bodhi",
        ("reliable_construction.csv",),
        "What is the critical path? Then draw a Gantt chart.",
    ),
    Task(
        "trial_analysis",
        ("gehan.csv",),
        "Kaplan-Meier survival of gehan.csv with time weeks, event relapse and arm arm.",
    ),
    Task("formulation", ("yarn.csv",), "Find the blend of yarn.csv with the highest elongation."),
)

LONG_TASK = Task(
    "three_dp_custom",
    ("bracket.stl", "open_box.stl", "torus.stl"),
    "Is bracket.stl watertight?\nRepair open_box.stl.\nCheck the overhangs of bracket.stl.\n"
    "What is the volume of torus.stl?\nCheck the overhangs of torus.stl.\n"
    "Does torus.stl fit on a Prusa MK4S?",
)


def main() -> int:
    """Run the demo; return the process's exit code."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--url", help="a running server; the default is one of the demo's own")
    url = parser.parse_args().url
    started = time.monotonic()
    try:
        asyncio.run(_demo(url))
    except (httpx.HTTPError, ClusterError, ServerError, RuntimeError, ValueError, TimeoutError) as error:
        console.print(f"The demo stopped: {error or type(error).__name__}", style="red", markup=False)
        return 1
    console.print(f"\nDone in {time.monotonic() - started:.0f} s. Files: {OUTPUT}", style="bold green")
    return 0


async def _demo(url: str | None) -> None:
    async with _server(url) as (address, restart), get_client(url=address) as client:
        for task in TASKS:
            await _show_task(client, task)
        await _show_restart(client, restart)


@asynccontextmanager
async def _server(url: str | None) -> AsyncGenerator[tuple[str, RestartPostgres | None]]:
    """Yield the address, and what restarts its PostgreSQL: None where that is not ours to restart."""
    if url:
        settings = load_settings()
        folder = settings.embedded_folder
        ours = settings.uri is None and is_of_this_checkout(url) and (folder / "postmaster.pid").exists()
        yield url, (lambda: asyncio.to_thread(restart_embedded, folder)) if ours else None
        return
    with tempfile.TemporaryDirectory(prefix="holdfast-demo-") as name:
        project = isolated_project(Path(name))
        folder = project / "postgres"
        console.print("Starting PostgreSQL and the server …")
        server = DevServer(
            project,
            environment={
                "CHECKPOINT_POSTGRES_URI": await asyncio.to_thread(ensure_embedded, folder),
                "ARTIFACTS_URL": str(project / "files"),
            },
            log=project / "server.log",
        )
        try:
            server.start()
            await asyncio.to_thread(server.wait_ready, _START_SECONDS)
            yield server.url, lambda: asyncio.to_thread(restart_embedded, folder)
        finally:
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(release_embedded, folder)


def is_of_this_checkout(url: str) -> bool:
    """Return whether the URL is that of the `make dev` of this checkout."""
    if (served := served_url()) is None:
        return False
    given = urlsplit(url)
    return given.hostname in ("127.0.0.1", "localhost") and given.port == urlsplit(served).port


async def _show_task(client: LangGraphClient, task: Task) -> None:
    console.rule(f"[bold]{task.agent}")
    thread_id = await _new_session(client, task)
    console.print(f"[bold]You:[/] {task.text}  [dim]({', '.join(task.files)})[/]")
    async for step in stream_turn(client, thread_id, task.agent, task.text):
        console.print(f"  {step.actor}: {step.text}", style="cyan", markup=False, highlight=False)
    await _show_answer(client, await restore_session(thread_id, client=client), task)


async def _show_answer(client: LangGraphClient, session: Session, task: Task) -> None:
    console.print(Markdown(last_answer(session.values)))
    for name in session.values["artifacts"]:
        if name not in task.files:
            path = await download_file(client, session.thread_id, name, OUTPUT / task.agent)
            console.print(f"  made {path}", style="green", markup=False)


async def _show_restart(client: LangGraphClient, restart: RestartPostgres | None) -> None:
    console.rule("[bold]PostgreSQL restarts in the middle of a run")
    if restart is None:
        console.print("Skipped: the PostgreSQL of this server is not the embedded one of this checkout.")
        return
    thread_id = await _new_session(client, LONG_TASK)
    run = await client.runs.create(
        thread_id,
        LONG_TASK.agent,
        input={"messages": [{"role": "user", "content": LONG_TASK.text}]},
        durability="sync",
    )
    before = await _checkpoints_at_work(client, thread_id)
    console.print(f"The run is at work: {before} checkpoints. Restarting PostgreSQL …")
    clock = time.monotonic()
    await restart()
    console.print(f"PostgreSQL is back after {time.monotonic() - clock:.1f} s.")
    async with asyncio.timeout(_RUN_SECONDS):
        await client.runs.join(thread_id, run["run_id"])
    status = (await client.runs.get(thread_id, run["run_id"]))["status"]
    after = await _checkpoints(client, thread_id)
    console.print(f"The same run ended in [bold]{status}[/] with {after} checkpoints.")
    session = await restore_session(thread_id, client=client, deadline=_RESTORE_SECONDS)
    console.print(f"restore_session: [bold]{session.status}[/], {len(session.values['messages'])} messages.")
    if status != "success" or session.status is not SessionStatus.IDLE:
        raise RuntimeError(f"the session did not outlive the restart: {status}, {session.status}")
    await _show_answer(client, session, LONG_TASK)


async def _new_session(client: LangGraphClient, task: Task) -> str:
    thread_id = (await client.threads.create(graph_id=task.agent))["thread_id"]
    await upload_files(client, thread_id, task.paths)
    return thread_id


async def _checkpoints_at_work(client: LangGraphClient, thread_id: str) -> int:
    async with asyncio.timeout(_RUN_SECONDS):
        while True:
            if (count := await _checkpoints(client, thread_id)) >= _AT_WORK:
                return count
            await asyncio.sleep(0.05)


async def _checkpoints(client: LangGraphClient, thread_id: str) -> int:
    lines = await list_sessions(client=client, limit=1000)
    return next((line.checkpoints for line in lines if line.thread_id == thread_id), 0)


if __name__ == "__main__":
    sys.exit(main())
