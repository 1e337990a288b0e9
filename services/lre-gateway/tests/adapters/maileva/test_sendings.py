"""The four steps of a sending, for each level, and what is left behind when one fails."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from lre_gateway.adapters.maileva.provider import Maileva
from lre_gateway.adapters.maileva.spool import Spool
from lre_gateway.application.provider import (
    Addressee,
    Grant,
    GrantExpired,
    Order,
    OutcomeUnknown,
    PostalAddress,
    PrintOptions,
    ProviderAway,
    ProviderRejected,
    Rejection,
)
from lre_gateway.domain.vocabulary import Kind, Level, Printing, Status

GRANT = Grant(secret="", expires_at=datetime(2026, 1, 15, 10, tzinfo=UTC))
PATHS = {
    Level.QUALIFIED_LRE: "/electronic_qualified_registered_mail/v1",
    Level.SIMPLE_ERDS: "/secured_electronic_mail/v1",
    Level.COPRO_NOTICE: "/real_estate/v1",
    Level.PAPER: "/registered_mail/v4",
}


def refused(code: str, status: int = 400) -> httpx.Response:
    return httpx.Response(status, json={"errors": [{"code": code, "message": ""}]})


def order(maileva: Maileva, level: Level, **given: Any) -> Order:
    recipient = Addressee(
        kind=Kind.PROFESSIONAL,
        last_name="Martin",
        first_name="Zoé",
        company="Menuiserie Martin",
        email="zoe@example.fr",
        postal=PostalAddress(line1="3 rue Haute", line2="Bâtiment B", postcode="69001", city="LYON"),
    )
    document = maileva.upload("sender-1", "acte.pdf", "application/pdf", b"%PDF-1.7")
    written = {"reference": "letter-1", "text": "" if level is Level.PAPER else "Bonjour", "documents": (document,)}
    return Order(**{**written, "recipient": recipient, "level": level, "sender_account": "sender-1", **given})


def served(scripted: Any, level: Level, **other: Any) -> str:
    path = f"{PATHS[level]}/sendings"
    scripted.answers |= {
        f"POST {path}": httpx.Response(201, json={"id": "s-1"}),
        f"POST {path}/s-1/documents": httpx.Response(201, json={"id": "d-1"}),
        f"POST {path}/s-1/recipients": httpx.Response(201, json={"id": "r-1"}),
        f"POST {path}/s-1/check": httpx.Response(202),
        f"GET {path}/s-1/check": [httpx.Response(204), httpx.Response(200)],
        f"POST {path}/s-1/submit": httpx.Response(202),
        f"DELETE {path}/s-1": httpx.Response(204),
        **{f"{line.split()[0]} {path}{line.split()[1]}": answer for line, answer in other.items()},
    }
    return path


def body(scripted: Any, line: str) -> dict[str, Any]:
    (call,) = [call for call in scripted.calls if f"{call.method} {call.url.path}" == line]
    found: dict[str, Any] = json.loads(call.content)
    return found


@pytest.mark.parametrize("level", Level)
def test_a_letter_of_any_level_takes_four_steps(maileva: Maileva, scripted: Any, level: Level) -> None:
    path = served(scripted, level)
    submitted = maileva.submit(order(maileva, level), GRANT)
    assert submitted.status is Status.IN_TRANSIT
    steps = [f"POST {path}", f"POST {path}/s-1/documents", f"POST {path}/s-1/recipients"]
    checks = [f"POST {path}/s-1/check", *[f"GET {path}/s-1/check"] * 2] if level is Level.COPRO_NOTICE else []
    assert scripted.lines() == [*steps, *checks, f"POST {path}/s-1/submit"]
    upload = scripted.calls[1].content
    assert b'name="metadata"' in upload
    assert b'{"name": "acte.pdf", "priority": 1}' in upload
    assert b"%PDF-1.7" in upload


def test_an_electronic_letter_names_its_sender_its_reference_and_its_recipient(maileva: Maileva, scripted: Any) -> None:
    path = served(scripted, Level.QUALIFIED_LRE)
    maileva.submit(order(maileva, Level.QUALIFIED_LRE, dossier_reference="2026-17"), GRANT)
    assert body(scripted, f"POST {path}") == {
        "sender_id": "sender-1",
        "name": "letter-1",
        "custom_id": "letter-1",
        "custom_data": "2026-17",
        "message": "Bonjour",
    }
    assert body(scripted, f"POST {path}/s-1/recipients") == {
        "custom_id": "letter-1",
        "legal_status": "PROFESSIONAL",
        "first_name": "Zoé",
        "last_name": "Martin",
        "email": "zoe@example.fr",
        "company": "Menuiserie Martin",
    }


def test_a_notice_names_its_object_and_is_electronic(maileva: Maileva, scripted: Any) -> None:
    path = served(scripted, Level.COPRO_NOTICE)
    maileva.submit(order(maileva, Level.COPRO_NOTICE), None)
    options = body(scripted, f"POST {path}")["electronic_notice_options"]
    assert options == {
        "electronic_sender_id": "sender-1",
        "notification_object": "Avis électronique",
        "message": "Bonjour",
    }
    assert body(scripted, f"POST {path}/s-1/recipients")["sending_mode"] == "ELECTRONIC_NOTICE"


@pytest.mark.covers("A-42")
def test_paper_goes_to_an_address_laid_out_as_posts_read_it(maileva: Maileva, scripted: Any) -> None:
    path = served(scripted, Level.PAPER)
    options = PrintOptions(colour=True, sides=Printing.DUPLEX)
    maileva.submit(order(maileva, Level.PAPER, print_options=options), None)
    sending = body(scripted, f"POST {path}")
    assert (sending["color_printing"], sending["duplex_printing"], sending["acknowledgement_of_receipt"]) == (
        True,
        True,
        True,
    )
    assert body(scripted, f"POST {path}/s-1/recipients") == {
        "custom_id": "letter-1",
        "address_line_1": "Menuiserie Martin",
        "address_line_2": "Zoé Martin",
        "address_line_3": "Bâtiment B",
        "address_line_4": "3 rue Haute",
        "address_line_6": "69001 LYON",
        "country_code": "FR",
    }


@pytest.mark.parametrize("level", set(Level) - {Level.QUALIFIED_LRE})
def test_only_the_qualified_level_waits_for_a_code(maileva: Maileva, scripted: Any, level: Level) -> None:
    served(scripted, level)
    assert maileva.submit(order(maileva, level), None).status is Status.IN_TRANSIT


def test_without_a_grant_the_qualified_level_stays_a_draft(maileva: Maileva, scripted: Any) -> None:
    path = served(scripted, Level.QUALIFIED_LRE)
    submitted = maileva.submit(order(maileva, Level.QUALIFIED_LRE), None)
    assert (submitted.ref, submitted.status) == ("lreq:s-1", Status.AWAITING_SENDER_AUTH)
    assert f"POST {path}/s-1/submit" not in scripted.lines()


@pytest.mark.parametrize(
    ("step", "answer", "raised"),
    [
        ("POST /s-1/documents", refused("DOCUMENT_INVALID"), ProviderRejected),
        ("POST /s-1/recipients", refused("EMAIL_INVALID"), ProviderRejected),
        ("POST /s-1/recipients", httpx.ReadTimeout("lost"), ProviderAway),
        ("POST /s-1/documents", httpx.Response(500), ProviderAway),
        ("POST /s-1/recipients", httpx.Response(400, text="<html>"), ProviderAway),
        ("POST /s-1/submit", refused("EMAIL_INVALID"), ProviderRejected),
        ("POST /s-1/submit", refused("OTP_REQUIRED", 403), GrantExpired),
    ],
)
def test_a_draft_that_cannot_be_sent_is_removed(
    maileva: Maileva, scripted: Any, step: str, answer: Any, raised: type[Exception]
) -> None:
    path = served(scripted, Level.QUALIFIED_LRE, **{step: answer})
    with pytest.raises(raised):
        maileva.submit(order(maileva, Level.QUALIFIED_LRE), GRANT)
    assert scripted.lines()[-1] == f"DELETE {path}/s-1"


def test_case_31_a_submission_whose_answer_is_lost_is_unknown_and_its_draft_is_kept(
    maileva: Maileva, scripted: Any
) -> None:
    served(scripted, Level.QUALIFIED_LRE, **{"POST /s-1/submit": httpx.ReadTimeout("lost")})
    with pytest.raises(OutcomeUnknown):
        maileva.submit(order(maileva, Level.QUALIFIED_LRE), GRANT)
    assert scripted.lines()[-1].endswith("/submit")


def test_a_check_that_finds_errors_or_never_ends_sends_nothing(maileva: Maileva, scripted: Any) -> None:
    path = served(scripted, Level.COPRO_NOTICE, **{"GET /s-1/check": refused("ADDRESS_INVALID")})
    with pytest.raises(ProviderRejected) as caught:
        maileva.submit(order(maileva, Level.COPRO_NOTICE), None)
    assert caught.value.code is Rejection.POSTAL_ADDRESS_INVALID
    served(scripted, Level.COPRO_NOTICE, **{"GET /s-1/check": httpx.Response(204)})
    with pytest.raises(ProviderAway):
        maileva.submit(order(maileva, Level.COPRO_NOTICE), None)
    assert f"POST {path}/s-1/submit" not in scripted.lines()


@pytest.mark.parametrize(
    ("level", "given", "code"),
    [
        (Level.QUALIFIED_LRE, {"text": "x" * 451}, Rejection.CONTENT_TOO_LONG),
        (Level.PAPER, {"text": "Bonjour"}, Rejection.CONTENT_TOO_LONG),
    ],
)
def test_what_a_product_cannot_carry_is_refused_before_any_call(
    maileva: Maileva, scripted: Any, level: Level, given: dict[str, Any], code: Rejection
) -> None:
    with pytest.raises(ProviderRejected) as caught:
        maileva.submit(order(maileva, level, **given), GRANT)
    assert (caught.value.code, scripted.calls) == (code, [])


def test_an_upload_serves_one_submission_and_is_asked_for_again_after(maileva: Maileva, scripted: Any) -> None:
    served(scripted, Level.QUALIFIED_LRE)
    written = order(maileva, Level.QUALIFIED_LRE)
    maileva.submit(written, GRANT)
    with pytest.raises(ProviderAway):
        maileva.submit(written, GRANT)


def test_the_spool_holds_so_many_bytes_and_no_more(tmp_path: Path) -> None:
    spool = Spool(max_bytes=10)
    first, size = spool.put("a", "text/plain", b"12345678")
    second, _ = spool.put("b", "text/plain", b"12345678")
    assert size == 8
    with pytest.raises(ProviderAway):
        spool.take([first])
    assert spool.take([second])[0].content == b"12345678"
    path = tmp_path / "c.pdf"
    path.write_bytes(b"x" * 100)
    third, size = spool.put("c", "application/pdf", path)
    assert (size, spool.take([third])[0].content) == (100, path)


def test_case_32_only_what_was_sent_is_found_and_every_page_is_read(maileva: Maileva, scripted: Any) -> None:
    for level, path in PATHS.items():
        rows: list[dict[str, Any]] = [{"id": f"x{number}", "custom_id": f"other-{number}"} for number in range(500)]
        pages = [rows, [{"id": "draft", "custom_id": "letter-1", "status": "DRAFT"}]]
        if level is Level.PAPER:
            pages[1].append({"id": "s-9", "custom_id": "letter-1", "status": "PENDING"})
        paging = {"total_results": 500 + len(pages[1])}
        scripted.answers[f"GET {path}/sendings"] = [
            httpx.Response(200, json={"sendings": page, "paging": paging}) for page in pages
        ]
    scripted.answers["GET /registered_mail/v4/sendings/s-9/recipients"] = httpx.Response(200, json={"recipients": []})
    found = maileva.find("sender-1", "letter-1")
    assert found is not None
    assert (found.ref, found.status) == ("paper:s-9", Status.IN_TRANSIT)


@pytest.mark.parametrize("ref", ["", "lreq", "lreq:", "lreq:../../x", "other:1", "123"])
def test_a_reference_that_is_not_ours_is_refused_before_any_call(maileva: Maileva, scripted: Any, ref: str) -> None:
    with pytest.raises(ProviderRejected):
        maileva.get(ref)
    assert scripted.calls == []


def test_case_28_a_grant_that_ends_during_a_release_keeps_what_was_released(
    maileva: Maileva, scripted: Any, clock: Any
) -> None:
    path = f"{PATHS[Level.QUALIFIED_LRE]}/sendings"
    scripted.answers |= {
        f"POST {path}/a/submit": httpx.Response(202),
        f"POST {path}/b/submit": refused("EMAIL_INVALID"),
        f"POST {path}/c/submit": refused("OTP_REQUIRED", 403),
    }
    refs = ["lreq:a", "lreq:b", "lreq:c", "lreq:d"]
    assert [one.outcome for one in maileva.release("sender-1", refs, GRANT)] == ["released", *["refused"] * 3]
    with pytest.raises(GrantExpired):
        maileva.release("sender-1", ["lreq:c"], GRANT)
    clock.now = GRANT.expires_at
    with pytest.raises(GrantExpired):
        maileva.release("sender-1", ["lreq:a"], GRANT)
