from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from chassis.token_keys import SigningKey, parse_signing_keys
from launcher.journey.world import until

PASSWORD = "Une longue phrase 7"


@pytest.fixture
def session(platform: Any) -> dict[str, Any]:
    return platform.staff(("claire.morel@notaires.fr", "Notaire-demo-1")).json()


def refresh(platform: Any, token: str) -> httpx.Response:
    return platform.post("/sessions/refresh", {"refresh_token": token})


def test_the_published_key_verifies_an_access_token(platform: Any, session: dict[str, Any]) -> None:
    keys = jwt.PyJWKSet.from_dict(platform.http.get("/.well-known/jwks.json").json())
    kid = jwt.get_unverified_header(session["access_token"])["kid"]
    claims = jwt.decode(session["access_token"], keys[kid], ["EdDSA"], audience="scelle", issuer="identity")
    assert claims["role"] == "notary"
    assert claims["exp"] - claims["iat"] == session["expires_in"] == 600


def test_a_refresh_token_gives_new_tokens(platform: Any, session: dict[str, Any]) -> None:
    second = refresh(platform, session["refresh_token"]).json()
    third = refresh(platform, second["refresh_token"])
    assert third.status_code == 200
    assert len({session["refresh_token"], second["refresh_token"], third.json()["refresh_token"]}) == 3
    assert platform.call("GET", "/me", second["access_token"]).status_code == 200


@pytest.mark.bad_input("B39")
def test_refreshes_at_the_same_moment_get_the_same_successor(platform: Any, session: dict[str, Any]) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refresh(platform, session["refresh_token"]), range(8)))
    assert {one.status_code for one in answers} == {200}
    assert len({one.json()["refresh_token"] for one in answers}) == 1


def test_a_later_reuse_ends_the_whole_session(platform: Any, session: dict[str, Any]) -> None:
    successor = refresh(platform, session["refresh_token"]).json()["refresh_token"]
    platform.sql("UPDATE identity.refresh SET used_at = used_at - interval '31 seconds' WHERE used_at IS NOT NULL")
    stolen = refresh(platform, session["refresh_token"])
    assert (stolen.status_code, stolen.json()["code"]) == (401, "session-refused")
    assert refresh(platform, successor).status_code == 401
    assert [one["cause"] for one in platform.events("signed-out")] == ["refresh-token-reused"]


def test_signing_out_ends_the_session(platform: Any, session: dict[str, Any]) -> None:
    for _ in range(2):
        assert platform.call("DELETE", "/sessions/current", session["access_token"]).status_code == 204
    for path in ("/me", "/clients", "/memberships", f"/offices/{platform.office_id}/members"):
        refused = platform.call("GET", path, session["access_token"])
        assert (refused.status_code, refused.json()["code"]) == (401, "session-refused"), path
    assert refresh(platform, session["refresh_token"]).status_code == 401
    assert [one["cause"] for one in platform.events("signed-out")] == ["asked"]


@pytest.mark.parametrize(
    "aging",
    [
        "UPDATE identity.session SET used_at = now() - interval '8 hours 1 second'",
        "UPDATE identity.session SET ends_at = now() - interval '1 second'",
    ],
)
def test_a_session_ends_unused_or_by_age(platform: Any, session: dict[str, Any], aging: str) -> None:
    platform.sql(aging)
    assert refresh(platform, session["refresh_token"]).status_code == 401


def test_a_clients_session_ends_after_a_quarter_of_an_hour_unused(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    platform.with_password(client)
    session = platform.client_session(client)
    platform.sql("UPDATE identity.session SET used_at = now() - interval '15 minutes 1 second'")
    assert refresh(platform, session["refresh_token"]).status_code == 401


def test_a_member_who_is_one_no_longer_gets_no_new_token(platform: Any, session: dict[str, Any]) -> None:
    platform.sql("UPDATE read.membership SET state = 'refused'")
    assert refresh(platform, session["refresh_token"]).status_code == 401
    assert [one["cause"] for one in platform.events("signed-out")] == ["no-longer-entitled"]


def test_a_new_password_ends_the_sessions_before_it(platform: Any) -> None:
    client = platform.new_client(platform.notary())
    first, second = (platform.setup(client, nth) for nth in (1, 2))
    assert platform.call("PUT", "/password", json={"setup_token": first, "password": PASSWORD}).status_code == 204
    assert platform.call("PUT", "/password", json={"setup_token": second, "password": PASSWORD}).status_code == 410
    session = platform.client_session(client, nth=3)
    platform.sql("UPDATE identity.token SET used_at = NULL WHERE purpose = 'password'")
    assert platform.call("PUT", "/password", json={"setup_token": second, "password": PASSWORD}).status_code == 204
    assert refresh(platform, session["refresh_token"]).status_code == 401
    assert [one["cause"] for one in platform.events("signed-out")] == ["password-changed"]


@pytest.mark.bad_input("B38", "B39")
@pytest.mark.parametrize("token", ["", "x", "x" * 128, "x" * 8192])
def test_what_is_no_refresh_token_is_refused(platform: Any, token: str) -> None:
    assert refresh(platform, token).status_code in {401, 422}


def test_an_altered_access_token_is_refused(platform: Any, session: dict[str, Any]) -> None:
    head, body, signature = session["access_token"].split(".")
    for token in (f"{head}.{body}.{signature[::-1]}", f"{head}.{body}.", "x" * 8192):
        assert platform.call("GET", "/me", token).status_code == 401


def test_the_next_key_is_published_before_it_signs(
    platform: Any, session: dict[str, Any], environment: dict[str, str]
) -> None:
    path = Path(environment["IDENTITY_SIGNING_KEY_FILE"])
    (first,) = parse_signing_keys(path.read_text())
    soon = SigningKey.new(2, datetime.now(UTC) + timedelta(hours=1))
    path.write_text(first.encode() + soon.encode())
    until(lambda: len(platform.http.get("/.well-known/jwks.json").json()["keys"]) == 2, "the next key to be published")
    fresh = refresh(platform, session["refresh_token"]).json()["access_token"]
    assert jwt.get_unverified_header(fresh)["kid"] == "identity-1"
