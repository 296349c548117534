"""uvicorn's reloader, except that it ends when its first server does.

By itself it watches on for ever over a server that could not start, as if a person were at work on the code.
After the first change of code that is so, and it does watch on, whatever becomes of a server.
"""

import os
import sys
import threading
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from socket import socket
from typing import Any

from uvicorn.config import Config
from uvicorn.lifespan.on import LifespanOn, LifespanSendMessage
from uvicorn.supervisors.watchfilesreload import WatchFilesReload

from graphs.server.process import START_ERROR


class Reloader(WatchFilesReload):
    """Ends with the first server's exit code; the file that START_ERROR names then says why it failed."""

    def __init__(self, config: Config, target: Any, sockets: list[socket]) -> None:
        super().__init__(config, partial(_serve, target), sockets)
        self._reloaded = False
        self._first_ended = False

    def run(self) -> None:
        """Watch until told to stop; raises SystemExit if the first server ended by itself."""
        super().run()
        if self._first_ended:
            sys.exit(self.process.exitcode or 1)

    def startup(self) -> None:
        """Start the first server."""
        super().startup()
        threading.Thread(target=self._follow, args=(self.process,), daemon=True).start()

    def restart(self) -> None:
        """Start another server in place of the present one."""
        self._reloaded = True
        super().restart()

    def _follow(self, first: SpawnProcess) -> None:
        wait([first.sentinel])
        if not self._reloaded and not self.should_exit.is_set():
            self._first_ended = True
            self.should_exit.set()


class _Lifespan(LifespanOn):
    async def send(self, message: LifespanSendMessage) -> None:
        # the message has a traceback as text; the application sends it while it handles the exception
        if message["type"] == "lifespan.startup.failed" and isinstance(error := sys.exception(), Exception):
            _note(error)
        await super().send(message)


def _serve(run: Any, sockets: list[socket] | None) -> None:
    """Do what the child process of the reloader does: run the server that the method `run` belongs to."""
    config: Config = run.__self__.config
    try:
        config.load()
        config.lifespan_class = _Lifespan
        run(sockets=sockets)
    except Exception as error:
        _note(error)
        raise


def _note(error: Exception) -> None:
    if file := os.environ.get(START_ERROR):
        Path(file).write_text(_in_words(error))


def _in_words(error: Exception) -> str:
    """Return the error's text, with its type unless the text was written for people."""
    kind = type(error)
    if kind is ValueError or kind.__module__.startswith("graphs."):
        return str(error)
    return f"{kind.__name__}: {error}"
