"""A client of resumable uploads."""

import socket
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

TUS = {"Tus-Resumable": "1.0.0"}
RAW = {"Content_Type": "application/offset+octet-stream"}


class Client:
    """A tus client, as small as can be."""

    def __init__(self, vault: Any, ticket: Any, http: httpx.Client | None = None) -> None:
        self.vault, self.ticket, self.http = vault, ticket, http or vault.http
        self.url = f"/documents/{ticket.version_id}/upload"

    def ask(self, method: str, content: Any = None, **headers: str) -> httpx.Response:
        sent = {**self.vault.bearer(self.ticket), **TUS, **{name.replace("_", "-"): it for name, it in headers.items()}}
        return self.http.request(method, self.url, content=content, headers=sent)

    def begin(self) -> httpx.Response:
        return self.ask("POST", Upload_Length=str(self.ticket.size))

    def offset(self) -> int:
        answer = self.ask("HEAD")
        assert answer.status_code == 200, answer.headers
        assert answer.headers["upload-length"] == str(self.ticket.size)
        return int(answer.headers["upload-offset"])

    def patch(self, offset: int, content: Any, **headers: str) -> httpx.Response:
        return self.ask("PATCH", content, Upload_Offset=str(offset), **{**RAW, **headers})

    def receipt(self) -> httpx.Response:
        return self.http.get(f"/documents/{self.ticket.version_id}/receipt", headers=self.vault.bearer(self.ticket))

    def cut(self, offset: int, content: bytes, sent: int) -> None:
        """Begin a request and hang up in the middle of it, once the vault has what was sent."""
        address = (self.http.base_url.host, self.http.base_url.port)
        with socket.create_connection(address, timeout=10) as connection:
            headers = {
                "Host": "vault",
                "Content-Length": str(len(content)),
                "Content-Type": "application/offset+octet-stream",
                "Upload-Offset": str(offset),
                **TUS,
                **self.vault.bearer(self.ticket),
            }
            head = f"PATCH /api/vault/v1{self.url} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers.items())
            connection.sendall(head.encode() + b"\r\n" + content[:sent])
        deadline = time.monotonic() + 20
        while self.ask("PATCH", b"", Upload_Offset="0", **RAW).status_code == 423 and time.monotonic() < deadline:
            time.sleep(0.02)

    def open(self) -> int:
        """Count the uploads that are under way."""
        with self.vault.parts.store.connection() as connection:
            row = connection.execute("SELECT count(*) AS open FROM vault.upload").fetchone()
        return int(row["open"])


@pytest.fixture
def tus(vault: Any) -> Callable[..., Client]:
    """Return a function that makes a client for a ticket."""
    return lambda ticket, http=None: Client(vault, ticket, http)


@pytest.fixture
def client(vault: Any) -> Callable[[bytes], Client]:
    """Return a function that makes a client for a content."""
    return lambda content: Client(vault, vault.ticket(content))
