"""Completion, repeated commands, and what other services and rebuilding see, through HTTP, on a real PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.http import Output
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
    other = client.post(f"/requests/{request}/deposits", json={**FILE, "size": 1}, headers=key)
    assert code(other) == (422, "idempotency-key-reused")
    offered = client.post(f"/dossiers/{dossier}/deposits", json={**FILE, "label": "Plan"}, headers=key)
    assert code(offered) == (422, "idempotency-key-reused")


def test_of_two_files_announced_at_once_under_one_key_one_gets_a_ticket(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    key = {"Idempotency-Key": "deposit-2"}
    with ThreadPoolExecutor(8) as pool:
        sizes = [1, 2] * 4
        answers = list(
            pool.map(
                lambda size: client.post(f"/requests/{request}/deposits", json={**FILE, "size": size}, headers=key),
                sizes,
            )
        )
    taken = {size for size, answer in zip(sizes, answers, strict=True) if answer.status_code == 201}
    assert len(taken) == 1
    assert len({answer.json()["version_id"] for answer in answers if answer.status_code == 201}) == 1
    refused = {code(answer) for answer in answers if answer.status_code != 201}
    assert refused == {(422, "idempotency-key-reused")}


def test_a_refused_announcement_does_not_use_up_its_key(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    key = {"Idempotency-Key": "deposit-3"}
    assert code(client.post(f"/requests/{request}/deposits", json={**FILE, "size": 0}, headers=key))[1] == "empty-file"
    assert client.post(f"/requests/{request}/deposits", json=FILE, headers=key).status_code == 201


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


def test_a_command_that_takes_no_body_refuses_one(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    version = world.deposits(client, request)
    before = world.topics(dossier)
    for path in (f"{version}/validation", f"/requests/{request}/cancellation", f"/dossiers/{dossier}/archiving",
                 f"{version}/views", f"{version}/downloads"):  # fmt: skip
        for body in (b'{"x":1}', b"{}", b"x"):
            assert code(staff.post(path, content=body)) == (422, "body-unexpected")
    assert world.topics(dossier) == before


@pytest.mark.parametrize("answer", Output.__subclasses__(), ids=lambda answer: answer.__name__)
def test_every_example_of_an_answer_holds(answer: type[Output]) -> None:
    [example] = answer.model_json_schema()["examples"]
    assert answer.model_validate(example).model_dump(mode="json", exclude_unset=True) == example


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
