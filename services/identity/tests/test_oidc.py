"""What an identity provider, or someone who plays one, must not get past."""

from typing import Any

import httpx
import pytest

NOTARY = ("claire.morel@notaires.fr", "Notaire-demo-1")


def refused(platform: Any, answer: httpx.Response, cause: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-refused")
    assert platform.events("sign-in-refused")[-1]["cause"] == cause
    assert platform.events("signed-in") == []


@pytest.mark.bad_input("B37")
@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("wrong-nonce", "nonce"),
        ("other-issuer", "id-token"),
        ("other-audience", "id-token"),
        ("expired", "id-token"),
        ("from-the-future", "id-token"),
        ("no-subject", "id-token"),
        ("not-signed", "id-token"),
        ("hmac-with-public-key", "id-token"),
        ("key-in-header", "id-token"),
        ("kid-is-a-path", "key"),
        ("broken-signature", "id-token"),
    ],
)
def test_a_wrong_id_token_is_refused(platform: Any, fault: str, cause: str) -> None:
    platform.idnot.admin.put("/faults", json={"id_token": fault})
    refused(platform, platform.staff(NOTARY), cause)


@pytest.mark.bad_input("B37")
def test_a_state_works_once(platform: Any) -> None:
    path, query = platform.idnot_callback(NOTARY)
    assert platform.call("GET", path, params=query).status_code == 200
    again = platform.call("GET", path, params=query)
    assert (again.status_code, platform.events("sign-in-refused")[-1]["cause"]) == (401, "state")


def test_a_state_without_the_cookie_of_its_browser_is_refused(platform: Any) -> None:
    path, query = platform.idnot_callback(NOTARY)
    platform.http.cookies.clear()
    refused(platform, platform.call("GET", path, params=query), "state")


@pytest.mark.bad_input("B37")
def test_a_state_of_another_browser_is_refused(platform: Any) -> None:
    path, query = platform.idnot_callback(NOTARY)
    platform.http.cookies.clear()
    platform.http.cookies.set("idnot", "of-someone-else")
    refused(platform, platform.call("GET", path, params=query), "state")


@pytest.mark.bad_input("B37")
def test_an_old_state_is_refused(platform: Any) -> None:
    path, query = platform.idnot_callback(NOTARY)
    platform.sql("UPDATE identity.oidc_state SET expires_at = now() - interval '1 second'")
    refused(platform, platform.call("GET", path, params=query), "state")


@pytest.mark.bad_input("B37")
def test_a_missing_state_or_an_error_of_the_provider_is_refused(platform: Any) -> None:
    path, _ = platform.idnot_callback(NOTARY)
    refused(platform, platform.call("GET", path, params={"error": "access_denied"}), "state")


@pytest.mark.bad_input("B37")
def test_a_code_that_was_not_given_for_this_sign_in_is_refused(platform: Any) -> None:
    _, stolen = platform.idnot_callback(NOTARY)
    path, own = platform.idnot_callback(NOTARY)
    refused(platform, platform.call("GET", path, params=own | {"code": stolen["code"]}), "code")


def test_a_late_code_is_refused(platform: Any) -> None:
    path, query = platform.idnot_callback(NOTARY)
    platform.idnot.admin.put("/faults", json={"ahead": 61})
    refused(platform, platform.call("GET", path, params=query), "code")


def test_a_clock_that_is_a_little_ahead_is_no_reason_to_refuse(platform: Any) -> None:
    path, query = platform.idnot_callback(NOTARY)
    platform.idnot.admin.put("/faults", json={"ahead": 40})
    assert platform.call("GET", path, params=query).status_code == 200


def test_the_cookie_of_a_deployment_with_tls_is_bound_to_the_host(start: Any) -> None:
    platform = start(public_url="https://scelle.example")
    cookie = platform.call("GET", "/sign-in/idnot").headers["set-cookie"]
    assert cookie.startswith("__Host-idnot=")
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}


def test_a_provider_that_is_away_is_said_to_be_away(start: Any) -> None:
    platform = start(oidc_token_url="http://127.0.0.1:1/token")
    away = platform.staff(NOTARY)
    assert (away.status_code, away.json()["code"]) == (503, "provider-unavailable")
