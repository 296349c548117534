"""`make dev`: the server with all it needs, until Ctrl-C.

Starts the embedded PostgreSQL when no CHECKPOINT_POSTGRES_URI is set, then `langgraph dev`, and says where
to find things. Output of the server follows.
"""

import fcntl
import json
import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import IO, Any

import psutil
from dotenv import load_dotenv
from rich.console import Console

from graphs.kit.settings import kit_settings
from graphs.persistence.cluster import ClusterError
from graphs.persistence.embedded import ensure_embedded, release_embedded
from graphs.persistence.settings import PersistenceSettings, load_settings, target
from graphs.server.process import PROJECT_ROOT, DevServer, ServerError, free_port, port_is_free

DEFAULT_PORT = 2024
_START_SECONDS = 180.0
_LOCK_FILE = PROJECT_ROOT / ".holdfast" / "dev.json"
console = Console()


class AlreadyRunningError(RuntimeError):
    """Another `make dev` serves this checkout; the message says where."""


def main() -> int:
    """Serve until interrupted; return the process's exit code."""
    load_dotenv(PROJECT_ROOT / ".env")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _only_one() as note, _postgres(load_settings()) as place:
            return _serve(note, place)
    except (AlreadyRunningError, ClusterError, ServerError, ValueError) as error:
        console.print(f"make dev: {error}", style="red", markup=False, highlight=False)
        return 1
    except KeyboardInterrupt:
        return 0


def _serve(note: IO[str], place: str) -> int:
    server = DevServer(PROJECT_ROOT, port=_port(), reload=True)
    server.start()
    try:
        assert server.process
        _write(note, {"pid": server.process.pid, "url": server.url})
        server.wait_ready(_START_SECONDS)
        _tell(server, place)
        return server.process.wait()
    finally:
        server.stop()
        _write(note, {})


@contextmanager
def _only_one() -> Generator[IO[str]]:
    """Hold this checkout's lock: two servers in one folder would overwrite each other's threads and runs."""
    _LOCK_FILE.parent.mkdir(exist_ok=True)
    with _LOCK_FILE.open("a+") as note:
        try:
            fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            url = _read(note).get("url", "an address that it has not told yet")
            raise AlreadyRunningError(
                f"another `make dev` serves this checkout at {url}. Use it, or stop it with Ctrl-C in its "
                "terminal; a second one needs a checkout of its own."
            ) from None
        _end_leftover(_read(note).get("pid"))
        yield note


def _end_leftover(pid: int | None) -> None:
    """End a server whose `make dev` was killed: it still holds the port and the folder."""
    if pid is None or not psutil.pid_exists(pid):
        return
    process = psutil.Process(pid)
    if "langgraph_cli" not in " ".join(process.cmdline()):
        return  # another program has the number now
    console.print(f"Ending the server that a killed `make dev` left behind (process {pid}).")
    family = [process, *process.children(recursive=True)]
    for member in family:
        member.terminate()
    _, alive = psutil.wait_procs(family, timeout=15)
    for member in alive:
        member.kill()


@contextmanager
def _postgres(settings: PersistenceSettings) -> Generator[str]:
    """Hold the embedded PostgreSQL, unless there is another; yield where the sessions are, for a person."""
    if settings.uri is not None:
        yield f"PostgreSQL at {target(settings.uri.get_secret_value())}"
        return
    console.print("Starting the embedded PostgreSQL …")
    ensure_embedded(settings.embedded_folder)
    try:
        yield f"an embedded PostgreSQL, data in {os.path.relpath(settings.embedded_folder)}"
    finally:
        release_embedded(settings.embedded_folder)


def _port() -> int:
    wanted = int(os.environ.get("PORT") or DEFAULT_PORT)
    if port_is_free(wanted):
        return wanted
    port = free_port()
    console.print(f"Port {wanted} is taken; using {port}. Set PORT to choose another.")
    return port


def _tell(server: DevServer, place: str) -> None:
    holdfast = os.path.relpath(PROJECT_ROOT / ".venv" / "bin" / "holdfast")
    sample = "graphs/three_dp_custom/samples/bracket.stl"
    url = f" --url {server.url}" if server.port != DEFAULT_PORT else ""
    lines = [
        "",
        "[bold green]Holdfast is ready.[/]",
        f"  API      {server.url}  (reference: {server.url}/docs)",
        f"  Studio   https://smith.langchain.com/studio/?baseUrl={server.url}",
        f"  Sessions in {place}",
        f"  Model    {kit_settings().model or 'the offline planner (MODEL=provider:name for a real one)'}",
        f'  Ask      {holdfast} ask three_dp_custom "Is bracket.stl watertight?" --file {sample}{url}',
        "  Stop     Ctrl-C",
        "",
    ]
    console.print("\n".join(lines), highlight=False, soft_wrap=True)


def _read(note: IO[str]) -> dict[str, Any]:
    note.seek(0)
    text = note.read()
    return json.loads(text) if text else {}


def _write(note: IO[str], content: dict[str, Any]) -> None:
    note.seek(0)
    note.truncate()
    json.dump(content, note)
    note.flush()


if __name__ == "__main__":
    sys.exit(main())
