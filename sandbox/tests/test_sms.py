from typing import Any

import httpx
import pytest

TOKEN = {"Authorization": "Bearer token"}
PHONE = "+33612340464"


def send(sms: Any, **changes: str) -> httpx.Response:
    message = {"to": PHONE, "text": "Votre code : 123456", "reference": "r-1"} | changes
    return sms.http.post("/messages", json=message, headers=TOKEN)


def test_an_accepted_message_arrives_on_the_phone(sms: Any) -> None:
    accepted = send(sms)
    assert accepted.status_code == 201
    arrived = sms.admin.get("/messages", params={"to": PHONE}).json()
    assert [(one["id"], one["text"]) for one in arrived] == [(accepted.json()["id"], "Votre code : 123456")]
    assert sms.admin.get("/messages", params={"to": "+33600000000"}).json() == []


def test_a_repeated_reference_sends_once(sms: Any) -> None:
    first, second = send(sms), send(sms)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert len(sms.admin.get("/messages").json()) == 1
    assert send(sms, text="another").status_code == 409


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}, {"Authorization": "Basic token"}])
def test_only_a_customer_sends(sms: Any, headers: dict[str, str]) -> None:
    refused = sms.http.post("/messages", json={"to": PHONE, "text": "x", "reference": "r"}, headers=headers)
    assert refused.status_code == 401


@pytest.mark.parametrize("to", ["0612340464", "+33", "+33 612340464", "sms"])
def test_a_number_is_in_e164(sms: Any, to: str) -> None:
    assert send(sms, to=to).status_code == 422


def test_the_network_refuses_or_loses_a_number_when_told_so(sms: Any) -> None:
    sms.admin.put("/faults", json={"refuse": ["+33611111111"], "lose": ["+33622222222"]})
    assert send(sms, to="+33611111111", reference="a").status_code == 422
    lost = send(sms, to="+33622222222", reference="b")
    assert lost.status_code == 201
    assert sms.admin.get("/messages").json() == []
    assert sms.http.get(f"/messages/{lost.json()['id']}", headers=TOKEN).json()["state"] == "accepted"
    sms.admin.put("/faults", json={"down": True})
    assert send(sms, reference="c").status_code == 503
