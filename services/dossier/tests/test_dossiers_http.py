"""Dossiers through HTTP, on a real PostgreSQL."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

NEW = {"number": "2026-0042", "title": "Bail Durand", "deed_type": "bail-habitation"}


def code(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, response.json()["code"]


@pytest.mark.covers("L-25", "L-29", "L-31")
def test_a_dossier_is_opened_and_shows_what_was_said_of_it(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    opened = staff.post("/dossiers", json={**NEW, "note": "Rappeler le bailleur"})
    assert opened.status_code == 201
    shown = staff.get(f"/dossiers/{opened.json()['id']}")
    assert shown.headers["etag"] == '"1"'
    body = shown.json()
    assert {name: body[name] for name in (*NEW, "note", "state", "waiting", "whole_office", "clients")} == {
        **NEW,
        "note": "Rappeler le bailleur",
        "state": "open",
        "waiting": 0,
        "whole_office": True,
        "clients": [],
    }
    assert body["completion"] == {"validated": 0, "requested": 0, "percent": 0}
    assert body["members"] == [
        {"id": str(staff.person_id), "first_name": "Marie", "last_name": "Leroy", "erased": False}
    ]
    assert world.topics(opened.json()["id"]) == ["dossier-opened"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"number": ""}, "#/number"),
        ({"number": "2026\n42"}, "#/number"),
        ({"number": "\u200d"}, "#/number"),
        ({"title": "Bail\nDurand"}, "#/title"),
        ({"number": "9" * 41}, "#/number"),
        ({"title": "   "}, "#/title"),
        ({"title": None}, "#/title"),
        ({"note": "n" * 4001}, "#/note"),
        ({"state": "archived"}, "#/state"),
        ({"member_ids": ["x"]}, "#/member_ids/0"),
        ({"completion": 100}, "#/completion"),
    ],
)
def test_a_form_that_does_not_hold_is_refused_field_by_field(
    world: Any, office: UUID, change: dict[str, Any], pointer: str
) -> None:
    refused = world.staff(office).post("/dossiers", json={**NEW, **change})
    assert code(refused) == (422, "invalid")
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


def test_an_unknown_deed_type_is_refused(world: Any, office: UUID) -> None:
    refused = world.staff(office).post("/dossiers", json={**NEW, "deed_type": "mariage"})
    assert code(refused) == (422, "unknown-deed-type")


@pytest.mark.covers("L-26")
@pytest.mark.parametrize("text", ["'; DROP TABLE read.dossier; --", "=HYPERLINK(1)", "{{7*7}}", "<b>é</b>", "%_\\"])
def test_text_is_kept_as_it_is_typed_and_the_note_is_never_shown_to_clients(
    world: Any, office: UUID, text: str
) -> None:
    staff, client = world.staff(office), world.client(office)
    dossier = world.opens(staff, client, title=text, note=text)
    shown = staff.get(f"/dossiers/{dossier}").json()
    assert (shown["title"], shown["note"]) == (text, text)
    mine = client.get(f"/my/dossiers/{dossier}").json()
    assert mine["title"] == text
    assert "note" not in mine
    assert [line["id"] for line in staff.get("/dossiers", params={"q": text}).json()["items"]] == [dossier]


@pytest.mark.covers("L-27", "L-30")
def test_a_dossier_of_chosen_members_does_not_exist_for_the_others(world: Any, office: UUID) -> None:
    creator, chosen, colleague = (world.staff(office) for _ in range(3))
    dossier = world.opens(creator, whole_office=False, member_ids=[str(chosen.person_id)])
    everyone = (creator, chosen, colleague)
    assert [one.get(f"/dossiers/{dossier}").status_code for one in everyone] == [200, 200, 404]
    lists = [one.get("/dossiers").json()["items"] for one in everyone]
    assert [len(items) for items in lists] == [1, 1, 0]
    access = {"whole_office": False, "member_ids": [str(colleague.person_id)]}
    assert code(colleague.put(f"/dossiers/{dossier}/access", json=access)) == (404, "not-found")
    assert creator.put(f"/dossiers/{dossier}/access", json=access).status_code == 204
    assert [one["id"] for one in creator.get("/dossiers").json()["items"]] == [str(dossier)]
    members = creator.get(f"/dossiers/{dossier}").json()["members"]
    assert {one["id"] for one in members} == {str(creator.person_id), str(colleague.person_id)}
    assert [one.get(f"/dossiers/{dossier}").status_code for one in everyone] == [200, 404, 200]


@pytest.mark.covers("L-30")
def test_access_is_given_to_members_of_the_office_only(world: Any, office: UUID) -> None:
    staff, stranger = world.staff(office), world.staff(uuid4())
    member_ids = [str(stranger.person_id)]
    chosen = {"whole_office": False, "member_ids": [*member_ids, str(staff.person_id)]}
    refused = staff.post("/dossiers", json={**NEW, **chosen})
    assert (code(refused), refused.json()["unknown"]) == ((422, "unknown-member"), member_ids)
    dossier = world.opens(staff)
    access = {"whole_office": False, "member_ids": member_ids}
    assert code(staff.put(f"/dossiers/{dossier}/access", json=access)) == (422, "unknown-member")


def test_what_is_foreign_answers_as_what_does_not_exist(world: Any, office: UUID) -> None:
    staff, client = world.staff(office), world.client(office)
    dossier = world.opens(staff, client)
    (request,) = world.asks(staff, dossier, client, "dpe")
    version = world.deposits(client, request)
    access = {"whole_office": True}
    reason, file = {"reason": "x"}, {"name": "a.pdf", "size": 1, "sha256": "ab" * 32}
    intruder, other_client = world.staff(uuid4()), world.client(office)
    calls: list[tuple[Any, str, str, Any]] = [
        (intruder, "GET", f"/dossiers/{dossier}", None),
        (intruder, "GET", f"/dossiers/{dossier}/requests", None),
        (intruder, "PUT", f"/dossiers/{dossier}/access", access),
        (intruder, "POST", f"/dossiers/{dossier}/archiving", None),
        (intruder, "POST", f"/dossiers/{dossier}/clients", {"client_id": str(client.person_id)}),
        (intruder, "POST", f"/dossiers/{dossier}/clients/{client.person_id}/requests", {"document_types": ["dpe"]}),
        (intruder, "POST", f"{version}/validation", None),
        (intruder, "POST", f"{version}/refusal", reason),
        (intruder, "POST", f"{version}/views", None),
        (intruder, "POST", f"{version}/downloads", None),
        (intruder, "POST", f"/requests/{request}/cancellation", None),
        (other_client, "GET", f"/my/dossiers/{dossier}", None),
        (other_client, "POST", f"/requests/{request}/deposits", file),
        (other_client, "POST", f"/dossiers/{dossier}/deposits", {**file, "label": "Plan"}),
        (other_client, "POST", f"{version}/downloads", None),
        (staff, "GET", f"/dossiers/{uuid4()}", None),
        (staff, "GET", f"/dossiers/{request}", None),
        (staff, "GET", f"/dossiers/{dossier.upper()}x", None),
        (staff, "POST", f"/requests/{uuid4()}/cancellation", None),
        (staff, "POST", f"/requests/{request}/versions/{uuid4()}/validation", None),
        (staff, "POST", f"/dossiers/{dossier}/clients/{uuid4()}/requests", {"document_types": ["dpe"]}),
    ]
    answers = {caller.request(method, path, json=body).content for caller, method, path, body in calls}
    assert len(answers) == 1
    assert b'"status":404' in answers.pop()
    headers = {"If-Match": '"1"'}
    assert code(intruder.patch(f"/dossiers/{dossier}", json={"title": "x"}, headers=headers)) == (404, "not-found")


def test_an_id_in_upper_case_is_the_same_id(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    assert staff.get(f"/dossiers/{world.opens(staff).upper()}").status_code == 200


def test_routes_of_the_office_are_closed_to_clients_and_the_reverse(world: Any, office: UUID) -> None:
    staff, client = world.staff(office), world.client(office)
    dossier = world.opens(staff, client)
    assert code(client.get("/dossiers")) == (403, "not-allowed")
    assert code(client.get(f"/dossiers/{dossier}")) == (403, "not-allowed")
    assert code(client.post("/dossiers", json=NEW)) == (403, "not-allowed")
    assert code(staff.get("/my/dossiers")) == (403, "not-allowed")
    assert code(staff.get(f"/my/dossiers/{dossier}")) == (403, "not-allowed")


def test_a_compliance_officer_reads_and_changes_nothing(world: Any, office: UUID) -> None:
    dossier = world.opens(world.staff(office))
    officer = world.staff(office, role="compliance")
    assert officer.get(f"/dossiers/{dossier}").status_code == 200
    assert code(officer.post("/dossiers", json=NEW)) == (403, "not-allowed")
    assert code(officer.post(f"/dossiers/{dossier}/archiving")) == (403, "not-allowed")
    assert code(officer.put("/deed-types/vente/documents", json={"documents": ["cni"]})) == (403, "not-allowed")


@pytest.mark.covers("L-45")
def test_an_edit_changes_what_is_sent_of_the_version_that_was_read(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    dossier = world.opens(staff, note="Rappeler")
    address, before = f"/dossiers/{dossier}", staff.get(f"/dossiers/{dossier}").json()
    assert code(staff.patch(address, json={"title": "x"})) == (428, "precondition-missing")
    changed = staff.patch(address, json={"title": "Bail Dupont"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (204, '"2"')
    assert staff.get(address).json() == {**before, "title": "Bail Dupont"}
    assert code(staff.patch(address, json={"note": None}, headers={"If-Match": '"1"'})) == (412, "stale")
    assert staff.patch(address, json={"note": None}, headers={"If-Match": '"2"'}).status_code == 204
    assert staff.get(address).json() == {**before, "title": "Bail Dupont", "note": None}
    assert code(staff.patch(address, json={"title": None}, headers={"If-Match": '"3"'})) == (422, "invalid")
    assert code(staff.patch(address, json={"deed_type": "x"}, headers={"If-Match": '"3"'}))[1] == "unknown-deed-type"


@pytest.mark.covers("L-34", "L-37")
def test_clients_of_the_office_are_added_each_once(world: Any, office: UUID) -> None:
    staff, client = world.staff(office), world.client(office)
    dossier = world.opens(staff, client, world.client(office))
    again = staff.post(f"/dossiers/{dossier}/clients", json={"client_id": str(client.person_id)})
    assert code(again) == (409, "client-already-added")
    stranger = staff.post(f"/dossiers/{dossier}/clients", json={"client_id": str(world.client(uuid4()).person_id)})
    assert code(stranger) == (422, "unknown-client")
    clients = staff.get(f"/dossiers/{dossier}").json()["clients"]
    assert [one["last_name"] for one in clients] == ["Durand", "Durand"]
    assert clients[0]["id"] == str(client.person_id)


def test_while_identity_is_away_nothing_is_half_done(world: Any, office: UUID) -> None:
    staff, client = world.staff(office), world.client(office)
    dossier = world.opens(staff)
    world.town.away = True
    added = staff.post(f"/dossiers/{dossier}/clients", json={"client_id": str(client.person_id)})
    assert code(added) == (503, "unavailable")
    assert staff.get("/dossiers").status_code == 200
    assert world.topics(dossier) == ["dossier-opened"]


@pytest.mark.covers("L-69")
def test_an_archived_dossier_is_kept_apart_and_changes_no_more(world: Any, office: UUID) -> None:
    staff, client = world.staff(office), world.client(office)
    dossier, current = world.opens(staff, client), world.opens(staff)
    (request,) = world.asks(staff, dossier, client, "dpe")
    version = world.deposits(client, request)
    assert staff.post(f"/dossiers/{dossier}/archiving").status_code == 204
    listed = {state: [line["id"] for line in staff.get("/dossiers", params={"state": state}).json()["items"]]
              for state in ("open", "archived", "all")}  # fmt: skip
    assert listed == {"open": [current], "archived": [dossier], "all": [current, dossier]}
    file = {"name": "a.pdf", "size": 1, "sha256": "ab" * 32}
    refused = [
        staff.post(f"/dossiers/{dossier}/archiving"),
        staff.patch(f"/dossiers/{dossier}", json={"title": "x"}, headers={"If-Match": '"3"'}),
        staff.post(f"/dossiers/{dossier}/clients", json={"client_id": str(world.client(office).person_id)}),
        staff.post(f"/dossiers/{dossier}/clients/{client.person_id}/requests", json={"document_types": ["cni"]}),
        staff.post(f"{version}/validation"),
        staff.post(f"{version}/refusal", json={"reason": "x"}),
        staff.post(f"/requests/{request}/cancellation"),
        client.post(f"/requests/{request}/deposits", json=file),
        client.post(f"/dossiers/{dossier}/deposits", json={**file, "label": "Plan"}),
    ]
    assert {code(answer) for answer in refused} == {(409, "dossier-archived")}
    assert staff.get(f"/dossiers/{dossier}").json()["state"] == "archived"
    assert client.get(f"/my/dossiers/{dossier}").json()["state"] == "archived"


def test_dossiers_are_listed_page_after_page_and_found_by_number_or_title(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    opened = [world.opens(staff, number=f"2026-{n}", title=f"Vente {'Durand' if n % 2 else 'Petit'}") for n in range(5)]
    seen: list[str] = []
    parameters: dict[str, Any] = {"limit": 2}
    while True:
        page = staff.get("/dossiers", params=parameters).json()
        seen += [line["id"] for line in page["items"]]
        if page["next"] is None:
            break
        parameters["cursor"] = page["next"]
    assert seen == opened[::-1]
    found = staff.get("/dossiers", params={"q": "durand"}).json()["items"]
    assert [line["number"] for line in found] == ["2026-3", "2026-1"]
    assert [line["number"] for line in staff.get("/dossiers", params={"q": "26-4"}).json()["items"]] == ["2026-4"]
    assert code(staff.get("/dossiers", params={"limit": 0})) == (422, "invalid")
    assert code(staff.get("/dossiers", params={"state": "hidden"})) == (422, "invalid")
    assert code(staff.get("/dossiers", params={"cursor": parameters["cursor"], "q": "x"})) == (422, "cursor-forged")


@pytest.mark.covers("L-40", "L-41", "L-70")
def test_an_office_chooses_the_documents_it_usually_asks_for(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    presets = {deed["code"]: deed for deed in staff.get("/deed-types").json()}
    assert len(presets["bail-habitation"]["documents"]) == 15
    for documents in (["cni"], ["dpe", "Plan cadastral", "plan  CADASTRAL"]):
        assert staff.put("/deed-types/vente/documents", json={"documents": documents}).status_code == 204
    changed = {deed["code"]: deed for deed in world.staff(office).get("/deed-types").json()}
    assert [document["label"] for document in changed["vente"]["documents"]] == ["DPE", "Plan cadastral"]
    others = {deed["code"]: deed for deed in world.staff(uuid4()).get("/deed-types").json()}
    assert others == presets
    assert code(staff.put("/deed-types/mariage/documents", json={"documents": ["cni"]}))[1] == "unknown-deed-type"
    assert code(staff.put("/deed-types/vente/documents", json={"documents": []})) == (422, "invalid")


def test_a_repeated_command_opens_one_dossier(world: Any, office: UUID) -> None:
    staff, key = world.staff(office), {"Idempotency-Key": "open-1"}
    first, again = (staff.post("/dossiers", json=NEW, headers=key) for _ in range(2))
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    other = staff.post("/dossiers", json={**NEW, "number": "2026-2"}, headers=key)
    assert code(other) == (422, "idempotency-key-reused")
    assert len(staff.get("/dossiers").json()["items"]) == 1
