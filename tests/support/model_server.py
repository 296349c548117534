"""A local HTTP server that speaks the wire protocols of OpenAI and Anthropic, and says what a test scripts.

It refuses what the providers refuse (a tool call without a result, a wrong key, an empty text …), so that a
conversation which passes here is one that they take.
"""

import json
import sys
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from tests.support import anthropic_wire, openai_chat_wire, openai_responses_wire
from tests.support.model_reply import Reply

__all__ = ["Failure", "HalfReply", "HeldReply", "ModelServer", "Reply", "Silence", "model_server"]

KEY = "test-key"

_WIRES = {
    "/v1/chat/completions": openai_chat_wire,
    "/v1/responses": openai_responses_wire,
    "/v1/messages": anthropic_wire,
}


@dataclass(frozen=True)
class Failure:
    """An HTTP error."""

    status: int
    message: str = "scripted failure"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Silence:
    """No answer for so many seconds, then the end of the connection."""

    seconds: float = 0.0


@dataclass(frozen=True)
class HeldReply:
    """A reply that waits, silently, until the test releases it."""

    reply: Reply
    released: threading.Event


@dataclass(frozen=True)
class HalfReply:
    """A stream that ends in the middle of the text."""

    text: str


Step = Reply | HeldReply | Failure | Silence | HalfReply


@dataclass(frozen=True)
class Received:
    """A request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    at: float

    @property
    def lines(self) -> list[str]:
        """The conversation: 'user: text', 'call: tool arguments', 'tool: result' …, a line for each."""
        return _WIRES[self.path].lines(self.body)

    @property
    def tools(self) -> dict[str, dict[str, Any]]:
        """The offered tools: the JSON schema of the arguments, by name."""
        return _WIRES[self.path].tools(self.body)


class ModelServer(ThreadingHTTPServer):
    """Answers each request with the next step of its script.

    `received` keeps the requests; `asked` is set as soon as there is one.
    """

    daemon_threads = True

    def __init__(self, *steps: Step) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._steps: list[Step] = list(steps)
        self._lock = threading.Lock()
        self.received: list[Received] = []
        self.asked = threading.Event()
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        """The address, without a path."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point the providers' clients here."""
        return {
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "OPENAI_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": self.url,
            "ANTHROPIC_API_KEY": KEY,
        }

    def then(self, *steps: Step) -> None:
        """Add steps to the script."""
        with self._lock:
            self._steps.extend(steps)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up: tests make them."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def next_step(self, received: Received) -> Step:
        """Keep the request and return the step that answers it."""
        with self._lock:
            self.received.append(received)
            self.asked.set()
            return self._steps.pop(0) if self._steps else Failure(400, "the script is over")


@contextmanager
def model_server(*steps: Step) -> Generator[ModelServer]:
    """Run a server with the script for as long as the block lasts."""
    server = ModelServer(*steps)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def owner(self) -> ModelServer:
        """The server whose script is played."""
        return cast("ModelServer", self.server)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        wire = _WIRES[self.path]
        headers = {name.lower(): value for name, value in self.headers.items()}
        step = self.owner.next_step(Received(self.path, headers, body, time.monotonic()))
        if isinstance(step, HeldReply):
            step.released.wait()
            step = step.reply
        if isinstance(step, Failure):
            self._send_error(step)
        elif not wire.has_key(headers, KEY):
            self._send_error(Failure(401, "invalid api key"))
        elif problem := wire.problem(body):
            self._send_error(Failure(400, problem))
        elif isinstance(step, Silence):
            self.owner.closing.wait(step.seconds)
            self.close_connection = True
        elif isinstance(step, HalfReply):
            self._send_stream(wire.events(Reply(step.text), body), cut=True)
        elif body.get("stream"):
            self._send_stream(wire.events(step, body))
        else:
            self._send(200, wire.reply(step, body))

    def _send_error(self, failure: Failure) -> None:
        error = {"type": "error", "message": failure.message, "code": None, "param": None}
        self._send(failure.status, {"type": "error", "error": error}, failure.headers)

    def _send(self, status: int, payload: dict[str, Any], headers: Mapping[str, str] | None = None) -> None:
        content = json.dumps(payload).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "content-type": "application/json"}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _send_stream(self, events: Iterator[str], *, cut: bool = False) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        sent = list(events)
        for event in sent[: len(sent) // 2] if cut else sent:
            content = event.encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
            self.wfile.flush()
        if cut:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep the tests' output clean."""
