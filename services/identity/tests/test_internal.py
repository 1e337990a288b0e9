from typing import Any
from uuid import uuid4

import pytest
from eventstore import rebuild
from identity.adapters.purge import forget

NOTARY = ("claire.morel@notaires.fr", "Notaire-demo-1")


def test_internal_routes_are_for_services_only(platform: Any) -> None:
    notary = platform.notary()
    client = platform.new_client(notary)
    for headers in ({}, {"Authorization": f"Bearer {notary}"}):
        answer = platform.http.get(f"/internal/persons/{client['id']}/contact", headers=headers)
        assert answer.status_code == 401


def test_names_and_contacts_are_told_at_the_time_of_use(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    notary_id = platform.events("person-registered")[0]["originator_id"]
    ids = ",".join([client["id"], notary_id, str(uuid4())])
    items = platform.service.get("/internal/persons", params={"ids": ids}).json()["items"]
    names = {one["id"]: (one["kind"], one["last_name"], one["erased"]) for one in items}
    assert names == {client["id"]: ("client", "Dupont", False), notary_id: ("staff", "Morel", False)}
    contact = platform.service.get(f"/internal/persons/{client['id']}/contact").json()
    assert contact == {"email": client["email"], "phone": "+33612340000", "first_name": "Jeanne", "last_name": "Dupont"}
    assert platform.service.get(f"/internal/persons/{uuid4()}/contact").status_code == 404
    assert platform.service.get("/internal/persons", params={"ids": "x"}).status_code == 404


def test_a_client_is_known_to_belong_to_its_office_only(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    path = f"/internal/clients/{client['id']}"
    assert platform.service.get(path, params={"office": str(platform.office_id)}).status_code == 200
    assert platform.service.get(path, params={"office": str(uuid4())}).status_code == 404


def test_an_office_tells_its_notaries_and_members(platform: Any) -> None:
    platform.notary()
    notary_id = platform.events("person-registered")[0]["originator_id"]
    office = platform.service.get(f"/internal/offices/{platform.office_id}").json()
    assert office == {
        "id": str(platform.office_id),
        "crpcen": "75999",
        "name": "Étude Morel",
        "notary_ids": [notary_id],
        "member_ids": [notary_id],
    }


@pytest.mark.covers("L-46")
def test_nobody_is_invited_in_the_name_of_another_office(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    foreign = platform.service.post(
        "/internal/invitations", json={"person_id": client["id"], "office_id": str(uuid4())}
    )
    assert foreign.status_code == 404
    assert platform.events("client-invited") == []


def test_every_event_can_be_published_and_says_nothing_personal(platform: Any) -> None:
    client = platform.new_client(platform.notary(NOTARY), last_name="Introuvable")
    platform.with_password(client)
    platform.client_session(client)
    platform.post("/sign-in/password", {"email": "nobody@example.org", "password": "Une autre phrase 8"})
    platform.identity.sms.close()
    feed = platform.service.get("/internal/events", params={"after": 0})
    items = feed.json()["items"]
    assert [one["storeseq"] for one in items] == list(range(1, len(items) + 1))
    assert {one["type"] for one in items} >= {
        "identity.office-registered.v1",
        "identity.person-registered.v1",
        "identity.membership-approved.v1",
        "identity.client-invited.v1",
        "identity.code-sent.v1",
        "identity.password-set.v1",
        "identity.signed-in.v1",
        "identity.sign-in-refused.v1",
    }
    for secret in ("Introuvable", client["email"], "claire.morel", "+336"):
        assert secret not in feed.text


def test_read_models_made_again_are_the_same(platform: Any) -> None:
    notary = platform.notary()
    client = platform.new_client(notary)
    platform.call("PATCH", f"/clients/{client['id']}", notary, json={"last_name": "Durand"})
    platform.with_password(client)
    tables = ("office", "person", "membership")
    before = [platform.sql(f"SELECT * FROM read.{table} ORDER BY id") for table in tables]
    rebuild(platform.identity.store)
    assert [platform.sql(f"SELECT * FROM read.{table} ORDER BY id") for table in tables] == before


def test_the_openapi_document_has_examples_of_refusals(platform: Any) -> None:
    document = platform.call("GET", "/openapi.json").json()
    assert not [path for path in document["paths"] if path.startswith("/internal")]
    answers = document["paths"]["/api/identity/v1/sign-in/codes/{code_id}/answer"]["post"]["responses"]
    assert "code-refused" in answers["401"]["content"]["application/problem+json"]["examples"]
    schema = document["components"]["schemas"]["NewClient"]["properties"]
    assert schema["phone"]["examples"] == ["06 12 34 04 64"]


PUBLIC = {
    "/sign-in/idnot",
    "/sign-in/idnot/callback",
    "/offices",
    "/email-confirmations",
    "/sign-in/codes",
    "/sign-in/codes/{code_id}/answer",
    "/access-links",
    "/password",
    "/sign-in/password",
    "/sessions/refresh",
}


def test_the_openapi_document_says_where_one_must_be_signed_in(platform: Any) -> None:
    document = platform.call("GET", "/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            short = path.removeprefix("/api/identity/v1")
            public = short in PUBLIC or (method, short) == ("post", "/memberships") or short.startswith("/.well-known")
            refusals = operation["responses"].get("401", {}).get("content", {}).get("application/problem+json", {})
            assert ("not-signed-in" in refusals.get("examples", {})) is not public, (method, path)
            assert ("security" in operation) is not public, (method, path)
    callback = document["paths"]["/api/identity/v1/sign-in/idnot/callback"]["get"]["responses"]["503"]
    assert callback["content"]["application/problem+json"]["examples"].keys() == {"provider-unavailable", "try-again"}


def test_every_answer_in_the_openapi_document_has_an_example(platform: Any) -> None:
    document = platform.call("GET", "/openapi.json").json()
    schemas = document["components"]["schemas"]
    for name in ("Client", "CodeSent", "Created", "Me", "Member", "MemberList", "MembershipAsked", "Office"):
        (example,) = schemas[name]["examples"]
        assert example.keys() == schemas[name]["properties"].keys(), name
    for name in ("OfficeList", "PasswordSetup", "RegistrationNeeded", "SignedIn"):
        (example,) = schemas[name]["examples"]
        assert example.keys() == schemas[name]["properties"].keys(), name


def test_what_is_too_old_is_forgotten(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    platform.asked(client, platform.invitation(client))
    platform.sql("UPDATE identity.challenge SET created_at = now() - interval '3 days'")
    platform.sql("UPDATE identity.attempt SET at = now() - interval '3 days'")
    forget(platform.identity.store)
    assert platform.sql("SELECT 1 FROM identity.challenge") == []
    assert platform.sql("SELECT 1 FROM identity.attempt") == []
