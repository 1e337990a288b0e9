"""What a call carries, when it is made again, and what each failure means."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from lre_gateway.adapters.ar24 import crypto, errors
from lre_gateway.adapters.ar24.client import Ar24Client, Upload
from lre_gateway.adapters.provider_http import Effect
from lre_gateway.application.provider import (
    AuthRefused,
    ContractBreach,
    GrantExpired,
    OutcomeUnknown,
    ProviderAway,
    ProviderError,
    ProviderMaintenance,
    ProviderRejected,
    Rejection,
    SenderNotReady,
)
from lre_gateway.domain.vocabulary import Missing

KEY, TOKEN = "test-private-key-0001", "test-token-0001"
DONE = httpx.Response(200, json={"status": "SUCCESS", "result": {"id": 1}})
LOST = (
    httpx.ReadTimeout("slow"),
    httpx.WriteError("cut"),
    httpx.RemoteProtocolError("gone"),
    httpx.Response(500),
    httpx.Response(503, text="<h1>503</h1>"),
)
NEVER_SENT = (httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("busy"))


def error(slug: str) -> httpx.Response:
    return httpx.Response(200, json={"status": "ERROR", "slug": slug, "message": "changes with the language"})


def test_a_call_carries_its_token_its_date_and_the_signature_of_the_date(client: Ar24Client, scripted: Any) -> None:
    scripted.script = [DONE]
    client.get("/mail", {"id": "7"})
    client.post("/mail", {"attachment[0]": "51"}, Effect.ONCE)
    asked, sent = scripted.calls
    date = "2026-01-15 10:00:00"
    assert dict(asked.url.params) == {"id": "7", "token": TOKEN, "date": date}
    assert parse_qs(sent.content.decode()) == {"attachment[0]": ["51"], "token": [TOKEN], "date": [date]}
    assert sent.url == "https://sandbox.ar24.fr/api/mail"
    assert asked.headers["signature"] == sent.headers["signature"] == crypto.signature(KEY, date)


def test_a_file_goes_as_a_form_with_its_name_and_type(client: Ar24Client, scripted: Any) -> None:
    scripted.script = [DONE]
    client.upload("/attachment", {"id_user": "5"}, Upload("acte é.pdf", "application/pdf", b"%PDF-1.7"))
    body = scripted.calls[0].content
    assert b"%PDF-1.7" in body
    assert "acte é.pdf".encode() in body
    assert b"application/pdf" in body
    assert b'name="date"' in body


def test_case_07_a_second_attempt_has_a_new_date_and_its_answer_is_decrypted_with_it(
    client: Ar24Client, scripted: Any, clock: Any, sealed: Callable[..., bytes]
) -> None:
    def late(_request: httpx.Request) -> httpx.Response:
        clock.now += timedelta(minutes=11)
        return error("expired_date")

    def done(request: httpx.Request) -> httpx.Response:
        date = parse_qs(request.content.decode())["date"][0]
        return httpx.Response(200, content=sealed(KEY, date, '{"status":"SUCCESS","result":{"id":9}}'))

    scripted.script = [late, httpx.ConnectError("refused"), done]
    assert client.post("/mail", {}, Effect.ONCE) == {"id": 9}
    dates = [parse_qs(call.content.decode())["date"][0] for call in scripted.calls]
    assert dates == ["2026-01-15 10:00:00", "2026-01-15 10:11:00", "2026-01-15 10:11:00"]
    signatures = [call.headers["signature"] for call in scripted.calls]
    assert signatures == [crypto.signature(KEY, date) for date in dates]


@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize("failure", NEVER_SENT)
def test_what_was_never_sent_is_tried_three_times_and_was_not_executed(
    client: Ar24Client, scripted: Any, failure: Exception, effect: Effect
) -> None:
    scripted.script = [failure]
    with pytest.raises(ProviderAway):
        client.post("/mail", {}, effect)
    assert (len(scripted.calls), scripted.pauses) == (3, [0.2, 1.0])


@pytest.mark.parametrize("failure", LOST)
def test_case_31_a_lost_answer_to_what_may_be_done_once_is_unknown_and_never_tried_again(
    client: Ar24Client, scripted: Any, failure: Any
) -> None:
    scripted.script = [failure]
    with pytest.raises(OutcomeUnknown) as caught:
        client.post("/mail", {}, Effect.ONCE)
    assert len(scripted.calls) == 1
    assert caught.value.__suppress_context__  # what was lost holds the request, and so its secrets


@pytest.mark.parametrize("failure", LOST)
def test_a_lost_answer_to_a_question_is_asked_for_again(client: Ar24Client, scripted: Any, failure: Any) -> None:
    scripted.script = [failure, DONE]
    assert client.get("/mail", {}) == {"id": 1}


@pytest.mark.parametrize("failure", LOST)
def test_a_lost_answer_to_what_harms_nobody_is_left_to_the_caller(
    client: Ar24Client, scripted: Any, failure: Any
) -> None:
    scripted.script = [failure]
    with pytest.raises(ProviderAway):
        client.post("/user/auth_otp", {}, Effect.HARMLESS)
    assert len(scripted.calls) == 1


@pytest.mark.parametrize("text", [b"", b"<html>proxy</html>", b'{"status":"SUC', b"AAAA"])
def test_an_unreadable_answer_to_what_may_be_done_once_is_unknown(
    client: Ar24Client, scripted: Any, text: bytes
) -> None:
    scripted.script = [httpx.Response(200, content=text)]
    with pytest.raises(OutcomeUnknown):
        client.post("/mail", {}, Effect.ONCE)
    assert len(scripted.calls) == 1


def test_an_answer_above_the_limit_is_a_breach(client: Ar24Client, scripted: Any) -> None:
    scripted.script = [httpx.Response(200, content=b"x" * 100_001)]
    with pytest.raises(ContractBreach):
        client.get("/mail", {})


@pytest.mark.parametrize("word", ["maintenance", "MAINTENANCE"])
def test_case_09_maintenance_means_that_nothing_was_done(client: Ar24Client, scripted: Any, word: str) -> None:
    scripted.script = [httpx.Response(200, json={"status": word}), DONE]
    with pytest.raises(ProviderMaintenance):
        client.post("/mail", {}, Effect.ONCE)
    assert len(scripted.calls) == 1
    assert client.post("/mail", {}, Effect.ONCE) == {"id": 1}


@pytest.mark.parametrize(
    ("slug", "raised"),
    [
        ("token_invalid", ProviderAway),
        ("empty_signature", ProviderAway),
        ("invalid_signature", ProviderAway),
        ("invalid_date", ProviderAway),
        ("user_no_payment", SenderNotReady),
        ("authentication_otp_invalid", AuthRefused),
        ("authentication_missing", AuthRefused),
        ("authentication_otp_hash_invalid", GrantExpired),
        ("invalid_email", ProviderRejected),
    ],
)
def test_case_08_an_error_with_status_200_is_told_by_its_slug(
    client: Ar24Client, scripted: Any, slug: str, raised: type[ProviderError]
) -> None:
    scripted.script = [error(slug)]
    with pytest.raises(raised):
        client.post("/mail", {}, Effect.ONCE)
    assert len(scripted.calls) == 1


def test_case_08_an_unknown_slug_rejects_and_keeps_its_word(client: Ar24Client, scripted: Any) -> None:
    scripted.script = [error("quota_of_the_moon")]
    with pytest.raises(ProviderRejected) as caught:
        client.post("/mail", {}, Effect.ONCE)
    assert (caught.value.code, caught.value.raw_slug) == (Rejection.OTHER, "quota_of_the_moon")


def test_case_08_both_spellings_of_a_slug_mean_the_same() -> None:
    for slug in ("same_sender_recipients_emails", "same_sender_recipient_emails"):
        refused = errors.refusal(slug)
        assert isinstance(refused, ProviderRejected)
        assert (refused.code, refused.field) == (Rejection.EMAIL_SAME_AS_SENDER, "email")


@pytest.mark.parametrize("slug", ["expired_date", "date_in_future"])
def test_case_06_a_date_outside_the_window_was_not_executed(client: Ar24Client, scripted: Any, slug: str) -> None:
    scripted.script = [error(slug)]
    with pytest.raises(ProviderAway):
        client.post("/mail", {}, Effect.ONCE)
    assert len(scripted.calls) == 3


@pytest.mark.parametrize(("slug", "missing"), errors.NOT_READY.items())
def test_case_11_each_thing_a_sender_lacks_has_its_own_code(slug: str, missing: Missing) -> None:
    refused = errors.refusal(slug)
    assert isinstance(refused, SenderNotReady)
    assert refused.missing == {missing}
