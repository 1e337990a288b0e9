"""What is answered about an erased person, and to whoever tries to be one."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

CANARY = "Zwingelstein"
EMAIL = "capucine.zwingelstein@example.org"
PASSWORD = "Une longue phrase 7"


def refused(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def without_instance(response: httpx.Response) -> tuple[int, dict[str, Any]]:
    return response.status_code, {name: value for name, value in response.json().items() if name != "instance"}


def test_the_api_says_that_the_person_was_erased(platform: Any, client: dict[str, str]) -> None:
    notary, other = platform.notary(), platform.new_client(platform.notary())
    platform.erase(client["id"], notary)
    shown = platform.call("GET", f"/clients/{client['id']}", notary).json()
    nothing = dict.fromkeys(("first_name", "last_name", "email", "phone"))
    assert shown == {"id": client["id"], **nothing, "authenticator": False}
    for text in ("", CANARY, EMAIL, "+33699876543", "capu"):
        found = platform.call("GET", "/clients", notary, params={"q": text}).json()["items"]
        assert client["id"] not in {one["id"] for one in found}
    assert [one["id"] for one in platform.call("GET", "/clients", notary).json()["items"]] == [other["id"]]
    changed = platform.call("PATCH", f"/clients/{client['id']}", notary, json={"last_name": CANARY})
    assert refused(changed) == (410, "person-erased")
    (named,) = platform.service.get("/internal/persons", params={"ids": client["id"]}).json()["items"]
    assert (named["erased"], named["first_name"], named["last_name"]) == (True, None, None)
    contact = platform.service.get(f"/internal/persons/{client['id']}/contact")
    assert refused(contact) == (410, "person-erased")
    office = {"office": str(platform.office_id)}
    assert platform.service.get(f"/internal/clients/{client['id']}", params=office).status_code == 404
    body = {"person_id": client["id"], "office_id": str(platform.office_id)}
    for path in ("/internal/invitations", "/internal/access-links"):
        assert platform.service.post(path, json=body).status_code == 404


@pytest.mark.parametrize("finished", [False, True])
def test_an_erased_client_is_answered_like_someone_unknown(
    platform: Any, client: dict[str, str], *, finished: bool
) -> None:
    notary = platform.notary()
    session = platform.client_session(client)
    body = {"person_id": client["id"], "office_id": str(platform.office_id)}
    link = urlsplit(platform.service.post("/internal/access-links", json=body).json()["url"])
    asked = platform.asked(client, parse_qs(link.query)["invitation"][0])
    answered = platform.post(f"/sign-in/codes/{asked}/answer", {"code": platform.code(client, 3)})
    setup = answered.json()["setup_token"]
    begun = platform.post("/sign-in/password", {"email": EMAIL, "password": PASSWORD}).json()["id"]
    code = platform.code(client, 4)
    platform.erase(client["id"], notary)
    if finished:
        platform.identity.finishing.finish_all()
    entered = platform.post("/sign-in/password", {"email": EMAIL, "password": PASSWORD})
    unknown = platform.post("/sign-in/password", {"email": "personne@example.org", "password": PASSWORD})
    assert without_instance(entered) == without_instance(unknown)
    assert refused(entered) == (401, "sign-in-refused")
    assert refused(platform.post(f"/sign-in/codes/{begun}/answer", {"code": code})) == (401, "code-refused")
    assert refused(platform.call("GET", "/me", session["access_token"])) == (401, "session-refused")
    again = platform.post("/sessions/refresh", {"refresh_token": session["refresh_token"]})
    assert refused(again) == (401, "session-refused")
    chosen = platform.call("PUT", "/password", json={"setup_token": setup, "password": PASSWORD})
    assert refused(chosen) == ((404, "link-unknown") if finished else (410, "link-spent"))
    assert platform.post("/access-links", {"email": EMAIL}).status_code == 202
    platform.identity.finishing.finish_all()
    assert platform.sql("SELECT 1 FROM identity.password") == []
    assert platform.sql("SELECT 1 FROM identity.session WHERE ended_at IS NULL AND kind = 'client'") == []


def test_a_link_sent_before_leads_nowhere(platform: Any) -> None:
    notary = platform.notary()
    client = platform.new_client(notary, email=EMAIL)
    link = platform.invitation(client)
    platform.erase(client["id"], notary)
    asked = platform.post("/sign-in/codes", {"email": EMAIL, "invitation": link})
    other = platform.post("/sign-in/codes", {"email": "personne@example.org", "invitation": link})
    assert (asked.status_code, other.status_code) == (201, 201)
    assert platform.sms.admin.get("/messages").json() == []
    platform.identity.finishing.finish_all()
    asked = platform.post("/sign-in/codes", {"email": EMAIL, "invitation": link})
    assert refused(asked) == (404, "link-unknown")


def test_an_erased_client_who_comes_again_is_somebody_new(platform: Any, client: dict[str, str]) -> None:
    notary = platform.notary()
    platform.erase(client["id"], notary)
    platform.identity.finishing.finish_all()
    facts = {name: client[name] for name in ("first_name", "last_name", "email", "phone")}
    made = platform.post("/clients", facts, notary)
    assert made.status_code == 201
    assert made.json()["id"] != client["id"]
