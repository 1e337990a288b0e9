from typing import Any

LREQ = "electronic_qualified_registered_mail/v1"


def test_a_sender_is_made_confirmed_within_an_hour_or_attached_when_ar24_knows_it(ar24: Any, maileva: Any) -> None:
    base = "electronic_mail_emitter/v1/senders"
    new = {
        "title": "MRS",
        "legal_status": "PROFESSIONAL",
        "first_name": "Anne",
        "last_name": "Roy",
        "email": "anne@office.fr",
        "address1": "1 rue A",
        "zip_code": "75001",
        "city": "PARIS",
        "country": "FR",
    }
    made = maileva.call("POST", base, json=new)
    assert (made.status_code, made.json()["status"]) == (201, "VALIDATING")
    assert maileva.code(maileva.call("POST", base, json=new)) == (409, "SENDER_ALREADY_EXISTS")
    ar24.advance(3601)
    assert maileva.call("GET", f"{base}/{made.json()['id']}").json()["status"] == "EXPIRED"
    number = ar24.sender("paul@office.fr", linked=False)
    known = maileva.call("POST", base, json=new | {"email": "paul@office.fr"})
    assert (known.status_code, known.json()["status"]) == (202, "ACCESS_GRANTING")
    assert maileva.call("POST", f"{base}/{known.json()['id']}/grant_access").status_code == 200
    ar24.admin("POST", f"/senders/{number}/accept-access")
    seen = maileva.call("GET", f"{base}/{known.json()['id']}").json()
    assert (seen["status"], seen["provider_grant_access"]) == ("VALIDATED", True)
    assert maileva.call("GET", base).json()["paging"]["total_results"] == 2
    assert maileva.call("PATCH", f"{base}/{seen['id']}", json={"city": "LYON"}).json()["city"] == "LYON"


def test_a_key_is_ordered_used_kept_for_a_month_and_revoked(ar24: Any, maileva: Any) -> None:
    sender = maileva.sender(credential="none")
    base = f"electronic_mail_emitter/v1/senders/{sender['uuid']}"
    assert maileva.call("POST", f"{base}/verify_identity").status_code == 200
    ar24.advance(4 * 86400)
    assert maileva.code(maileva.call("POST", f"{base}/authenticate_by_otp", params={"otp_code": "x"})) == (
        400,
        "OTP_CODE_INVALID",
    )
    key = ar24.admin("GET", f"/senders/{sender['id']}")["otp_key"]
    assert maileva.call("POST", f"{base}/authenticate_by_certificate", json={"certificate": key}).status_code == 200
    assert maileva.call("POST", f"{maileva.drafted(LREQ, sender)}/submit").status_code == 202
    ar24.advance(31 * 86400)
    assert maileva.call("GET", base).json()["has_certificate"] is False
    assert maileva.call("POST", f"{base}/revoke_identity").status_code == 204
    assert maileva.code(maileva.call("POST", f"{maileva.drafted(LREQ, sender)}/submit")) == (
        400,
        "SENDER_NOT_AUTHENTICATED",
    )


def test_a_consent_is_asked_for_in_two_steps_and_answered_or_lapses(ar24: Any, maileva: Any) -> None:
    sender = maileva.sender()
    base = "electronic_consents/v1/consents"
    new = {"sender_id": sender["uuid"], "last_name": "A", "first_name": "B", "email": "a@client.fr"}
    asked, declared = (maileva.call("POST", base, json=new | {"custom_id": name}).json()["id"] for name in "12")
    assert maileva.call("POST", f"{base}/{asked}/requests").json()["status"] == "ASKED"
    assert (
        maileva.call("POST", f"{base}/{declared}/answers", json={"status": "ACCEPTED"}).json()["declared_by"]
        == "SENDER"
    )
    assert maileva.call("GET", f"{base}/{declared}/download_proof").content.startswith(b"%PDF")
    assert maileva.code(maileva.call("GET", f"{base}/{asked}/download_proof")) == (404, "PROOF_NOT_FOUND")
    ar24.advance(8 * 86400)
    first, second = maileva.call("GET", base).json()["consents"]
    assert first["last_request"]["status"] == "EXPIRED"
    assert second["last_answer"]["status"] == "ACCEPTED"
    assert maileva.call("DELETE", f"{base}/{asked}").status_code == 204
    assert maileva.code(maileva.call("POST", base, json=new | {"waiting_duration": 31})) == (
        400,
        "WAITING_DURATION_INVALID",
    )
