"""A TCP proxy that a test puts between a client and its server, to break the line between them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Self

_CHUNK = 65_536


class Proxy:
    """Forwards connections to a port of 127.0.0.1, in the running event loop. Use it as a context manager.

    `on_answer` is asked before the server's data go to the client; False cuts that connection instead.
    """

    def __init__(self, port: int, *, on_answer: Callable[[], Awaitable[bool]] | None = None) -> None:
        self._server_port = port
        self._on_answer = on_answer
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._pumps: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def drop_packets(self) -> None:
        """Deliver nothing in either direction, and keep all connections open."""
        self._flowing.clear()

    def deliver_packets(self) -> None:
        """Deliver again, with what was held back, as TCP would send it anew."""
        self._flowing.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            writer.close()
            return
        for pump in (
            self._pump(reader, server_writer, None),
            self._pump(server_reader, writer, self._on_answer),
        ):
            task = asyncio.create_task(pump)
            self._pumps.add(task)
            task.add_done_callback(self._pumps.discard)

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        ask: Callable[[], Awaitable[bool]] | None,
    ) -> None:
        try:
            while data := await reader.read(_CHUNK):
                await self._flowing.wait()
                if ask is not None and not await ask():
                    return
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()
