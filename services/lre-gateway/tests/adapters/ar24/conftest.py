"""A provider of our own making, for what the simulator cannot be made to do: every answer is written by the test."""

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from lre_gateway.adapters.ar24.client import Access, Ar24Client
from lre_gateway.adapters.ar24.provider import Ar24
from lre_gateway.adapters.ar24.routes import SIMULATED
from lre_gateway.adapters.provider_http import Limits

PRIVATE_KEY = "test-private-key-0001"
TOKEN = "test-token-0001"


def _sealed(private_key: str, date: str, text: str | bytes, iv: str | None = None) -> bytes:
    """Encrypt an answer as the provider does, written from its description and not from our code."""

    def hexadecimal(given: str) -> str:
        return sha256(given.encode()).hexdigest()

    vector = hexadecimal(hexadecimal(private_key))[:16] if iv is None else iv
    padder = PKCS7(128).padder()
    padded = padder.update(text.encode() if isinstance(text, str) else text) + padder.finalize()
    cipher = Cipher(AES(hexadecimal(date + private_key)[:32].encode()), CBC(vector.encode())).encryptor()
    return base64.b64encode(cipher.update(padded) + cipher.finalize())


class Scripted:
    """Answers each call with the next thing of a script: a response, an error, or what a function makes of the call."""

    def __init__(self) -> None:
        self.script: list[Any] = []
        self.calls: list[httpx.Request] = []
        self.pauses: list[float] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.calls.append(request)
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, Exception):
            raise step
        answer: httpx.Response = step(request) if callable(step) else step
        return answer


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="session")
def sealed() -> Callable[..., bytes]:
    return _sealed


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture
def client(scripted: Scripted, clock: Clock) -> Iterator[Ar24Client]:
    made = Ar24Client(
        Access(base_url="https://sandbox.ar24.fr/api", token=TOKEN, private_key=PRIVATE_KEY),
        clock,
        limits=Limits(answer_bytes=100_000, evidence_bytes=1_000),
        pause=scripted.pauses.append,
        transport=httpx.MockTransport(scripted.handle),
    )
    yield made
    made.close()


@pytest.fixture
def ar24(client: Ar24Client, clock: Clock) -> Ar24:
    return Ar24(client, clock, unconfirmed=SIMULATED)
