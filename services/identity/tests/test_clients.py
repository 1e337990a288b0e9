from typing import Any
from uuid import uuid4

import pytest
from identity.application.register_office import register_office

OTHER_NOTARY = ("hugo.lambert@notaires.fr", "Notaire-demo-2")


@pytest.mark.covers("L-34", "L-35", "L-36")
def test_a_client_is_added_and_found_again(platform: Any) -> None:
    notary = platform.notary()
    client = platform.new_client(notary, first_name="Zoé", last_name="Lefèvre", phone="06 12 34 04 64")
    read = platform.call("GET", f"/clients/{client['id']}", notary).json()
    assert (read["first_name"], read["last_name"], read["phone"]) == ("Zoé", "Lefèvre", "+33612340464")
    for text in ("lefevre", "zoé LEF", "12340464", client["email"].upper()):
        found = platform.call("GET", "/clients", notary, params={"q": text}).json()["items"]
        assert [one["id"] for one in found] == [client["id"]], text
    for text in ("%", "_", "\\", "dupont"):
        assert platform.call("GET", "/clients", notary, params={"q": text}).json()["items"] == [], text


def test_clients_come_by_pages(platform: Any) -> None:
    notary = platform.notary()
    names = ["Aubry", "Berger", "Berger", "Colin", "Denis"]
    for name in names:
        platform.new_client(notary, last_name=name)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = platform.call("GET", "/clients", notary, params={"limit": 2} | cursor).json()
        seen += [one["last_name"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == names


def test_another_office_does_not_see_the_client(platform: Any) -> None:
    register_office(platform.identity.store, "69999", "Étude Lambert")
    client = platform.new_client(platform.notary())
    other = platform.notary(OTHER_NOTARY)
    foreign = platform.call("GET", f"/clients/{client['id']}", other)
    unknown = platform.call("GET", f"/clients/{uuid4()}", other)
    assert (foreign.status_code, foreign.content) == (404, unknown.content)
    assert platform.call("PATCH", f"/clients/{client['id']}", other, json={"first_name": "X"}).status_code == 404
    assert platform.call("GET", "/clients", other, params={"q": "dupont"}).json()["items"] == []


def test_two_clients_may_share_address_and_number(platform: Any) -> None:
    notary = platform.notary()
    shared = {"email": "famille@example.org", "phone": "0612340464"}
    first = platform.new_client(notary, first_name="Jeanne", **shared)
    second = platform.new_client(notary, first_name="Paul", **shared)
    assert first["id"] != second["id"]


def test_a_client_typed_again_is_the_one_the_office_knows(platform: Any) -> None:
    register_office(platform.identity.store, "69999", "Étude Lambert")
    notary, other = platform.notary(), platform.notary(OTHER_NOTARY)
    first = platform.new_client(notary, first_name="Zoé", email="zoe@example.org", phone="06 12 34 04 64")
    again = platform.new_client(notary, first_name="ZOE", email="Zoe@example.org", phone="+33 6 12 34 04 64")
    assert again["id"] == first["id"]
    assert len(platform.call("GET", "/clients", notary).json()["items"]) == 1
    foreign = platform.new_client(other, first_name="Zoé", email="zoe@example.org", phone="06 12 34 04 64")
    assert foreign["id"] != first["id"]


def test_names_hold_nothing_invisible(platform: Any) -> None:
    notary = platform.notary()
    client = platform.new_client(notary, first_name="Jea\u200bnne\u202e", last_name="Du\u2066pont")
    read = platform.call("GET", f"/clients/{client['id']}", notary).json()
    assert (read["first_name"], read["last_name"]) == ("Jeanne", "Dupont")
    facts = {"first_name": "A", "last_name": "B", "email": "a@example.org", "phone": "0612340464"}
    for name in ("\u200b", "Du\npont", "Du\u2028pont", "Du\tpont"):
        assert platform.post("/clients", facts | {"last_name": name}, notary).status_code == 422, repr(name)


@pytest.mark.covers("L-36")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"phone": "01 42 34 56 78"}, "mobile-refused"),
        ({"phone": "+33 891 23 45 67"}, "mobile-refused"),
        ({"email": "a@example.org\r\nBcc: b@example.org"}, "invalid"),
        ({"email": "a@b@example.org"}, "email-refused"),
        ({"email": "a" * 255}, "invalid"),
        ({"last_name": ""}, "invalid"),
        ({"surname": "x"}, "invalid"),
        ({"last_name": 7}, "invalid"),
    ],
)
def test_a_client_who_could_not_be_reached_is_refused(platform: Any, change: dict[str, Any], code: str) -> None:
    facts = {"first_name": "A", "last_name": "B", "email": "a@example.org", "phone": "0612340464"}
    refused = platform.post("/clients", facts | change, platform.notary())
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert [one for one in platform.events("person-registered") if one["kind"] == "client"] == []


def test_a_correction_voids_the_code_under_way(platform: Any) -> None:
    notary = platform.notary()
    client = platform.new_client(notary)
    challenge = platform.asked(client, platform.invitation(client))
    code = platform.code(client)
    corrected = platform.call("PATCH", f"/clients/{client['id']}", notary, json={"phone": "07 56 78 90 12"})
    assert corrected.status_code == 204, corrected.text
    assert platform.post(f"/sign-in/codes/{challenge}/answer", {"code": code}).status_code == 401
    assert platform.call("GET", f"/clients/{client['id']}", notary).json()["phone"] == "+33756789012"


def test_a_repeated_registration_makes_one_client(platform: Any) -> None:
    notary = platform.notary()
    facts = {"first_name": "A", "last_name": "B", "email": "a@example.org", "phone": "0612340464"}
    key = {"Idempotency-Key": "one"}
    first, second = (platform.post("/clients", facts, notary, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code, first.json()) == (201, 201, second.json())
    assert second.headers["Idempotency-Replayed"] == "true"
    other = platform.post("/clients", facts | {"last_name": "C"}, notary, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


def test_clients_are_for_members_only(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    platform.with_password(client)
    session = platform.client_session(client)
    assert platform.call("GET", "/clients").status_code == 401
    assert platform.call("GET", "/clients", session["access_token"]).status_code == 403


@pytest.mark.covers("L-34", "L-36", "L-48")
def test_whoever_may_be_there_already_is_named_before_somebody_is_added(platform: Any) -> None:
    notary = platform.notary()
    jeanne = platform.new_client(notary, phone="06 12 34 04 64", email="jeanne@example.org")
    paul = platform.new_client(notary, first_name="Paul", last_name="Martin", email="paul@example.org")
    register_office(platform.identity.store, "69999", "Étude Lambert")
    elsewhere = platform.notary(OTHER_NOTARY)
    facts = {"first_name": "Inès", "last_name": "Roche", "email": "ines@example.org", "phone": "06 12 34 99 99"}

    def alike(**same: str) -> list[str]:
        answer = platform.post("/clients", facts | same | {"refuse_alike": True}, notary)
        assert (answer.status_code, answer.json()["code"]) == (409, "client-alike"), answer.text
        return answer.json()["alike"]

    assert alike(phone="+33 6 12 34 04 64") == [jeanne["id"]]
    assert alike(email="JEANNE@example.org") == [jeanne["id"]]
    assert alike(first_name="PAUL", last_name="martin") == [paul["id"]]
    assert alike(first_name="Paul", last_name="Martin", phone="06 12 34 04 64", email="paul@example.org") == [
        paul["id"],
        jeanne["id"],
    ]
    shared = facts | {"phone": "06 12 34 04 64"}
    assert platform.post("/clients", shared | {"refuse_alike": True}, elsewhere).status_code == 201
    assert platform.post("/clients", facts | {"last_name": "Ro", "refuse_alike": True}, notary).status_code == 201
    assert platform.post("/clients", facts | {"refuse_alike": False}, notary).status_code == 201


@pytest.mark.covers("L-36", "L-45")
def test_what_is_corrected_may_not_silently_be_somebody_elses(platform: Any) -> None:
    notary = platform.notary()
    jeanne, paul = platform.new_client(notary), platform.new_client(notary, first_name="Paul")
    path = f"/clients/{paul['id']}"
    theirs = {"phone": jeanne["phone"], "refuse_alike": True}
    refused = platform.call("PATCH", path, notary, json=theirs)
    assert (refused.status_code, refused.json()["alike"]) == (409, [jeanne["id"]])
    assert platform.call("GET", path, notary).json()["phone"] != "+33" + jeanne["phone"].replace(" ", "")[1:]
    assert platform.call("PATCH", path, notary, json=theirs | {"refuse_alike": False}).status_code == 204
    again = {"first_name": "Paule", "phone": jeanne["phone"], "refuse_alike": True}
    assert platform.call("PATCH", path, notary, json=again).status_code == 204  # that was decided before
    assert platform.call("GET", path, notary).json()["authenticator"] is False
