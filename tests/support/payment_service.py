"""An external service that takes each idempotency key once, as payment services do, and counts both sides."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_HELD_SECONDS = 120.0


@dataclass
class PaymentService:
    """What was asked of the service, and what it did."""

    url: str = ""
    attempts: list[tuple[str, float]] = field(default_factory=list)
    """Every request: key and amount."""
    effects: dict[str, float] = field(default_factory=dict)
    """What was paid, by key."""
    misused: list[str] = field(default_factory=list)
    """Keys that came with another amount than the first time, or none at all: two acts under one name."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _answering: threading.Event = field(default_factory=threading.Event)

    def paid(self) -> list[float]:
        """Return the amounts that were paid, the smallest first."""
        return sorted(self.effects.values())

    def withhold(self) -> None:
        """Pay from now on, but give no answer: who asked doesn't learn what became of it."""
        self._answering.clear()

    def answer(self) -> None:
        """Answer all that was asked."""
        self._answering.set()

    def forget(self) -> None:
        """Begin anew, for the next test."""
        self.attempts.clear()
        self.effects.clear()
        self.misused.clear()
        self.answer()

    def pay(self, key: str, amount: float) -> tuple[int, dict[str, Any]]:
        """Return status and body of the answer."""
        with self._lock:
            self.attempts.append((key, amount))
            if not key or self.effects.setdefault(key, amount) != amount:
                self.misused.append(key)
                return 422, {"detail": f"the key {key!r} stands for another payment, or none"}
        self._answering.wait(_HELD_SECONDS)
        return 200, {"amount": amount}


@contextmanager
def payment_service() -> Generator[PaymentService]:
    """Serve it on a free port of 127.0.0.1."""
    service = PaymentService()
    service.answer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            amount = json.loads(self.rfile.read(length))["amount"]
            status, answer = service.pay(self.headers.get("idempotency-key", ""), amount)
            body = json.dumps(answer).encode()
            try:
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:
                self.close_connection = True  # who asked is gone

        def log_message(self, *_: object) -> None:
            """Say nothing on stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        service.url = f"http://127.0.0.1:{http.server_port}/payments"
        thread = threading.Thread(target=http.serve_forever, name="payment_service")
        thread.start()
        try:
            yield service
        finally:
            service.answer()
            http.shutdown()
            thread.join()
