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
from types import FrameType
from typing import IO, Any

from dotenv import load_dotenv
from rich.console import Console

from graphs.kit.settings import kit_settings
from graphs.persistence.cluster import ClusterError
from graphs.persistence.embedded import ensure_embedded, release_embedded
from graphs.persistence.server_config import load_checkpointer_config
from graphs.persistence.settings import PersistenceSettings, load_settings, target
from graphs.server.process import (
    PROJECT_ROOT,
    STOP_SECONDS,
    DevServer,
    ServerError,
    end_group,
    free_port,
    group_members,
    port_is_free,
    servers_in,
)

DEFAULT_PORT = 2024
_NEAR_PORTS = 20
_START_SECONDS = 180.0
_LOCK_FILE = PROJECT_ROOT / ".holdfast" / "dev.json"
_START_ERROR_FILE = _LOCK_FILE.with_name("start-error.txt")
console = Console()


class AlreadyRunningError(RuntimeError):
    """Another server runs in this checkout; the message says which."""


def main() -> int:
    """Serve until interrupted; return the process's exit code."""
    load_dotenv(PROJECT_ROOT / ".env")
    _stop_like_ctrl_c()
    try:
        port = _wanted_port()
        settings = _checked_settings()
        with _only_one() as note, _postgres(settings) as place:
            return _serve(note, place, port)
    except (AlreadyRunningError, ClusterError, ServerError, ValueError) as error:
        console.print(f"make dev: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        return 0


def served_url() -> str | None:
    """Return the address at which `make dev` serves this checkout; None when none has said so."""
    if not _LOCK_FILE.exists():
        return None
    with _LOCK_FILE.open() as note:
        return _read(note).get("url")


def _stop_like_ctrl_c() -> None:
    """Let `kill` and a closed terminal stop all that Ctrl-C stops; under nohup a terminal may close."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _hang_up)


def _hang_up(number: int, _: FrameType | None) -> None:
    """Stop at the first SIGHUP; shell and kernel both send one, and the second must not stop the stopping."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _serve(note: IO[str], place: str, wanted_port: int) -> int:
    server = DevServer(
        PROJECT_ROOT, port=_usable_port(wanted_port), reload=True, start_error=_START_ERROR_FILE
    )
    server.start()
    try:
        assert server.process
        _write(note, {"pid": server.process.pid, "url": server.url})
        server.wait_ready(_START_SECONDS)
        _tell(server, place)
        return server.process.wait()
    finally:
        server.stop()
        _write(note, {})  # only now: what outlives this process is found by the note


def _checked_settings() -> PersistenceSettings:
    """Return where PostgreSQL is; raises ValueError for what the server would refuse at its start as well."""
    kit_settings()
    load_checkpointer_config()
    return load_settings()


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
        if others := servers_in(PROJECT_ROOT):
            raise AlreadyRunningError(
                f"a `langgraph dev` runs in this checkout (process {others[0]}), and both would overwrite "
                "each other's threads and runs. Use that one, or stop it."
            )
        yield note


def _end_leftover(group: int | None) -> None:
    """End a server whose `make dev` was killed: it still holds the port and the folder."""
    if group is None or not group_members(group, PROJECT_ROOT):
        return
    console.print(f"Ending the server that a killed `make dev` left behind (process {group}).")
    ended = end_group(group, PROJECT_ROOT, signal.SIGTERM, STOP_SECONDS)
    if not ended and not end_group(group, PROJECT_ROOT, signal.SIGKILL, STOP_SECONDS):
        raise AlreadyRunningError(
            f"the server that a killed `make dev` left behind can't be ended: end process {group}."
        )


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


def _wanted_port() -> int:
    text = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 65_535):
        raise ValueError(f"PORT={text!r} is not a port: set a number from 1 to 65535.")
    return int(text)


def _usable_port(wanted: int) -> int:
    if port_is_free(wanted):
        return wanted
    # the next ones first: an address that stays the same from start to start can be noted
    following = range(wanted + 1, min(wanted + _NEAR_PORTS, 65_536))
    port = next(filter(port_is_free, following), None) or free_port()
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
