import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

REDIRECT = "http://scelle.localhost:8080/api/identity/v1/sign-in/idnot/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASKED = {
    "client_id": "scelle",
    "redirect_uri": REDIRECT,
    "response_type": "code",
    "scope": "openid profile",
    "state": "a state",
    "nonce": "a nonce",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
NOTARY = {"identifier": "claire.morel@notaires.fr", "password": "Notaire-demo-1"}


def sign_in(idnot: Any, **account: str) -> httpx.Response:
    return idnot.http.post("/IdPOAuth2/auth/IDNOT_IDP", params=ASKED, data=account or NOTARY)


def code(idnot: Any) -> str:
    return parse_qs(urlsplit(sign_in(idnot).headers["location"]).query)["code"][0]


def redeem(idnot: Any, **changes: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code_verifier": VERIFIER} | changes
    return idnot.http.post("/IdPOAuth2/token/IDNOT_IDP", data=form, auth=("scelle", "a secret"))


def test_there_is_no_discovery_document(idnot: Any) -> None:
    assert idnot.http.get("/.well-known/openid-configuration").status_code == 404


@pytest.mark.covers("L-11", "L-12")
def test_the_page_asks_for_identifier_and_password(idnot: Any) -> None:
    page = idnot.http.get("/IdPOAuth2/auth/IDNOT_IDP", params=ASKED)
    assert page.status_code == 200
    assert 'name="identifier"' in page.text
    assert 'type="password"' in page.text


@pytest.mark.parametrize(
    "change",
    [{"client_id": "x"}, {"redirect_uri": "https://evil.example"}, {"code_challenge_method": "plain"}, {"nonce": ""}],
)
def test_a_wrong_request_never_reaches_a_redirect_address(idnot: Any, change: dict[str, str]) -> None:
    answer = idnot.http.post("/IdPOAuth2/auth/IDNOT_IDP", params=ASKED | change, data=NOTARY)
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_a_wrong_password_shows_the_page_again(idnot: Any) -> None:
    assert sign_in(idnot, identifier=NOTARY["identifier"], password="wrong").status_code == 401


@pytest.mark.covers("L-13")
def test_a_notary_is_asserted_with_the_office(idnot: Any) -> None:
    redirect = urlsplit(sign_in(idnot).headers["location"])
    assert parse_qs(redirect.query)["state"] == ["a state"]
    tokens = redeem(idnot, code=parse_qs(redirect.query)["code"][0]).json()
    keys = jwt.PyJWKSet.from_dict(idnot.http.get("/IdPOAuth2/jwk/IDNOT_IDP").json())
    kid = jwt.get_unverified_header(tokens["id_token"])["kid"]
    claims = jwt.decode(
        tokens["id_token"], keys[kid], ["RS256"], audience="scelle", issuer="https://www.idnot.notaires.fr"
    )
    assert claims["nonce"] == "a nonce"
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    person = idnot.http.get("/IdPOAuth2/userinfo/IDNOT_IDP", headers=bearer).json()
    assert person["sub"] == claims["sub"]
    assert person["profil"] == "NOTAIRE"
    assert person["rattachements"] == [{"crpcen": "75999"}]


def test_a_code_works_once_and_its_reuse_revokes_the_token(idnot: Any) -> None:
    one = code(idnot)
    first = redeem(idnot, code=one)
    assert first.status_code == 200
    assert redeem(idnot, code=one).json() == {"error": "invalid_grant"}
    bearer = {"Authorization": f"Bearer {first.json()['access_token']}"}
    assert idnot.http.get("/IdPOAuth2/userinfo/IDNOT_IDP", headers=bearer).status_code == 401


def test_a_code_lives_a_minute(idnot: Any) -> None:
    one = code(idnot)
    idnot.admin.put("/faults", json={"ahead": 61})
    assert redeem(idnot, code=one).status_code == 400


def test_a_code_needs_the_verifier_and_the_same_redirect_address(idnot: Any) -> None:
    assert redeem(idnot, code=code(idnot), code_verifier="w" * 43).status_code == 400
    assert redeem(idnot, code=code(idnot), redirect_uri="https://evil.example").status_code == 400


def test_the_client_authenticates_by_basic_only(idnot: Any) -> None:
    form = {"grant_type": "authorization_code", "client_id": "scelle", "client_secret": "a secret", "code": "c"}
    assert idnot.http.post("/IdPOAuth2/token/IDNOT_IDP", data=form).status_code == 401
    assert idnot.http.post("/IdPOAuth2/token/IDNOT_IDP", data=form, auth=("scelle", "x")).status_code == 401


@pytest.mark.covers("L-14", "L-17")
def test_a_collaborator_creates_an_account_and_signs_in(idnot: Any) -> None:
    person = {
        "civility": "Madame",
        "first_name": "Zoé",
        "last_name": "Petit",
        "birth_date": "1990-02-01",
        "birth_country": "France",
        "identifier": "zoe.petit@example.org",
        "password": "Un mot de passe 1",
        "confirmation": "Un mot de passe 1",
    }
    path = "/IdPOAuth2/signup/IDNOT_IDP"
    assert idnot.http.get(path, params=ASKED).status_code == 200
    assert idnot.http.post(path, params=ASKED, data=person | {"confirmation": "other"}).status_code == 422
    assert idnot.http.post(path, params=ASKED, data=person).status_code == 303
    assert idnot.http.post(path, params=ASKED, data=person).status_code == 409
    assert sign_in(idnot, identifier=person["identifier"], password=person["password"]).status_code == 303
    account = next(one for one in idnot.admin.get("/accounts").json() if one["identifier"] == person["identifier"])
    assert (account["role"], account["crpcen"]) == ("COLLABORATEUR", [])


def test_the_fault_switch_makes_wrong_tokens(idnot: Any) -> None:
    idnot.admin.put("/faults", json={"id_token": "wrong-nonce"})
    token = redeem(idnot, code=code(idnot)).json()["id_token"]
    assert jwt.decode(token, options={"verify_signature": False})["nonce"] == "another"
    for fault in ("not-signed", "hmac-with-public-key", "key-in-header", "kid-is-a-path", "broken-signature"):
        idnot.admin.put("/faults", json={"id_token": fault})
        assert redeem(idnot, code=code(idnot)).status_code == 200
