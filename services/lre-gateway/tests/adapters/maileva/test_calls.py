"""Tokens, errors, and when a call is made again."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from lre_gateway.adapters.maileva.client import MailevaClient
from lre_gateway.adapters.maileva.errors import refusal
from lre_gateway.adapters.provider_http import Effect
from lre_gateway.application.provider import (
    AuthRefused,
    ContractBreach,
    OutcomeUnknown,
    ProviderAway,
    ProviderRejected,
    Rejection,
)

DONE = httpx.Response(200, json={"id": "1"})


def bearer(call: httpx.Request) -> str:
    return call.headers["authorization"]


def test_a_token_is_asked_for_once_and_renewed_before_it_ends(client: MailevaClient, scripted: Any, clock: Any) -> None:
    scripted.answers["GET /x"] = DONE
    client.get("/x")
    client.get("/x")
    clock.now += timedelta(seconds=271)
    client.get("/x")
    clock.now += timedelta(seconds=1800)
    client.get("/x")
    assert [grant["grant_type"] for grant in scripted.grants] == [["password"], ["refresh_token"], ["password"]]
    assert scripted.grants[0]["username"] == ["office"]
    assert scripted.grants[1]["refresh_token"] == ["refresh-1"]
    assert [bearer(call) for call in scripted.calls] == [f"Bearer access-{number}" for number in (1, 1, 2, 3)]


def test_a_token_that_is_refused_was_not_believed_and_the_call_is_made_again(
    client: MailevaClient, scripted: Any
) -> None:
    scripted.answers["POST /x"] = [httpx.Response(401), DONE]
    assert client.post("/x", Effect.ONCE) == {"id": "1"}
    assert [bearer(call) for call in scripted.calls] == ["Bearer access-1", "Bearer access-2"]


def test_a_refresh_that_is_refused_is_replaced_by_the_password(
    client: MailevaClient, scripted: Any, clock: Any
) -> None:
    scripted.answers["GET /x"] = DONE
    client.get("/x")
    clock.now += timedelta(seconds=300)
    scripted.token = lambda request: (
        httpx.Response(400, json={"errors": [{"code": "INVALID_GRANT"}]})
        if b"refresh_token" in request.content
        else httpx.Response(200, json={"access_token": "again", "expires_in": 300})
    )
    client.get("/x")
    assert bearer(scripted.calls[-1]) == "Bearer again"


@pytest.mark.parametrize(
    "answer", [httpx.Response(401), httpx.Response(500), httpx.ReadTimeout("slow"), httpx.Response(200, json={})]
)
def test_without_a_token_no_call_is_made(client: MailevaClient, scripted: Any, answer: Any) -> None:
    scripted.token = answer
    with pytest.raises(ProviderAway):
        client.post("/x", Effect.ONCE)
    assert scripted.calls == []


@pytest.mark.parametrize("failure", [httpx.ReadTimeout("slow"), httpx.Response(502), httpx.RemoteProtocolError("cut")])
def test_case_31_a_lost_answer_is_unknown_harmless_or_asked_for_again(
    client: MailevaClient, scripted: Any, failure: Any
) -> None:
    scripted.answers["POST /x"] = failure
    with pytest.raises(OutcomeUnknown):
        client.post("/x", Effect.ONCE)
    with pytest.raises(ProviderAway):
        client.post("/x", Effect.HARMLESS)
    assert len(scripted.calls) == 2
    scripted.answers["GET /x"] = [failure, DONE]
    assert client.get("/x") == {"id": "1"}


def test_an_answer_that_is_no_json_is_a_breach(client: MailevaClient, scripted: Any) -> None:
    scripted.answers["GET /x"] = httpx.Response(200, text="<html>")
    with pytest.raises(ContractBreach):
        client.get("/x")
    scripted.answers["GET /x"] = httpx.Response(200, text="x" * 100_001)
    with pytest.raises(ContractBreach):
        client.get("/x")


@pytest.mark.parametrize(
    ("status", "body", "raised"),
    [
        (400, b'{"errors":[{"code":"EMAIL_INVALID","message":"zoe@example.fr"}]}', Rejection.EMAIL_INVALID),
        (400, b'[{"code":"LAST_NAME_REQUIRED","message":""}]', Rejection.NAME_MISSING),
        (409, b'{"code":"ALREADY_SUBMITTED","message":""}', Rejection.OTHER),
        (404, b"", Rejection.LETTER_UNKNOWN),
        (403, b"", Rejection.OTHER),
    ],
)
def test_case_08_errors_are_told_by_their_code_and_never_by_their_message(
    status: int, body: bytes, raised: Rejection
) -> None:
    refused = refusal(status, body)
    assert isinstance(refused, ProviderRejected)
    assert refused.code is raised
    assert "zoe" not in repr(refused) + refused.raw_slug


def test_errors_that_reject_nothing_are_told_apart() -> None:
    assert isinstance(refusal(429, b""), ProviderAway)
    assert isinstance(refusal(400, b"<html>"), ContractBreach)
    assert isinstance(refusal(400, b'{"errors":[]}'), ContractBreach)
    assert isinstance(refusal(403, b'{"errors":[{"code":"OTP_REQUIRED"}]}'), AuthRefused)
