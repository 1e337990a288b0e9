"""Requests that no careful program sends: broken JSON, forged tokens, tickets for other things, strange addresses."""

import http.client
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from chassis.tokens import Signer, Ticket, new_signing_key
from launcher.journey.deposits import DOSSIERS
from launcher.journey.people import IDENTITY, WRONG_CODE, Client, client_signs_in, first_access, new_client

VAULT = "/api/vault/v1"
GUESSES = 50
NAME = b'{"title": "T", "deed_type": "vente", "number": %s}'
BODIES = {
    "not JSON": (b"number=1", 400),
    "depth": (b"[" * 10_000 + b"]" * 10_000, 400),
    "depth of objects": (b'{"number":' * 40 + b"1" + b"}" * 40, 400),
    "size": (NAME % (b'"' + b"9" * 300_000 + b'"'), 413),
    "a name twice": (b'{"number": "1", "number": "2", "title": "T", "deed_type": "vente"}', 400),
    "NaN": (NAME % b"NaN", 400),
    "infinite": (NAME % b"1e400", 400),
    "a number of 5,000 digits": (NAME % (b"9" * 5000), 400),
    "half a character": (NAME % b'"\\ud800"', 400),
    "NUL": (NAME % b'"\\u0000"', 400),
    "not UTF-8": (NAME % b'"\xff\xfe"', 400),
    "UTF-16": ('{"number": "1"}'.encode("utf-16"), 400),
    "a byte-order mark": (b"\xef\xbb\xbf{}", 400),
    "two values": (b"{} {}", 400),
    "nothing": (b"", 422),
    "null": (b"null", 422),
    "a list": (b"[]", 422),
}
CODES = {400: "body-unreadable", 413: "body-too-large", 422: "invalid"}
JSON = {"Content-Type": "application/json"}


@pytest.mark.bad_input("B21", "B58")
@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES)
def test_a_body_that_does_not_mean_one_thing_is_refused(desk: Any, body: bytes, status: int) -> None:
    answer = desk.send("POST", f"{DOSSIERS}/dossiers", desk.staff, content=body, headers=JSON)
    desk.refused(answer, status, CODES[status])


@pytest.mark.bad_input("B22", "B58")
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"]
)
def test_another_content_type_is_refused(desk: Any, kind: str) -> None:
    body = json.dumps({"number": f"t-{uuid4()}", "title": "T", "deed_type": "vente"})
    answer = desk.send("POST", f"{DOSSIERS}/dossiers", desk.staff, content=body, headers={"Content-Type": kind})
    desk.refused(answer, 415, "media-type-refused")


@pytest.mark.bad_input("B22")
def test_a_compressed_body_is_refused_unread(desk: Any) -> None:
    headers = JSON | {"Content-Encoding": "gzip"}
    answer = desk.send("POST", f"{DOSSIERS}/dossiers", desk.staff, content=b"\x1f\x8b", headers=headers)
    desk.refused(answer, 415, "media-type-refused")


def test_headers_that_say_who_calls_have_no_effect(desk: Any) -> None:
    notary = desk.walked.notary.id
    names = ("X-User", "X-User-Id", "X-Auth-Request-User", "X-Forwarded-User", "Remote-User", "X-Actor-Id")
    spoofed = dict.fromkeys(names, notary) | {"X-Role": "notary", "X-Office-Id": str(uuid4())}
    desk.refused(desk.send("GET", f"{IDENTITY}/me", headers=spoofed), 401, "not-signed-in")
    answer = desk.send("GET", f"{DOSSIERS}/dossiers", desk.client, headers=spoofed)
    desk.refused(answer, 403, "not-allowed")
    me = desk.send("GET", f"{IDENTITY}/me", desk.client, headers=spoofed).json()
    assert (me["id"], me["kind"]) == (desk.walked.clients[0].id, "client")


def raw(desk: Any, path: str, method: str = "GET") -> tuple[int, str]:
    """Ask for exactly this path, which no library has tidied up."""
    connection = http.client.HTTPConnection(urlsplit(desk.walked.world.gateway).netloc, timeout=10)
    connection.putrequest(method, path)
    connection.putheader("Authorization", f"Bearer {Signer(desk.key_file('vault'), 'vault').service_token('dossier')}")
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json", body
        assert {"type", "title", "status", "detail", "code"} <= set(json.loads(body))
    return answer.status, body


TRICKS = (
    *("/internal/events", "//internal/events", "/livez", "/readyz", "/api/dossiers/v1/../../../internal/events"),
    *("/api/dossiers/v1/%2e%2e/%2e%2e/%2e%2e/internal/events", "/api/dossiers/v1/..%2f..%2f..%2finternal/events"),
    *("/api/dossiers/v1//internal/events", "/api/dossiers/v1/internal/events", "/api/dossiers/v1/..;/internal/events"),
    *("/.well-known/../internal/events", "/api/dossiers/v1x/dossiers"),
    *("http://127.0.0.1/internal/events", "/api/dossiers/v1%00/internal/events", "/api/vault/v1/%252e%252e/internal"),
)


@pytest.mark.bad_input("B57")
@pytest.mark.parametrize("path", TRICKS)
def test_no_address_leads_to_what_services_tell_each_other(desk: Any, path: str) -> None:
    status, body = raw(desk, path)
    assert (status, "items" in body) == (404, False)


def test_a_token_that_identity_did_not_sign_for_now_is_refused(desk: Any, tmp_path: Path) -> None:
    person, session = UUID(desk.walked.notary.id), uuid4()
    office = UUID(desk.send("GET", f"{IDENTITY}/me", desk.staff).json()["office"]["id"])
    facts: dict[str, Any] = {"person_id": person, "kind": "staff", "session_id": session, "office_id": office}
    (tmp_path / "own.pem").write_bytes(new_signing_key())
    claims = jwt.decode(desk.staff, options={"verify_signature": False})
    head, payload, seal = desk.staff.split(".")
    tokens = {
        "expired": Signer(desk.key_file("identity"), "identity", clock=lambda: time.time() - 3600),
        "of a stranger's key": Signer(tmp_path / "own.pem", "identity"),
        "of another service": Signer(desk.key_file("vault"), "vault"),
        "of another service in identity's name": Signer(desk.key_file("vault"), "identity"),
    }
    forged = {name: signer.access_token(**facts, role="notary") for name, signer in tokens.items()}
    forged |= {
        "unsigned": jwt.encode(claims, "", algorithm="none"),
        "by a shared secret": jwt.encode(claims, "secret" * 8, algorithm="HS256", headers={"kid": "identity-1"}),
        "altered": f"{head}.{payload[:-4]}AAAA.{seal}",
        "cut": f"{head}.{payload}",
        "a service's": Signer(desk.key_file("identity"), "identity").service_token("dossier"),
        "nonsense": "x" * 4000,
    }
    for name, token in forged.items():
        answer = desk.send("GET", f"{DOSSIERS}/dossiers", token)
        assert answer.headers["www-authenticate"] == "Bearer", name
        desk.refused(answer, 401, "not-signed-in")


def ticket(given: dict[str, Any], **change: Any) -> Ticket:
    """Return a ticket like the one that was given, changed."""
    facts = jwt.decode(given["ticket"], options={"verify_signature": False})["ticket"]
    ids = {name: UUID(value) for name, value in facts.items() if name.endswith("_id")}
    return Ticket(**{**facts, **ids, **change})


def test_a_ticket_opens_one_thing_only(desk: Any) -> None:
    given, other = desk.deposited(), desk.given()
    look = desk.send("POST", given["path"] + "/views", desk.staff).json()
    url, elsewhere, before = given["upload_url"], other["upload_url"], desk.state()
    altered = given["ticket"][:-8] + "AAAAAAAA"
    tries = [
        ("GET", url, given["ticket"], 403, "not-allowed"),
        ("PUT", url, look["ticket"], 403, "not-allowed"),
        ("GET", url.replace("/content", "/receipt"), look["ticket"], 403, "not-allowed"),
        ("PUT", elsewhere, given["ticket"], 404, "not-found"),
        ("GET", elsewhere, look["ticket"], 404, "not-found"),
        ("PUT", url, altered, 401, "ticket-refused"),
        ("GET", url, desk.staff, 401, "ticket-refused"),
        ("GET", url, "", 401, "ticket-refused"),
    ]
    for method, address, token, status, code in tries:
        desk.refused(desk.send(method, address, token, content=desk.pdf if method == "PUT" else None), status, code)
    desk.refused(desk.send("GET", f"{DOSSIERS}/dossiers", look["ticket"]), 401, "not-signed-in")
    assert desk.state() == before


def test_a_ticket_that_the_dossier_did_not_sign_for_now_is_refused(desk: Any) -> None:
    given = desk.deposited()
    wanted = ticket(given, action="download", actor_kind="staff")
    forgers = [
        Signer(desk.key_file("dossier"), "dossier", clock=lambda: time.time() - 600),
        Signer(desk.key_file("messaging"), "messaging"),
        Signer(desk.key_file("messaging"), "dossier"),
    ]
    for forger in forgers:
        desk.refused(desk.send("GET", given["upload_url"], forger.ticket(wanted)), 401, "ticket-refused")
    elsewhere = Signer(desk.key_file("dossier"), "dossier").ticket(wanted, audience="journal")
    desk.refused(desk.send("GET", given["upload_url"], elsewhere), 401, "ticket-refused")


def test_a_deposit_sent_again_changes_nothing(desk: Any) -> None:
    given = desk.given()
    first = desk.send("PUT", given["upload_url"], given["ticket"], content=desk.pdf)
    desk.seen(given)
    before = desk.state()
    again = desk.send("PUT", given["upload_url"], given["ticket"], content=desk.pdf)
    assert (again.status_code, again.json()) == (201, first.json())
    other = desk.send("PUT", given["upload_url"], given["ticket"], content=desk.pdf[:-1] + b"!")
    desk.refused(other, 460, "digest-mismatch")
    assert desk.state() == before


def person(client: Client) -> dict[str, str]:
    return {name: getattr(client, name) for name in ("first_name", "last_name", "email", "phone")}


def invite(desk: Any, client: Client) -> None:
    """Add a client to the dossier and ask for a document, so that an invitation leaves."""
    client.id = desk.send("POST", f"{IDENTITY}/clients", desk.staff, json=person(client)).json()["id"]
    path = f"{DOSSIERS}/dossiers/{desk.dossier}/clients"
    desk.send("POST", path, desk.staff, json={"client_id": client.id})
    desk.send("POST", f"{path}/{client.id}/requests", desk.staff, json={"others": ["Une pièce"]})


def test_another_office_cannot_keep_a_client_out_by_naming_their_address(desk: Any) -> None:
    world, client = desk.walked.world, new_client("Odile", "Grand", uuid4().hex[:6])
    invite(desk, client)
    first_access(world, client)
    for number in range(40):
        homonym = person(client) | {"first_name": f"Odile {number}"}
        answer = desk.send("POST", f"{IDENTITY}/clients", desk.walked.stranger.token, json=homonym)
        assert answer.status_code == 201
    client_signs_in(world, client)
    assert desk.send("GET", f"{IDENTITY}/me", client.token).json()["id"] == client.id


def test_a_client_who_lost_the_password_gets_a_link_by_mail_and_so_does_nobody_unknown(desk: Any) -> None:
    world, client = desk.walked.world, new_client("Oscar", "Lenoir", uuid4().hex[:6])
    invite(desk, client)
    first_access(world, client)
    for address in (f"{uuid4().hex}@clients.example", client.email):
        answer = desk.send("POST", f"{IDENTITY}/access-links", json={"email": address})
        assert (answer.status_code, answer.content) == (202, b"")
    links = world.mail_to(client.email, "nouveau lien")["links"]
    assert any("invitation=" in link for link in links)


@pytest.mark.bad_input("B33")
@pytest.mark.covers("L-50")
def test_of_fifty_guesses_at_once_five_are_evaluated_and_the_right_code_is_void(desk: Any) -> None:
    world, client = desk.walked.world, new_client("Odette", "Petit", uuid4().hex[:6])
    invite(desk, client)
    link = next(link for link in world.mail_to(client.email, "en ligne")["links"] if "invitation=" in link)
    asking = {"email": client.email, "invitation": parse_qs(urlsplit(link).query)["invitation"][0]}
    sent = desk.send("POST", f"{IDENTITY}/sign-in/codes", json=asking).json()
    code = world.code_for(client.phone, 0)
    assert re.sub(r"\D", "", sent["masked_number"]) == client.phone[-4:]

    def guess(number: int) -> httpx.Response:
        wrong = f"{(int(code) + 1 + number) % 1_000_000:06}" if number else WRONG_CODE.replace("0", "x")
        answer: httpx.Response = desk.send(
            "POST", f"{IDENTITY}/sign-in/codes/{sent['id']}/answer", json={"code": wrong}
        )
        return answer

    before = refusals(desk)
    with ThreadPoolExecutor(16) as guessers:
        answers = list(guessers.map(guess, range(GUESSES)))
    for answer in answers:
        desk.refused(answer, 401, "code-refused")
    assert refusals(desk) - before == 5
    answer = desk.send("POST", f"{IDENTITY}/sign-in/codes/{sent['id']}/answer", json={"code": code})
    desk.refused(answer, 401, "code-refused")


def refusals(desk: Any) -> int:
    """Count the codes that were evaluated and refused."""
    with desk.platform.database("identity") as connection:
        query = "SELECT count(*) FROM ledger.stored_events WHERE topic = 'identity.code-refused'"
        return int(connection.execute(query).fetchone()[0])


@pytest.mark.bad_input("B60")
@pytest.mark.parametrize(
    "path", [f"{DOSSIERS}/dossiers?q=%00", f"{IDENTITY}/clients?q=%00", f"{IDENTITY}/offices?q=%00a"]
)
def test_a_search_for_nul_is_refused(desk: Any, path: str) -> None:
    desk.refused(desk.send("GET", path, desk.staff), 422, "invalid")


@pytest.mark.bad_input("B26")
@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "cursor=abc", "state=lost", "q=" + "x" * 201])
def test_a_page_that_cannot_be_is_refused(desk: Any, query: str) -> None:
    answer = desk.send("GET", f"{DOSSIERS}/dossiers?{query}", desk.staff)
    desk.refused(answer, 422, "cursor-forged" if "cursor" in query else "invalid")
