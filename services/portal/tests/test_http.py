"""What a browser gets from the portal, also when nobody stands behind it."""

import re
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from portal.settings import Settings
from portal.wiring import web
from testkit.serving import serving

PUBLIC = ("/", "/connexion", "/acces", "/acces/lien", "/confirmation", "/verification", "/accessibilite")


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_page_answers_with_the_strict_policy(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert '<html lang="fr">' in answer.text


def test_the_page_of_verification_may_contact_nobody(browser: httpx.Client) -> None:
    assert "connect-src 'none'" in browser.get("/verification").headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/dossiers", "/mes-dossiers", "/compte", "/lettres", "/conformite"])
def test_whoever_is_not_signed_in_goes_to_the_door_and_comes_back(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/connexion?suite=" + path.replace("/", "%2F")


def test_a_fragment_is_not_replaced_by_the_door(browser: httpx.Client) -> None:
    answer = browser.get("/dossiers", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/connexion?suite=%2Fdossiers")


@pytest.mark.parametrize("suite", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_no_link_leads_elsewhere_after_the_sign_in(browser: httpx.Client, suite: str) -> None:
    assert "evil" not in browser.get("/connexion", params={"suite": suite}).text


def test_a_command_needs_the_token_of_the_session(browser: httpx.Client, signed_in: str) -> None:
    for given in ({}, {"csrf": ""}, {"csrf": signed_in[:-1]}):
        assert browser.post("/deconnexion", data=given).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]
)
def test_a_form_of_another_site_is_refused(browser: httpx.Client, signed_in: str, headers: dict[str, str]) -> None:
    assert browser.post("/deconnexion", data={"csrf": signed_in}, headers=headers).status_code == 403
    assert browser.post("/connexion", data={"email": "a@b.example"}, headers=headers).status_code == 403


@pytest.mark.usefixtures("signed_in")
def test_when_a_service_is_away_a_person_is_told_what_to_do(browser: httpx.Client) -> None:
    answer = browser.get("/dossiers")
    assert answer.status_code == 503
    assert "Un service ne répond pas" in answer.text
    assert answer.headers["x-correlation-id"] in answer.text


def test_signing_out_works_also_while_identity_is_away(browser: httpx.Client, signed_in: str) -> None:
    browser.post("/deconnexion", data={"csrf": signed_in})
    assert browser.get("/compte").status_code == 303


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"a=" + b"x" * 70_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(1500)), "application/x-www-form-urlencoded"),
        (b"a=%ff", "application/x-www-form-urlencoded"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
    ],
)
def test_a_body_that_is_no_small_form_is_refused(browser: httpx.Client, body: bytes, media_type: str) -> None:
    answer = browser.post("/connexion", content=body, headers={"Content-Type": media_type})
    assert answer.status_code == 400


@pytest.mark.parametrize("body", [b"{" + b" " * 70_000, b"[]", b"{}", b'{"name": "a.pdf", "size": -1, "sha256": ""}'])
def test_an_announcement_that_is_none_is_refused_unkept(browser: httpx.Client, csrf: str, body: bytes) -> None:
    headers = {"X-CSRF-Token": csrf, "Content-Type": "application/json"}
    answer = browser.post(f"/mes-dossiers/{uuid4()}/depots", content=body, headers=headers)
    assert answer.status_code == 400


def test_static_files_may_be_kept_for_ever_and_change_their_address(browser: httpx.Client) -> None:
    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', browser.get("/").text)
    assert len(addresses) >= 4
    for address in addresses:
        answer = browser.get(address)
        assert answer.status_code == 200
        assert "?v=" in address
        assert "immutable" in answer.headers["cache-control"]


def test_the_gallery_is_shown_only_where_it_is_allowed(browser: httpx.Client, settings: Settings) -> None:
    assert browser.get("/_gallery").status_code == 404
    with serving(web(settings.model_copy(update={"gallery": True}))) as address:
        assert httpx.get(f"{address}/_gallery").status_code == 200


@pytest.mark.parametrize("path", ["/rien", "/dossiers/not-an-id", "/verifier/../settings.py", "/verifier/js/x.mjs"])
@pytest.mark.usefixtures("signed_in")
def test_what_does_not_exist_is_a_page_too(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "text/html" in answer.headers["content-type"]


def test_the_first_page_is_small(browser: httpx.Client) -> None:
    """Below 100 kB in all, as it leaves us."""
    page = browser.get("/")
    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    assert len(page.content) + sum(len(browser.get(address).content) for address in addresses) < 100_000


def test_all_scripts_together_stay_small_over_the_wire(browser: httpx.Client) -> None:
    """Below 60 kB, more than any page loads; what is compressed is what nobody else has a part in."""
    static = Path(str(files("portal") / "static"))
    answers = [browser.get(f"/static/{path.relative_to(static)}") for path in static.rglob("*.js")]
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.num_bytes_downloaded for answer in answers) < 60_000
    assert "content-encoding" not in browser.get("/").headers


def test_probes_answer(browser: httpx.Client) -> None:
    answers: list[httpx.Response] = [browser.get(path) for path in ("/livez", "/readyz")]
    assert [answer.status_code for answer in answers] == [200, 200]
