"""Versions on which nobody decides any more, through HTTP, on a real PostgreSQL."""

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


def test_a_file_that_comes_after_the_archiving_is_kept_but_nobody_decides_on_it(world: Any, people: Any) -> None:
    staff, client, dossier = people
    done, waiting, missing = world.asks(staff, dossier, client, "dpe", "cni", "rib")
    staff.post(f"{world.deposits(client, done)}/validation")
    world.deposits(client, waiting)
    late = {request: client.post(f"/requests/{request}/deposits", json=FILE).json() for request in (done, missing)}
    offer = client.post(f"/dossiers/{dossier}/deposits", json={**FILE, "label": "Plan"}).json()
    staff.post(f"/dossiers/{dossier}/archiving")
    before = staff.get(f"/dossiers/{dossier}").json()
    for given in (*late.values(), offer):
        world.vault_stores(given["ticket"])
    rows = requests_of(staff, dossier)
    seen = {request: (row["state"], [one["state"] for one in row["versions"]]) for request, row in rows.items()}
    assert seen == {
        done: ("validated", ["validated", "closed"]),
        waiting: ("deposited", ["closed"]),
        missing: ("asked", ["closed"]),
        offer["request_id"]: ("asked", ["closed"]),
    }
    assert (staff.get(f"/dossiers/{dossier}").json(), before["waiting"]) == (before, 0)
    version = f"/requests/{missing}/versions/{late[missing]['version_id']}"
    assert code(staff.post(f"{version}/validation")) == (409, "dossier-archived")
    assert staff.post(f"{version}/views").status_code == 201


def test_a_version_of_a_cancelled_request_waits_for_nobody(world: Any, people: Any) -> None:
    staff, client, dossier = people
    (request,) = world.asks(staff, dossier, client, "dpe")
    version = world.deposits(client, request)
    late = client.post(f"/requests/{request}/deposits", json=FILE).json()
    staff.post(f"/requests/{request}/cancellation")
    world.vault_stores(late["ticket"])
    row = requests_of(staff, dossier)[request]
    assert (row["state"], [one["state"] for one in row["versions"]]) == ("cancelled", ["closed", "closed"])
    assert world.internal(f"requests/{request}").json()["closed"] == [one["id"] for one in row["versions"]]
    assert staff.get(f"/dossiers/{dossier}").json()["waiting"] == 0
    assert code(staff.post(f"{version}/validation")) == (409, "request-closed")
