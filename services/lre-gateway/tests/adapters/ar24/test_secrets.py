"""Case 10: what is secret never reaches a log, a message or a representation."""

import io
import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import structlog
from chassis.logging import configure
from lre_gateway.adapters.ar24 import crypto
from lre_gateway.adapters.ar24.client import Access
from lre_gateway.adapters.ar24.provider import Ar24
from lre_gateway.application.provider import Addressee, Grant, Order, ProviderError
from lre_gateway.domain.vocabulary import EvidenceKind, Kind, Level

OTP, HASH, PROOF_TOKEN = "424242", "5ecre7ha5h", "pr00ft0ken"
RECIPIENT = "ses@example.fr"
SECRETS = (
    "test-private-key-0001",
    "test-token-0001",
    OTP,
    HASH,
    PROOF_TOKEN,
    RECIPIENT,
    crypto.signature("test-private-key-0001", "2026-01-15 10:00:00"),
)


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    levels = {name: logging.getLogger(name).level for name in ("", "httpx", "httpcore")}
    handlers = logging.getLogger().handlers[:]
    configure("lre-gateway", level=logging.DEBUG, stream=stream)
    yield stream
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    logging.getLogger().handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def an_order() -> Order:
    recipient = Addressee(kind=Kind.INDIVIDUAL, last_name="Martin", first_name="Zoé", email=RECIPIENT)
    return Order(reference="r", level=Level.QUALIFIED_LRE, sender_account="5", recipient=recipient, text=RECIPIENT)


STEPS = [
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("slow"),
    httpx.Response(500),
    httpx.Response(200, text="garbage"),
    httpx.Response(200, json={"status": "maintenance"}),
    httpx.Response(200, json={"status": "ERROR", "slug": "authentication_otp_invalid", "message": OTP}),
    httpx.Response(200, json={"status": "ERROR", "slug": "invalid_email", "message": RECIPIENT}),
    httpx.Response(
        200,
        json={
            "status": "SUCCESS",
            "result": {"id": 7, "proof_ar_url": f"https://sandbox.ar24.fr/get/proof/ar-7?token={PROOF_TOKEN}"},
        },
    ),
    httpx.Response(
        200,
        json={"status": "SUCCESS", "result": {"id": 7, "proof_ar_url": f"https://evil.example/?token={PROOF_TOKEN}"}},
    ),
]


@pytest.mark.parametrize("step", STEPS)
def test_case_10_no_secret_in_logs_messages_and_tracebacks(
    ar24: Ar24, scripted: Any, logs: io.StringIO, step: Any
) -> None:
    scripted.script = [step]
    grant = Grant(secret=HASH, expires_at=datetime(2026, 1, 15, 10, tzinfo=UTC))
    said = [repr(ar24.capabilities()), repr(grant), repr(an_order())]
    for call in (
        lambda: ar24.authenticate("5", OTP),
        lambda: ar24.submit(an_order(), grant),
        lambda: ar24.release("5", ["7"], grant),
        lambda: ar24.evidence("7", EvidenceKind.RECEPTION),
        lambda: ar24.sender(RECIPIENT),
        lambda: ar24.get("7"),
    ):
        try:
            said.append(repr(call()))
        except ProviderError as error:
            said.append("".join(traceback.format_exception(error)) + repr(error) + repr(vars(error)))
            logging.getLogger("lre").exception("failed")
    everything = logs.getvalue() + "".join(said)
    assert [secret for secret in SECRETS if secret in everything] == []


def test_case_10_an_account_shows_its_address_alone() -> None:
    shown = repr(Access(base_url="https://app.ar24.fr/api", token=SECRETS[1], private_key=SECRETS[0]))
    assert "app.ar24.fr" in shown
    assert not any(secret in shown for secret in SECRETS)
