"""A local HTTP server with as much of S3's protocol as the artifact store uses (AWS, S3 API reference)."""

import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

BUCKET = "bucket"
_TIME = "2026-01-01T00:00:00.000Z"


class ObjectServer(ThreadingHTTPServer):
    """One bucket; `objects` holds the content by key."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point AWS's clients here."""
        return {
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{self.server_port}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "eu-west-1",
        }


@contextmanager
def object_server() -> Generator[ObjectServer]:
    """Run a server with an empty bucket for as long as the block lasts."""
    server = ObjectServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def objects(self) -> dict[str, bytes]:
        return cast("ObjectServer", self.server).objects

    def do_HEAD(self) -> None:
        self._read_object()

    def do_GET(self) -> None:
        if self._key():
            self._read_object()
        else:
            self._list()

    def do_PUT(self) -> None:
        body = self._body()
        if source := self.headers.get("x-amz-copy-source"):
            source_key = unquote(source).removeprefix("/").removeprefix(f"{BUCKET}/")
            if source_key not in self.objects:
                self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")
                return
            self.objects[self._key()] = self.objects[source_key]
            self._send(
                200, f"<CopyObjectResult><LastModified>{_TIME}</LastModified></CopyObjectResult>".encode()
            )
            return
        if self._key():
            self.objects[self._key()] = body
        self._send(200, b"", {"etag": '"e"'})

    def do_DELETE(self) -> None:
        self.objects.pop(self._key(), None)
        self._send(204, b"")

    def do_POST(self) -> None:
        for key in re.findall(r"<Key>(.*?)</Key>", self._body().decode()):
            self.objects.pop(key, None)
        self._send(200, b"<DeleteResult/>")

    def _key(self) -> str:
        path = unquote(urlsplit(self.path).path).removeprefix("/")
        return path.removeprefix(BUCKET).removeprefix("/")

    def _body(self) -> bytes:
        """Return the request's body, out of AWS's signed chunks if it comes in them."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if "aws-chunked" not in self.headers.get("content-encoding", ""):
            return body
        size, _, rest = body.partition(b"\r\n")
        return rest[: int(size.split(b";")[0], 16)]

    def _read_object(self) -> None:
        content = self.objects.get(self._key())
        if content is None:
            self._send(404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>")
            return
        if match := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", "")):
            first, last = int(match[1]), min(int(match[2] or len(content)), len(content) - 1)
            part = content[first : last + 1]
            self._send(206, part, {"content-range": f"bytes {first}-{last}/{len(content)}", "etag": '"e"'})
            return
        self._send(200, content, {"etag": '"e"', "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT"})

    def _list(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        prefix = query.get("prefix", [""])[0]
        keys = [key for key in sorted(self.objects) if key.startswith(prefix)]
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects[key])}</Size>"
            f"<LastModified>{_TIME}</LastModified><ETag>e</ETag></Contents>"
            for key in keys
            if "/" not in key.removeprefix(prefix)
        )
        count = f"<KeyCount>{len(keys)}</KeyCount><IsTruncated>false</IsTruncated>"
        self._send(200, f"<ListBucketResult>{count}{contents}</ListBucketResult>".encode())

    def _send(self, status: int, content: bytes, headers: dict[str, Any] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep the tests' output clean."""
