"""A provider of our own making: every answer is written by the test, and tokens are given out on the way."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from lre_gateway.adapters.maileva.client import Access, MailevaClient
from lre_gateway.adapters.maileva.provider import Maileva
from lre_gateway.adapters.provider_http import Limits

TOKEN_URL = "https://connexion.sandbox.maileva.net/token"


class Scripted:
    """Answers calls by method and path; each answer is a response, an error, a function, or a list of those in turn."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.calls: list[httpx.Request] = []
        self.grants: list[dict[str, list[str]]] = []
        self.token: Any = None
        self.pauses: list[float] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if str(request.url) == TOKEN_URL:
            self.grants.append(parse_qs(request.content.decode()))
            return self._step(self.token, request) if self.token is not None else self._granted()
        self.calls.append(request)
        line = f"{request.method} {request.url.path}"
        step = self.answers.get(line, httpx.Response(404, json={"errors": [{"code": "NOT_FOUND", "message": ""}]}))
        if isinstance(step, list):
            step = step.pop(0) if len(step) > 1 else step[0]
        return self._step(step, request)

    def lines(self) -> list[str]:
        return [f"{call.method} {call.url.path}" for call in self.calls]

    def _step(self, step: Any, request: httpx.Request) -> httpx.Response:
        if isinstance(step, Exception):
            raise step
        answer: httpx.Response = step(request) if callable(step) else step
        return answer

    def _granted(self) -> httpx.Response:
        number = len(self.grants)
        given = {"access_token": f"access-{number}", "expires_in": 300, "refresh_expires_in": 1800}
        return httpx.Response(200, json={**given, "refresh_token": f"refresh-{number}", "token_type": "Bearer"})


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture
def client(scripted: Scripted, clock: Clock) -> Iterator[MailevaClient]:
    made = MailevaClient(
        Access(
            base_url="https://api.sandbox.maileva.net",
            token_url=TOKEN_URL,
            client_id="scelle",
            client_secret="client-secret-0001",
            username="office",
            password="password-0001",
        ),
        clock,
        limits=Limits(answer_bytes=100_000, evidence_bytes=1_000),
        pause=scripted.pauses.append,
        transport=httpx.MockTransport(scripted.handle),
    )
    yield made
    made.close()


@pytest.fixture
def maileva(client: MailevaClient, clock: Callable[[], datetime]) -> Maileva:
    return Maileva(client, clock)
