from typing import Any

import pytest

ERE, ESTATE, LREL = "secured_electronic_mail/v1", "real_estate/v1", "registered_mail/v4"
SENDERS, CONSENTS = "electronic_mail_emitter/v1/senders", "electronic_consents/v1/consents"
SUBSCRIPTIONS = "notification_center/v2/subscriptions"
NEW = {
    "title": "MR",
    "legal_status": "PROFESSIONAL",
    "first_name": "Paul",
    "last_name": "Roy",
    "email": "paul@office.fr",
    "address1": "1 rue A",
    "city": "PARIS",
    "country": "FR",
}
ADDRESS = {"address_line_1": "M. Roy", "address_line_6": "69001 LYON"}
LISTEN = {"resource_type": f"{LREL}/sendings", "event_type": "ON_STATUS_ACCEPTED", "callback_url": "http://x/"}


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        (SENDERS, NEW | {"email": ""}, "EMAIL_REQUIRED"),
        (SENDERS, NEW | {"email": "paul"}, "EMAIL_INVALID"),
        (SENDERS, NEW | {"title": "DR"}, "TITLE_INVALID"),
        (SENDERS, NEW | {"legal_status": "KING"}, "LEGAL_STATUS_INVALID"),
        (SENDERS, NEW | {"company_siret": "1"}, "COMPANY_SIRET_INVALID"),
        (SENDERS, NEW | {"country": "France"}, "COUNTRY_INVALID"),
        (CONSENTS, {"sender_id": "x"}, "SENDER_ID_INVALID"),
        (SUBSCRIPTIONS, LISTEN | {"callback_url": "ftp://x"}, "CALLBACK_URL_INVALID"),
        (f"{ESTATE}/sendings", {"name": "x" * 51}, "NAME_INVALID"),
        (f"{ERE}/sendings", {"name": "x"}, "SENDER_ID_INVALID"),
    ],
)
def test_what_cannot_be_made_is_refused(maileva: Any, path: str, body: dict[str, Any], said: str) -> None:
    assert maileva.code(maileva.call("POST", path, json=body)) == (400, said)


@pytest.mark.parametrize(
    ("product", "body", "said"),
    [
        (LREL, ADDRESS | {"address_line_1": "x" * 39}, "ADDRESS_LINE_1_TOO_LONG"),
        (LREL, {"address_line_6": "69001 LYON"}, "ADDRESS_LINE_1_REQUIRED"),
        (LREL, {"address_line_2": "M. Roy"}, "ADDRESS_LINE_6_REQUIRED"),
        (ESTATE, {"sending_mode": "PIGEON"}, "SENDING_MODE_INVALID"),
        (ESTATE, {"sending_mode": "ELECTRONIC_NOTICE"}, "EMAIL_INVALID"),
    ],
)
def test_a_recipient_who_cannot_be_reached_is_refused(
    maileva: Any, product: str, body: dict[str, Any], said: str
) -> None:
    made = maileva.call("POST", f"{product}/sendings", json={"name": "x"}).json()["id"]
    assert maileva.code(maileva.call("POST", f"{product}/sendings/{made}/recipients", json=body)) == (400, said)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"metadata": (None, "{}")}, "DOCUMENT_REQUIRED"),
        ({"document": ("", b"x"), "metadata": ("m", b"{}")}, "DOCUMENT_REQUIRED"),
        ({"document": ("a", b"x"), "metadata": (None, "{")}, "METADATA_INVALID"),
        ({"document": ("a", b"x"), "metadata": (None, "[]")}, "METADATA_INVALID"),
        ({"document": ("a", b"x" * 9)}, "DOCUMENTS_TOO_BIG"),
    ],
)
def test_a_document_that_cannot_be_sent_is_refused(ar24: Any, maileva: Any, files: dict[str, Any], said: str) -> None:
    ar24.admin("PUT", "/assumptions", {"max_total_bytes": 8})
    path = maileva.drafted(LREL)
    assert maileva.code(maileva.call("POST", f"{path}/documents", files=files)) == (400, said)


@pytest.mark.parametrize(
    "path",
    [
        f"{ERE}/sendings/x",
        f"{SENDERS}/x",
        f"{CONSENTS}/x",
        f"{SUBSCRIPTIONS}/x",
        "notification_center/v2/notifications/x",
    ],
)
def test_what_is_not_there_is_not_found(maileva: Any, path: str) -> None:
    assert maileva.call("GET", path).status_code == 404


def test_parts_of_a_draft_are_taken_out_and_it_cannot_go_then(maileva: Any) -> None:
    path = maileva.drafted(LREL)
    [document] = maileva.call("GET", f"{path}/documents").json()["documents"]
    one = f"{path}/recipients/{maileva.recipient(path)['id']}"
    assert maileva.call("DELETE", one).status_code == 204
    assert maileva.code(maileva.call("GET", one)) == (404, "RECIPIENT_NOT_FOUND")
    assert maileva.code(maileva.call("POST", f"{path}/submit")) == (400, "RECIPIENTS_REQUIRED")
    assert maileva.call("POST", f"{path}/recipients", json=ADDRESS).status_code == 201
    assert maileva.call("DELETE", f"{path}/recipients").status_code == 204
    address = f"{path}/documents/{document['id']}"
    assert maileva.call("DELETE", address).status_code == 204
    assert maileva.code(maileva.call("GET", address)) == (404, "DOCUMENT_NOT_FOUND")
    refused = maileva.call("POST", f"{path}/submit").json()["errors"]
    assert [one["code"] for one in refused] == ["DOCUMENTS_REQUIRED", "RECIPIENTS_REQUIRED"]


def test_the_cap_of_the_test_platform_counts_here_too(ar24: Any, maileva: Any) -> None:
    path = maileva.drafted(LREL)
    ar24.admin("PUT", "/faults", {"send_cap": 0})
    assert maileva.code(maileva.call("POST", f"{path}/submit")) == (429, "TOO_MANY_SENDINGS")
    assert maileva.call("GET", path).json()["status"] == "DRAFT"


def test_answers_may_be_cut_short_or_hold_more_than_was_said(ar24: Any, maileva: Any) -> None:
    ar24.admin("PUT", "/faults", {"extra_fields": True})
    full = maileva.call("GET", f"{ERE}/sendings").text
    assert "added_without_notice" in full
    ar24.admin("PUT", "/faults", {"extra_fields": True, "truncated": 1, "route": "GET maileva/"})
    assert maileva.call("GET", f"{ERE}/sendings").text == full[: len(full) // 2]


def test_a_subscription_is_read_changed_and_called_with_its_oauth_token(ar24: Any, maileva: Any, listener: Any) -> None:
    asked = {"oauth2_server": listener.url, "client_id": "i", "client_secret": "s", "grant_type": "client_credentials"}
    number = maileva.call("POST", SUBSCRIPTIONS, json=LISTEN).json()["id"]
    change = {"callback_url": listener.url, "authentication": {"oauth2": asked}}
    assert maileva.call("PATCH", f"{SUBSCRIPTIONS}/{number}", json=change).json()["callback_url"] == listener.url
    assert maileva.call("GET", f"{SUBSCRIPTIONS}/{number}").json()["event_type"] == "ON_STATUS_ACCEPTED"
    assert maileva.call("GET", SUBSCRIPTIONS).json()["paging"]["total_results"] == 1
    maileva.call("POST", f"{maileva.drafted(LREL)}/submit")
    ar24.advance(1)
    # What answers gives no token: the notice itself is not posted, and the try has failed.
    [form] = listener.forms()
    assert form == {name: asked[name] for name in ("client_id", "client_secret", "grant_type")}
    [told] = maileva.call("GET", "notification_center/v2/notifications").json()["notifications"]
    assert (told["status"], told["attempt_count"]) == ("PENDING", 1)
