"""What people look after in their account: where they are signed in, and the password."""

from typing import Any

import httpx
import pytest

PASSWORD, NEW = "Une longue phrase 7", "Une autre phrase 8"
PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"}
NOTARY = ("claire.morel@notaires.fr", "Notaire-demo-1")


def refused(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


@pytest.fixture
def client(platform: Any) -> dict[str, str]:
    """Return a client with a password."""
    made = platform.new_client(platform.notary())
    platform.with_password(made)
    return made


def on_the_phone(platform: Any, client: dict[str, str], nth: int) -> str:
    """Sign in with the browser of a telephone; return the access token."""
    sent = platform.post("/sign-in/password", {"email": client["email"], "password": PASSWORD}).json()
    body = {"code": platform.code(client, nth)}
    return platform.post(f"/sign-in/codes/{sent['id']}/answer", body, headers=PHONE).json()["access_token"]


@pytest.mark.covers("C-34", "C-35")
def test_people_see_where_they_are_signed_in_and_end_what_they_do_not_know(
    platform: Any, client: dict[str, str]
) -> None:
    desk = platform.client_session(client)["access_token"]
    phone = on_the_phone(platform, client, 3)
    listed = platform.call("GET", "/sessions", desk).json()["items"]
    assert [(one["browser"], one["system"], one["current"]) for one in listed] == [
        ("Chrome", "Android", False),
        (None, None, True),
    ]
    assert listed[1]["id"] == platform.call("GET", "/me", desk).json()["session_id"]
    assert platform.call("DELETE", f"/sessions/{listed[0]['id']}", desk).status_code == 204
    assert refused(platform.call("DELETE", f"/sessions/{listed[0]['id']}", desk)) == (404, "not-found")
    assert refused(platform.call("GET", "/me", phone)) == (401, "session-refused")
    assert [one["id"] for one in platform.call("GET", "/sessions", desk).json()["items"]] == [listed[1]["id"]]
    assert [one["cause"] for one in platform.events("signed-out")] == ["asked"]


@pytest.mark.covers("C-35")
def test_all_others_end_at_once_and_nobody_elses(platform: Any, client: dict[str, str]) -> None:
    others = [on_the_phone(platform, client, nth) for nth in (2, 3)]
    here = platform.client_session(client, nth=4)["access_token"]
    notary = platform.notary()
    theirs = platform.call("GET", "/sessions", notary).json()["items"]
    assert len(theirs) == 2  # the one that registered the client is theirs too
    assert refused(platform.call("DELETE", f"/sessions/{theirs[0]['id']}", here)) == (404, "not-found")
    assert platform.call("DELETE", "/sessions/others", here).status_code == 204
    assert [refused(platform.call("GET", "/me", one)) for one in others] == [(401, "session-refused")] * 2
    assert platform.call("GET", "/me", here).status_code == platform.call("GET", "/me", notary).status_code == 200


def test_what_can_go_on_no_longer_is_not_listed(platform: Any, client: dict[str, str]) -> None:
    here = platform.client_session(client)["access_token"]
    platform.sql(
        "UPDATE identity.session SET used_at = now() - interval '15 minutes 1 second' WHERE person_id = %s",
        client["id"],
    )
    assert platform.call("GET", "/sessions", here).json()["items"] == []


@pytest.mark.covers("S-04", "C-23")
def test_a_changed_password_ends_every_other_session_and_every_way_the_former_opened(
    platform: Any, client: dict[str, str]
) -> None:
    elsewhere = on_the_phone(platform, client, 2)
    here = platform.client_session(client, nth=3)
    begun = platform.post("/sign-in/password", {"email": client["email"], "password": PASSWORD}).json()["id"]
    code = platform.code(client, 4)
    body = {"present": PASSWORD, "password": NEW}
    assert platform.call("PUT", "/me/password", here["access_token"], json=body).status_code == 204
    assert refused(platform.call("GET", "/me", elsewhere)) == (401, "session-refused")
    assert platform.call("GET", "/me", here["access_token"]).status_code == 200
    assert platform.post("/sessions/refresh", {"refresh_token": here["refresh_token"]}).status_code == 200
    assert refused(platform.post(f"/sign-in/codes/{begun}/answer", {"code": code})) == (401, "code-refused")
    former = platform.post("/sign-in/password", {"email": client["email"], "password": PASSWORD})
    assert refused(former) == (401, "sign-in-refused")
    assert platform.client_session(client, NEW, nth=5)["access_token"]
    assert [one["cause"] for one in platform.events("signed-out")] == ["password-changed"]
    assert len(platform.events("password-set")) == 2


@pytest.mark.covers("S-04", "C-24")
def test_the_present_password_is_asked_for_and_the_rules_hold(platform: Any, client: dict[str, str]) -> None:
    here = platform.client_session(client)["access_token"]
    weak = platform.call("PUT", "/me/password", here, json={"present": PASSWORD, "password": "password"})
    assert refused(weak) == (422, "password-refused")
    assert "upper-case" in weak.json()["missing"]
    wrong = {"present": NEW, "password": NEW}
    answers = [refused(platform.call("PUT", "/me/password", here, json=wrong)) for _ in range(11)]
    assert answers == [(403, "password-wrong")] * 10 + [(429, "too-many-attempts")]
    right = {"present": PASSWORD, "password": NEW}
    assert refused(platform.call("PUT", "/me/password", here, json=right)) == (429, "too-many-attempts")
    assert [one["cause"] for one in platform.events("sign-in-refused")] == ["own-password"] * 10


def test_members_of_offices_have_no_password_here(platform: Any) -> None:
    body = {"present": PASSWORD, "password": NEW}
    assert refused(platform.call("PUT", "/me/password", platform.notary(), json=body)) == (403, "not-allowed")


def test_nothing_of_a_device_but_names_is_kept(platform: Any, client: dict[str, str]) -> None:
    on_the_phone(platform, client, 2)
    held = str(platform.sql("SELECT * FROM identity.session"))
    assert "Chrome" in held
    assert "Pixel" not in held
    assert "131" not in held
