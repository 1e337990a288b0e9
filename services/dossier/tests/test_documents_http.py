"""Documents asked for, deposited and decided, through HTTP, on a real PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from eventstore import rebuild

FILE = {"name": "dpe.pdf", "size": 48_213, "sha256": "ab" * 32}


def code(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, response.json()["code"]


def requests_of(staff: Any, dossier: str) -> dict[str, Any]:
    return {request["id"]: request for request in staff.get(f"/dossiers/{dossier}/requests").json()["items"]}


@pytest.fixture
def people(world: Any, office: UUID) -> tuple[Any, Any, str]:
    """Return a member of the office, a client, and a dossier of theirs."""
    staff, client = world.staff(office), world.client(office)
    return staff, client, world.opens(staff, client)


@pytest.mark.covers("L-39", "L-40", "L-43")
def test_documents_are_asked_for_from_the_list_and_in_words(world: Any, people: Any) -> None:
    staff, client, dossier = people
    asked = world.asks(staff, dossier, client, "dpe", "dpe", "cni", others=("Plan", " plan ", "Livret de famille"))
    rows = requests_of(staff, dossier)
    assert {(row["document_type"], row["label"]) for row in rows.values()} == {
        ("dpe", "DPE"),
        ("cni", "CNI recto-verso"),
        ("livret-famille", "Livret de famille"),
        (None, "Plan"),
    }
    assert set(asked) == set(rows)
    assert {(row["state"], row["requested"]) for row in rows.values()} == {("asked", True)}


@pytest.mark.covers("L-43", "L-44")
def test_a_document_is_asked_for_again_only_once_it_is_settled(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    asking = {"document_types": ["cni"], "others": ["dpe"]}
    again = staff.post(f"/dossiers/{dossier}/clients/{client.person_id}/requests", json=asking)
    assert (code(again), again.json()["already"]) == ((409, "already-asked"), ["DPE"])
    assert len(requests_of(staff, dossier)) == 1
    assert staff.post(f"{world.deposits(client, request)}/validation").status_code == 204
    world.asks(staff, dossier, client, "dpe")
    assert len(requests_of(staff, dossier)) == 2


@pytest.mark.parametrize(
    ("asking", "refusal"),
    [
        ({}, "nothing-asked"),
        ({"document_types": ["kbis"]}, "unknown-document-type"),
        ({"others": [" "]}, "invalid"),
        ({"others": ["x" * 121]}, "invalid"),
        ({"others": ["x"] * 101}, "invalid"),
        ({"labels": ["x"]}, "invalid"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(people: Any, asking: dict[str, Any], refusal: str) -> None:
    staff, client, dossier = people
    answer = staff.post(f"/dossiers/{dossier}/clients/{client.person_id}/requests", json=asking)
    assert code(answer) == (422, refusal)


@pytest.mark.covers("L-53", "L-58")
def test_a_deposit_begins_with_a_ticket_that_holds_what_the_client_declared(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    given = client.post(f"/requests/{request}/deposits", json=FILE)
    assert given.status_code == 201
    version = given.json()["version_id"]
    assert given.json()["upload_url"] == f"https://scelle.test/api/vault/v1/documents/{version}/content"
    ticket = world.verifier.ticket(given.json()["ticket"])
    assert (ticket.action, ticket.name, ticket.size, ticket.sha256) == ("deposit", *FILE.values())
    assert (ticket.actor_id, ticket.owner_id, ticket.actor_kind) == (client.person_id, client.person_id, "client")
    assert {str(ticket.version_id), str(ticket.request_id), str(ticket.dossier_id)} == {version, request, dossier}
    assert requests_of(staff, dossier)[request]["state"] == "asked"
    assert code(staff.post(f"/requests/{request}/deposits", json=FILE)) == (403, "not-allowed")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"size": 0}, "#/size"),
        ({"size": -1}, "#/size"),
        ({"size": 10**20}, "#/size"),
        ({"size": "big"}, "#/size"),
        ({"sha256": "AB" * 32}, "#/sha256"),
        ({"sha256": "ab" * 31}, "#/sha256"),
        ({"name": ""}, "#/name"),
        ({"name": ".."}, "#/name"),
        ({"name": "../../etc/passwd"}, "#/name"),
        ({"name": "C:\\secret.pdf"}, "#/name"),
        ({"name": "facture\u202efdp.exe"}, "#/name"),
        ({"name": "a\nb.pdf"}, "#/name"),
        ({"name": "n" * 256}, "#/name"),
        ({"media_type": "application/pdf"}, "#/media_type"),
    ],
)
def test_a_file_that_is_declared_wrongly_is_refused(
    world: Any, people: Any, change: dict[str, Any], pointer: str
) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    answer = client.post(f"/requests/{request}/deposits", json={**FILE, **change})
    assert code(answer) == (422, "invalid")
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.covers("L-56", "L-58", "L-60", "L-61")
def test_what_the_vault_stores_waits_for_the_office_file_by_file(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    first, second = world.deposits(client, request), world.deposits(client, request)
    row = requests_of(staff, dossier)[request]
    assert (row["state"], [version["state"] for version in row["versions"]]) == ("deposited", ["deposited"] * 2)
    assert staff.get("/dossiers").json()["items"][0]["waiting"] == 2
    staff.post(f"{first}/validation")
    assert staff.get("/dossiers").json()["items"][0]["waiting"] == 1
    staff.post(f"{second}/validation")
    assert requests_of(staff, dossier)[request]["state"] == "validated"
    assert staff.get("/dossiers").json()["items"][0]["waiting"] == 0


def test_the_same_message_of_the_vault_twice_has_one_effect(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    given = client.post(f"/requests/{request}/deposits", json=FILE).json()
    envelope = world.vault_stores(given["ticket"])
    world.inbox.receive([envelope])
    world.vault_stores(given["ticket"])
    assert len(requests_of(staff, dossier)[request]["versions"]) == 1
    assert world.topics(dossier).count("document-deposited") == 1
    deposited = [event for event in world.store.read(0, 10_000) if event.topic == "dossier.document-deposited"][-1]
    assert str(client.person_id) in deposited.entry.decode()
    assert envelope.correlationid
    assert envelope.correlationid in deposited.entry.decode()


@pytest.mark.covers("L-62", "L-63", "L-64")
def test_a_version_is_looked_at_before_it_is_decided_and_kept_only_after(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    version = world.deposits(client, request)
    look = staff.post(f"{version}/views")
    assert look.status_code == 201
    ticket = world.verifier.ticket(look.json()["ticket"])
    assert (ticket.action, ticket.actor_id, ticket.size) == ("view", staff.person_id, FILE["size"])
    assert look.json()["url"].endswith(f"/documents/{ticket.version_id}/content")
    assert code(client.post(f"{version}/views")) == (403, "not-allowed")
    for caller in (staff, client):
        assert code(caller.post(f"{version}/downloads")) == (409, "not-validated")
    staff.post(f"{version}/validation")
    for caller in (staff, client):
        kept = world.verifier.ticket(caller.post(f"{version}/downloads").json()["ticket"])
        assert (kept.action, kept.actor_id) == ("download", caller.person_id)


@pytest.mark.covers("L-65", "L-66", "L-67")
def test_a_refused_client_reads_why_and_deposits_again_and_all_versions_stay(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    refused = world.deposits(client, request)
    for reason in ("", "  "):
        assert code(staff.post(f"{refused}/refusal", json={"reason": reason})) == (422, "reason-missing")
    assert code(staff.post(f"{refused}/refusal", json={})) == (422, "invalid")
    assert staff.post(f"{refused}/refusal", json={"reason": "Page 2 illisible"}).status_code == 204
    mine = client.get(f"/my/dossiers/{dossier}").json()["requests"][0]
    assert (mine["state"], mine["versions"][0]["reason"]) == ("refused", "Page 2 illisible")
    internal = world.internal(f"requests/{request}").json()
    assert internal == {
        "label": "DPE",
        "client_id": str(client.person_id),
        "dossier_id": dossier,
        "refusals": {refused.rpartition("/")[2]: "Page 2 illisible"},
    }
    accepted = world.deposits(client, request)
    staff.post(f"{accepted}/validation")
    versions = requests_of(staff, dossier)[request]["versions"]
    assert [version["state"] for version in versions] == ["refused", "validated"]
    assert versions[1]["replaces"] == versions[0]["id"]


def test_what_was_decided_cannot_be_decided_again(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    version = world.deposits(client, request)
    staff.post(f"{version}/refusal", json={"reason": "flou"})
    assert code(staff.post(f"{version}/validation")) == (409, "nothing-to-decide")
    assert code(staff.post(f"{version}/refusal", json={"reason": "flou"})) == (409, "nothing-to-decide")
    assert code(client.post(f"{version}/validation")) == (403, "not-allowed")


@pytest.mark.covers("L-31", "L-32", "L-37", "L-68")
def test_completion_counts_per_client_and_per_dossier_and_100_percent_completes_it(world: Any, office: UUID) -> None:
    staff, one, two = world.staff(office), world.client(office), world.client(office)
    dossier = world.opens(staff, one, two)
    asked = [(one, world.asks(staff, dossier, one, "dpe")[0]), (two, world.asks(staff, dossier, two, "dpe", "cni")[0])]
    for client, request in asked:
        staff.post(f"{world.deposits(client, request)}/validation")
    shown = staff.get(f"/dossiers/{dossier}").json()
    assert shown["completion"] == {"validated": 2, "requested": 3, "percent": 66}
    assert [client["completion"]["percent"] for client in shown["clients"]] == [100, 50]
    assert one.get(f"/my/dossiers/{dossier}").json()["completion"]["percent"] == 100
    assert "dossier-completed" not in world.topics(dossier)
    last = next(row["id"] for row in requests_of(staff, dossier).values() if row["state"] == "asked")
    staff.post(f"{world.deposits(two, last)}/validation")
    assert world.topics(dossier)[-2:] == ["document-validated", "dossier-completed"]
    assert staff.get(f"/dossiers/{dossier}").json()["completed_at"]
    assert world.internal(f"dossiers/{dossier}/readers").json()["complete"]
    world.asks(staff, dossier, one, "cni")
    shown = staff.get(f"/dossiers/{dossier}").json()
    assert (shown["completion"]["percent"], shown["completed_at"]) == (75, None)


@pytest.mark.covers("L-68")
def test_cancelling_what_was_missing_completes_the_dossier_too(world: Any, people: Any) -> None:
    staff, client, dossier = people
    kept, dropped = world.asks(staff, dossier, client, "dpe", "cni")
    staff.post(f"{world.deposits(client, kept)}/validation")
    assert staff.post(f"/requests/{dropped}/cancellation").status_code == 204
    assert world.topics(dossier)[-2:] == ["request-cancelled", "dossier-completed"]
    assert code(staff.post(f"/requests/{dropped}/cancellation")) == (409, "request-closed")
    assert code(client.post(f"/requests/{dropped}/deposits", json=FILE)) == (409, "request-closed")


@pytest.mark.covers("L-68")
def test_last_documents_validated_at_the_same_moment_complete_the_dossier_once(world: Any, people: Any) -> None:
    staff, client, dossier = people
    asked = world.asks(staff, dossier, client, "dpe", "cni", "rib", "autres")
    versions = [world.deposits(client, request) for request in asked]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda version: staff.post(f"{version}/validation").status_code, versions))
    assert answers == [204] * 4
    assert staff.get(f"/dossiers/{dossier}").json()["completion"]["percent"] == 100
    assert world.topics(dossier).count("dossier-completed") == 1


@pytest.mark.covers("L-59")
def test_a_client_sends_a_document_nobody_asked_for_and_it_never_counts(world: Any, people: Any) -> None:
    staff, client, dossier = people
    world.asks(staff, dossier, client, "dpe")
    key = {"Idempotency-Key": "offer-1"}
    given = client.post(f"/dossiers/{dossier}/deposits", json={**FILE, "label": "Plan"}, headers=key)
    assert given.status_code == 201
    again = client.post(f"/dossiers/{dossier}/deposits", json={**FILE, "label": "Plan"}, headers=key)
    same = ("request_id", "version_id", "upload_url")
    assert [again.json()[name] for name in same] == [given.json()[name] for name in same]
    other = client.post(f"/dossiers/{dossier}/deposits", json={**FILE, "label": "Autre"}, headers=key)
    assert code(other) == (422, "idempotency-key-reused")
    offered = given.json()["request_id"]
    assert offered not in requests_of(staff, dossier)
    world.vault_stores(again.json()["ticket"])
    row = requests_of(staff, dossier)[offered]
    assert (row["label"], row["requested"], row["state"]) == ("Plan", False, "deposited")
    staff.post(f"/requests/{offered}/versions/{given.json()['version_id']}/validation")
    assert staff.get(f"/dossiers/{dossier}").json()["completion"] == {"validated": 0, "requested": 1, "percent": 0}
    assert "dossier-completed" not in world.topics(dossier)


@pytest.mark.covers("L-53", "L-57")
def test_a_client_sees_only_their_own_documents(world: Any, office: UUID) -> None:
    staff, one, two = world.staff(office), world.client(office), world.client(office)
    dossier = world.opens(staff, one, two)
    world.asks(staff, dossier, one, "dpe")
    world.asks(staff, dossier, two, "cni")
    mine = one.get(f"/my/dossiers/{dossier}").json()
    assert mine["office"] == {"id": str(office), "name": "Étude Martin"}
    assert [request["label"] for request in mine["requests"]] == ["DPE"]
    assert mine["requests"][0]["requested_at"]
    assert str(two.person_id) not in str(mine)
    assert [line["id"] for line in one.get("/my/dossiers").json()["items"]] == [dossier]
    assert world.client(office).get("/my/dossiers").json() == {"items": [], "next": None}


def test_a_repeated_decision_answers_as_the_first_time(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    version = world.deposits(client, request)
    key = {"Idempotency-Key": "validate-1"}
    answers = [staff.post(f"{version}/validation", headers=key) for _ in range(2)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    assert world.topics(dossier).count("document-validated") == 1
    assert code(staff.post(f"{version}/refusal", json={"reason": "x"}, headers=key))[1] == "idempotency-key-reused"


def test_a_repeated_command_at_the_same_moment_has_one_effect(people: Any) -> None:
    staff, client, dossier = people
    asking, key = {"document_types": ["dpe", "cni"]}, {"Idempotency-Key": "ask-1"}
    address = f"/dossiers/{dossier}/clients/{client.person_id}/requests"
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: staff.post(address, json=asking, headers=key), range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(requests_of(staff, dossier)) == 2


def test_a_repeated_deposit_leads_to_the_same_version(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    key = {"Idempotency-Key": "deposit-1"}
    first, again = (client.post(f"/requests/{request}/deposits", json=FILE, headers=key).json() for _ in range(2))
    assert first["version_id"] == again["version_id"]
    other = client.post(f"/requests/{request}/deposits", json={**FILE, "size": 1}, headers=key).json()
    assert other["version_id"] != first["version_id"]


def test_readers_are_those_who_may_see_it(world: Any, office: UUID) -> None:
    staff, colleague, client = world.staff(office), world.staff(office), world.client(office)
    everyone = world.opens(staff, client)
    chosen = world.opens(staff, whole_office=False)
    readers = world.internal(f"dossiers/{everyone}/readers").json()
    assert readers["staff_ids"] == sorted([str(staff.person_id), str(colleague.person_id)])
    assert (readers["client_ids"], readers["complete"]) == ([str(client.person_id)], False)
    assert (readers["office_id"], readers["title"]) == (str(office), "Bail Durand")
    assert world.internal(f"dossiers/{chosen}/readers").json()["staff_ids"] == [str(staff.person_id)]
    assert world.internal(f"dossiers/{uuid4()}/readers").status_code == 404
    assert httpx.get(f"{world.address}/internal/dossiers/{chosen}/readers").status_code == 401


def test_the_feed_holds_no_personal_data_and_openings_are_the_journals_alone(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, others=("Attestation secrète",))
    staff.post(f"{world.deposits(client, request)}/refusal", json={"reason": "Raison secrète"})
    page = world.internal("events?limit=500")
    assert page.status_code == 200
    for secret in ("secrète", "Bail Durand"):
        assert secret not in page.text
    assert [item["storeseq"] for item in page.json()["items"]] == list(range(1, len(page.json()["items"]) + 1))
    assert world.internal("openings?seq=1").status_code == 403


def test_the_read_model_made_again_is_the_same(world: Any, people: Any) -> None:
    staff, client, dossier = people
    first, second = world.asks(staff, dossier, client, "dpe", "cni")
    staff.post(f"{world.deposits(client, first)}/refusal", json={"reason": "flou"})
    staff.post(f"/requests/{second}/cancellation")
    staff.put("/deed-types/vente/documents", json={"documents": ["cni"]})
    tables = ("dossier", "dossier_client", "document_request", "document_version", "preset")

    def rows() -> dict[str, Any]:
        with world.store.connection() as connection:
            return {table: connection.execute(f"SELECT * FROM read.{table} ORDER BY id").fetchall() for table in tables}

    before = rows()
    rebuild(world.store)
    assert rows() == before
    assert all(before.values())


def test_the_api_is_described_with_examples_and_problems(world: Any) -> None:
    document = httpx.get(f"{world.address}/api/dossiers/v1/openapi.json").json()
    paths = document["paths"]
    assert "/api/dossiers/v1/requests/{request_id}/versions/{version_id}/refusal" in paths
    for path, operations in paths.items():
        for method, operation in operations.items():
            assert operation["description"], (method, path)
            assert "401" in operation["responses"], (method, path)
    number = document["components"]["schemas"]["NewDossier"]["properties"]["number"]
    assert number["examples"] == ["2026-0042"]
