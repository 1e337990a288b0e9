"""The numbers of dossiers, through HTTP, on a real PostgreSQL."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

NEW = {"number": "2026-0042", "title": "Bail Durand", "deed_type": "bail-habitation"}


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


@pytest.mark.covers("L-25")
def test_a_number_is_unique_in_its_office_and_only_there(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    assert staff.post("/dossiers", json=NEW).status_code == 201
    assert code(staff.post("/dossiers", json=NEW)) == (409, "number-taken")
    assert world.staff(uuid4()).post("/dossiers", json=NEW).status_code == 201
    other = world.opens(staff)
    changed = staff.patch(f"/dossiers/{other}", json={"number": NEW["number"]}, headers={"If-Match": '"1"'})
    assert code(changed) == (409, "number-taken")
    assert world.topics(other) == ["dossier-opened"]


@pytest.mark.covers("L-25")
def test_numbers_that_look_alike_are_one_number_shown_as_it_was_typed(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    dossier = world.opens(staff, number="DUP-1")
    for number in ("dup-1", "DUP-1\u200b", "Dup -1"):
        assert code(staff.post("/dossiers", json={**NEW, "number": number})) == (409, "number-taken"), number
    changed = staff.patch(f"/dossiers/{dossier}", json={"number": "dup-1"}, headers={"If-Match": '"1"'})
    assert changed.status_code == 204
    assert staff.get(f"/dossiers/{dossier}").json()["number"] == "dup-1"
