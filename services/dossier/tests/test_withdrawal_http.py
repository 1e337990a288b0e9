"""A client takes a file back before the office decides, through HTTP, on a real PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.client import Unavailable
from chassis.tokens import Ticket
from dossier import wiring
from eventstore import rebuild
from fastapi import FastAPI, Request, Response
from testkit.serving import serving

FILE = {"name": "dpe.pdf", "size": 48_213}


def versions(staff: Any, dossier: str) -> list[tuple[str, list[str]]]:
    rows = staff.get(f"/dossiers/{dossier}/requests").json()["items"]
    return [(row["state"], [version["state"] for version in row["versions"]]) for row in rows]


@pytest.fixture
def people(world: Any, office: UUID) -> tuple[Any, Any, str]:
    staff, client = world.staff(office), world.client(office)
    return staff, client, world.opens(staff, client)


def test_a_file_is_taken_back_until_it_is_decided_on(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    first, second = world.deposits(client, request), world.deposits(client, request)
    assert [client.post(f"{first}/withdrawal").status_code for _ in range(2)] == [204, 204]
    assert versions(staff, dossier) == [("deposited", ["withdrawn", "deposited"])]
    assert staff.get(f"/dossiers/{dossier}").json()["waiting"] == 1
    assert staff.post(f"{first}/validation").json()["code"] == "nothing-to-decide"
    looked = staff.post(f"{first}/views")
    assert (looked.status_code, looked.json()["code"]) == (410, "document-withdrawn")
    assert staff.post(f"{second}/validation").status_code == 204
    late = client.post(f"{second}/withdrawal")
    assert (late.status_code, late.json()["code"]) == (409, "document-decided")
    assert world.topics(dossier).count("document-withdrawn") == 1


def test_only_the_client_who_sent_it_takes_it_back(world: Any, people: Any, office: UUID) -> None:
    staff, client, dossier = people
    other = world.client(office)
    staff.post(f"/dossiers/{dossier}/clients", json={"client_id": str(other.person_id)})
    (request,) = world.asks(staff, dossier, client, "dpe")
    version = world.deposits(client, request)
    assert staff.post(f"{version}/withdrawal").status_code == 403
    assert other.post(f"{version}/withdrawal").status_code == 404
    assert client.post(f"/requests/{request}/versions/{uuid4()}/withdrawal").status_code == 404
    staff.post(f"/dossiers/{dossier}/archiving")
    assert client.post(f"{version}/withdrawal").json()["code"] == "dossier-archived"


def test_once_the_last_undecided_file_is_taken_back_a_dossier_may_be_complete(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    first, second = world.deposits(client, request), world.deposits(client, request)
    staff.post(f"{first}/validation")
    assert staff.get(f"/dossiers/{dossier}").json()["completed_at"] is None
    assert client.post(f"{second}/withdrawal").status_code == 204
    assert staff.get(f"/dossiers/{dossier}").json()["completed_at"] is not None


def test_a_page_without_a_script_declares_no_digest(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    given = client.post(f"/requests/{request}/deposits", json=FILE).json()
    assert world.verifier.ticket(given["ticket"]).sha256 == ""
    world.vault_stores(given["ticket"])
    assert versions(staff, dossier) == [("deposited", ["deposited"])]


@pytest.fixture
def vault(world: Any) -> Iterator[tuple[str, list[Ticket], list[int]]]:
    """Serve what of the vault is needed; return its address, the tickets it got, and the answers it will give."""
    app, got, answers = FastAPI(), list[Ticket](), list[int]()

    @app.delete("/api/vault/v1/documents/{version_id}/content")
    def destroy(version_id: UUID, request: Request) -> Response:
        ticket = world.verifier.ticket(request.headers["authorization"].removeprefix("Bearer "))
        assert ticket.version_id == version_id
        got.append(ticket)
        return Response(status_code=answers.pop(0) if answers else 204)

    with serving(app) as address:
        yield address, got, answers


def test_the_vault_destroys_what_was_taken_back_however_often_it_was_away(world: Any, people: Any, vault: Any) -> None:
    staff, client, dossier = people
    address, got, answers = vault
    settings = world.settings.model_copy(update={"peers": world.settings.peers | {"vault": address}})
    (request,) = world.asks(staff, dossier, client, "dpe")
    with closing(wiring.open_store(settings)) as store:
        worker = wiring.shredding(settings, store)
        worker.step()
        got.clear()
        version = world.deposits(client, request)
        assert worker.step() == 0
        client.post(f"{version}/withdrawal")
        answers.append(503)
        with pytest.raises(Unavailable):
            worker.step()
        assert [worker.step() for _ in range(2)] == [1, 0]
        rebuild(store)
        assert worker.step() == 0
    asked = got[-1]
    assert (asked.action, str(asked.version_id), asked.owner_id) == (
        "destroy",
        version.rpartition("/")[2],
        client.person_id,
    )
    assert len(got) == 2
    assert versions(staff, dossier) == [("asked", ["withdrawn"])]
