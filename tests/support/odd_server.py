"""A small HTTP server on 127.0.0.1 that answers as Holdfast's does, or as nothing should."""

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

THREAD_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; a body that is not bytes is sent as JSON."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class OddServer:
    """Answers by route: `ok`, `ready`, `record`, `thread`, `state`, `runs`, `create`, `join`, `assistant`,
    `sessions`.

    An entry is an answer, or a function that takes the request's JSON body and returns one.
    """

    url: str = ""
    answers: dict[str, Answer | Callable[[Any], Answer]] = field(default_factory=dict)
    requests: list[tuple[str, Any]] = field(default_factory=list)

    def everywhere(self, answer: Answer) -> None:
        for route in self.answers:
            self.answers[route] = answer

    def bodies(self, route: str) -> list[Any]:
        return [body for asked, body in self.requests if asked == route]


def route_of(method: str, path: str) -> str:
    parts = path.partition("?")[0].strip("/").split("/")
    match parts:
        case ["ok" | "ready" as health]:
            return health
        case ["sessions"]:
            return "sessions"
        case ["sessions", _]:
            return "record"
        case ["assistants", _]:
            return "assistant"
        case ["threads", _]:
            return "thread"
        case ["threads", _, "state"]:
            return "state"
        case ["threads", _, "runs"]:
            return "runs" if method == "GET" else "create"
        case ["threads", _, "runs", _, "join"]:
            return "join"
    return "unknown"


@contextmanager
def odd_server() -> Generator[OddServer]:
    """Serve; an idle session on all routes until a test says otherwise."""
    server = OddServer(
        answers={
            "ok": Answer({"ok": True}),
            "ready": Answer({"ready": True}),
            "record": Answer({"thread_id": THREAD_ID, "graph_id": "analytics", "checkpoint_id": "1f"}),
            "thread": Answer({"thread_id": THREAD_ID, "metadata": {"graph_id": "analytics"}}),
            "state": Answer({"values": {"messages": []}, "next": [], "checkpoint": {"checkpoint_id": "1f"}}),
            "runs": Answer([]),
            "create": Answer({"run_id": "run-1"}),
            "join": Answer({}),
            "assistant": Answer({"assistant_id": "a"}),
            "sessions": Answer({"sessions": []}),
            "unknown": Answer({"detail": "Not Found"}, status=404),
        }
    )

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            route, asked = route_of(self.command, self.path), json.loads(body) if body else None
            server.requests.append((route, asked))
            entry = server.answers[route]
            given = entry if isinstance(entry, Answer) else entry(asked)
            self.send_response(given.status)
            for name, value in {
                "content-type": "application/json",
                "content-length": str(len(given.content)),
                **given.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(given.content)

        do_GET = do_POST = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives it
            """Say nothing."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{listener.server_port}"
    serving = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        serving.join()
