from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from identity.application.register_office import register_office

NOTARY = ("claire.morel@notaires.fr", "Notaire-demo-1")
OTHER_NOTARY = ("hugo.lambert@notaires.fr", "Notaire-demo-2")
COLLABORATOR = ("lea.fournier@etude-morel.example", "Clerc-demo-1")
MARC = ("marc.dubois@etude-morel.example", "Clerc-demo-2")


def ask(platform: Any, account: tuple[str, str] = COLLABORATOR, **changes: str) -> Any:
    registration = platform.staff(account).json()
    body = {
        "registration_token": registration["registration_token"],
        "crpcen": "75999",
        "recovery_email": account[0],
    } | changes
    return platform.post("/memberships", body)


def confirm(platform: Any, person_id: str) -> Any:
    letter = platform.service.post("/internal/email-confirmations", json={"person_id": person_id}).json()
    token = parse_qs(urlsplit(letter["url"]).query)["token"][0]
    return platform.post("/email-confirmations", {"token": token})


@pytest.mark.covers("L-11", "L-16")
def test_a_notary_named_by_the_provider_is_a_member_at_once(platform: Any) -> None:
    answer = platform.staff(NOTARY)
    assert answer.status_code == 200, answer.text
    me = platform.call("GET", "/me", answer.json()["access_token"]).json()
    assert (me["kind"], me["role"], me["first_name"], me["office"]["crpcen"]) == ("staff", "notary", "Claire", "75999")
    (approved,) = platform.events("membership-approved")
    assert (str(approved["person_id"]), approved["approved_by"]) == (me["id"], None)
    (signed_in,) = platform.events("signed-in")
    assert signed_in["means"] == "oidc"


@pytest.mark.covers("L-13")
def test_a_second_sign_in_is_the_same_person(platform: Any) -> None:
    first, second = platform.notary(), platform.notary()
    ids = {platform.call("GET", "/me", token).json()["id"] for token in (first, second)}
    assert len(ids) == 1
    assert len(platform.events("person-registered")) == 1
    assert len(platform.events("signed-in")) == 2


def test_a_notary_of_an_office_that_is_not_registered_is_refused(platform: Any) -> None:
    refused = platform.staff(OTHER_NOTARY)
    assert (refused.status_code, refused.json()["code"]) == (403, "notary-not-vouched-for")
    assert [one["cause"] for one in platform.events("sign-in-refused")] == ["not-vouched-for"]
    assert platform.events("person-registered") == []


@pytest.mark.covers("L-18", "L-19", "L-20", "L-21")
def test_a_collaborator_signs_in_only_once_confirmed_and_approved(platform: Any) -> None:
    notary = platform.notary()
    found = platform.call("GET", "/offices", params={"q": "etude mor"}).json()["items"]
    assert [one["crpcen"] for one in found] == ["75999"]
    asked = ask(platform)
    assert asked.status_code == 201, asked.text

    pending = platform.staff(COLLABORATOR)
    assert (pending.status_code, pending.json()["code"]) == (403, "membership-pending")
    assert pending.json()["waits_for"] == ["email-confirmation", "approval"]

    (request,) = platform.call("GET", "/memberships", notary, params={"state": "requested"}).json()["items"]
    assert (request["id"], request["last_name"]) == (asked.json()["id"], "Fournier")
    approval = f"/memberships/{request['id']}/approval"
    assert platform.post(approval, token=notary).status_code == 204
    assert platform.post(approval, token=notary).json()["code"] == "already-decided"
    assert platform.staff(COLLABORATOR).json()["waits_for"] == ["email-confirmation"]

    assert confirm(platform, asked.json()["person_id"]).status_code == 204
    session = platform.staff(COLLABORATOR)
    assert session.status_code == 200, session.text
    me = platform.call("GET", "/me", session.json()["access_token"]).json()
    assert (me["role"], me["office"]["name"]) == ("collaborator", "Étude Morel")
    causes = [one["cause"] for one in platform.events("sign-in-refused")]
    assert causes == ["membership-pending", "membership-pending"]


@pytest.mark.covers("L-21")
def test_a_confirmed_address_without_approval_does_not_sign_in(platform: Any) -> None:
    asked = ask(platform).json()
    confirm(platform, asked["person_id"])
    pending = platform.staff(COLLABORATOR)
    assert (pending.status_code, pending.json()["waits_for"]) == (403, ["approval"])


@pytest.mark.covers("L-20")
def test_only_a_notary_of_the_office_decides(platform: Any) -> None:
    register_office(platform.identity.store, "69999", "Étude Lambert")
    notary, other = platform.notary(), platform.notary(OTHER_NOTARY)
    lea, marc = ask(platform).json(), ask(platform, MARC).json()
    confirm(platform, lea["person_id"])
    platform.post(f"/memberships/{lea['id']}/approval", token=notary)
    collaborator = platform.staff(COLLABORATOR).json()["access_token"]

    path = f"/memberships/{marc['id']}/approval"
    assert platform.post(path).status_code == 401
    assert platform.post(path, token=collaborator).status_code == 403
    assert platform.post(path, token=other).status_code == 404
    assert platform.call("GET", "/memberships", collaborator).status_code == 403
    assert platform.call("GET", "/memberships", other).json()["items"][0]["last_name"] == "Lambert"
    assert platform.call("GET", f"/offices/{platform.office_id}/members", other).status_code == 404
    colleagues = platform.call("GET", f"/offices/{platform.office_id}/members", collaborator).json()["items"]
    assert {one["last_name"] for one in colleagues} == {"Morel", "Fournier"}


def test_a_refused_person_may_ask_again(platform: Any) -> None:
    notary = platform.notary()
    first = ask(platform).json()
    assert platform.post(f"/memberships/{first['id']}/refusal", token=notary).status_code == 204
    again = ask(platform)
    assert again.status_code == 201
    assert again.json()["person_id"] == first["person_id"]


def test_compliance_can_be_asked_for_and_notary_cannot(platform: Any) -> None:
    notary = platform.notary()
    assert ask(platform, MARC, role="notary").status_code == 422
    asked = ask(platform, MARC, role="compliance").json()
    confirm(platform, asked["person_id"])
    platform.post(f"/memberships/{asked['id']}/approval", token=notary)
    token = platform.staff(MARC).json()["access_token"]
    assert platform.call("GET", "/me", token).json()["role"] == "compliance"
    facts = {"first_name": "A", "last_name": "B", "email": "a@example.org", "phone": "0612340464"}
    assert platform.post("/clients", facts, token).status_code == 403


def test_a_registration_works_once(platform: Any) -> None:
    registration = platform.staff(COLLABORATOR).json()["registration_token"]
    body = {"registration_token": registration, "crpcen": "75999", "recovery_email": "lea@example.org"}
    assert platform.post("/memberships", body | {"crpcen": "00000"}).status_code == 404
    assert platform.post("/memberships", body).status_code == 201
    assert platform.post("/memberships", body).status_code == 410
    assert platform.post("/memberships", body | {"registration_token": "altered"}).status_code == 404
    assert len(platform.events("membership-requested")) == 1


def test_a_notary_who_left_the_office_does_not_sign_in_for_it(platform: Any) -> None:
    platform.notary()
    platform.sql("UPDATE read.office SET crpcen = '75111'")  # the provider now names another office than ours
    assert platform.staff(NOTARY).json()["code"] == "notary-not-vouched-for"
