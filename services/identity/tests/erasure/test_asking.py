"""Who may have whom erased, why, and what keeps a person from being erased."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.tokens import Signer

COLLABORATOR = ("lea.fournier@etude-morel.example", "Clerc-demo-1")
REASON = {"basis": "subject-request"}


def refused(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def test_an_erasure_asked_for_again_is_one_erasure(platform: Any, client: dict[str, str]) -> None:
    notary, key = platform.notary(), {"Idempotency-Key": "erase-1"}
    first, second = (platform.erase(client["id"], notary, **key) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert second.headers["Idempotency-Replayed"] == "true"
    other = platform.erase(client["id"], notary, {"basis": "retention-ended"}, **key)
    assert refused(other) == (422, "idempotency-key-reused")
    platform.identity.finishing.finish_all()
    assert platform.erase(client["id"], notary).status_code == 202
    platform.identity.finishing.finish_all()
    assert (len(platform.events("person-erased")), len(platform.events("person-keys-destroyed"))) == (1, 1)


def test_a_client_of_an_open_dossier_is_not_erased(platform: Any, client: dict[str, str], dossiers: Any) -> None:
    notary = platform.notary()
    dossiers.open[UUID(client["id"])] = 2
    held = platform.erase(client["id"], notary)
    assert (refused(held), held.json()["dossiers"]) == ((409, "legal-hold"), 2)
    dossiers.away = True
    assert refused(platform.erase(client["id"], notary)) == (503, "unavailable")
    assert platform.call("GET", f"/clients/{client['id']}", notary).json()["last_name"] == client["last_name"]
    assert platform.events("person-erased") == []
    dossiers.open.clear()
    dossiers.away = False
    assert platform.erase(client["id"], notary).status_code == 202


def member(platform: Any, tmp_path: Path, role: str) -> str:
    """Return the token of a member of the office with a role and a living session."""
    account = platform.staff(("claire.morel@notaires.fr", "Notaire-demo-1")).json()["access_token"]
    person_id, session_id = platform.sql("SELECT person_id, id FROM identity.session ORDER BY created_at DESC")[0]
    assert account
    return Signer(tmp_path / "identity.pem", "identity").access_token(
        person_id=person_id, kind="staff", session_id=session_id, office_id=platform.office_id, role=role
    )


@pytest.mark.parametrize(("role", "answer"), [("notary", 202), ("compliance", 202), ("collaborator", 403)])
def test_notaries_and_compliance_officers_decide_and_nobody_else(
    platform: Any, client: dict[str, str], tmp_path: Path, role: str, answer: int
) -> None:
    assert platform.erase(client["id"], member(platform, tmp_path, role)).status_code == answer
    assert len(platform.events("person-erased")) == (answer == 202)


def test_a_client_erases_nobody_not_even_oneself(platform: Any, client: dict[str, str]) -> None:
    token = platform.client_session(client)["access_token"]
    assert refused(platform.erase(client["id"], token)) == (403, "not-allowed")
    assert platform.post(f"/persons/{client['id']}/erasure", REASON).status_code == 401


def test_another_office_does_not_know_the_person(platform: Any, client: dict[str, str], tmp_path: Path) -> None:
    stranger = Signer(tmp_path / "identity.pem", "identity")
    platform.notary()
    person_id, session_id = platform.sql("SELECT person_id, id FROM identity.session ORDER BY created_at DESC")[0]
    token = stranger.access_token(
        person_id=person_id, kind="staff", session_id=session_id, office_id=uuid4(), role="notary"
    )
    foreign, nobody = platform.erase(client["id"], token), platform.erase(str(uuid4()), token)
    assert refused(foreign) == (404, "not-found")
    assert foreign.content == nobody.content
    assert platform.events("person-erased") == []


@pytest.mark.parametrize("body", [{}, {"basis": "because"}, {"basis": "subject-request", "why": "x"}])
def test_the_basis_is_one_of_a_list(platform: Any, client: dict[str, str], body: dict[str, str]) -> None:
    answer = platform.post(f"/persons/{client['id']}/erasure", body, platform.notary())
    assert refused(answer) == (422, "invalid")


def test_members_stay_and_who_was_refused_can_be_erased(platform: Any) -> None:
    notary = platform.notary()
    notary_id = platform.call("GET", "/me", notary).json()["id"]
    assert refused(platform.erase(notary_id, notary)) == (409, "still-member")
    registration = platform.staff(COLLABORATOR).json()["registration_token"]
    asked = {"registration_token": registration, "crpcen": "75999", "recovery_email": "lea@example.org"}
    made = platform.post("/memberships", asked).json()
    newcomer = made["person_id"]
    assert refused(platform.erase(newcomer, notary)) == (409, "still-member")
    assert platform.post(f"/memberships/{made['id']}/refusal", None, notary).status_code == 204
    again = platform.staff(COLLABORATOR).json()["registration_token"]
    waiting = "SELECT claims FROM identity.token WHERE purpose = 'registration' AND used_at IS NULL"
    assert "Fournier" in str(platform.sql(waiting))
    assert platform.erase(newcomer, notary).status_code == 202
    platform.identity.finishing.finish_all()
    assert platform.sql(waiting) == []
    assert refused(platform.post("/memberships", {**asked, "registration_token": again})) == (404, "link-unknown")
    (row,) = [one for one in platform.call("GET", "/memberships", notary).json()["items"] if one["id"] == made["id"]]
    assert (row["last_name"], row["email"]) == (None, None)
    assert platform.events("person-erased")[0]["office_id"] == platform.office_id
    assert "registration_token" in platform.staff(COLLABORATOR).json()
