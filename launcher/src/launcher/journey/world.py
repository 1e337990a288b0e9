"""The platform as its users reach it: the gateway over HTTP, and what arrives in mailboxes and on phones.

A request that meets a process which is just being restarted is sent again with the same Idempotency-Key, as every
careful client does.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from launcher.errors import StackError

AWAY_SECONDS = 60.0  # how long a service may be away while it is restarted
AWAY = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE}
EVENT_SECONDS = 90.0  # how long an event may take; an e-mail whose sender was killed is taken up after a minute
POLL = 0.1
CHUNK = 256 * 1024  # bytes
T = TypeVar("T")


class JourneyBroken(StackError):
    """The platform did not do what the journey expects; the message says at which request."""


@dataclass
class World:
    """Where the gateway and the sandboxes are."""

    gateway: str
    mail: str
    sms: str
    ar24: str
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, follow_redirects=False))

    @classmethod
    def of(cls, summary: Mapping[str, Any]) -> "World":
        """Read what ``scelle up --json`` prints."""
        sandbox = summary["sandbox"]
        return cls(summary["gateway"], sandbox["mail"], sandbox["sms"], sandbox["ar24"])

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def call(
        self, method: str, path: str, expect: int = HTTPStatus.OK, *, token: str = "", body: object = None
    ) -> httpx.Response:
        """Send a request through the gateway; raise JourneyBroken when the status is not the expected one."""
        return _checked(self.request(method, path, token=token, body=body), expect)

    def request(self, method: str, path: str, *, token: str = "", body: object = None) -> httpx.Response:
        """Send a request through the gateway and return whatever it answers."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if method != "GET":
            headers["Idempotency-Key"] = str(uuid4())
        return self.patiently(lambda: self.http.request(method, self._url(path), headers=headers, json=body))

    def send(self, url: str, ticket: str, file: Path) -> httpx.Response:
        """Send the raw bytes of a file with a deposit ticket."""
        headers = {
            "Authorization": f"Bearer {ticket}",
            "Content-Type": "application/octet-stream",
            "Content-Length": str(file.stat().st_size),
        }
        return self.patiently(lambda: self.http.put(self._url(url), content=_chunks(file), headers=headers))

    def fetch(self, url: str, ticket: str) -> bytes:
        """Receive the bytes of a document with a ticket."""
        headers = {"Authorization": f"Bearer {ticket}"}
        return _checked(self.patiently(lambda: self.http.get(self._url(url), headers=headers)), HTTPStatus.OK).content

    def mail_to(self, address: str, saying: str) -> dict[str, Any]:
        """Wait for an e-mail to this address that holds these words; return the latest."""

        def look() -> dict[str, Any] | None:
            found = self._inspect(f"{self.mail}/messages", address)
            return next((mail for mail in reversed(found) if saying in mail["subject"] + mail["text"]), None)

        return until(look, f"an e-mail to {address} saying {saying!r}")

    def code_for(self, number: str, seen: int) -> str:
        """Wait for the SMS after the first ``seen`` ones and return the code in it."""

        def look() -> str | None:
            found = self._inspect(f"{self.sms}/messages", number)
            code = re.search(r"\b\d{6}\b", found[-1]["text"]) if len(found) > seen else None
            return code[0] if code else None

        return until(look, f"an SMS to {number}")

    def texts_to(self, number: str) -> int:
        """Count the text messages that this phone has received."""
        return len(self._inspect(f"{self.sms}/messages", number))

    def _inspect(self, url: str, to: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.patiently(lambda: self.http.get(url, params={"to": to})).json()
        return found

    def _url(self, path: str) -> str:
        return path if path.startswith("http") else self.gateway + path

    def patiently(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        """Send a request, and again while the platform is away."""
        deadline = time.monotonic() + AWAY_SECONDS
        while True:
            try:
                answer = send()
                if answer.status_code not in AWAY:
                    return answer
                problem = f"{answer.status_code} {answer.text[:300]}"
            except httpx.TransportError as error:
                problem = repr(error)
            if time.monotonic() > deadline:
                raise JourneyBroken(f"away for {AWAY_SECONDS:.0f} s: {problem}")
            time.sleep(POLL)


def until(look: Callable[[], T | None], what: str, seconds: float = EVENT_SECONDS) -> T:
    """Look again and again until something is there; raise JourneyBroken when it does not come."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise JourneyBroken(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(POLL)


def _checked(answer: httpx.Response, expect: int) -> httpx.Response:
    if answer.status_code != expect:
        request = f"{answer.request.method} {answer.request.url.path}"
        raise JourneyBroken(f"{request}: {answer.status_code} instead of {int(expect)}: {answer.text[:500]}")
    return answer


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while chunk := source.read(CHUNK):
            yield chunk
