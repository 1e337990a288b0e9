"""An S3 server that lies: it stands before the real one, and answers as it is told to.

It passes requests on as they are, with their signatures, so that it must be reached under the address that clients
sign. What it answers about bytes is true only while nothing is wrong with it.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any, ClassVar
from urllib.parse import urlsplit

from launcher.components.seaweedfs import S3Access
from launcher.ports import LOOPBACK

NO_SUCH_KEY = b"<Error><Code>NoSuchKey</Code><Message>not there yet</Message></Error>"
REFUSED = b"<Error><Code>AccessDenied</Code><Message>object is locked</Message></Error>"
BUSY = b"<Error><Code>ServiceUnavailable</Code><Message>busy</Message></Error>"
_OWN = {"connection", "transfer-encoding", "keep-alive", "content-length"}


class Kept(StrEnum):
    """What becomes of an object that was stored, whatever its writer is answered."""

    WHOLE = "whole"
    ABSENT = "absent"
    SHORT = "short"
    FLIPPED = "flipped"


@dataclass
class Lies:
    """What is wrong; nothing by default."""

    away: int = 0
    """The status of every answer, if not 0."""
    kept: Kept = Kept.WHOLE
    puts: int = 0
    """How many of the next objects are kept so."""
    stale: int = 0
    """How often each object is not there yet for whoever reads it."""
    locked: bool = False
    """Nothing can be removed."""
    asked: Counter[str] = field(default_factory=Counter)
    """Requests by method."""
    missed: Counter[str] = field(default_factory=Counter)


class LyingStorage:
    """The server, in threads of this process; `port` is where it listens."""

    def __init__(self, access: S3Access) -> None:
        """Listen; `access` is the real server."""
        self.lies = Lies()
        self._lock = threading.Lock()
        self._access = access
        self._real = int(access.endpoint.rpartition(":")[2])
        handler = type("Handler", (_Handler,), {"storage": self})
        self._server = ThreadingHTTPServer((LOOPBACK, 0), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def lying(self, **lies: Any) -> Iterator[Lies]:
        """Lie so during the block."""
        self.lies = Lies(**lies)
        try:
            yield self.lies
        finally:
            self.lies = Lies()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Return what is answered to one request."""
        lies, parts = self.lies, urlsplit(path)
        removes = method == "DELETE" or (method == "POST" and parts.query.startswith("delete"))
        with self._lock:
            lies.asked[method] += 1
            stale = method in {"GET", "HEAD"} and not parts.query and lies.missed[parts.path] < lies.stale
            lies.missed[parts.path] += stale
            spoilt = method == "PUT" and lies.puts > 0
            lies.puts -= spoilt
        if lies.away:
            return lies.away, {}, BUSY
        if stale:
            return 404, {"Content-Type": "application/xml"}, NO_SUCH_KEY
        if removes and lies.locked:
            return 403, {"Content-Type": "application/xml"}, REFUSED
        answered = self._passed_on(method, path, headers, body)
        if spoilt:
            self._spoil(parts.path, body, lies.kept)
        return answered

    def _passed_on(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(LOOPBACK, self._real, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            found = {name: value for name, value in answer.getheaders() if name.lower() not in _OWN}
            if method == "HEAD" and (length := answer.getheader("Content-Length")):
                found["Content-Length"] = length
            return answer.status, found, answer.read()
        finally:
            connection.close()

    def _spoil(self, path: str, body: bytes, kept: Kept) -> None:
        bucket, _, name = path.lstrip("/").partition("/")
        client = self._access.client()
        client.remove_object(bucket_name=bucket, object_name=name)
        if kept is Kept.ABSENT:
            return
        data = body[:-1] if kept is Kept.SHORT else body[:-1] + bytes([body[-1] ^ 1])
        client.put_object(bucket_name=bucket, object_name=name, data=BytesIO(data), length=len(data))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    storage: ClassVar[LyingStorage]

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        status, headers, data = self.storage.answer(self.command, self.path, dict(self.headers.items()), body)
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815 - the names that the server looks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""
