"""Credentials of PostgreSQL on AWS; tests/infra reads a secret of an emulated AWS, too."""

import json
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest

from graphs.server import aws
from graphs.server.aws import iam_token, password_of_secret


class SecretsManager(ThreadingHTTPServer):
    """Answers GetSecretValue with `secret` (AWS, Secrets Manager API reference), and keeps what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.secret = ""
        self.asked: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = cast(SecretsManager, self.server)
        server.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        body = json.dumps({"SecretString": server.secret}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Made-up credentials, and clients that no other test has made."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    aws._client.cache_clear()
    yield
    aws._client.cache_clear()


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Generator[SecretsManager]:
    server = SecretsManager()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("DATABASE_SECRET_ARN", "holdfast/database")
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_password_is_read_each_time(secrets: SecretsManager):
    for password in ("first", "second"):
        secrets.secret = json.dumps({"username": "holdfast", "password": password})
        assert password_of_secret({"host": "db"}) == {"user": "holdfast", "password": password}
    assert [request["SecretId"] for request in secrets.asked] == ["holdfast/database"] * 2


@pytest.mark.parametrize("secret", ["top-secret", '["top-secret"]', '{"password": "top-secret"}'])
def test_another_kind_of_secret_is_refused_without_being_shown(secret: str, secrets: SecretsManager):
    secrets.secret = secret
    with pytest.raises(ValueError, match="the secret holdfast/database isn't JSON with username") as refused:
        password_of_secret({"host": "db"})
    assert "top-secret" not in str(refused.value)


def test_a_secret_has_to_be_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DATABASE_SECRET_ARN", raising=False)
    with pytest.raises(ValueError, match="DATABASE_SECRET_ARN is unset"):
        password_of_secret({"host": "db"})


def test_a_token_is_signed_for_host_port_and_user():
    token = iam_token({"host": "db.example.org", "port": "5433", "user": "holdfast_app"})
    url = urlsplit(f"https://{token}")
    query = parse_qs(url.query)
    assert (url.hostname, url.port) == ("db.example.org", 5433)
    assert (query["Action"], query["DBUser"]) == (["connect"], ["holdfast_app"])
    assert query["X-Amz-Expires"] == ["900"]
    assert query["X-Amz-Credential"][0].endswith("/eu-central-1/rds-db/aws4_request")
