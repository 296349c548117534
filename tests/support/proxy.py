"""A TCP proxy between a client and its server, to slow down or break the line between them.

    with Proxy(postgres.port, delay=0.005) as proxy:
        uri = proxy.through(postgres.uri)

It runs in a process of its own (`tests.support.proxy_process`), so it neither disturbs what is measured nor
waits for it, and may be used from any thread or event loop: each call returns when it has taken effect,
within a millisecond or so. For a process that holds less than about 500 connections.
"""

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any, Self

from graphs.server.process import PROJECT_ROOT


@dataclass(frozen=True)
class ProxyCounts:
    """Connections of clients: open now, made since the start, and cut after a commit."""

    open: int
    made: int
    cut: int


class Proxy:
    """Forwards connections of `port`, its own, to the server's port on 127.0.0.1. Use it with `with`.

    `delay` is in seconds, for each direction. A delay line adds it: however much is under way, it comes
    that much later, and throughput stays what it was. Over the delay asked for come some 0.1 ms of the
    proxy's own work each way, which delay 0 has as well: compare with that, not with no proxy. Making the
    TCP connection is not delayed, what is said on it is.
    """

    def __init__(self, server_port: int, *, delay: float = 0.0) -> None:
        self._server_port = server_port
        self._delay = delay
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.proxy_process", str(self._server_port)],
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port: int = self._answer()
        self.delay(self._delay)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def through(self, uri: str) -> str:
        """Return the server's URI with the proxy's port in place of its own."""
        return uri.replace(f":{self._server_port}/", f":{self.port}/")

    def delay(self, seconds: float) -> None:
        """Deliver this late from now on, in each direction."""
        self._do("delay", seconds=seconds)

    def drop(self) -> None:
        """Drop all packets in both directions, those of new connections and of ends that close too.

        It happens in the kernel, below TCP: nothing is acknowledged, and both sides send again and again,
        with growing pauses.
        """
        self._do("drop")

    def deliver(self) -> None:
        """Deliver packets again. What was lost comes when its sender sends it the next time."""
        self._do("deliver")

    def strand(self) -> None:
        """Drop all packets of the connections of now, for ever. New ones work.

        So does a firewall that has lost its state, or a machine that takes over the address of another.
        """
        self._do("strand")

    def reset(self) -> None:
        """End all connections by RST, at both ends."""
        self._do("reset")

    def refuse(self) -> None:
        """Refuse new connections."""
        self._do("refuse")

    def accept(self) -> None:
        """Accept new connections again."""
        self._do("accept")

    def cut_after_commits(self, times: int = 1, *, refuse: bool = False) -> None:
        """Lose the next answers of PostgreSQL to a commit, each with its connection (RST at both ends).

        With `refuse`, new connections are refused from the cut on.
        """
        self._do("cut", times=times, refuse=refuse)

    def counts(self) -> ProxyCounts:
        return ProxyCounts(**self._do("count"))

    def _do(self, name: str, **arguments: Any) -> Any:
        with self._turn:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps([name, arguments]) + "\n")
            self._process.stdin.flush()
            return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"The proxy's process ended with code {self._process.wait()}.")
        return json.loads(line)
