"""An HTTPS reverse proxy that treats HTTP/1.1 as AWS's Application Load Balancer does.

    async with LoadBalancer(server.port, idle_timeout=12) as balancer:
        client = get_client(url=balancer.url)  # with SSL_CERT_FILE=balancer.ca_file

- TLS ends here, with a certificate of a CA of its own for `localhost`. Clients' connections are kept alive.
- The target gets X-Forwarded-For (what came, and the client's address after it), -Proto and -Port.
- A connection on which nothing was sent or received for the idle timeout is closed; a client that had no
  answer by then gets a 504, and one whose target can't be reached a 502, both in HTML:
  https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
  https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html

Unlike AWS's, it reads a request whole before it passes it on, makes a connection to the target for each
request, and speaks neither HTTP/2 nor WebSocket. It runs on the event loop that enters it.
"""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import h11
import trustme

HOST = "localhost"
_TARGET = "127.0.0.1"
_TRANSFER_ENCODING = b"transfer-encoding"
_HOP_BY_HOP = {b"connection", b"keep-alive"}
_READ_BYTES = 1 << 16


class _ClientGoneError(Exception):
    """The client hung up, or said nothing for the idle timeout."""


class LoadBalancer:
    """Forwards to `target_port` of 127.0.0.1. Use it with `async with`.

    `idle_timeout` is in seconds. `timeouts` counts the answers that were silent for too long. The next
    `cuts_to_come` answers are cut off behind their headers.
    """

    def __init__(self, target_port: int, *, idle_timeout: float = 60.0) -> None:
        self.target_port = target_port
        self.idle_timeout = idle_timeout
        self.timeouts = 0
        self.cuts_to_come = 0
        self.forwarded: list[dict[str, str]] = []
        self._authority = trustme.CA()
        self._clients: set[asyncio.Task[None]] = set()
        self._streams: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="load-balancer-")
        self.ca_file = Path(self._folder.name) / "ca.pem"
        self._authority.cert_pem.write_to_path(self.ca_file)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._authority.issue_cert(HOST).configure_cert(context)
        self._server = await asyncio.start_server(self._accept, _TARGET, 0, ssl=context)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        self._folder.cleanup()

    @property
    def url(self) -> str:
        """The public address."""
        return f"https://{HOST}:{self.port}"

    @property
    def streams(self) -> int:
        """How many answers of a length that was not known before have begun and go on."""
        return len(self._streams)

    def cut(self) -> None:
        """End the connections of these, as when one of AWS's machines is replaced."""
        for writer in self._streams:
            writer.transport.abort()
        self._streams.clear()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = asyncio.create_task(self._serve(reader, writer))
        self._clients.add(client)
        client.add_done_callback(self._clients.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(_ClientGoneError, ConnectionError, ssl.SSLError, h11.RemoteProtocolError):
                await self._answer_all(reader, writer)
        finally:
            writer.close()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after the other until the client has no more."""
        client = h11.Connection(h11.SERVER)
        gone = asyncio.create_task(writer.wait_closed())
        try:
            while client.our_state is h11.IDLE:
                request, body = await self._request(client, reader)
                answering = asyncio.create_task(self._answer(client, writer, request, body))
                try:
                    await asyncio.wait([answering, gone], return_when=asyncio.FIRST_COMPLETED)
                    if not answering.done():
                        raise _ClientGoneError
                    await answering
                finally:
                    await _cancelled(answering)
                if client.our_state is h11.DONE:
                    client.start_next_cycle()
        finally:
            await _cancelled(gone)

    async def _request(
        self, client: h11.Connection, reader: asyncio.StreamReader
    ) -> tuple[h11.Request, bytes]:
        try:
            request = await self._next_event(client, reader)
            if not isinstance(request, h11.Request):
                raise _ClientGoneError
            chunks = []
            while isinstance(event := await self._next_event(client, reader), h11.Data):
                chunks.append(bytes(event.data))
        except TimeoutError:
            raise _ClientGoneError from None
        return request, b"".join(chunks)

    async def _answer(
        self, client: h11.Connection, writer: asyncio.StreamWriter, request: h11.Request, body: bytes
    ) -> None:
        try:
            async with _connected(self.target_port) as (reader, target_writer):
                target = h11.Connection(h11.CLIENT)
                headers = self._forwarded_headers(request, writer)
                head = h11.Request(method=request.method, target=request.target, headers=headers)
                for event in (head, h11.Data(data=body), h11.EndOfMessage()):
                    target_writer.write(target.send(event) or b"")
                await target_writer.drain()
                while True:
                    event = await self._next_event(target, reader)
                    if isinstance(event, h11.Response):
                        if _TRANSFER_ENCODING in dict(event.headers):
                            self._streams.add(writer)
                        event = h11.Response(
                            status_code=event.status_code,
                            headers=_end_to_end(event.headers),
                            reason=event.reason,
                        )
                    writer.write(client.send(event) or b"")
                    await writer.drain()
                    if self.cuts_to_come:
                        self.cuts_to_come -= 1
                        raise _ClientGoneError
                    if isinstance(event, h11.EndOfMessage):
                        return
        except TimeoutError:
            self.timeouts += 1
            await self._refuse(client, writer, 504, b"Gateway Time-out")
        except (OSError, h11.RemoteProtocolError):
            await self._refuse(client, writer, 502, b"Bad Gateway")
        finally:
            self._streams.discard(writer)

    async def _refuse(
        self, client: h11.Connection, writer: asyncio.StreamWriter, status: int, reason: bytes
    ) -> None:
        """Answer in the target's place; if that has begun to answer, only the connection's end can tell."""
        if client.our_state is not h11.SEND_RESPONSE:
            raise _ClientGoneError
        page = b"<html><body><center><h1>%d %s</h1></center></body></html>" % (status, reason)
        headers = [("content-type", "text/html"), ("content-length", str(len(page)))]
        response = h11.Response(status_code=status, headers=headers, reason=reason)
        for event in (response, h11.Data(data=page), h11.EndOfMessage()):
            writer.write(client.send(event) or b"")
        await writer.drain()

    def _forwarded_headers(
        self, request: h11.Request, writer: asyncio.StreamWriter
    ) -> list[tuple[bytes, bytes]]:
        address: str = writer.get_extra_info("peername")[0]
        came = [value.decode() for name, value in request.headers if name == b"x-forwarded-for"]
        ours = {
            "x-forwarded-for": ", ".join([*came, address]),
            "x-forwarded-proto": "https",
            "x-forwarded-port": str(self.port),
        }
        self.forwarded.append({"target": request.target.decode(), **ours})
        kept = [(name, value) for name, value in _end_to_end(request.headers) if name.decode() not in ours]
        return [*kept, *((name.encode(), value.encode()) for name, value in ours.items())]

    async def _next_event(self, connection: h11.Connection, reader: asyncio.StreamReader) -> Any:
        """Return what the other end sends next; TimeoutError if it is silent for the idle timeout."""
        while (event := connection.next_event()) is h11.NEED_DATA:
            async with asyncio.timeout(self.idle_timeout):
                connection.receive_data(await reader.read(_READ_BYTES))
        return event


@asynccontextmanager
async def _connected(port: int) -> Any:
    reader, writer = await asyncio.open_connection(_TARGET, port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def _end_to_end(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name not in _HOP_BY_HOP]


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
