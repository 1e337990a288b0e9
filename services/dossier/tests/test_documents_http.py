"""Documents asked for, deposited and decided, through HTTP, on a real PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest

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


@pytest.mark.covers("L-43")
def test_colleagues_who_ask_for_the_same_at_the_same_moment_ask_once(world: Any, people: Any, office: UUID) -> None:
    staff, client, dossier = people
    address = f"/dossiers/{dossier}/clients/{client.person_id}/requests"
    callers = [staff, *(world.staff(office) for _ in range(3))]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda caller: caller.post(address, json={"others": ["Plan"]}), callers))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert [answer.json()["already"] for answer in answers if answer.status_code == 409] == [["Plan"]] * 3
    assert len(requests_of(staff, dossier)) == 1


@pytest.mark.parametrize(
    ("asking", "refusal"),
    [
        ({}, "nothing-asked"),
        ({"document_types": ["kbis"]}, "unknown-document-type"),
        ({"others": [" "]}, "invalid"),
        ({"others": ["x" * 121]}, "invalid"),
        ({"others": ["Plan\ncadastral"]}, "invalid"),
        ({"others": ["x"] * 101}, "invalid"),
        ({"labels": ["x"]}, "invalid"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(people: Any, asking: dict[str, Any], refusal: str) -> None:
    staff, client, dossier = people
    answer = staff.post(f"/dossiers/{dossier}/clients/{client.person_id}/requests", json=asking)
    assert code(answer) == (422, refusal)


def test_a_refusal_names_the_types_that_are_unknown(people: Any) -> None:
    staff, client, dossier = people
    asking = {"document_types": ["cni", "kbis", "passport"]}
    answer = staff.post(f"/dossiers/{dossier}/clients/{client.person_id}/requests", json=asking)
    assert answer.json()["unknown"] == ["kbis", "passport"]


def test_an_empty_file_is_refused_as_such(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    empty = {**FILE, "size": 0}
    assert code(client.post(f"/requests/{request}/deposits", json=empty)) == (422, "empty-file")
    assert code(client.post(f"/dossiers/{dossier}/deposits", json={**empty, "label": "Plan"})) == (422, "empty-file")
    assert "document-offered" not in world.topics(dossier)


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
    turned = client.post(f"/requests/{request}/deposits", json={**FILE, "name": "facture\u202efdp.exe"}).json()
    assert world.verifier.ticket(turned["ticket"]).name == "facturefdp.exe"
    assert {str(ticket.version_id), str(ticket.request_id), str(ticket.dossier_id)} == {version, request, dossier}
    assert requests_of(staff, dossier)[request]["state"] == "asked"
    assert code(staff.post(f"/requests/{request}/deposits", json=FILE)) == (403, "not-allowed")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"size": -1}, "#/size"),
        ({"size": 10**20}, "#/size"),
        ({"size": "big"}, "#/size"),
        ({"sha256": "AB" * 32}, "#/sha256"),
        ({"sha256": "ab" * 31}, "#/sha256"),
        ({"name": ""}, "#/name"),
        ({"name": ".."}, "#/name"),
        ({"name": "../../etc/passwd"}, "#/name"),
        ({"name": "C:\\secret.pdf"}, "#/name"),
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
    for reason in ("", "  ", "\u200b\u2060", "\u200d"):
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
        "closed": [],
    }
    accepted = world.deposits(client, request)
    staff.post(f"{accepted}/validation")
    versions = requests_of(staff, dossier)[request]["versions"]
    assert [version["state"] for version in versions] == ["refused", "validated"]
    assert versions[1]["replaces"] == versions[0]["id"]


@pytest.mark.covers("L-65")
def test_a_reason_and_a_note_may_have_several_lines(world: Any, people: Any) -> None:
    staff, client, _ = people
    dossier = world.opens(staff, client, note="Rappeler\nle bailleur")
    (request,) = world.asks(staff, dossier, client, "dpe")
    staff.post(f"{world.deposits(client, request)}/refusal", json={"reason": "Page 2 illisible.\nMerci."})
    versions = client.get(f"/my/dossiers/{dossier}").json()["requests"][0]["versions"]
    assert versions[0]["reason"] == "Page 2 illisible.\nMerci."
    assert staff.get(f"/dossiers/{dossier}").json()["note"] == "Rappeler\nle bailleur"


@pytest.mark.covers("L-67")
def test_files_have_their_names_while_the_vault_answers_and_the_list_stands_without(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    world.deposits(client, request)

    def names() -> list[tuple[str | None, str | None]]:
        listed = [requests_of(staff, dossier)[request], client.get(f"/my/dossiers/{dossier}").json()["requests"][0]]
        return [(row["versions"][0]["name"], row["versions"][0]["sha256"]) for row in listed]

    assert names() == [("dpe.pdf", "ab" * 32)] * 2
    world.town.vault_away = True
    assert names() == [(None, None)] * 2


def test_what_was_decided_cannot_be_decided_again(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    version = world.deposits(client, request)
    staff.post(f"{version}/refusal", json={"reason": "flou"})
    assert code(staff.post(f"{version}/validation")) == (409, "nothing-to-decide")
    assert code(staff.post(f"{version}/refusal", json={"reason": "flou"})) == (409, "nothing-to-decide")
    assert code(client.post(f"{version}/validation")) == (403, "not-allowed")


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
    for changed in ({"label": "Autre"}, {"label": "Plan", "size": 1}):
        other = client.post(f"/dossiers/{dossier}/deposits", json={**FILE, **changed}, headers=key)
        assert code(other) == (422, "idempotency-key-reused")
    offered = given.json()["request_id"]
    assert offered not in requests_of(staff, dossier)
    world.vault_stores(again.json()["ticket"])
    row = requests_of(staff, dossier)[offered]
    assert (row["label"], row["requested"], row["state"]) == ("Plan", False, "deposited")
    staff.post(f"/requests/{offered}/versions/{given.json()['version_id']}/validation")
    assert staff.get(f"/dossiers/{dossier}").json()["completion"] == {"validated": 0, "requested": 1, "percent": 0}
    assert "dossier-completed" not in world.topics(dossier)
