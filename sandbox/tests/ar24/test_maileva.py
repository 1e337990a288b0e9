import json
from typing import Any

import httpx
import pytest

LREQ, ERE = "electronic_qualified_registered_mail/v1", "secured_electronic_mail/v1"
ESTATE, LREL = "real_estate/v1", "registered_mail/v4"
TOKEN_ROUTE = "/maileva/auth/realms/services/protocol/openid-connect/token"
PASSWORD = {
    "grant_type": "password",
    "client_id": "token-0001",
    "client_secret": "test-private-key-0001",
    "username": "sandbox-user",
    "password": "sandbox-password",
}
PERSON = {"legal_status": "INDIVIDUAL", "first_name": "Denise", "last_name": "ALOXE", "email": "denise@client.fr"}
ADDRESS = {"address_line_1": "Mme Denise ALOXE", "address_line_4": "1 rue B", "address_line_6": "69001 LYON"}


def test_a_token_is_granted_renewed_exchanged_and_expires(ar24: Any, maileva: Any) -> None:
    granted = ar24.http("POST", TOKEN_ROUTE, data=PASSWORD).json()
    client = {name: PASSWORD[name] for name in ("client_id", "client_secret")}
    renewed = ar24.http("POST", TOKEN_ROUTE, data=client | {"grant_type": "refresh_token", **granted})
    assert renewed.status_code == 200
    exchange = {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange"}
    again = ar24.http("POST", TOKEN_ROUTE, data=client | exchange | {"subject_token": granted["access_token"]})
    assert again.json()["token_type"] == "Bearer"
    basic = {name: PASSWORD[name] for name in ("grant_type", "username", "password")}
    pair = httpx.BasicAuth(PASSWORD["client_id"], PASSWORD["client_secret"])
    assert ar24.http("POST", TOKEN_ROUTE, data=basic, auth=pair).status_code == 200
    ar24.admin("PUT", "/assumptions", {"call_date_clock": "virtual"})
    ar24.advance(3 * 3600)
    stale = {"Authorization": f"Bearer {granted['access_token']}"}
    assert maileva.code(ar24.http("GET", f"/maileva/{LREQ}/sendings", headers=stale)) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"client_secret": "x"}, 401),
        ({"password": "x"}, 401),
        ({"grant_type": "client_credentials"}, 400),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 401),
    ],
)
def test_a_token_is_refused_to_strangers_and_to_grants_that_are_not_served(
    ar24: Any, changes: dict[str, str], status: int
) -> None:
    assert ar24.http("POST", TOKEN_ROUTE, data=PASSWORD | changes).status_code == status


def test_without_a_token_nothing_is_shown(ar24: Any, maileva: Any) -> None:
    assert maileva.code(ar24.http("GET", f"/maileva/{LREQ}/sendings")) == (401, "UNAUTHORIZED")
    assert ar24.http("GET", "/maileva/nothing/v1").status_code == 404


@pytest.mark.parametrize(
    ("verb", "status", "proof"),
    [
        ("accept", "ACCEPTED", "ACKNOWLEDGMENT_OF_RECEIPT"),
        ("refuse", "REFUSED", "REFUSAL_PROOF"),
        ("neglect", "NOT_CLAIMED", "NOT_CLAIMED_PROOF"),
        ("bounce", "ERROR", None),
    ],
)
def test_a_qualified_letter_needs_its_sender_and_ends_with_a_proof(
    ar24: Any, maileva: Any, verb: str, status: str, proof: str | None
) -> None:
    sender = maileva.sender()
    path = maileva.drafted(LREQ, sender)
    assert maileva.recipient(path)["status"] == "DRAFT"
    assert maileva.code(maileva.call("POST", f"{path}/submit")) == (400, "SENDER_NOT_AUTHENTICATED")
    maileva.authenticate(sender)
    assert maileva.call("POST", f"{path}/submit").status_code == 202
    assert maileva.call("GET", path).json()["status"] == "PENDING"
    ar24.advance(10)
    seen = maileva.recipient(path)
    assert (seen["status"], seen["deposit_proof"]["type"]) == ("PROCESSED", "DEPOSIT_PROOF")
    [letter] = ar24.admin("GET", "/letters?reference=L-1")
    ar24.acts(letter["id"], verb)
    seen = maileva.recipient(path)
    assert seen["status"] == status
    assert seen.get("delivery_proof", {}).get("type") == proof
    assert maileva.call("GET", path).json()["status"] == "PROCESSED"
    assert maileva.call("GET", path).json()["recipients_counts"][status.lower()] == 1


def test_the_proofs_of_a_letter_are_downloaded_below_its_recipient(ar24: Any, maileva: Any) -> None:
    sender = maileva.sender()
    path = maileva.drafted(ERE, sender)
    one = f"{path}/recipients/{maileva.recipient(path)['id']}"
    assert maileva.code(maileva.call("GET", f"{one}/download_deposit_proof")) == (404, "PROOF_NOT_FOUND")
    assert maileva.call("POST", f"{path}/submit").status_code == 202
    ar24.advance(10)
    ar24.acts(ar24.admin("GET", "/letters")[0]["id"], "refuse")
    for name, start in (("deposit_proof", b"%PDF"), ("delivery_proof", b"%PDF"), ("package", b"PK")):
        assert maileva.call("GET", f"{one}/download_{name}").content.startswith(start)
    seen = maileva.recipient(path)
    assert (seen["delivery_status"], seen["delivery_status_detail"]) == ("UNDELIVERED", "REFUSED")
    assert [step["code"] for step in seen["delivery_statuses"]] == ["DELIVERING", "UNDELIVERED"]


def test_a_notice_is_checked_before_it_is_submitted(ar24: Any, maileva: Any) -> None:
    sender = maileva.sender()
    path = maileva.drafted(ESTATE, sender)
    assert maileva.code(maileva.call("POST", f"{path}/submit")) == (400, "CHECK_REQUIRED")
    assert maileva.code(maileva.call("GET", f"{path}/check")) == (404, "CHECK_NOT_FOUND")
    assert maileva.call("POST", f"{path}/check").status_code == 202
    assert maileva.call("GET", f"{path}/check").status_code == 204
    ar24.advance(3)
    assert maileva.call("GET", f"{path}/check").status_code == 200
    assert maileva.call("POST", f"{path}/submit").status_code == 202
    assert maileva.call("GET", f"{path}/submit").status_code == 204
    ar24.advance(10)
    assert maileva.call("GET", f"{path}/submit").status_code == 200
    assert maileva.recipient(path)["final_sending_mode"] == "ELECTRONIC_NOTICE"


def test_a_check_says_what_is_wrong(ar24: Any, maileva: Any) -> None:
    detail = PERSON | {"email": "denise@nowhere.invalid"}
    wrong = {"sending_mode": "ELECTRONIC_NOTICE", "electronic_notice_detail": detail}
    path = maileva.drafted(ESTATE, maileva.sender(), wrong)
    maileva.call("POST", f"{path}/check")
    ar24.advance(3)
    assert maileva.code(maileva.call("GET", f"{path}/check")) == (400, "EMAIL_INVALID")
    assert maileva.code(maileva.call("POST", f"{path}/submit")) == (400, "CHECK_REQUIRED")


@pytest.mark.parametrize(("state", "mode"), [("accepted", "ELECTRONIC_NOTICE"), ("refused", "REGISTERED_MAIL")])
def test_consent_decides_between_notice_and_paper(ar24: Any, maileva: Any, state: str, mode: str) -> None:
    sender = maileva.sender()
    ar24.admin("PUT", "/consents", {"sender_id": sender["id"], "email": PERSON["email"], "state": state})
    either = {"electronic_notice_detail": PERSON, "registered_mail_detail": ADDRESS, "sending_mode": "USE_CONSENT"}
    path = maileva.drafted(ESTATE, sender, either)
    maileva.call("POST", f"{path}/check")
    ar24.advance(3)
    maileva.call("POST", f"{path}/submit")
    ar24.advance(10)
    assert maileva.recipient(path)["final_sending_mode"] == mode


@pytest.mark.parametrize(
    ("verb", "last", "proof"),
    [
        ("accept", ("LP15", None), "acknowledgement_of_receipt"),
        ("refuse", ("LP22", "N05"), "undelivered_mail"),
        ("neglect", ("LP19", "N03"), "undelivered_mail"),
    ],
)
def test_a_paper_letter_is_presented_and_comes_back_or_not(
    ar24: Any, maileva: Any, verb: str, last: tuple[str, str | None], proof: str
) -> None:
    path = maileva.drafted(LREL)
    assert maileva.call("POST", f"{path}/submit").status_code == 200
    ar24.advance(10)
    ar24.acts(ar24.admin("GET", "/letters")[0]["id"], verb)
    seen = maileva.recipient(path)
    assert (seen["last_delivery_status"], seen.get("undelivered_mail_reason")) == last
    for name in ("deposit_proof", "content_proof", proof):
        answer = maileva.call("GET", f"{path}/recipients/{seen['id']}/download_{name}")
        assert answer.headers["content-type"] == "application/pdf"
        assert seen[f"{name}_url"].endswith(f"download_{name}")


def test_only_a_draft_is_changed_or_dropped(ar24: Any, maileva: Any) -> None:
    path = maileva.drafted(ERE, maileva.sender())
    assert maileva.call("PATCH", path, json={"message": "Bonjour"}).json()["message"] == "Bonjour"
    one = f"{path}/recipients/{maileva.recipient(path)['id']}"
    assert maileva.call("PATCH", one, json={"first_name": "Anne"}).json()["first_name"] == "Anne"
    [document] = maileva.call("GET", f"{path}/documents").json()["documents"]
    assert maileva.call("GET", f"{path}/documents/{document['id']}").json()["size"] == 4
    other = maileva.drafted(ERE, ar24.admin("GET", "/senders")[0])
    assert maileva.call("DELETE", other).status_code == 204
    assert maileva.code(maileva.call("GET", other)) == (404, "SENDING_NOT_FOUND")
    maileva.call("POST", f"{path}/submit")
    for method, address in (("DELETE", path), ("DELETE", one), ("PATCH", path), ("POST", f"{path}/submit")):
        assert maileva.code(maileva.call(method, address, json={} if method == "PATCH" else None)) == (
            403,
            "SENDING_NOT_DRAFT",
        )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"email": "x"}, "EMAIL_INVALID"),
        ({"legal_status": "FRIEND"}, "LEGAL_STATUS_INVALID"),
        ({"first_name": ""}, "FIRST_NAME_INVALID"),
        ({"last_name": "x" * 51}, "LAST_NAME_INVALID"),
    ],
)
def test_a_recipient_that_cannot_be_written_to_is_refused(maileva: Any, changes: dict[str, str], said: str) -> None:
    path = maileva.drafted(LREQ, maileva.sender())
    assert maileva.code(maileva.call("POST", f"{path}/recipients", json=PERSON | changes)) == (400, said)


def test_errors_are_a_list_under_errors_except_where_the_specification_has_a_bare_list(maileva: Any) -> None:
    assert isinstance(maileva.call("POST", f"{LREQ}/sendings", json={}).json()["errors"], list)
    assert isinstance(maileva.call("POST", f"{ERE}/sendings", json={}).json(), list)
    assert maileva.code(maileva.call("POST", f"{LREQ}/sendings", json={"name": "x", "sender_id": "y"})) == (
        400,
        "SENDER_ID_INVALID",
    )
    assert maileva.code(maileva.call("POST", f"{LREQ}/sendings", content=b"{")) == (400, "INVALID_JSON")
    path = maileva.drafted(ERE, maileva.sender())
    metadata = json.dumps({"name": "b", "hcode": "0"})
    files = {"metadata": (None, metadata), "document": ("b", b"x")}
    assert maileva.code(maileva.call("POST", f"{path}/documents", files=files)) == (400, "DOCUMENT_HCODE_INVALID")


def test_lists_are_read_by_pages(maileva: Any) -> None:
    sender = maileva.sender()
    for _ in range(3):
        maileva.drafted(ERE, sender)
    page = maileva.call("GET", f"{ERE}/sendings", params={"start_index": 2, "count": 1}).json()
    assert len(page["sendings"]) == 1
    assert page["paging"]["total_results"] == 3
    assert set(page["paging"]) == {"total_results", "next", "prev"}
    assert maileva.code(maileva.call("GET", f"{ERE}/sendings", params={"count": 501})) == (400, "PAGING_INVALID")


def test_somebody_elses_papers_show_as_to_update(ar24: Any, maileva: Any) -> None:
    sender = maileva.sender()
    path = maileva.drafted(LREQ, sender)
    maileva.authenticate(sender)
    maileva.call("POST", f"{path}/submit")
    ar24.advance(10)
    ar24.acts(ar24.admin("GET", "/letters")[0]["id"], "request_change")
    assert maileva.recipient(path)["status"] == "TO_UPDATE"


@pytest.mark.parametrize(("fault", "status"), [({"maintenance": True}, 503), ({"server_error": 1}, 503)])
def test_faults_strike_maileva_too(ar24: Any, maileva: Any, fault: dict[str, Any], status: int) -> None:
    ar24.admin("PUT", "/faults", fault)
    assert maileva.call("GET", f"{LREQ}/sendings").status_code == status
