"""The proxy does to a connection what it says: faults that don't happen would be outlived by anything."""

import socket
import struct
import threading
import time
from collections.abc import Generator
from contextlib import closing

import pytest

from tests.support.proxy import Proxy

SECONDS = 30.0
"""What a busy machine has for anything."""


@pytest.fixture
def echo() -> Generator[int]:
    """The port of a server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


def serve(listener: socket.socket) -> None:
    while True:
        try:
            conn, _ = listener.accept()
        except OSError:  # closed, at the test's end
            return
        threading.Thread(target=send_back, args=(conn,), daemon=True).start()


def send_back(conn: socket.socket) -> None:
    with conn:
        try:
            while data := conn.recv(65_536):
                conn.sendall(data)
        except ConnectionError:
            return


@pytest.fixture
def proxy(echo: int) -> Generator[Proxy]:
    with Proxy(echo) as proxy:
        yield proxy


@pytest.fixture
def line(proxy: Proxy) -> Generator[socket.socket]:
    """A connection through it, which works."""
    with connection(proxy) as line:
        assert answer(line, b"hello") == b"hello"
        yield line


def connection(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=SECONDS)


def answer(line: socket.socket, data: bytes) -> bytes:
    line.sendall(data)
    return receive(line, len(data))


def receive(line: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size and (data := line.recv(65_536)):
        received += data
    return bytes(received)


def test_it_delivers_late_in_each_direction(proxy: Proxy, line: socket.socket) -> None:
    proxy.delay(1)
    began = time.monotonic()
    assert answer(line, b"late") == b"late"
    assert time.monotonic() - began >= 2

    proxy.delay(0)
    began = time.monotonic()
    assert answer(line, b"soon") == b"soon"
    assert time.monotonic() - began < 2


def test_a_delay_does_not_limit_how_much_is_on_its_way(proxy: Proxy, line: socket.socket) -> None:
    proxy.delay(0.2)
    data = bytes(range(256)) * 80_000  # some 300 reads: a pause at each would take a minute
    threading.Thread(target=line.sendall, args=(data,), daemon=True).start()
    began = time.monotonic()
    assert receive(line, len(data)) == data
    assert time.monotonic() - began < 20


def test_dropped_packets_come_when_they_are_sent_again(proxy: Proxy, line: socket.socket) -> None:
    proxy.drop()
    line.sendall(b"again")
    line.settimeout(0.5)
    with pytest.raises(TimeoutError):
        line.recv(1)
    with closing(socket.socket()) as late:
        late.settimeout(0.5)
        with pytest.raises(TimeoutError):
            late.connect(("127.0.0.1", proxy.port))

    proxy.deliver()
    line.settimeout(SECONDS)
    assert receive(line, 5) == b"again"


def test_a_stranded_connection_is_dead_for_ever_and_new_ones_work(proxy: Proxy, line: socket.socket) -> None:
    proxy.strand()
    proxy.deliver()
    line.sendall(b"lost")
    with connection(proxy) as another:
        assert answer(another, b"works") == b"works"
    line.settimeout(1)
    with pytest.raises(TimeoutError):
        line.recv(1)


@pytest.mark.parametrize("dropping", [False, True])
def test_a_stranded_connection_is_in_nobody_s_way(proxy: Proxy, dropping: bool) -> None:
    """A later connection may get its client's port again."""
    with closing(connection_from(proxy, 0)) as line:
        assert answer(line, b"hello") == b"hello"
        port = line.getsockname()[1]
        if dropping:
            proxy.drop()
        else:
            proxy.strand()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if dropping:
        proxy.strand()
        proxy.deliver()
    with closing(connection_from(proxy, port)) as another:
        assert answer(another, b"works") == b"works"


def connection_from(proxy: Proxy, port: int) -> socket.socket:
    """Connect from an address whose ports nobody else takes."""
    return socket.create_connection(
        ("127.0.0.1", proxy.port), timeout=SECONDS, source_address=("127.0.0.2", port)
    )


def test_a_reset_reaches_the_client(proxy: Proxy, line: socket.socket) -> None:
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        line.recv(1)


def test_refused_connections_leave_those_of_before_alone(proxy: Proxy, line: socket.socket) -> None:
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        connection(proxy)
    assert answer(line, b"still here") == b"still here"

    proxy.accept()
    with connection(proxy) as another:
        assert answer(another, b"works") == b"works"
    assert proxy.counts().made == 2


def test_only_the_answer_to_a_commit_is_cut(proxy: Proxy, line: socket.socket) -> None:
    ready, in_transaction = b"Z\0\0\0\5I", b"Z\0\0\0\5T"
    inserted = b"C\0\0\0\x0fINSERT 0 1\0"
    read = b"C\0\0\0\x0dSELECT 1\0"
    proxy.cut_after_commits(1, refuse=True)

    for other in (read + ready, inserted + in_transaction, read + ready):
        assert answer(line, other) == other
    assert proxy.counts().cut == 0

    line.sendall(inserted + ready)
    with pytest.raises(ConnectionResetError):
        line.recv(1)
    assert proxy.counts().cut == 1
    with pytest.raises(ConnectionRefusedError):
        connection(proxy)


def test_a_server_that_is_gone_is_an_end_of_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    # the reset may come before the connection is made
    with Proxy(port) as proxy, pytest.raises(ConnectionResetError), connection(proxy) as line:
        line.recv(1)
