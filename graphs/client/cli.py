"""The command line: `holdfast ask`, `sizing`, `smoke`, and `sessions list | show | restore | resume`."""

import json
import os
import re
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import httpx
import typer
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import NotFoundError
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Column, Table

from graphs.client import blocking
from graphs.client.answers import cause, detail
from graphs.client.conversation import last_answer, stream_turn
from graphs.client.files import download_file, files_path, upload_files
from graphs.client.restore import DEFAULT_DEADLINE, DEFAULT_URL, list_sessions, restore_session
from graphs.client.resume import APPROVE, REJECT, resume_session
from graphs.client.session import Session, SessionStatus
from graphs.client.sizing import Deployment
from graphs.client.smoke import DEFAULT_DEADLINE as SMOKE_DEADLINE
from graphs.client.smoke import smoke

app = typer.Typer(help="Talk to Holdfast's agents, and restore their sessions.", no_args_is_help=True)
sessions_app = typer.Typer(help="List, show, restore and resume sessions.", no_args_is_help=True)
app.add_typer(sessions_app, name="sessions")
console = Console()
notes = Console(stderr=True)

Result = TypeVar("Result")
Url = Annotated[str, typer.Option(envvar="HOLDFAST_URL", help="The server's address.")]
Deadline = Annotated[float, typer.Option(help="Seconds within which the answer comes.")]
ThreadId = Annotated[str, typer.Argument(help="The session's thread id.")]

EXIT_IMPOSSIBLE = 2
EXIT_NOT_FOUND = 3
EXIT_UNAVAILABLE = 4

_ON, _OFF = ("1", "true", "t", "yes", "y", "on"), ("", "0", "false", "f", "no", "n", "off")
_SWITCHES = {**dict.fromkeys(_ON, True), **dict.fromkeys(_OFF, False)}


@app.command()
def ask(
    agent: Annotated[str, typer.Argument(help="analytics, three_dp_custom, project_bodhi, …")],
    text: Annotated[str, typer.Argument(help="What you want, in plain English.")],
    file: Annotated[
        list[Path] | None, typer.Option(exists=True, dir_okay=False, help="Hand over a file.")
    ] = None,
    thread: Annotated[str | None, typer.Option(help="Go on in this session.")] = None,
    save_to: Annotated[Path | None, typer.Option(help="Download the files that the agent made.")] = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Ask an agent; progress goes to stderr, the answer to stdout."""
    session = _run(_ask(url, agent, text, file or [], thread, save_to))
    _print_session(session)
    _exit_by_status(session)


@sessions_app.command("list")
def list_command(
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    offset: Annotated[int, typer.Option(min=0)] = 0,
    url: Url = DEFAULT_URL,
) -> None:
    """List the sessions in the database, the last changed first; tab-separated where no person looks on."""
    lines = _run(list_sessions(url=url, limit=limit, offset=offset))
    rows = [(each.thread_id, each.graph_id or "?", each.updated_at, str(each.checkpoints)) for each in lines]
    if not console.is_terminal:
        typer.echo("\n".join("\t".join(row) for row in rows))
        return
    table = Table(Column("thread", no_wrap=True), "agent", "changed", "checkpoints")
    for row in rows:
        table.add_row(*row)
    console.print(table)


@sessions_app.command()
def show(thread_id: ThreadId, url: Url = DEFAULT_URL, deadline: Deadline = DEFAULT_DEADLINE) -> None:
    """Print a session's whole state as JSON."""
    session = _run(restore_session(thread_id, url=url, deadline=deadline))
    console.print_json(json.dumps(vars(session), default=str))
    _exit_by_status(session)


@sessions_app.command()
def restore(thread_id: ThreadId, url: Url = DEFAULT_URL, deadline: Deadline = DEFAULT_DEADLINE) -> None:
    """Restore a session and say how it is."""
    session = _run(restore_session(thread_id, url=url, deadline=deadline))
    _print_session(session)
    _exit_by_status(session)


@sessions_app.command()
def resume(
    thread_id: ThreadId,
    approve: Annotated[bool, typer.Option("--approve", help="Agree to what the session asks.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Refuse what the session asks.")] = False,
    question: Annotated[
        str | None, typer.Option(help="Which question that answers: the id that the hint shows.")
    ] = None,
    url: Url = DEFAULT_URL,
    deadline: Deadline = DEFAULT_DEADLINE,
) -> None:
    """Finish an incomplete session, or answer one that waits for a person."""
    if approve and reject:
        raise typer.BadParameter("give --approve or --reject, not both")
    answer = APPROVE if approve else REJECT if reject else None
    session = _run(
        resume_session(thread_id, answer=answer, interrupt_id=question, url=url, deadline=deadline)
    )
    _print_session(session)
    _exit_by_status(session)


@app.command("smoke")
def smoke_command(
    url: Url = DEFAULT_URL,
    deadline: Annotated[float, typer.Option(min=1, help="Seconds that a step may take.")] = SMOKE_DEADLINE,
) -> None:
    """Check a deployment from outside, step by step; exit with 1 at the first step that fails.

    A key goes by LANGGRAPH_API_KEY, a private CA by SSL_CERT_FILE.
    """
    if not _run(_smoke(url, deadline)):
        raise typer.Exit(1)


def _whole(least: int) -> Callable[[str], int]:
    """Return the parser of an option that takes a whole number from `least` on."""

    def parse(text: str) -> int:
        number = int(text) if re.fullmatch(r"[+-]?[0-9]+", str(text).strip()) else None
        if number is None or number < least:
            raise typer.BadParameter(f"it is {text!r}: give a whole number of {least} or more.")
        return number

    return parse


def _number(least: int, text: str, variable: str | None = None) -> Any:
    return typer.Option(envvar=variable, help=text, parser=_whole(least), metavar="INTEGER")


def _switch_of(variable: str) -> bool:
    """Return what the variable says, in the words that the server takes."""
    text = os.environ.get(variable, "")
    switch = _SWITCHES.get(text.strip().lower())
    if switch is None:
        raise typer.BadParameter(f"{variable} is {text!r}: set it to true or false, or unset it.")
    return switch


@app.command()
def sizing(
    replicas: Annotated[int, _number(1, "Server processes; in a rolling update, old and new.")] = 1,
    jobs: Annotated[int, _number(0, "Runs side by side in one process.", "N_JOBS_PER_WORKER")] = 10,
    isolated_loops: Annotated[
        bool,
        typer.Option("--isolated-loops", help="A pool for each run; also if BG_JOB_ISOLATED_LOOPS is true."),
    ] = False,
    budget: Annotated[int, _number(1, "Connections of one process.", "CHECKPOINT_CONNECTION_BUDGET")] = 20,
    max_connections: Annotated[int, _number(1, "PostgreSQL's setting.")] = 100,
    reserved: Annotated[
        int, _number(0, "PostgreSQL's superuser_reserved_connections + reserved_connections.")
    ] = 3,
    others: Annotated[int, _number(0, "Connections of all other clients of that PostgreSQL.")] = 0,
    server_pool: Annotated[
        int,
        _number(
            0,
            "The server's own pool, if DATABASE_URI is on the same PostgreSQL.",
            "LANGGRAPH_POSTGRES_POOL_MAX_SIZE",
        ),
    ] = 0,
    users: Annotated[int, _number(0, "People with a run at work at the same time.")] = 0,
) -> None:
    """Count the connections that a deployment may open; exit with 1 if PostgreSQL has not as many."""
    isolated_loops = isolated_loops or _switch_of("BG_JOB_ISOLATED_LOOPS")
    deployment = Deployment(
        replicas, jobs, isolated_loops, budget, max_connections, reserved, others, server_pool, users
    )
    for problem in deployment.impossible:
        notes.print(problem, style="red", markup=False, soft_wrap=True)
    if deployment.impossible:
        raise typer.Exit(EXIT_IMPOSSIBLE)
    problems = deployment.problems
    typer.echo("It does not fit." if problems else "It fits.")
    _print_sizing(deployment)
    for problem in problems:
        notes.print(problem, style="red", markup=False, soft_wrap=True)
    if problems:
        raise typer.Exit(1)


async def _ask(
    url: str, agent: str, text: str, files: list[Path], thread: str | None, save_to: Path | None
) -> Session:
    async with get_client(url=url) as client:
        await _check_agent(client, agent)
        thread_id = thread or (await client.threads.create(graph_id=agent))["thread_id"]
        notes.print(f"session {thread_id}", style="dim")
        known = set()
        if thread:
            known = set((await restore_session(thread_id, client=client)).values.get("artifacts") or {})
        if files:
            for uploaded in await upload_files(client, thread_id, files):
                notes.print(f"uploaded {uploaded['name']} ({uploaded['size']:,} bytes)", style="dim")
                known.add(uploaded["name"])
        async for step in stream_turn(client, thread_id, agent, text):
            notes.print(
                f"  {step.actor}: {step.text}", style="cyan", markup=False, highlight=False, soft_wrap=True
            )
        session = await restore_session(thread_id, client=client)
        await _show_made_files(client, session, known, save_to)
        return session


async def _smoke(url: str, deadline: float) -> bool:
    async with get_client(url=url) as client:
        async for check in smoke(client, deadline=deadline):
            line = (
                f"{'ok  ' if check.passed else 'FAIL'}  {check.name:<8}  {check.seconds:6.2f} s  {check.seen}"
            )
            typer.echo(line, err=not check.passed)
            if not check.passed:
                notes.print(f"      {check.remedy}", style="yellow", markup=False, soft_wrap=True)
                return False
    return True


async def _check_agent(client: LangGraphClient, agent: str) -> None:
    """Let the server refuse an agent, or the id of an assistant, that it does not have.

    A thread made for it would stay behind, since only the run is refused.
    """
    if not _is_uuid(agent):
        await client.assistants.search(graph_id=agent, limit=1)
        return
    try:
        await client.assistants.get(agent)
    except NotFoundError:
        raise ValueError(f"The assistant '{agent}' is not found: give the name of an agent.") from None


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


async def _show_made_files(
    client: LangGraphClient, session: Session, known: set[str], save_to: Path | None
) -> None:
    for name in session.values.get("artifacts") or {}:
        if name in known:
            continue
        if save_to:
            notes.print(
                f"made {await download_file(client, session.thread_id, name, save_to)}", style="green"
            )
        else:
            base = str(client.http.client.base_url).rstrip("/")
            notes.print(
                f"made {base}{files_path(session.thread_id, name)}",
                style="green",
                markup=False,
                soft_wrap=True,
            )


def _print_session(session: Session) -> None:
    status = f"session {session.thread_id}: {session.status} {session.reason}"
    notes.print(status, style="bold", markup=False, soft_wrap=True)
    if answer := last_answer(session.values):
        console.print(Markdown(answer)) if console.is_terminal else typer.echo(answer)
    for interrupt in session.interrupts:
        console.print_json(json.dumps(interrupt.get("value"), default=str))
    for hint in _hints(session):
        notes.print(hint, style="yellow", markup=False, soft_wrap=True)


def _print_sizing(deployment: Deployment) -> None:
    rows = [
        ("event loops, and so pools, of one process", deployment.loops),
        ("connections of one pool", deployment.pool_size),
        ("connections of one process", deployment.per_process),
        ("connections of all processes", deployment.total),
        ("connections that PostgreSQL has for them", deployment.available),
        ("more processes that there is room for", deployment.room),
        ("runs side by side", deployment.runs),
    ]
    if not console.is_terminal:
        typer.echo("\n".join(f"{name}\t{figure}" for name, figure in rows))
        return
    table = Table("at most", Column("", justify="right"))
    for name, figure in rows:
        table.add_row(name, str(figure))
    console.print(table)


def _hints(session: Session) -> list[str]:
    """Say what to do next."""
    resume = f"holdfast sessions resume {session.thread_id}"
    if session.status is SessionStatus.WAITING:
        return [
            f"{resume} --question {interrupt['id']} --approve | --reject" for interrupt in session.interrupts
        ]
    if session.status is SessionStatus.INCOMPLETE:
        return [resume]
    if session.status is SessionStatus.UNAVAILABLE:
        return [f"try again in {session.retry_after or 0:g} s; nothing is lost"]
    return []


def _exit_by_status(session: Session) -> None:
    if session.status is SessionStatus.NOT_FOUND:
        raise typer.Exit(EXIT_NOT_FOUND)
    if session.status is SessionStatus.UNAVAILABLE:
        raise typer.Exit(EXIT_UNAVAILABLE)


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end; what a person can mend becomes one line instead of a traceback."""
    try:
        return blocking.run(work)
    except httpx.HTTPStatusError as error:
        notes.print(f"The server refused: {detail(error) or error}", style="red", markup=False)
        raise typer.Exit(1) from None
    except (httpx.HTTPError, httpx.InvalidURL, ExceptionGroup) as error:
        notes.print(
            f"The server can't be reached ({cause(error)}): is it at the --url?",
            style="red",
            markup=False,
        )
        raise typer.Exit(EXIT_UNAVAILABLE) from None
    except (ValueError, RuntimeError, OSError) as error:
        notes.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from None


def main() -> None:
    """Run the command line."""
    app(prog_name="holdfast", standalone_mode=True)


if __name__ == "__main__":
    sys.exit(main())
