"""What an office settles for all its dossiers: deed types of its own, help texts, ready reasons."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

RURAL = {
    "label": "Bail rural",
    "documents": [{"label": "DPE", "help": "De moins de dix ans."}, {"label": "Plan cadastral"}],
}


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def deeds(staff: Any) -> dict[str, Any]:
    return {deed["code"]: deed for deed in staff.get("/deed-types").json()}


@pytest.mark.covers("L-25", "L-40", "L-42", "L-70")
def test_an_office_adds_a_deed_type_and_opens_a_dossier_with_it(world: Any, office: UUID) -> None:
    staff, elsewhere = world.staff(office), world.staff(uuid4())
    made = staff.post("/deed-types", json=RURAL)
    assert (made.status_code, made.json()) == (201, {"code": "bail-rural"})
    assert deeds(staff)["bail-rural"]["documents"] == [
        {"code": "dpe", "label": "DPE", "help": "De moins de dix ans."},
        {"code": "Plan cadastral", "label": "Plan cadastral", "help": None},
    ]
    assert "bail-rural" not in deeds(elsewhere)
    opening = {"number": "2026-9", "title": "Ferme", "deed_type": "bail-rural"}
    dossier = staff.post("/dossiers", json=opening)
    assert dossier.status_code == 201, dossier.text
    assert code(elsewhere.post("/dossiers", json=opening)) == (422, "unknown-deed-type")
    path = f"/dossiers/{dossier.json()['id']}"
    changed = staff.patch(path, json={"deed_type": "vente"}, headers={"If-Match": '"1"'})
    assert changed.status_code == 204
    back = staff.patch(path, json={"deed_type": "bail-rural"}, headers={"If-Match": changed.headers["etag"]})
    assert back.status_code == 204


@pytest.mark.covers("L-42")
def test_a_client_reads_what_the_office_explains(world: Any, office: UUID) -> None:
    staff, client = world.staff(office), world.client(office)
    staff.post("/deed-types", json=RURAL)
    dossier = world.opens(staff, client, deed_type="bail-rural")
    world.asks(staff, dossier, client, "dpe", "Plan cadastral", others=("Bail signé",))
    seen = {one["label"]: one["help"] for one in client.get(f"/my/dossiers/{dossier}").json()["requests"]}
    assert seen == {"DPE": "De moins de dix ans.", "Plan cadastral": None, "Bail signé": None}


@pytest.mark.covers("L-42", "L-70")
def test_an_office_renames_reorders_and_explains(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    body = {
        "label": "Cession de maison",
        "documents": [
            {"label": "Extrait Kbis de moins de trois mois"},
            {"label": "cni RECTO-verso", "help": "Lisible."},
        ],
    }
    assert staff.put("/deed-types/vente", json=body).status_code == 204
    sale = deeds(staff)["vente"]
    assert sale["label"] == "Cession de maison"
    assert [(one["code"], one["help"]) for one in sale["documents"]] == [("kbis", None), ("cni", "Lisible.")]
    assert staff.put("/deed-types/vente/documents", json={"documents": ["cni"]}).status_code == 204
    assert deeds(staff)["vente"]["label"] == "Cession de maison"
    assert code(staff.post("/deed-types", json={**RURAL, "label": "cession  de MAISON"})) == (409, "deed-type-known")
    assert code(staff.put("/deed-types/donation", json={**body, "label": "Succession"})) == (409, "deed-type-known")
    assert code(staff.put("/deed-types/mariage", json=body)) == (422, "unknown-deed-type")


@pytest.mark.covers("L-25", "L-70")
def test_a_withdrawn_deed_type_stays_with_its_dossiers_and_can_be_offered_again(world: Any, office: UUID) -> None:
    staff, client, elsewhere = world.staff(office), world.client(office), world.staff(uuid4())
    staff.post("/deed-types", json=RURAL)
    dossier = world.opens(staff, client, deed_type="bail-rural")
    other = world.opens(staff, client, deed_type="vente")
    for _ in range(2):
        assert staff.put("/deed-types/bail-rural/withdrawal").status_code == 204
    assert {code for code, deed in deeds(staff).items() if deed["withdrawn"]} == {"bail-rural"}
    opening = {"number": "2026-9", "title": "Ferme", "deed_type": "bail-rural"}
    assert code(staff.post("/dossiers", json=opening)) == (409, "deed-type-not-offered")
    version = {"If-Match": staff.get(f"/dossiers/{other}").headers["etag"]}
    assert code(staff.patch(f"/dossiers/{other}", json={"deed_type": "bail-rural"}, headers=version)) == (
        409, "deed-type-not-offered",
    )  # fmt: skip
    version = {"If-Match": staff.get(f"/dossiers/{dossier}").headers["etag"]}
    kept = staff.patch(f"/dossiers/{dossier}", json={"deed_type": "bail-rural", "title": "Ferme"}, headers=version)
    assert kept.status_code == 204
    world.asks(staff, dossier, client, "dpe")
    assert [one["help"] for one in client.get(f"/my/dossiers/{dossier}").json()["requests"]] == ["De moins de dix ans."]
    for _ in range(2):
        assert staff.delete("/deed-types/bail-rural/withdrawal").status_code == 204
    assert staff.post("/dossiers", json=opening).status_code == 201
    assert code(elsewhere.put("/deed-types/bail-rural/withdrawal")) == (422, "unknown-deed-type")
    assert code(elsewhere.delete("/deed-types/bail-rural/withdrawal")) == (422, "unknown-deed-type")


def test_an_office_always_has_a_deed_type_to_open_a_dossier_with(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    *first, last = deeds(staff)
    for one in first:
        assert staff.put(f"/deed-types/{one}/withdrawal").status_code == 204
    assert code(staff.put(f"/deed-types/{last}/withdrawal")) == (409, "last-deed-type")
    assert not deeds(staff)[last]["withdrawn"]


@pytest.mark.parametrize(
    "body",
    [
        {"label": "", "documents": [{"label": "DPE"}]},
        {"label": "\u2800", "documents": [{"label": "DPE"}]},
        {"label": "x" * 81, "documents": [{"label": "DPE"}]},
        {"label": "Bail", "documents": []},
        {"label": "Bail", "documents": [{"label": " "}]},
        {"label": "Bail", "documents": [{"label": "DPE", "help": "x" * 301}]},
        {"label": "Bail", "documents": [{"label": "DPE"}] * 101},
    ],
)
def test_a_deed_type_that_nobody_could_read_is_refused(world: Any, office: UUID, body: dict[str, Any]) -> None:
    assert code(world.staff(office).post("/deed-types", json=body)) == (422, "invalid")


@pytest.mark.covers("L-65")
def test_an_office_has_its_own_ready_reasons(world: Any, office: UUID) -> None:
    staff = world.staff(office)
    defaults = staff.get("/refusal-reasons").json()["items"]
    assert len(defaults) == 4
    reasons = {"reasons": ["Le document est flou.", " le DOCUMENT est flou. ", "Il manque le verso."]}
    assert staff.put("/refusal-reasons", json=reasons).status_code == 204
    assert staff.get("/refusal-reasons").json()["items"] == ["Le document est flou.", "Il manque le verso."]
    assert world.staff(uuid4()).get("/refusal-reasons").json()["items"] == defaults
    assert staff.put("/refusal-reasons", json={"reasons": []}).status_code == 204
    assert staff.get("/refusal-reasons").json()["items"] == []
    assert code(staff.put("/refusal-reasons", json={"reasons": ["x" * 501]})) == (422, "invalid")


def test_who_only_reads_settles_nothing(world: Any, office: UUID) -> None:
    officer = world.staff(office, role="compliance")
    assert code(officer.post("/deed-types", json=RURAL)) == (403, "not-allowed")
    assert code(officer.put("/deed-types/vente", json=RURAL)) == (403, "not-allowed")
    assert code(officer.put("/deed-types/vente/withdrawal")) == (403, "not-allowed")
    assert code(officer.delete("/deed-types/vente/withdrawal")) == (403, "not-allowed")
    assert code(officer.put("/refusal-reasons", json={"reasons": []})) == (403, "not-allowed")
    assert officer.get("/refusal-reasons").status_code == 200
