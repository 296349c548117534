"""The process behind `tests.support.proxy`: a TCP proxy that does what its standard input says.

It has a process of its own because a delay is only as precise as the event loop that keeps it, and because
a fault must not wait for a busy test. It ends when its standard input does, and so with the test.
"""

import asyncio
import ctypes
import json
import re
import selectors
import socket
import struct
import sys
from collections import deque
from contextlib import suppress
from functools import partial
from typing import Any, cast

HOST = "127.0.0.1"

_CLOSE = b"close"
_RESET = b"reset"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # struct linger

# socket(7): a filter that accepts no byte of any packet. The kernel drops it before TCP sees it, so that the
# sender gets no acknowledgement, and sends it again as it would into a dead line.
_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27
_ACCEPT_NOTHING = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # struct sock_filter
_DROP_ALL = struct.pack("HP", 1, ctypes.addressof(_ACCEPT_NOTHING))  # struct sock_fprog

# A connection that is stranded for ever must not swallow the SYN of a later one from the same port. So it may
# hear SYN and RST, which end it (RFC 9293, 3.10.7.4) and tell its client nothing.
_TCP_FLAGS, _SYN_OR_RST = 13, 0x06
_ACCEPT_ITS_END = ctypes.create_string_buffer(
    struct.pack("HBBI", 0x30, 0, 0, _TCP_FLAGS)  # load the byte
    + struct.pack("HBBI", 0x45, 0, 1, _SYN_OR_RST)  # go on if one of these bits is set, else skip one
    + struct.pack("HBBI", 0x06, 0, 0, 0xFFFF)
    + struct.pack("HBBI", 0x06, 0, 0, 0)
)
_DROP_ALL_BUT_ITS_END = struct.pack("HP", 4, ctypes.addressof(_ACCEPT_ITS_END))

# CommandComplete of a write, and ReadyForQuery, which PostgreSQL sends once that is committed:
# https://www.postgresql.org/docs/current/protocol-message-formats.html
_WRITTEN = re.compile(rb"C\0\0\0.(?:INSERT 0 \d+|UPDATE \d+|DELETE \d+|COMMIT)\0", re.DOTALL)
_READY = tuple(b"Z\0\0\0\5" + state for state in (b"I", b"T", b"E"))
_COMMITTED = _READY[0]


class End(asyncio.Protocol):
    """One end of a connection. What it receives goes to the other end, through a delay line."""

    other: "End"

    def __init__(self, wire: "Wire") -> None:
        self.wire = wire
        self.transport: asyncio.Transport | None = None
        self.lost = False
        self._line: deque[tuple[float, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._stranded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self.wire.dropping:
            self.hear(False)

    def data_received(self, data: bytes) -> None:
        self.send_on(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        self.send_on(_CLOSE if error is None else _RESET)
        self.wire.tidy()

    def pause_writing(self) -> None:
        if self.other.transport:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other.transport:
            self.other.transport.resume_reading()

    def send_on(self, item: bytes) -> None:
        """Let something enter the delay line."""
        self._line.append((self.wire.loop.time() + self.wire.delay, item))
        if self._timer is None:
            self.release()

    def release(self) -> None:
        """Deliver what is due, unless the wire is dead."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while self._line and self.other.transport and not (self.wire.dropping or self._stranded):
            due, item = self._line[0]
            if due > self.wire.loop.time():
                self._timer = self.wire.loop.call_at(due, self.release)
                return
            self._line.popleft()
            self._deliver(item)

    def hear(self, hears: bool) -> None:
        """Let packets arrive, or drop them."""
        if self.transport and not self.lost and not self._stranded:
            _hear(self.transport.get_extra_info("socket"), hears)

    def strand(self) -> None:
        """Deliver nothing, ever."""
        if self.transport and not self.lost:
            _attach(self.transport.get_extra_info("socket"), _DROP_ALL_BUT_ITS_END)
        self._stranded = True

    def reset(self) -> None:
        """End the connection by RST."""
        if self.lost or not self.transport:
            return
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.transport.abort()

    def _deliver(self, item: bytes) -> None:
        if self.other.lost or not self.other.transport:
            return
        if item is _CLOSE:
            self.other.transport.close()
        elif item is _RESET:
            self.other.reset()
        else:
            self.other.transport.write(item)


class ClientEnd(End):
    """The end at the client, which comes first."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        cast(asyncio.Transport, transport).pause_reading()
        self.wire.connect(self)


class ServerEnd(End):
    """The end at the server, which sees the answers."""

    def __init__(self, wire: "Wire", client: ClientEnd) -> None:
        super().__init__(wire)
        self.other = client
        client.other = self
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.other.release()
        if self.other.transport:
            self.other.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if not (self.wire.commits_to_cut or self._held):
            self.send_on(data)
            return
        self._held += data
        written = _WRITTEN.search(self._held)
        if written and self._held.endswith(_COMMITTED) and self.wire.commits_to_cut:
            self.wire.cut(self)
            return
        if written and not self._held.endswith(_READY):
            return
        answer, self._held = self._held, b""
        self.send_on(answer)


class Wire:
    """All connections, and what is wrong with them. Its commands are coroutines named `do_…`."""

    def __init__(self, server_port: int, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.delay = 0.0
        self.dropping = False
        self.commits_to_cut = 0
        self._server_port = server_port
        self._refuse_after_cut = False
        self._clients: set[ClientEnd] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._made = 0
        self._cuts = 0
        self._listener: asyncio.Server | None = None
        # Bound beside the listener, or somebody else could get the port while connections are refused.
        self._reservation = _bound(0)
        self.port: int = self._reservation.getsockname()[1]

    async def do_accept(self) -> None:
        if self._listener is None:
            sock = _bound(self.port)
            _hear(sock, not self.dropping)
            self._listener = await self.loop.create_server(partial(ClientEnd, self), sock=sock, backlog=1024)

    async def do_refuse(self) -> None:
        self._refuse()

    async def do_delay(self, seconds: float) -> None:
        self.delay = seconds

    async def do_drop(self) -> None:
        self.dropping = True
        self._hear(False)

    async def do_deliver(self) -> None:
        self.dropping = False
        self._hear(True)
        for end in self._ends():
            end.release()

    async def do_strand(self) -> None:
        for end in self._ends():
            end.strand()

    async def do_reset(self) -> None:
        for end in self._ends():
            end.reset()

    async def do_cut(self, times: int, refuse: bool) -> None:
        self.commits_to_cut = times
        self._refuse_after_cut = refuse

    async def do_count(self) -> dict[str, int]:
        open_now = sum(not client.lost for client in self._clients)
        return {"open": open_now, "made": self._made, "cut": self._cuts}

    def connect(self, client: ClientEnd) -> None:
        """Connect to the server for this client."""
        self._made += 1
        self._clients.add(client)
        task = self.loop.create_task(self._connect(ServerEnd(self, client)))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    def cut(self, server: ServerEnd) -> None:
        """Lose the answer to a commit, with the connection."""
        self.commits_to_cut -= 1
        self._cuts += 1
        if self._refuse_after_cut:
            self._refuse()
        server.reset()
        server.other.reset()

    def tidy(self) -> None:
        """Forget the connections that have ended at both ends."""
        self._clients = {client for client in self._clients if not (client.lost and client.other.lost)}

    async def _connect(self, server: ServerEnd) -> None:
        try:
            await self.loop.create_connection(lambda: server, HOST, self._server_port)
        except OSError:
            server.lost = True
            server.other.reset()

    def _hear(self, hears: bool) -> None:
        for end in self._ends():
            end.hear(hears)
        if self._listener:
            for sock in self._listener.sockets:
                _hear(sock, hears)

    def _refuse(self) -> None:
        if self._listener:
            self._listener.close()
            self._listener = None

    def _ends(self) -> list[End]:
        return [end for client in self._clients for end in (client, client.other)]


def _hear(sock: socket.socket, hears: bool) -> None:
    if not hears:
        _attach(sock, _DROP_ALL)
        return
    with suppress(FileNotFoundError):  # there was no filter to detach
        sock.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, b"\0\0\0\0")


def _attach(sock: socket.socket, program: bytes) -> None:
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def _bound(port: int) -> socket.socket:
    # asyncio sets TCP_NODELAY only on sockets that name their protocol; accepted ones have the listener's.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((HOST, port))
    return sock


async def _serve(server_port: int) -> None:
    loop = asyncio.get_running_loop()
    wire = Wire(server_port, loop)
    await wire.do_accept()
    _tell(wire.port)
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        name, arguments = json.loads(line)
        _tell(await getattr(wire, f"do_{name}")(**arguments))


def _tell(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _loop() -> asyncio.AbstractEventLoop:
    # epoll rounds a timeout up to the next millisecond, which is as much as a delay that is asked for.
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=_loop) as runner:
        runner.run(_serve(int(sys.argv[1])))
