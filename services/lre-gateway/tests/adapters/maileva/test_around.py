"""Senders, consents, evidence and hints."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from lre_gateway.adapters.maileva.client import Access
from lre_gateway.adapters.maileva.provider import Maileva
from lre_gateway.application.provider import AuthRefused, ConsentAnswer, Hint, ProviderError, SenderNotReady
from lre_gateway.domain.vocabulary import ConsentState, EvidenceKind, Missing

SENDERS = "/electronic_mail_emitter/v1/senders"
CONSENTS = "/electronic_consents/v1/consents"
LREQ = "/electronic_qualified_registered_mail/v1/sendings"


@pytest.mark.parametrize(
    ("status", "missing"),
    [
        ("VALIDATED", set()),
        ("VALIDATING", {Missing.CONFIRMATION}),
        ("EXPIRED", {Missing.CONFIRMATION}),
        ("ACCESS_GRANTING", {Missing.LINK}),
    ],
)
def test_case_11_a_sender_lacks_what_its_status_says(
    maileva: Maileva, scripted: Any, status: str, missing: set[Missing]
) -> None:
    row = {"id": "s-1", "email": "Office@example.fr", "status": status}
    scripted.answers[f"GET {SENDERS}/s-1"] = httpx.Response(200, json=row)
    scripted.answers[f"GET {SENDERS}"] = httpx.Response(200, json={"senders": [row], "paging": {"total_results": 1}})
    for asked in ("s-1", "office@example.fr"):
        seen = maileva.sender(asked)
        assert (seen.account, seen.missing, seen.linked) == ("s-1", missing, Missing.LINK not in missing)


def test_case_12_an_existing_account_is_asked_for_access(maileva: Maileva, scripted: Any) -> None:
    row = {"id": "s-1", "email": "office@example.fr", "status": "ACCESS_GRANTING"}
    scripted.answers[f"GET {SENDERS}"] = httpx.Response(200, json={"senders": [row], "paging": {"total_results": 1}})
    scripted.answers[f"POST {SENDERS}/s-1/grant_access"] = httpx.Response(200)
    maileva.request_access("office@example.fr")
    assert scripted.lines()[-1] == f"POST {SENDERS}/s-1/grant_access"
    with pytest.raises(SenderNotReady):
        maileva.request_access("unknown@example.fr")


@pytest.mark.parametrize("account", ["../x", "", "a/b"])
def test_an_account_that_is_no_number_is_not_linked(maileva: Maileva, scripted: Any, account: str) -> None:
    with pytest.raises(SenderNotReady):
        maileva.sender(account)
    assert scripted.calls == []


def test_case_26_a_code_is_exchanged_for_an_hour_or_refused(maileva: Maileva, scripted: Any) -> None:
    path = f"POST {SENDERS}/s-1/authenticate_by_otp"
    scripted.answers[path] = httpx.Response(200, json={"expiration_date": "2026-01-15T09:40:00Z"})
    assert maileva.authenticate("s-1", "123456").expires_at == datetime(2026, 1, 15, 9, 40, tzinfo=UTC)
    assert scripted.calls[0].url.params["otp_code"] == "123456"
    scripted.answers[path] = httpx.Response(200)
    assert maileva.authenticate("s-1", "123456").expires_at == datetime(2026, 1, 15, 10, tzinfo=UTC)
    scripted.answers[path] = httpx.Response(400, json={"errors": [{"code": "INVALID", "message": ""}]})
    with pytest.raises(AuthRefused):
        maileva.authenticate("s-1", "123456")


def test_the_newest_answer_of_each_consent_of_the_sender_counts(maileva: Maileva, scripted: Any) -> None:
    def row(email: str, **last: Any) -> dict[str, Any]:
        return {"id": email, "sender_id": "s-1", "email": email, **last}

    rows = [
        row("a@x.fr", last_answer={"status": "ACCEPTED", "date": "2026-01-02T00:00:00Z"}),
        row(
            "b@x.fr",
            last_answer={"status": "REFUSED", "date": "2026-01-02T00:00:00Z"},
            last_request={"status": "ASKED", "date": "2026-01-03T00:00:00Z"},
        ),
        row("c@x.fr", last_request={"status": "EXPIRED", "date": "2026-01-03T00:00:00Z"}),
        row("d@x.fr"),
        {**row("e@x.fr", last_answer={"status": "ACCEPTED", "date": "2026-01-02T00:00:00Z"}), "sender_id": "other"},
    ]
    paging = {"total_results": len(rows)}
    scripted.answers[f"GET {CONSENTS}"] = httpx.Response(200, json={"consents": rows, "paging": paging})
    second, third = (datetime(2026, 1, day, tzinfo=UTC) for day in (2, 3))
    assert maileva.consents("s-1") == (
        ConsentAnswer(email="a@x.fr", state=ConsentState.ACCEPTED, at=second),
        ConsentAnswer(email="b@x.fr", state=ConsentState.REQUESTED, at=third),
        ConsentAnswer(email="c@x.fr", state=ConsentState.EXPIRED, at=third),
    )


def test_case_50_evidence_is_fetched_below_the_recipient_read_just_before(maileva: Maileva, scripted: Any) -> None:
    proof = {"type": "REFUSAL_PROOF", "creation_date": "2026-01-12T10:30:00Z"}
    recipients = {"recipients": [{"id": "r-1", "status": "REFUSED", "delivery_proof": proof}]}
    scripted.answers |= {
        f"GET {LREQ}/1": httpx.Response(200, json={"id": "1", "status": "PROCESSED"}),
        f"GET {LREQ}/1/recipients": httpx.Response(200, json=recipients),
        f"GET {LREQ}/1/recipients/r-1/download_delivery_proof": httpx.Response(200, content=b"%PDF-1.7"),
    }
    file = maileva.evidence("lreq:1", EvidenceKind.REFUSAL)
    assert file is not None
    assert (file.content, file.at) == (b"%PDF-1.7", datetime(2026, 1, 12, 10, 30, tzinfo=UTC))
    assert file.source == f"api.sandbox.maileva.net{LREQ}/1/recipients/r-1/download_delivery_proof"
    assert maileva.evidence("lreq:1", EvidenceKind.RECEPTION) is None
    del scripted.answers[f"GET {LREQ}/1/recipients/r-1/download_delivery_proof"]
    assert maileva.evidence("lreq:1", EvidenceKind.REFUSAL) is None


def test_case_48_a_notification_names_the_sending_of_paper_and_nothing_else(maileva: Maileva) -> None:
    def hinted(**fields: Any) -> Hint:
        (hint,) = maileva.hints({}, json.dumps(fields).encode())
        return hint

    location = "https://api.maileva.com/registered_mail/v4/sendings/s-1"
    paper = Hint(ref="paper:s-1", kind="letter")
    unknown = Hint(ref=None, kind="unknown")
    assert hinted(resource_type="registered_mail/v4/sendings", resource_location=location) == paper
    assert hinted(resource_type="registered_mail/v4/recipients", resource_location=f"{location}/recipients/r") == paper
    assert hinted(resource_type="mail/v2/sendings", resource_location=location) == unknown
    assert hinted(resource_type="registered_mail/v4/sendings", resource_location="x/sendings/../y") == unknown
    assert hinted(id_mail="1", new_state="AR") == unknown


def test_case_10_nothing_secret_is_in_a_failure_or_a_representation(maileva: Maileva, scripted: Any) -> None:
    access = Access(base_url="b", token_url="t", client_id="c", client_secret="s3cr3t", username="u", password="p4ss")
    assert not any(secret in repr(access) for secret in ("s3cr3t", "p4ss"))
    scripted.answers[f"POST {SENDERS}/s-1/authenticate_by_otp"] = httpx.ReadTimeout("lost")
    with pytest.raises(ProviderError) as caught:
        maileva.authenticate("s-1", "424242")
    assert caught.value.__suppress_context__
    assert "424242" not in repr(caught.value) + repr(vars(caught.value))
